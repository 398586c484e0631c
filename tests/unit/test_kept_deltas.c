/* kept_deltas, and versions and remake as far as they are about deltas: over a real index, in a directory of the test's
 * own. */
#include "support.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "consumer/kept_deltas.h"
#include "consumer/remake.h"
#include "consumer/versions.h"
#include "core/index_build.h"
#include "core/index_overlay.h"

#define HEADER "symbol,isin,mic,currency\n"
#define T INT64_C(1764063000123)
#define FILES 6

struct fixture {
    char directory[64]; /* the master, its index, the deltas and the folder are in it */
    char index_path[96], folder[96];
    struct config config;
    struct index *base;
    struct index *made[FILES + 1]; /* [n]: with the first n deltas; [0] is the base */
    struct versions *versions;
};

static void delta_path(const struct fixture *f, int number, char path[128])
{
    snprintf(path, 128, "%s/%d.csv", f->directory, number);
}

static void make_indexes(struct fixture *f)
{
    const struct index_overlay_options options = {.max_rows = 100};
    struct index_overlay *overlay;
    char path[128], text[128];
    struct error e;

    assert_int_equal(index_overlay_create(f->base, &options, &overlay, &e), 0);
    f->made[0] = index_hold(f->base);
    for (int n = 1; n <= FILES; n++) {
        delta_path(f, n, path);
        snprintf(text, sizeof text, "action," HEADER "A,D%d,,XNAS,USD\n", n);
        support_write_text(path, text);
        assert_int_equal(index_overlay_apply(overlay, path, &e), 0);
        assert_int_equal(index_overlay_index(overlay, &f->made[n], &e), 0);
    }
    index_overlay_free(overlay);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct index_build_options options;
    struct index_build_result result;
    const char *files[1];
    char master[96];
    struct error e;

    snprintf(f->directory, sizeof f->directory, "/tmp/test_kept_deltas_XXXXXX");
    assert_non_null(mkdtemp(f->directory));
    snprintf(master, sizeof master, "%s/m.csv", f->directory);
    snprintf(f->index_path, sizeof f->index_path, "%s/m.fwx", f->directory);
    snprintf(f->folder, sizeof f->folder, "%s/kept", f->directory);
    assert_true(config_init(&f->config));
    support_write_text(master, HEADER "BASE,,XNAS,USD\n");
    files[0] = master;
    config_master_options(&f->config, &options);
    if (index_build(files, 1, f->index_path, &options, &result, &e) != 0 ||
        index_open(f->index_path, NULL, &f->base, &e) != 0 || versions_open(f->folder, &f->versions, &e) != 0)
        fail_msg("%s", e.text);
    make_indexes(f);
    *state = f;
    return 0;
}

static void remove_all(const char *directory)
{
    DIR *dir = opendir(directory);
    struct dirent *entry;
    char path[512];

    while (dir && (entry = readdir(dir)) != NULL) {
        snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        if (entry->d_name[0] != '.' && unlink(path) != 0)
            remove_all(path);
    }
    if (dir)
        closedir(dir);
    assert_int_equal(rmdir(directory), 0);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    for (int n = 0; n <= FILES; n++)
        index_close(f->made[n]);
    index_close(f->base);
    versions_free(f->versions);
    config_free(&f->config);
    remove_all(f->directory);
    free(f);
    return 0;
}

static const char *version(const struct fixture *f, int deltas)
{
    return index_info(f->made[deltas])->version;
}

/* As incumbent does: `below`: what stands in its place is kept, too. */
static void serve(const struct fixture *f, int deltas, int64_t time_ms, bool below)
{
    struct error e;
    int status;

    if (deltas == 0)
        status = versions_add(f->versions, f->index_path, version(f, 0), time_ms, &e);
    else
        status = versions_add_deltas(f->versions, f->made[deltas], time_ms, &e);
    if (status == 0 && deltas > 0 && below)
        status = versions_add_below(f->versions, f->index_path, version(f, 0), &e);
    if (status != 0)
        fail_msg("%s", e.text);
}

static bool is_empty(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && st.st_size == 0;
}

/* What the folder holds: of each the number of its deltas, in brackets if nothing is kept of them, and the time behind
 * T; ? for an index of another master. */
static const char *listed(const struct fixture *f)
{
    static char said[256];
    size_t used = 0;

    said[0] = '\0';
    for (size_t i = 0; i < versions_count(f->versions); i++) {
        const struct version_entry *entry = versions_entry(f->versions, i);
        int n = 0;

        while (n <= FILES && strcmp(version(f, n), entry->version) != 0)
            n++;
        if (n > FILES)
            used += (size_t)snprintf(said + used, sizeof said - used, " ?");
        else
            used += (size_t)snprintf(said + used, sizeof said - used, is_empty(entry->path) ? " (%d)" : " %d", n);
        used += (size_t)snprintf(said + used, sizeof said - used, "@%lld", (long long)(entry->valid_from_ms - T));
    }
    return used > 0 ? said + 1 : said;
}

