#include "watch.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

/* Not each write: a file that grows is looked at when it is closed, or when it is time. */
#define EVENTS                                                                                                         \
    (IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ATTRIB | IN_DELETE_SELF |               \
     IN_MOVE_SELF | IN_ONLYDIR)

/* Numbers of directories, as inotify gives them; the same one for the same directory. */
struct directories {
    int items[WATCH_DIRECTORIES_MAX];
    size_t count;
};

struct watch {
    int fd; /* -1: there is no inotify */
    struct directories watched;
};

struct watch *watch_new(void)
{
    struct watch *w = calloc(1, sizeof *w);

    if (w)
        w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    return w;
}

void watch_free(struct watch *watch)
{
    if (watch && watch->fd >= 0)
        close(watch->fd);
    free(watch);
}

bool watch_is_woken(struct watch *watch)
{
    _Alignas(struct inotify_event) char events[4096];
    bool woken = false;

    while (watch->fd >= 0 && (read(watch->fd, events, sizeof events) > 0 || errno == EINTR))
        woken = true;
    return woken;
}

static bool holds(const struct directories *directories, int number)
{
    for (size_t i = 0; i < directories->count; i++)
        if (directories->items[i] == number)
            return true;
    return false;
}

static void add(struct watch *w, struct directories *now, const char *path)
{
    int number = now->count < WATCH_DIRECTORIES_MAX ? inotify_add_watch(w->fd, path, EVENTS) : -1;

    if (number >= 0 && !holds(now, number))
        now->items[now->count++] = number;
}

/* The directory that the first `len` bytes of a path stand in. */
static void add_directory_of(struct watch *w, struct directories *now, const char *path, size_t len)
{
    char directory[PATH_MAX];

    while (len > 0 && path[len - 1] != '/')
        len--;
    if (len >= sizeof directory)
        return;
    memcpy(directory, path, len);
    directory[len] = '\0';
    add(w, now, len > 0 ? directory : ".");
}

/* Where the link that the first `len` bytes name leads to, with the rest of the path behind it. */
static bool follow(const char *path, size_t len, char out[PATH_MAX])
{
    char link[PATH_MAX], target[PATH_MAX];
    size_t head = len;
    ssize_t target_len;

    memcpy(link, path, len);
    link[len] = '\0';
    target_len = readlink(link, target, sizeof target - 1);
    if (target_len <= 0)
        return false;
    target[target_len] = '\0';
    while (head > 0 && path[head - 1] != '/')
        head--;
    if (target[0] == '/')
        head = 0;
    return snprintf(out, PATH_MAX, "%.*s%s%s", (int)head, path, target, path + len) < PATH_MAX;
}

/* Each link on the way, and the end of the way. */
static void add_way(struct watch *w, struct directories *now, const char *start)
{
    char path[PATH_MAX], next[PATH_MAX];
    size_t len = 0;

    if (snprintf(path, sizeof path, "%s", start) >= (int)sizeof path)
        return;
    for (int links = 0; links < WATCH_LINKS_MAX;) {
        len += strspn(path + len, "/");
        len += strcspn(path + len, "/");
        if (follow(path, len, next)) {
            add_directory_of(w, now, path, len);
            memcpy(path, next, sizeof path);
            len = 0;
            links++;
        } else if (path[len] == '\0') {
            add_directory_of(w, now, path, len);
            return;
        }
    }
}

void watch_set(struct watch *watch, const char *const *paths, size_t count)
{
    struct directories now = {.count = 0};

    if (watch->fd < 0)
        return;
    for (size_t i = 0; i < count; i++)
        add_way(watch, &now, paths[i]);
    for (size_t i = 0; i < watch->watched.count; i++)
        if (!holds(&now, watch->watched.items[i]))
            inotify_rm_watch(watch->fd, watch->watched.items[i]);
    watch->watched = now;
}

size_t watch_count(const struct watch *watch)
{
    return watch->watched.count;
}
