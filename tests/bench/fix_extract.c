/* fix_extract: what it costs to take a FIX message from its bytes to its instruments: framing, BodyLength, CheckSum,
 * every field validated, every instrument made plain.
 *
 * The orders and execution reports of a file of generated messages, one to a line, are read again and again from
 * memory. Prints the best time of a message over several rounds. The figures are for comparing, and never fail.
 *
 * Exit codes: 0, 64 usage, 65 the file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/instrument.h"
#include "fix_lines.h"

enum { EXIT_USAGE = 64, EXIT_DATA = 65 };
enum { ROUNDS = 40, BLOCK = 512 /* messages that are timed together: less than a time slice */ };

static const char usage[] = "Usage: bench-fix-extract FILE SHORTEST LONGEST\n"
                            "\n"
                            "Reads the orders (D) and reports (8) of so many bytes.\n";

/* How long the messages are that count. */
struct lengths {
    size_t shortest;
    size_t longest;
};

static bool is_wanted(const void *context, struct slice message)
{
    const struct lengths *l = context;

    return message.len >= l->shortest && message.len <= l->longest &&
           (memmem(message.ptr, message.len, "\00135=D\001", 6) != NULL ||
            memmem(message.ptr, message.len, "\00135=8\001", 6) != NULL);
}

/* Returns how many instruments the message names; 0 where it can't be read, too. */
static size_t extract(struct instrument_list *list, const struct identifier_sources *sources, struct slice message)
{
    struct fix_step step;
    enum fix_reason reason;
    struct error e;
    size_t count = 0;

    fix_next(FIX_STRICT, message, true, true, &step);
    if (step.event != FIX_MESSAGE || instrument_extract(list, &step.message, sources, false, &reason, &e) != 0)
        return 0;
    while (instrument_next(list) != NULL)
        count++;
    return count;
}

/* Seconds for one block. *instruments counts what it names. */
static double measure_block(struct instrument_list *list, const struct slice *messages, size_t count,
                            size_t *instruments)
{
    struct identifier_sources sources;
    double best = 1e9;

    identifier_sources_default(&sources);
    for (int round = 0; round < ROUNDS; round++) {
        double start = seconds_now();
        *instruments = 0;
        for (size_t i = 0; i < count; i++)
            *instruments += extract(list, &sources, messages[i]);
        double taken = seconds_now() - start;
        best = taken < best ? taken : best;
    }
    return best;
}

static void measure(const struct fix_lines *messages)
{
    struct instrument_list list = {0};
    double seconds = 0;
    size_t instruments = 0;

    for (size_t at = 0; at < messages->count; at += BLOCK) {
        size_t left = messages->count - at;
        size_t named;
        seconds += measure_block(&list, messages->items + at, left < BLOCK ? left : BLOCK, &named);
        instruments += named;
    }
    instrument_list_free(&list);
    printf("%zu messages of %zu bytes with %zu instruments: %.1f ns\n", messages->count,
           messages->bytes / messages->count, instruments, seconds * 1e9 / (double)messages->count);
}

int main(int argc, char **argv)
{
    struct fix_lines messages;
    int rc = 0;

    if (argc != 4) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    struct lengths lengths = {strtoul(argv[2], NULL, 10), strtoul(argv[3], NULL, 10)};
    if (!fix_lines_read(argv[1], is_wanted, &lengths, &messages)) {
        fprintf(stderr, "bench-fix-extract: %s cannot be read\n", argv[1]);
        rc = EXIT_DATA;
    } else if (messages.count > 0) {
        measure(&messages);
    } else {
        printf("no such messages\n");
    }
    fix_lines_free(&messages);
    return rc;
}
