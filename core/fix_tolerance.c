#include "fix_tolerance.h"

const char *fix_tolerance_name(enum fix_tolerance_number tolerance)
{
    static const char *const names[FIX_TOLERANCE_COUNT] = {
#define X(name, text, sentence) text,
        FIX_TOLERANCES(X)
#undef X
    };
    return names[tolerance];
}

const char *fix_tolerance_text(enum fix_tolerance_number tolerance)
{
    static const char *const texts[FIX_TOLERANCE_COUNT] = {
#define X(name, text, sentence) sentence,
        FIX_TOLERANCES(X)
#undef X
    };
    return texts[tolerance];
}

bool fix_tolerance_change(struct slice name, unsigned *tolerated)
{
    bool take_out = name.len > 0 && name.ptr[0] == '-';

    if (take_out)
        name = slice_make(name.ptr + 1, name.len - 1);
    for (unsigned i = 0; i < FIX_TOLERANCE_COUNT; i++) {
        if (!slice_equal_text(name, fix_tolerance_name((enum fix_tolerance_number)i)))
            continue;
        if (take_out)
            *tolerated &= ~(1u << i);
        else
            *tolerated |= 1u << i;
        return true;
    }
    return false;
}
