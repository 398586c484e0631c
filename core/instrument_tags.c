#include "instrument_tags.h"

const struct tag_meaning instrument_tag_meanings[INSTRUMENT_TAG_MAX + 1] = {
#define X(tag, block, field) [tag] = {BLOCK_##block, field},
    INSTRUMENT_TAGS(X) MESSAGE_TAGS(X)
#undef X
};

const uint16_t instrument_block_tags[BLOCK_INSTRUMENTS_END][FIELD_COUNT] = {
#define X(tag, block, field) [BLOCK_##block][field] = (tag),
    INSTRUMENT_TAGS(X)
#undef X
};
