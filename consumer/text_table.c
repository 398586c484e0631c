#include "text_table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Whether the byte starts a character of UTF-8. */
static bool is_first_byte(char c)
{
    return ((unsigned char)c & 0xc0) != 0x80;
}

/* In characters, each taken to be one column wide. */
static size_t width_of(const char *text)
{
    size_t width = 0;

    for (; *text; text++)
        width += is_first_byte(*text);
    return width;
}

static void blank_controls(char *text)
{
    for (char *c = text; *c; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = ' ';
        if ((unsigned char)*c == 0xc2 && ((unsigned char)c[1] & 0xe0) == 0x80) /* U+0080 to U+009F */
            c[0] = c[1] = ' ';
    }
}

static void cut(char *text)
{
    size_t width = 0;

    if (width_of(text) <= TEXT_TABLE_CELL_MAX)
        return;
    for (; *text; text++) {
        width += is_first_byte(*text);
        if (width == TEXT_TABLE_CELL_MAX - 1) {
            memcpy(text, "..", 3);
            return;
        }
    }
}

static int grow(struct text_table *table, struct error *e)
{
    size_t more = 2 * table->capacity + 64;
    struct text_cell *grown;

    if (table->count < table->capacity)
        return 0;
    grown = reallocarray(table->cells, more, sizeof *grown);
    if (!grown)
        return error_set(e, ERROR_INTERNAL, "table: no memory");
    table->cells = grown;
    table->capacity = more;
    return 0;
}

int text_table_add(struct text_table *table, char *cell, struct error *e)
{
    if (!cell)
        return error_set(e, ERROR_INTERNAL, "table: no memory");
    if (grow(table, e) != 0) {
        free(cell);
        return -1;
    }
    blank_controls(cell);
    if (table->count % table->columns != table->columns - 1)
        cut(cell);
    table->cells[table->count++] = (struct text_cell){cell, NULL};
    return 0;
}

int text_table_add_number(struct text_table *table, int64_t number, struct error *e)
{
    char *text = NULL;

    return text_table_add(table, asprintf(&text, "%" PRId64, number) < 0 ? NULL : text, e);
}

void text_table_colour(struct text_table *table, const char *colour)
{
    if (table->count > 0)
        table->cells[table->count - 1].colour = colour;
}

static void print_text(const struct text_cell *cell, FILE *out)
{
    if (cell->colour && cell->text[0])
        fprintf(out, "%s%s\033[0m", cell->colour, cell->text);
    else
        fputs(cell->text, out);
}

/* *gap: the blanks before the next cell that holds anything, so that no line ends in blanks. */
static void print_cell(const struct text_table *table, size_t at, const size_t *widths, int *gap, FILE *out)
{
    const struct text_cell *cell = &table->cells[at];
    size_t column = at % table->columns;
    int pad = (int)(widths[column] - width_of(cell->text));
    bool right = column == 0 && !table->left;

    if (cell->text[0]) {
        fprintf(out, "%*s", *gap + (right ? pad : 0), "");
        print_text(cell, out);
        *gap = 0;
    }
    *gap += 2 + (right && cell->text[0] ? 0 : pad);
    if (column + 1 == table->columns)
        fputc('\n', out);
}

void text_table_print(const struct text_table *table, FILE *out)
{
    size_t widths[TEXT_TABLE_COLUMNS_MAX] = {0};
    int gap = 0;

    for (size_t i = 0; i < table->count; i++) {
        size_t width = width_of(table->cells[i].text);

        if (width > widths[i % table->columns])
            widths[i % table->columns] = width;
    }
    for (size_t i = 0; i < table->count; i++) {
        gap = i % table->columns == 0 ? table->indent : gap;
        print_cell(table, i, widths, &gap, out);
    }
}

void text_table_free(struct text_table *table)
{
    for (size_t i = 0; i < table->count; i++)
        free(table->cells[i].text);
    free(table->cells);
    *table = (struct text_table){0};
}
