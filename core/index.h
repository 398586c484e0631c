/* index: the security master as an mmapped file: every row's compact record, and a table per key kind.
 *
 * An open index is immutable. Everything but index_open and index_close may be called from any number of threads at
 * once and allocates nothing; index_open and index_close belong to one thread. What a cursor yields is exact: the
 * record's key has been compared, not only its hash. Bytes handed out are borrowed from the mapping and live until
 * index_close. The file is checked before it is believed: a foreign, truncated, corrupt or newer file is refused with
 * ERROR_DATA and a sentence that names what is wrong. */
#ifndef FIXWARDEN_CORE_INDEX_H
#define FIXWARDEN_CORE_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "identifier.h"
#include "master_format.h"
#include "security.h"

#define INDEX_VERSION_LEN 16 /* hexadecimal digits of a version */
#define INDEX_SOURCES_MAX 255

struct index;

struct index_open_options {
    bool verify_all; /* check every section's checksums, not only header, footer and dictionaries */
    bool populate;   /* read all of it into the page cache and map it now, so that no look-up waits for the disk */
    bool lock;       /* and keep it in memory (mlock); ERROR_IO where the system does not allow that much */
};

/* Size, time and digest are of the file as it was delivered, packed or not. */
struct index_source {
    const char *path; /* as it was given to the builder */
    uint64_t size;    /* bytes */
    int64_t mtime_ns; /* nanoseconds since the epoch */
    uint64_t digest[2];
    uint64_t rows;
    uint64_t text_bytes; /* of what it unpacks to, in which rows have their offsets; of a plain file its size */
    char delimiter;
    enum master_packing packing; /* whole rows can only be read from a plain file */
};

/* All pointers are borrowed from the index. */
struct index_info {
    char version[INDEX_VERSION_LEN + 1]; /* of the content: same masters, columns and format, same version */
    uint32_t format_version;
    uint64_t rows;
    uint64_t bad_rows; /* left out by the builder, with reasons on its standard error */
    uint64_t file_bytes;
    uint64_t record_bytes;
    uint64_t table_bytes; /* tables and postings of all kinds */
    bool has_role[MASTER_ROLE_COUNT];
    const char *role_column[MASTER_ROLE_COUNT];     /* the header that was recognised as the role, NULL without */
    uint64_t keys[IDENTIFIER_KIND_COUNT];           /* distinct keys */
    uint64_t duplicate_keys[IDENTIFIER_KIND_COUNT]; /* keys that lead to several rows */
    uint64_t
        invalid_keys[IDENTIFIER_KIND_COUNT]; /* values whose shape or check digit is wrong: the master's own quality */
    size_t carried_count;
    const char *carried_names[SECURITY_CARRIED_MAX];
    size_t source_count;
    const struct index_source *sources;
    struct master_format format; /* by which all of them were read */
};

/* Walks the rows that one key leads to, in the order of the master, those of deltas behind it. A plain value; nothing
 * to release. */
struct index_cursor {
    const struct index *index;
    enum identifier_kind kind;
    uint32_t count;            /* rows to walk, or more where keys share a hash; 0: the key leads nowhere */
    const uint32_t *positions; /* private from here on */
    uint32_t single;
    uint32_t next;
    bool compared; /* the record that is next has the key */
    struct packed_key key;
};

int index_open(const char *path, const struct index_open_options *options, struct index **out, struct error *e);
void index_close(struct index *index); /* NULL is fine */

/* The same index, which has to be closed once more now. For the thread that opened it. */
struct index *index_hold(struct index *index);

/* The index without the deltas on top of it: itself where there are none. Lives as long as the index. */
const struct index *index_base(const struct index *index);

const struct index_info *index_info(const struct index *index);

/* Whether the mapped file is still as it was opened, by size and time of change (to a tick of the kernel's clock). The
 * builder publishes by rename, so it always is, until somebody writes to the file in place or cuts it: then what was
 * looked up may be wrong, since when is not known. No look-up leaves its bounds even so; but a page that is no more
 * raises SIGBUS. One system call. */
bool index_is_intact(const struct index *index);

/* The checksum of all its checksums: an index with another one is another index. Of one with deltas it is that of its
 * version, too. */
uint64_t index_identity(const struct index *index);

/* Whether the master had a column of that kind, so that the absence of a key says something. */
bool index_has_kind(const struct index *index, enum identifier_kind kind);

/* Points a cursor at the rows under `key`, which identifier_key has made (1 to IDENTIFIER_MAX bytes). */
void index_find(const struct index *index, enum identifier_kind kind, struct slice key, struct index_cursor *cursor);

