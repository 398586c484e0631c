/* manifest: what is written is read again, and nothing else. */
#include "consumer/manifest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support.h"

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))
#define TEXT_MAX 4096

struct fixture {
    char directory[64];
    char path[128];
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    snprintf(f->directory, sizeof f->directory, "/tmp/test_manifest_XXXXXX");
    assert_non_null(mkdtemp(f->directory));
    snprintf(f->path, sizeof f->path, "%s/plan.json", f->directory);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    unlink(f->path);
    assert_int_equal(rmdir(f->directory), 0); /* and nothing temporary is left there */
    free(f);
    return 0;
}

/* The longest of everything. */
static void fill(struct manifest *m)
{
    struct range range = {.partition = INT32_MAX, .from = 0, .to = INT64_MAX, .next = RANGE_OPEN};
    struct error e;

    memset(m, 0, sizeof *m);
    memset(m->run, 'r', MANIFEST_RUN_MAX);
    memset(m->index, '/', sizeof m->index - 1);
    memset(m->version, 'a', INDEX_VERSION_LEN);
    memset(m->rule_set, 'x', RULES_ID_MAX - 1);
    memset(m->output, 'o', RANGE_TOPIC_MAX);
    memset(m->dead_letters, 'd', RANGE_TOPIC_MAX);
    memset(range.topic, 't', RANGE_TOPIC_MAX);
    m->tolerated = UINT32_MAX;
    m->same_topic = true;
    m->lanes = 64;
    m->rate = 10000000;
    m->speed = 1000000;
    assert_int_equal(range_list_add(&m->ranges, &range, &e), 0);
    range = (struct range){.topic = "u", .from = 7, .to = 7, .next = RANGE_OPEN};
    assert_int_equal(range_list_add(&m->ranges, &range, &e), 0);
}

static void what_is_written_is_read_again(void **state)
{
    struct fixture *f = *state;
    struct manifest written, read;
    struct error e = {0};

    fill(&written);
    if (manifest_write(&written, f->path, &e) != 0 || manifest_read(f->path, &read, &e) != 0)
        fail_msg("%s", e.text);
    assert_string_equal(read.run, written.run);
    assert_string_equal(read.index, written.index);
    assert_string_equal(read.version, written.version);
    assert_string_equal(read.rule_set, written.rule_set);
    assert_int_equal(read.tolerated, written.tolerated);
    assert_string_equal(read.output, written.output);
    assert_string_equal(read.dead_letters, written.dead_letters);
    assert_true(read.same_topic);
    assert_int_equal(read.lanes, written.lanes);
    assert_int_equal(read.rate, written.rate);
    assert_int_equal(read.speed, written.speed);
    assert_int_equal(read.ranges.count, 2);
    assert_memory_equal(&read.ranges.items[0], &written.ranges.items[0], sizeof(struct range));
    assert_memory_equal(&read.ranges.items[1], &written.ranges.items[1], sizeof(struct range));
    manifest_free(&written);
    manifest_free(&read);
}

static void expect_same_waits(const struct timeline *a, const struct timeline *b)
{
    struct timeline_place at = {0, 0}, there = {0, 0};
    const struct wait *one, *other;
    int32_t partition[2];
    const char *topic[2];

    while ((one = timeline_next_wait(a, &at, &topic[0], &partition[0])) != NULL) {
        other = timeline_next_wait(b, &there, &topic[1], &partition[1]);
        assert_non_null(other);
        assert_string_equal(topic[0], topic[1]);
        assert_int_equal(partition[0], partition[1]);
        assert_int_equal(one->offset, other->offset);
        assert_int_equal(one->message, other->message);
        assert_int_equal(one->since_ms, other->since_ms);
        assert_int_equal(one->end_count, other->end_count);
        for (size_t i = 0; i < one->end_count; i++) {
            assert_string_equal(one->ends[i].version, other->ends[i].version);
            assert_int_equal(one->ends[i].is_over, other->ends[i].is_over);
            assert_int_equal(one->ends[i].until_ms, other->ends[i].until_ms);
        }
    }
    assert_null(timeline_next_wait(b, &there, &topic[1], &partition[1]));
}

