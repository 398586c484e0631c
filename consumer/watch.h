/* watch: is woken when something happens to files, so that they are looked at before it is time anyway.
 *
 * By inotify on directories: those of the files, and where a symbolic link stands on the way, that of the link and that
 * to which it leads; so that it also hears of a file that appears, and of a link that is exchanged. An event says
 * nothing but that it is time to look. Not every file system has events, and too many of them are lost: whoever relies
 * on it looks now and then in any case. One thread. */
#ifndef FIXWARDEN_CONSUMER_WATCH_H
#define FIXWARDEN_CONSUMER_WATCH_H

#include <stdbool.h>

#include "config.h"

#define WATCH_DIRECTORIES_MAX 256 /* further ones are looked at without being woken */
#define WATCH_LINKS_MAX 40        /* on the way to one file, as for the kernel */

struct watch;

/* NULL without memory. Without inotify it is never woken. */
struct watch *watch_new(void);
void watch_free(struct watch *watch); /* NULL is fine */

/* Whether anything has happened since the last call. Costs a system call. */
bool watch_is_woken(struct watch *watch);

/* From now on it is woken by these files, or patterns of them, and nothing else. To be called before each look: by then
 * their directories may be others. */
void watch_set(struct watch *watch, const char *const *paths, size_t count);

/* How many directories are watched. */
size_t watch_count(const struct watch *watch);

#endif
