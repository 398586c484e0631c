/* gen_row: row number i of a generated security master, a pure function of (seed, i).
 *
 * Rows repeat in blocks of ROW_BLOCK with the same mixture: 80 % equities of several countries, securities with two
 * and three listings, share classes, two securities under one symbol, and a fund, a bond, futures and options. So the
 * message generator needs no memory of the master. Plain values; any thread; nothing fails. */
#ifndef FIXWARDEN_TESTS_GEN_ROW_H
#define FIXWARDEN_TESTS_GEN_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "gen_identifier.h"

enum { ROW_BLOCK = 40, ROW_VALUE_SIZE = 24 /* bytes with the NUL */ };

/* The day of all generated messages. Rows are active or not as of this day. */
#define MESSAGE_DATE 20260302

enum row_class { CLASS_EQUITY, CLASS_PREFERRED, CLASS_FUND, CLASS_BOND, CLASS_FUTURE, CLASS_OPTION };

struct row {
    uint64_t index;
    enum row_class class;
    char symbol[SYMBOL_SIZE];
    char cusip[CUSIP_SIZE]; /* a blank column is an empty text, here and below */
    char sedol[SEDOL_SIZE];
    char isin[ISIN_SIZE];
    char figi[FIGI_SIZE];
    const char *mic;
    const char *currency;
    const char *type;
    const char *cfi;
    const char *country;
    const char *status;
    const char *delisting_date;
    char maturity[ROW_VALUE_SIZE]; /* as the master writes it; its styles differ */
    char strike[ROW_VALUE_SIZE];
    const char *put_call;
    const char *multiplier;
    uint32_t maturity_date; /* YYYYMMDD; 0 without */
    bool maturity_is_month; /* the master names no day */
    uint32_t strike_cents;
    bool is_put;
    bool type_is_known; /* the type is one that the contract lists */
    bool is_active;
    const char *inactive_value; /* the column that makes it inactive; NULL where active */
    bool is_alone;              /* shares no symbol and no identifier with another row */
    bool has_twin;              /* another security has the same symbol, MIC and currency */
    uint8_t class_separator;    /* the place of the separator in a share class's symbol, 0 without */
};

void row_make(uint64_t seed, uint64_t index, struct row *row);

#endif
