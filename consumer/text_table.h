/* text_table: rows of cells, aligned for a terminal. One thread. */
#ifndef FIXWARDEN_CONSUMER_TEXT_TABLE_H
#define FIXWARDEN_CONSUMER_TEXT_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/error.h"

#define TEXT_TABLE_COLUMNS_MAX 16
#define TEXT_TABLE_CELL_MAX 40 /* characters; a longer cell is cut, but for those of the last column */

struct text_cell {
    char *text;
    const char *colour; /* an escape sequence, or NULL; borrowed */
};

/* Starts with the number of columns and zeros. */
struct text_table {
    size_t columns;
    int indent;              /* blanks before each line */
    bool left;               /* the first column is aligned to the left, too */
    struct text_cell *cells; /* row by row; the first row is the header, if there is one */
    size_t count, capacity;
};

/* Adds the next cell, which the table takes over in every case. NULL stands for no memory, so that what made the cell
 * need not be asked. Control characters become blanks: what a message says must not steer the terminal. */
int text_table_add(struct text_table *table, char *cell, struct error *e);

/* The same of a number. */
int text_table_add_number(struct text_table *table, int64_t number, struct error *e);

/* Gives the cell that was added last a colour; of no cell it is nothing. */
void text_table_colour(struct text_table *table, const char *colour);

/* The first column is aligned to the right, unless `left`, the others to the left. */
void text_table_print(const struct text_table *table, FILE *out);
void text_table_free(struct text_table *table);

#endif
