/* arenas: memory that each thread allocates for itself.
 *
 * glibc makes eight arenas a processor and has further threads share them; a lane has some fourteen threads with those
 * of its library. Whoever shares an arena waits for its lock, at each record that the library makes and the lane gives
 * back. Which of them do is chance, and stays so until the process ends: on two processors one of five processes took a
 * fifth longer. */
#ifndef FIXWARDEN_CONSUMER_ARENAS_H
#define FIXWARDEN_CONSUMER_ARENAS_H

/* From here on. Once, before threads are started; without effect where malloc is not glibc's. */
void arenas_set_apart(void);

#endif
