#include "security.h"

const char *master_role_name(enum master_role role)
{
    static const char *const names[MASTER_ROLE_COUNT] = {
#define X(role, name, kind, synonyms) name,
        MASTER_ROLES(X)
#undef X
    };
    return names[role];
}
