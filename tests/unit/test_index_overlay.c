/* Deltas over an index: what each row of a delta does, what is refused, and that an index with deltas is in every way
 * the index that is built of the rows as they are then. */
#include "support.h"

#include <inttypes.h>
#include <time.h>
#include <unistd.h>

#include "../tools/random.h"
#include "core/checker.h"
#include "core/index_build.h"
#include "core/index_diff.h"
#include "core/index_overlay.h"
#include "core/row_key.h"

/* ---- rows as text ---- */

/* All values of a row, and its source's number where asked for. */
static void print_row(const struct security *s, char *out, size_t size)
{
    size_t used = 0;

    out[0] = '\0';
    for (enum master_role role = 0; role < MASTER_ROLE_COUNT; role++)
        if (s->value[role].len > 0)
            used += (size_t)snprintf(out + used, size - used, "%s=%.*s ", master_role_name(role),
                                     SLICE_FORMAT(s->value[role]));
    for (size_t i = 0; i < s->carried_count; i++)
        used += (size_t)snprintf(out + used, size - used, "+%.*s", SLICE_FORMAT(s->carried[i]));
}

/* The symbols and MICs of all rows, in the order of the walk. */
static void print_index(const struct index *index, char *out, size_t size)
{
    struct security s;
    uint64_t position = 0;
    size_t used = 0;

    out[0] = '\0';
    while (index_walk(index, &position, &s))
        used += (size_t)snprintf(out + used, size - used, "%s%.*s/%.*s", used > 0 ? " " : "",
                                 SLICE_FORMAT(s.value[ROLE_SYMBOL]), SLICE_FORMAT(s.value[ROLE_MIC]));
}

static struct index_overlay *make_overlay(struct index *base, const struct index_overlay_options *options)
{
    static const struct index_overlay_options none;
    struct index_overlay *overlay;
    struct error e;

    if (index_overlay_create(base, options != NULL ? options : &none, &overlay, &e) != 0)
        fail_msg("%s", e.text);
    return overlay;
}

static struct index *index_of(const struct index_overlay *overlay)
{
    struct index *index;
    struct error e;

    if (index_overlay_index(overlay, &index, &e) != 0)
        fail_msg("%s", e.text);
    return index;
}

static int apply(struct index_overlay *overlay, const char *delta, struct error *e)
{
    char *path = support_file("delta.csv", delta, strlen(delta));
    int status = index_overlay_apply(overlay, path, e);

    support_remove(path);
    return status;
}

/* ---- one delta ---- */

#define HEADER "symbol,cusip,isin,mic,currency,lei\n"
#define DELTA "action,symbol,cusip,isin,mic,currency,lei\n"
#define APPLE "A,037833100,US0378331005,XNAS,USD,\n"
#define MICROSOFT "M,594918104,US5949181045,XNAS,USD,\n"
#define TWO_LISTINGS "A,,US0378331005,XNAS,USD,\nA,,US0378331005,XETR,EUR,\n"

