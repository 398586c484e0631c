#include "guard.h"
#include "support.h"

#include <time.h>

#include "core/avx512.h"
#include "core/fix.h"
#include "core/fix_data.h"
#include "core/fix_plain.h"
#include "core/fix_scan.h"
#include "core/fix_wide.h"

#define LONGEST 400

/* The same, byte by byte: what every variant has to find. */
struct model {
    uint32_t sum;
    uint32_t count;
    bool plain;
    uint32_t ends[LONGEST];
    uint32_t equals[LONGEST];
};

static bool read_plain_field(const char *bytes, uint32_t at, uint32_t end, uint32_t *equals)
{
    uint32_t i = at;

    while (i < end && bytes[i] >= '0' && bytes[i] <= '9')
        i++;
    *equals = i;
    return i > at && i + 1 < end && bytes[i] == '=' && bytes[at] != '0';
}

static void scan_model(const char *bytes, size_t len, char delimiter, struct model *m)
{
    uint32_t at = 0;

    *m = (struct model){.plain = true};
    for (uint32_t i = 0; i < len; i++) {
        m->sum += (unsigned char)bytes[i];
        if (bytes[i] != delimiter)
            continue;
        m->plain = read_plain_field(bytes, at, i, &m->equals[m->count]) && m->plain;
        m->ends[m->count++] = i;
        at = i + 1;
    }
    m->plain = m->plain && at == len; /* the last field ends, too */
}

static void hold_against_model(enum fix_scan_variant variant, const char *bytes, size_t len, char delimiter,
                               unsigned seed)
{
    static struct fix_scan scan;
    struct model m;

    scan_model(bytes, len, delimiter, &m);
    fix_scan(variant, bytes, len, delimiter, &scan);
    if (m.count > FIX_SCAN_MAX) {
        assert_false(scan.complete);
        return;
    }
    if (!scan.complete || scan.sum != m.sum || scan.count != m.count ||
        (m.count > 0 && memcmp(scan.ends, m.ends, m.count * sizeof m.ends[0]) != 0))
        fail_msg("seed %u, variant %d: %zu bytes are marked wrong", seed, variant, len);
    /* Bytes that do not end with a delimiter are never given; then plain says nothing. */
    if (len > 0 && bytes[len - 1] != delimiter)
        return;
    if (scan.plain != m.plain || (m.plain && memcmp(scan.equals, m.equals, m.count * sizeof m.equals[0]) != 0))
        fail_msg("seed %u, variant %d: %.*s: plain is %d", seed, variant, (int)len, bytes, scan.plain);
}

/* What of the model fix_wide may read at once: no data, and tags of up to nine digits. */
static bool is_wide(const char *bytes, const struct model *m)
{
    for (uint32_t i = 0, at = 0; i < m->count; at = m->ends[i++] + 1) {
        unsigned long tag = strtoul(bytes + at, NULL, 10);
        if (m->equals[i] - at > 9 || (tag <= FIX_DATA_TAG_MAX && fix_data_kinds[tag] != 0))
            return false;
    }
    return m->plain;
}

static void hold_wide_against_model(const char *bytes, size_t len, char delimiter, unsigned seed)
{
    static struct fix_index index;
    static struct fix_wide wide;
    struct model m;
    bool plain;

    if (len > 0 && bytes[len - 1] != delimiter)
        return; /* never given */
    scan_model(bytes, len, delimiter, &m);
    fix_wide_scan(bytes, len, delimiter, &wide);
    plain = wide.plain && fix_wide_read(bytes, &wide, &index);
    if (wide.sum != m.sum || wide.count != m.count || plain != is_wide(bytes, &m))
        fail_msg("seed %u: %.*s: plain is %d", seed, (int)len, bytes, plain);
    for (uint32_t i = 0, at = 0; i < m.count && plain; at = m.ends[i++] + 1)
        if (index.count != m.count || index.tags[i] != strtoul(bytes + at, NULL, 10) ||
            (index.tag_bits & index.tags[i]) != index.tags[i] || index.values[i].at != m.equals[i] + 1 ||
            index.values[i].len != m.ends[i] - m.equals[i] - 1)
            fail_msg("seed %u: %.*s: field %u is read wrong", seed, (int)len, bytes, i);
}

/* Fields, most of them right. */
static size_t make_bytes(char *out, size_t room, char delimiter)
{
    static const char *const fields[] = {"8=FIX.4.4",     "9=5", "35=D",    "55=IBM", "48=US4592001014",
                                         "58=a=b=c",      "1=x", "20001=y", "44=1",   "60=20240102-03:04:05",
                                         "123456789=long"};
    static const char *const wrong[] = {"",    "=x",   "05=x",       "5",   "5=", "a=b", "5a=x",
                                        "-1=", "55 =", "1234567890", "==a", "0",  "5=="};
    size_t len = 0;
    bool spoil = rand() % 2 == 0;

    for (;;) {
        const char *field = spoil && rand() % 12 == 0 ? wrong[(size_t)rand() % COUNT_OF(wrong)]
                                                      : fields[(size_t)rand() % COUNT_OF(fields)];
        if (len + strlen(field) + 1 > room)
            return len;
        memcpy(out + len, field, strlen(field));
        len += strlen(field);
        out[len++] = delimiter;
    }
}

