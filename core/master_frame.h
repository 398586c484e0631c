/* master_frame: lines among and behind the rows of a delivered master that are no rows: comments, the line that ends
 * the rows and all behind it, and the trailer.
 *
 * It goes over the bytes in their order, before anybody takes rows out of them, and makes such lines blank in place:
 * their bytes become carriage returns, so that offsets and line numbers stay, and blank lines are passed over by all.
 * A frame line can only stand where a row could start; what looks like one within quotes is part of a row. The trailer
 * is the last line before the end of the rows that is neither blank nor a comment; it has to start with the prefix, and
 * from its first byte to that end there are MASTER_FRAME_TRAILER_MAX bytes at most. One thread at a time. */
#ifndef FIXWARDEN_CORE_MASTER_FRAME_H
#define FIXWARDEN_CORE_MASTER_FRAME_H

#include <stdbool.h>

#include "error.h"
#include "master_format.h"
#include "master_scan.h"

#define MASTER_FRAME_TRAILER_MAX 4096u /* bytes */
#define MASTER_FRAME_HOLD (MASTER_FRAME_TRAILER_MAX + MASTER_FORMAT_TEXT_MAX + 2)
#define MASTER_FRAME_SHOWN 80 /* bytes of a trailer that a sentence shows */

struct frame_text {
    char bytes[MASTER_FORMAT_TEXT_MAX];
    size_t len; /* 0: there is none */
};

enum frame_place { FRAME_LINE_START, FRAME_IN_ROW, FRAME_IN_COMMENT, FRAME_ENDED };

/* A plain value, so that a copy goes on where the original stands. */
struct master_frame {
    char delimiter;
    struct frame_text comment;
    struct frame_text data_end;
    struct frame_text trailer;
    enum frame_place place;
    enum quote_state quotes; /* at a line's start or in a row */
    uint64_t rows;           /* that started so far, without the trailer */
    bool has_trailer;
    bool has_count; /* the trailer says how many rows there are: */
    uint64_t count;
    char shown[MASTER_FRAME_SHOWN + 1];
    size_t held;
    char hold[MASTER_FRAME_HOLD];
};

/* Starts where the first row does. ERROR_CONFIG where a text is too long, or holds a quote or a line end. */
int master_frame_start(struct master_frame *frame, const struct master_format *format, char delimiter, struct error *e);

/* As it was when it started. */
void master_frame_restart(struct master_frame *frame);

/* Whether there is anything to look for; if not, nothing else needs to be called. */
bool master_frame_is_on(const struct master_frame *frame);

/* Goes over bytes, with those that were held in front. Returns how many are settled; the others are held, at most
 * MASTER_FRAME_HOLD, and none at the end. */
size_t master_frame_pass(struct master_frame *frame, char *bytes, size_t len, bool at_end) __attribute__((nonnull));

/* Writes the held bytes to `to`, to have them passed again; returns how many. */
size_t master_frame_release(struct master_frame *frame, char *to);

/* After the end: ERROR_DATA where the line that ends the rows or the trailer is missing, or the trailer counts other
 * than the rows that there are. */
int master_frame_check(const struct master_frame *frame, const char *path, struct error *e);

/* Whether a line, without its line end, is a text of the format, or starts with it. An empty text is neither. */
bool master_frame_is_line(struct slice line, const char *text);
bool master_frame_starts(struct slice line, const char *prefix);

#endif
