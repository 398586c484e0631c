#include "fix_data.h"

#include "fix.h"

/* X(length tag, data tag): FIX 5.0 SP2 EP, every field of type Length that announces one of type data or XMLData. */
#define DATA_PAIRS(X)                                                                                                  \
    X(90, 91)                                                                                                          \
    X(93, 89)                                                                                                          \
    X(95, 96)                                                                                                          \
    X(212, 213)                                                                                                        \
    X(348, 349)                                                                                                        \
    X(350, 351)                                                                                                        \
    X(352, 353)                                                                                                        \
    X(354, 355)                                                                                                        \
    X(356, 357)                                                                                                        \
    X(358, 359)                                                                                                        \
    X(360, 361)                                                                                                        \
    X(362, 363)                                                                                                        \
    X(364, 365)                                                                                                        \
    X(445, 446)                                                                                                        \
    X(618, 619)                                                                                                        \
    X(621, 622)                                                                                                        \
    X(1184, 1185)                                                                                                      \
    X(1277, 1278)                                                                                                      \
    X(1280, 1281)                                                                                                      \
    X(1282, 1283)                                                                                                      \
    X(1397, 1398)                                                                                                      \
    X(1401, 1402)                                                                                                      \
    X(1403, 1404)                                                                                                      \
    X(1468, 1469)                                                                                                      \
    X(1525, 1527)                                                                                                      \
    X(1578, 1579)                                                                                                      \
    X(1620, 1621)                                                                                                      \
    X(1664, 1665)                                                                                                      \
    X(1678, 1697)                                                                                                      \
    X(1733, 1734)                                                                                                      \
    X(1871, 1872)                                                                                                      \
    X(1874, 1875)                                                                                                      \
    X(2072, 2073)                                                                                                      \
    X(2074, 2075)                                                                                                      \
    X(2111, 2112)                                                                                                      \
    X(2179, 2180)                                                                                                      \
    X(2287, 2288)                                                                                                      \
    X(2351, 2352)                                                                                                      \
    X(2372, 2371)                                                                                                      \
    X(2481, 2482)                                                                                                      \
    X(2494, 2493)                                                                                                      \
    X(2522, 2521)                                                                                                      \
    X(2637, 2638)                                                                                                      \
    X(2651, 2652)                                                                                                      \
    X(2665, 2666)                                                                                                      \
    X(2715, 2716)                                                                                                      \
    X(2718, 2719)                                                                                                      \
    X(2721, 2722)                                                                                                      \
    X(2797, 2798)                                                                                                      \
    X(2802, 2801)                                                                                                      \
    X(2809, 2808)                                                                                                      \
    X(2815, 2814)                                                                                                      \
    X(40004, 40005)                                                                                                    \
    X(40008, 40009)                                                                                                    \
    X(40978, 40979)                                                                                                    \
    X(40980, 40981)                                                                                                    \
    X(40982, 40983)                                                                                                    \
    X(40984, 40985)                                                                                                    \
    X(40986, 40987)                                                                                                    \
    X(40988, 40989)                                                                                                    \
    X(41083, 41084)                                                                                                    \
    X(41101, 41102)                                                                                                    \
    X(41107, 41108)                                                                                                    \
    X(41256, 41257)                                                                                                    \
    X(41320, 41321)                                                                                                    \
    X(41324, 41325)                                                                                                    \
    X(41458, 41459)                                                                                                    \
    X(41476, 41477)                                                                                                    \
    X(41482, 41483)                                                                                                    \
    X(41653, 41654)                                                                                                    \
    X(41710, 41711)                                                                                                    \
    X(41806, 41807)                                                                                                    \
    X(41811, 41812)                                                                                                    \
    X(41873, 41874)                                                                                                    \
    X(41969, 41970)                                                                                                    \
    X(42025, 42026)                                                                                                    \
    X(42171, 42172)                                                                                                    \
    X(42451, 42452)                                                                                                    \
    X(42652, 42653)                                                                                                    \
    X(42947, 42948)                                                                                                    \
    X(43109, 42684)                                                                                                    \
    X(43110, 42486)                                                                                                    \
    X(43111, 42982)

enum { IS_LENGTH = 1, IS_DATA };

const uint8_t fix_data_kinds[FIX_DATA_TAG_MAX + 1] = {
#define X(length, data) [length] = IS_LENGTH, [data] = IS_DATA,
    DATA_PAIRS(X)
#undef X
};

bool fix_data_is(uint32_t tag)
{
    return tag <= FIX_DATA_TAG_MAX && fix_data_kinds[tag] == IS_DATA;
}

uint32_t fix_data_tag(uint32_t length_tag)
{
    if (length_tag > FIX_DATA_TAG_MAX || fix_data_kinds[length_tag] != IS_LENGTH)
        return 0; /* most fields */
    switch (length_tag) {
#define X(length, data)                                                                                                \
    case length:                                                                                                       \
        return data;
        DATA_PAIRS(X)
#undef X
    default:
        return 0;
    }
}
