#include "consumer/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the call writes to standard error, in `text`, which has room for 8192 bytes. */
static void capture(enum log_level at, enum log_level level, const char *sentence, char *text)
{
    FILE *file = tmpfile();
    int before = dup(STDERR_FILENO);
    struct log *log = log_new(at);

    assert_non_null(file);
    assert_non_null(log);
    dup2(fileno(file), STDERR_FILENO);
    log_write(log, level, "pump", "%s", sentence);
    dup2(before, STDERR_FILENO);
    close(before);
    rewind(file);
    text[fread(text, 1, 8191, file)] = '\0';
    fclose(file);
    log_free(log);
}

static void a_line_has_time_level_subsystem_and_sentence(void **state)
{
    char text[8192];
    int year, month, day, hour, minute, second, millisecond, used = 0;

    (void)state;
    capture(LOG_LEVEL_INFO, LOG_LEVEL_WARNING, "lag is 7", text);
    assert_int_equal(sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ%n", &year, &month, &day, &hour, &minute, &second,
                            &millisecond, &used),
                     7);
    assert_string_equal(text + used, " WARN  pump: lag is 7\n");
}

static void only_what_the_level_lets_through_is_written(void **state)
{
    char text[8192];

    (void)state;
    for (int at = LOG_LEVEL_ERROR; at <= LOG_LEVEL_DEBUG; at++)
        for (int level = LOG_LEVEL_ERROR; level <= LOG_LEVEL_DEBUG; level++) {
            capture((enum log_level)at, (enum log_level)level, "x", text);
            assert_int_equal(text[0] != '\0', level <= at);
        }
    log_write(NULL, LOG_LEVEL_ERROR, "pump", "nobody listens");
}

static void a_sentence_stays_on_its_line_and_does_not_steer_the_terminal(void **state)
{
    char text[8192];

    (void)state;
    capture(LOG_LEVEL_INFO, LOG_LEVEL_INFO, "a\nb\033[2Jc\001d\x7f", text);
    assert_non_null(strstr(text, " pump: a b [2Jc d \n"));
}

static void a_long_line_is_cut(void **state)
{
    char text[8192], sentence[6000];

    (void)state;
    memset(sentence, 'x', sizeof sentence);
    sentence[sizeof sentence - 1] = '\0';
    capture(LOG_LEVEL_INFO, LOG_LEVEL_INFO, sentence, text);
    assert_int_equal(strlen(text), 4095);
    assert_string_equal(text + strlen(text) - 6, "xx...\n");
    sentence[4000] = '\0';
    capture(LOG_LEVEL_INFO, LOG_LEVEL_INFO, sentence, text);
    assert_null(strstr(text, "..."));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_has_time_level_subsystem_and_sentence),
        cmocka_unit_test(only_what_the_level_lets_through_is_written),
        cmocka_unit_test(a_sentence_stays_on_its_line_and_does_not_steer_the_terminal),
        cmocka_unit_test(a_long_line_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
