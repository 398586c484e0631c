/* Has the members of one process join their group together.
 *
 * Without an initial delay (the broker's group.initial.rebalance.delay.ms=0) a group is shared out a moment after its
 * first member has joined. For who comes later it is shared out again, and to that librdkafka joins only one to two
 * seconds later; meanwhile nobody reads, or one reads all. Since Kafka 2.2 a member first asks for an id, and then
 * joins with it (KIP-394): in between, each waits until the others have theirs. */
#include "source_internal.h"

#define JOIN_GROUP 11      /* the request's number in Kafka's protocol; */
#define JOIN_GROUP_BY_ID 4 /* the version since which it gives out ids */

/* On the library's thread for the connection to the group's coordinator, which the library does not want to be held up;
 * but nothing else goes over that connection before the member has joined. */
static rd_kafka_resp_err_t on_response(rd_kafka_t *rk, int socket, const char *broker, int32_t broker_id,
                                       int16_t request, int16_t version, int32_t correlation, size_t size,
                                       int64_t round_trip, rd_kafka_resp_err_t err, void *opaque)
{
    struct source *s = opaque;

    (void)rk, (void)socket, (void)broker, (void)broker_id, (void)correlation, (void)size, (void)round_trip;
    if (request != JOIN_GROUP || version < JOIN_GROUP_BY_ID || err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    pthread_mutex_lock(&s->joining);
    if (!s->announced)
        s->events.on_member_id(s->events.opaque);
    s->announced = true;
    pthread_mutex_unlock(&s->joining);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t on_new(rd_kafka_t *rk, const rd_kafka_conf_t *conf, void *opaque, char *reason, size_t size)
{
    (void)conf, (void)reason, (void)size;
    return rd_kafka_interceptor_add_on_response_received(rk, "fixwarden", on_response, opaque);
}

bool source_listen_for_id(struct source *source, const struct config *config, rd_kafka_conf_t *conf)
{
    if (!source->events.on_member_id || kafka_static_instance(config))
        return false; /* a static member has an id, and is in the group with its first request */
    return rd_kafka_conf_interceptor_add_on_new(conf, "fixwarden", on_new, source) == RD_KAFKA_RESP_ERR_NO_ERROR;
}

void source_announce_no_more(struct source *source)
{
    pthread_mutex_lock(&source->joining);
    source->announced = true;
    pthread_mutex_unlock(&source->joining);
}
