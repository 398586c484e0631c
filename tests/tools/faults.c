/* faults: a library to preload, which makes system calls of the program fail, fall short or kill it.
 *
 * FIXWARDEN_FAULT=CALL:N:WHAT, where CALL is one of the names in CALLS, N counts its calls from 1, and WHAT is an errno
 * by name (ENOSPC, EIO, EINTR), `short` (reads and writes take about a third, from the Nth on) or `kill` (SIGKILL
 * before the call is made). FIXWARDEN_FAULT_COUNT=FILE: writes "CALL COUNT" lines there at exit, so that a test knows
 * how many N there are. Any thread. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define CALLS(X)                                                                                                       \
    X(open)                                                                                                            \
    X(read)                                                                                                            \
    X(pread)                                                                                                           \
    X(write)                                                                                                           \
    X(pwrite)                                                                                                          \
    X(fdatasync)                                                                                                       \
    X(fsync)                                                                                                           \
    X(ftruncate)                                                                                                       \
    X(linkat)                                                                                                          \
    X(sync_file_range)                                                                                                 \
    X(rename)

#include "preload.h"

enum what { WHAT_NOTHING, WHAT_ERRNO, WHAT_SHORT, WHAT_KILL, WHAT_LOST };

/* Read once, before main. */
static struct {
    enum call call;
    long number;
    enum what what;
    int errnum;
} fault;

static enum what read_what(const char *word)
{
    static const struct {
        const char *name;
        int errnum;
    } errors[] = {{"ENOSPC", ENOSPC}, {"EIO", EIO}, {"EINTR", EINTR}, {"EDQUOT", EDQUOT}, {"EMFILE", EMFILE}};

    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        if (strcmp(word, errors[i].name) == 0) {
            fault.errnum = errors[i].errnum;
            return WHAT_ERRNO;
        }
    }
    if (strcmp(word, "lost") == 0)
        return WHAT_LOST;
    return strcmp(word, "short") == 0 ? WHAT_SHORT : strcmp(word, "kill") == 0 ? WHAT_KILL : WHAT_NOTHING;
}

__attribute__((constructor)) static void set_up(void)
{
    const char *text = getenv("FIXWARDEN_FAULT");
    char call[16];
    char what[16];

    if (text == NULL || sscanf(text, "%15[a-z_]:%ld:%15s", call, &fault.number, what) != 3)
        return;
    fault.call = call_from_name(call);
    fault.what = read_what(what);
}

__attribute__((destructor)) static void tell(void)
{
    const char *path = getenv("FIXWARDEN_FAULT_COUNT");
    FILE *file = path ? fopen(path, "w") : NULL;

    if (file == NULL)
        return;
    for (int i = 0; i < CALL_COUNT; i++)
        fprintf(file, "%s %ld\n", call_names[i], (long)call_counts[i]);
    fclose(file);
}

/* Counts a call. True: it has to fail, and errno says how. Sets *len to 1 where it has to fall short. */
static bool fails(enum call call, size_t *len)
{
    long number = call_count(call);

    if (fault.what == WHAT_NOTHING || call != fault.call)
        return false;
    if (fault.what == WHAT_SHORT && number >= fault.number && len != NULL && *len > 1)
        *len = 1 + *len / 3;
    if (number != fault.number || fault.what == WHAT_SHORT)
        return false;
    if (fault.what == WHAT_KILL)
        raise(SIGKILL);
    errno = fault.what == WHAT_LOST ? 0 : fault.errnum;
    return true;
}

/* The C library's own function of that name. */
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int open(const char *path, int flags, ...)
{
    va_list args;
    mode_t mode;

    va_start(args, flags);
    mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(args, mode_t) : 0;
    va_end(args);
    return fails(CALL_open, NULL) ? -1 : REAL(open)(path, flags, mode);
}

ssize_t read(int fd, void *to, size_t len)
{
    return fails(CALL_read, &len) ? -1 : REAL(read)(fd, to, len);
}

ssize_t pread(int fd, void *to, size_t len, off_t at)
{
    return fails(CALL_pread, &len) ? -1 : REAL(pread)(fd, to, len, at);
}

/* What _FORTIFY_SOURCE makes of read and pread. */
ssize_t __read_chk(int fd, void *to, size_t len, size_t room);
ssize_t __read_chk(int fd, void *to, size_t len, size_t room)
{
    return len > room ? (abort(), -1) : read(fd, to, len);
}

ssize_t __pread_chk(int fd, void *to, size_t len, off_t at, size_t room);
ssize_t __pread_chk(int fd, void *to, size_t len, off_t at, size_t room)
{
    return len > room ? (abort(), -1) : pread(fd, to, len, at);
}

ssize_t write(int fd, const void *from, size_t len)
{
    /* Standard output and error are not what is tested. */
    return fd > 2 && fails(CALL_write, &len) ? -1 : REAL(write)(fd, from, len);
}

ssize_t pwrite(int fd, const void *from, size_t len, off_t at)
{
    if (!fails(CALL_pwrite, &len))
        return REAL(pwrite)(fd, from, len, at);
    return fault.what == WHAT_LOST ? (ssize_t)len : -1; /* said to be written, and never on the disk */
}

int fdatasync(int fd)
{
    return fails(CALL_fdatasync, NULL) ? -1 : REAL(fdatasync)(fd);
}

int fsync(int fd)
{
    return fails(CALL_fsync, NULL) ? -1 : REAL(fsync)(fd);
}

int sync_file_range(int fd, off64_t at, off64_t len, unsigned flags)
{
    return fails(CALL_sync_file_range, NULL) ? -1 : REAL(sync_file_range)(fd, at, len, flags);
}

int ftruncate(int fd, off_t len)
{
    return fails(CALL_ftruncate, NULL) ? -1 : REAL(ftruncate)(fd, len);
}

int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
    return fails(CALL_linkat, NULL) ? -1 : REAL(linkat)(from_dir, from, to_dir, to, flags);
}

int rename(const char *from, const char *to)
{
    return fails(CALL_rename, NULL) ? -1 : REAL(rename)(from, to);
}
