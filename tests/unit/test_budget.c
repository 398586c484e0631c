#include "consumer/budget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MIB (1ull << 20)

/* What is set (0: auto), what the machine has, and what is settled. */
static const struct {
    const char *name;
    uint64_t lanes, memory;
    unsigned threads, partitions;
    uint64_t limit;
    uint64_t settled_lanes, settled_memory;
} rows[] = {
    {"as much as two lanes make use of", 0, 0, 2, 8, 1024 * MIB, 2, 240 * MIB},
    {"no more lanes than partitions", 0, 0, 8, 3, 1024 * MIB, 3, 352 * MIB},
    {"less memory than the lanes would use", 0, 0, 2, 8, 200 * MIB, 2, 200 * MIB},
    {"no more lanes than there is memory for", 0, 0, 8, 8, 160 * MIB, 3, 160 * MIB},
    {"a byte less, and there is one lane less", 0, 0, 8, 8, 160 * MIB - 1, 2, 160 * MIB - 1},
    {"memory that was set counts, not the limit", 0, 112 * MIB, 8, 8, 1024 * MIB, 2, 112 * MIB},
    {"lanes that were set stay", 4, 0, 1, 1, 1024 * MIB, 4, 464 * MIB},
    {"a machine that is too small", 0, 0, 8, 8, 32 * MIB, 1, 64 * MIB},
    {"or has less than the lanes that were set need", 2, 0, 8, 8, 100 * MIB, 2, 112 * MIB},
    {"nothing is known of the machine", 0, 0, 2, 2, 0, 2, 240 * MIB},
    {"no partition is known yet", 0, 0, 2, 0, 1024 * MIB, 1, 128 * MIB},
    {"no more than 64 lanes", 0, 0, 100, 100, 1ull << 40, 64, 16 * MIB + 64 * 112 * MIB},
};

static void each_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct limits limits = {.memory = rows[i].limit, .threads = rows[i].threads};
        struct config config = {.input.lanes = rows[i].lanes, .memory.max = rows[i].memory};

        budget_settle(&config, &limits, rows[i].partitions);
        if (config.input.lanes != rows[i].settled_lanes || config.memory.max != rows[i].settled_memory)
            fail_msg("%s: %llu lanes, %llu bytes", rows[i].name, (unsigned long long)config.input.lanes,
                     (unsigned long long)config.memory.max);
    }
}

/* Twice the queue (it waits, and is checked), an answer that waits in either, one on its way and one being unpacked;
 * two batches in buffers of up to twice what they hold; what is queued, and what waits for the master. */
static uint64_t named(const struct budget *b)
{
    return 2 * (b->fetch_queue + b->fetch) + 2 * b->fetch + 4 * b->outbox + b->queue + b->pending;
}

static void the_parts_are_less_than_the_whole(void **state)
{
    static const uint64_t totals[] = {BUDGET_MIN, BUDGET_MIN + 1, 240 * MIB, 1024 * MIB, 1ull << 40};

    (void)state;
    for (size_t i = 0; i < sizeof totals / sizeof *totals; i++) {
        const struct config config = {.input.lanes = 1, .memory.max = totals[i], .pending.grace_ms = 1};
        struct budget b = budget_divide(&config);

        assert_true(named(&b) <= b.lane * 85 / 100);
        assert_true(b.lane <= b.total);
        assert_true(b.answer >= b.fetch + 512);  /* librdkafka's own rule */
        assert_true(b.message >= 1048588 + 512); /* Kafka's default max.message.bytes fits in everywhere */
    }
}

/* --- what does not fit --- */