static const struct {
    const char *name;
    const char *base, *delta;
    const char *rows; /* afterwards; NULL: refused */
    const char *told; /* counts: added changed deleted, of those replaced unknown, absent; or of the refusal */
} deltas[] = {
    {"a row is added at the end", HEADER APPLE MICROSOFT, DELTA "A,N,,,XNYS,USD,\n", "A/XNAS M/XNAS N/XNYS",
     "1 0 0 0 0 0"},
    {"a changed row goes to the end", HEADER APPLE MICROSOFT, DELTA "C,B,037833100,US0378331005,XNYS,USD,\n",
     "M/XNAS B/XNYS", "0 1 0 0 0 0"},
    {"a deleted row is gone, and needs no more than its key", HEADER APPLE MICROSOFT, DELTA "D,,037833100,,,,\n",
     "M/XNAS", "0 0 1 0 0 0"},
    {"what is added but there is replaced, and counted", HEADER APPLE, DELTA "ADD,B,037833100,,XNAS,USD,\n", "B/XNAS",
     "0 1 0 1 0 0"},
    {"what is changed but not there is added, and counted", HEADER APPLE, DELTA "change,B,,,XNAS,USD,\n",
     "A/XNAS B/XNAS", "1 0 0 0 1 0"},
    {"what is deleted but not there is counted", HEADER APPLE, DELTA "Delete,B,,,XNAS,USD,\n", "A/XNAS", "0 0 0 0 0 1"},
    {"every word for an action is one, case aside", HEADER,
     DELTA "a,A,,,,,\nAdd,B,,,,,\ni,C,,,,,\nINSERT,D,,,,,\nc,A,,,X,,\nchange,B,,,X,,\nu,C,,,X,,\nupdate,D,,,X,,\n"
           "Replace,A,,,Y,,\nd,B,,,,,\ndelete,C,,,,,\n",
     "D/X A/Y", "4 5 2 0 0 0"},
    {"rows of one delta build on each other", HEADER, DELTA "A,A,,,X,,\nC,A,,,Y,,\nD,A,,,Y,,\nA,A,,,Z,,\n", "A/Z",
     "2 1 1 0 0 0"},
    {"the CUSIP goes before the ISIN, and the symbol does not count then", HEADER APPLE,
     DELTA "C,A,594918104,US0378331005,XNAS,USD,\n", "A/XNAS A/XNAS", "1 0 0 0 1 0"},
    {"a row goes by what it has: without its CUSIP it is another", HEADER APPLE, DELTA "C,A,,US0378331005,XNAS,USD,\n",
     "A/XNAS A/XNAS", "1 0 0 0 1 0"},
    {"an issuer's identifier is no key", HEADER "A,,,XNAS,USD,HWUPKR0MPOU8FGXBT394\n",
     DELTA "C,A,,,XNYS,USD,549300GKFG0RYRRQ1414\n", "A/XNYS", "0 1 0 0 0 0"},
    {"a second listing is added beside the first", HEADER "A,,US0378331005,XNAS,USD,\n",
     DELTA "A,A,,US0378331005,XETR,EUR,\n", "A/XNAS A/XETR", "1 0 0 0 0 0"},
    {"the only listing may change its market", HEADER "A,,US0378331005,XNAS,USD,\n",
     DELTA "C,A,,US0378331005,XNYS,USD,\n", "A/XNYS", "0 1 0 0 0 0"},
    {"of several listings the one of the market and currency changes", HEADER TWO_LISTINGS,
     DELTA "C,B,,US0378331005,XNAS,USD,\n", "A/XETR B/XNAS", "0 1 0 0 0 0"},
    {"of several listings none of that market: it is added", HEADER TWO_LISTINGS, DELTA "C,B,,US0378331005,XLON,USD,\n",
     "A/XNAS A/XETR B/XLON", "1 0 0 0 1 0"},
    {"the only listing is not deleted in the place of another", HEADER "A,,US0378331005,XNAS,USD,\n",
     DELTA "D,A,,US0378331005,XLON,USD,\n", "A/XNAS", "0 0 0 0 0 1"},
    {"of several listings one is deleted by its market", HEADER TWO_LISTINGS, DELTA "D,,,US0378331005,XETR,,\n",
     "A/XNAS", "0 0 1 0 0 0"},
    {"of several listings none is deleted by the key alone", HEADER TWO_LISTINGS, DELTA "D,,,US0378331005,,,\n", NULL,
     "line 2: 2 rows have ISIN US0378331005"},
    {"two rows of one listing cannot be told apart", HEADER "A,,US0378331005,XNAS,USD,\nB,,US0378331005,XNAS,USD,\n",
     DELTA "C,A,,US0378331005,XNAS,USD,\n", NULL,
     "line 2: 2 rows have ISIN US0378331005 and the same MIC and currency"},
    {"the columns may stand in any order, with others among them", HEADER APPLE,
     "isin;x;lei;currency;mic;Op;symbol;cusip\n;1;;USD;XNYS;A;N;\n", "A/XNAS N/XNYS", "1 0 0 0 0 0"},
    {"nothing but a header is a delta", HEADER APPLE, DELTA, "A/XNAS", "0 0 0 0 0 0"},
    {"an unknown action refuses the file", HEADER APPLE, DELTA "A,N,,,,,\nX,A,,,,,\n", NULL,
     "line 3: 'X' is nothing that can be done"},
    {"a blank action, too", HEADER APPLE, DELTA ",A,,,,,\n", NULL, "line 2: '' is nothing"},
    {"and a malformed row", HEADER APPLE, DELTA "A,N,,,,,\nA,O\n", NULL, "line 3: the row has fewer fields"},
    {"and one without anything to know it by", HEADER APPLE, DELTA "A,,,,XNAS,USD,\n", NULL,
     "line 2: the row has neither an identifier nor a symbol"},
    {"and a missing column", HEADER APPLE, "action,symbol,cusip,mic,currency,lei\nA,N,,,,\n", NULL,
     "no column is named 'isin'"},
    {"and one without an action", HEADER APPLE, HEADER APPLE, NULL, "no column says what is to be done"},
};

