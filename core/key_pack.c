#include "key_pack.h"

#include <assert.h>

#define RADIX 40u
#define ALPHABET "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ./- "
#define NO_VALUE 0x80u /* no value has this bit */

static_assert(sizeof ALPHABET - 1 == RADIX, "a digit of the packed number is a place in the alphabet");
static_assert(RADIX * RADIX * RADIX <= UINT16_MAX + 1, "two bytes hold three characters");

/* The place in the alphabet, or NO_VALUE. By table, since no branch can be predicted here. */
static unsigned value_of(char c)
{
    static const unsigned char marked[256] = {
        ['0'] = 128, ['1'] = 129, ['2'] = 130, ['3'] = 131, ['4'] = 132, ['5'] = 133, ['6'] = 134, ['7'] = 135,
        ['8'] = 136, ['9'] = 137, ['A'] = 138, ['B'] = 139, ['C'] = 140, ['D'] = 141, ['E'] = 142, ['F'] = 143,
        ['G'] = 144, ['H'] = 145, ['I'] = 146, ['J'] = 147, ['K'] = 148, ['L'] = 149, ['M'] = 150, ['N'] = 151,
        ['O'] = 152, ['P'] = 153, ['Q'] = 154, ['R'] = 155, ['S'] = 156, ['T'] = 157, ['U'] = 158, ['V'] = 159,
        ['W'] = 160, ['X'] = 161, ['Y'] = 162, ['Z'] = 163, ['.'] = 164, ['/'] = 165, ['-'] = 166, [' '] = 167,
    }; /* with the bit set, so that what is not listed has none of it */

    return marked[(unsigned char)c] ^ NO_VALUE;
}

bool key_pack(const char *text, size_t len, unsigned char *to)
{
    unsigned all = 0;

    if (len > KEY_PACK_MAX)
        return false;
    for (; len >= 3; len -= 3, text += 3, to += 2) {
        unsigned a = value_of(text[0]);
        unsigned b = value_of(text[1]);
        unsigned c = value_of(text[2]);
        unsigned number = (a * RADIX + b) * RADIX + c;

        all |= a | b | c;
        to[0] = (unsigned char)number;
        to[1] = (unsigned char)(number >> 8);
    }
    for (; len > 0; len--, text++, to++) {
        unsigned a = value_of(*text);

        all |= a;
        *to = (unsigned char)a;
    }
    return !(all & NO_VALUE);
}

/* Numbers that no text has are taken for the highest. */
static unsigned bounded(unsigned number, unsigned end)
{
    return number < end ? number : end - 1;
}

void key_unpack(const unsigned char *from, size_t len, char *text)
{
    static const char alphabet[] = ALPHABET;

    for (; len >= 3; len -= 3, from += 2, text += 3) {
        unsigned number = bounded(from[0] | (unsigned)from[1] << 8, RADIX * RADIX * RADIX);
        unsigned high = number / RADIX;

        text[0] = alphabet[high / RADIX];
        text[1] = alphabet[high % RADIX];
        text[2] = alphabet[number - high * RADIX];
    }
    for (; len > 0; len--, from++, text++)
        *text = alphabet[bounded(*from, RADIX)];
}

void packed_key_make(struct slice text, struct packed_key *out)
{
    memset(out->bytes, 0, sizeof out->head);
    out->len = (uint8_t)text.len;
    out->packed = key_pack(text.ptr, text.len, out->bytes);
    out->stored = (uint8_t)(out->packed ? key_packed_size(text.len) : text.len);
    if (!out->packed)
        memcpy(out->bytes, text.ptr, text.len);
    memcpy(&out->head, out->bytes, sizeof out->head);
    if (out->stored < sizeof out->head) /* an attempt to pack may have left more */
        out->head &= (UINT64_C(1) << (8 * out->stored)) - 1;
}

struct slice packed_key_text(const struct packed_key *key, char text[KEY_PACK_MAX])
{
    if (!key->packed)
        return slice_make((const char *)key->bytes, key->len);
    key_unpack(key->bytes, key->len, text);
    return slice_make(text, key->len);
}
