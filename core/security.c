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

bool security_repeats_key(const struct security *security, enum master_role role)
{
    for (enum master_role other = 0; other < role; other++)
        if (master_role_kind(other) == master_role_kind(role) &&
            slice_equal(security->value[other], security->value[role]))
            return true;
    return false;
}
