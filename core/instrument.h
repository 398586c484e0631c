/* instrument: the instruments that a FIX message names, and the fields of the message that are published with them.
 *
 * One pass over the fields notes where the values of each instrument stand; they are made plain one instrument at a
 * time. Everything handed out is borrowed from the message and the list. A list belongs to one thread and is used again
 * and again; it keeps its memory. Rules: core/README.md, "From a message to its instruments". */
#ifndef FIXWARDEN_CORE_INSTRUMENT_H
#define FIXWARDEN_CORE_INSTRUMENT_H

#include "decimal.h"
#include "error.h"
#include "fix.h"
#include "fix_time.h"
#include "identifier.h"
#include "instrument_tags.h"

#define INSTRUMENT_ALTERNATES_MAX 32
#define INSTRUMENT_IDENTIFIERS_MAX (1 + INSTRUMENT_ALTERNATES_MAX)
#define INSTRUMENT_PLAIN_MAX 64 /* places for the values that stand outside groups */
#define INSTRUMENTS_MAX 100000u /* in one message, entries that name none counted; over 5 MB of a real list */

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
    struct slice value;  /* trimmed; tag 48 or 455, or what is their like in the instrument's block */
    struct slice source; /* tag 22 or 456 or the like, may be empty */
    enum identifier_kind kind;
    uint32_t tag;      /* which field holds the value */
    uint32_t position; /* 0 the primary one, 1... the alternates as they stand in the message */
};

/* Trimmed values; empty where absent or a placeholder. */
struct instrument {
    enum instrument_role role;
    uint32_t position;    /* among those of its role, from 0 */
    const uint16_t *tags; /* by enum instrument_field: in which tags it stands; 0: its block has no such field */
    uint32_t symbol_tag;  /* tags[FIELD_SYMBOL], or 46 */
    union {
        struct slice attributes[FIELD_ATTRIBUTES]; /* by enum instrument_field */
        struct {
            struct slice symbol;
            struct slice suffix;
            struct slice exchange;
            struct slice currency;
            struct slice type;
            struct slice cfi;
            struct slice maturity_date;       /* 541 or the like */
            struct slice maturity_month_year; /* 200 or the like */
            struct slice maturity_day;        /* 205 or the like */
            struct slice strike;
            struct slice put_call;
            struct slice multiplier;
        };
    };
    size_t identifier_count;
    struct instrument_identifier identifiers[INSTRUMENT_IDENTIFIERS_MAX]; /* last: few of so many are in use */
};

/* Of the message as a whole, as it stands; empty where absent. */
struct message_fields {
    struct slice begin_string;
    struct slice msg_type;
    struct slice transact_time;
    struct slice sending_time;
    struct slice trade_date;
    struct slice msg_seq_num;
    struct slice sender;
    struct slice target;
    struct slice cl_ord_id;
    struct slice orig_cl_ord_id;
    struct slice order_id;
    struct slice exec_id;
    struct slice exec_trans_type;         /* 20 */
    struct slice exec_type;               /* 150 */
    struct slice alloc_trans_type;        /* 71 */
    struct slice trade_report_trans_type; /* 487 */
    bool poss_dup;
    bool poss_resend;
};

/* Price and quantity; exact. Nothing for an instrument that has none of its own. */
struct message_amounts {
    bool has_price, has_quantity;
    bool are_pair; /* they belong together, so that their product says something */
    struct decimal price, quantity;
    struct slice price_type; /* 423, trimmed */
    struct slice currency;   /* as it stands */
};

/* An instrument as the pass over the fields found it; a value of no length is absent. Private, as is the next one. */
struct instrument_slot {
    uint8_t block;           /* enum tag_block */
    uint8_t role;            /* enum instrument_role */
    bool is_related;         /* its symbol is tag 46 */
    bool may_inherit;        /* an entry of market data that can take over the instrument before */
    bool has_alternates;     /* their counter was met, and counts some */
    uint32_t position;       /* among those of its role */
    uint32_t alternates;     /* how many ... */
    uint32_t alternate_tag;  /* ... each of which starts with this tag; 0: not known yet */
    uint32_t alternate;      /* the first one ... */
    uint32_t last_alternate; /* ... and the last */
    struct fix_place values[FIELD_KEPT];
    struct fix_place amounts[AMOUNT_COUNT];
};

struct instrument_alternate {
    struct fix_place value;
    struct fix_place source;
    uint32_t next; /* of the same instrument; those of several may stand in turns */
};

/* Starts as {0}. */
struct instrument_list {
    /* Version, type and times; the rest from instrument_message on, since only discrepancies need it. */
    struct message_fields message;
    uint32_t named;      /* instruments handed out */
    uint32_t references; /* references among them */

    const char *base; /* private from here on: what spans are counted from */
    const struct identifier_sources *sources;
    bool is_plain;         /* there is a body and no group: its values and amounts are in `found`, not in its slot */
    uint64_t found_places; /* bits: which of `found` count */
    struct fix_place found[INSTRUMENT_PLAIN_MAX];
    struct instrument_slot *slots;
    uint32_t count, room;
    struct instrument_alternate *alternates;
    uint32_t alternate_count, alternate_room;
    uint32_t next;   /* slot to hand out */
    uint32_t before; /* slot of the market data entry before, which the next one may take over */
    struct instrument current;
    const struct instrument_slot *current_slot;
};

/* Reads a message. `sources`: what tag 22 means, borrowed until the next message. `references`: benchmark, peg and
 * trigger instruments, too. *reason is FIX_OK, FIX_TOO_MANY_IDENTIFIERS or FIX_TOO_MANY_INSTRUMENTS. Returns -1 only
 * without memory. */
int instrument_extract(struct instrument_list *list, const struct fix_message *message,
                       const struct identifier_sources *sources, bool references, enum fix_reason *reason,
                       struct error *e);
void instrument_list_free(struct instrument_list *list);
size_t instrument_list_memory(const struct instrument_list *list); /* bytes that it keeps */

/* All of the message's own fields. Borrowed until the next message. */
const struct message_fields *instrument_message(struct instrument_list *list);

/* Whether the message says that it was (43) or may have been (97) sent before. */
void instrument_repeats(const struct instrument_list *list, bool *poss_dup, bool *poss_resend);

/* Whether the message's type must name an instrument and, now that all were handed out, it has named none. */
bool instrument_is_missing(const struct instrument_list *list);

/* The next instrument that the message names, the body's first; NULL at the end. Borrowed until the next call. */
const struct instrument *instrument_next(struct instrument_list *list);

/* The body's instrument, whether or not anything names it: what a message that must name one and does not is about. */
const struct instrument *instrument_body(struct instrument_list *list);

/* Of the instrument handed out last, by the table in core/README.md, "Price, quantity, notional". Apart from
 * extraction, because only discrepancies need it. What they make in money: exposure.h. */
void instrument_amounts(const struct instrument_list *list, struct message_amounts *out);

const char *instrument_role_name(enum instrument_role role);

#endif
