/* explain_page: what an explanation is written on: values made safe, tables, colours. Private to explain_write. */
#ifndef FIXWARDEN_CONSUMER_EXPLAIN_PAGE_H
#define FIXWARDEN_CONSUMER_EXPLAIN_PAGE_H

#include <jansson.h>

#include "core/slice.h"
#include "explain_write.h"
#include "text_table.h"

#define PAGE_INDENT 4 /* of what stands under a heading */
#define PAGE_BOLD "\033[1m"
#define PAGE_DIM "\033[2m"
#define PAGE_RED "\033[31m"
#define PAGE_GREEN "\033[32m"
#define PAGE_YELLOW "\033[33m"

struct page {
    FILE *out;
    bool colour;
    struct text_table table; /* what is being gathered */
    struct error *e;
    int status; /* -1 once there was no memory, which *e says */
};

/* Of a member of an object: its text ("" where it is none), number, or whether it is null. */
const char *page_text_at(const json_t *object, const char *name);
struct slice page_slice_at(const json_t *object, const char *name);
json_int_t page_number_at(const json_t *object, const char *name);
bool page_is_null(const json_t *object, const char *name);

void page_fail(struct page *p);

/* Prints a value that came from outside. */
void page_value(struct page *p, struct slice value);

/* What starts and ends a colour; nothing where there is none. */
const char *page_dye(const struct page *p, const char *colour);
const char *page_end_dye(const struct page *p);

void page_heading(const struct page *p, const char *text);

/* A table is started, gets its cells row by row, and is printed at its end. `colour` may be NULL. */
void page_start_table(struct page *p, size_t columns);
void page_add(struct page *p, const char *colour, char *text); /* takes it over; NULL stands for no memory */
void page_add_words(struct page *p, const char *colour, const char *format, ...) __attribute__((format(printf, 3, 4)));
void page_add_value(struct page *p, const char *colour, struct slice value); /* that came from outside */
void page_add_headings(struct page *p, const char *const *names, size_t count);
void page_end_table(struct page *p);

#endif
