/* master_internal: an open master, as its own files see it: master_open.c opens it, master.c reads its rows. */
#ifndef FIXWARDEN_CORE_MASTER_INTERNAL_H
#define FIXWARDEN_CORE_MASTER_INTERNAL_H

#include "master.h"
#include "master_text.h"

/* What comes next in the text. */
enum next_result { NEXT_ROW, NEXT_TOO_LONG, NEXT_OPEN_QUOTE, NEXT_END, NEXT_FAILED };

struct master {
    struct master_source *source;
    const char *path; /* the source's */
    char *buffer;     /* MASTER_ROW_MAX + read_bytes, what the frame holds, and a line end that stops every scan */
    size_t read_bytes;
    size_t start; /* of the next row */
    size_t end;   /* of what was read */
    bool at_end;  /* of the text: there is nothing more to read */
    bool finished;
    uint64_t base; /* offset in the text of buffer[0] */
    uint64_t line; /* of buffer[start] */
    struct master_frame frame;
    bool framed; /* what was read has gone through the frame: from the body on, if there is a frame */
    struct master_text text;
    struct master_scanner scanner;
    struct master_columns columns;
    char *names;
    struct slice *column_names;
};

/* Lets the frame look at what stands in the buffer behind `settled`. */
void master_settle(struct master *master, size_t settled);

/* Moves what is unread to the buffer's front and reads on behind it. */
int master_fill(struct master *master, struct error *e);

/* Scans the next row that is not blank, reading on as it needs, and stays in front of it. */
enum next_result master_scan_next(struct master *master, struct master_scan *scan, struct error *e);

#endif
