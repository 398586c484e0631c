/* settled: whether a master that has changed is whole, and may be read.
 *
 * Every file has to be there. It is whole when it has stayed as it is for reload.settle; or, by reload.ready_file, when
 * what stands beside it says so: FILE.done that is not older than FILE, or FILE.md5 or FILE.sha256, whose digest is
 * then to be compared. Time arrives as a value; nothing here looks at files. */
#ifndef FIXWARDEN_CONSUMER_SETTLED_H
#define FIXWARDEN_CONSUMER_SETTLED_H

#include "snapshot.h"

enum settled_verdict {
    SETTLED_IS_MISSING,    /* a file is not there */
    SETTLED_IS_CHANGING,   /* a file has not stayed as it is for long enough */
    SETTLED_IS_UNMARKED,   /* a file's side file is not there, or older than it */
    SETTLED_NEEDS_DIGESTS, /* it is, if the digests of its side files agree */
    SETTLED_IS_WHOLE,
};

/* All zero: nothing was seen yet. */
struct settled {
    struct snapshot last;
    int64_t since_ms; /* by the monotonic clock: seen as it is */
};

/* Takes `now` over. `wall_ms`, since the epoch, is only asked at the first look: what was written long ago by the
 * files' own times is whole at once. *file is the one that the verdict is about. */
enum settled_verdict settled_look(struct settled *settled, struct snapshot *now, int64_t now_ms, int64_t wall_ms,
                                  const struct config *config, size_t *file);

/* When it is to be looked at again, since nothing would tell of it: by the monotonic clock. */
int64_t settled_due_ms(const struct settled *settled, const struct config *config);

/* The side file whose digest has to be compared; SNAPSHOT_SIDE_COUNT: none. */
enum snapshot_side settled_digest_side(const struct snapshot_file *file, enum ready_file ready);

void settled_free(struct settled *settled);

#endif