static void what_is_below_has_the_time_of_what_serves_over_it(void **state)
{
    const struct fixture *f = *state;

    serve(f, 2, T, true);
    assert_string_equal(listed(f), "0@0 2@0");
    serve(f, 3, T + 10, false);
    serve(f, 3, T + 20, true); /* a restart */
    assert_string_equal(listed(f), "0@0 2@0 3@10");
    serve(f, 0, T + 30, false); /* all deltas are gone */
    serve(f, 1, T + 40, false);
    assert_string_equal(listed(f), "0@0 2@0 3@10 0@30 1@40");
    assert_string_equal(versions_newest_index(f->versions)->version, version(f, 0));
    assert_int_equal(versions_newest_index(f->versions)->valid_from_ms, T + 30);
}

static void a_clock_that_was_set_back_changes_no_order(void **state)
{
    const struct fixture *f = *state;

    serve(f, 0, T, false);
    serve(f, 1, T - 1000, false);
    serve(f, 2, T, false);
    assert_string_equal(listed(f), "0@0 1@1 2@2");
}

static size_t count_contents(const struct fixture *f)
{
    char path[128];
    struct dirent *entry;
    size_t count = 0;
    DIR *dir;

    snprintf(path, sizeof path, "%s/deltas", f->folder);
    dir = opendir(path);
    while (dir && (entry = readdir(dir)) != NULL)
        count += entry->d_name[0] != '.';
    if (dir)
        closedir(dir);
    return count;
}

/* As if they had been written or named so long ago. */
static void age_contents(const struct fixture *f, time_t seconds)
{
    struct timespec times[2];
    char path[512];
    struct dirent *entry;
    DIR *dir;

    clock_gettime(CLOCK_REALTIME, &times[0]);
    times[0].tv_sec -= seconds;
    times[1] = times[0];
    snprintf(path, sizeof path, "%s/deltas", f->folder);
    dir = opendir(path);
    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL)
        if (entry->d_name[0] != '.')
            assert_int_equal(utimensat(dirfd(dir), entry->d_name, times, 0), 0);
    closedir(dir);
}

static void the_oldest_are_let_go_and_one_of_them_says_so(void **state)
{
    static const struct {
        size_t keep;
        const char *left;
    } rows[] = {{6, "0@0 1@1 2@2 3@3 4@4 5@5 6@6"},
                {5, "0@0 (1)@1 2@2 3@3 4@4 5@5 6@6"},
                {4, "0@0 (1)@1 3@3 4@4 5@5 6@6"},
                {4, "0@0 (1)@1 3@3 4@4 5@5 6@6"},
                {1, "0@0 (1)@1 6@6"}};
    const struct fixture *f = *state;
    struct error e;

    for (int n = 0; n <= FILES; n++)
        serve(f, n, T + n, false);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(versions_prune(f->versions, 1, rows[i].keep, &e), 0);
        assert_string_equal(listed(f), rows[i].left);
    }
    assert_int_equal(count_contents(f), FILES); /* the last version is made of all */
}

static void contents_go_that_no_record_names_unless_they_are_young(void **state)
{
    const struct fixture *f = *state;
    struct error e;

    serve(f, 0, T, false);
    serve(f, 6, T + 1, false);
    serve(f, 2, T + 2, false);
    assert_int_equal(versions_prune(f->versions, 1, 1, &e), 0);
    assert_string_equal(listed(f), "0@0 (6)@1 2@2");
    assert_int_equal(count_contents(f), FILES);
    serve(f, 1, T + 3, false);
    age_contents(f, 599);
    assert_int_equal(versions_prune(f->versions, 1, 1, &e), 0);
    assert_int_equal(versions_sweep(f->versions, &e), 0);
    assert_string_equal(listed(f), "0@0 (6)@1 1@3");
    assert_int_equal(count_contents(f), FILES);
    serve(f, 3, T + 4, false);
    age_contents(f, 601);
    assert_int_equal(versions_prune(f->versions, 1, 1, &e), 0);
    assert_int_equal(versions_sweep(f->versions, &e), 0);
    assert_int_equal(count_contents(f), 3);
}

