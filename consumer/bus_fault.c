#include "bus_fault.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static atomic_uint faults; /* all that a signal handler may reach */

/* A line of /proc/self/maps: 55d0c0a00000-55d0c0b00000 r--s 00000000 fe:00 1234 /a/path */
struct mapping {
    uintptr_t start, end;
    bool is_index;  /* shared and read-only, as nothing else is mapped here */
    bool is_memory; /* private and of no file: what a handler on another thread has put there */
};

static const char *read_hexadecimal(const char *at, uintptr_t *out)
{
    for (*out = 0;; at++) {
        if (*at >= '0' && *at <= '9')
            *out = *out << 4 | (uintptr_t)(*at - '0');
        else if (*at >= 'a' && *at <= 'f')
            *out = *out << 4 | (uintptr_t)(*at - 'a' + 10);
        else
            return at;
    }
}

/* Of the beginning of a line, which has those fields in any case. */
static void read_mapping(const char *line, struct mapping *out)
{
    *out = (struct mapping){0};
    line = read_hexadecimal(line, &out->start);
    if (*line != '-')
        return;
    line = read_hexadecimal(line + 1, &out->end);
    out->is_index = strncmp(line, " r--s ", 6) == 0;
    out->is_memory = strncmp(line, " r--p ", 6) == 0 && strstr(line, " 00:00 0") != NULL;
}

/* Reads the list line by line; malloc and stdio are not for signal handlers. */
static bool find_mapping(int maps, uintptr_t address, struct mapping *out)
{
    char line[128];
    size_t used = 0;
    char c;

    while (read(maps, &c, 1) == 1) {
        if (c != '\n') {
            if (used < sizeof line - 1)
                line[used++] = c;
            continue;
        }
        line[used] = '\0';
        used = 0;
        read_mapping(line, out);
        if (address >= out->start && address < out->end)
            return true;
    }
    return false;
}

/* Zeros from that page to the end of the mapping: what is cut off is cut off as a whole, and thousands of single pages
 * would be more than the system allows. */
static bool put_zeros(uintptr_t address)
{
    uintptr_t page = address & ~((uintptr_t)sysconf(_SC_PAGESIZE) - 1);
    int maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    struct mapping mapping;
    bool found = maps >= 0 && find_mapping(maps, address, &mapping);

    if (maps >= 0)
        close(maps);
    if (!found || !mapping.is_index)
        return found && mapping.is_memory;
    return mmap((void *)page, mapping.end - page, PROT_READ, /* NOLINT(performance-no-int-to-ptr): an address it is */
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED;
}

static void on_bus_error(int number, siginfo_t *info, void *context)
{
    int saved = errno;

    (void)context;
    if (put_zeros((uintptr_t)info->si_addr))
        atomic_fetch_add(&faults, 1);
    else
        signal(number, SIG_DFL); /* it is raised again at once */
    errno = saved;
}

void bus_fault_catch(void)
{
    struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO};

    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, NULL);
}

unsigned bus_fault_count(void)
{
    return atomic_load(&faults);
}