static void check_told(const char *name, const struct index_overlay *overlay, const char *told)
{
    const struct index_overlay_counts *c = index_overlay_counts(overlay);
    char text[128];

    snprintf(text, sizeof text, "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64, c->added,
             c->changed, c->deleted, c->replaced, c->unknown, c->absent);
    if (strcmp(text, told) != 0)
        fail_row(name, "counts are %s, not %s", text, told);
}

static void each_row_of_a_delta_does_what_it_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(deltas); i++) {
        struct index *base = support_index(deltas[i].base), *index;
        struct index_overlay *overlay = make_overlay(base, NULL);
        char before[512], after[512];
        struct error e = {0};
        int status = apply(overlay, deltas[i].delta, &e);

        print_index(base, before, sizeof before);
        index_close(base); /* the overlay holds it */
        index = index_of(overlay);
        print_index(index, after, sizeof after);
        if ((status == 0) != (deltas[i].rows != NULL))
            fail_row(deltas[i].name, "applied: %d, %s", status, e.text);
        if (strcmp(after, deltas[i].rows != NULL ? deltas[i].rows : before) != 0)
            fail_row(deltas[i].name, "rows are %s", after);
        if (status == 0)
            check_told(deltas[i].name, overlay, deltas[i].told);
        else if (strstr(e.text, deltas[i].told) == NULL || strstr(e.text, "delta.csv") == NULL)
            fail_row(deltas[i].name, "refused because: %s", e.text);
        index_overlay_free(overlay);
        print_index(index, before, sizeof before); /* and so does the index */
        assert_string_equal(before, after);
        index_close(index);
    }
}

/* ---- what holds of all ---- */

static void the_column_of_the_action_can_be_named(void **state)
{
    struct index *base = support_index(HEADER APPLE);
    struct index_overlay *overlay = make_overlay(base, &(struct index_overlay_options){.action_column = "what"});
    struct error e;

    (void)state;
    assert_int_equal(apply(overlay, "action,what,symbol,cusip,isin,mic,currency,lei\nD,A,N,,,,,\n", &e), 0);
    assert_int_equal(index_overlay_counts(overlay)->added, 1);
    assert_int_equal(apply(overlay, DELTA "A,N,,,,,\n", &e), -1);
    index_overlay_free(overlay);
    index_close(base);
}

static void all_deltas_together_have_no_more_rows_than_the_limit(void **state)
{
    struct index *base = support_index(HEADER APPLE);
    struct index_overlay *overlay = make_overlay(base, &(struct index_overlay_options){.max_rows = 3});
    struct error e;

    (void)state;
    assert_int_equal(apply(overlay, DELTA "A,N,,,,,\nD,N,,,,,\n", &e), 0);
    assert_int_equal(apply(overlay, DELTA "A,O,,,,,\nA,P,,,,,\n", &e), -1);
    assert_non_null(strstr(e.text, "more rows than the limit of 3"));
    assert_int_equal(apply(overlay, DELTA "A,O,,,,,\n", &e), 0); /* the third; what was refused does not count */
    assert_int_equal(apply(overlay, DELTA "A,P,,,,,\n", &e), -1);
    index_overlay_free(overlay);
    index_close(base);
}

static void version_of(const struct index_overlay *overlay, char version[INDEX_VERSION_LEN + 1])
{
    struct index *index = index_of(overlay);

    strcpy(version, index_info(index)->version);
    index_close(index);
}

static void the_version_is_that_of_the_base_and_of_the_contents_in_order(void **state)
{
    static const char *const one = DELTA "A,N,,,,,\n", *const two = DELTA "A,O,,,,,\n";
    char base_version[INDEX_VERSION_LEN + 1], versions[4][INDEX_VERSION_LEN + 1];
    const char *const orders[][2] = {{one, two}, {one, two}, {two, one}, {one, NULL}};
    struct index *base = support_index(HEADER APPLE);
    struct error e;

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct index_overlay *overlay = make_overlay(base, NULL);

        version_of(overlay, base_version);
        assert_string_equal(base_version, index_info(base)->version);
        assert_int_equal(apply(overlay, orders[i][0], &e), 0);
        if (i == 0)
            version_of(overlay, versions[0]);                        /* whether or not somebody looks in between */
        assert_int_equal(apply(overlay, DELTA "X,,,,,,\n", &e), -1); /* what is refused leaves no trace */
        assert_true(orders[i][1] == NULL || apply(overlay, orders[i][1], &e) == 0);
        version_of(overlay, versions[i]);
        assert_int_equal(strlen(versions[i]), INDEX_VERSION_LEN);
        assert_string_not_equal(versions[i], base_version);
        index_overlay_free(overlay);
    }
    assert_string_equal(versions[0], versions[1]);
    assert_string_not_equal(versions[0], versions[2]);
    assert_string_not_equal(versions[0], versions[3]);
    index_close(base);
}

