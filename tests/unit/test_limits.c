#include "consumer/limits.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define MIB (1ull << 20)

struct fake_file {
    const char *path;
    const char *text;
};

struct row {
    const char *name;
    struct fake_file files[8];
    unsigned processors;
    uint64_t memory;
    const char *memory_reason;
    unsigned threads;
    const char *threads_reason;
};

static const struct row rows[] = {
    {"nothing is known", {{0}}, 3, 0, "", 3, "the processors it may run on"},
    {"free memory alone",
     {{"/proc/meminfo", "MemTotal: 9999999 kB\nMemAvailable:     819200 kB\n"}},
     2,
     400 * MIB,
     "half of the 800 MiB of available memory",
     2,
     "the processors it may run on"},
    {"the most there is",
     {{"/proc/meminfo", "MemAvailable: 99999999 kB\n"}},
     1,
     LIMITS_MEMORY_MAX,
     "the most it takes without being told",
     1,
     "the processors it may run on"},
    {"the least there is",
     {{"/proc/meminfo", "MemAvailable: 2048 kB\n"}},
     1,
     INDEX_MEMORY_MIN,
     "half of the 2 MiB of available memory",
     1,
     "the processors it may run on"},
    {"v2: the least of all groups above counts",
     {{"/proc/meminfo", "MemAvailable: 8388608 kB\n"},
      {"/proc/self/cgroup", "0::/a/b\n"},
      {"/sys/fs/cgroup/a/b/memory.max", "max\n"},
      {"/sys/fs/cgroup/a/b/memory.high", "1073741824\n"},
      {"/sys/fs/cgroup/a/memory.max", "629145600\n"},
      {"/sys/fs/cgroup/a/b/cpu.max", "max 100000\n"},
      {"/sys/fs/cgroup/a/cpu.max", "150000 100000\n"}},
     8,
     300 * MIB,
     "half of the 600 MiB of memory.max",
     2,
     "cpu.max allows 1.50 processors"},
    {"v2: memory.high counts, too; a quota above the processors does not",
     {{"/proc/self/cgroup", "0::/\n"},
      {"/sys/fs/cgroup/memory.high", "209715200\n"},
      {"/sys/fs/cgroup/cpu.max", "900000 100000\n"}},
     4,
     100 * MIB,
     "half of the 200 MiB of memory.high",
     4,
     "the processors it may run on"},
    {"v1: the mount is the group where the own path is not there",
     {{"/proc/self/cgroup", "4:cpu,cpuacct:/gone/away\n3:memory:/gone\n"},
      {"/sys/fs/cgroup/memory/memory.limit_in_bytes", "314572800\n"},
      {"/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "50000\n"},
      {"/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n"}},
     4,
     150 * MIB,
     "half of the 300 MiB of memory.limit_in_bytes",
     1,
     "cpu.cfs_quota_us allows 0.50 processors"},
    {"v1: no quota is -1, no limit is a huge number; cpuset and cpuacct are not cpu",
     {{"/proc/self/cgroup", "4:cpu:/g\n3:memory:/g\n2:cpuset:/q\n1:cpuacct:/q\n"},
      {"/proc/meminfo", "MemAvailable: 819200 kB\n"},
      {"/sys/fs/cgroup/memory/g/memory.limit_in_bytes", "9223372036854771712\n"},
      {"/sys/fs/cgroup/cpu/g/cpu.cfs_quota_us", "-1\n"},
      {"/sys/fs/cgroup/cpu/g/cpu.cfs_period_us", "100000\n"},
      {"/sys/fs/cgroup/cpuset/q/cpu.cfs_quota_us", "1\n"},
      {"/sys/fs/cgroup/cpuset/q/cpu.cfs_period_us", "1\n"}},
     4,
     400 * MIB,
     "half of the 800 MiB of available memory",
     4,
     "the processors it may run on"},
    {"garbage is no limit",
     {{"/proc/self/cgroup", "x\n0:\n0::\n"},
      {"/proc/meminfo", "MemAvailable: many\n"},
      {"/sys/fs/cgroup/memory.max", "12x\n"},
      {"/sys/fs/cgroup/memory.high", "\n"},
      {"/sys/fs/cgroup/cpu.max", "0 0\n"}},
     4,
     0,
     "",
     4,
     "the processors it may run on"},
};

static void write_below(const char *root, const struct fake_file *fake)
{
    char path[512];
    FILE *file;

    snprintf(path, sizeof path, "%s%s", root, fake->path);
    for (char *slash = path + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        (void)mkdir(path, 0755);
        *slash = '/';
    }
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(fake->text, file);
    fclose(file);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *walk)
{
    (void)st;
    (void)type;
    (void)walk;
    return remove(path);
}

static void limits_are_read_with_their_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char root[] = "/tmp/fixwarden-limits-XXXXXX";
        struct limits limits;

        assert_non_null(mkdtemp(root));
        for (const struct fake_file *file = rows[i].files; file->path; file++)
            write_below(root, file);
        limits_find(root, rows[i].processors, &limits);
        nftw(root, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
        print_message("%s\n", rows[i].name);
        assert_int_equal(limits.memory, rows[i].memory);
        assert_string_equal(limits.memory_reason, rows[i].memory_reason);
        assert_int_equal(limits.threads, rows[i].threads);
        assert_string_equal(limits.threads_reason, rows[i].threads_reason);
    }
}

