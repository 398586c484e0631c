/* key_pack: short keys in two thirds of their bytes, as records hold them.
 *
 * Three characters of an alphabet of forty (digits, capitals, and the separators . / - and blank) are a number below
 * 40^3, which two bytes hold; a character or two that are left over take a byte each. The number of characters is
 * kept elsewhere. A text has one packed form, so packed keys are equal if their texts are.
 *
 * Pure functions over the caller's bytes; any thread; nothing is allocated. */
#ifndef FIXWARDEN_CORE_KEY_PACK_H
#define FIXWARDEN_CORE_KEY_PACK_H

#include <stdbool.h>
#include <stdint.h>

#include "identifier.h"

#define KEY_PACK_MAX 24 /* characters; longer keys are kept as they are */

/* A key in the form in which a record holds it. Made once for each look-up, so that rows are compared byte for byte. */
struct packed_key {
    uint64_t head;  /* the first 8 of the bytes as one number; zeros behind the last */
    uint8_t len;    /* characters */
    uint8_t stored; /* bytes */
    bool packed;    /* else the bytes are the text */
    unsigned char bytes[IDENTIFIER_MAX];
};

/* Bytes that `len` characters are packed into. */
static inline size_t key_packed_size(size_t len)
{
    return len / 3 * 2 + len % 3;
}

/* Packs `len` characters to key_packed_size bytes; false where they are more than KEY_PACK_MAX, or one is not of the
 * alphabet; what stands at `to` is then anything. */
bool key_pack(const char *text, size_t len, unsigned char *to);

/* The text again, `len` characters. Any bytes are safe. */
void key_unpack(const unsigned char *from, size_t len, char *text);

/* `text` has 1 to IDENTIFIER_MAX bytes. */
void packed_key_make(struct slice text, struct packed_key *out);

/* The text that it was made of; written to `text`, or borrowed from the key. */
struct slice packed_key_text(const struct packed_key *key, char text[KEY_PACK_MAX]);

/* Whether the stored bytes stand at `at`, where `room` bytes may be read. */
static inline bool packed_key_is_at(const struct packed_key *key, const unsigned char *at, size_t room)
{
    uint64_t word;

    if (key->stored > room)
        return false;
    if (room < sizeof word || key->stored > sizeof word)
        return memcmp(at, key->bytes, key->stored) == 0;
    memcpy(&word, at, sizeof word);
    return ((word ^ key->head) << (8 * (sizeof word - key->stored))) == 0; /* little-endian, as the file is */
}

#endif
