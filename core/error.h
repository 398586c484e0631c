/* error: what went wrong, as a code for the machine and a sentence for the person.
 *
 * The sentence is written where the error happens and gains a prefix on the way up, so that the operator reads
 * "index build: /data/master.csv: line 4711: 3 fields, the header has 21". A function that can fail takes a
 * `struct error *` that it may write and returns 0, or -1 with the error set. Nothing in core/ prints or exits. */
#ifndef FIXWARDEN_CORE_ERROR_H
#define FIXWARDEN_CORE_ERROR_H

#define ERROR_TEXT_MAX 1024 /* bytes with the NUL; a longer sentence is cut */

/* The codes are the exit codes of sysexits.h that the command line promises. */
enum error_code {
    ERROR_NONE = 0,
    ERROR_USAGE = 64,       /* the command line */
    ERROR_DATA = 65,        /* a master, index or FIX file that is not what it should be */
    ERROR_UNAVAILABLE = 69, /* a broker, topic or registry that is not there */
    ERROR_INTERNAL = 70,    /* memory, or a broken promise of a library */
    ERROR_IO = 74,          /* the operating system refused a read or a write */
    ERROR_TEMPORARY = 75,   /* fenced, or worth another try */
    ERROR_CONFIG = 78,      /* the configuration */
};

struct error {
    enum error_code code;
    char text[ERROR_TEXT_MAX];
};

/* Set code and sentence, add ": " and the system's words for an errno, or put "PREFIX: " in front. */
void error_write(struct error *e, enum error_code code, const char *format, ...) __attribute__((format(printf, 3, 4)));
void error_write_errno(struct error *e, int errnum, const char *format, ...) __attribute__((format(printf, 3, 4)));
void error_write_prefix(struct error *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

static inline int error_result(void)
{
    return -1;
}

/* The same as expressions of value -1, so that a failure is one line: `return error_set(e, ERROR_IO, ...)`. Macros,
 * because only so can compilers and analysers see the value. */
#define error_set(e, code, ...) (error_write((e), (code), __VA_ARGS__), error_result())
#define error_set_errno(e, errnum, ...) (error_write_errno((e), (errnum), __VA_ARGS__), error_result())
#define error_prefix(e, ...) (error_write_prefix((e), __VA_ARGS__), error_result())

#endif
