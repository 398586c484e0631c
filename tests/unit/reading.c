#include "reading.h"

#include "support.h"

#include "core/master_rows.h"

#define BLOCK_USUAL (1u << 20)
#define COLUMNS_MAX 64

const char *reading_status_name(enum master_row_status status)
{
    static const char *const names[] = {"OK",
#define X(name, sentence) #name,
                                        MASTER_BAD_ROWS(X)
#undef X
    };
    return names[status];
}

static void add(struct reading *r, const char *bytes, size_t len)
{
    assert_true(len < sizeof r->text - r->len);
    memcpy(r->text + r->len, bytes, len);
    r->len += len;
    r->text[r->len] = '\0';
}

static void add_text(struct reading *r, const char *text)
{
    add(r, text, strlen(text));
}

static void add_error(struct reading *r, const char *path, const struct error *e)
{
    char code[32];

    snprintf(code, sizeof code, "%serror %d: ", r->len > 0 ? " " : "", e->code);
    add_text(r, code);
    add_text(r, strncmp(e->text, path, strlen(path)) == 0 ? e->text + strlen(path) + 2 : e->text);
}

static void add_row(struct reading *r, const struct master_row *row, uint32_t columns, bool places)
{
    char text[96];

    if (r->len > 0)
        add_text(r, " ");
    if (places) {
        snprintf(text, sizeof text, "%llu/%llu", (unsigned long long)row->line, (unsigned long long)row->offset);
        add_text(r, text);
    }
    if (row->status != MASTER_ROW_OK) {
        snprintf(text, sizeof text, "!%s@%llu", reading_status_name(row->status), (unsigned long long)row->line);
        add_text(r, text);
    }
    for (uint32_t i = 0; row->status == MASTER_ROW_OK && i < columns; i++) {
        add_text(r, "[");
        add(r, row->fields[i].ptr, row->fields[i].len);
        add_text(r, "]");
    }
}

void reading_by_rows(const char *path, const struct master_options *options, bool places, struct reading *out)
{
    struct master *master;
    struct master_row row;
    struct error e;
    int got;

    out->len = 0;
    out->text[0] = '\0';
    if (master_open(path, options, &master, &e) != 0) {
        add_error(out, path, &e);
        return;
    }
    while ((got = master_next(master, &row, &e)) == 1)
        add_row(out, &row, master_columns(master)->count, places);
    if (got < 0)
        add_error(out, path, &e);
    master_close(master);
}

static int read_blocks(struct master_cut *cut, struct master_rows *rows, uint32_t columns, bool places,
                       struct reading *out, struct error *e)
{
    uint64_t digest[2], text_bytes;
    struct master_block block;
    struct master_row row;
    int status = 0;

    assert_int_equal(master_block_init(cut, &block, e), 0);
    for (uint64_t i = 0; status == 0 && i < master_cut_blocks(cut) && !block.last; i++) {
        status = master_cut_read(cut, i, &block, e);
        if (status == 0)
            status = master_cut_block(cut, &block, e);
        if (status == 0)
            master_rows_start(rows, &block);
        while (status == 0 && master_rows_next(rows, &row)) {
            row.line = master_rows_line(rows);
            add_row(out, &row, columns, places);
        }
    }
    master_block_free(&block);
    return status == 0 ? master_cut_finish(cut, digest, &text_bytes, e) : status;
}

void reading_in_blocks(const char *path, const struct master_options *options, size_t block_bytes, bool places,
                       struct reading *out)
{
    uint32_t wanted[COLUMNS_MAX];
    struct master_rows_setup setup;
    struct master *master;
    struct master_cut *cut;
    struct master_rows *rows;
    struct error e;

    out->len = 0;
    out->text[0] = '\0';
    if (master_open(path, options, &master, &e) != 0) {
        add_error(out, path, &e);
        return;
    }
    setup =
        (struct master_rows_setup){master_columns(master)->count, master_delimiter(master), master_encoding(master)};
    assert_true(setup.columns <= COLUMNS_MAX);
    for (uint32_t i = 0; i < setup.columns; i++)
        wanted[i] = i;
    assert_int_equal(master_cut_open(master, block_bytes, &cut, &e), 0);
    master_close(master);
    assert_int_equal(master_rows_create(&setup, wanted, setup.columns, &rows, &e), 0);
    if (read_blocks(cut, rows, setup.columns, places, out, &e) != 0)
        add_error(out, path, &e);
    master_rows_free(rows);
    master_cut_close(cut);
}

static void expect(const char *name, size_t size, const struct reading *got, const char *expected)
{
    if (strcmp(got->text, expected) != 0)
        fail_row(name, "sizes of %zu: '%.3000s' instead of '%.3000s'", size, got->text, expected);
}

void reading_expect(const char *name, const char *path, struct master_options options, size_t sizes,
                    const char *expected)
{
    static struct reading first, got;

    reading_by_rows(path, &options, true, &first);
    reading_in_blocks(path, &options, BLOCK_USUAL, true, &got);
    expect(name, 0, &got, first.text);
    for (size_t size = 1; size <= sizes; size++) {
        options.read_bytes = size;
        reading_by_rows(path, &options, true, &got);
        expect(name, size, &got, first.text);
        options.read_bytes = 0;
        reading_in_blocks(path, &options, size, true, &got);
        expect(name, size, &got, first.text);
    }
    if (expected == NULL)
        return;
    reading_by_rows(path, &options, false, &got);
    expect(name, 0, &got, expected);
}
