/* fix_plain: all fields of a message at once, where each is tag=value and none holds data. Private to fix.c
 * and fix_common.c.
 *
 * Pure, no allocation. Any thread. */
#ifndef FIXWARDEN_CORE_FIX_PLAIN_H
#define FIXWARDEN_CORE_FIX_PLAIN_H

#include "fix.h"
#include "fix_scan.h"

/* Reads the fields of a scan that is plain; a trailer (7 bytes at least) stands behind the last one. False where a
 * field is a length or data, or its tag is longer than eight digits: then the message has to be walked. */
bool fix_plain_read(const char *start, const struct fix_scan *scan, struct fix_index *index);

#endif
