#include "discrepancy.h"

#define XXH_STATIC_LINKING_ONLY /* for a hash state on the stack; its size is part of xxhash 0.8's ABI */
#include <xxhash.h>

#define NUMBER_MAX 20 /* bytes of a number of 64 bits, with its sign */
#define HEX_DIGITS 16 /* of one */

/* The parts of an id are hashed one behind the other, each ended by a NUL, so that no two lists of parts
 * look the same. */
static void add_bytes(XXH3_state_t *state, struct slice part)
{
    if (part.len > 0)
        XXH3_128bits_update(state, part.ptr, part.len);
}

static void add_part(XXH3_state_t *state, struct slice part)
{
    add_bytes(state, part);
    XXH3_128bits_update(state, "", 1);
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

static void add_number(XXH3_state_t *state, long long number)
{
    char text[NUMBER_MAX];

    add_part(state, write_number(number, text));
}

static void start(XXH3_state_t *state, const struct origin *origin)
{
    XXH3_128bits_reset(state);
    add_part(state, origin->topic);
    add_number(state, origin->partition);
    add_number(state, origin->offset);
    add_number(state, origin->message);
}

static void write_hex(uint64_t number, char text[HEX_DIGITS])
{
    for (size_t i = HEX_DIGITS; i-- > 0; number >>= 4)
        text[i] = "0123456789abcdef"[number & 15];
}

static void finish(const XXH3_state_t *state, char id[DISCREPANCY_ID_LEN + 1])
{
    XXH128_hash_t digest = XXH3_128bits_digest(state);

    write_hex(digest.high64, id);
    write_hex(digest.low64, id + HEX_DIGITS);
    id[DISCREPANCY_ID_LEN] = '\0';
}

void discrepancy_id(const struct origin *origin, const struct instrument *instrument, const struct verdict *verdict,
                    char id[DISCREPANCY_ID_LEN + 1])
{
    XXH3_state_t state;
    char position[NUMBER_MAX];

    start(&state, origin);
    add_part(&state, slice_of(instrument_role_name(instrument->role)));
    add_number(&state, instrument->position);
    add_part(&state, slice_of(discrepancy_kind_name(verdict->kind)));
    add_number(&state, verdict->tag);
    add_bytes(&state, write_number(verdict->identifier_position, position));
    finish(&state, id);
}

void dead_letter_id(const struct origin *origin, char id[DISCREPANCY_ID_LEN + 1])
{
    XXH3_state_t state;

    start(&state, origin);
    add_bytes(&state, slice_of("DEAD_LETTER"));
    finish(&state, id);
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
