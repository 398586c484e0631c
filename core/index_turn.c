#include "index_turn.h"

void index_turn_init(struct index_turn *turn)
{
    pthread_mutex_init(&turn->mutex, NULL);
    pthread_cond_init(&turn->moved, NULL);
    turn->next = 0;
    turn->stopped = false;
}

void index_turn_destroy(struct index_turn *turn)
{
    pthread_cond_destroy(&turn->moved);
    pthread_mutex_destroy(&turn->mutex);
}

bool index_turn_wait(struct index_turn *turn, uint64_t number)
{
    bool mine;

    pthread_mutex_lock(&turn->mutex);
    while (turn->next != number && !turn->stopped)
        pthread_cond_wait(&turn->moved, &turn->mutex);
    mine = !turn->stopped;
    pthread_mutex_unlock(&turn->mutex);
    return mine;
}

void index_turn_pass(struct index_turn *turn)
{
    pthread_mutex_lock(&turn->mutex);
    turn->next++;
    pthread_cond_broadcast(&turn->moved);
    pthread_mutex_unlock(&turn->mutex);
}

void index_turn_stop(struct index_turn *turn)
{
    pthread_mutex_lock(&turn->mutex);
    turn->stopped = true;
    pthread_cond_broadcast(&turn->moved);
    pthread_mutex_unlock(&turn->mutex);
}
