/* From one index to another: every row is the same, changed, appeared or vanished, and said so in order. */
#include "support.h"

#include <unistd.h>

#include "core/index_diff.h"

struct told {
    char text[2048];
    size_t used;
    int stop_after; /* differences; 0: never */
};

static int tell(void *opaque, const struct index_difference *d)
{
    static const char marks[] = {[INDEX_APPEARED] = '+', [INDEX_VANISHED] = '-', [INDEX_CHANGED] = '~'};
    const struct security *row = d->after != NULL ? d->after : d->before;
    struct told *told = opaque;

    assert_true((d->before == NULL) == (d->change == INDEX_APPEARED));
    assert_true((d->after == NULL) == (d->change == INDEX_VANISHED));
    if (told == NULL)
        return 0;
    told->used += (size_t)snprintf(told->text + told->used, sizeof told->text - told->used, "%s%c%s %.*s %.*s",
                                   told->used > 0 ? ", " : "", marks[d->change], identifier_kind_name(d->kind),
                                   SLICE_FORMAT(d->key), SLICE_FORMAT(row->value[ROLE_MIC]));
    return told->stop_after > 0 && --told->stop_after == 0;
}

/* `told` may be NULL, where only the counts matter. */
static struct index_diff_result diff(const char *before, const char *after, struct told *told)
{
    struct index *old = support_index(before), *new = support_index(after);
    struct index_diff_events events = {told, tell};
    struct index_diff_result result;
    struct error e;

    if (index_diff(old, new, &events, &result, &e) != 0)
        fail_msg("%s", e.text);
    index_close(old);
    index_close(new);
    return result;
}

#define HEADER "symbol,isin,mic,currency,lei\n"

static const struct {
    const char *name;
    const char *before, *after;
    const char *told;
    uint64_t same;
} rows[] = {
    {"nothing changed", HEADER "A,US0378331005,XNAS,USD,\nB,,XNYS,USD,\n",
     HEADER "B,,XNYS,USD,\nA,US0378331005,XNAS,USD,\n", "", 2},
    {"a value, and a row more and less, in the order of the masters",
     HEADER "A,US0378331005,XNAS,USD,\nB,,XNYS,USD,\nC,,XNYS,USD,\nD,,XNYS,USD,\n",
     HEADER "E,,XNYS,USD,\nA,US0378331005,XNAS,EUR,\nD,,XLON,USD,\n",
     "+SYMBOL E XNYS, ~ISIN US0378331005 XNAS, ~SYMBOL D XLON, -SYMBOL B XNYS, -SYMBOL C XNYS", 0},
    {"a symbol that changed under the same identifier", HEADER "FB,US30303M1027,XNAS,USD,\n",
     HEADER "META,US30303M1027,XNAS,USD,\n", "~ISIN US30303M1027 XNAS", 0},
    {"listings of one security are told apart by MIC and currency",
     HEADER "A,US0378331005,XNAS,USD,\nA,US0378331005,XETR,EUR,\nA,US0378331005,XLON,USD,\n",
     HEADER "A,US0378331005,XLON,USD,\nA,US0378331005,XNAS,USD,\nA,US0378331005,XMIL,EUR,\n",
     "+ISIN US0378331005 XMIL, -ISIN US0378331005 XETR", 2},
    {"rows of the same listing are paired in their order",
     HEADER "A,US0378331005,XNAS,USD,\nB,US0378331005,XNAS,USD,\nC,US0378331005,XNAS,USD,\n",
     HEADER "A,US0378331005,XNAS,USD,\nX,US0378331005,XNAS,USD,\n", "~ISIN US0378331005 XNAS, -ISIN US0378331005 XNAS",
     1},
    {"a row with an identifier is not one with the same symbol and none", HEADER "A,US0378331005,XNAS,USD,\n",
     HEADER "A,,XNAS,USD,\n", "+SYMBOL A XNAS, -ISIN US0378331005 XNAS", 0},
    {"an issuer's identifier tells no rows apart", HEADER "A,,XNAS,USD,HWUPKR0MPOU8FGXBT394\n",
     HEADER "A,,XNAS,USD,549300GKFG0RYRRQ1414\n", "~SYMBOL A XNAS", 0},
    {"a row without any key is not known again", HEADER ",,XNAS,USD,\nA,,XNAS,USD,\n",
     HEADER ",,XNAS,USD,\nA,,XNAS,USD,\n", "+UNKNOWN  XNAS, -UNKNOWN  XNAS", 1},
    {"a column that only one has is not compared, and no key", "symbol,mic,figi\nA,XNAS,BBG000B9XRY4\n",
     "symbol,mic,currency\nA,XNAS,USD\n", "", 1},
    {"the column that a FIGI stands in may change", "figi,composite_figi,mic\nBBG000B9XRY4,BBG000B9Y5X2,A\n",
     "figi,composite_figi,mic\nBBG000B9Y5X2,BBG000B9XRY4,A\n", "+FIGI BBG000B9Y5X2 A, -FIGI BBG000B9XRY4 A", 0},
};