static void a_row_of_a_delta_can_be_read_as_it_stands_there(void **state)
{
    static const char *const text = DELTA "A,N,,,XNYS,USD,\n";
    char *path = support_file("delta.csv", text, strlen(text));
    struct index *base = support_index(HEADER APPLE), *index;
    struct index_overlay *overlay = make_overlay(base, NULL);
    struct index_cursor cursor;
    struct security s;
    struct error e;
    size_t len;
    char *row;

    (void)state;
    assert_int_equal(index_overlay_apply(overlay, path, &e), 0);
    index = index_of(overlay);
    index_find(index, IDENTIFIER_SYMBOL, slice_of("N"), &cursor);
    assert_true(index_next(&cursor, &s));
    assert_int_equal(index_info(index)->source_count, 2);
    assert_string_equal(index_info(index)->sources[s.source].path, path);
    assert_int_equal(index_info(index)->sources[s.source].rows, 1);
    assert_int_equal(index_read_row(index, &s, &row, &len, &e), 0);
    assert_string_equal(row, "A,N,,,XNYS,USD,");
    free(row);
    index_close(index);
    index_overlay_free(overlay);
    index_close(base);
    support_remove(path);
}

/* Values that an index knows by code, and those of a delta, which have none, are never mixed up. */
static void an_attribute_of_a_delta_has_no_code(void **state)
{
    struct index *base = support_index(HEADER APPLE), *index;
    struct index_overlay *overlay = make_overlay(base, NULL);
    struct index_cursor cursor;
    struct index_row row;
    struct error e;

    (void)state;
    assert_int_equal(apply(overlay, DELTA "A,N,,,XLON,USD,\n", &e), 0);
    index = index_of(overlay);
    index_find(index, IDENTIFIER_SYMBOL, slice_of("A"), &cursor);
    assert_true(index_next_row(&cursor, &row));
    assert_true(index_row_code(&row, ROLE_CURRENCY) - 1 < 100);
    index_find(index, IDENTIFIER_SYMBOL, slice_of("N"), &cursor);
    assert_true(index_next_row(&cursor, &row));
    assert_true(index_row_code(&row, ROLE_CURRENCY) >= 1u << 31);
    assert_true(slice_equal_text(index_row_attribute(&row, ROLE_CURRENCY), "USD"));
    assert_int_equal(index_row_code(&row, ROLE_TYPE), 0);
    assert_true(index_identity(index) != index_identity(base));
    index_close(index);
    index_overlay_free(overlay);
    index_close(base);
}

/* ---- any deltas over any master, against the plain way ---- */

enum { COLUMNS = 9, MODEL_ROWS = 400, VALUES = 8, TEXT = 1 << 16 };

static const char *const names[COLUMNS] = {"symbol",   "isin",   "figi", "composite_figi", "lei", "mic",
                                           "currency", "status", "note"};

/* Few values, so that keys are shared and rows meet. */
static const char *const values[COLUMNS][VALUES] = {
    {"A", "B", "BRK.B", "C", "LONGSYMBOL", "A LONG SYMBOL THAT IS NEVER PACKED", "d", ""},
    {"US0378331005", "US5949181045", "GB0005405286", "DE0007164600", "US0378331006", "", "", ""},
    {"BBG000B9XRY4", "BBG000B9Y5X2", "BBG000BPH459", "BBG000B9XRY5", "", "", "", ""},
    {"BBG000B9XRY4", "BBG000B9Y5X2", "BBG000BPH459", "", "", "", "", ""},
    {"HWUPKR0MPOU8FGXBT394", "549300GKFG0RYRRQ1414", "", "", "", "", "", ""},
    {"XNAS", "XNYS", "XLON", "", "", "", "", ""},
    {"USD", "EUR", "GBX", "", "", "", "", ""},
    {"ACTIVE", "SUSPENDED", "", "", "", "", "", ""},
    {"one", "two, with a comma", "", "", "", "", "", ""},
};

