#include "guard.h"
#include "support.h"

#include <time.h>

#include "core/avx512.h"
#include "core/fix.h"
#include "core/fix_common.h"
#include "core/fix_data.h"
#include "core/fix_wide.h"

#define ROUNDS 200000
#define FIELDS_MAX 40
#define LONGEST (25 * FIELDS_MAX) /* no field that is made has more, with its SOH */

/* ---- what a message is, read once more, byte by byte ---- */

struct field {
    unsigned long tag;
    struct slice value;
};

struct model {
    struct slice version;
    size_t fields_len;
    size_t count;
    struct field fields[FIELDS_MAX];
};

static bool is_common_version(struct slice v)
{
    static const char *const versions[] = {"FIX.4.0", "FIX.4.1", "FIX.4.2", "FIX.4.3", "FIX.4.4", "FIXT.1.1"};

    for (size_t i = 0; i < COUNT_OF(versions); i++)
        if (slice_equal_text(v, versions[i]))
            return true;
    return false;
}

/* Digits of a tag: without AVX-512 those of nine are left to the long way. */
static ptrdiff_t longest_tag(void)
{
    return avx512_has() ? 9 : 8;
}

/* Moves behind the next SOH. False where there is none, or no tag that may stand anywhere, or no value. */
static bool read_field(const char **at, const char *end, struct field *f)
{
    const char *soh = memchr(*at, '\x01', (size_t)(end - *at));
    const char *equal = soh ? memchr(*at, '=', (size_t)(soh - *at)) : NULL;

    if (equal == NULL || equal == *at || equal + 1 == soh || equal - *at > longest_tag() || **at == '0')
        return false;
    f->tag = 0;
    for (const char *p = *at; p < equal; p++) {
        if (*p < '0' || *p > '9')
            return false;
        f->tag = f->tag * 10 + (unsigned long)(*p - '0');
    }
    f->value = slice_make(equal + 1, (size_t)(soh - equal - 1));
    *at = soh + 1;
    return f->tag > FIX_DATA_TAG_MAX || fix_data_kinds[f->tag] == 0;
}

/* The number that so many digits, and nothing else, write. */
static bool read_number(struct slice digits, size_t least, size_t most, unsigned long *number)
{
    *number = 0;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.ptr[i] < '0' || digits.ptr[i] > '9')
            return false;
        *number = *number * 10 + (unsigned long)(digits.ptr[i] - '0');
    }
    return digits.len >= least && digits.len <= most;
}

static bool has_trailer(const char *start, const char *trailer, const char *end)
{
    unsigned long sum = 0;
    unsigned long expected;

    if (end - trailer < 7 || memcmp(trailer, "10=", 3) != 0 || trailer[6] != '\x01' ||
        !read_number(slice_make(trailer + 3, 3), 3, 3, &expected))
        return false;
    for (const char *p = start; p < trailer; p++)
        sum += (unsigned char)*p;
    return sum % 256 == expected;
}

static bool read_all(const char *start, const char *end, struct model *m)
{
    const char *at = start;
    struct field length;
    unsigned long body_len;

    if (!read_field(&at, end, &m->fields[0]) || !is_common_version(m->fields[0].value) ||
        !read_field(&at, end, &length) || length.tag != 9 || !read_number(length.value, 1, 7, &body_len) ||
        (size_t)(end - at) < body_len || !has_trailer(start, at + body_len, end))
        return false;
    m->version = m->fields[0].value;
    m->fields[1] = length;
    m->fields_len = (size_t)(at - start) + body_len;
    end = at + body_len;
    for (m->count = 2; at < end; m->count++)
        if (!read_field(&at, end, &m->fields[m->count]))
            return false;
    return m->count > 2 && m->fields[2].tag == 35;
}

/* ---- messages, most of them right ---- */

/* How many of a hundred are spoiled. */
enum { SPOILED_VERSIONS = 15, SPOILED_LENGTHS = 15, SPOILED_FIELDS = 15, SPOILED_SUMS = 15, SPOILED_BYTES = 20 };

static bool of_a_hundred(int times)
{
    return rand() % 100 < times;
}

static size_t make_body(char *out)
{
    static const char *const fields[] = {"55=IBM",
                                         "48=US4592001014",
                                         "22=4",
                                         "58=a=b=c",
                                         "1=x",
                                         "20001=y",
                                         "1128=9",
                                         "44=101.25",
                                         "54=1",
                                         "454=1",
                                         "455=X",
                                         "123456789=long",
                                         "60=20240102-03:04:05.678"};
    static const char *const wrong[] = {"",     "=x",     "05=x",         "5",     "5=", "a=b", "5a=x",
                                        "95=3", "96=abc", "1234567890=x", "10=000"};
    bool spoil = of_a_hundred(SPOILED_FIELDS);
    size_t len = (size_t)sprintf(out, "%s\x01", of_a_hundred(95) ? "35=D" : of_a_hundred(50) ? "3500=1" : "35=");

    for (int left = rand() % (FIELDS_MAX - 4); left > 0; left--) {
        const char *field = spoil && rand() % 8 == 0 ? wrong[(size_t)rand() % COUNT_OF(wrong)]
                                                     : fields[(size_t)rand() % COUNT_OF(fields)];
        len += (size_t)sprintf(out + len, "%s\x01", field);
    }
    return of_a_hundred(3) ? (size_t)rand() % 6 : len;
}

