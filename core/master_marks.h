/* master_marks: where fields and rows end, by RFC 4180, for 64 bytes at a time.
 *
 * Quotes toggle, so the parity of the quotes before a byte says whether it stands inside a quoted field: a prefix XOR
 * over a word, carried to the next. That is exact as long as every quote counts; one in the middle of an unquoted field
 * is plain text (master.h), is found out by the byte before it, and is taken out of the parity. Every variant gives the
 * same marks; the processor decides at run time which one is used. Pure functions over borrowed bytes; any thread. */
#ifndef FIXWARDEN_CORE_MASTER_MARKS_H
#define FIXWARDEN_CORE_MASTER_MARKS_H

#include <stddef.h>
#include <stdint.h>

#define MARKS_WORDS 64u
#define MARKS_WORD_BYTES 64u
#define MARKS_BYTES ((size_t)MARKS_WORDS * MARKS_WORD_BYTES) /* that one call looks at, at most */

/* What the bytes so far leave behind. At the start of a row: MARKS_ROW_START. */
struct marks_state {
    uint64_t inside; /* all ones within quotes, else 0 */
    uint64_t opens;  /* 1: a quote as the next byte opens a field, or is the second of a doubled one */
    uint64_t closed; /* 1: the last byte was a closing quote */
};

#define MARKS_ROW_START ((struct marks_state){0, 1, 0})

struct master_marks {
    uint64_t ends[MARKS_WORDS]; /* a bit for each delimiter and line end outside quotes */
    uint64_t rows[MARKS_WORDS]; /* the line ends among them */
    uint64_t irregular;         /* a bit for each word that may hold a NUL, a quote that is plain text, or text
                                   behind a closing quote; never missing, at times set without need */
    uint64_t newlines;          /* line ends, in quotes or not */
};

/* Marks `len` bytes, 1 to MARKS_BYTES; words beyond them are not written. */
typedef void marks_function(const char *bytes, size_t len, char delimiter, struct marks_state *state,
                            struct master_marks *out);

enum marks_variant { MARKS_SCALAR, MARKS_SSE2, MARKS_AVX2, MARKS_AVX512, MARKS_NEON, MARKS_VARIANT_COUNT };

/* NULL where this processor lacks it. */
marks_function *marks_variant(enum marks_variant variant);

/* The fastest one of this processor. */
marks_function *marks_best(void);

#endif
