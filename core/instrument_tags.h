/* instrument_tags: what each tag of FIX (4.0 to 5.0 SP2) says of an instrument or of the message, as lists from which
 * come the look-up by tag and the look-up by meaning. Constants; any thread. */
#ifndef FIXWARDEN_CORE_INSTRUMENT_TAGS_H
#define FIXWARDEN_CORE_INSTRUMENT_TAGS_H

#include <stdbool.h>
#include <stdint.h>

/* The blocks of fields that name one instrument each, and what else is told apart. */
enum tag_block {
    BLOCK_NONE,
    BLOCK_MAIN, /* Instrument: the body's, or a list entry's */
    BLOCK_LEG,
    BLOCK_UNDERLYING,
    BLOCK_UNDERLYING_LEG,
    BLOCK_DERIVATIVE,
    BLOCK_BENCHMARK, /* from here on references */
    BLOCK_PEG,
    BLOCK_TRIGGER,
    BLOCK_INSTRUMENTS_END,
    BLOCK_MESSAGE = BLOCK_INSTRUMENTS_END, /* enum message_tag */
    BLOCK_AMOUNT,                          /* enum amount */
    BLOCK_GROUP,                           /* counters; enum group_level */
    BLOCK_RELATED,                         /* RelatdSym of FIX 4.0 to 4.2 */
    BLOCK_ENTRY,                           /* enum entry_tag */
};

/* Of a block that names an instrument. The first ones are kept as they are; alternates are a list of their own. */
enum instrument_field {
    FIELD_SYMBOL,
    FIELD_SUFFIX,
    FIELD_EXCHANGE,
    FIELD_CURRENCY,
    FIELD_TYPE,
    FIELD_CFI,
    FIELD_MATURITY_DATE,
    FIELD_MATURITY_MONTH,
    FIELD_MATURITY_DAY,
    FIELD_STRIKE,
    FIELD_PUT_CALL,
    FIELD_MULTIPLIER,
    FIELD_ATTRIBUTES, /* how many of these are attributes; the next two identify */
    FIELD_SECURITY_ID = FIELD_ATTRIBUTES,
    FIELD_SOURCE,
    FIELD_KEPT,
    FIELD_ALTERNATES = FIELD_KEPT, /* their counter */
    FIELD_ALTERNATE_ID,
    FIELD_ALTERNATE_SOURCE,
    FIELD_COUNT,
};

/* Fields of the message that are published with what is found, or decide how it is read. */
enum message_tag {
    MESSAGE_CL_ORD_ID,
    MESSAGE_EXEC_ID,
    MESSAGE_SEQ_NUM,
    MESSAGE_ORDER_ID,
    MESSAGE_ORIG_CL_ORD_ID,
    MESSAGE_POSS_DUP,
    MESSAGE_SENDER,
    MESSAGE_SENDING_TIME,
    MESSAGE_TARGET,
    MESSAGE_TRANSACT_TIME,
    MESSAGE_TRADE_DATE,
    MESSAGE_POSS_RESEND,
    MESSAGE_APPL_VER_ID,
    MESSAGE_EXEC_TRANS_TYPE,
    MESSAGE_EXEC_TYPE,
    MESSAGE_ALLOC_TRANS_TYPE,
    MESSAGE_TRADE_REPORT_TRANS_TYPE,
    MESSAGE_TAG_COUNT,
};

/* Fields that price and quantity are taken from; which of them count depends on the message's type. */
enum amount {
    AMOUNT_CUM_QTY,    /* 14 */
    AMOUNT_AVG_PX,     /* 6 */
    AMOUNT_IOI_QTY,    /* 27 */
    AMOUNT_LAST_PX,    /* 31 */
    AMOUNT_LAST_QTY,   /* 32 */
    AMOUNT_ORDER_QTY,  /* 38 */
    AMOUNT_PRICE,      /* 44 */
    AMOUNT_SHARES,     /* 53 */
    AMOUNT_STOP_PX,    /* 99 */
    AMOUNT_LEAVES_QTY, /* 151 */
    AMOUNT_PRICE_TYPE, /* 423: what a price is counted in */
    AMOUNT_COUNT,
};

