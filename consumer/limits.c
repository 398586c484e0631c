#include "limits.h"

#include <inttypes.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "monotonic.h"

#define STALLS "memory.pressure"
#define STALLS_SHORT 10.0 /* per cent of the time */
#define ASK_EVERY_MS 250
#define LINE_MAX_BYTES 4096 /* of what is read; longer ones are cut */

/* What is known so far; the groups' paths are walked once for each hierarchy. */
struct search {
    const char *root;
    struct limits *out;
    uint64_t least; /* bytes of memory; UINT64_MAX: no limit is known */
};

static FILE *open_below(const char *root, const char *path)
{
    char name[PATH_MAX];

    return snprintf(name, sizeof name, "%s%s", root, path) < (int)sizeof name ? fopen(name, "re") : NULL;
}

/* The first line of a file, without its end; false where there is none. */
static bool read_line(const char *root, const char *path, char line[LINE_MAX_BYTES])
{
    FILE *file = open_below(root, path);
    bool good = file && fgets(line, LINE_MAX_BYTES, file);

    if (file)
        fclose(file);
    if (good)
        line[strcspn(line, "\n")] = '\0';
    return good;
}

/* ---- memory ---- */

static void consider_memory(struct search *s, uint64_t bytes, const char *source)
{
    if (bytes >= s->least)
        return;
    s->least = bytes;
    snprintf(s->out->memory_reason, sizeof s->out->memory_reason, "half of the %" PRIu64 " MiB of %s", bytes >> 20,
             source);
}

static void consider_memory_file(struct search *s, const char *group, const char *name)
{
    char path[PATH_MAX], line[LINE_MAX_BYTES];
    char *end;
    uint64_t bytes;

    if (snprintf(path, sizeof path, "%s/%s", group, name) >= (int)sizeof path || !read_line(s->root, path, line))
        return;
    bytes = strtoull(line, &end, 10); /* "max" is no number */
    if (end != line && *end == '\0')
        consider_memory(s, bytes, name);
}

static void consider_available(struct search *s)
{
    static const char name[] = "MemAvailable:";
    FILE *file = open_below(s->root, "/proc/meminfo");
    char line[LINE_MAX_BYTES];

    while (file && fgets(line, sizeof line, file)) {
        const char *number = line + sizeof name - 1;
        char *end;
        uint64_t kib;

        if (strncmp(line, name, sizeof name - 1) != 0)
            continue;
        kib = strtoull(number, &end, 10);
        if (end != number)
            consider_memory(s, kib << 10, "available memory");
    }
    if (file)
        fclose(file);
}

/* ---- processors ---- */

static void consider_quota(struct search *s, int64_t quota, int64_t period, const char *source)
{
    uint64_t threads;

    if (quota <= 0 || period <= 0)
        return;
    threads = (uint64_t)((quota + period - 1) / period);
    if (threads >= s->out->threads)
        return;
    s->out->threads = (unsigned)threads;
    snprintf(s->out->threads_reason, sizeof s->out->threads_reason, "%s allows %.2f processors", source,
             (double)quota / (double)period);
}

static void consider_quota_v2(struct search *s, const char *group)
{
    char path[PATH_MAX], line[LINE_MAX_BYTES];
    char *period;
    int64_t quota;

    if (snprintf(path, sizeof path, "%s/cpu.max", group) >= (int)sizeof path || !read_line(s->root, path, line))
        return;
    quota = strtoll(line, &period, 10); /* "max" is no number */
    consider_quota(s, quota, strtoll(period, NULL, 10), "cpu.max");
}

static void consider_quota_v1(struct search *s, const char *group)
{
    char path[PATH_MAX], quota[LINE_MAX_BYTES], period[LINE_MAX_BYTES];

    if (snprintf(path, sizeof path, "%s/cpu.cfs_quota_us", group) >= (int)sizeof path ||
        !read_line(s->root, path, quota) ||
        snprintf(path, sizeof path, "%s/cpu.cfs_period_us", group) >= (int)sizeof path ||
        !read_line(s->root, path, period))
        return;
    consider_quota(s, strtoll(quota, NULL, 10), strtoll(period, NULL, 10), "cpu.cfs_quota_us");
}

