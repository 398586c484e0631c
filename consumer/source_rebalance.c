/* Rebalances: called by the library from within source_poll and source_close. */
#include <string.h>

#include "source_internal.h"

/* The library takes no strategies of two protocols together. Nor is it asked for the protocol: see give_all_back. */
bool source_is_cooperative(const struct source *source)
{
    char strategy[256] = "";
    size_t size = sizeof strategy;

    rd_kafka_conf_get(rd_kafka_conf(source->rk), "partition.assignment.strategy", strategy, &size);
    return strstr(strategy, "cooperative-sticky") != NULL;
}

static void log_partitions(struct source *s, const char *what, const rd_kafka_topic_partition_list_t *partitions)
{
    for (int i = 0; i < partitions->cnt; i++)
        log_write(s->context.log, LOG_LEVEL_DEBUG, s->context.subsystem, "%s %s/%d", what, partitions->elems[i].topic,
                  partitions->elems[i].partition);
    log_write(s->context.log, LOG_LEVEL_INFO, s->context.subsystem, "%s: %d partitions", what, partitions->cnt);
}

/* A member that was lost is another one when it comes back. */
static void remember_member(struct source *s)
{
    rd_kafka_mem_free(s->rk, s->member);
    s->member = rd_kafka_memberid(s->rk);
}

bool source_is_member(const struct source *source)
{
    char *member = rd_kafka_memberid(source->rk);
    bool same = member && *member && source->member && strcmp(member, source->member) == 0;

    rd_kafka_mem_free(source->rk, member);
    return same;
}

static void tell_partitions(struct source *s, const rd_kafka_topic_partition_list_t *partitions, bool ours)
{
    for (int i = 0; s->events.on_partition && i < partitions->cnt; i++)
        s->events.on_partition(s->events.opaque, partitions->elems[i].topic, partitions->elems[i].partition, ours);
}

/* In a cooperative rebalance the library pauses what is kept, and goes on behind the last message that it has taken for
 * the batch at hand. Before 2.1.0 it drops such messages of the batch, and so passes over them
 * (confluentinc/librdkafka#4208). */
static void doubt_positions(struct source *s)
{
    if (source_is_cooperative(s) && rd_kafka_version() < KAFKA_VERSION_2_1)
        ledger_doubt(&s->ledger);
}

static void assign(struct source *s, rd_kafka_topic_partition_list_t *partitions)
{
    rd_kafka_error_t *error = NULL;

    s->assigned = true;
    remember_member(s);
    doubt_positions(s);
    for (int i = 0; i < partitions->cnt; i++)
        if (ledger_assign(&s->ledger, partitions->elems[i].topic, partitions->elems[i].partition, &s->failure) != 0)
            return;
    tell_partitions(s, partitions, true);
    if (s->starts_at_latest && start_offsets_choose(&s->start, s->rk, partitions, &s->failure) != 0)
        return;
    if (source_is_cooperative(s))
        error = rd_kafka_incremental_assign(s->rk, partitions);
    else
        rd_kafka_assign(s->rk, partitions);
    if (error)
        error_set(&s->failure, ERROR_TEMPORARY, "assigning partitions: %s", rd_kafka_error_string(error));
    rd_kafka_error_destroy(error);
    log_partitions(s, "assigned", partitions);
}

/* Whether they are lost. */
static bool tell_revoke(struct source *s)
{
    bool lost = rd_kafka_assignment_lost(s->rk);

    if (!lost)
        remember_member(s);
    if (s->events.on_revoke)
        s->events.on_revoke(s->events.opaque, lost);
    return lost;
}

static void let_go(struct source *s, const rd_kafka_topic_partition_list_t *partitions)
{
    tell_partitions(s, partitions, false);
    for (int i = 0; i < partitions->cnt; i++)
        ledger_revoke(&s->ledger, partitions->elems[i].topic, partitions->elems[i].partition);
}

/* An assignment that still waited to be told when the group was left. The library takes whatever answers it for giving
 * back all that the member has, and leaves; a cooperative member it then tells of a revocation as well, beside which
 * the group's state goes away. Whatever is asked of that by then may never be answered
 * (confluentinc/librdkafka#4041, #4527): so this is the last moment to commit, and nothing is asked after it. */
static void give_all_back(struct source *s)
{
    tell_revoke(s);
    rd_kafka_assign(s->rk, NULL);
    s->gave_all_back = true;
}

static void revoke(struct source *s, rd_kafka_topic_partition_list_t *partitions)
{
    bool lost = tell_revoke(s);
    rd_kafka_error_t *error = NULL;

    source_resume_revoked(s, partitions);
    let_go(s, partitions);
    doubt_positions(s);
    if (source_is_cooperative(s))
        error = rd_kafka_incremental_unassign(s->rk, partitions);
    else
        rd_kafka_assign(s->rk, NULL);
    if (error)
        log_write(s->context.log, LOG_LEVEL_WARNING, s->context.subsystem, "giving partitions back: %s",
                  rd_kafka_error_string(error));
    rd_kafka_error_destroy(error);
    log_partitions(s, lost ? "lost" : "revoked", partitions);
}

void source_on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t err, rd_kafka_topic_partition_list_t *partitions,
                         void *opaque)
{
    struct source *s = ((struct kafka_context *)opaque)->owner;

    if (err != RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS && err != RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS)
        log_write(s->context.log, LOG_LEVEL_WARNING, s->context.subsystem, "rebalance: %s", rd_kafka_err2str(err));
    if (err == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS && !s->leaving) {
        assign(s, partitions);
    } else if (err == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        give_all_back(s);
    } else if (s->gave_all_back) {
        let_go(s, partitions);
    } else {
        revoke(s, partitions);
    }
    (void)rk;
}
