/* Any bytes as a configuration file. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "consumer/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = memfd_create("config", 0);
    char path[64];
    struct config config;
    struct error e;

    if (fd < 0 || write(fd, data, size) != (ssize_t)size || !config_init(&config))
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (config_read_file(&config, path, &e) == 0)
        (void)config_validate_run(&config, &e);
    config_free(&config);
    close(fd);
    return 0;
}
