/* build_view: what somebody sees of an index being made, on standard error. One thread. */
#ifndef FIXWARDEN_CONSUMER_BUILD_VIEW_H
#define FIXWARDEN_CONSUMER_BUILD_VIEW_H

#include <stdatomic.h>
#include <stdbool.h>

#include "core/index_build.h"

struct build_view {
    const atomic_bool *stop; /* cancels the build */
    bool columns;            /* say which column was recognised as what */
    bool terminal;           /* draw progress */
    int shown;               /* per cent that is drawn; -1 nothing */
};

/* Fills in `events` so that they draw on the view, which must live as long. */
void build_view_init(struct build_view *view, const atomic_bool *stop, bool columns, struct index_build_events *events);

/* Wipes the progress away. */
void build_view_end(struct build_view *view);

#endif
