/* identifier: the kinds of security identifier that FIX names (SecurityIDSource, tag 22; FIX 5.0 SP2 EP code set
 * SecurityIDSourceCodeSet), what each looks like, and its check digit.
 *
 * Pure functions over borrowed bytes; any thread; nothing is allocated. */
#ifndef FIXWARDEN_CORE_IDENTIFIER_H
#define FIXWARDEN_CORE_IDENTIFIER_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "slice.h"

#define IDENTIFIER_MAX 128 /* bytes of a key; a longer value is no identifier and is never a key */

/* Whom an identifier tells apart. Rows of the master that share a SECURITY or LISTING identifier are one security;
 * an ISSUER's identifier is shared by all it issues; NONE names no security at all (a currency, a country). */
enum identifier_level { LEVEL_NONE, LEVEL_ISSUER, LEVEL_SECURITY, LEVEL_LISTING };

/* X(name, code of tag 22, level, fold: keys are compared in upper case)
 * The order is part of the index file: append only. */
#define IDENTIFIER_KINDS(X)                                                                                            \
    X(SYMBOL, '8', LEVEL_LISTING, false) /* tag 55, and exchange symbol in tag 48 */                                   \
    X(CUSIP, '1', LEVEL_SECURITY, true)                                                                                \
    X(SEDOL, '2', LEVEL_LISTING, true)                                                                                 \
    X(QUIK, '3', LEVEL_LISTING, true)                                                                                  \
    X(ISIN, '4', LEVEL_SECURITY, true)                                                                                 \
    X(RIC, '5', LEVEL_LISTING, false) /* case matters: BRKb.N is class B */                                            \
    X(ISO_CURRENCY, '6', LEVEL_NONE, true)                                                                             \
    X(ISO_COUNTRY, '7', LEVEL_NONE, true)                                                                              \
    X(CTA, '9', LEVEL_LISTING, false)                                                                                  \
    X(BLOOMBERG, 'A', LEVEL_LISTING, false)                                                                            \
    X(WERTPAPIER, 'B', LEVEL_SECURITY, true)                                                                           \
    X(DUTCH, 'C', LEVEL_SECURITY, true)                                                                                \
    X(VALOREN, 'D', LEVEL_SECURITY, true)                                                                              \
    X(SICOVAM, 'E', LEVEL_SECURITY, true)                                                                              \
    X(BELGIAN, 'F', LEVEL_SECURITY, true)                                                                              \
    X(COMMON, 'G', LEVEL_SECURITY, true) /* Clearstream and Euroclear common code */                                   \
    X(CLEARING, 'H', LEVEL_LISTING, false)                                                                             \
    X(FPML_SPEC, 'I', LEVEL_NONE, false)                                                                               \
    X(OPRA, 'J', LEVEL_LISTING, false)                                                                                 \
    X(FPML_URL, 'K', LEVEL_NONE, false)                                                                                \
    X(LETTER_OF_CREDIT, 'L', LEVEL_NONE, false)                                                                        \
    X(MARKETPLACE, 'M', LEVEL_LISTING, false)                                                                          \
    X(MARKIT_RED_ENTITY, 'N', LEVEL_ISSUER, false)                                                                     \
    X(MARKIT_RED_PAIR, 'P', LEVEL_SECURITY, false)                                                                     \
    X(CFTC, 'Q', LEVEL_NONE, false)                                                                                    \
    X(ISDA_REFERENCE, 'R', LEVEL_NONE, false)                                                                          \
    X(FIGI, 'S', LEVEL_LISTING, true)                                                                                  \
    X(LEI, 'T', LEVEL_ISSUER, true)                                                                                    \
    X(SYNTHETIC, 'U', LEVEL_LISTING, false)                                                                            \
    X(FIM, 'V', LEVEL_LISTING, false)                                                                                  \
    X(INDEX_NAME, 'W', LEVEL_NONE, false)                                                                              \
    X(UNIFORM_SYMBOL, 'X', LEVEL_LISTING, false)                                                                       \
    X(DTI, 'Y', LEVEL_SECURITY, false)   /* ISO 24165 */                                                               \
    X(HOUSE, '\0', LEVEL_LISTING, false) /* the firm's own numbers; no code of FIX */

enum identifier_kind {
#define X(name, code, level, fold) IDENTIFIER_##name,
    IDENTIFIER_KINDS(X)
#undef X
        IDENTIFIER_KIND_COUNT,
    IDENTIFIER_UNKNOWN = IDENTIFIER_KIND_COUNT, /* no tag 22, or a code that FIX does not list */
    IDENTIFIER_IGNORED,                         /* a code that the user has said names no security */
};

enum identifier_validity {
    IDENTIFIER_VALID,
    IDENTIFIER_BAD_SHAPE,       /* wrong length or characters for its kind */
    IDENTIFIER_BAD_CHECK_DIGIT, /* the shape is right, the check digit is not */
    IDENTIFIER_UNCHECKED,       /* a kind that has no published shape or check digit */
};

/* Why an identifier is invalid. X(name), in the order in which they are told. */
#define IDENTIFIER_FAULTS(X)                                                                                           \
    X(TOO_LONG)       /* over IDENTIFIER_MAX bytes */                                                                  \
    X(LOST_ZEROS)     /* a CUSIP of digits whose leading zeros a spreadsheet has taken away */                         \
    X(NO_CHECK_DIGIT) /* a CUSIP of eight characters */                                                                \
    X(BAD_SHAPE)                                                                                                       \
    X(BAD_CHECK_DIGIT)

