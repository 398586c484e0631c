/* hold-marks: holds every variant of master_marks that this processor has against the rule of quotes, on random text.
 *
 * Usage: hold-marks [--seed N] [VARIANT...], where the variants named have to be there: scalar, sse2, avx2, avx512,
 * neon. Prints the seed and what was held. Exit codes: 0, 1 a difference, 64 usage, 69 a variant is missing. It needs
 * nothing but core and the C library, so that it also runs where the other unit tests cannot be built. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/master_marks.h"
#include "core/master_scan.h"
#include "random.h"

#define ROUNDS 2000
#define TEXT_BYTES (3 * MARKS_BYTES)
#define OFFSETS 65u /* every alignment of a word, and one more */

enum { EXIT_DIFFERENCE = 1, EXIT_WRONG_USAGE = 64, EXIT_MISSING = 69 };

static const char *const names[MARKS_VARIANT_COUNT] = {
    [MARKS_SCALAR] = "scalar", [MARKS_SSE2] = "sse2", [MARKS_AVX2] = "avx2",
    [MARKS_AVX512] = "avx512", [MARKS_NEON] = "neon",
};

/* Text in which everything that matters is common; bytes with the highest bit set, since vectors compare signed. */
static void fill_random(struct random *r, char *bytes, size_t len)
{
    static const char *const alphabets[] = {"ab,\"\n\r", "abcdefgh,\n", "\"\"\"\",a",
                                            "\"",        "a\"",         "ab,\"\"\n\r\xff\xa2"};
    const char *alphabet = alphabets[random_below(r, sizeof alphabets / sizeof *alphabets)];
    size_t count = strlen(alphabet);

    for (size_t i = 0; i < len; i++) {
        size_t pick = (size_t)random_below(r, count * 8 + 1);

        bytes[i] = pick == count * 8 ? '\0' : alphabet[pick % count];
    }
}

/* What the rule says byte by byte of the same bytes, from the state that the bytes before left. */
static bool is_by_rule(const char *bytes, size_t len, enum quote_state *state, const struct master_marks *marks)
{
    uint64_t newlines = 0;
    bool good = true;

    for (size_t i = 0; i < len; i++) {
        enum quote_state before = *state;
        bool end = before != IN_QUOTES && (bytes[i] == ',' || bytes[i] == '\n');
        bool row = end && bytes[i] == '\n';
        bool plain_quote = bytes[i] == '"' && before == IN_PLAIN;
        bool stray = before == AFTER_QUOTE && !end && bytes[i] != '"' && bytes[i] != '\r';

        newlines += bytes[i] == '\n';
        good &= (marks->ends[i / 64] >> i % 64 & 1) == end;
        good &= (marks->rows[i / 64] >> i % 64 & 1) == row;
        if (plain_quote || stray || bytes[i] == '\0')
            good &= marks->irregular >> i / 64 & 1;
        *state = row ? AT_FIELD_START : quote_step(before, bytes[i], ',');
    }
    return good && marks->newlines == newlines;
}

static bool are_same(const struct master_marks *a, const struct master_marks *b, size_t len)
{
    size_t words = (len + MARKS_WORD_BYTES - 1) / MARKS_WORD_BYTES;

    return memcmp(a->ends, b->ends, words * sizeof a->ends[0]) == 0 &&
           memcmp(a->rows, b->rows, words * sizeof a->rows[0]) == 0 && a->irregular == b->irregular &&
           a->newlines == b->newlines;
}

/* Marks a text in pieces, each variant carrying on its own state. */
static bool hold_text(struct random *r, const char *bytes, size_t len, enum marks_variant variant)
{
    struct marks_state expected_state = MARKS_ROW_START;
    struct marks_state state = MARKS_ROW_START;
    enum quote_state rule = AT_FIELD_START;
    size_t part;

    for (size_t at = 0; at < len; at += part) {
        struct master_marks expected;
        struct master_marks marks;

        part = 1 + (size_t)random_below(r, random_percent(r, 25) ? MARKS_BYTES : 200);
        part = part < len - at ? part : len - at;
        marks_variant(MARKS_SCALAR)(bytes + at, part, ',', &expected_state, &expected);
        marks_variant(variant)(bytes + at, part, ',', &state, &marks);
        if (!is_by_rule(bytes + at, part, &rule, &marks) || !are_same(&marks, &expected, part) ||
            memcmp(&state, &expected_state, sizeof state) != 0)
            return false;
    }
    return true;
}

static bool hold_variant(uint64_t seed, enum marks_variant variant)
{
    static char memory[TEXT_BYTES + OFFSETS];

    for (size_t round = 0; round < ROUNDS; round++) {
        struct random r = random_at(seed, RANDOM_ROW_TEXT, round);
        char *bytes = memory + round % OFFSETS;
        size_t len = 1 + (size_t)random_below(&r, round % 4 == 0 ? TEXT_BYTES : 700);

        fill_random(&r, bytes, len);
        if (!hold_text(&r, bytes, len, variant)) {
            fprintf(stderr, "hold-marks: %s: round %zu differs\n", names[variant], round);
            return false;
        }
    }
    printf("%s: %d texts as by the rule\n", names[variant], ROUNDS);
    return true;
}

/* Whether each variant that was asked for is here. */
static int check_wanted(char *const *wanted)
{
    for (; *wanted != NULL; wanted++) {
        enum marks_variant v = 0;

        while (v < MARKS_VARIANT_COUNT && strcmp(names[v], *wanted) != 0)
            v++;
        if (v == MARKS_VARIANT_COUNT) {
            fprintf(stderr, "hold-marks: %s: no such variant\n", *wanted);
            return EXIT_WRONG_USAGE;
        }
        if (marks_variant(v) == NULL) {
            fprintf(stderr, "hold-marks: %s: this processor lacks it\n", *wanted);
            return EXIT_MISSING;
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    uint64_t seed = (uint64_t)getpid();
    int first = 1;
    int status;

    if (argc > 2 && strcmp(argv[1], "--seed") == 0) {
        seed = strtoull(argv[2], NULL, 10);
        first = 3;
    }
    status = check_wanted(argv + first);
    printf("seed %llu\n", (unsigned long long)seed);
    for (enum marks_variant v = 0; status == 0 && v < MARKS_VARIANT_COUNT; v++)
        if (marks_variant(v) != NULL && !hold_variant(seed, v))
            status = EXIT_DIFFERENCE;
    return status;
}