struct model_row {
    const char *cell[COLUMNS];
};

struct model {
    struct model_row rows[MODEL_ROWS];
    size_t count;
};

static struct model_row random_row(struct random *r)
{
    struct model_row row;

    for (size_t c = 0; c < COLUMNS; c++)
        row.cell[c] = values[c][random_below(r, VALUES)];
    return row;
}

static size_t put_cells(const struct model_row *row, char *out, size_t room)
{
    size_t used = 0;

    for (size_t c = 0; c < COLUMNS; c++)
        used += (size_t)snprintf(out + used, room - used, "%s\"%s\"", c > 0 ? "," : "", row->cell[c]);
    return used + (size_t)snprintf(out + used, room - used, "\n");
}

static size_t put_header(const char *first, char *out, size_t room)
{
    size_t used = (size_t)snprintf(out, room, "%s", first);

    for (size_t c = 0; c < COLUMNS; c++)
        used += (size_t)snprintf(out + used, room - used, "%s%s", c > 0 ? "," : "", names[c]);
    return used + (size_t)snprintf(out + used, room - used, "\n");
}

/* The model's key: the column of the first identifier and its value, by the order of the roles. */
static const char *model_key(const struct model_row *row, int *kind)
{
    static const int order[] = {1, 2, 3, 0}; /* ISIN, FIGI, composite FIGI, symbol */

    for (size_t i = 0; i < COUNT_OF(order); i++)
        if (row->cell[order[i]][0] != '\0') {
            *kind = order[i] == 3 ? 2 : order[i];
            return row->cell[order[i]];
        }
    return NULL;
}

static bool is_same_listing(const struct model_row *a, const struct model_row *b)
{
    return strcmp(a->cell[5], b->cell[5]) == 0 && strcmp(a->cell[6], b->cell[6]) == 0;
}

static bool may_be(const char *said, const char *value)
{
    return said[0] == '\0' || strcmp(said, value) == 0;
}

static void remove_at(struct model *m, size_t at)
{
    memmove(&m->rows[at], &m->rows[at + 1], (--m->count - at) * sizeof m->rows[0]);
}

/* False where the file has to be refused. */
static bool model_apply(struct model *m, char action, const struct model_row *row)
{
    size_t all = 0, same = 0, any = 0, one = 0;
    int kind, own;
    const char *key = model_key(row, &kind);

    if (key == NULL)
        return false;
    for (size_t i = 0; i < m->count; i++) {
        const struct model_row *other = &m->rows[i];
        const char *other_key = model_key(other, &own);

        if (other_key == NULL || own != kind || strcmp(other_key, key) != 0)
            continue;
        all++;
        any = i;
        if (action == 'D' ? may_be(row->cell[5], other->cell[5]) && may_be(row->cell[6], other->cell[6])
                          : is_same_listing(row, other)) {
            same++;
            one = i;
        }
    }
    if (same > 1)
        return false;
    if (same == 1)
        remove_at(m, one);
    else if (action == 'C' && all == 1)
        remove_at(m, any);
    if (action != 'D')
        m->rows[m->count++] = *row;
    return true;
}

/* ---- two indexes that have to be the same ---- */

static void same_rows(const struct index *a, const struct index *b)
{
    char one[1024], other[1024];
    struct security s, t;
    uint64_t at = 0, to = 0;
    uint64_t count = 0;

    for (uint64_t before = at; index_walk(a, &at, &s); before = at, count++) {
        assert_true(index_walk(b, &to, &t));
        print_row(&s, one, sizeof one);
        print_row(&t, other, sizeof other);
        assert_string_equal(one, other);
        for (enum master_role role = 0; role < MASTER_ROLE_COUNT; role++)
            if (master_role_kind(role) != IDENTIFIER_UNKNOWN && s.value[role].len > 0)
                assert_true(index_leads_to(a, master_role_kind(role), s.value[role], before));
    }
    assert_false(index_walk(b, &to, &t));
    assert_int_equal(count, index_info(a)->rows);
}

