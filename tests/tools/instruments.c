/* Prints the instruments of each FIX message on standard input, for tests that compare them. White space may stand
 * between messages. Arguments change what is tolerated, from profile strict on: `checksum`, `-delimiter`.
 *
 * A line `message` or `malformed REASON` for each message; behind it a line for each instrument: its fields in the
 * order of the struct, divided by tabs; identifiers as tag:position:KIND:value:source, divided by commas. */
#include <stdio.h>
#include <stdlib.h>

#include "core/instrument.h"

static struct slice read_all(FILE *in)
{
    char *bytes = NULL;
    size_t len = 0;
    size_t room = 0;

    do {
        if (len == room) {
            room = room ? 2 * room : 1 << 16;
            bytes = realloc(bytes, room);
            if (bytes == NULL)
                exit(70);
        }
        len += fread(bytes + len, 1, room - len, in);
    } while (!feof(in) && !ferror(in));
    return slice_make(bytes, len);
}

static void print_field(struct slice value)
{
    printf("\t%.*s", SLICE_FORMAT(value));
}

static void print_instrument(const struct instrument *i)
{
    printf("%s\t%u\t%u", instrument_role_name(i->role), i->position, i->symbol_tag);
    print_field(i->symbol);
    print_field(i->suffix);
    print_field(i->exchange);
    print_field(i->currency);
    print_field(i->type);
    print_field(i->cfi);
    print_field(i->maturity_date);
    print_field(i->maturity_month_year);
    print_field(i->maturity_day);
    print_field(i->strike);
    print_field(i->put_call);
    print_field(i->multiplier);
    for (size_t k = 0; k < i->identifier_count; k++) {
        const struct instrument_identifier *id = &i->identifiers[k];
        printf("%c%u:%u:%s:%.*s:%.*s", k == 0 ? '\t' : ',', id->tag, id->position, identifier_kind_name(id->kind),
               SLICE_FORMAT(id->value), SLICE_FORMAT(id->source));
    }
    printf("%s\n", i->identifier_count == 0 ? "\t" : "");
}

static void print_message(struct instrument_list *list, const struct identifier_sources *sources,
                          const struct fix_message *message)
{
    const struct instrument *instrument;
    enum fix_reason reason;
    struct error e;

    if (instrument_extract(list, message, sources, true, &reason, &e) != 0) {
        fprintf(stderr, "%s\n", e.text);
        exit(e.code);
    }
    if (reason != FIX_OK) {
        printf("malformed %s\n", fix_reason_name(reason));
        return;
    }
    printf("message\n");
    while ((instrument = instrument_next(list)) != NULL)
        print_instrument(instrument);
}

int main(int argc, char **argv)
{
    struct slice all = read_all(stdin);
    struct instrument_list list = {0};
    struct identifier_sources sources;
    unsigned tolerated = FIX_STRICT;
    struct fix_step step;
    size_t at = 0;

    for (int i = 1; i < argc; i++)
        if (!fix_tolerance_change(slice_of(argv[i]), &tolerated)) {
            fprintf(stderr, "%s is no tolerance\n", argv[i]);
            return 64;
        }
    identifier_sources_default(&sources);

    do {
        fix_next(tolerated, slice_make(all.ptr + at, all.len - at), at == 0, true, &step);
        at += step.consumed;
        if (step.event == FIX_MESSAGE)
            print_message(&list, &sources, &step.message);
        if (step.event == FIX_MALFORMED)
            printf("malformed %s\n", fix_reason_name(step.reason));
    } while (step.event != FIX_END && at < all.len);
    instrument_list_free(&list);
    return 0;
}
