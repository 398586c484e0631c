/* name_table: names, each with a number: a hash table for what the user has set by name (sessions, aliases, renamed
 * symbols). Filled by one thread; read by any number of threads afterwards. */
#ifndef FIXWARDEN_CORE_NAME_TABLE_H
#define FIXWARDEN_CORE_NAME_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "slice.h"

#define NAME_TABLE_NAME_MAX 255u   /* bytes of a name */
#define NAME_TABLE_MAX 1000000u    /* names */
#define NAME_TABLE_NONE UINT32_MAX /* no entry */

struct name_table;

struct name_table *name_table_new(void); /* NULL without memory */
void name_table_free(struct name_table *table);

/* The entry of a name, which is copied and has the value 0 where it is new. Entries are numbered from 0 in the order in
 * which they came. NAME_TABLE_NONE without memory, where the name is too long, or there are too many. */
uint32_t name_table_add(struct name_table *table, struct slice name);

/* The entry of a name, or NAME_TABLE_NONE. */
uint32_t name_table_find(const struct name_table *table, struct slice name);

uint32_t name_table_count(const struct name_table *table);

/* The name of an entry; borrowed until the next name is added. */
struct slice name_table_name(const struct name_table *table, uint32_t entry);

uint32_t name_table_value(const struct name_table *table, uint32_t entry);
void name_table_set_value(struct name_table *table, uint32_t entry, uint32_t value);

#endif
