#include "discrepancy.h"

#define XXH_STATIC_LINKING_ONLY /* for a hash state on the stack; its size is part of xxhash 0.8's ABI */
#include <xxhash.h>

#define NUMBER_MAX 20 /* bytes of a number of 64 bits, with its sign */
#define HEX_DIGITS 16 /* of one */
#define PARTS_MAX 512 /* bytes that are hashed at once; a topic has at most 249 */

/* The parts of an id are hashed one behind the other, each ended by a NUL, so that no two lists of parts
 * look the same. They are short and many, so they are brought together first. */
struct parts {
    XXH3_state_t state;
    size_t len; /* of what was not hashed yet */
    char text[PARTS_MAX];
};

static void hash(struct parts *parts)
{
    XXH3_128bits_update(&parts->state, parts->text, parts->len);
    parts->len = 0;
}

static void add_bytes(struct parts *parts, struct slice part)
{
    while (part.len > 0) {
        size_t room = sizeof parts->text - parts->len;
        size_t len = part.len < room ? part.len : room;

        memcpy(parts->text + parts->len, part.ptr, len);
        parts->len += len;
        part = slice_make(part.ptr + len, part.len - len);
        if (len == room)
            hash(parts);
    }
}

static void add_part(struct parts *parts, struct slice part)
{
    add_bytes(parts, part);
    add_bytes(parts, slice_make("", 1));
}

/* In decimal, to the end of the buffer: a storm of discrepancies has several for each message, and printf takes longer
 * than all else that is done for an id. */
static struct slice write_number(long long number, char text[NUMBER_MAX])
{
    unsigned long long left = number < 0 ? 0 - (unsigned long long)number : (unsigned long long)number;
    size_t at = NUMBER_MAX;

    do
        text[--at] = (char)('0' + left % 10);
    while ((left /= 10) != 0);
    if (number < 0)
        text[--at] = '-';
    return slice_make(text + at, NUMBER_MAX - at);
}

static void add_number(struct parts *parts, long long number)
{
    char text[NUMBER_MAX];

    add_part(parts, write_number(number, text));
}

static void start(struct parts *parts, const struct origin *origin)
{
    XXH3_128bits_reset(&parts->state);
    parts->len = 0;
    add_part(parts, origin->topic);
    add_number(parts, origin->partition);
    add_number(parts, origin->offset);
    add_number(parts, origin->message);
}

static void write_hex(uint64_t number, char text[HEX_DIGITS])
{
    for (size_t i = HEX_DIGITS; i-- > 0; number >>= 4)
        text[i] = "0123456789abcdef"[number & 15];
}

static void finish(struct parts *parts, char id[DISCREPANCY_ID_LEN + 1])
{
    XXH128_hash_t digest;

    hash(parts);
    digest = XXH3_128bits_digest(&parts->state);
    write_hex(digest.high64, id);
    write_hex(digest.low64, id + HEX_DIGITS);
    id[DISCREPANCY_ID_LEN] = '\0';
}

void discrepancy_id(const struct origin *origin, const struct instrument *instrument, const struct verdict *verdict,
                    char id[DISCREPANCY_ID_LEN + 1])
{
    struct parts parts;
    char position[NUMBER_MAX];

    start(&parts, origin);
    add_part(&parts, slice_of(instrument_role_name(instrument->role)));
    add_number(&parts, instrument->position);
    add_part(&parts, slice_of(discrepancy_kind_name(verdict->kind)));
    add_number(&parts, verdict->tag);
    add_bytes(&parts, write_number(verdict->identifier_position, position));
    finish(&parts, id);
}

void dead_letter_id(const struct origin *origin, char id[DISCREPANCY_ID_LEN + 1])
{
    struct parts parts;

    start(&parts, origin);
    add_bytes(&parts, slice_of("DEAD_LETTER"));
    finish(&parts, id);
}

size_t discrepancy_key(const struct instrument *instrument, char key[DISCREPANCY_KEY_MAX])
{
    const struct instrument_identifier *first = NULL;
    struct slice symbol = instrument->symbol;
    size_t len = 0;

    for (size_t i = 0; i < instrument->identifier_count; i++) {
        const struct instrument_identifier *one = &instrument->identifiers[i];

        if (one->kind == IDENTIFIER_ISIN && (len = identifier_key(one->kind, one->value, key)) > 0)
            return len;
        if (first == NULL)
            first = one;
    }
    if (first != NULL && (len = identifier_key(first->kind, first->value, key)) > 0)
        return len;
    len = symbol.len < DISCREPANCY_KEY_MAX ? symbol.len : DISCREPANCY_KEY_MAX;
    if (len > 0)
        memcpy(key, symbol.ptr, len);
    return len;
}

const char *found_by_name(enum found_by found_by)
{
    static const char *const names[] = {"NOTHING", "IDENTIFIER",     "ALTERNATE_IDENTIFIER",
                                        "SYMBOL",  "SYMBOL_VARIANT", "HINT"};

    return names[found_by];
}
