/* index_format: the index file as it lies on the disk, and what both its builder and its reader need to know of it.
 *
 * All numbers are little-endian. The file is a header page, then sections, each starting on a page boundary right
 * after the one before it, then a footer page:
 *
 *     RECORDS      one record per row, in the order of the masters, each padded to the record unit;
 *                  a position is a record's offset in the section / the unit, in 32 bits
 *     DICTIONARY   the values of columns that have few of them
 *     META         names of columns, the sources (index.h: of each file as it was delivered), how they were read
 *     TABLE        per key kind: pages of 64 lines; see struct index_line
 *     POSTINGS     per key kind: lists of the positions that share a hash: count, 32 bits of the hash, positions
 *     OVERFLOW     per key kind: what did not fit into its page, sorted by hash
 *     CHECKSUMS    XXH3-64 of each MiB of each section before it, with the padding to the page's end
 *
 * The footer holds the checksums of the header and of CHECKSUMS; its last word is written last of all. But for the
 * sources' paths and times in META, all of it follows from the masters' bytes and the options: the same masters give
 * the same file, whatever the memory it is built in. */
#ifndef FIXWARDEN_CORE_INDEX_FORMAT_H
#define FIXWARDEN_CORE_INDEX_FORMAT_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "identifier.h"
#include "index.h"

#define INDEX_MAGIC "FXWINDEX" /* 8 bytes, no NUL */
#define INDEX_FOOTER_MAGIC "FXWFOOTR"
#define INDEX_COMMIT_WORD 0x444554544d4d4f43ull /* "COMMTTED" */
#define INDEX_FORMAT_VERSION 2u
#define INDEX_ENDIAN_MARK 0x01020304u
#define INDEX_SEED 0x66697877617264ull

#define INDEX_PAGE 4096u                  /* bytes; sections start at multiples of it */
#define INDEX_CHECKSUM_BLOCK (1u << 20)   /* bytes under one checksum */
#define INDEX_SECTIONS_MAX 64             /* of one file */
#define INDEX_KINDS_MAX 40                /* room for identifier kinds to come */
#define INDEX_POSITIONS_MAX 0xfffffffeull /* records of one index, and units that they may take */
#define INDEX_RECORD_MAX (256u << 10)     /* bytes of one record */
#define INDEX_LINE_SLOTS 10
#define INDEX_PAGE_LINES 64

enum index_section_type {
    INDEX_RECORDS = 1,
    INDEX_DICTIONARY,
    INDEX_META,
    INDEX_TABLE,
    INDEX_POSTINGS,
    INDEX_OVERFLOW,
    INDEX_CHECKSUMS,
};

struct index_section {
    uint32_t type;
    uint32_t kind;   /* identifier_kind of TABLE, POSTINGS and OVERFLOW, else 0 */
    uint64_t offset; /* bytes from the file's start */
    uint64_t length; /* bytes, without the padding to the page's end */
};

struct index_kind_counts {
    uint64_t keys;
    uint64_t duplicate_keys;
    uint64_t invalid_keys;
};

struct index_header {
    char magic[8];
    uint32_t format_version;
    uint32_t endian_mark;
    uint64_t seed;
    uint64_t file_bytes;
    uint64_t rows;
    uint64_t bad_rows;
    uint32_t record_unit; /* 8 or 16 bytes */
    uint32_t section_count;
    char version[INDEX_VERSION_LEN];
    struct index_kind_counts kinds[INDEX_KINDS_MAX];
    struct index_section sections[INDEX_SECTIONS_MAX];
};

struct index_footer {
    char magic[8];
    uint64_t file_bytes;
    uint64_t header_sum; /* of the header's page */
    uint64_t root;       /* of the CHECKSUMS section with its padding */
    char reserved[INDEX_PAGE - 48];
    uint64_t sum; /* of the footer up to here */
    uint64_t commit_word;
};

