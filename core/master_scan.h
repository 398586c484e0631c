/* master_scan: where the fields of a row are, by RFC 4180. A parser: no I/O, no allocation, no state between rows. */
#ifndef FIXWARDEN_CORE_MASTER_SCAN_H
#define FIXWARDEN_CORE_MASTER_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "slice.h"

/* Where a byte of a row stands. Only IN_QUOTES lets a line end be data. */
enum quote_state { AT_FIELD_START, IN_PLAIN, IN_QUOTES, AFTER_QUOTE };

/* The state after the byte c, which does not end the row. */
enum quote_state quote_step(enum quote_state state, char c, char delimiter);

enum scan_result {
    SCAN_ROW,
    SCAN_FIELD,      /* one field of it; not for callers */
    SCAN_MORE,       /* the bytes end first */
    SCAN_OPEN_QUOTE, /* the file ends inside quotes */
};

/* What a scan found out about a row. It leaves the buffer as it is, so it may start again when there is more. */
struct master_scan {
    size_t len; /* bytes of the row with its line end */
    size_t fields;
    uint64_t newlines;
    uint64_t quote_newlines; /* line ends before the last quote that opened */
    bool stray;
    bool nul;
    bool doubled;
};

/* The dialect, and where the fields go. */
struct master_scanner {
    char delimiter;
    bool special[256];    /* bytes that stop the scan of a plain field */
    struct slice *fields; /* field_max of them; further fields are only counted */
    bool *doubled;        /* fields that hold doubled quotes */
    size_t field_max;
};

void scanner_set_delimiter(struct master_scanner *scanner, char delimiter);

/* Scans the row that starts at `begin`. `limit` is the end of the bytes, where a line end has to stand that is none of
 * them; `at_end` says that the file ends there too. Fields are borrowed from the bytes, with doubled quotes as they
 * are. */
enum scan_result scanner_scan(const struct master_scanner *scanner, const char *begin, const char *limit, bool at_end,
                              struct master_scan *scan);

#endif