static const char *make_version(void)
{
    static const char *const common[] = {"FIX.4.0", "FIX.4.2", "FIX.4.4", "FIXT.1.1"};
    static const char *const others[] = {"FIX.4.5",    "FIX.5.0",   "FIX.4",    "FIXT.1.2",
                                         "FIX.5.0SP2", "FIXT.1.11", "FIX.4.44", "FIX"};

    return of_a_hundred(SPOILED_VERSIONS) ? others[(size_t)rand() % COUNT_OF(others)]
                                          : common[(size_t)rand() % COUNT_OF(common)];
}

/* Returns its length. Where it is not spoiled, BodyLength and CheckSum are right; what follows it is anything. */
static size_t make_message(char *out)
{
    static const char *const signs[] = {"", "", "", " ", "-"};
    char body[LONGEST];
    char length[32];
    size_t body_len = make_body(body);
    size_t len;
    unsigned sum = 0;
    bool spoil = of_a_hundred(SPOILED_LENGTHS);

    snprintf(length, sizeof length, "%s%0*zu", spoil ? signs[(size_t)rand() % COUNT_OF(signs)] : "",
             spoil ? rand() % 10 : 1, body_len + (spoil && rand() % 2 == 0 ? (size_t)rand() % 12 : 0));
    len = (size_t)sprintf(out, "8=%s\x01%s=%s\x01", make_version(), of_a_hundred(2) ? "34" : "9", length);
    memcpy(out + len, body, body_len);
    len += body_len;
    if (of_a_hundred(SPOILED_BYTES))
        out[5 + (size_t)rand() % (len - 5)] = "\x01=|0189 "[rand() % 8];
    for (size_t i = 0; i < len; i++)
        sum += (unsigned char)out[i];
    len += (size_t)sprintf(out + len, "10=%03u\x01", (sum + of_a_hundred(SPOILED_SUMS)) % 256);
    if (of_a_hundred(SPOILED_SUMS))
        out[len - 7 + (size_t)rand() % 7] = "\x01=|0189/:\x02"[rand() % 10];
    if (of_a_hundred(SPOILED_SUMS) && out[len - 4] != '0') { /* "100" as "0:0", which is no number */
        out[len - 4]--;
        out[len - 3] = (char)(out[len - 3] + 10);
    }
    for (int behind = rand() % 3 == 0 ? rand() % 30 : 0; behind > 0; behind--)
        out[len++] = "8=FIX\x01 \n"[rand() % 8];
    return of_a_hundred(5) ? 5 + (size_t)rand() % (len - 5) : len;
}

static bool same_slice(struct slice a, const char *ptr, size_t len)
{
    return a.ptr == ptr && a.len == len;
}

static bool is_as_said(const struct fix_message *message, const char *start, const struct model *m)
{
    const struct fix_index *index = message->index;

    if (!same_slice(message->bytes, start, m->fields_len + 7) || !same_slice(message->fields, start, m->fields_len) ||
        !same_slice(message->begin_string, m->version.ptr, m->version.len) ||
        !same_slice(message->msg_type, m->fields[2].value.ptr, m->fields[2].value.len) ||
        message->delimiter != '\x01' || message->delimiter_len != 1 || message->tolerated != 0 ||
        index->count != m->count)
        return false;
    for (size_t i = 0; i < m->count; i++)
        if (index->tags[i] != m->fields[i].tag || (index->tag_bits & index->tags[i]) != index->tags[i] ||
            !same_slice(m->fields[i].value, start + index->values[i].at, index->values[i].len))
            return false;
    return true;
}

static void reads_what_is_common_and_leaves_the_rest(void **state)
{
    unsigned seed = (unsigned)time(NULL);
    size_t common = 0;
    struct guard guard;

    (void)state;
    guard_make(&guard, LONGEST + 64);
    srand(seed);
    for (int round = 0; round < ROUNDS; round++) {
        static struct fix_index index;
        char bytes[LONGEST + 64];
        struct slice s = guard_at_end(&guard, slice_make(bytes, make_message(bytes)));
        struct fix_message message;
        struct model m = {0};
        memset(&message, round, sizeof message); /* all of it is to be told anew */
        bool expected = read_all(s.ptr, s.ptr + s.len, &m);
        bool read = fix_common_read(s.ptr, s.ptr + s.len, &message, &index);
        if (read != expected || (read && !is_as_said(&message, s.ptr, &m)))
            fail_msg("seed %u, round %d: %.*s: read is %d", seed, round, (int)s.len, s.ptr, read);
        common += read;
    }
    print_message("seed %u: %zu of %d messages are common\n", seed, common, ROUNDS);
    assert_in_range(common, ROUNDS / 20, ROUNDS - ROUNDS / 20);
    guard_release(&guard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_is_common_and_leaves_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
