#include "support.h"

#include <unistd.h>

#include "core/key_pack.h"

#define ALPHABET "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ./- "

static void a_packed_key_is_its_text_again(void **state)
{
    unsigned seed = (unsigned)getpid();

    (void)state;
    print_message("seed %u\n", seed);
    srand(seed);
    for (int round = 0; round < 20000; round++) {
        char text[KEY_PACK_MAX], back[KEY_PACK_MAX];
        unsigned char packed[KEY_PACK_MAX];
        size_t len = 1 + (size_t)rand() % KEY_PACK_MAX;

        for (size_t i = 0; i < len; i++)
            text[i] = ALPHABET[(size_t)rand() % (sizeof ALPHABET - 1)];
        assert_true(key_pack(text, len, packed));
        key_unpack(packed, len, back);
        assert_memory_equal(text, back, len);
    }
}

/* Character by character, three of them to a number below 40^3. */
static bool pack_plainly(const char *text, size_t len, unsigned char *to)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] == '\0' || strchr(ALPHABET, text[i]) == NULL)
            return false;
    for (; len >= 3; len -= 3, text += 3) {
        unsigned number = 0;

        for (size_t i = 0; i < 3; i++)
            number = 40 * number + (unsigned)(strchr(ALPHABET, text[i]) - ALPHABET);
        *to++ = (unsigned char)number;
        *to++ = (unsigned char)(number >> 8);
    }
    for (; len > 0; len--, text++)
        *to++ = (unsigned char)(strchr(ALPHABET, *text) - ALPHABET);
    return true;
}

static void expect_key_of(const char *text, size_t len)
{
    unsigned char plain[IDENTIFIER_MAX], packed[KEY_PACK_MAX + 1];
    bool is_packed = len <= KEY_PACK_MAX && pack_plainly(text, len, plain);
    struct packed_key key;
    uint64_t head = 0;

    packed[key_packed_size(len < KEY_PACK_MAX ? len : KEY_PACK_MAX)] = 0xa5; /* which nobody writes */
    assert_int_equal(key_pack(text, len, packed), is_packed);
    packed_key_make(slice_make(text, len), &key);
    assert_int_equal(key.packed, is_packed);
    assert_int_equal(key.len, len);
    assert_int_equal(key.stored, is_packed ? key_packed_size(len) : len);
    assert_memory_equal(key.bytes, is_packed ? (const char *)plain : text, key.stored);
    memcpy(&head, key.bytes, key.stored < sizeof head ? key.stored : sizeof head);
    assert_true(key.head == head);
    if (is_packed) {
        assert_memory_equal(packed, plain, key.stored);
        assert_int_equal(packed[key.stored], 0xa5);
    }
}

/* The lengths at which a word of eight bytes is full, and the next one, are among them. */
static void keys_of_every_length_are_packed_as_the_plain_way_does(void **state)
{
    unsigned seed = (unsigned)getpid();

    (void)state;
    print_message("seed %u\n", seed);
    srand(seed);
    for (int round = 0; round < 2000; round++)
        for (size_t len = 1; len <= IDENTIFIER_MAX; len += len < KEY_PACK_MAX + 2 ? 1 : 20) {
            char *text = malloc(len); /* so that a sanitizer sees what is read behind it */

            assert_non_null(text);
            for (size_t i = 0; i < len; i++)
                text[i] = ALPHABET[(size_t)rand() % (sizeof ALPHABET - 1)];
            if (round % 4 == 0)
                text[(size_t)rand() % len] = (char)rand();
            expect_key_of(text, len);
            free(text);
        }
}

static void what_is_packed_takes_two_thirds(void **state)
{
    static const size_t sizes[] = {0, 1, 2, 2, 3, 4, 4, 5, 6, 6, 7, 8, 8};

    (void)state;
    for (size_t len = 0; len < COUNT_OF(sizes); len++)
        assert_int_equal(key_packed_size(len), sizes[len]);
}

static void every_other_byte_is_refused(void **state)
{
    unsigned char packed[KEY_PACK_MAX + 1];
    char text[KEY_PACK_MAX + 1];

    (void)state;
    for (size_t place = 0; place < 7; place++)
        for (int byte = 0; byte < 256; byte++) {
            memset(text, 'Z', sizeof text);
            text[place] = (char)byte;
            if (key_pack(text, 7, packed) != (byte != 0 && strchr(ALPHABET, byte) != NULL))
                fail_msg("byte %d at %zu", byte, place);
        }
    memset(text, 'Z', sizeof text);
    assert_true(key_pack(text, KEY_PACK_MAX, packed));
    assert_false(key_pack(text, KEY_PACK_MAX + 1, packed));
}

static void any_bytes_can_be_unpacked(void **state)
{
    char text[3];

    (void)state;
    for (unsigned number = 0; number <= UINT16_MAX; number++) {
        unsigned char packed[2] = {(unsigned char)number, (unsigned char)(number >> 8)};

        key_unpack(packed, 3, text);
        for (size_t i = 0; i < sizeof text; i++)
            assert_true(text[i] != 0 && strchr(ALPHABET, text[i]) != NULL);
        key_unpack(packed, 1, text);
        assert_true(text[0] != 0 && strchr(ALPHABET, text[0]) != NULL);
    }
}

struct place_row {
    const char *text;
    const char *other;
    bool same;
};

static const struct place_row place_rows[] = {
    {"US0378331005", "US0378331005", true},
    {"US0378331005", "US0378331006", false}, /* in the last of eight bytes */
    {"2000019", "2000019", true},
    {"2000019", "2000018", false}, /* in a byte of its own */
    {"A", "A", true},
    {"A", "B", false},
    {"213800KUD8LAJWSQ9D15", "213800KUD8LAJWSQ9D15", true},
    {"213800KUD8LAJWSQ9D15", "213800KUD8LAJWSQ9D16", false},
    {"BRKb.N", "BRKb.N", true}, /* not packed */
    {"BRKb.N", "BRKb.O", false},
};

/* What stands behind a key, and how much may be read there, says nothing about it. */
static void keys_are_compared_whole_and_no_further(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(place_rows); i++) {
        struct packed_key key, other;
        unsigned char bytes[KEY_PACK_MAX + 8];

        packed_key_make(slice_of(place_rows[i].text), &key);
        packed_key_make(slice_of(place_rows[i].other), &other);
        for (size_t room = 0; room < sizeof bytes; room++) {
            unsigned char *exact = malloc(room + 1); /* so that a sanitizer sees what is read behind it */

            assert_non_null(exact);
            memset(bytes, (int)room, sizeof bytes);
            memcpy(bytes, other.bytes, other.stored);
            memcpy(exact + 1, bytes, room);
            if (packed_key_is_at(&key, exact + 1, room) != (place_rows[i].same && room >= key.stored))
                fail_row(place_rows[i].text, "%s with room for %zu", place_rows[i].other, room);
            free(exact);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_packed_key_is_its_text_again),
        cmocka_unit_test(keys_of_every_length_are_packed_as_the_plain_way_does),
        cmocka_unit_test(what_is_packed_takes_two_thirds),
        cmocka_unit_test(every_other_byte_is_refused),
        cmocka_unit_test(any_bytes_can_be_unpacked),
        cmocka_unit_test(keys_are_compared_whole_and_no_further),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
