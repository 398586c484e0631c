#include "build_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

int build_lock_try(struct build_lock *lock, const char *path, bool *taken, struct error *e)
{
    int fd;

    *taken = lock->fd >= 0;
    if (*taken)
        return 0;
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0)
        return error_set_errno(e, errno, "%s: the lock of builds", path);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        close(fd);
        return 0;
    }
    lock->fd = fd;
    *taken = true;
    return 0;
}

void build_lock_release(struct build_lock *lock)
{
    if (lock->fd >= 0)
        close(lock->fd);
    lock->fd = -1;
}
