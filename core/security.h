/* security: one row of the security master as the index keeps it.
 *
 * MASTER_ROLES is the one list of what a column of the master can mean. It yields the enum, the names in the
 * configuration, the synonyms under which headers are recognised, and which table a column's values are keys of. */
#ifndef FIXWARDEN_CORE_SECURITY_H
#define FIXWARDEN_CORE_SECURITY_H

#include <stdbool.h>
#include <stdint.h>

#include "key_pack.h"
#include "slice.h"

/* X(ROLE, configuration name, key kind or IDENTIFIER_UNKNOWN for a plain attribute, header synonyms)
 * Synonyms are compared without case, spaces and underscores, and stand in order of preference: where a file has
 * several of them, the first one listed wins. The order of the roles is part of the index file: append only. */
#define MASTER_ROLES(X)                                                                                                \
    X(SYMBOL, "symbol", IDENTIFIER_SYMBOL, "symbol|ticker|tickersymbol|exchangesymbol|localsymbol|securitysymbol")     \
    X(CUSIP, "cusip", IDENTIFIER_CUSIP, "cusip|cusip9|cusipcode|cusipnumber|idcusip")                                  \
    X(SEDOL, "sedol", IDENTIFIER_SEDOL, "sedol|sedol1|sedolcode|idsedol1")                                             \
    X(ISIN, "isin", IDENTIFIER_ISIN, "isin|isincode|idisin|isinnumber")                                                \
    X(FIGI, "figi", IDENTIFIER_FIGI, "figi|openfigi|idbbglobal|bbgid|exchangefigi")                                    \
    X(COMPOSITE_FIGI, "composite_figi", IDENTIFIER_FIGI, "compositefigi|figicomposite|compositeidbbglobal")            \
    X(SHARE_CLASS_FIGI, "share_class_figi", IDENTIFIER_FIGI, "shareclassfigi|figishareclass|shareclassidbbglobal")     \
    X(RIC, "ric", IDENTIFIER_RIC, "ric|reuterscode|ricode|reutersric")                                                 \
    X(BLOOMBERG, "bloomberg", IDENTIFIER_BLOOMBERG, "bloomberg|bloombergticker|bbticker|bloombergcode|bbgticker")      \
    X(WERTPAPIER, "wertpapier", IDENTIFIER_WERTPAPIER, "wkn|wertpapier|wertpapierkennnummer")                          \
    X(VALOREN, "valoren", IDENTIFIER_VALOREN, "valoren|valor|valornumber")                                             \
    X(SICOVAM, "sicovam", IDENTIFIER_SICOVAM, "sicovam")                                                               \
    X(COMMON, "common_code", IDENTIFIER_COMMON, "commoncode|commonnumber")                                             \
    X(OPRA, "opra", IDENTIFIER_OPRA, "opra|oprasymbol|occsymbol|osisymbol")                                            \
    X(LEI, "lei", IDENTIFIER_LEI, "lei|issuerlei|legalentityidentifier")                                               \
    X(MIC, "mic", IDENTIFIER_UNKNOWN,                                                                                  \
      "mic|miccode|exchangemic|marketmic|exchange|exchangecode|primaryexchange|market")                                \
    X(CURRENCY, "currency", IDENTIFIER_UNKNOWN, "currency|ccy|currencycode|tradingcurrency|pricecurrency|crncy|curr")  \
    X(TYPE, "type", IDENTIFIER_UNKNOWN, "securitytype|assettype|instrumenttype|assetclass|sectype|type|producttype")   \
    X(CFI, "cfi", IDENTIFIER_UNKNOWN, "cfi|cficode|iso10962")                                                          \
    X(MATURITY, "maturity", IDENTIFIER_UNKNOWN,                                                                        \
      "maturity|maturitydate|maturitymonthyear|expiry|expirydate|expirationdate|expiration")                           \
    X(STRIKE, "strike", IDENTIFIER_UNKNOWN, "strike|strikeprice|exerciseprice")                                        \
    X(PUT_CALL, "put_call", IDENTIFIER_UNKNOWN, "putcall|putorcall|callput|optiontype|right")                          \
    X(MULTIPLIER, "multiplier", IDENTIFIER_UNKNOWN, "multiplier|contractmultiplier|contractsize|lotmultiplier")        \
    X(STATUS, "status", IDENTIFIER_UNKNOWN, "status|securitystatus|tradingstatus|listingstatus")                       \
    X(DELISTED, "delisted", IDENTIFIER_UNKNOWN, "delisted|isdelisted|delistingdate|delisteddate|delistdate")           \
    X(REGION, "region", IDENTIFIER_UNKNOWN,                                                                            \
      "region|country|countrycode|domicile|countryofrisk|countryofincorporation")                                      \
    X(HOUSE, "house", IDENTIFIER_HOUSE, "house|houseid|housenumber")

