#include "consumer/token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "consumer/monotonic.h"

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))
#define NOW_MS INT64_C(1700000000000)
#define UNKNOWN_END (NOW_MS + TOKEN_UNKNOWN_LIFE_MS)

/* {"alg":"none"} and, as their names say, the claims. */
#define HEAD "eyJhbGciOiJub25lIn0."
#define SUB_AND_EXP HEAD "eyJzdWIiOiJhbGljZSIsImV4cCI6MTcwMDAwMDA2MH0." /* alice, NOW + 60 s */
#define EXP_ONLY HEAD "eyJleHAiOjE3MDAwMDAwNjAuNX0."                    /* NOW + 60.5 s */
#define SUB_ONLY HEAD "eyJzdWIiOiJhbGljZSJ9."
#define EXP_IS_NOW HEAD "eyJleHAiOjE3MDAwMDAwMDB9."
#define EXP_IS_TEXT HEAD "eyJleHAiOiJzb29uIn0."
#define EXP_IS_HUGE HEAD "eyJleHAiOjFlMzAwfQ."
#define EXP_IS_NEGATIVE HEAD "eyJleHAiOi0xfQ."

static void a_token_says_whose_it_is_and_when_it_ends(void **state)
{
    static const struct {
        const char *name;
        const char *text;
        const char *principal; /* NULL: refused */
        int64_t expires_ms;
        const char *error;
    } rows[] = {
        {"a JWT", SUB_AND_EXP, "alice", NOW_MS + 60000, NULL},
        {"white space around it", "\n " SUB_AND_EXP "\r\n", "alice", NOW_MS + 60000, NULL},
        {"a fraction of a second", EXP_ONLY, "unknown", NOW_MS + 60500, NULL},
        {"a JWT without an end", SUB_ONLY, "alice", UNKNOWN_END, NULL},
        {"an end that is text", EXP_IS_TEXT, "unknown", UNKNOWN_END, NULL},
        {"an end beyond all time", EXP_IS_HUGE, "unknown", UNKNOWN_END, NULL},
        {"an end before all time", EXP_IS_NEGATIVE, "unknown", UNKNOWN_END, NULL},
        {"an opaque token", "2YotnFZFEjr1zCsicMWpAA==", "unknown", UNKNOWN_END, NULL},
        {"one dot", "a.b", "unknown", UNKNOWN_END, NULL},
        {"claims that are no base64url", "a.!.c", NULL, 0, "no bearer token"},
        {"claims that are no JSON", "a.YWJj.c", "unknown", UNKNOWN_END, NULL},
        {"nothing between the dots", "..", "unknown", UNKNOWN_END, NULL},
        {"one that ends now", EXP_IS_NOW, NULL, 0, "the token ended 0 s ago"},
        {"nothing", "", NULL, 0, "it is empty"},
        {"white space alone", " \n", NULL, 0, "it is empty"},
        {"two words", "a b", NULL, 0, "no bearer token"},
        {"two lines", "a\nb", NULL, 0, "no bearer token"},
        {"a byte beyond ASCII", "a\xc3\xa4", NULL, 0, "no bearer token"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct token token = {0};
        struct error e = {0};
        int status = token_parse(slice_of(rows[i].text), NOW_MS, &token, &e);

        if ((status == 0) != (rows[i].principal != NULL))
            fail_msg("%s: %d, %s", rows[i].name, status, e.text);
        if (status == 0 && (strcmp(token.principal, rows[i].principal) != 0 || token.expires_ms != rows[i].expires_ms))
            fail_msg("%s: %s, %lld", rows[i].name, token.principal, (long long)token.expires_ms);
        if (status != 0 && !strstr(e.text, rows[i].error))
            fail_msg("%s: %s", rows[i].name, e.text);
        token_free(&token);
    }
}

static void a_nul_byte_is_no_part_of_a_token(void **state)
{
    struct token token = {0};
    struct error e;

    (void)state;
    assert_int_equal(token_parse(slice_make("a\0b", 3), NOW_MS, &token, &e), -1);
    assert_null(token.value);
}

static void a_refused_token_is_not_in_the_error(void **state)
{
    static const char *const rows[] = {"top secret", EXP_IS_NOW};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct token token;
        struct error e;

        assert_int_equal(token_parse(slice_of(rows[i]), NOW_MS, &token, &e), -1);
        assert_null(strstr(e.text, rows[i]));
        assert_null(strstr(e.text, "secret"));
    }
}

