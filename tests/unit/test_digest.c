#include "consumer/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support.h"

/* Of "abc": RFC 1321, A.5, and FIPS 180-2, B.1. */
#define MD5_ABC "900150983cd24fb0d6963f7d28e17f72"
#define SHA256_ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static void it_is_found_however_it_is_written(void **state)
{
    static const struct {
        const char *text;
        enum digest_kind kind;
        const char *found; /* NULL: none */
    } rows[] = {
        {MD5_ABC, DIGEST_MD5, MD5_ABC},
        {MD5_ABC "  master.csv\n", DIGEST_MD5, MD5_ABC},
        {SHA256_ABC " *master.csv\r\n", DIGEST_SHA256, SHA256_ABC},
        {"MD5(master.csv)= " MD5_ABC "\n", DIGEST_MD5, MD5_ABC},
        {"SHA2-256(master.csv)= " SHA256_ABC, DIGEST_SHA256, SHA256_ABC},
        {"900150983CD24FB0D6963F7D28E17F72", DIGEST_MD5, MD5_ABC},
        {"\xef\xbb\xbf" MD5_ABC, DIGEST_MD5, MD5_ABC},
        {"", DIGEST_MD5, NULL},
        {SHA256_ABC, DIGEST_MD5, NULL},
        {MD5_ABC, DIGEST_SHA256, NULL},
        {MD5_ABC "0", DIGEST_MD5, NULL},
        {"x" MD5_ABC, DIGEST_MD5, NULL},
        {"g00150983cd24fb0d6963f7d28e17f72", DIGEST_MD5, NULL},
        {"g00150983cd24fb0d6963f7d28e17f72 " MD5_ABC, DIGEST_MD5, MD5_ABC},
    };
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char found[DIGEST_TEXT_MAX];
        struct error e;
        int status = digest_find(slice_of(rows[i].text), rows[i].kind, found, &e);

        if (rows[i].found ? status != 0 || strcmp(found, rows[i].found) != 0 : status != -1 || e.code != ERROR_DATA)
            fail_msg("%s", rows[i].text);
    }
}

static void that_of_a_file_is_the_standards(void **state)
{
    char path[] = "/tmp/test_digest_XXXXXX", found[DIGEST_TEXT_MAX];
    atomic_bool stop = true;
    struct error e = {0};
    (void)state;

    close(mkstemp(path));
    support_write_text(path, "abc");
    assert_int_equal(digest_compute(path, DIGEST_MD5, NULL, found, &e), 0);
    assert_string_equal(found, MD5_ABC);
    assert_int_equal(digest_compute(path, DIGEST_SHA256, NULL, found, &e), 0);
    assert_string_equal(found, SHA256_ABC);
    assert_int_equal(digest_compute(path, DIGEST_SHA256, &stop, found, &e), -1);
    assert_int_equal(e.code, ERROR_TEMPORARY);
    support_write_text(path, SHA256_ABC "  abc\n");
    assert_int_equal(digest_read(path, DIGEST_SHA256, found, &e), 0);
    assert_string_equal(found, SHA256_ABC);
    assert_int_equal(digest_read(path, DIGEST_MD5, found, &e), -1);
    assert_non_null(strstr(e.text, path));
    unlink(path);
    assert_int_equal(digest_compute(path, DIGEST_MD5, NULL, found, &e), -1);
    assert_int_equal(e.code, ERROR_IO);
    assert_int_equal(digest_read(path, DIGEST_MD5, found, &e), -1);
    assert_int_equal(e.code, ERROR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_found_however_it_is_written),
        cmocka_unit_test(that_of_a_file_is_the_standards),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