static void same_look_up(const struct index *a, const struct index *b, enum identifier_kind kind, const char *key)
{
    struct index_lookup batch[2] = {{.kind = kind, .key = slice_of(key)},
                                    {.kind = IDENTIFIER_SEDOL, .key = slice_of(key)}};
    struct index_cursor one, other;
    char text[4][1024];
    struct index_row row;
    struct security s, t;

    index_find(a, kind, slice_of(key), &one);
    index_find(b, kind, slice_of(key), &other);
    index_find_batch(a, batch, 2);
    assert_int_equal(one.count == 0, other.count == 0);
    assert_int_equal(batch[0].cursor.count == 0, other.count == 0);
    assert_int_equal(batch[1].cursor.count, 0);
    while (index_next(&other, &t)) {
        assert_true(index_next(&one, &s));
        print_row(&s, text[0], sizeof text[0]);
        print_row(&t, text[1], sizeof text[1]);
        assert_string_equal(text[0], text[1]);
        assert_true(index_next_row(&batch[0].cursor, &row));
        assert_true(index_row_has_key(&row, kind, slice_of(key)));
        index_row_read(&row, &s);
        print_row(&s, text[0], sizeof text[0]);
        assert_string_equal(text[0], text[1]);
    }
    assert_false(index_next(&one, &s));
    assert_false(index_next_row(&batch[0].cursor, &row));
    assert_false(index_next(&batch[1].cursor, &s));
}

static void same_look_ups(const struct index *a, const struct index *b)
{
    static const enum identifier_kind kinds[] = {IDENTIFIER_SYMBOL, IDENTIFIER_ISIN, IDENTIFIER_FIGI, IDENTIFIER_FIGI,
                                                 IDENTIFIER_LEI};

    for (size_t c = 0; c < COUNT_OF(kinds); c++)
        for (size_t v = 0; v < VALUES; v++)
            same_look_up(a, b, kinds[c], values[c][v]);
    same_look_up(a, b, IDENTIFIER_ISIN, "US4592001014");
}

static void same_numbers(const struct index *a, const struct index *b)
{
    const struct index_info *one = index_info(a), *other = index_info(b);

    assert_int_equal(one->rows, other->rows);
    for (enum identifier_kind kind = 0; kind < IDENTIFIER_KIND_COUNT; kind++) {
        struct index_census x, y;

        index_count(a, kind, &x);
        index_count(b, kind, &y);
        assert_int_equal(one->keys[kind], other->keys[kind]);
        assert_int_equal(one->duplicate_keys[kind], other->duplicate_keys[kind]);
        assert_int_equal(one->invalid_keys[kind], other->invalid_keys[kind]);
        assert_int_equal(x.keys, y.keys);
        assert_int_equal(x.duplicate_keys, y.duplicate_keys);
        assert_int_equal(x.rows, y.rows);
    }
}

static int never(void *opaque, const struct index_difference *difference)
{
    (void)opaque;
    (void)difference;
    return 0;
}

static void no_difference(const struct index *a, const struct index *b)
{
    struct index_diff_events events = {NULL, never};
    struct index_diff_result result;
    struct error e;

    assert_int_equal(index_diff(a, b, &events, &result, &e), 0);
    assert_int_equal(result.changes[INDEX_CHANGED], 0);
    assert_int_equal(result.changes[INDEX_APPEARED] + result.changes[INDEX_VANISHED], result.without_key);
}

/* What a check says, as text. */
static int tell_discrepancy(void *opaque, const struct discrepancy *d, struct error *e)
{
    char *text = opaque, row[1024] = "";
    size_t used = strlen(text);

    (void)e;
    if (d->security != NULL)
        print_row(d->security, row, sizeof row);
    snprintf(text + used, TEXT - used, "%s %u %.*s %.*s found by %d among %u: %s\n",
             discrepancy_kind_name(d->verdict->kind), d->verdict->tag, SLICE_FORMAT(d->verdict->observed),
             SLICE_FORMAT(d->verdict->expected), (int)d->found_by, d->candidates, row);
    return 0;
}

static void random_message(struct random *r, char *body, size_t size)
{
    static const int isin_tags[] = {1, 2};
    int column = isin_tags[random_below(r, 2)];
    size_t used = (size_t)snprintf(body, size, "35=D|52=20250101-00:00:00|");

    if (random_percent(r, 70))
        used += (size_t)snprintf(body + used, size - used, "55=%s|", values[0][random_below(r, VALUES - 1)]);
    if (random_percent(r, 70))
        used += (size_t)snprintf(body + used, size - used, "48=%s|22=%d|", values[column][random_below(r, 3)],
                                 column == 1 ? 4 : 0);
    if (random_percent(r, 50))
        used += (size_t)snprintf(body + used, size - used, "207=%s|", values[5][random_below(r, 3)]);
    if (random_percent(r, 50))
        snprintf(body + used, size - used, "15=%s|", values[6][random_below(r, 3)]);
    for (char *at = strstr(body, "22=0"); at != NULL; at = NULL)
        at[3] = 'S';
}

