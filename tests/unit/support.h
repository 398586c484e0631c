/* support: what several unit tests share. cmocka's headers in the order that they need, and small things
 * to test with. */
#ifndef FIXWARDEN_TESTS_UNIT_SUPPORT_H
#define FIXWARDEN_TESTS_UNIT_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/index.h"
#include "core/slice.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Fails the test with the row's name in front. */
#define fail_row(name, ...)                                                                                            \
    do {                                                                                                               \
        print_error("row: %s\n", name);                                                                                \
        fail_msg(__VA_ARGS__);                                                                                         \
    } while (0)

/* A FIX message with BodyLength and CheckSum set right: `version` such as "FIX.4.4", `body` with `|` where SOH belongs.
 * malloc'ed. */
char *support_fix(const char *version, const char *body, size_t *len);

/* The text with each `|` made SOH. malloc'ed. */
char *support_soh(const char *text);

/* Writes a file into a fresh folder under TMPDIR and returns its path, malloc'ed. support_remove deletes both. */
char *support_file(const char *name, const char *content, size_t len);
void support_remove(char *path);

/* Makes the file, or makes it anew. Fails the test where it can't. */
void support_write(const char *path, const char *content, size_t len);
void support_write_text(const char *path, const char *text);

/* An index over one master with that content. The caller closes it. Fails the test where it can't be built. */
struct index *support_index(const char *master_csv);

/* What tag 22 means by FIX alone. A constant. */
const struct identifier_sources *support_sources(void);

#endif
