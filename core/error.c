#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void error_write(struct error *e, enum error_code code, const char *format, ...)
{
    va_list args;

    e->code = code;
    va_start(args, format);
    vsnprintf(e->text, sizeof e->text, format, args);
    va_end(args);
}

void error_write_errno(struct error *e, int errnum, const char *format, ...)
{
    va_list args;
    char reason[128];
    size_t used;

    e->code = ERROR_IO;
    va_start(args, format);
    vsnprintf(e->text, sizeof e->text, format, args);
    va_end(args);
    used = strlen(e->text);
    /* The GNU strerror_r: thread-safe, and it may return a constant string instead of filling the buffer. */
    snprintf(e->text + used, sizeof e->text - used, ": %s", strerror_r(errnum, reason, sizeof reason));
}

void error_write_prefix(struct error *e, const char *format, ...)
{
    char sentence[ERROR_TEXT_MAX];
    va_list args;
    size_t used;

    memcpy(sentence, e->text, sizeof sentence);
    va_start(args, format);
    vsnprintf(e->text, sizeof e->text, format, args);
    va_end(args);
    used = strlen(e->text);
    snprintf(e->text + used, sizeof e->text - used, ": %s", sentence);
}