static const struct {
    const char *name;
    uint64_t lanes, memory;
    const char *property, *value;
    const char *words; /* of the refusal; NULL: it fits in */
} refusals[] = {
    {"the least for one lane", 1, BUDGET_MIN, NULL, NULL, NULL},
    {"a byte less", 1, BUDGET_MIN - 1, NULL, NULL, "[memory] max"},
    {"the least for two", 2, BUDGET_BASE + 2 * BUDGET_LANE_MIN, NULL, NULL, NULL},
    {"a byte less for two", 2, BUDGET_BASE + 2 * BUDGET_LANE_MIN - 1, NULL, NULL, "fewer [input] lanes"},
    {"a queue of the budget's own size", 2, 240 * MIB, "queued.max.messages.kbytes", "14336", NULL},
    {"one of a KiB more", 2, 240 * MIB, "queued.max.messages.kbytes", "14337", "queued.max.messages.kbytes = 14337"},
    {"a smaller one is the user's to have", 2, 240 * MIB, "queued.max.messages.kbytes", "1024", NULL},
    {"with more memory it fits in", 2, 512 * MIB, "queued.max.messages.kbytes", "14337", NULL},
    {"as many records", 2, 240 * MIB, "queued.min.messages", "57344", NULL},
    {"one more", 2, 240 * MIB, "queued.min.messages", "57345", "queued.min.messages"},
    {"an answer", 2, 240 * MIB, "fetch.max.bytes", "7340032", NULL},
    {"a byte more", 2, 240 * MIB, "fetch.max.bytes", "7340033", "fetch.max.bytes"},
    {"of one partition", 2, 240 * MIB, "fetch.message.max.bytes", "7340033", "fetch.message.max.bytes"},
    {"by its other name", 2, 240 * MIB, "max.partition.fetch.bytes", "7340033", "max.partition.fetch.bytes"},
    {"what is received at all", 2, 240 * MIB, "receive.message.max.bytes", "100000000", "receive.message.max.bytes"},
    {"a limit of messages, which raises that of answers", 2, 240 * MIB, "message.max.bytes", "7340033",
     "message.max.bytes"},
    {"the producer's queue", 2, 240 * MIB, "queue.buffering.max.kbytes", "9558", "queue.buffering.max.kbytes"},
    {"in records", 2, 240 * MIB, "queue.buffering.max.messages", "500000", "queue.buffering.max.messages"},
    {"its batches", 2, 240 * MIB, "batch.size", "10000000", "batch.size"},
    {"what is no number is the library's to refuse", 2, 240 * MIB, "batch.size", "many", NULL},
};

static void each_refusal(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        char *name = refusals[i].property ? strdup(refusals[i].property) : NULL;
        char *value = refusals[i].value ? strdup(refusals[i].value) : NULL;
        struct kafka_property property = {.name = name, .value = value};
        struct config config = {
            .input.lanes = refusals[i].lanes, .memory.max = refusals[i].memory, .kafka = {&property, name ? 1 : 0}};
        struct error e = {0};
        int status = budget_check(&config, &e);

        if ((status != 0) != (refusals[i].words != NULL) ||
            (status != 0 && (e.code != ERROR_CONFIG || !strstr(e.text, refusals[i].words))))
            fail_msg("%s: %d, %s", refusals[i].name, status, e.text);
        free(name);
        free(value);
    }
}

/* --- properties --- */

static int collect(void *opaque, const char *name, const char *value, struct error *e)
{
    FILE *out = opaque;

    (void)e;
    fprintf(out, "%s=%s\n", name, value);
    return 0;
}

static void a_consumer_and_a_producer_get_their_own_properties(void **state)
{
    const struct config config = {.input.lanes = 2, .memory.max = 240 * MIB};
    const struct budget budget = budget_divide(&config);
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    struct error e = {0};

    (void)state;
    assert_int_equal(budget_properties(&budget, true, collect, out, &e), 0);
    fputs("--\n", out);
    assert_int_equal(budget_properties(&budget, false, collect, out, &e), 0);
    fclose(out);
    assert_string_equal(text, "queued.max.messages.kbytes=4096\nqueued.min.messages=16384\nfetch.max.bytes=7340032\n"
                              "receive.message.max.bytes=14811136\n--\n"
                              "queue.buffering.max.messages=19114\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row),
        cmocka_unit_test(the_parts_are_less_than_the_whole),
        cmocka_unit_test(each_refusal),
        cmocka_unit_test(a_consumer_and_a_producer_get_their_own_properties),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
