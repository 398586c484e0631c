#include "arenas.h"

#include <malloc.h>

#define ARENAS_MAX 4096 /* more than there are threads; each is made with the first one that needs it */

void arenas_set_apart(void)
{
#ifdef M_ARENA_MAX
    (void)mallopt(M_ARENA_MAX, ARENAS_MAX);
#endif
}
