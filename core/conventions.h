/* conventions: by which convention a message spells its symbols, as the user has set it for sessions, topics and
 * markets. Set up once by one thread; read by any number of threads afterwards. */
#ifndef FIXWARDEN_CORE_CONVENTIONS_H
#define FIXWARDEN_CORE_CONVENTIONS_H

#include "error.h"
#include "slice.h"
#include "symbology.h"

#define CONVENTIONS_MAX 10000u    /* of sessions, topics and MICs together */
#define CONVENTIONS_NAME_MAX 255u /* bytes of "SENDER/TARGET" or of a topic; longer ones have no convention */
#define CONVENTIONS_ANY "*"       /* in the place of a SENDER or a TARGET */

struct conventions;

/* NULL without memory. */
struct conventions *conventions_new(void);
void conventions_free(struct conventions *conventions); /* NULL is fine */

/* For a session "SENDER/TARGET" (tags 49 and 56; "*" for any of either, but not of both), a topic, or a MIC (case
 * aside). `convention` is not SYMBOLOGY_NONE. A later setting of the same name replaces the earlier one. The names are
 * copied. ERROR_CONFIG says what is wrong with a name, or that there are too many; ERROR_INTERNAL: no memory. */
int conventions_set_session(struct conventions *conventions, struct slice session, enum symbology_convention convention,
                            struct error *e);
int conventions_set_topic(struct conventions *conventions, struct slice topic, enum symbology_convention convention,
                          struct error *e);
int conventions_set_mic(struct conventions *conventions, struct slice mic, enum symbology_convention convention,
                        struct error *e);

/* The convention of a message by its session (both, then sender and any, then any and target), else by its topic:
 * SYMBOLOGY_NONE where none is set. Of a field that is absent the value is empty; "*" stands for it, too. `conventions`
 * may be NULL. */
enum symbology_convention conventions_of_message(const struct conventions *conventions, struct slice sender,
                                                 struct slice target, struct slice topic);

/* The convention of a market by its MIC, case aside. `conventions` may be NULL. */
enum symbology_convention conventions_of_mic(const struct conventions *conventions, struct slice mic);

#endif
