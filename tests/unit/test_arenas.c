#include "support.h"

#include <malloc.h>
#include <pthread.h>
#include <unistd.h>

#include "consumer/arenas.h"

#define MORE 8 /* threads than glibc would have arenas for */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_ARENAS 0
#else
#define HAS_ARENAS 1
#endif

static pthread_barrier_t all_have_allocated;

static void *allocate(void *unused)
{
    void *volatile some = malloc(1000); /* or the compiler leaves it out */

    pthread_barrier_wait(&all_have_allocated);
    free(some);
    return unused;
}

static size_t count_arenas(void)
{
    char *text = NULL;
    size_t len = 0, count = 0;
    FILE *out = open_memstream(&text, &len);

    assert_non_null(out);
    assert_int_equal(malloc_info(0, out), 0);
    fclose(out);
    for (const char *at = text; (at = strstr(at, "<heap nr=")) != NULL; at++)
        count++;
    free(text);
    return count;
}

static void threads_do_not_share_one(void **state)
{
    size_t threads = 8 * (size_t)sysconf(_SC_NPROCESSORS_ONLN) + MORE;
    pthread_t *made = calloc(threads, sizeof *made);

    (void)state;
    assert_non_null(made);
    assert_int_equal(pthread_barrier_init(&all_have_allocated, NULL, (unsigned)threads), 0);
    for (size_t i = 0; i < threads; i++)
        assert_int_equal(pthread_create(&made[i], NULL, allocate, NULL), 0);
    for (size_t i = 0; i < threads; i++)
        assert_int_equal(pthread_join(made[i], NULL), 0);
    if (HAS_ARENAS)
        assert_true(count_arenas() > threads); /* and the main thread's */
    pthread_barrier_destroy(&all_have_allocated);
    free(made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(threads_do_not_share_one)};

    arenas_set_apart();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
