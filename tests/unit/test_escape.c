#include "support.h"

#include "core/escape.h"

static void escapes_stand_for_bytes(void **state)
{
    static const struct {
        const char *text, *bytes;
    } rows[] = {
        {"", ""},
        {"plain", "plain"},
        {"\\x41", "A"},
        {"a\\x20b\\x2Cc\\X2f", "a b,c/"},
        {"\\x", "\\x"},
        {"\\x4", "\\x4"},
        {"\\xg1\\x1g", "\\xg1\\x1g"},
        {"\\\\x41", "\\A"},
        {"\\x5cx41", "\\x41"},
        {"C:\\new", "C:\\new"},
        {"\\xff", "\xff"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[32];
        size_t len;

        strcpy(text, rows[i].text);
        len = escape_decode(text, strlen(text));
        if (!slice_equal_text(slice_make(text, len), rows[i].bytes))
            fail_row(rows[i].text, "%.*s", (int)len, text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(escapes_stand_for_bytes)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