static void every_variant_finds_the_same(void **state)
{
    unsigned seed = (unsigned)time(NULL);
    struct guard guard;

    (void)state;
    guard_make(&guard, LONGEST);
    srand(seed);
    print_message("seed %u\n", seed);
    for (int round = 0; round < 20000; round++) {
        char bytes[LONGEST];
        char delimiter = round % 3 == 0 ? '|' : '\x01';
        size_t len = make_bytes(bytes, (size_t)rand() % LONGEST, delimiter);
        if (round % 5 == 0) /* anything at all */
            for (size_t i = 0; i < len; i++)
                bytes[i] = "=\x01|0159"[rand() % 8];
        struct slice guarded = guard_at_end(&guard, slice_make(bytes, len));
        for (int v = 0; v < FIX_SCAN_VARIANTS; v++)
            if (fix_scan_has((enum fix_scan_variant)v))
                hold_against_model((enum fix_scan_variant)v, guarded.ptr, len, delimiter, seed);
        if (avx512_has())
            hold_wide_against_model(guarded.ptr, len, delimiter, seed);
    }
    guard_release(&guard);
}

/* "TAG=x" with a trailer behind it. */
static size_t write_field(uint32_t tag, char bytes[64])
{
    size_t len = (size_t)snprintf(bytes, 64, "%u=x\x01", tag);

    memcpy(bytes + len, "10=000\x01", 8);
    return len;
}

static bool is_plain(enum fix_scan_variant variant, uint32_t tag, struct fix_index *index)
{
    static struct fix_scan scan;
    char bytes[64];

    fix_scan(variant, bytes, write_field(tag, bytes), '\x01', &scan);
    assert_true(scan.plain);
    return fix_plain_read(bytes, &scan, index);
}

static bool is_plain_and_wide(uint32_t tag, struct fix_index *index)
{
    struct fix_wide wide;
    char bytes[64];

    fix_wide_scan(bytes, write_field(tag, bytes), '\x01', &wide);
    return wide.plain && fix_wide_read(bytes, &wide, index);
}

static void check_tag(bool plain, uint32_t tag, uint32_t highest, const struct fix_index *index)
{
    bool is_data = tag <= FIX_DATA_TAG_MAX && fix_data_kinds[tag] != 0;

    assert_int_equal(plain, !is_data && tag <= highest);
    if (plain &&
        (index->count != 1 || index->tags[0] != tag || (index->tag_bits & tag) != tag || index->values[0].len != 1))
        fail_msg("%u is read as %u", tag, index->tags[0]);
}

static void every_tag_is_read_and_those_of_data_are_left(void **state)
{
    static struct fix_index index;

    (void)state;
    for (uint32_t tag = 1; tag < 1200000000; tag += tag < 100000 ? 1 : 999983) {
        for (int v = 0; v < FIX_SCAN_VARIANTS; v++)
            if (fix_scan_has((enum fix_scan_variant)v))
                check_tag(is_plain((enum fix_scan_variant)v, tag, &index), tag, 99999999, &index);
        if (avx512_has())
            check_tag(is_plain_and_wide(tag, &index), tag, FIX_TAG_MAX, &index);
    }
}

/* So many bytes in so many fields, the last of which takes what is left. */
static char *make_fields(size_t bytes, uint32_t fields)
{
    char *text = malloc(bytes);

    assert_non_null(text);
    memset(text, 'x', bytes);
    for (uint32_t i = 0; i < fields; i++)
        memcpy(text + i * strlen("1=x|"), i + 1 < fields ? "1=x|" : "1=", i + 1 < fields ? strlen("1=x|") : 2);
    text[bytes - 1] = '|';
    return text;
}

static void fields_are_read_at_once_up_to_their_limits(void **state)
{
    static const struct {
        size_t bytes;
        uint32_t fields;
        bool plain;
    } rows[] = {{2000, FIX_INDEX_MAX, true},
                {2000, FIX_INDEX_MAX + 1, false},
                {1024, FIX_INDEX_MAX, true},
                {1028, FIX_INDEX_MAX + 1, false},
                {70000, 20, true}};
    static struct fix_index index;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows) && avx512_has(); i++) {
        char *text = make_fields(rows[i].bytes, rows[i].fields);
        struct fix_wide wide;
        uint32_t sum = 0;
        fix_wide_scan(text, rows[i].bytes, '|', &wide);
        bool plain = wide.plain && fix_wide_read(text, &wide, &index);
        for (size_t k = 0; k < rows[i].bytes; k++)
            sum += (unsigned char)text[k];
        if (plain != rows[i].plain || wide.count != rows[i].fields || wide.sum != sum ||
            (plain && (index.count != rows[i].fields ||
                       index.values[index.count - 1].at + index.values[index.count - 1].len + 1 != rows[i].bytes)))
            fail_msg("%zu bytes in %u fields: plain is %d", rows[i].bytes, rows[i].fields, plain);
        free(text);
    }
}

#define FIELDS_4 "1=x|1=x|1=x|1=x|"
#define FIELDS_15 FIELDS_4 FIELDS_4 FIELDS_4 "1=x|1=x|1=x|"

/* One field without a value is one more than fit into a word of fields that have one: what the message before left
 * behind is not to be taken for it. */
static void short_fields_are_found_out_where_they_crowd_a_word(void **state)
{
    static const char good[] = FIELDS_15 "1=x|1=x|";
    static const char crowded[] = FIELDS_15 "5=|1=xx|";
    static struct fix_index index;
    static struct fix_wide wide;

    (void)state;
    if (!avx512_has())
        return;
    fix_wide_scan(good, strlen(good), '|', &wide);
    assert_true(wide.plain && fix_wide_read(good, &wide, &index));
    fix_wide_scan(crowded, strlen(crowded), '|', &wide);
    assert_false(wide.plain && fix_wide_read(crowded, &wide, &index));
    assert_int_equal(wide.count, 17);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_variant_finds_the_same),
        cmocka_unit_test(every_tag_is_read_and_those_of_data_are_left),
        cmocka_unit_test(fields_are_read_at_once_up_to_their_limits),
        cmocka_unit_test(short_fields_are_found_out_where_they_crowd_a_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