static void expect_same_timeline(const struct timeline *a, const struct timeline *b)
{
    struct timeline_place at = {0, 0}, there = {0, 0};
    struct timeline_stretch one, other;

    while (timeline_next(a, &at, &one)) {
        assert_true(timeline_next(b, &there, &other));
        assert_int_equal(one.from, other.from);
        assert_string_equal(one.version, other.version);
        assert_int_equal(one.topic == NULL, other.topic == NULL);
        assert_true(!one.topic || (strcmp(one.topic, other.topic) == 0 && one.partition == other.partition));
    }
    assert_false(timeline_next(b, &there, &other));
    expect_same_waits(a, b);
}

static void go_through_a_file(const struct fixture *f, struct manifest *written)
{
    struct manifest read;
    struct error e = {0};

    if (manifest_write(written, f->path, &e) != 0 || manifest_read(f->path, &read, &e) != 0)
        fail_msg("%s", e.text);
    assert_int_equal(read.as_of, written->as_of);
    assert_string_equal(read.version, "");
    expect_same_timeline(written->timeline, read.timeline);
    manifest_free(written);
    manifest_free(&read);
    unlink(f->path);
}

/* One that goes on, one that is over, and one in parts. */
static void add_waits(struct manifest *m, const struct mark *like)
{
    struct mark mark = *like;
    struct error e;

    mark.since_ms = INT64_MAX;
    for (mark.message = 0; mark.message < 3; mark.message++) {
        mark.kind = MARK_HELD;
        assert_int_equal(timeline_add_mark(m->timeline, &mark, &e), 0);
        mark.kind = MARK_SETTLED;
        for (int i = 0; i < mark.message; i++) {
            mark.is_over = i > 0;
            mark.until_ms = i > 0 ? INT64_MAX : 0;
            assert_int_equal(timeline_add_mark(m->timeline, &mark, &e), 0);
        }
    }
    assert_int_equal(timeline_waits(m->timeline), 3);
}

static void versions_that_vary_are_read_again(void **state)
{
    struct manifest m;
    struct mark mark = {.partition = INT32_MAX, .offset = 0, .version = "0123456789abcdef"};
    struct error e;

    fill(&m);
    m.version[0] = '\0';
    m.as_of = AS_OF_MESSAGE_TIME;
    assert_int_equal(timeline_by_time(&m.timeline, &e), 0);
    assert_int_equal(timeline_add_time(m.timeline, 1, "0123456789abcdef", &e), 0);
    assert_int_equal(timeline_add_time(m.timeline, INT64_MAX, "fedcba9876543210", &e), 0);
    go_through_a_file(*state, &m);
    fill(&m);
    m.version[0] = '\0';
    m.as_of = AS_OF_LIVE;
    memcpy(mark.topic, m.ranges.items[0].topic, sizeof mark.topic);
    memcpy(mark.rules, m.rule_set, sizeof mark.rules);
    assert_int_equal(timeline_by_marks(&m.ranges, &m.timeline, &e), 0);
    assert_int_equal(timeline_add_mark(m.timeline, &mark, &e), 0);
    mark.offset = INT64_MAX - 1;
    mark.version[0] = 'f';
    assert_int_equal(timeline_add_mark(m.timeline, &mark, &e), 0);
    add_waits(&m, &mark);
    go_through_a_file(*state, &m);
}

/* The most that a timeline and ranges can be. */
static void what_is_written_is_not_too_large_to_be_read(void **state)
{
    struct manifest m;
    struct mark mark = {.version = "0123456789abcdef"};
    struct error e;

    fill(&m);
    m.version[0] = '\0';
    m.as_of = AS_OF_LIVE;
    memcpy(mark.rules, m.rule_set, sizeof mark.rules);
    memcpy(mark.topic, m.ranges.items[0].topic, sizeof mark.topic);
    for (size_t i = m.ranges.count; i < RANGES_MAX; i++) {
        struct range range = m.ranges.items[0];

        range.partition = INT32_MAX - (int32_t)i;
        assert_int_equal(range_list_add(&m.ranges, &range, &e), 0);
    }
    m.ranges.items[1].to = m.ranges.items[1].from;
    assert_int_equal(timeline_by_marks(&m.ranges, &m.timeline, &e), 0);
    for (size_t i = 0; i < RANGES_MAX; i++) {
        mark.partition = m.ranges.items[i].partition;
        if (i != 1)
            assert_int_equal(timeline_add_mark(m.timeline, &mark, &e), 0);
    }
    mark.partition = m.ranges.items[0].partition;
    mark.since_ms = mark.until_ms = INT64_MAX;
    mark.is_over = true;
    for (mark.offset = INT64_MAX - TIMELINE_WAITS_MAX; mark.offset < INT64_MAX - TIMELINE_WAITS_MAX / 2;
         mark.offset++) {
        mark.kind = MARK_HELD;
        assert_int_equal(timeline_add_mark(m.timeline, &mark, &e), 0);
        mark.kind = MARK_SETTLED;
        assert_int_equal(timeline_add_mark(m.timeline, &mark, &e), 0);
    }
    go_through_a_file(*state, &m);
}