static void nothing_goes_while_a_record_cannot_be_read(void **state)
{
    const struct fixture *f = *state;
    const struct version_entry *entry;
    struct error e;

    serve(f, 0, T, false);
    serve(f, 6, T + 1, false);
    age_contents(f, 601);
    entry = versions_entry(f->versions, 1);
    assert_int_equal(unlink(entry->path), 0);
    assert_int_equal(mkdir(entry->path, 0755), 0); /* which can be opened, and not read */
    assert_int_equal(versions_sweep(f->versions, &e), -1);
    assert_int_equal(e.code, ERROR_IO);
    assert_int_equal(count_contents(f), FILES);
    assert_int_equal(rmdir(entry->path), 0);
    assert_int_equal(versions_sweep(f->versions, &e), 0);
    assert_int_equal(count_contents(f), 0);
}

/* An index of another master, by its name alone. */
static void add_other(const struct fixture *f, int64_t time_ms)
{
    struct error e;

    assert_int_equal(versions_add(f->versions, f->index_path, "ffffffffffffffff", time_ms, &e), 0);
}

static void what_was_in_force_before_the_first_index_goes_with_the_one_below(void **state)
{
    const struct fixture *f = *state;
    struct error e;

    serve(f, 0, T, false);
    serve(f, 1, T + 1, false);
    add_other(f, T + 2);
    serve(f, 2, T + 3, true); /* the old master again */
    assert_string_equal(listed(f), "0@0 1@1 ?@2 0@3 2@3");
    assert_int_equal(versions_prune(f->versions, 3, 10, &e), 0);
    assert_string_equal(listed(f), "0@0 1@1 ?@2 0@3 2@3");
    assert_int_equal(versions_prune(f->versions, 2, 10, &e), 0);
    assert_string_equal(listed(f), "?@2 0@3 2@3");
    assert_int_equal(versions_prune(f->versions, 1, 10, &e), 0);
    assert_string_equal(listed(f), "0@3 2@3");
}

/* ---- what is kept ---- */

static void a_version_is_made_again_when_its_files_are_gone(void **state)
{
    const struct fixture *f = *state;
    struct error e;
    char path[128];

    serve(f, 0, T, false);
    for (int n = FILES; n > 0; n--)
        serve(f, n, T + FILES - n, false);
    for (int n = 1; n <= FILES; n++) {
        delta_path(f, n, path);
        assert_int_equal(unlink(path), 0);
    }
    for (int n = 0; n <= FILES; n++) {
        struct index *index;

        if (remake_open(&f->config, versions_find(f->versions, version(f, n))->path, &index, &e) != 0)
            fail_msg("%s", e.text);
        assert_string_equal(index_info(index)->version, version(f, n));
        assert_int_equal(index_info(index)->rows, 1 + n);
        index_close(index);
    }
    assert_int_equal(unlink(versions_newest_index(f->versions)->path), 0);
    assert_int_equal(
        remake_open(&f->config, versions_find(f->versions, version(f, 1))->path, &(struct index *){NULL}, &e), -1);
    assert_int_equal(e.code, ERROR_DATA);
    assert_non_null(strstr(e.text, "below it is not there any more"));
    assert_int_equal(remake_open(&f->config, "/nowhere/20251125T093000.123Z.fwd", &(struct index *){NULL}, &e), -1);
    assert_non_null(strstr(e.text, "/nowhere"));
}

static void a_file_that_has_become_another_one_is_not_kept_and_that_is_known(void **state)
{
    const struct fixture *f = *state;
    struct error e;
    char path[128];

    serve(f, 0, T, false);
    delta_path(f, 2, path);
    support_write_text(path, "action," HEADER "A,X2,,XNAS,USD\n"); /* as long as it was */
    assert_int_equal(versions_add_deltas(f->versions, f->made[3], T + 1, &e), -1);
    assert_int_equal(e.code, ERROR_IO);
    assert_non_null(strstr(e.text, "2.csv: cannot be kept: is another file than the one that was applied"));
    serve(f, 1, T + 2, false);
    assert_string_equal(listed(f), "0@0 (3)@1 1@2");
}

static int read_of(const struct fixture *f, int n, struct error *e)
{
    const struct version_entry *entry = versions_find(f->versions, version(f, n));
    struct kept_deltas deltas;
    int status = kept_deltas_read(f->folder, entry->path, entry->base, entry->version, &deltas, e);

    assert_true(status != 0 || deltas.count == (size_t)n);
    kept_deltas_free(&deltas);
    return status;
}

