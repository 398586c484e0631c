#include "kept_deltas.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/index_overlay.h"
#include "core/master_digest.h"
#include "output_file.h"
#include "small_file.h"
#include "wall.h"

#define FIRST_LINE "fixwarden deltas 1\n"
#define CONTENTS "deltas"
#define HALF_DIGITS 16 /* hexadecimal, of half a digest */
#define DIGEST_DIGITS 32
#define LINE_MAX_BYTES 320       /* a digest, a size and a name */
#define CONTENT_NAME_ROOM 64     /* more than enough */
#define COPY_BYTES (64u << 10)   /* at a time */
#define YOUNG_MS INT64_C(600000) /* a content that was written or named just now: ten minutes */

static int no_memory(const char *path, struct error *e)
{
    return error_set(e, ERROR_INTERNAL, "%s: no memory for the deltas that are kept", path);
}

/* --- contents --- */

static void write_content_name(const struct kept_delta *delta, char name[CONTENT_NAME_ROOM])
{
    snprintf(name, CONTENT_NAME_ROOM, "%016" PRIx64 "%016" PRIx64 "-%" PRIu64, delta->digest[0], delta->digest[1],
             delta->size);
}

char *kept_deltas_content(const char *folder, const struct kept_delta *delta)
{
    char name[CONTENT_NAME_ROOM], *path;

    write_content_name(delta, name);
    return asprintf(&path, "%s/" CONTENTS "/%s", folder, name) < 0 ? NULL : path;
}

static bool is_there(const char *path, uint64_t size)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size == size;
}

static int copy_bytes(FILE *from, FILE *to, struct master_digest *digest, uint64_t *size, struct error *e)
{
    char *block = malloc(COPY_BYTES);
    size_t len;

    if (!block)
        return error_set(e, ERROR_INTERNAL, "no memory to copy a delta");
    while ((len = fread(block, 1, COPY_BYTES, from)) > 0) {
        master_digest_add(digest, block, len);
        *size += len;
        fwrite(block, 1, len, to); /* an error of the stream stays in it */
    }
    master_digest_finish(digest);
    free(block);
    return ferror(from) ? error_set_errno(e, errno, "cannot be read") : 0;
}

/* Only if it is what was applied. */
static int copy_content(FILE *from, const struct index_source *source, const char *path, struct error *e)
{
    struct master_digest digest = {0};
    struct output_file file = {0};
    uint64_t size = 0;
    int status = master_digest_start(&digest) == 0 ? 0 : error_set(e, ERROR_INTERNAL, "no memory to copy a delta");

    if (status == 0)
        status = output_file_open(&file, path, e);
    if (status == 0)
        status = copy_bytes(from, file.stream, &digest, &size, e);
    if (status == 0 && (size != source->size || memcmp(digest.value, source->digest, sizeof digest.value) != 0))
        status = error_set(e, ERROR_IO, "is another file than the one that was applied");
    if (status == 0)
        status = output_file_commit(&file, e);
    output_file_close(&file);
    master_digest_free(&digest);
    return status;
}

static int keep_content(const char *folder, const struct index_source *source, struct error *e)
{
    const struct kept_delta delta = {.size = source->size, .digest = {source->digest[0], source->digest[1]}};
    char *path = kept_deltas_content(folder, &delta);
    FILE *from = NULL;
    int status = 0;

    if (!path)
        return no_memory(folder, e);
    if (is_there(path, source->size)) {
        (void)utimensat(AT_FDCWD, path, NULL, 0); /* it is young again */
    } else {
        from = fopen(source->path, "re");
        status = from ? copy_content(from, source, path, e) : error_set_errno(e, errno, "cannot be read");
        if (status != 0)
            error_write_prefix(e, "%s: cannot be kept", source->path);
    }
    if (from)
        fclose(from);
    free(path);
    return status;
}

/* --- writing a record --- */

/* The deltas among an index's sources: those that its base has not. */
static const struct index_source *deltas_of(const struct index *index, size_t *count)
{
    const struct index_info *info = index_info(index);
    size_t below = index_info(index_base(index))->source_count;

    *count = info->source_count - below;
    return info->sources + below;
}

/* The last part of a path, without what would be no line of text. */
static void write_file_name(const char *path, FILE *out)
{
    const char *slash = strrchr(path, '/');

    for (const char *c = slash ? slash + 1 : path; *c != '\0'; c++)
        fputc((unsigned char)*c < ' ' ? '?' : *c, out);
}