/* ---- whether memory is short ---- */

static bool names_file(char path[256], const char *root, const char *folder, const char *name)
{
    bool good = snprintf(path, 256, "%s%s/%s", root, folder, name) < 256 && access(path, R_OK) == 0;

    if (!good)
        path[0] = '\0';
    return good;
}

/* The own group's come first. */
static void note_pressure(struct search *s, const char *group, const char *name)
{
    struct limits_pressure *p = &s->out->pressure;
    char *path = strcmp(name, STALLS) == 0 ? p->stalls : p->group;

    if (path[0] == '\0' && names_file(path, s->root, group, name) && path == p->group)
        *strrchr(path, '/') = '\0'; /* the folder, of which two files are read */
}

/* The text behind a name that a line starts with; NULL where it starts with another. */
static const char *value_of(const char *line, const char *name)
{
    size_t len = strlen(name);

    return strncmp(line, name, len) == 0 ? line + len : NULL;
}

/* Stalls of the last ten seconds, in per cent; 0 where the file does not say. */
static double read_stalls(const char *path)
{
    char line[LINE_MAX_BYTES];
    const char *share = path[0] != '\0' && read_line("", path, line) ? value_of(line, "some avg10=") : NULL;

    return share ? strtod(share, NULL) : 0;
}

/* A v1 group near its limit, which may be that of a group above. */
static bool is_near_limit(const char *group)
{
    uint64_t limit = UINT64_MAX, used = 0, unused = 0;
    char line[LINE_MAX_BYTES];
    const char *value;
    FILE *file = group[0] != '\0' ? open_below(group, "/memory.stat") : NULL;

    while (file && fgets(line, sizeof line, file)) {
        if ((value = value_of(line, "hierarchical_memory_limit ")) != NULL)
            limit = strtoull(value, NULL, 10);
        else if ((value = value_of(line, "total_inactive_file ")) != NULL)
            unused = strtoull(value, NULL, 10);
    }
    if (!file)
        return false;
    fclose(file);
    if (read_line(group, "/memory.usage_in_bytes", line))
        used = strtoull(line, NULL, 10);
    return used > unused && (used - unused) / 9 > limit / 10;
}

bool limits_is_short(const struct limits_pressure *pressure)
{
    return read_stalls(pressure->stalls) >= STALLS_SHORT || is_near_limit(pressure->group);
}

/* For a build, which asks more often than the files change. */
static bool ask_pressure(void *opaque)
{
    struct limits_pressure *pressure = opaque;
    int64_t now = monotonic_ms();

    if (now - pressure->asked_ms >= ASK_EVERY_MS) {
        pressure->asked_ms = now;
        pressure->is_short = limits_is_short(pressure);
    }
    return pressure->is_short;
}

/* ---- control groups ---- */

static void consider_group(struct search *s, const char *hierarchy, const char *group)
{
    if (hierarchy[0] == '\0') {
        consider_memory_file(s, group, "memory.max");
        consider_memory_file(s, group, "memory.high");
        consider_quota_v2(s, group);
        note_pressure(s, group, STALLS);
    } else if (strcmp(hierarchy, "memory") == 0) {
        consider_memory_file(s, group, "memory.limit_in_bytes");
        note_pressure(s, group, "memory.stat");
    } else {
        consider_quota_v1(s, group);
    }
}

/* The group, then each above it, up to the mount itself. In a container the own path may not be there, and the mount is
 * the group. */
