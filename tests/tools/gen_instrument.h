/* gen_instrument: what a generated message says of its instrument, before it is written as fields.
 *
 * A description of a row by instrument_describe is clean by the contract of the check (core/README.md): every value it
 * says is one that the row bears out. What is planted is done to such a description afterwards. Plain values. */
#ifndef FIXWARDEN_TESTS_GEN_INSTRUMENT_H
#define FIXWARDEN_TESTS_GEN_INSTRUMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "gen_row.h"
#include "random.h"

enum { INSTRUMENT_ALTERNATES = 4, INSTRUMENT_VALUE = 40 /* bytes with the NUL */ };

/* The kinds of identifier that a row has columns of, in the order of their tag 22 codes. */
enum column { COLUMN_CUSIP, COLUMN_SEDOL, COLUMN_ISIN, COLUMN_FIGI, COLUMN_COUNT };

struct said_identifier {
    char value[INSTRUMENT_VALUE]; /* tag 48 or 455; empty: not said */
    const char *source;           /* tag 22 or 456 */
};

/* Empty texts are left out of the message. */
struct instrument {
    char symbol[INSTRUMENT_VALUE];  /* 55 */
    char suffix[4];                 /* 65 */
    struct said_identifier primary; /* 48, 22 */
    struct said_identifier alternates[INSTRUMENT_ALTERNATES];
    size_t alternate_count;              /* 454 */
    char exchange[8];                    /* 207 */
    char currency[4];                    /* 15 */
    char type[8];                        /* 167 */
    char cfi[8];                         /* 461 */
    char maturity_date[ROW_VALUE_SIZE];  /* 541 */
    char maturity_month[ROW_VALUE_SIZE]; /* 200 */
    char maturity_day[4];                /* 205 */
    char strike[ROW_VALUE_SIZE];         /* 202 */
    char put_or_call[2];                 /* 201 */
    char multiplier[ROW_VALUE_SIZE];     /* 231 */
};

/* The value of the row's column (empty where blank), the code of tag 22, and a valid value that no master has. */
const char *column_value(const struct row *row, enum column column);
const char *column_source(enum column column);
void column_unknown(uint64_t seed, enum column column, const struct row *row, struct random *r, char *value);

/* A filled column of the row other than `except` (COLUMN_COUNT: any), or COLUMN_COUNT where there is none. */
enum column column_pick(const struct row *row, enum column except, struct random *r);

/* The row as live messages name it, in one of many ways. The row must be active. */
void instrument_describe(struct instrument *said, uint64_t seed, const struct row *row, struct random *r);

/* By one identifier and the symbol, with exchange and currency where the row has them, so that of several listings
 * this one is meant. */
void instrument_by_identifier(struct instrument *said, const struct row *row, struct random *r);

void instrument_set_primary(struct instrument *said, const char *value, const char *source);
void instrument_add_alternate(struct instrument *said, const char *value, const char *source);
void instrument_drop_identifiers(struct instrument *said);

/* strcpy that stops at the array's end; every generator's values fit. */
#define instrument_set(field, value) instrument_copy((field), sizeof(field), (value))
void instrument_copy(char *field, size_t size, const char *value);

#endif
