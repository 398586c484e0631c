/* replay: runs a fuzz target over the files of a folder, so that what the fuzzer once found is checked by every build.
 *
 * Linked with one fuzz_NAME.c; the folder is its argument. A crash is the failure; an empty folder is one, too. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX (1u << 20) /* bytes of one file */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input is copied to memory of exactly its size, so that a sanitizer sees a read behind it. */
static int replay(const char *path)
{
    static uint8_t bytes[INPUT_MAX];
    FILE *file = fopen(path, "rb");
    size_t size = file ? fread(bytes, 1, sizeof bytes, file) : 0;
    uint8_t *exact = malloc(size + (size == 0));
    int status = -1;

    if (file != NULL && exact != NULL) {
        memcpy(exact, bytes, size);
        status = LLVMFuzzerTestOneInput(exact, size);
    }
    free(exact);
    if (file != NULL)
        fclose(file);
    return status;
}

int main(int argc, char **argv)
{
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    struct dirent *entry;
    unsigned count = 0;

    if (folder == NULL) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return EXIT_FAILURE;
    }
    while ((entry = readdir(folder)) != NULL) {
        char path[4096];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
        if (replay(path) != 0) {
            fprintf(stderr, "%s: failed\n", path);
            return EXIT_FAILURE;
        }
        count++;
    }
    closedir(folder);
    printf("%u inputs replayed\n", count);
    return count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
