/* ini: the lines of an INI file.
 *
 * Not inih's parser: Debian's cuts lines behind 200 bytes, which a list of brokers reaches, and values at " ;", which a
 * password may hold.
 *
 * `[section]`, `key = value`, lines that start with `#` or `;` are comments; white space around names and values is
 * passed over, a value may be empty and holds everything else up to the line's end. LF or CRLF; a UTF-8 byte order mark
 * is fine. A pure function over borrowed bytes. */
#ifndef FIXWARDEN_CONSUMER_INI_H
#define FIXWARDEN_CONSUMER_INI_H

#include "core/slice.h"

struct ini {
    struct slice rest; /* starts as the whole file */
    size_t line;       /* of what was read last, from 1 */
    struct slice section;
    struct slice key;
    struct slice value;
};

enum ini_event {
    INI_SECTION, /* section is set: also one without values is seen, should its name be wrong */
    INI_VALUE,   /* section, key and value are set, and borrowed from the file */
    INI_END,
    INI_BAD_SECTION, /* a line starts with [ and is no [section] */
    INI_BAD_LINE,    /* neither key = value, section nor comment */
    INI_NO_SECTION,  /* a value before the first section */
    INI_NUL,         /* the line holds a NUL byte */
};

enum ini_event ini_next(struct ini *ini);

/* "is neither key = value, [section] nor a comment"; for the events that are errors. A constant. */
const char *ini_event_text(enum ini_event event);

#endif