enum identifier_fault {
#define X(name) IDENTIFIER_FAULT_##name,
    IDENTIFIER_FAULTS(X)
#undef X
        IDENTIFIER_FAULT_COUNT,
};

#define IDENTIFIER_SEDOL_LEN 7
#define IDENTIFIER_CUSIP_LEN 9
#define IDENTIFIER_ISIN_LEN 12
#define IDENTIFIER_COMPLETIONS_MAX 2

/* A CUSIP that a short one may have been. */
struct identifier_completion {
    enum identifier_fault fault; /* LOST_ZEROS or NO_CHECK_DIGIT */
    char cusip[IDENTIFIER_CUSIP_LEN];
};

#define IDENTIFIER_CODE_MAX 16    /* bytes of a code of tag 22 that the user gives a meaning */
#define IDENTIFIER_CODES_MAX 1000 /* of more than one byte */

/* What the values of tag 22 mean. A plain value, set up once. */
struct identifier_sources {
    unsigned char by_byte[256]; /* enum identifier_kind of a code of one byte */
    struct identifier_code {
        char code[IDENTIFIER_CODE_MAX];
        unsigned char len;
        unsigned char kind;
    } * longer; /* owned: identifier_sources_free */
    size_t count;
};

/* "CUSIP", "ISIN", ...; "UNKNOWN" for IDENTIFIER_UNKNOWN and IDENTIFIER_IGNORED. A constant. */
const char *identifier_kind_name(enum identifier_kind kind);

/* The codes that FIX lists (4.0 to 5.0 SP2), and no other. Nothing is owned yet. */
void identifier_sources_default(struct identifier_sources *sources);
void identifier_sources_free(struct identifier_sources *sources);

/* Gives a code of tag 22 (1 to IDENTIFIER_CODE_MAX bytes, case-sensitive) a meaning: `kind` is the name of a kind, case
 * aside, UNKNOWN, or NONE for a code that names no security. ERROR_CONFIG says what is wrong with either. */
int identifier_sources_set(struct identifier_sources *sources, struct slice code, struct slice kind, struct error *e);

/* The kind that a trimmed value of tag 22 declares; IDENTIFIER_UNKNOWN for one without a meaning. */
enum identifier_kind identifier_sources_kind(const struct identifier_sources *sources, struct slice source);

/* The kind with that name, case aside, or IDENTIFIER_UNKNOWN. */
enum identifier_kind identifier_kind_from_name(struct slice name);

enum identifier_level identifier_kind_level(enum identifier_kind kind);

/* Whether a key of that kind can lead to securities, so that the index may hold a table of it. */
bool identifier_kind_is_key(enum identifier_kind kind);

/* Shape and check digit of a normalised value: CUSIP (ANSI X9.6), ISIN (ISO 6166; of US and CA the CUSIP in it, too),
 * SEDOL (LSE), FIGI (OMG), LEI (ISO 17442); IDENTIFIER_UNCHECKED for every other kind. */
enum identifier_validity identifier_check(enum identifier_kind kind, struct slice value);

/* The CUSIP in an ISIN of US or CA that identifier_check found valid; false for any other ISIN. Borrowed from it. */
bool identifier_cusip_of_isin(struct slice isin, struct slice *cusip);

/* The ISIN of a country (US or CA) that holds a valid CUSIP; false where there is none, since no ISIN has the signs of
 * private placements. */
bool identifier_isin_of_cusip(struct slice cusip, const char *country, char isin[IDENTIFIER_ISIN_LEN]);

/* What a short CUSIP, in upper case, may have been: by lost zeros first, then by its missing check digit. Returns how
 * many there are; 0 also for one that is not short. Six characters name an issuer, and are never completed. */
size_t identifier_completions(struct slice cusip, struct identifier_completion out[IDENTIFIER_COMPLETIONS_MAX]);

/* The first kind other than `own` (FIGI, ISIN, CUSIP, SEDOL, LEI) as which the value is valid, with the key that it
 * would be; IDENTIFIER_UNKNOWN where there is none. */
enum identifier_kind identifier_looks_like(enum identifier_kind own, struct slice value, char key[IDENTIFIER_MAX],
                                           size_t *len);

/* "BAD_SHAPE", ... A constant. */
const char *identifier_fault_name(enum identifier_fault fault);

/* Whether a trimmed value stands for "nothing here": blank, "N/A", "[N/A]" (FIX 4.3, tag 55), "NULL", "-", only zeros,
 * ...; for kinds other than SYMBOL also "NA", "NAN", "UNKNOWN", "TBD". Case aside. */
bool identifier_is_placeholder(enum identifier_kind kind, struct slice value);

/* Whether an attribute or symbol that starts like this may be a placeholder: most are told by their first byte. */
static inline bool identifier_may_be_placeholder(char first)
{
    return first == 'N' || first == 'n' || first == '#' || first == '[' || first == '-' || first == '0';
}

/* The key that a value of the master or of a message stands for: trimmed, and in upper case where the kind folds.
 * Writes to `key` (IDENTIFIER_MAX bytes, not terminated) and returns its length in bytes; 0 where the value is no
 * key: a placeholder, or longer than IDENTIFIER_MAX. */
size_t identifier_key(enum identifier_kind kind, struct slice value, char key[IDENTIFIER_MAX]);

/* The same of a value that is trimmed and no placeholder. Nearly always it is the key itself, which then is borrowed
 * from it, and `key` is left alone. */
struct slice identifier_key_of_plain(enum identifier_kind kind, struct slice value, char key[IDENTIFIER_MAX]);

#endif