/* A look-up among many: what is asked, and what index_find would answer. */
struct index_lookup {
    enum identifier_kind kind;
    struct slice key; /* borrowed as long as somebody may ask what was looked up */
    struct index_cursor cursor;
    struct index_probe { /* private: what was fetched */
        uint64_t hash;
        const void *next; /* what is needed next; anything that can be fetched where nothing is */
        uint32_t value;   /* the list's or record's */
        uint8_t place;    /* enum probe_place */
        uint8_t lines;    /* of its page that were looked at */
    } probe;
};

/* Points the cursors of all look-ups, just as index_find would one by one, but with their memory fetched ahead
 * together: several times faster where the index is larger than the processor's caches. Any count. */
void index_find_batch(const struct index *index, struct index_lookup *lookups, size_t count);

/* The same in two steps: the memory of all is fetched, and those that are needed are pointed one by one. Where much is
 * done between two of them, what was fetched may have left the nearest cache: it is fetched again for one that is
 * needed soon. */
void index_fetch_batch(const struct index *index, struct index_lookup *lookups, size_t count);
void index_fetch_again(const struct index_lookup *lookup);
void index_find_fetched(const struct index *index, struct index_lookup *lookup);

/* Whether the look-up asks for that. Mostly both are the same bytes. */
static inline bool index_lookup_asks_for(const struct index_lookup *lookup, enum identifier_kind kind, struct slice key)
{
    return lookup->kind == kind && lookup->key.len == key.len &&
           (lookup->key.ptr == key.ptr || slice_equal(lookup->key, key));
}

/* Fills in the next security, whose key has been compared, and returns true; false at the end. */
bool index_next(struct index_cursor *cursor, struct security *out);

/* A row in place: its values stay in the record until somebody asks for one, which is far cheaper where few are asked
 * for. A plain value that may be copied; borrowed from the index. */
struct index_row {
    const struct index *index;   /* private: of a row that deltas brought, not the one that was asked */
    const unsigned char *record; /* of two rows the same only if they are one */
    uint64_t len;                /* private, as what follows: bytes that may be the record's */
    struct security_places places;
};

/* As index_next. */
bool index_next_row(struct index_cursor *cursor, struct index_row *out);

/* The only row under the key of a look-up that was fetched, where the fetch has come to it, as it mostly has. False:
 * index_find_fetched has to find out. */
bool index_take_fetched(const struct index *index, const struct index_lookup *lookup, struct index_row *out);

/* The row's value, empty where it is blank. Of a key (a role with a kind), which may be written to `text`; and of an
 * attribute (one without). */
struct slice index_row_key(const struct index_row *row, enum master_role role, char text[KEY_PACK_MAX]);
struct slice index_row_attribute(const struct index_row *row, enum master_role role);

/* A number for the attribute's value that is the same for the same value of one index, from 1; 0 where it is blank,
 * 2^31 or more where it has none. */
static inline uint32_t index_row_code(const struct index_row *row, enum master_role role)
{
    return security_code(&row->places, role);
}

/* Whether it has anything in that column. */
bool index_row_fills(const struct index_row *row, enum master_role role);

/* Whether one of the row's columns of that kind holds `key`. */
bool index_row_has_key(const struct index_row *row, enum identifier_kind kind, struct slice key);

/* All values. */
void index_row_read(const struct index_row *row, struct security *out);

/* Every security in the order of the master, then those of deltas in theirs: *position starts at 0. Returns false at
 * the end. */
bool index_walk(const struct index *index, uint64_t *position, struct security *out);

/* Whether one of the security's columns of that kind holds `key`. */
bool security_has_key(const struct security *security, enum identifier_kind kind, struct slice key);

/* Whether `key` leads to the row whose record index_walk read at `position`. However many rows the key has, this takes
 * logarithmic time: their list is in order. */
bool index_leads_to(const struct index *index, enum identifier_kind kind, struct slice key, uint64_t position);

/* What the table of a kind holds, counted. */
struct index_census {
    uint64_t keys;
    uint64_t duplicate_keys; /* that lead to several rows */
    uint64_t rows;           /* under all keys together */
};

void index_count(const struct index *index, enum identifier_kind kind, struct index_census *census);

/* The whole row as it stands in the master, without its line end, read by its offset. `row` is malloc'ed and the
 * caller's to free. ERROR_DATA if the file is no longer the one that was indexed (size or mtime moved on), or is
 * packed, since its rows could only be had by unpacking all that stands before them. */
int index_read_row(const struct index *index, const struct security *security, char **row, size_t *len,
                   struct error *e);

#endif
