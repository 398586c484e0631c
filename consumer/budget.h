/* budget: how memory.max is divided among the lanes and what each of them holds. Pure; any thread.
 *
 * It holds for batches that unpack to no more than a few times their size: how much a packed batch becomes is known
 * only when it is unpacked, and the library does that.
 *
 * memory.max is what the process may hold in memory, the index's mapping aside, which is page cache that the kernel
 * takes back when it wants to. BUDGET_BASE goes to the program itself and the library's threads, the rest to the lanes
 * in equal parts. Of a lane's part
 *
 *     1/8   fetch_queue  what was fetched and waits, if the user wants so much: more than 4 MiB only leave the caches
 *                        before they are checked; and once more for the records that are being checked, since the
 *                        queue fills again behind them
 *     1/16  fetch        one answer of a broker: at most one for each broker is on its way, and one being unpacked
 *     1/16  message      the largest message, for which a broker answers with more than it was asked for
 *     1/24  outbox       what one batch is to publish; there are two, and a buffer takes up to twice what it holds
 *     1/12  queue        what the producers have taken and not delivered: of two only one has anything at a time
 *     1/12  pending      messages that wait for the master, where pending.grace is set
 *
 * are set as limits; what is left, about a quarter, is for what no limit can name: the library's own bookkeeping of
 * about 320 bytes a record, batches that unpack to several times their size, requests that are being packed,
 * instruments of lists, and what malloc cannot give back. */
#ifndef FIXWARDEN_CONSUMER_BUDGET_H
#define FIXWARDEN_CONSUMER_BUDGET_H

#include <stdio.h>

#include "config.h"
#include "limits.h"

#define BUDGET_BASE (16ull << 20)       /* bytes */
#define BUDGET_LANE_MIN (48ull << 20)   /* with less a lane could not take a message of Kafka's default limit */
#define BUDGET_LANE_AUTO (112ull << 20) /* what a lane makes use of, where memory.max is auto */
#define BUDGET_MIN (BUDGET_BASE + BUDGET_LANE_MIN)
#define BUDGET_LANES_MAX 64ull

/* Of each lane, in bytes but for records. */
struct budget {
    uint64_t total;
    unsigned lanes;
    uint64_t lane;
    size_t fetch_queue;
    size_t fetch_records; /* the same in records, whose bookkeeping counts when they are small */
    size_t fetch;
    size_t message;
    size_t answer; /* the largest: what was asked for, and a message that is larger than that */
    size_t outbox;
    size_t queue;
    size_t queue_records;
    size_t pending; /* 0 without a grace */
};

/* Settles what the configuration leaves open (zero): as many lanes as there are processors, partitions and memory for;
 * memory by the limits, but no more than the lanes make use of, and no less than they need. */
void budget_settle(struct config *config, const struct limits *limits, unsigned partitions);

/* Whether the lanes fit in, and no property of [kafka] takes more than the budget leaves for it. ERROR_CONFIG says
 * which, and what would do. For a configuration that is settled, as below. */
int budget_check(const struct config *config, struct error *e);

/* How many lanes there may be: as many as memory.max has room for, where it is set. */
unsigned budget_lanes_max(const struct config *config);

struct budget budget_divide(const struct config *config);

/* For people, as lines of comment in a configuration. */
void budget_show(const struct budget *budget, FILE *out);

/* As properties of the library, one call for each; `consumer`: those of a consumer, else of a producer. Returns what
 * the first call that is not 0 returns. */
typedef int budget_property_fn(void *opaque, const char *name, const char *value, struct error *e);
int budget_properties(const struct budget *budget, bool consumer, budget_property_fn *each, void *opaque,
                      struct error *e);

#endif
