/* builder: a process that makes an index, so that nothing that happens in it can take this one down.
 *
 * It is this program again (`index build --background`), exec'ed and not merely forked, since other threads are
 * running; with the [master] part of the configuration in its arguments, and without the variables of the environment
 * that are fixwarden's. It works in the background and goes when the thread that started it goes. What it says on
 * standard error goes to the log, line by line; its last words are the error. One thread makes, polls and frees it;
 * nothing here waits, but for builder_free. */
#ifndef FIXWARDEN_CONSUMER_BUILDER_H
#define FIXWARDEN_CONSUMER_BUILDER_H

#include <stdint.h>

#include "config.h"
#include "log.h"

#define BUILDER_GRACE_MS 5000 /* after SIGTERM, before SIGKILL */

enum builder_state {
    BUILDER_WORKS,
    BUILDER_IS_DONE, /* the index is at its place, whole and on the disk */
    BUILDER_FAILED,  /* there is none: the error says why */
};

struct builder;

/* Starts one that makes `path` of those files, for reload.build_timeout at most; `beside` a check that is live: with
 * half of the processors, unless master.threads says how many. Everything is copied, but for `log`. */
int builder_start(const struct config *config, const struct string_list *files, const char *path, bool beside,
                  int64_t now_ms, struct log *log, struct builder **out, struct error *e);

/* Looks what it does; ends one that takes too long. The error's code is that with which it ended; ERROR_INTERNAL for
 * one that was killed, ERROR_TEMPORARY for one that took too long. */
enum builder_state builder_poll(struct builder *builder, int64_t now_ms, struct error *e);

/* Kills it, if it works. NULL is fine. */
void builder_free(struct builder *builder);

/* Whether the same files may give an index another time: it was not the files, nor the configuration. */
bool builder_may_try_again(const struct error *e);

#endif