static void the_plan_of_another_run_is_not_overwritten(void **state)
{
    struct fixture *f = *state;
    struct manifest m;
    struct error e = {0};

    fill(&m);
    assert_int_equal(manifest_write(&m, f->path, &e), 0);
    assert_int_equal(manifest_write(&m, f->path, &e), -1);
    assert_int_equal(e.code, ERROR_IO);
    assert_non_null(strstr(e.text, "is there already"));
    assert_int_equal(manifest_write(&m, "/nonexistent/plan.json", &e), -1);
    assert_int_equal(e.code, ERROR_IO);
    manifest_free(&m);
}

/* What is said of a manifest that consists of these bytes; "" where it is taken. */
static void read_text(const struct fixture *f, const char *text, size_t len, struct error *e)
{
    struct manifest m;

    support_write(f->path, text, len);
    *e = (struct error){.code = ERROR_NONE};
    if (manifest_read(f->path, &m, e) == 0)
        e->text[0] = '\0';
    else
        assert_int_equal(e->code, ERROR_DATA);
    manifest_free(&m);
}

#define ONE_VERSION "\"as_of\":\"now\",\"version\":\"0123456789abcdef\""
#define GOOD                                                                                                           \
    "{\"format\":3,\"run\":\"r-1\",\"index\":{\"path\":\"/i\"," ONE_VERSION "},\"rule_set\":\"d\","                    \
    "\"tolerated\":0,\"output\":{\"topic\":\"o\",\"dead_letters\":\"d\",\"same_topic\":false},\"lanes\":1,"            \
    "\"pace\":{\"rate\":0,\"speed\":0},\"ranges\":[{\"topic\":\"t\",\"partition\":0,\"from\":1,\"to\":2}]}"
#define BY_TIME(stretches) "\"as_of\":\"message-time\",\"timeline\":[" stretches "]"
#define BY_MARKS(stretches) "\"as_of\":\"live\",\"timeline\":[" stretches "]"
#define WITH_WAIT(wait)                                                                                                \
    BY_MARKS(AT_OFFSET("t", "0", "1")) ",\"waits\":[{\"topic\":\"t\",\"partition\":0,\"waits\":[" wait "]}]"
#define SETTLED "\"0123456789abcdef\""
#define AT_TIME(from) "{\"from\":" from ",\"version\":\"0123456789abcdef\"}"
#define AT_OFFSET(topic, partition, from)                                                                              \
    "{\"topic\":\"" topic "\",\"partition\":" partition ",\"from\":" from ",\"version\":\"0123456789abcdef\"}"

