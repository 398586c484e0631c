#include "background.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NICE_LAST 19

/* glibc has no wrapper (ioprio_set(2)). The idle class could starve on a disk that is always busy. */
#define IOPRIO_WHO_PROCESS 1
#define IOPRIO_BEST_EFFORT_LAST ((2 << 13) | 7)

/* To one of its own files below /proc/self. A system may be without it. */
static void tell_kernel(const char *path, const char *value)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return;
    (void)!write(fd, value, strlen(value));
    close(fd);
}

/* Niceness ranks the threads of one session alone where the kernel groups by session (autogroup, sched(7)), and the
 * broker has another: beside it the session counts, which has this process alone (builder.h). */
static void be_nice(void)
{
    setpriority(PRIO_PROCESS, 0, NICE_LAST);
    if (getsid(0) == getpid())
        tell_kernel("/proc/self/autogroup", "19");
}

int background_enter(pid_t parent, struct error *e)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        return error_set(e, ERROR_TEMPORARY, "process %ld, for which this one works, is gone", (long)parent);
    be_nice();
    syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_BEST_EFFORT_LAST);
    tell_kernel("/proc/self/oom_score_adj", "1000"); /* the first to go when memory runs out */
    return 0;
}