static void same_verdicts(struct checker *checkers[2], const struct index *a, const struct index *b, struct random *r)
{
    static const struct origin origin = {.topic = {"t", 1}};
    static char said[2][TEXT];
    const struct index *const indexes[] = {a, b};

    for (int i = 0; i < 50; i++) {
        char body[512];
        size_t len;
        char *fix;

        random_message(r, body, sizeof body);
        fix = support_fix("FIX.4.4", body, &len);
        for (size_t side = 0; side < 2; side++) {
            struct checker_output output = {said[side], tell_discrepancy, NULL};
            struct error e;

            said[side][0] = '\0';
            assert_int_equal(checker_check(checkers[side], indexes[side], slice_make(fix, len), &origin, &output, &e),
                             0);
        }
        if (strcmp(said[0], said[1]) != 0)
            fail_msg("%s\nwith deltas: %s\nbuilt:       %s", body, said[0], said[1]);
        free(fix);
    }
}

/* ---- the property ---- */

struct property {
    struct random random;
    struct model model;
    struct index_overlay *overlay;
    struct checker *checkers[2];
    unsigned refused;
    unsigned applied;
};

static char text[TEXT];

static struct index *build(const struct model *m, size_t sources)
{
    const char *carried[] = {"note"};
    struct index_build_options options = {.master.carried_count = 1};
    struct index_build_result result;
    struct index *index;
    struct error e;
    char *paths[2], *path;
    size_t each = (m->count + sources - 1) / sources;

    options.master.carried[0] = carried[0];
    for (size_t s = 0; s < sources; s++) {
        size_t used = put_header("", text, sizeof text);

        for (size_t i = s * each; i < m->count && i < (s + 1) * each; i++)
            used += put_cells(&m->rows[i], text + used, sizeof text - used);
        paths[s] = support_file("master.csv", text, used);
    }
    assert_true(asprintf(&path, "%s.index", paths[0]) > 0);
    if (index_build((const char *const *)paths, sources, path, &options, &result, &e) != 0 ||
        index_open(path, &(struct index_open_options){.verify_all = true}, &index, &e) != 0)
        fail_msg("%s", e.text);
    unlink(path);
    free(path);
    for (size_t s = 0; s < sources; s++)
        support_remove(paths[s]);
    return index;
}

/* A file of a few rows, applied to both; the model keeps what it was where a row refuses it. */
static void apply_random(struct property *p)
{
    struct model after = p->model;
    size_t used = put_header("action,", text, sizeof text);
    size_t rows = random_below(&p->random, 6);
    bool good = true;
    struct error e = {0};
    int status;

    for (size_t i = 0; i < rows; i++) {
        struct model_row row = random_row(&p->random);
        char action = "ACCD"[random_below(&p->random, 4)];

        if (random_percent(&p->random, 50) && after.count > 0) /* meet one that is there */
            memcpy(row.cell, after.rows[random_below(&p->random, after.count)].cell, 7 * sizeof row.cell[0]);
        used += (size_t)snprintf(text + used, sizeof text - used, "%c,", action);
        used += put_cells(&row, text + used, sizeof text - used);
        good = good && model_apply(&after, action, &row);
    }
    status = apply(p->overlay, text, &e);
    if ((status == 0) != good)
        fail_msg("the model %s it: %s\n%s", good ? "takes" : "refuses", e.text, text);
    p->applied += good;
    p->refused += !good;
    if (good)
        p->model = after;
}

static void hold_against_a_full_build(struct property *p, size_t sources)
{
    struct index *with = index_of(p->overlay), *full = build(&p->model, sources);

    same_rows(with, full);
    same_look_ups(with, full);
    same_numbers(with, full);
    no_difference(with, full);
    same_verdicts(p->checkers, with, full, &p->random);
    index_close(with);
    index_close(full);
}

static void go_through_deltas(struct property *p, size_t sources)
{
    size_t rows = random_below(&p->random, 40);
    struct index *base;

    p->model.count = 0;
    while (p->model.count < rows)
        p->model.rows[p->model.count++] = random_row(&p->random);
    base = build(&p->model, sources);
    p->overlay = make_overlay(base, NULL);
    index_close(base);
    for (int file = 0; file < 24; file++) {
        apply_random(p);
        if (file % 4 == 3)
            hold_against_a_full_build(p, sources);
    }
    index_overlay_free(p->overlay);
}

