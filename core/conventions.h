/* conventions: by which convention a message spells its symbols, as the user has set it for sessions, topics and
 * markets. Set up once by one thread; read by any number of threads afterwards. */
#ifndef FIXWARDEN_CORE_CONVENTIONS_H
#define FIXWARDEN_CORE_CONVENTIONS_H

#include "error.h"
#include "slice.h"
#include "symbology.h"

#define CONVENTIONS_MAX 10000u /* of sessions, topics and MICs together */

struct conventions;

/* NULL without memory. */
struct conventions *conventions_new(void);
void conventions_free(struct conventions *conventions); /* NULL is fine */

/* For a session "SENDER/TARGET" (tags 49 and 56; "*" for any of either), a topic, or a MIC (case aside). A later setting
 * of the same name replaces the earlier one. The names are copied. ERROR_CONFIG says what is wrong with a name. */
int conventions_set_session(struct conventions *conventions, struct slice session, enum symbology_convention convention,
                            struct error *e);
int conventions_set_topic(struct conventions *conventions, struct slice topic, enum symbology_convention convention,
                          struct error *e);
int conventions_set_mic(struct conventions *conventions, struct slice mic, enum symbology_convention convention,
                        struct error *e);

/* The convention of a message by its session, else its topic: SYMBOLOGY_NONE where none is set. Few messages need it, so
 * it may cost a hash or two. `conventions` may be NULL. */
enum symbology_convention conventions_of_message(const struct conventions *conventions, struct slice sender,
                                                 struct slice target, struct slice topic);

/* The convention of a market, a MIC of four characters. `conventions` may be NULL. */
enum symbology_convention conventions_of_mic(const struct conventions *conventions, struct slice mic);

#endif
