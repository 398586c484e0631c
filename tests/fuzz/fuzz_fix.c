/* The way from bytes to verdicts over any bytes: framing in each profile, fields, instrument, match, Avro. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/checker.h"
#include "core/found.h"
#include "core/index_build.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* avro-c packs the values that the encoder keeps, so LeakSanitizer does not find its pointers where it
 * looks for them. */
const char *__lsan_default_suppressions(void)
{
    return "leak:libavro\n";
}

static const char master[] =
    "symbol,cusip,isin,figi,share_class_figi,mic,currency,security_type,cfi,maturity,strike,put_call,"
    "multiplier,status\n"
    "AAPL,037833100,US0378331005,BBG000B9XRY4,BBG001S5N8V8,XNAS,USD,CS,ESVUFR,,,,,\n"
    "BRK.B,084670702,US0846707026,,,XNYS,USD,,,,,,,SUSPENDED\n"
    "DUP,,,,,XLON,GBX,,,,,,,\n"
    "DUP,,,,,XPAR,EUR,,,2026-12,200,C,100,\n";

static struct index *make_index(void)
{
    char path[] = "/tmp/fixwarden-fuzz-XXXXXX";
    char index_path[64];
    const char *const paths[] = {path};
    struct index_build_options build = {0};
    struct index_open_options open = {0};
    struct index_build_result result;
    struct index *index = NULL;
    struct error e;
    int fd = mkstemp(path);

    if (fd < 0 || write(fd, master, sizeof master - 1) != (ssize_t)sizeof master - 1)
        abort();
    close(fd);
    snprintf(index_path, sizeof index_path, "%s.fwx", path);
    if (index_build(paths, 1, index_path, &build, &result, &e) != 0 || index_open(index_path, &open, &index, &e) != 0)
        abort();
    unlink(path);
    unlink(index_path);
    return index;
}

static void check_counts(const struct checker *checker)
{
    const struct checker_counts *c = checker_counts(checker);

    assert(c->messages == c->matched + c->discrepant + c->malformed + c->ignored);
}

/* Everything that is made once and serves all inputs. */
struct setting {
    struct index *index;
    struct found *found;
    struct checker *checkers[FIX_STRICT_LOG + 1];
    struct rules rules; /* that the checkers borrow */
};

static void make_setting(struct setting *s)
{
    static const struct slice headers[FOUND_TYPE_COUNT];
    struct error e;

    s->index = make_index();
    if (found_new(headers, &s->found, &e) != 0)
        abort();
    rules_default(&s->rules);
    for (int p = FIX_STRICT; p <= FIX_STRICT_LOG; p++)
        s->checkers[p] = checker_new(&s->rules, (enum fix_profile)p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct setting s;
    struct slice bytes = {(const char *)data, size};
    struct origin origin = {.topic = {"t", 1}};
    struct error e;

    if (s.index == NULL)
        make_setting(&s);
    for (int p = FIX_STRICT; p <= FIX_STRICT_LOG; p++) {
        size_t consumed;
        found_clear(s.found);
        if (checker_check(s.checkers[p], s.index, bytes, &origin, found_output(s.found), &e) != 0 ||
            checker_check_log(s.checkers[p], s.index, bytes, size % 2 == 0, &origin, &consumed, found_output(s.found),
                              &e) != 0)
            abort();
        assert(consumed <= size);
        check_counts(s.checkers[p]);
    }
    return 0;
}
