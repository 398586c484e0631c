/* fix_data: the fields of FIX that hold data, behind a field with their length. Pure; any thread. */
#ifndef FIXWARDEN_CORE_FIX_DATA_H
#define FIXWARDEN_CORE_FIX_DATA_H

#include <stdbool.h>
#include <stdint.h>

#define FIX_DATA_TAG_MAX 43111 /* the highest tag of a length or of data */

/* By tag, up to FIX_DATA_TAG_MAX: 0 for a field like most. */
extern const uint8_t fix_data_kinds[FIX_DATA_TAG_MAX + 1];

/* Whether a tag holds data, and so must stand behind its length. */
bool fix_data_is(uint32_t tag);

#endif
