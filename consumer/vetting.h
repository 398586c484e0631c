/* vetting: an index file is opened, verified and judged before it may serve, by an errand, since that takes as long as
 * the file is large. One thread. */
#ifndef FIXWARDEN_CONSUMER_VETTING_H
#define FIXWARDEN_CONSUMER_VETTING_H

#include "config.h"
#include "core/index.h"
#include "recent.h"

enum vetting_verdict {
    VETTING_GOES_ON,
    VETTING_IS_GOOD,
    VETTING_IS_DAMAGED, /* no index, or not a whole one */
    VETTING_IS_REFUSED, /* a good index of what cannot be the master */
};

struct vetting;

/* As index_open, with what the configuration says of memory and every checksum verified. ERROR_IO where a page of it
 * cannot be read (bus_fault). */
int vetting_open(const struct config *config, const char *path, struct index **out, struct error *e);

/* The newest good one of the kept versions that is not `version` (NULL: of all), every checksum verified; the caller's
 * to close. NULL: there is none. */
struct index *vetting_open_newest_kept(const struct config *config, const char *version);

/* `before` is the index that serves, which has to stay open; NULL: none does, and the newest version that was kept
 * stands for it. `recent` as gate_judge has it. The path is copied. */
int vetting_start(const struct config *config, const char *path, const struct index *before, struct recent *recent,
                  struct vetting **out, struct error *e);

/* The same without the judging, of a version that has served before. */
int vetting_start_kept(const struct config *config, const char *path, struct vetting **out, struct error *e);

/* What has come of it. Where it is good, *index is the caller's; else the error says why. */
enum vetting_verdict vetting_poll(struct vetting *vetting, struct index **index, struct error *why);

/* Waits for it. NULL is fine. */
void vetting_free(struct vetting *vetting);

#endif
