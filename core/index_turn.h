/* index_turn: threads that do something side by side and something else strictly one after the other, by number.
 *
 * Whoever has number n waits until all numbers before it are done, acts alone, and passes on. A failure stops
 * everybody: the first one in order is kept, since only whoever's turn it is may fail. */
#ifndef FIXWARDEN_CORE_INDEX_TURN_H
#define FIXWARDEN_CORE_INDEX_TURN_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct index_turn {
    pthread_mutex_t mutex;
    pthread_cond_t moved;
    uint64_t next; /* whose turn it is */
    bool stopped;
};

void index_turn_init(struct index_turn *turn); /* the turn is 0's */
void index_turn_destroy(struct index_turn *turn);

/* Waits for a number's turn; false where everything was stopped. What the holders before wrote is seen. */
bool index_turn_wait(struct index_turn *turn, uint64_t number);
void index_turn_pass(struct index_turn *turn); /* by whoever holds it */
void index_turn_stop(struct index_turn *turn); /* by anyone: all who wait, or are to wait, return false */

#endif
