#include "background.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NICE_LAST 19

/* glibc has no wrapper (ioprio_set(2)). The idle class could starve on a disk that is always busy. */
#define IOPRIO_WHO_PROCESS 1
#define IOPRIO_BEST_EFFORT_LAST ((2 << 13) | 7)

static void be_the_first_to_go(void)
{
    static const char most[] = "1000";
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return;
    (void)!write(fd, most, sizeof most - 1);
    close(fd);
}

int background_enter(pid_t parent, struct error *e)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        return error_set(e, ERROR_TEMPORARY, "process %ld, for which this one works, is gone", (long)parent);
    setpriority(PRIO_PROCESS, 0, NICE_LAST);
    syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_BEST_EFFORT_LAST);
    be_the_first_to_go();
    return 0;
}
