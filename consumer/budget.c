#include "budget.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KIB 1024ull
#define MIB (1024u * KIB)
#define AROUND_A_MESSAGE                                                                                               \
    (128u * KIB)                    /* bytes of an answer beside it: headers of batches, other partitions, its key     \
                                     */
#define BYTES_OF_SMALL_RECORD 256u  /* the queue holds no more records than would fill it with these */
#define BYTES_OF_QUEUED_RECORD 512u /* what the producer keeps of a record without a byte (sink.c) */

/* What is fetched ahead, unless the user wants more. It has to last until the library looks again whether there is
 * room, 10 ms; what is longer only leaves the caches before it is checked. */
#define FETCH_QUEUE_USUAL (4 * MIB)
#define ALL SIZE_MAX

/* Which property of the library stands for which part of the budget. */
static const struct bound {
    const char *name;
    bool consumer;
    size_t set;  /* at most so much of the part, by us; 0: never, it is another way to break the budget */
    size_t part; /* offset in struct budget */
    size_t unit;
} bounds[] = {
    {"queued.max.messages.kbytes", true, FETCH_QUEUE_USUAL, offsetof(struct budget, fetch_queue), KIB},
    {"queued.min.messages", true, FETCH_QUEUE_USUAL / BYTES_OF_SMALL_RECORD, offsetof(struct budget, fetch_records), 1},
    {"fetch.max.bytes", true, ALL, offsetof(struct budget, fetch), 1},
    {"fetch.message.max.bytes", true, 0, offsetof(struct budget, fetch), 1},
    {"max.partition.fetch.bytes", true, 0, offsetof(struct budget, fetch), 1},
    {"receive.message.max.bytes", true, ALL, offsetof(struct budget, answer), 1},
    {"message.max.bytes", true, 0, offsetof(struct budget, message), 1}, /* raises fetch.max.bytes, too */
    {"queue.buffering.max.kbytes", false, 0, offsetof(struct budget, queue), KIB},
    {"queue.buffering.max.messages", false, ALL, offsetof(struct budget, queue_records), 1},
    {"batch.size", false, 0, offsetof(struct budget, message), 1},
};

#define BOUND_COUNT (sizeof bounds / sizeof *bounds)

static size_t part_of(const struct budget *budget, size_t offset)
{
    return *(const size_t *)((const char *)budget + offset);
}

static size_t bound_of(const struct budget *budget, const struct bound *bound)
{
    return part_of(budget, bound->part) / bound->unit;
}

static size_t usual_of(const struct budget *budget, const struct bound *bound)
{
    size_t part = part_of(budget, bound->part);

    return (part < bound->set ? part : bound->set) / bound->unit;
}

static unsigned least(unsigned a, uint64_t b)
{
    return b < a ? (unsigned)b : a;
}

static unsigned lanes_within(uint64_t memory)
{
    return memory < BUDGET_MIN ? 1 : least(BUDGET_LANES_MAX, (memory - BUDGET_BASE) / BUDGET_LANE_MIN);
}

unsigned budget_lanes_max(const struct config *config)
{
    return config->memory.max > 0 ? lanes_within(config->memory.max) : BUDGET_LANES_MAX;
}

void budget_settle(struct config *config, const struct limits *limits, unsigned partitions)
{
    uint64_t memory = config->memory.max > 0 ? config->memory.max : limits->memory;
    uint64_t useful, least_of_all;

    if (config->input.lanes == 0) {
        unsigned lanes = least(limits->threads, partitions);

        if (memory > 0)
            lanes = least(lanes, lanes_within(memory));
        config->input.lanes = lanes > 0 ? least(lanes, BUDGET_LANES_MAX) : 1;
    }
    if (config->memory.max > 0)
        return;
    useful = BUDGET_BASE + config->input.lanes * BUDGET_LANE_AUTO;
    least_of_all = BUDGET_BASE + config->input.lanes * BUDGET_LANE_MIN;
    config->memory.max = memory > 0 && memory < useful ? memory : useful;
    if (config->memory.max < least_of_all)
        config->memory.max = least_of_all;
}