static void consider_path(struct search *s, const char *hierarchy, const char *mount, const char *path)
{
    char group[PATH_MAX];
    size_t mount_len = strlen(mount);

    if (snprintf(group, sizeof group, "%s%s", mount, path) >= (int)sizeof group)
        return;
    for (;;) {
        char *slash = strrchr(group + mount_len, '/');

        consider_group(s, hierarchy, group);
        if (!slash)
            return;
        *slash = '\0';
    }
}

static bool lists(const char *controllers, const char *name)
{
    size_t len = strlen(name);

    for (const char *at = controllers; (at = strstr(at, name)); at += len)
        if ((at == controllers || at[-1] == ',') && (at[len] == '\0' || at[len] == ','))
            return true;
    return false;
}

/* A line of /proc/self/cgroup: number, controllers, path. */
static void consider_line(struct search *s, char *line)
{
    char mount[LINE_MAX_BYTES];
    char *controllers = strchr(line, ':');
    char *path = controllers ? strchr(controllers + 1, ':') : NULL;

    if (!path)
        return;
    *path++ = '\0';
    controllers++;
    path[strcspn(path, "\n")] = '\0';
    if (controllers[0] == '\0') {
        consider_path(s, "", "/sys/fs/cgroup", path);
        consider_path(s, "", "/sys/fs/cgroup/unified", path);
    }
    if (snprintf(mount, sizeof mount, "/sys/fs/cgroup/%s", controllers) >= (int)sizeof mount)
        return;
    if (lists(controllers, "memory"))
        consider_path(s, "memory", mount, path);
    if (lists(controllers, "cpu"))
        consider_path(s, "cpu", mount, path);
}

static void consider_groups(struct search *s)
{
    FILE *file = open_below(s->root, "/proc/self/cgroup");
    char line[LINE_MAX_BYTES];

    while (file && fgets(line, sizeof line, file))
        consider_line(s, line);
    if (file)
        fclose(file);
}

/* ---- all ---- */

void limits_find(const char *root, unsigned processors, struct limits *out)
{
    struct search s = {root, out, UINT64_MAX};

    *out = (struct limits){.threads = processors};
    snprintf(out->threads_reason, sizeof out->threads_reason, "the processors it may run on");
    consider_groups(&s);
    if (out->pressure.stalls[0] == '\0')
        (void)names_file(out->pressure.stalls, root, "/proc/pressure", "memory");
    consider_available(&s);
    if (s.least == UINT64_MAX)
        return;
    out->memory = s.least / 2;
    if (out->memory < INDEX_MEMORY_MIN)
        out->memory = INDEX_MEMORY_MIN;
    if (out->memory <= LIMITS_MEMORY_MAX)
        return;
    out->memory = LIMITS_MEMORY_MAX;
    snprintf(out->memory_reason, sizeof out->memory_reason, "the most it takes without being told");
}

void limits_find_own(struct limits *out)
{
    cpu_set_t set;
    int processors = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;

    limits_find("", processors > 0 ? (unsigned)processors : 1, out);
}

/* One that is fully taken holds up whoever shares it, by more than niceness can mend: a thread that wakes up waits for
 * a slice, and collectors of garbage for the slowest of theirs. */
static void leave_half(struct limits *out)
{
    out->threads /= 2;
    snprintf(out->threads_reason, sizeof out->threads_reason, "half of the processors, beside the live check");
}

void limits_settle(struct index_build_options *options, bool beside, struct limits *out)
{
    limits_find_own(out);
    if (options->memory > 0) {
        out->memory = options->memory;
        snprintf(out->memory_reason, sizeof out->memory_reason, "as it was set");
    } else {
        options->pressure = (struct index_build_pressure){&out->pressure, ask_pressure};
    }
    if (options->threads > 0) {
        out->threads = options->threads;
        snprintf(out->threads_reason, sizeof out->threads_reason, "as it was set");
    } else if (beside && out->threads > 1) {
        leave_half(out);
    }
    options->memory = out->memory;
    options->threads = out->threads;
}
