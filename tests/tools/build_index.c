/* build-index: makes an index with core alone, as `fixwarden index build` does with its defaults, where nothing but
 * core can be built.
 *
 * Usage: build-index MEMORY_MIB THREADS INDEX MASTER... Exit codes: 0, 1 it failed (the error is on stderr), 64 usage.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/index_build.h"

int main(int argc, char **argv)
{
    struct index_build_options options = {0};
    struct index_build_result result;
    struct error e;

    if (argc < 5) {
        fprintf(stderr, "usage: build-index MEMORY_MIB THREADS INDEX MASTER...\n");
        return 64;
    }
    options.memory = strtoull(argv[1], NULL, 10) << 20;
    options.threads = (unsigned)strtoul(argv[2], NULL, 10);
    if (index_build((const char *const *)argv + 4, (size_t)argc - 4, argv[3], &options, &result, &e) != 0) {
        fprintf(stderr, "build-index: %s\n", e.text);
        return 1;
    }
    printf("%s: %llu rows, %llu bytes\n", argv[3], (unsigned long long)result.rows,
           (unsigned long long)result.file_bytes);
    return 0;
}