struct budget budget_divide(const struct config *config)
{
    uint64_t lanes = config->input.lanes > 0 ? config->input.lanes : 1;
    uint64_t total = config->memory.max > 0 ? config->memory.max : BUDGET_BASE + lanes * BUDGET_LANE_AUTO;
    uint64_t lane = total > BUDGET_BASE ? (total - BUDGET_BASE) / lanes : 0;
    struct budget b = {.total = total, .lanes = (unsigned)lanes};

    b.lane = lane < BUDGET_LANE_MIN ? BUDGET_LANE_MIN : lane;
    if (b.lane > 1ull << 30)
        b.lane = 1ull << 30; /* the library's numbers are of 32 bits, and more is of no use */
    b.fetch_queue = (size_t)b.lane / 8;
    b.fetch_records = b.fetch_queue / BYTES_OF_SMALL_RECORD;
    b.fetch = (size_t)b.lane / 16;
    b.message = (size_t)b.lane / 16;
    b.answer = b.fetch + b.message + AROUND_A_MESSAGE;
    b.outbox = (size_t)b.lane / 24;
    b.queue = (size_t)b.lane / 12;
    b.queue_records = b.queue / BYTES_OF_QUEUED_RECORD;
    b.pending = config->pending.grace_ms > 0 ? (size_t)b.lane / 12 : 0;
    return b;
}

static int check_lanes(const struct config *config, struct error *e)
{
    uint64_t needed = BUDGET_BASE + config->input.lanes * BUDGET_LANE_MIN;

    if (config->memory.max >= needed)
        return 0;
    return error_set(e, ERROR_CONFIG,
                     "[memory] max: %" PRIu64 " MiB are too little for %" PRIu64 " lanes, which need %" PRIu64
                     " MiB: raise it, or set fewer [input] lanes",
                     config->memory.max >> 20, config->input.lanes, needed >> 20);
}

/* What is no number is the library's to refuse. */
static int check_bound(const struct config *config, const struct budget *budget, const struct bound *bound,
                       struct error *e)
{
    const char *text = config_kafka(config, bound->name);
    uint64_t most = bound_of(budget, bound);

    if (!text || strtoull(text, NULL, 10) <= most)
        return 0;
    return error_set(e, ERROR_CONFIG,
                     "[kafka] %s = %s is more than the %" PRIu64 " that [memory] max = %" PRIu64
                     " MiB leaves for it in each of %u lanes: lower it, or raise that",
                     bound->name, text, most, budget->total >> 20, budget->lanes);
}

int budget_check(const struct config *config, struct error *e)
{
    const struct budget budget = budget_divide(config);

    if (check_lanes(config, e) != 0)
        return -1;
    for (size_t i = 0; i < BOUND_COUNT; i++)
        if (check_bound(config, &budget, &bounds[i], e) != 0)
            return -1;
    return 0;
}

int budget_properties(const struct budget *budget, bool consumer, budget_property_fn *each, void *opaque,
                      struct error *e)
{
    char value[24];
    int status = 0;

    for (size_t i = 0; i < BOUND_COUNT && status == 0; i++) {
        if (bounds[i].consumer != consumer || bounds[i].set == 0)
            continue;
        snprintf(value, sizeof value, "%zu", usual_of(budget, &bounds[i]));
        status = each(opaque, bounds[i].name, value, e);
    }
    return status;
}

void budget_show(const struct budget *budget, FILE *out)
{
    static const struct {
        const char *what;
        size_t part;
    } parts[] = {
        {"fetched, waiting to be checked", offsetof(struct budget, fetch_queue)},
        {"one answer of a broker", offsetof(struct budget, fetch)},
        {"the largest message", offsetof(struct budget, message)},
        {"what a batch publishes", offsetof(struct budget, outbox)},
        {"published, waiting to be delivered", offsetof(struct budget, queue)},
        {"messages that wait for the master", offsetof(struct budget, pending)},
    };

    fprintf(out, "# Memory: %.1f MiB, of which each of %u lanes has %.1f MiB; in a lane, at most:\n",
            (double)budget->total / MIB, budget->lanes, (double)budget->lane / MIB);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (part_of(budget, parts[i].part) > 0)
            fprintf(out, "# %8.1f MiB  %s\n", (double)part_of(budget, parts[i].part) / MIB, parts[i].what);
}