enum master_role {
#define X(role, name, kind, synonyms) ROLE_##role,
    MASTER_ROLES(X)
#undef X
        MASTER_ROLE_COUNT,
};

#define SECURITY_CARRIED_MAX 32 /* further columns that the user carries into the output */

/* Values are borrowed from the index's mapping, which lives until index_close, or lie in `unpacked`: so a security is
 * never copied. Keys are as identifier_key makes them; everything else is trimmed and otherwise as it stands in the
 * master. Blank: len 0. */
struct security {
    uint32_t source;     /* which of the master's files, from 0, in the order they were given */
    uint64_t row_offset; /* bytes from that file's start to the first byte of the row */
    struct slice value[MASTER_ROLE_COUNT];
    struct slice carried[SECURITY_CARRIED_MAX]; /* in the order of index_info.carried_names */
    size_t carried_count;
    char unpacked[MASTER_ROLE_COUNT * KEY_PACK_MAX]; /* keys that records hold packed */
};

/* The attributes, which are the roles without a kind of key, and what stands among them. */
#define SECURITY_FIRST_ATTRIBUTE ROLE_MIC
#define SECURITY_ATTRIBUTES (ROLE_REGION - SECURITY_FIRST_ATTRIBUTE + 1)
#define SECURITY_ATTRIBUTES_ROOM 16 /* so that all are written at once */

#define X(role, name, kind, synonyms)                                                                                  \
    _Static_assert((kind) != IDENTIFIER_UNKNOWN ||                                                                     \
                       (unsigned)ROLE_##role - SECURITY_FIRST_ATTRIBUTE < SECURITY_ATTRIBUTES,                         \
                   name " is an attribute, and stands among them");
MASTER_ROLES(X)
#undef X

/* Where the values of a security stand in its record, which is how most of those that are looked up are read: only what
 * somebody asks for. Where its keys stand follows from their forms. */
struct security_places {
    uint32_t keys;                         /* their forms, two bits each */
    uint32_t at[SECURITY_ATTRIBUTES_ROOM]; /* of each attribute: its code, or its place if it has none; 0: blank */
};

/* The code of an attribute, from 1; 0 where it is blank, 2^31 or more where it has none. */
static inline uint32_t security_code(const struct security_places *places, enum master_role role)
{
    return places->at[role - SECURITY_FIRST_ATTRIBUTE];
}

/* Whether an earlier role of the same kind has the same key, which then stands in its table once. */
bool security_repeats_key(const struct security *security, enum master_role role);

/* The name of a role in the configuration. A constant. */
const char *master_role_name(enum master_role role);

/* The kind of key its values are. Here, because every record that is read asks it of every column. */
static inline enum identifier_kind master_role_kind(enum master_role role)
{
    static const unsigned char kinds[MASTER_ROLE_COUNT] = {
#define X(role, name, kind, synonyms) kind,
        MASTER_ROLES(X)
#undef X
    };
    return (enum identifier_kind)kinds[role];
}

#endif
