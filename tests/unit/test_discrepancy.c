#include "support.h"

#include <xxhash.h>

#include "core/discrepancy.h"

#define TOPIC_MAX 1100 /* bytes, or the length of a file's name: the ids of all up to here are compared */

/* The id by its definition: all parts in one text, hashed as a whole. */
static void expect_id(const char *id, const char *text, size_t len)
{
    XXH128_hash_t hash = XXH3_128bits(text, len);
    char expected[DISCREPANCY_ID_LEN + 1];

    snprintf(expected, sizeof expected, "%016llx%016llx", (unsigned long long)hash.high64,
             (unsigned long long)hash.low64);
    if (strcmp(id, expected) != 0)
        fail_msg("%zu bytes: '%s', not '%s'", len, id, expected);
}

static struct origin origin_of(struct slice topic)
{
    return (struct origin){.topic = topic, .partition = 7, .offset = INT64_MAX, .message = 12};
}

static void the_id_is_a_hash_of_all_that_it_is_made_of_however_long(void **state)
{
    const struct instrument instrument = {.role = INSTRUMENT_LEG, .position = 3};
    const struct verdict verdict = {
        .kind = DISCREPANCY_CURRENCY_MISMATCH, .tag = 556, .identifier_position = UINT32_MAX};
    static char topic[TOPIC_MAX];
    static char text[TOPIC_MAX + 128];

    (void)state;
    for (size_t i = 0; i < sizeof topic; i++)
        topic[i] = (char)('a' + i % 26);
    for (size_t len = 0; len <= sizeof topic; len++) {
        static const char rest[] =
            "\0007\0009223372036854775807\00012\000LEG\0003\000CURRENCY_MISMATCH\000556\0004294967295";
        struct origin origin = origin_of(slice_make(topic, len));
        char id[DISCREPANCY_ID_LEN + 1];
        discrepancy_id(&origin, &instrument, &verdict, id);
        memcpy(text, topic, len);
        memcpy(text + len, rest, sizeof rest - 1);
        expect_id(id, text, len + sizeof rest - 1);
    }
}

static void a_dead_letter_has_an_id_of_its_own(void **state)
{
    static const char text[] = "fix\000-1\0000\0000\000DEAD_LETTER";
    struct origin origin = {.topic = slice_of("fix"), .partition = -1};
    char id[DISCREPANCY_ID_LEN + 1];

    (void)state;
    dead_letter_id(&origin, id);
    expect_id(id, text, sizeof text - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_id_is_a_hash_of_all_that_it_is_made_of_however_long),
        cmocka_unit_test(a_dead_letter_has_an_id_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
