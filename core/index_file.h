/* index_file: an index file while it is written: sections with their checksums, and how it appears under its name.
 *
 * The file has no name, or where the file system cannot do that a temporary one beside its place, until
 * index_file_publish. Whoever is killed before leaves no litter, or one file that the next build takes away. One
 * thread. All functions return 0, or -1 with the error set. */
#ifndef FIXWARDEN_CORE_INDEX_FILE_H
#define FIXWARDEN_CORE_INDEX_FILE_H

#include "error.h"
#include "index_format.h"

#define INDEX_FILE_MEMORY ((size_t)2 * INDEX_CHECKSUM_BLOCK) /* bytes that an index_file buffers at most */

struct index_file;

/* A section while it is written. Belongs to its index_file. */
struct index_writer;

int index_file_create(const char *path, struct index_file **out, struct error *e);
void index_file_close(struct index_file *file); /* NULL is fine; what was not published is gone */

/* Starts a section after those that were started before. `length` is its final length in bytes; 0: it shall be seen,
 * and no other can start before it is finished. At most two are open at a time. */
int index_file_begin(struct index_file *file, enum index_section_type type, uint32_t kind, uint64_t length,
                     struct index_writer **out, struct error *e);
int index_writer_put(struct index_writer *writer, const void *bytes, size_t len, struct error *e);
uint64_t index_writer_length(const struct index_writer *writer); /* bytes put so far */
int index_writer_finish(struct index_writer *writer, struct error *e);

/* Adds checksums, header (whose sections and size are filled in here) and footer, makes it all durable, and gives the
 * file its name in place of an older one. *file_bytes is set. */
int index_file_publish(struct index_file *file, struct index_header *header, struct error *e);

/* Whole transfers at an offset: short ones and EINTR are seen to. `what` names the file in the sentence. */
int index_write_at(int fd, const void *bytes, size_t len, uint64_t offset, const char *what, struct error *e);
int index_read_at(int fd, void *bytes, size_t len, uint64_t offset, const char *what, struct error *e);

/* sync_file_range, so that what was written leaves memory early. That it cannot be had is no error: the page cache is
 * larger and nothing else. That an earlier write has failed is ERROR_IO: waiting takes the news, and an fdatasync that
 * follows would not be told (fs/sync.c, file_check_and_advance_wb_err). */
int index_send_range(int fd, uint64_t offset, uint64_t len, unsigned flags, const char *what, struct error *e);

/* Makes it durable which names a directory holds: after a rename or a link in it. */
int index_flush_directory(const char *directory, struct error *e);

/* A file without a name in that directory, or -1. */
int index_open_unnamed(const char *dir, const char *purpose, struct error *e);

#endif