static void a_shortage_is_found_as_the_kernel_tells_it(void **state)
{
    static const struct {
        const char *name;
        struct fake_file files[5];
        bool is_short;
    } cases[] = {
        {"nothing is known", {{0}}, false},
        {"stalls of the machine",
         {{"/proc/pressure/memory", "some avg10=10.00 avg60=0.00 avg300=0.00 total=1\n"}},
         true},
        {"few stalls", {{"/proc/pressure/memory", "some avg10=9.99 avg60=50.00 avg300=0.00 total=1\n"}}, false},
        {"the own group's count, not the machine's",
         {{"/proc/self/cgroup", "0::/a\n"},
          {"/proc/pressure/memory", "some avg10=80.00 avg60=0.00 avg300=0.00 total=1\n"},
          {"/sys/fs/cgroup/a/memory.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=1\n"}},
         false},
        {"v1: a group near its limit",
         {{"/proc/self/cgroup", "3:memory:/g\n"},
          {"/sys/fs/cgroup/memory/g/memory.stat", "cache 5\nhierarchical_memory_limit 1000\ntotal_inactive_file 50\n"},
          {"/sys/fs/cgroup/memory/g/memory.usage_in_bytes", "980\n"}},
         true},
        {"v1: page cache that nobody uses is no shortage",
         {{"/proc/self/cgroup", "3:memory:/g\n"},
          {"/sys/fs/cgroup/memory/g/memory.stat", "hierarchical_memory_limit 1000\ntotal_inactive_file 150\n"},
          {"/sys/fs/cgroup/memory/g/memory.usage_in_bytes", "1000\n"}},
         false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char root[] = "/tmp/fixwarden-limits-XXXXXX";
        struct limits limits;

        assert_non_null(mkdtemp(root));
        for (const struct fake_file *file = cases[i].files; file->path; file++)
            write_below(root, file);
        limits_find(root, 1, &limits);
        print_message("%s\n", cases[i].name);
        assert_int_equal(limits_is_short(&limits.pressure), cases[i].is_short);
        nftw(root, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    }
}

static void what_is_set_is_left_alone(void **state)
{
    struct index_build_options options = {.memory = 32 * MIB, .threads = 7};
    struct limits limits;

    (void)state;
    limits_settle(&options, true, &limits);
    assert_int_equal(options.memory, 32 * MIB);
    assert_int_equal(options.threads, 7);
    assert_null(options.pressure.is_short);
    options = (struct index_build_options){0};
    limits_settle(&options, true, &limits);
    assert_true(options.memory >= INDEX_MEMORY_MIN && options.memory <= LIMITS_MEMORY_MAX);
    assert_true(options.threads >= 1);
    assert_non_null(options.pressure.is_short);
}

static void a_build_beside_leaves_half_of_the_processors(void **state)
{
    struct index_build_options alone = {0}, beside = {0};
    struct limits limits;

    (void)state;
    limits_settle(&alone, false, &limits);
    limits_settle(&beside, true, &limits);
    assert_int_equal(beside.threads, alone.threads > 1 ? alone.threads / 2 : 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_are_read_with_their_reason),
        cmocka_unit_test(a_shortage_is_found_as_the_kernel_tells_it),
        cmocka_unit_test(what_is_set_is_left_alone),
        cmocka_unit_test(a_build_beside_leaves_half_of_the_processors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
