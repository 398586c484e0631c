/* Any bytes as a master, packed ones among them: the reader has to come back with rows that lie within the file, or
 * with an error. The first byte chooses how much is read at a time, so that the buffer's end falls anywhere, and with
 * FRAMED what is looked for around the rows. */
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/master.h"

#define FRAMED 0x40 /* in the first byte */
#define LATIN1 0x20
#define WINDOW (1u << 20) /* so that no input takes much memory */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_rows(struct master *master, size_t size)
{
    struct master_row row;
    struct error e;
    uint64_t next = 0;
    unsigned sum = 0;

    while (master_next(master, &row, &e) == 1) {
        if (row.offset < next || (row.offset >= size && master_packing(master) == MASTER_PLAIN))
            abort();
        next = row.offset + 1;
        for (size_t f = 0; f < row.field_count && f < master_columns(master)->count; f++)
            for (size_t i = 0; row.status != MASTER_ROW_TOO_LONG && i < row.fields[f].len; i++)
                sum += (unsigned char)row.fields[f].ptr[i];
    }
    __asm__ volatile("" : : "r"(sum)); /* so that the reads stay */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct master_options options = {0};
    struct master *master;
    struct error e;
    char path[64];
    int fd;

    if (size == 0)
        return 0;
    options.read_bytes = data[0];
    options.window = WINDOW;
    if (data[0] & FRAMED)
        options.format = (struct master_format){.comment = "#", .data_end = "END", .trailer = "T,"};
    if (data[0] & LATIN1)
        options.format.encoding = MASTER_ENCODING_LATIN1;
    fd = memfd_create("master", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data + 1, size - 1) != (ssize_t)(size - 1))
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (master_open(path, &options, &master, &e) == 0) {
        read_rows(master, size - 1);
        master_close(master);
    }
    close(fd);
    return 0;
}
