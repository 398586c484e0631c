#include "guard.h"

#include "support.h"

#include <sys/mman.h>
#include <unistd.h>

void guard_make(struct guard *guard, size_t most)
{
    guard->page = (size_t)sysconf(_SC_PAGESIZE);
    guard->room = (most / guard->page + 1) * guard->page;
    guard->map = mmap(NULL, guard->room + 2 * guard->page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(guard->map, MAP_FAILED);
    assert_int_equal(mprotect(guard->map, guard->page, PROT_NONE), 0);
    assert_int_equal(mprotect(guard->map + guard->page + guard->room, guard->page, PROT_NONE), 0);
}

void guard_release(struct guard *guard)
{
    munmap(guard->map, guard->room + 2 * guard->page);
    guard->map = NULL;
}

static struct slice copy_to(const struct guard *guard, char *to, struct slice input)
{
    assert_true(input.len <= guard->room);
    memcpy(to, input.ptr, input.len);
    return slice_make(to, input.len);
}

struct slice guard_at_end(struct guard *guard, struct slice input)
{
    return copy_to(guard, guard->map + guard->page + guard->room - input.len, input);
}

struct slice guard_at_start(struct guard *guard, struct slice input)
{
    return copy_to(guard, guard->map + guard->page, input);
}
