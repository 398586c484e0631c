#include "discrepancy.h"

#include <stdio.h>

#define XXH_STATIC_LINKING_ONLY /* for a hash state on the stack; its size is part of xxhash 0.8's ABI */
#include <xxhash.h>

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

static void add_number(XXH3_state_t *state, long long number)
{
    char text[24];
    int len = snprintf(text, sizeof text, "%lld", number);

    add_part(state, slice_make(text, (size_t)len));
}

static void start(XXH3_state_t *state, const struct origin *origin)
{
    XXH3_128bits_reset(state);
    add_part(state, origin->topic);
    add_number(state, origin->partition);
    add_number(state, origin->offset);
    add_number(state, origin->message);
}

static void finish(const XXH3_state_t *state, char id[DISCREPANCY_ID_LEN + 1])
{
    XXH128_hash_t digest = XXH3_128bits_digest(state);

    snprintf(id, DISCREPANCY_ID_LEN + 1, "%016llx%016llx", (unsigned long long)digest.high64,
             (unsigned long long)digest.low64);
}

void discrepancy_id(const struct origin *origin, const struct instrument *instrument, const struct verdict *verdict,
                    char id[DISCREPANCY_ID_LEN + 1])
{
    XXH3_state_t state;
    char position[16];
    int len = snprintf(position, sizeof position, "%u", (unsigned)verdict->identifier_position);

    start(&state, origin);
    add_part(&state, slice_of(instrument_role_name(instrument->role)));
    add_number(&state, instrument->position);
    add_part(&state, slice_of(discrepancy_kind_name(verdict->kind)));
    add_number(&state, verdict->tag);
    add_bytes(&state, slice_make(position, (size_t)len));
    finish(&state, id);
}

void dead_letter_id(const struct origin *origin, char id[DISCREPANCY_ID_LEN + 1])
{
    XXH3_state_t state;

    start(&state, origin);
    add_bytes(&state, slice_of("DEAD_LETTER"));
    finish(&state, id);
}

struct slice discrepancy_key(const struct discrepancy *discrepancy)
{
    const struct instrument *i = discrepancy->instrument;

    return i->identifier_count > 0 ? i->identifiers[0].value : i->symbol;
}

const char *found_by_name(enum found_by found_by)
{
    static const char *const names[] = {"NOTHING", "IDENTIFIER",     "ALTERNATE_IDENTIFIER",
                                        "SYMBOL",  "SYMBOL_VARIANT", "HINT"};

    return names[found_by];
}