static void every_difference_is_told_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct told told = {0};
        struct index_diff_result result = diff(rows[i].before, rows[i].after, &told);

        if (strcmp(told.text, rows[i].told) != 0 || result.same != rows[i].same)
            fail_row(rows[i].name, "'%s' and %d the same, expected '%s' and %d", told.text, (int)result.same,
                     rows[i].told, (int)rows[i].same);
    }
}

/* Whatever the rows, one way is the other turned round, and the counts add up to the rows. */
static void random_masters_differ_the_same_both_ways(void **state)
{
    static char texts[2][1 << 16];
    unsigned seed = (unsigned)getpid();

    (void)state;
    print_message("seed %u\n", seed);
    srand(seed);
    for (int round = 0; round < 20; round++) {
        struct index_diff_result there, back;
        uint64_t count[2];

        for (int side = 0; side < 2; side++) {
            size_t used = (size_t)sprintf(texts[side], "symbol,sedol,mic,currency\n");

            count[side] = (uint64_t)rand() % 300;
            for (uint64_t i = 0; i < count[side]; i++)
                used += (size_t)sprintf(texts[side] + used, rand() % 4 ? "S%d,B%06d,X%d,%d\n" : "S%d,%.0d,X%d,%d\n",
                                        rand() % 40, rand() % 60, rand() % 3, rand() % 2);
        }
        there = diff(texts[0], texts[1], NULL);
        back = diff(texts[1], texts[0], NULL);
        assert_int_equal(there.changes[INDEX_APPEARED], back.changes[INDEX_VANISHED]);
        assert_int_equal(there.changes[INDEX_VANISHED], back.changes[INDEX_APPEARED]);
        assert_int_equal(there.changes[INDEX_CHANGED], back.changes[INDEX_CHANGED]);
        assert_int_equal(there.same + there.changes[INDEX_CHANGED] + there.changes[INDEX_VANISHED], count[0]);
        assert_int_equal(there.same + there.changes[INDEX_CHANGED] + there.changes[INDEX_APPEARED], count[1]);
    }
}

static void it_can_be_cancelled(void **state)
{
    struct index *old = support_index(HEADER "A,,XNAS,USD,\n"), *new = support_index(HEADER "B,,XNAS,USD,\nC,,,,\n");
    struct told told = {.stop_after = 1};
    struct index_diff_events events = {&told, tell};
    struct index_diff_result result;
    struct error e;

    (void)state;
    assert_int_equal(index_diff(old, new, &events, &result, &e), -1);
    assert_int_equal(e.code, ERROR_TEMPORARY);
    assert_string_equal(told.text, "+SYMBOL B XNAS");
    index_close(old);
    index_close(new);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_difference_is_told_once),
        cmocka_unit_test(random_masters_differ_the_same_both_ways),
        cmocka_unit_test(it_can_be_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
