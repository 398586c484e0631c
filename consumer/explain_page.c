#include "explain_page.h"

#include <stdarg.h>
#include <stdlib.h>

#include "explain_text.h"

/* ---- words ---- */

const char *page_text_at(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text != NULL ? text : "";
}

json_int_t page_number_at(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

bool page_is_null(const json_t *object, const char *name)
{
    return json_is_null(json_object_get(object, name));
}

struct slice page_slice_at(const json_t *object, const char *name)
{
    const json_t *string = json_object_get(object, name);

    return slice_make(json_string_value(string), json_string_length(string));
}

void page_fail(struct page *p)
{
    if (p->status == 0)
        p->status = error_set(p->e, ERROR_INTERNAL, "no memory");
}

/* Prints a value that came from outside. */
void page_value(struct page *p, struct slice value)
{
    char *text = explain_text(value, EXPLAIN_VALUE_MAX);

    if (text == NULL)
        page_fail(p);
    else
        fputs(text, p->out);
    free(text);
}

const char *page_dye(const struct page *p, const char *colour)
{
    return p->colour ? colour : "";
}

const char *page_end_dye(const struct page *p)
{
    return p->colour ? "\033[0m" : "";
}

void page_heading(const struct page *p, const char *text)
{
    fprintf(p->out, "  %s%s%s\n", page_dye(p, PAGE_BOLD), text, page_end_dye(p));
}

/* ---- tables ---- */

void page_start_table(struct page *p, size_t columns)
{
    p->table = (struct text_table){.columns = columns, .indent = PAGE_INDENT, .left = true};
}

/* The table takes `text` over; NULL stands for no memory. */
void page_add(struct page *p, const char *colour, char *text)
{
    if (p->status == 0)
        p->status = text_table_add(&p->table, text, p->e);
    else
        free(text);
    if (p->colour)
        text_table_colour(&p->table, colour);
}

void page_add_words(struct page *p, const char *colour, const char *format, ...)
{
    char *text;
    va_list arguments;

    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        text = NULL;
    va_end(arguments);
    page_add(p, colour, text);
}

/* A value that came from outside; nothing where it is null. */
void page_add_value(struct page *p, const char *colour, struct slice value)
{
    page_add(p, colour, explain_text(value, EXPLAIN_VALUE_MAX));
}

void page_add_headings(struct page *p, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        page_add_words(p, PAGE_DIM, "%s", names[i]);
}

void page_end_table(struct page *p)
{
    if (p->status == 0)
        text_table_print(&p->table, p->out);
    text_table_free(&p->table);
}
