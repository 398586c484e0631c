/* fix_extract: what it costs to take a FIX message from its bytes to its instruments: framing, BodyLength, CheckSum,
 * every field validated, every instrument made plain.
 *
 * The orders and execution reports of a file of generated messages, one to a line, are read again and again from
 * memory. Prints the best time of a message over several rounds. The figures are for comparing, and never fail.
 *
 * Exit codes: 0, 64 usage, 65 the file, 70 memory. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/instrument.h"

enum { EXIT_USAGE = 64, EXIT_DATA = 65, EXIT_INTERNAL = 70 };
enum { ROUNDS = 40, BLOCK = 512 /* messages that are timed together: less than a time slice */ };

static const char usage[] = "Usage: bench-fix-extract FILE SHORTEST LONGEST\n"
                            "\n"
                            "Reads the orders (D) and reports (8) of so many bytes.\n";

struct messages {
    struct slice *items;
    size_t count;
    size_t bytes; /* of all */
};

static double seconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct slice read_file(const char *path)
{
    struct slice all = {0};
    FILE *file = fopen(path, "rb");
    char *bytes = NULL;
    long len = -1;

    if (file != NULL && fseek(file, 0, SEEK_END) == 0)
        len = ftell(file);
    if (len > 0)
        bytes = malloc((size_t)len);
    if (bytes != NULL) {
        rewind(file);
        all = slice_make(bytes, fread(bytes, 1, (size_t)len, file));
    }
    if (file != NULL)
        fclose(file);
    return all;
}

static bool is_wanted(struct slice message, size_t shortest, size_t longest)
{
    return message.len >= shortest && message.len <= longest &&
           (memmem(message.ptr, message.len, "\00135=D\001", 6) != NULL ||
            memmem(message.ptr, message.len, "\00135=8\001", 6) != NULL);
}

static bool choose(struct slice all, size_t shortest, size_t longest, struct messages *out)
{
    size_t room = all.len / 2 + 1;

    out->items = calloc(room, sizeof *out->items);
    if (out->items == NULL)
        return false;
    for (size_t at = 0; at < all.len;) {
        const char *end = memchr(all.ptr + at, '\n', all.len - at);
        struct slice line = slice_make(all.ptr + at, (end ? (size_t)(end - all.ptr) : all.len) - at);
        if (is_wanted(line, shortest, longest)) {
            out->items[out->count++] = line;
            out->bytes += line.len;
        }
        at += line.len + 1;
    }
    return true;
}

/* Returns how many instruments the message names; 0 where it can't be read, too. */
static size_t extract(struct instrument_list *list, struct slice message)
{
    struct identifier_sources sources;
    struct fix_step step;
    enum fix_reason reason;
    struct error e;
    size_t count = 0;

    identifier_sources_default(&sources);
    fix_next(FIX_STRICT, message, true, true, &step);
    if (step.event != FIX_MESSAGE || instrument_extract(list, &step.message, &sources, false, &reason, &e) != 0)
        return 0;
    while (instrument_next(list) != NULL)
        count++;
    return count;
}

/* Seconds for one block. *instruments counts what it names. */
static double measure_block(struct instrument_list *list, const struct slice *messages, size_t count,
                            size_t *instruments)
{
    double best = 1e9;

    for (int round = 0; round < ROUNDS; round++) {
        double start = seconds_now();
        *instruments = 0;
        for (size_t i = 0; i < count; i++)
            *instruments += extract(list, messages[i]);
        double taken = seconds_now() - start;
        best = taken < best ? taken : best;
    }
    return best;
}

static void measure(const struct messages *messages)
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
    struct messages messages = {0};
    struct slice all;

    if (argc != 4) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    all = read_file(argv[1]);
    if (all.len == 0) {
        fprintf(stderr, "bench-fix-extract: %s cannot be read\n", argv[1]);
        return EXIT_DATA;
    }
    if (!choose(all, strtoul(argv[2], NULL, 10), strtoul(argv[3], NULL, 10), &messages))
        return EXIT_INTERNAL;
    if (messages.count > 0)
        measure(&messages);
    else
        printf("no such messages\n");
    free(messages.items);
    free((void *)(uintptr_t)all.ptr);
    return 0;
}
