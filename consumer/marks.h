/* marks: by which version each partition's records are judged, as far as it has been said; one lane's.
 *
 * It decides which marks (mark.h) have to be published, so that those that are committed say it of every record: at the
 * first record of a partition that nothing is remembered of, by another version, and where records come again from
 * before the last mark. What was said may be taken back, and a partition be another's for a while: then all is
 * forgotten, and said once more. Bounded: beyond MARKS_PARTITIONS_MAX it forgets, too. One thread. */
#ifndef FIXWARDEN_CONSUMER_MARKS_H
#define FIXWARDEN_CONSUMER_MARKS_H

#include <stdbool.h>

#include "core/discrepancy.h"
#include "core/error.h"
#include "mark.h"
#include "outbox.h"

#define MARKS_PARTITIONS_MAX 4096 /* remembered; 1.2 MB */

struct marks;

/* NULL without memory. */
struct marks *marks_new(void);
void marks_free(struct marks *marks); /* NULL is fine */

/* Whether it has to be said that the record of that place is judged by that version, an index's; it counts as said from
 * then on. */
bool marks_lack(struct marks *marks, const struct origin *origin, const char *version);

/* What was said last may be taken back, or somebody else have the partitions: nothing has been said. */
void marks_forget(struct marks *marks);

/* Says it, in the transaction of what else is in the outbox. May call on_full, as a finding does. */
int marks_put(struct outbox *outbox, const struct mark *mark, struct error *e);

#endif
