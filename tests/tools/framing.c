/* Says what is read in each record on standard input, for tests that compare it. Each record stands behind its length
 * (four bytes, little-endian). Arguments change what is tolerated, from profile strict on: `checksum`, `-delimiter`.
 *
 * Writes for each record what it holds, divided by blanks, and a line end: `M@AT+LEN:TAG=HEX,TAG=HEX,` a message with
 * its fields, `REASON@AT+LEN` what is malformed, `S` a line that was skipped. */
#include <stdio.h>
#include <stdlib.h>

#include "core/fix.h"

#define RECORD_MAX (1u << 20) /* bytes */

static void print_message(const struct fix_message *message)
{
    struct fix_cursor cursor;
    struct fix_field field;

    fix_cursor_start(message, &cursor);
    while (fix_cursor_next(&cursor, &field)) {
        printf("%u=", field.tag);
        for (size_t i = 0; i < field.value.len; i++)
            printf("%02x", (unsigned char)field.value.ptr[i]);
        putchar(',');
    }
    putchar(' ');
}

static void print_record(unsigned tolerated, struct slice record)
{
    struct fix_step step;
    size_t at = 0;

    do {
        fix_next(tolerated, slice_make(record.ptr + at, record.len - at), at == 0, true, &step);
        if (step.event == FIX_MESSAGE) {
            printf("M@%zu+%zu:", at + step.start, step.message.bytes.len);
            print_message(&step.message);
        }
        if (step.event == FIX_MALFORMED)
            printf("%s@%zu+%zu ", fix_reason_name(step.reason), at + step.start, step.malformed.len);
        if (step.event == FIX_SKIPPED)
            printf("S ");
        at += step.consumed;
    } while (step.event != FIX_END && at < record.len);
    putchar('\n');
}

/* False at the end of the input; what is cut there is no record. */
static bool read_record(char *room, struct slice *record)
{
    unsigned char head[4];
    size_t len;

    if (fread(head, 1, sizeof head, stdin) != sizeof head)
        return false;
    len = head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16 | (size_t)head[3] << 24;
    if (len > RECORD_MAX || fread(room, 1, len, stdin) != len)
        return false;
    *record = slice_make(room, len);
    return true;
}

int main(int argc, char **argv)
{
    char *room = malloc(RECORD_MAX);
    unsigned tolerated = FIX_STRICT;
    struct slice record;

    for (int i = 1; i < argc; i++)
        if (!fix_tolerance_change(slice_of(argv[i]), &tolerated)) {
            fprintf(stderr, "%s is no tolerance\n", argv[i]);
            return 64;
        }
    while (room != NULL && read_record(room, &record))
        print_record(tolerated, record);
    free(room);
    return 0;
}
