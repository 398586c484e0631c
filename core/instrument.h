/* instrument: the instruments that a FIX message names, and the fields of the message that are published with them.
 *
 * One pass over the fields; nothing is allocated; everything is borrowed from the message. Any thread. For now the
 * body's instrument; legs, underlyings and list entries go into the same array. Rules: core/README.md, "From a message
 * to its instrument". */
#ifndef FIXWARDEN_CORE_INSTRUMENT_H
#define FIXWARDEN_CORE_INSTRUMENT_H

#include "decimal.h"
#include "fix.h"
#include "fix_time.h"
#include "identifier.h"

#define INSTRUMENT_ALTERNATES_MAX 32
#define INSTRUMENT_IDENTIFIERS_MAX (1 + INSTRUMENT_ALTERNATES_MAX)
#define INSTRUMENTS_MAX 1 /* in one message; grows with the roles */

/* The order is that of the Avro enum; append only. */
#define INSTRUMENT_ROLES(X)                                                                                            \
    X(OTHER)                                                                                                           \
    X(BODY)                                                                                                            \
    X(LEG)                                                                                                             \
    X(UNDERLYING)                                                                                                      \
    X(LIST_ENTRY)                                                                                                      \
    X(DERIVATIVE)                                                                                                      \
    X(UNDERLYING_LEG)                                                                                                  \
    X(REFERENCE)

enum instrument_role {
#define X(name) INSTRUMENT_##name,
    INSTRUMENT_ROLES(X)
#undef X
        INSTRUMENT_ROLE_COUNT,
};

struct instrument_identifier {
    struct slice value;  /* trimmed; tag 48 or 455 */
    struct slice source; /* tag 22 or 456, may be empty */
    enum identifier_kind kind;
    uint32_t tag;      /* 48 or 455: which field holds the value */
    uint32_t position; /* 0 the primary one, 1... the alternates as they stand in the message */
};

/* Trimmed values; empty where absent or a placeholder. */
struct instrument {
    enum instrument_role role;
    uint32_t position; /* among those of its role, from 0 */
    struct slice symbol;
    struct slice suffix;
    struct instrument_identifier identifiers[INSTRUMENT_IDENTIFIERS_MAX];
    size_t identifier_count;
    struct slice exchange;
    struct slice currency;
    struct slice type;
    struct slice cfi;
    struct slice maturity_date;       /* 541 */
    struct slice maturity_month_year; /* 200 */
    struct slice maturity_day;        /* 205 */
    struct slice strike;
    struct slice put_call;
    struct slice multiplier;
};

/* Fields that price and quantity are taken from; which of them count depends on the message's type. */
enum amount {
    AMOUNT_CUM_QTY,   /* 14 */
    AMOUNT_AVG_PX,    /* 6 */
    AMOUNT_IOI_QTY,   /* 27 */
    AMOUNT_LAST_PX,   /* 31 */
    AMOUNT_LAST_QTY,  /* 32 */
    AMOUNT_ORDER_QTY, /* 38 */
    AMOUNT_PRICE,     /* 44 */
    AMOUNT_SHARES,    /* 53 */
    AMOUNT_STOP_PX,   /* 99 */
    AMOUNT_COUNT,
};

/* Of the message as a whole, as it stands; empty where absent. */
struct message_fields {
    struct slice begin_string;
    struct slice msg_type;
    struct slice msg_seq_num;
    struct slice sender;
    struct slice target;
    struct slice cl_ord_id;
    struct slice orig_cl_ord_id;
    struct slice order_id;
    struct slice exec_id;
    struct slice transact_time;
    struct slice sending_time;
    struct slice trade_date;
    bool poss_dup;
    bool poss_resend;
    struct slice currency;
    struct slice amounts[AMOUNT_COUNT]; /* what price and quantity are read from, should they be asked for */
};

/* Price and quantity, and their product; exact. */
struct message_amounts {
    bool has_price, has_quantity, has_notional;
    struct decimal price, quantity, notional;
};

struct instrument_list {
    struct message_fields message;
    struct instrument items[INSTRUMENTS_MAX];
    size_t count;
    bool must_name_one; /* the message's type requires an instrument, and it has none */
};

/* FIX_OK, or FIX_TOO_MANY_IDENTIFIERS. */
enum fix_reason instrument_extract(const struct fix_message *message, struct instrument_list *out);

/* By the table in core/README.md, "Price, quantity, notional". Apart from extraction, because only discrepancies need
 * it. */
void instrument_amounts(const struct message_fields *message, struct message_amounts *out);

const char *instrument_role_name(enum instrument_role role);

#endif