static void an_index_with_deltas_is_the_one_that_would_be_built(void **state)
{
    const char *given = getenv("FIXWARDEN_TEST_SEED");
    uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    static struct property p;
    struct rules rules;

    (void)state;
    print_message("FIXWARDEN_TEST_SEED=%" PRIu64 "\n", seed);
    p.random = random_at(seed, RANDOM_ROW, 0);
    rules_default(&rules);
    for (size_t side = 0; side < 2; side++)
        p.checkers[side] = checker_new(&rules, FIX_STRICT);
    for (size_t round = 0; round < 20; round++)
        go_through_deltas(&p, 1 + round % 2);
    assert_true(p.applied > 100 && p.refused > 20);
    for (size_t side = 0; side < 2; side++)
        checker_free(p.checkers[side]);
}

/* ---- many ---- */

enum { MANY = 3000 };

/* Each symbol is listed at M0 in the base, then at M1 by a delta; another takes every other one away from M0. */
static void tables_of_any_size_hold_every_key(void **state)
{
    char *csv = malloc(64 * MANY), key[32];
    size_t used = (size_t)sprintf(csv, HEADER);
    struct index_overlay *overlay;
    struct index_cursor cursor;
    struct index *base, *index;
    struct security s;
    struct error e;

    (void)state;
    for (int i = 0; i < MANY; i++)
        used += (size_t)sprintf(csv + used, "S%d,,,M0,USD,\n", i);
    base = support_index(csv);
    overlay = make_overlay(base, NULL);
    index_close(base);
    used = (size_t)sprintf(csv, DELTA);
    for (int i = 0; i < MANY; i++)
        used += (size_t)sprintf(csv + used, "A,S%d,,,M1,USD,\n", i);
    assert_int_equal(apply(overlay, csv, &e), 0);
    used = (size_t)sprintf(csv, DELTA);
    for (int i = 0; i < MANY; i += 2)
        used += (size_t)sprintf(csv + used, "D,S%d,,,M0,,\n", i);
    assert_int_equal(apply(overlay, csv, &e), 0);
    index = index_of(overlay);
    assert_int_equal(index_info(index)->rows, MANY + MANY / 2);
    assert_int_equal(index_info(index)->keys[IDENTIFIER_SYMBOL], MANY);
    assert_int_equal(index_info(index)->duplicate_keys[IDENTIFIER_SYMBOL], MANY / 2);
    for (int i = 0; i < MANY; i++) {
        int rows = 0;

        snprintf(key, sizeof key, "S%d", i);
        for (index_find(index, IDENTIFIER_SYMBOL, slice_of(key), &cursor); index_next(&cursor, &s); rows++)
            assert_true(security_has_key(&s, IDENTIFIER_SYMBOL, slice_of(key)));
        assert_int_equal(rows, 1 + i % 2);
    }
    index_close(index);
    index_overlay_free(overlay);
    free(csv);
}

static void so_many_files_are_applied_and_no_more(void **state)
{
    char *path = support_file("delta.csv", DELTA, strlen(DELTA));
    struct index *base = support_index(HEADER APPLE);
    struct index_overlay *overlay = make_overlay(base, NULL);
    struct error e;

    (void)state;
    for (unsigned i = 0; i < OVERLAY_FILES_MAX; i++)
        assert_int_equal(index_overlay_apply(overlay, path, &e), 0);
    assert_int_equal(index_overlay_apply(overlay, path, &e), -1);
    assert_non_null(strstr(e.text, "one more than the limit"));
    assert_int_equal(index_overlay_counts(overlay)->files, OVERLAY_FILES_MAX);
    index_overlay_free(overlay);
    index_close(base);
    support_remove(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_of_a_delta_does_what_it_says),
        cmocka_unit_test(the_column_of_the_action_can_be_named),
        cmocka_unit_test(all_deltas_together_have_no_more_rows_than_the_limit),
        cmocka_unit_test(the_version_is_that_of_the_base_and_of_the_contents_in_order),
        cmocka_unit_test(a_row_of_a_delta_can_be_read_as_it_stands_there),
        cmocka_unit_test(an_attribute_of_a_delta_has_no_code),
        cmocka_unit_test(an_index_with_deltas_is_the_one_that_would_be_built),
        cmocka_unit_test(tables_of_any_size_hold_every_key),
        cmocka_unit_test(so_many_files_are_applied_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
