#include "support.h"

#include <unistd.h>

#include "core/index_build.h"

char *support_soh(const char *text)
{
    char *copy = strdup(text);

    assert_non_null(copy);
    for (char *p = copy; *p != '\0'; p++)
        if (*p == '|')
            *p = '\x01';
    return copy;
}

char *support_fix(const char *version, const char *body, size_t *len)
{
    char *text;
    char *message;
    unsigned sum = 0;
    int n = asprintf(&text, "8=%s|9=%zu|%s", version, strlen(body), body);

    assert_true(n > 0);
    message = support_soh(text);
    free(text);
    for (int i = 0; i < n; i++)
        sum += (unsigned char)message[i];
    n = asprintf(&text, "%s10=%03u\x01", message, sum % 256);
    assert_true(n > 0);
    free(message);
    *len = (size_t)n;
    return text;
}

void support_write(const char *path, const char *content, size_t len)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(content, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

void support_write_text(const char *path, const char *text)
{
    support_write(path, text, strlen(text));
}

char *support_file(const char *name, const char *content, size_t len)
{
    const char *tmp = getenv("TMPDIR");
    char *folder;
    char *path;

    assert_true(asprintf(&folder, "%s/fixwarden-unit-XXXXXX", tmp ? tmp : "/tmp") > 0);
    assert_non_null(mkdtemp(folder));
    assert_true(asprintf(&path, "%s/%s", folder, name) > 0);
    free(folder);
    support_write(path, content, len);
    return path;
}

void support_remove(char *path)
{
    unlink(path);
    *strrchr(path, '/') = '\0';
    rmdir(path);
    free(path);
}

struct index *support_index(const char *master_csv)
{
    char *master = support_file("master.csv", master_csv, strlen(master_csv));
    const char *const masters[] = {master};
    struct index_build_options options = {0};
    struct index_build_result result;
    struct index_open_options open_options = {.verify_all = true};
    struct index *index = NULL;
    struct error e = {0};
    char *path;

    assert_true(asprintf(&path, "%s.index", master) > 0);
    if (index_build(masters, 1, path, &options, &result, &e) != 0 || index_open(path, &open_options, &index, &e) != 0)
        fail_msg("%s", e.text);
    unlink(path); /* the mapping lives on */
    free(path);
    support_remove(master);
    return index;
}

const struct identifier_sources *support_sources(void)
{
    static struct identifier_sources sources;

    identifier_sources_default(&sources);
    return &sources;
}