static int write_record(const char *path, const struct index_source *deltas, size_t count, struct error *e)
{
    struct output_file file = {0};
    int status = output_file_open(&file, path, e);

    if (status == 0) {
        fputs(count > 0 ? FIRST_LINE : "", file.stream);
        for (size_t i = 0; i < count; i++) {
            const struct index_source *delta = &deltas[i];

            fprintf(file.stream, "%016" PRIx64 "%016" PRIx64 " %" PRIu64 " ", delta->digest[0], delta->digest[1],
                    delta->size);
            write_file_name(delta->path, file.stream);
            fputc('\n', file.stream);
        }
        status = output_file_commit(&file, e);
    }
    output_file_close(&file);
    return status;
}

int kept_deltas_let_go(const char *path, struct error *e)
{
    return write_record(path, NULL, 0, e);
}

static int make_folders(const char *folder, struct error *e)
{
    char *contents = NULL;
    int status = 0;

    if (asprintf(&contents, "%s/" CONTENTS, folder) < 0)
        return no_memory(folder, e);
    if ((mkdir(folder, 0755) != 0 && errno != EEXIST) || (mkdir(contents, 0755) != 0 && errno != EEXIST))
        status = error_set_errno(e, errno, "%s", contents);
    free(contents);
    return status;
}

int kept_deltas_store(const char *folder, const struct index *index, struct error *e)
{
    size_t count;
    const struct index_source *deltas = deltas_of(index, &count);
    int status = make_folders(folder, e);

    for (size_t i = 0; i < count && status == 0; i++)
        status = keep_content(folder, &deltas[i], e);
    return status;
}

/* The contents first, so that no record names what is not there. */
int kept_deltas_keep(const char *folder, const char *path, const struct index *index, struct error *e)
{
    size_t count;
    const struct index_source *deltas = deltas_of(index, &count);
    struct error ignored;

    if (kept_deltas_store(folder, index, e) == 0)
        return write_record(path, deltas, count, e);
    (void)kept_deltas_let_go(path, &ignored);
    return -1;
}

/* --- reading a record --- */

void kept_deltas_free(struct kept_deltas *deltas)
{
    for (size_t i = 0; i < deltas->count; i++)
        free(deltas->items[i].name);
    free(deltas->items);
    *deltas = (struct kept_deltas){NULL, 0};
}

/* Half a digest. */
static uint64_t read_hex(const char *text)
{
    char digits[HALF_DIGITS + 1] = "";

    memcpy(digits, text, HALF_DIGITS);
    return strtoull(digits, NULL, 16);
}

/* "DIGEST SIZE NAME"; only a line that would be written just so, which tells what is no number as well. */
static bool read_line(const char *line, size_t len, struct kept_delta *out)
{
    char text[LINE_MAX_BYTES], again[LINE_MAX_BYTES], *after;

    if (len <= DIGEST_DIGITS || len >= sizeof text)
        return false;
    memcpy(text, line, len);
    text[len] = '\0';
    *out = (struct kept_delta){.digest = {read_hex(text), read_hex(text + HALF_DIGITS)}};
    out->size = strtoull(text + DIGEST_DIGITS, &after, 10);
    if (*after != ' ')
        return false;
    snprintf(again, sizeof again, "%016" PRIx64 "%016" PRIx64 " %" PRIu64 " %s", out->digest[0], out->digest[1],
             out->size, after + 1);
    if (strcmp(again, text) != 0)
        return false;
    out->name = strdup(after + 1);
    return out->name != NULL;
}

static int add_line(struct kept_deltas *deltas, const char *line, size_t len, const char *path, struct error *e)
{
    struct kept_delta *items = reallocarray(deltas->items, deltas->count + 1, sizeof *items);

    if (!items)
        return no_memory(path, e);
    deltas->items = items;
    if (deltas->count == OVERLAY_FILES_MAX || !read_line(line, len, &items[deltas->count]))
        return error_set(e, ERROR_DATA, "%s: is no record of deltas", path);
    deltas->count++;
    return 0;
}

static int read_lines(const char *text, const char *path, struct kept_deltas *out, struct error *e)
{
    const char *line = text + strlen(FIRST_LINE), *end;

    if (*text == '\0')
        return error_set(e, ERROR_DATA, "%s: what it was made of is not kept any more (deltas.keep)", path);
    if (strncmp(text, FIRST_LINE, strlen(FIRST_LINE)) != 0)
        return error_set(e, ERROR_DATA, "%s: is no record of deltas", path);
    for (; (end = strchr(line, '\n')) != NULL; line = end + 1)
        if (add_line(out, line, (size_t)(end - line), path, e) != 0)
            return -1;
    return *line == '\0' ? 0 : error_set(e, ERROR_DATA, "%s: is no record of deltas", path);
}

static int check_version(const struct kept_deltas *deltas, const char *path, const char *base, const char *version,
                         struct error *e)
{
    char made[INDEX_VERSION_LEN + 1];