static void a_manifest_is_refused_with_what_is_wrong(void **state)
{
    static const struct {
        const char *what; /* in GOOD, which is replaced */
        const char *by;
        const char *error; /* a part of it; NULL: it is taken */
    } rows[] = {
        {"r-1", "r-2", NULL},
        {"{\"format\":3", "[{\"format\":3", "line 1"},
        {"\"format\":3", "\"format\":2", "its format is 2, and this program knows 3"},
        {"\"format\":3", "\"format\":\"2\"", "it is no manifest of a replay"},
        {"\"format\":3,", "\"format\":3,\"format\":3,", "duplicate"},
        {"\"r-1\"", "1", "\"run\" is missing"},
        {"\"r-1\"", "\"\"", "\"run\" is missing"},
        {"\"r-1\"", "\"r 1\"", "\"run\" is missing"},
        {"\"r-1\"", "\"../r\"", "\"run\" is missing"},
        {"\"r-1\"", "\"12345678901234567890123456789012345678901234567890123456789012345\"", "\"run\" is missing"},
        {"\"/i\"", "\"/i\\u0001\"", "\"index.path\""},
        {"\"/i\"", "\"/i\\u0000x\"", "line 1"},
        {"{\"path\":\"/i\"," ONE_VERSION "}", "3", "\"index.path\""},
        {"\"now\"", "\"version\"", NULL},
        {"\"now\"", "\"then\"", "\"index.as_of\""},
        {"\"now\"", "1", "\"index.as_of\""},
        {"\"now\"", "\"live\"", "\"index.timeline\" is no array"},
        {ONE_VERSION, BY_TIME(AT_TIME("5")), NULL},
        {ONE_VERSION, BY_TIME(AT_TIME("-5") "," AT_TIME("5")), NULL},
        {ONE_VERSION, BY_TIME(AT_TIME("5") "," AT_TIME("6.5")), "stretch 1 of the timeline"},
        {ONE_VERSION, BY_TIME("7"), "stretch 0 of the timeline"},
        {ONE_VERSION, BY_TIME(""), "there is no version"},
        {ONE_VERSION, BY_MARKS(AT_OFFSET("t", "0", "1")), NULL},
        {ONE_VERSION, BY_MARKS(AT_OFFSET("t", "0", "0")), NULL},
        {ONE_VERSION, BY_MARKS(AT_OFFSET("t", "0", "2")), "no mark says"},
        {ONE_VERSION, BY_MARKS(AT_OFFSET("t", "1", "1")), "no mark says"},
        {ONE_VERSION, BY_MARKS(AT_OFFSET("t", "0", "-1")), "stretch 0 of the timeline"},
        {ONE_VERSION, BY_MARKS(AT_OFFSET("t", "-1", "1")), "stretch 0 of the timeline"},
        {ONE_VERSION, BY_MARKS(AT_OFFSET("t t", "0", "1")), "stretch 0 of the timeline"},
        {ONE_VERSION, BY_MARKS(AT_TIME("1")), "stretch 0 of the timeline"},
        {ONE_VERSION, WITH_WAIT("[1,0,5]"), NULL},
        {ONE_VERSION, WITH_WAIT("[1,0,5," SETTLED ",null],[1,1,5," SETTLED ",null," SETTLED ",7]"), NULL},
        {ONE_VERSION, WITH_WAIT("[1,0,5],7"), "wait 1 of t/0"},
        {ONE_VERSION, WITH_WAIT("[1,0]"), "wait 0 of t/0"},
        {ONE_VERSION, WITH_WAIT("[-1,0,5]"), "wait 0 of t/0"},
        {ONE_VERSION, WITH_WAIT("[1,2147483648,5]"), "wait 0 of t/0"},
        {ONE_VERSION, WITH_WAIT("[1,0,5,6,null]"), "wait 0 of t/0"},
        {ONE_VERSION, WITH_WAIT("[1,0,5," SETTLED "]"), "wait 0 of t/0"},
        {ONE_VERSION, WITH_WAIT("[1,0,5," SETTLED ",-7]"), "wait 0 of t/0"},
        {ONE_VERSION, WITH_WAIT("[1,0,5,\"0123456789abcdeF\",null]"), "wait 0 of t/0"},
        {ONE_VERSION, BY_MARKS(AT_OFFSET("t", "0", "1")) ",\"waits\":[{\"topic\":\"t\"}]", "\"index.waits\""},
        {"0123456789abcdef", "0123456789abcdefa", "\"index.version\""},
        {"0123456789abcdef", "x", "\"index.version\""},
        {"\"rule_set\":\"d\",", "", "\"rule_set\""},
        {"\"tolerated\":0", "\"tolerated\":-1", "\"tolerated\""},
        {"\"tolerated\":0", "\"tolerated\":4294967296", "\"tolerated\""},
        {"\"tolerated\":0", "\"tolerated\":0.5", "\"tolerated\""},
        {"\"topic\":\"o\"", "\"topic\":\"o o\"", "\"output.topic\""},
        {"\"dead_letters\":\"d\"", "\"dead_letters\":null", "\"output.dead_letters\""},
        {"false", "0", "\"output.same_topic\""},
        {"\"lanes\":1", "\"lanes\":64", NULL},
        {"\"lanes\":1", "\"lanes\":65", "\"lanes\""},
        {"\"lanes\":1", "\"lanes\":0", "\"lanes\""},
        {"\"rate\":0", "\"rate\":10000000", NULL},
        {"\"rate\":0", "\"rate\":10000001", "\"pace.rate\""},
        {"\"speed\":0", "\"speed\":1000001", "\"pace.speed\""},
        {"\"speed\":0", "\"speed\":99999999999999999999", "line 1"},
        {"[{\"topic\":\"t\",\"partition\":0,\"from\":1,\"to\":2}]", "{}", "\"ranges\" is no array"},
        {"[{\"topic\":\"t\",\"partition\":0,\"from\":1,\"to\":2}]", "[]", NULL},
        {"[{\"topic\":\"t\"", "[3,{\"topic\":\"t\"", "range 0 is not topic, partition, from and to"},
        {"\"topic\":\"t\"", "\"topic\":\"t/u\"", "range 0"},
        {"\"partition\":0", "\"partition\":2147483648", "range 0"},
        {"\"partition\":0", "\"partition\":-1", "range 0"},
        {"\"from\":1", "\"from\":-1", "range 0"},
        {"\"from\":1", "\"from\":2", NULL},
        {"\"from\":1", "\"from\":3", "range 0"},
        {"\"to\":2", "\"to\":9223372036854775808", "line 1"},
        {"\"to\":2}", "\"to\":2},{\"topic\":\"t\",\"partition\":0,\"from\":5,\"to\":6}", "t:0 is named twice"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *at = strstr(GOOD, rows[i].what);
        char text[TEXT_MAX];
        struct error e;

        assert_non_null(at);
        int len =
            snprintf(text, sizeof text, "%.*s%s%s", (int)(at - GOOD), GOOD, rows[i].by, at + strlen(rows[i].what));
        read_text(*state, text, (size_t)len, &e);
        if (!rows[i].error ? e.text[0] != '\0' : !strstr(e.text, rows[i].error))
            fail_msg("%s: %s", rows[i].by, e.text);
    }
}

static void a_manifest_that_is_cut_anywhere_is_refused(void **state)
{
    struct error e;

    for (size_t len = 0; len < strlen(GOOD); len++) {
        read_text(*state, GOOD, len, &e);
        if (e.text[0] == '\0')
            fail_msg("%zu bytes were taken", len);
    }
    read_text(*state, GOOD, strlen(GOOD), &e);
    assert_string_equal(e.text, "");
}

static void a_manifest_has_32_mib_and_no_more(void **state)
{
    char *text = malloc(MANIFEST_BYTES_MAX + 1);
    struct error e;

    assert_non_null(text);
    memset(text, ' ', MANIFEST_BYTES_MAX + 1);
    memcpy(text, GOOD, strlen(GOOD));
    read_text(*state, text, MANIFEST_BYTES_MAX, &e);
    assert_string_equal(e.text, "");
    read_text(*state, text, MANIFEST_BYTES_MAX + 1, &e);
    assert_non_null(strstr(e.text, "more than 33554432 bytes"));
    free(text);
}

static void nesting_without_end_is_refused(void **state)
{
    size_t len = 1u << 20;
    char *text = malloc(len);
    struct error e;

    assert_non_null(text);
    memset(text, '[', len);
    read_text(*state, text, len, &e);
    assert_non_null(strstr(e.text, "depth"));
    free(text);
}

static void a_file_that_cannot_be_read_is_an_error_of_its_own(void **state)
{
    struct fixture *f = *state;
    struct manifest m;
    struct error e = {0};

    assert_int_equal(manifest_read(f->path, &m, &e), -1);
    assert_int_equal(e.code, ERROR_IO);
    manifest_free(&m);
    assert_int_equal(manifest_read(f->directory, &m, &e), -1);
    assert_int_equal(e.code, ERROR_IO);
    manifest_free(&m);
}

static void two_runs_have_two_ids(void **state)
{
    char a[MANIFEST_RUN_MAX + 1], b[MANIFEST_RUN_MAX + 1];
    struct error e;

    (void)state;
    assert_int_equal(manifest_new_run(1764063000000, a, &e), 0);
    assert_int_equal(manifest_new_run(1764063000000, b, &e), 0);
    assert_string_not_equal(a, b);
    assert_memory_equal(a, "20251125T093000Z-", 17);
    assert_int_equal(strlen(a), 25);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_written_is_read_again),
        TEST(versions_that_vary_are_read_again),
        TEST(what_is_written_is_not_too_large_to_be_read),
        TEST(the_plan_of_another_run_is_not_overwritten),
        TEST(a_manifest_is_refused_with_what_is_wrong),
        TEST(a_manifest_that_is_cut_anywhere_is_refused),
        TEST(a_manifest_has_32_mib_and_no_more),
        TEST(nesting_without_end_is_refused),
        TEST(a_file_that_cannot_be_read_is_an_error_of_its_own),
        cmocka_unit_test(two_runs_have_two_ids),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