/* Groups that matter here, from the outside in: an entry of one ends what is open of those inside it. */
enum group_level {
    GROUP_SETS,            /* quote sets */
    GROUP_LIST,            /* instruments, orders, quotes, market data entries */
    GROUP_LEGS,            /* inside a list entry, or the body */
    GROUP_LEG_UNDERLYINGS, /* inside a leg */
    GROUP_UNDERLYINGS,     /* inside a list entry, or the body */
    GROUP_LEVELS,
};

/* Of a market data entry: whether it may take its instrument over from the one before. */
enum entry_tag { ENTRY_ACTION, ENTRY_REFERENCE };

/* X(tag, block, meaning): by the dictionaries of FIX 4.0 to 5.0 SP2. First what names instruments, then the rest. */
#define INSTRUMENT_TAGS(X)                                                                                             \
    X(55, MAIN, FIELD_SYMBOL)                                                                                          \
    X(65, MAIN, FIELD_SUFFIX)                                                                                          \
    X(48, MAIN, FIELD_SECURITY_ID)                                                                                     \
    X(22, MAIN, FIELD_SOURCE)                                                                                          \
    X(207, MAIN, FIELD_EXCHANGE)                                                                                       \
    X(15, MAIN, FIELD_CURRENCY)                                                                                        \
    X(167, MAIN, FIELD_TYPE)                                                                                           \
    X(461, MAIN, FIELD_CFI)                                                                                            \
    X(541, MAIN, FIELD_MATURITY_DATE)                                                                                  \
    X(200, MAIN, FIELD_MATURITY_MONTH)                                                                                 \
    X(205, MAIN, FIELD_MATURITY_DAY)                                                                                   \
    X(202, MAIN, FIELD_STRIKE)                                                                                         \
    X(201, MAIN, FIELD_PUT_CALL)                                                                                       \
    X(231, MAIN, FIELD_MULTIPLIER)                                                                                     \
    X(454, MAIN, FIELD_ALTERNATES)                                                                                     \
    X(455, MAIN, FIELD_ALTERNATE_ID)                                                                                   \
    X(456, MAIN, FIELD_ALTERNATE_SOURCE)                                                                               \
    X(600, LEG, FIELD_SYMBOL)                                                                                          \
    X(601, LEG, FIELD_SUFFIX)                                                                                          \
    X(602, LEG, FIELD_SECURITY_ID)                                                                                     \
    X(603, LEG, FIELD_SOURCE)                                                                                          \
    X(616, LEG, FIELD_EXCHANGE)                                                                                        \
    X(556, LEG, FIELD_CURRENCY)                                                                                        \
    X(609, LEG, FIELD_TYPE)                                                                                            \
    X(608, LEG, FIELD_CFI)                                                                                             \
    X(611, LEG, FIELD_MATURITY_DATE)                                                                                   \
    X(610, LEG, FIELD_MATURITY_MONTH)                                                                                  \
    X(612, LEG, FIELD_STRIKE)                                                                                          \
    X(1358, LEG, FIELD_PUT_CALL)                                                                                       \
    X(614, LEG, FIELD_MULTIPLIER)                                                                                      \
    X(604, LEG, FIELD_ALTERNATES)                                                                                      \
    X(605, LEG, FIELD_ALTERNATE_ID)                                                                                    \
    X(606, LEG, FIELD_ALTERNATE_SOURCE)                                                                                \
    X(311, UNDERLYING, FIELD_SYMBOL)                                                                                   \
    X(312, UNDERLYING, FIELD_SUFFIX)                                                                                   \
    X(309, UNDERLYING, FIELD_SECURITY_ID)                                                                              \
    X(305, UNDERLYING, FIELD_SOURCE)                                                                                   \
    X(308, UNDERLYING, FIELD_EXCHANGE)                                                                                 \
    X(318, UNDERLYING, FIELD_CURRENCY)                                                                                 \
    X(310, UNDERLYING, FIELD_TYPE)                                                                                     \
    X(463, UNDERLYING, FIELD_CFI)                                                                                      \
    X(542, UNDERLYING, FIELD_MATURITY_DATE)                                                                            \
    X(313, UNDERLYING, FIELD_MATURITY_MONTH)                                                                           \
    X(314, UNDERLYING, FIELD_MATURITY_DAY)                                                                             \
    X(316, UNDERLYING, FIELD_STRIKE)                                                                                   \
    X(315, UNDERLYING, FIELD_PUT_CALL)                                                                                 \
    X(436, UNDERLYING, FIELD_MULTIPLIER)                                                                               \
    X(457, UNDERLYING, FIELD_ALTERNATES)                                                                               \
    X(458, UNDERLYING, FIELD_ALTERNATE_ID)                                                                             \
    X(459, UNDERLYING, FIELD_ALTERNATE_SOURCE)                                                                         \
    X(1330, UNDERLYING_LEG, FIELD_SYMBOL)                                                                              \
    X(1331, UNDERLYING_LEG, FIELD_SUFFIX)                                                                              \
    X(1332, UNDERLYING_LEG, FIELD_SECURITY_ID)                                                                         \
    X(1333, UNDERLYING_LEG, FIELD_SOURCE)                                                                              \
    X(1341, UNDERLYING_LEG, FIELD_EXCHANGE)                                                                            \
    X(1337, UNDERLYING_LEG, FIELD_TYPE)                                                                                \
    X(1344, UNDERLYING_LEG, FIELD_CFI)                                                                                 \
    X(1345, UNDERLYING_LEG, FIELD_MATURITY_DATE)                                                                       \
    X(1339, UNDERLYING_LEG, FIELD_MATURITY_MONTH)                                                                      \
    X(1340, UNDERLYING_LEG, FIELD_STRIKE)                                                                              \
    X(1343, UNDERLYING_LEG, FIELD_PUT_CALL)                                                                            \
    X(1334, UNDERLYING_LEG, FIELD_ALTERNATES)                                                                          \
    X(1335, UNDERLYING_LEG, FIELD_ALTERNATE_ID)                                                                        \
    X(1336, UNDERLYING_LEG, FIELD_ALTERNATE_SOURCE)                                                                    \
    X(1214, DERIVATIVE, FIELD_SYMBOL)                                                                                  \
    X(1215, DERIVATIVE, FIELD_SUFFIX)                                                                                  \
    X(1216, DERIVATIVE, FIELD_SECURITY_ID)                                                                             \
    X(1217, DERIVATIVE, FIELD_SOURCE)                                                                                  \
    X(1272, DERIVATIVE, FIELD_EXCHANGE)                                                                                \
    X(1249, DERIVATIVE, FIELD_TYPE)                                                                                    \
    X(1248, DERIVATIVE, FIELD_CFI)                                                                                     \
    X(1252, DERIVATIVE, FIELD_MATURITY_DATE)                                                                           \
    X(1251, DERIVATIVE, FIELD_MATURITY_MONTH)                                                                          \
    X(1261, DERIVATIVE, FIELD_STRIKE)                                                                                  \
    X(1323, DERIVATIVE, FIELD_PUT_CALL)                                                                                \
    X(1266, DERIVATIVE, FIELD_MULTIPLIER)                                                                              \
    X(1218, DERIVATIVE, FIELD_ALTERNATES)                                                                              \
    X(1219, DERIVATIVE, FIELD_ALTERNATE_ID)                                                                            \
    X(1220, DERIVATIVE, FIELD_ALTERNATE_SOURCE)                                                                        \
    X(699, BENCHMARK, FIELD_SECURITY_ID)                                                                               \
    X(761, BENCHMARK, FIELD_SOURCE)                                                                                    \
    X(1098, PEG, FIELD_SYMBOL)                                                                                         \
    X(1097, PEG, FIELD_SECURITY_ID)                                                                                    \
    X(1096, PEG, FIELD_SOURCE)                                                                                         \
    X(1103, TRIGGER, FIELD_SYMBOL)                                                                                     \
    X(1104, TRIGGER, FIELD_SECURITY_ID)                                                                                \
    X(1105, TRIGGER, FIELD_SOURCE)