/* A cache line of a table's page. */
struct index_line {
    uint32_t bits; /* INDEX_LINE_* */
    uint16_t fingerprint[INDEX_LINE_SLOTS];
    uint32_t value[INDEX_LINE_SLOTS]; /* a position, or where in POSTINGS its list starts, in words of 4 bytes */
};

#define INDEX_LINE_COUNT 0xfu                      /* slots in use */
#define INDEX_LINE_POSTING(slot) (0x10u << (slot)) /* the slot's value is a list */
#define INDEX_LINE_OVERFLOWED 0x4000u /* keys of this line went on to the next, or past the last to OVERFLOW */

struct index_page {
    struct index_line line[INDEX_PAGE_LINES];
};

struct index_overflow {
    uint64_t hash;
    uint32_t list; /* in POSTINGS, in words; always a list, even of one */
    uint32_t reserved;
};

#define INDEX_LIST_HEADER 2 /* words before a list's positions: their count, and index_hash_check */

/* The DICTIONARY: this header, a count for each column, entries column by column, bytes. */
struct index_dictionary_header {
    uint32_t columns; /* attributes and carried columns that the masters have, in the order of a record */
    uint32_t entries;
    uint32_t bytes;
};

struct index_dictionary_entry {
    uint32_t offset; /* into the bytes */
    uint32_t len;
};

static_assert(sizeof(struct index_header) <= INDEX_PAGE, "the header fits in its page");
static_assert(sizeof(struct index_footer) == INDEX_PAGE, "the footer is a page");
static_assert(sizeof(struct index_line) == 64, "a line is a cache line");
static_assert(sizeof(struct index_page) == INDEX_PAGE, "a page is a page");
static_assert(sizeof(struct index_overflow) == 16, "overflow entries are packed");
static_assert(IDENTIFIER_KIND_COUNT <= INDEX_KINDS_MAX, "the header has room for every kind");

/* The hash of a key, which places it: page from the high bits, line and fingerprint from the low ones. */
uint64_t index_hash(uint64_t seed, enum identifier_kind kind, struct slice key);

static inline uint64_t index_hash_page(uint64_t hash, uint64_t pages)
{
    return (uint64_t)(((unsigned __int128)hash * pages) >> 64);
}

static inline unsigned index_hash_line(uint64_t hash)
{
    return (unsigned)(hash & (INDEX_PAGE_LINES - 1));
}

static inline uint16_t index_hash_fingerprint(uint64_t hash)
{
    return (uint16_t)(hash >> 6);
}

/* Bits that neither line nor fingerprint use, kept in a list's header. */
static inline uint32_t index_hash_check(uint64_t hash)
{
    return (uint32_t)(hash >> 22);
}

static inline uint64_t index_padded(uint64_t length)
{
    return (length + INDEX_PAGE - 1) / INDEX_PAGE * INDEX_PAGE;
}

static inline uint64_t index_checksum_count(uint64_t padded)
{
    return (padded + INDEX_CHECKSUM_BLOCK - 1) / INDEX_CHECKSUM_BLOCK;
}

/* XXH3-64, the file's only checksum. */
uint64_t index_checksum(const void *bytes, size_t len);

/* The section of that type and kind, or NULL. */
const struct index_section *index_find_section(const struct index_header *header, enum index_section_type type,
                                               uint32_t kind);

/* Whether `bytes`, a whole file of `size` bytes that begins with `header`, has a header, a footer and a table of
 * sections that can be believed, and intact checksums of CHECKSUMS itself. ERROR_DATA with a sentence otherwise. The
 * sections' content is unchecked. `header` is a copy, so that it stays what was checked, whatever becomes of the file.
 */
int index_check_frame(const struct index_header *header, const unsigned char *bytes, uint64_t size, struct error *e);

/* Compares a section of a file whose frame was checked with its checksums. */
int index_check_section(const struct index_header *header, const unsigned char *bytes,
                        const struct index_section *section, struct error *e);

#endif
