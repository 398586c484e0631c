/* proof: whether a master's files are those whose digests were delivered beside them, found out by an errand. One
 * thread. */
#ifndef FIXWARDEN_CONSUMER_PROOF_H
#define FIXWARDEN_CONSUMER_PROOF_H

#include "settled.h"

struct proof;

/* The snapshot is borrowed, and has to stay as it is. */
int proof_start(const struct snapshot *snapshot, enum ready_file ready, struct proof **out, struct error *e);

/* Whether it is over. Then *agrees says what came of it; if not, the error says why. */
bool proof_is_over(struct proof *proof, bool *agrees, struct error *why);

/* Ends it. NULL is fine. */
void proof_free(struct proof *proof);

#endif
