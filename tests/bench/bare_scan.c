/* bare_scan: the least that anyone has to do to index a master: read it, find the fields, hash the keys.
 *
 * Usage: bare-scan FILE THREADS COLUMN... prints the seconds. Each thread takes the next MiB, marks it as the product
 * does, and hashes the fields of these columns (from 0). It relies on what the generator keeps to: no line end within
 * quotes, so that rows start behind any line end. */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/master_marks.h"

#define BLOCK (1u << 20)
#define COLUMNS_MAX 64
#define THREADS_MAX 256

struct scan {
    int fd;
    atomic_ulong next;
    bool wanted[COLUMNS_MAX];
};

struct thread {
    pthread_t id;
    struct scan *scan;
    uint64_t sum; /* so that no hash can be left out */
    uint64_t rows;
};

static void scan_block(struct thread *t, const char *bytes, size_t len)
{
    const char *start = memchr(bytes, '\n', len);
    struct marks_state state = MARKS_ROW_START;
    marks_function *mark = marks_best();
    size_t begin = 0;
    size_t column = 0;

    if (start == NULL)
        return;
    start++;
    len -= (size_t)(start - bytes);
    for (size_t at = 0; at < len; at += MARKS_BYTES) {
        size_t part = len - at < MARKS_BYTES ? len - at : MARKS_BYTES;
        struct master_marks marks;

        mark(start + at, part, ',', &state, &marks);
        for (size_t word = 0; word * MARKS_WORD_BYTES < part; word++)
            for (uint64_t bits = marks.ends[word]; bits != 0; bits &= bits - 1) {
                size_t end = at + word * MARKS_WORD_BYTES + (size_t)__builtin_ctzll(bits);

                if (column < COLUMNS_MAX && t->scan->wanted[column])
                    t->sum += XXH3_64bits(start + begin, end - begin);
                column = start[end] == '\n' ? 0 : column + 1;
                t->rows += column == 0;
                begin = end + 1;
            }
    }
}

static void *work(void *argument)
{
    struct thread *t = argument;
    char *bytes = malloc(BLOCK);
    ssize_t got;

    while (bytes != NULL &&
           (got = pread(t->scan->fd, bytes, BLOCK, (off_t)(atomic_fetch_add(&t->scan->next, 1) * BLOCK))) > 0)
        scan_block(t, bytes, (size_t)got);
    free(bytes);
    return NULL;
}

int main(int argc, char **argv)
{
    static struct thread threads[THREADS_MAX];
    static struct scan scan;
    struct timespec start;
    struct timespec end;
    uint64_t sum = 0;
    uint64_t rows = 0;
    int count = argc > 2 ? atoi(argv[2]) : 0;

    if (count < 1 || count > THREADS_MAX || (scan.fd = open(argv[1], O_RDONLY)) < 0) {
        fprintf(stderr, "usage: bare-scan FILE THREADS COLUMN...\n");
        return 64;
    }
    for (int i = 3; i < argc; i++)
        scan.wanted[(unsigned)atoi(argv[i]) % COLUMNS_MAX] = true;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (int i = 0; i < count; i++) {
        threads[i].scan = &scan;
        if (pthread_create(&threads[i].id, NULL, work, &threads[i]) != 0)
            return 70;
    }
    for (int i = 0; i < count; i++) {
        pthread_join(threads[i].id, NULL);
        sum += threads[i].sum;
        rows += threads[i].rows;
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("%.3f\n", (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9);
    fprintf(stderr, "%llu rows, sum %llx\n", (unsigned long long)rows, (unsigned long long)sum);
    return 0;
}
