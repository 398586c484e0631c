/* Headers of the records that are lent. */
#include "source_internal.h"

static rd_kafka_message_t *find_lent(struct source *s, const struct origin *origin)
{
    for (; s->looked < s->lent; s->looked++) {
        rd_kafka_message_t *message = s->messages[s->looked];

        if (s->offsets[s->looked] == origin->offset && !message->err && message->partition == origin->partition &&
            slice_equal_text(origin->topic, rd_kafka_topic_name(message->rkt)))
            return message;
    }
    return NULL;
}

static int take_headers(const rd_kafka_headers_t *headers, struct carry *carry, bool *carried, struct error *e)
{
    struct carry_header header;
    const char *name;
    const void *value;
    size_t len;

    for (size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &len) == RD_KAFKA_RESP_ERR_NO_ERROR; i++) {
        header = (struct carry_header){slice_of(name), slice_make(value, value ? len : 0), value == NULL};
        switch (carry_take(carry, &header, e)) {
        case CARRY_TAKEN:
            break;
        case CARRY_TOO_MUCH:
            *carried = false;
            return 0;
        case CARRY_NO_MEMORY:
            return -1;
        }
    }
    return 0;
}

/* Detached, so that what the library makes of the headers of a hostile message lives no longer than this call. */
int source_headers(struct source *source, const struct origin *origin, struct carry *carry, bool *carried,
                   struct error *e)
{
    rd_kafka_message_t *message = find_lent(source, origin);
    rd_kafka_headers_t *headers;
    rd_kafka_resp_err_t err = message ? rd_kafka_message_detach_headers(message, &headers) : RD_KAFKA_RESP_ERR__NOENT;
    int status;

    *carried = err == RD_KAFKA_RESP_ERR_NO_ERROR || err == RD_KAFKA_RESP_ERR__NOENT;
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return 0;
    status = take_headers(headers, carry, carried, e);
    rd_kafka_headers_destroy(headers);
    return status;
}