#define MESSAGE_TAGS(X)                                                                                                \
    X(11, MESSAGE, MESSAGE_CL_ORD_ID)                                                                                  \
    X(17, MESSAGE, MESSAGE_EXEC_ID)                                                                                    \
    X(34, MESSAGE, MESSAGE_SEQ_NUM)                                                                                    \
    X(37, MESSAGE, MESSAGE_ORDER_ID)                                                                                   \
    X(41, MESSAGE, MESSAGE_ORIG_CL_ORD_ID)                                                                             \
    X(43, MESSAGE, MESSAGE_POSS_DUP)                                                                                   \
    X(49, MESSAGE, MESSAGE_SENDER)                                                                                     \
    X(52, MESSAGE, MESSAGE_SENDING_TIME)                                                                               \
    X(56, MESSAGE, MESSAGE_TARGET)                                                                                     \
    X(60, MESSAGE, MESSAGE_TRANSACT_TIME)                                                                              \
    X(75, MESSAGE, MESSAGE_TRADE_DATE)                                                                                 \
    X(97, MESSAGE, MESSAGE_POSS_RESEND)                                                                                \
    X(1128, MESSAGE, MESSAGE_APPL_VER_ID)                                                                              \
    X(20, MESSAGE, MESSAGE_EXEC_TRANS_TYPE)                                                                            \
    X(150, MESSAGE, MESSAGE_EXEC_TYPE)                                                                                 \
    X(71, MESSAGE, MESSAGE_ALLOC_TRANS_TYPE)                                                                           \
    X(487, MESSAGE, MESSAGE_TRADE_REPORT_TRANS_TYPE)                                                                   \
    X(14, AMOUNT, AMOUNT_CUM_QTY)                                                                                      \
    X(6, AMOUNT, AMOUNT_AVG_PX)                                                                                        \
    X(27, AMOUNT, AMOUNT_IOI_QTY)                                                                                      \
    X(31, AMOUNT, AMOUNT_LAST_PX)                                                                                      \
    X(32, AMOUNT, AMOUNT_LAST_QTY)                                                                                     \
    X(38, AMOUNT, AMOUNT_ORDER_QTY)                                                                                    \
    X(44, AMOUNT, AMOUNT_PRICE)                                                                                        \
    X(53, AMOUNT, AMOUNT_SHARES)                                                                                       \
    X(99, AMOUNT, AMOUNT_STOP_PX)                                                                                      \
    X(151, AMOUNT, AMOUNT_LEAVES_QTY)                                                                                  \
    X(423, AMOUNT, AMOUNT_PRICE_TYPE)                                                                                  \
    X(296, GROUP, GROUP_SETS)                                                                                          \
    X(146, GROUP, GROUP_LIST)                                                                                          \
    X(268, GROUP, GROUP_LIST)                                                                                          \
    X(295, GROUP, GROUP_LIST)                                                                                          \
    X(428, GROUP, GROUP_LIST)                                                                                          \
    X(73, GROUP, GROUP_LIST)                                                                                           \
    X(1165, GROUP, GROUP_LIST)                                                                                         \
    X(1889, GROUP, GROUP_LIST)                                                                                         \
    X(2428, GROUP, GROUP_LIST)                                                                                         \
    X(555, GROUP, GROUP_LEGS)                                                                                          \
    X(1342, GROUP, GROUP_LEG_UNDERLYINGS)                                                                              \
    X(711, GROUP, GROUP_UNDERLYINGS)                                                                                   \
    X(46, RELATED, FIELD_SYMBOL)                                                                                       \
    X(279, ENTRY, ENTRY_ACTION)                                                                                        \
    X(280, ENTRY, ENTRY_REFERENCE)

#define INSTRUMENT_TAG_MAX 2428 /* the highest in both lists */

struct tag_meaning {
    uint8_t block; /* enum tag_block; BLOCK_NONE: it says nothing here */
    uint8_t field; /* of the enum that belongs to the block */
};

/* By tag, for tags up to INSTRUMENT_TAG_MAX. */
extern const struct tag_meaning instrument_tag_meanings[INSTRUMENT_TAG_MAX + 1];

/* The tag of a field of a block that names an instrument, 0 where the block has no such field. */
extern const uint16_t instrument_block_tags[BLOCK_INSTRUMENTS_END][FIELD_COUNT];

#endif
