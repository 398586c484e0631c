#include "progress.h"

#include <inttypes.h>
#include <stdio.h>

#define BAR_WIDTH 30 /* characters */

void progress_draw(int percent, uint64_t count, const char *unit)
{
    int bar = percent * BAR_WIDTH / 100;

    fprintf(stderr, "\r[%.*s%*s] %3d%%  %" PRIu64 " %s", bar, "==============================", BAR_WIDTH - bar, "",
            percent, count, unit);
}

void progress_wipe(void)
{
    fputs("\r\033[K", stderr);
}