static void a_file_is_read_anew_each_time(void **state)
{
    char path[] = "/tmp/fixwarden-test-XXXXXX";
    static const char *const texts[] = {"one\n", "two"};
    struct token token;
    struct error e;
    int fd = mkstemp(path);

    (void)state;
    close(fd);
    for (size_t i = 0; i < COUNT(texts); i++) {
        FILE *file = fopen(path, "w");

        fputs(texts[i], file);
        fclose(file);
        assert_int_equal(token_read(path, NOW_MS, &token, &e), 0);
        assert_memory_equal(token.value, texts[i], 3);
        token_free(&token);
    }
    unlink(path);
    assert_int_equal(token_read(path, NOW_MS, &token, &e), -1);
    assert_non_null(strstr(e.text, path));
}

static void a_command_prints_a_token_or_says_why_not(void **state)
{
    static const struct {
        const char *name;
        const char *command;
        const char *value; /* NULL: refused */
        const char *error;
    } rows[] = {
        {"a command", "printf abc", "abc", NULL},
        {"one that takes its time", "sleep 0.1; echo abc", "abc", NULL},
        {"one that closes its output before it ends", "echo abc; exec >&-; sleep 0.1", "abc", NULL},
        {"one that reads its input", "cat; echo abc", "abc", NULL},
        {"one that fails", "echo abc; exit 3", NULL, "ended with status 3"},
        {"one that is not there", "/nowhere/at/all 2>/dev/null", NULL, "ended with status 127"},
        {"one that prints nothing", "true", NULL, "it is empty"},
        {"one that is killed", "kill -9 $$", NULL, "ended by signal 9"},
        {"one that hangs", "sleep 60", NULL, "it takes too long"},
        {"one that hangs with its output closed", "exec >&-; sleep 60", NULL, "it takes too long"},
        {"one whose child hangs", "sleep 60 & echo abc; wait", NULL, "it takes too long"},
        {"one that never stops", "yes", NULL, "more than 65536 bytes"},
        {"SIGPIPE is deadly to it", "yes | head -c 3 | tr '\\n' z", "yzy", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct token token = {0};
        struct error e = {0};
        int status = token_run(rows[i].command, 1000, NOW_MS, &token, &e);

        if ((status == 0) != (rows[i].value != NULL))
            fail_msg("%s: %d, %s", rows[i].name, status, e.text);
        if (status == 0)
            assert_string_equal(token.value, rows[i].value);
        else if (!strstr(e.text, rows[i].error))
            fail_msg("%s: %s", rows[i].name, e.text);
        token_free(&token);
    }
}

/* A command prints `len` letters. */
static int run_printer(unsigned len)
{
    char command[80];
    struct token token = {0};
    struct error e;
    int status;

    snprintf(command, sizeof command, "head -c %u /dev/zero | tr '\\0' a", len);
    status = token_run(command, 10000, NOW_MS, &token, &e);
    if (status == 0)
        assert_int_equal(strlen(token.value), len);
    token_free(&token);
    return status;
}

static void the_longest_token_and_one_byte_more(void **state)
{
    (void)state;
    assert_int_equal(run_printer(TOKEN_MAX), 0);
    assert_int_equal(run_printer(TOKEN_MAX + 1), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_says_whose_it_is_and_when_it_ends),
        cmocka_unit_test(a_nul_byte_is_no_part_of_a_token),
        cmocka_unit_test(a_refused_token_is_not_in_the_error),
        cmocka_unit_test(a_file_is_read_anew_each_time),
        cmocka_unit_test(a_command_prints_a_token_or_says_why_not),
        cmocka_unit_test(the_longest_token_and_one_byte_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