    snprintf(made, sizeof made, "%s", base);
    for (size_t i = 0; i < deltas->count; i++)
        index_overlay_advance(made, deltas->items[i].size, deltas->items[i].digest);
    return strcmp(made, version) == 0 ? 0 : error_set(e, ERROR_DATA, "%s: is not that of version %s", path, version);
}

static int check_contents(const struct kept_deltas *deltas, const char *folder, const char *path, struct error *e)
{
    for (size_t i = 0; i < deltas->count; i++) {
        char *content = kept_deltas_content(folder, &deltas->items[i]);
        int status = 0;

        if (!content)
            return no_memory(path, e);
        if (!is_there(content, deltas->items[i].size))
            status = error_set(e, ERROR_DATA, "%s: the delta %s is not there any more, or damaged: %s", path,
                               deltas->items[i].name, content);
        free(content);
        if (status != 0)
            return -1;
    }
    return 0;
}

static int read_record(const char *path, struct kept_deltas *out, struct error *e)
{
    size_t len;
    char *text = small_file_read(path, KEPT_DELTAS_BYTES_MAX, &len, e);
    int status = -1;

    if (text && (len > KEPT_DELTAS_BYTES_MAX || strlen(text) != len))
        error_set(e, ERROR_DATA, "%s: is no record of deltas", path);
    else if (text)
        status = read_lines(text, path, out, e);
    free(text);
    return status;
}

int kept_deltas_read(const char *folder, const char *path, const char *base, const char *version,
                     struct kept_deltas *out, struct error *e)
{
    *out = (struct kept_deltas){NULL, 0};
    if (read_record(path, out, e) == 0 && check_version(out, path, base, version, e) == 0 &&
        check_contents(out, folder, path, e) == 0)
        return 0;
    kept_deltas_free(out);
    return -1;
}

/* --- sweeping --- */

/* Names of contents. */
struct names {
    char (*items)[CONTENT_NAME_ROOM];
    size_t count;
};

static int compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

static int add_names(struct names *names, const struct kept_deltas *deltas, struct error *e)
{
    void *items = reallocarray(names->items, names->count + deltas->count + 1, sizeof *names->items);

    if (!items)
        return no_memory("sweep", e);
    names->items = items;
    for (size_t i = 0; i < deltas->count; i++)
        write_content_name(&deltas->items[i], names->items[names->count++]);
    return 0;
}

/* One that is no record, or was taken away meanwhile, names nothing; of one that only cannot be read nobody knows. */
static int add_record(struct names *names, const char *path, struct error *e)
{
    struct kept_deltas deltas = {NULL, 0};
    int status = read_record(path, &deltas, e);

    if (status == 0)
        status = add_names(names, &deltas, e);
    else if (e->code == ERROR_DATA || access(path, F_OK) != 0)
        status = 0;
    kept_deltas_free(&deltas);
    return status;
}

/* Those that are named. */
static int list_names(const char *const *paths, size_t count, struct names *out, struct error *e)
{
    for (size_t i = 0; i < count; i++)
        if (add_record(out, paths[i], e) != 0)
            return -1;
    if (out->count > 0)
        qsort(out->items, out->count, sizeof *out->items, compare_names);
    return 0;
}

static bool is_named(const struct names *names, const char *name)
{
    return names->count > 0 && bsearch(name, names->items, names->count, sizeof *names->items, compare_names) != NULL;
}

static bool is_young(int directory, const char *name)
{
    struct stat st;

    return fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
           wall_ms() - st.st_mtim.tv_sec * INT64_C(1000) < YOUNG_MS;
}

static int sweep(DIR *directory, const struct names *names, const char *folder, struct error *e)
{
    struct dirent *entry;

    while ((entry = readdir(directory)) != NULL)
        if (entry->d_name[0] != '.' && !is_named(names, entry->d_name) && !is_young(dirfd(directory), entry->d_name) &&
            unlinkat(dirfd(directory), entry->d_name, 0) != 0 && errno != ENOENT)
            return error_set_errno(e, errno, "%s/" CONTENTS "/%s: cannot be removed", folder, entry->d_name);
    return 0;
}

int kept_deltas_sweep(const char *folder, const char *const *paths, size_t count, struct error *e)
{
    struct names names = {NULL, 0};
    char *contents = NULL;
    DIR *directory;
    int status;

    if (asprintf(&contents, "%s/" CONTENTS, folder) < 0)
        return no_memory(folder, e);
    directory = opendir(contents);
    status = directory ? list_names(paths, count, &names, e) : 0;
    if (status == 0 && directory)
        status = sweep(directory, &names, folder, e);
    if (directory)
        closedir(directory);
    free(names.items);
    free(contents);
    return status;
}