static void what_is_no_record_of_that_version_is_refused(void **state)
{
    static const struct {
        const char *name, *text, *says;
    } rows[] = {
        {"empty", "", "what it was made of is not kept any more (deltas.keep)"},
        {"another first line", "fixwarden deltas 2\n", "is no record of deltas"},
        {"no files", "fixwarden deltas 1\n", "is not that of version"},
        {"a line without an end", "fixwarden deltas 1\n00000000000000000000000000000000 1 a", "is no record of deltas"},
        {"another version's", "fixwarden deltas 1\n00000000000000000000000000000000 1 a\n", "is not that of version"},
        {"no name", "fixwarden deltas 1\n00000000000000000000000000000000 1\n", "is no record of deltas"},
        {"no size", "fixwarden deltas 1\n00000000000000000000000000000000 a\n", "is no record of deltas"},
        {"a sign", "fixwarden deltas 1\n00000000000000000000000000000000 +1 a\n", "is no record of deltas"},
        {"digits in upper case", "fixwarden deltas 1\n0000000000000000000000000000000A 1 a\n",
         "is no record of deltas"},
        {"too few digits", "fixwarden deltas 1\n0000000000000000000000000000000 1 a\n", "is no record of deltas"},
        {"a size beyond 64 bits", "fixwarden deltas 1\n00000000000000000000000000000000 18446744073709551616 a\n",
         "is no record of deltas"},
    };
    const struct fixture *f = *state;
    struct error e = {0};

    serve(f, 0, T, false);
    serve(f, 2, T + 1, false);
    if (read_of(f, 2, &e) != 0)
        fail_msg("%s", e.text);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        support_write_text(versions_find(f->versions, version(f, 2))->path, rows[i].text);
        e.text[0] = '\0';
        if (read_of(f, 2, &e) == 0 || e.code != ERROR_DATA || !strstr(e.text, rows[i].says))
            fail_row(rows[i].name, "%s", e.text);
    }
}

static void a_record_may_be_so_long_and_no_longer(void **state)
{
    const struct fixture *f = *state;
    const char *path;
    struct error e;
    FILE *out;

    serve(f, 0, T, false);
    serve(f, 1, T + 1, false);
    path = versions_find(f->versions, version(f, 1))->path;
    for (unsigned more = 0; more < 2; more++) {
        out = fopen(path, "w");
        assert_non_null(out);
        fputs("fixwarden deltas 1\n", out);
        for (unsigned i = 0; i < OVERLAY_FILES_MAX + more; i++)
            fputs("00000000000000000000000000000000 1 a\n", out);
        assert_int_equal(fclose(out), 0);
        assert_int_equal(read_of(f, 1, &e), -1);
        assert_non_null(strstr(e.text, more ? "is no record of deltas" : "is not that of version"));
    }
}

static void a_content_that_is_gone_or_damaged_is_named(void **state)
{
    const struct fixture *f = *state;
    struct kept_delta first = {.name = NULL};
    const struct index_source *source = &index_info(f->made[1])->sources[1];
    struct index *index;
    char *content;
    struct error e;

    serve(f, 0, T, false);
    serve(f, 3, T + 1, false);
    first.size = source->size;
    memcpy(first.digest, source->digest, sizeof first.digest);
    content = kept_deltas_content(f->folder, &first);
    support_write_text(content, "action," HEADER "A,XX,,XNAS,USD\n");
    assert_int_equal(remake_open(&f->config, versions_find(f->versions, version(f, 3))->path, &index, &e), -1);
    assert_int_equal(e.code, ERROR_DATA);
    assert_non_null(strstr(e.text, "delta 1.csv"));
    assert_non_null(strstr(e.text, "is damaged"));
    support_write_text(content, "short");
    assert_int_equal(read_of(f, 3, &e), -1);
    assert_non_null(strstr(e.text, "the delta 1.csv is not there any more, or damaged"));
    unlink(content);
    assert_int_equal(read_of(f, 3, &e), -1);
    assert_non_null(strstr(e.text, content));
    serve(f, 3, T + 2, false); /* the file is there still: it is kept once more */
    assert_int_equal(read_of(f, 3, &e), 0);
    free(content);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_below_has_the_time_of_what_serves_over_it),
        TEST(a_clock_that_was_set_back_changes_no_order),
        TEST(the_oldest_are_let_go_and_one_of_them_says_so),
        TEST(contents_go_that_no_record_names_unless_they_are_young),
        TEST(nothing_goes_while_a_record_cannot_be_read),
        TEST(what_was_in_force_before_the_first_index_goes_with_the_one_below),
        TEST(a_version_is_made_again_when_its_files_are_gone),
        TEST(a_file_that_has_become_another_one_is_not_kept_and_that_is_known),
        TEST(what_is_no_record_of_that_version_is_refused),
        TEST(a_record_may_be_so_long_and_no_longer),
        TEST(a_content_that_is_gone_or_damaged_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
