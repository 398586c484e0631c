/* bus_fault: pages that are no more, in mapped files of the test's own. */
#include "consumer/bus_fault.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define PAGE 4096
#define PAGES 64

struct file {
    int fd;
    const volatile unsigned char *bytes;
};

/* In the test itself, since cmocka catches the signal before each. */
static struct file map_file(int protection, int flags)
{
    struct file file = {.fd = fileno(tmpfile())};
    void *map;

    bus_fault_catch();
    for (int i = 0; i < PAGES; i++) {
        unsigned char page[PAGE] = {[0] = 'x', [PAGE - 1] = 'y'};

        assert_int_equal(write(file.fd, page, sizeof page), sizeof page);
    }
    map = mmap(NULL, (size_t)PAGES * PAGE, protection, flags, file.fd, 0);
    assert_ptr_not_equal(map, MAP_FAILED);
    file.bytes = map;
    return file;
}

static void unmap(const struct file *file)
{
    munmap((void *)(uintptr_t)file->bytes, (size_t)PAGES * PAGE);
}

static void what_was_cut_off_reads_as_zeros_and_counts_once(void **state)
{
    struct file file = map_file(PROT_READ, MAP_SHARED);
    unsigned before = bus_fault_count();

    (void)state;
    assert_int_equal(ftruncate(file.fd, (off_t)PAGE * 3), 0);
    assert_int_equal(file.bytes[(size_t)PAGE * 10], 0);
    assert_int_equal(bus_fault_count(), before + 1);
    for (size_t i = 10; i < PAGES; i++) /* all that follows at once */
        assert_int_equal(file.bytes[i * PAGE], 0);
    assert_int_equal(bus_fault_count(), before + 1);
    assert_int_equal(file.bytes[(size_t)PAGE * 2], 'x'); /* what is still there is not touched */
    assert_int_equal(file.bytes[(size_t)PAGE * 3], 0);   /* another one, before the first */
    assert_int_equal(bus_fault_count(), before + 2);
    unmap(&file);
}

/* How a child ends that reads behind the end of such a mapping. */
static int end_of_reader(int protection, int flags)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        struct file file = map_file(protection, flags);

        if (ftruncate(file.fd, 0) != 0)
            _exit(1);
        _exit(file.bytes[PAGE]);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

static void other_mappings_end_the_process_as_ever(void **state)
{
    (void)state;
    assert_int_equal(end_of_reader(PROT_READ, MAP_SHARED), 0);
    assert_int_equal(end_of_reader(PROT_READ | PROT_WRITE, MAP_SHARED), SIGBUS);
    assert_int_equal(end_of_reader(PROT_READ, MAP_PRIVATE), SIGBUS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_cut_off_reads_as_zeros_and_counts_once),
        cmocka_unit_test(other_mappings_end_the_process_as_ever),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
