/* gen_identifier: identifiers that are unique by construction and have right check digits.
 *
 * Each function writes the identifier number `n` of its kind under `seed`: another n gives another identifier, n below
 * IDENTIFIER_NUMBERS. Rows of a master use the numbers below IDENTIFIER_ROWS, so the others are well formed and
 * unknown to it. Written from the standards and not shared with core/, which is what is tested. Nothing fails. */
#ifndef FIXWARDEN_TESTS_GEN_IDENTIFIER_H
#define FIXWARDEN_TESTS_GEN_IDENTIFIER_H

#include <stdint.h>

#define IDENTIFIER_ROWS 300000000u    /* rows of the largest master: about 80 GB */
#define IDENTIFIER_NUMBERS 600000000u /* what six characters of a SEDOL hold (21 * 31^5), rounded down */

enum { CUSIP_SIZE = 10, SEDOL_SIZE = 8, ISIN_SIZE = 13, FIGI_SIZE = 13, SYMBOL_SIZE = 32 }; /* bytes with the NUL */

void make_cusip(uint64_t seed, uint64_t n, char cusip[CUSIP_SIZE]);
void make_sedol(uint64_t seed, uint64_t n, char sedol[SEDOL_SIZE]);
void make_figi(uint64_t seed, uint64_t n, char figi[FIGI_SIZE]);

/* US and CA hold the CUSIP of the same number, GB the SEDOL; other countries a number of their own. */
void make_isin(uint64_t seed, uint64_t n, const char country[2], char isin[ISIN_SIZE]);

/* 4 to 7 letters without N, so that no symbol is a placeholder (NULL, NONE, NAN). */
void make_symbol(uint64_t seed, uint64_t n, char symbol[SYMBOL_SIZE]);

/* Makes the check digit, which is the last character, wrong. */
void break_check_digit(char *identifier);

#endif
