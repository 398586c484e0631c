#include "consumer/cli.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))
#define WORDS_MAX 32
#define TEXT_MAX 16384

/* Words separated by blanks, as argv. */
struct words {
    char text[512];
    char *argv[WORDS_MAX + 1];
    int argc;
};

static void split(const char *line, struct words *words)
{
    char *rest = words->text, *word;

    *words = (struct words){.argc = 0};
    strcpy(words->text, line);
    while ((word = strsep(&rest, " ")) && words->argc < WORDS_MAX)
        words->argv[words->argc++] = word;
}

/* A stream that goes to a file from start to end. */
struct capture {
    FILE *stream;
    FILE *file;
    int before;
};

static void capture_start(struct capture *capture, FILE *stream)
{
    fflush(stream);
    *capture = (struct capture){stream, tmpfile(), dup(fileno(stream))};
    assert_non_null(capture->file);
    dup2(fileno(capture->file), fileno(stream));
}

static void capture_end(struct capture *capture, char text[TEXT_MAX])
{
    fflush(capture->stream);
    dup2(capture->before, fileno(capture->stream));
    close(capture->before);
    rewind(capture->file);
    text[fread(text, 1, TEXT_MAX - 1, capture->file)] = '\0';
    fclose(capture->file);
}

static const struct cli_option own[] = {
    {"format", 'f', "FORMAT", NULL, "how"},
    {"follow", 0, NULL, NULL, "go on"},
    {0},
};

static const struct cli_command command = {
    .name = "try",
    .operands = "FILE...",
    .operands_min = 1,
    .operands_max = 2,
    .summary = "Tries.",
    .options = own,
    .shared = CLI_CONFIG | CLI_BROKERS | CLI_MASTER | CLI_INDEX | CLI_RULES,
};

static int begin(const char *line, struct config *config, struct cli_arguments *arguments, struct words *words,
                 char out[TEXT_MAX], char err[TEXT_MAX])
{
    struct capture captured_out, captured_err;

    split(line, words);
    capture_start(&captured_out, stdout);
    capture_start(&captured_err, stderr);
    int status = cli_begin(&command, words->argc, words->argv, config, arguments);
    capture_end(&captured_err, err);
    capture_end(&captured_out, out);
    return status;
}

static void what_is_wrong_is_said_in_one_line_that_names_it(void **state)
{
    static const struct {
        const char *line;
        int status;
        const char *error;
    } rows[] = {
        {"try", 64, "fixwarden: try: it needs FILE...; see fixwarden try --help\n"},
        {"try a b c", 64, "fixwarden: try: 'c' is one argument too many; see fixwarden try --help\n"},
        {"try a --formt x", 64, "fixwarden: try: --formt is no option of it; did you mean '--format'?\n"},
        {"try a --elephant", 64, "fixwarden: try: --elephant is no option of it; see fixwarden try --help\n"},
        {"try a --follow=x", 64, "fixwarden: try: --follow takes no value\n"},
        {"try a -z", 64, "fixwarden: try: -z is no option of it; see fixwarden try --help\n"},
        {"try --follow -zf x a", 64, "fixwarden: try: -z is no option of it; see fixwarden try --help\n"},
        {"try a --format", 64, "fixwarden: try: --format needs a value\n"},
        {"try a -f", 64, "fixwarden: try: -f needs a value\n"},
        {"try a --memory lots", 64, "fixwarden: --memory: [master] memory: 'lots' is no size from 16M to 1T\n"},
        {"try a --column isin", 64, "fixwarden: --column: 'isin' is not ROLE=HEADER\n"},
        {"try a --set input.topic=x", 64, "fixwarden: --set: [input] topic is not known; did you mean 'topics'?\n"},
        {"try a --set severity.big=kind=X", 64,
         "fixwarden: --set: [severity] big: kind=: 'X' is none of UNKNOWN_SECURITY, SYMBOL_MISMATCH, "
         "SYMBOL_FORMAT_VARIANT, IDENTIFIER_CONFLICT, INVALID_IDENTIFIER, AMBIGUOUS_SECURITY, CURRENCY_MISMATCH, "
         "EXCHANGE_MISMATCH, SECURITY_TYPE_MISMATCH, MATURITY_MISMATCH, CONTRACT_MISMATCH, INACTIVE_SECURITY, "
         "MISSING_IDENTIFIER\n"},
        {"try a --set symbology.topic.t=CQS", 78,
         "fixwarden: [symbology] topic.TOPIC is set, and master is not: symbols are translated into the master's "
         "convention, so it has to be known (master = CQS, or another)\n"},
        {"try a --set symbology.renames=/nonexistent/r.csv", 74,
         "fixwarden: [symbology] renames: /nonexistent/r.csv: cannot be opened: No such file or directory\n"},
        {"try a -c /nonexistent/c.ini", 74, "fixwarden: /nonexistent/c.ini: No such file or directory\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char out[TEXT_MAX], err[TEXT_MAX];
        struct cli_arguments arguments;
        struct config config;
        struct words words;

        assert_int_equal(begin(rows[i].line, &config, &arguments, &words, out, err), rows[i].status);
        assert_string_equal(err, rows[i].error);
        assert_string_equal(out, "");
        config_free(&config);
    }
}

static void flags_set_the_configuration_in_any_order_of_words(void **state)
{
    char out[TEXT_MAX], err[TEXT_MAX];
    struct cli_arguments arguments;
    struct config config;
    struct words words;

    (void)state;
    assert_int_equal(
        begin("try --master a.csv x -m b,c.csv --follow -b h:1,h:2 y --column=symbol=Ticker --set input.group=g "
              "-f csv --format json --mem 32M",
              &config, &arguments, &words, out, err),
        CLI_GO_ON);
    assert_string_equal(err, "");
    assert_int_equal(config.master.files.count, 2);
    assert_string_equal(config.master.files.items[1], "b,c.csv");
    assert_string_equal(config_kafka(&config, "bootstrap.servers"), "h:1,h:2");
    assert_string_equal(config.master.columns[ROLE_SYMBOL], "Ticker");
    assert_string_equal(config.input.group, "g");
    assert_int_equal(config.master.memory, 32u << 20);
    assert_int_equal(arguments.operand_count, 2);
    assert_string_equal(arguments.operands[0], "x");
    assert_string_equal(arguments.operands[1], "y");
    assert_string_equal(cli_value(&arguments, "format"), "json"); /* the last one */
    assert_string_equal(cli_value(&arguments, "follow"), "");
    assert_null(cli_value(&arguments, "index"));
    config_free(&config);
}

static void a_flag_replaces_the_list_of_the_file(void **state)
{
    char out[TEXT_MAX], err[TEXT_MAX], path[] = "/tmp/fixwarden-test-XXXXXX", line[128];
    struct cli_arguments arguments;
    struct config config;
    struct words words;
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    assert_true(dprintf(fd, "[master]\nfiles = f1, f2\nindex = i\n") > 0);
    close(fd);
    setenv("FIXWARDEN_MASTER_INDEX", "environment", 1);
    snprintf(line, sizeof line, "try -m one x -c %s", path);
    assert_int_equal(begin(line, &config, &arguments, &words, out, err), CLI_GO_ON);
    assert_int_equal(config.master.files.count, 1);
    assert_string_equal(config.master.index, "environment");
    unsetenv("FIXWARDEN_MASTER_INDEX");
    unlink(path);
    config_free(&config);
}

static void help_names_every_option(void **state)
{
    char out[TEXT_MAX], err[TEXT_MAX];
    struct cli_arguments arguments;
    struct config config;
    struct words words;

    (void)state;
    assert_int_equal(begin("try --help", &config, &arguments, &words, out, err), 0); /* without its operand */
    assert_string_equal(err, "");
    assert_non_null(strstr(out, "Usage: fixwarden try [OPTION...] FILE..."));
    for (size_t i = 0; i < arguments.option_count; i++) {
        char option[64];

        snprintf(option, sizeof option, "--%s", arguments.options[i].name);
        if (!strstr(out, option))
            fail_msg("%s is not in the help", option);
    }
    config_free(&config);
}

static void numbers_of_options_are_bounded(void **state)
{
    static const struct {
        const char *value;
        bool good;
    } rows[] = {{"1", true}, {"10", true}, {"0", false}, {"11", false}, {"x", false}, {"", false}, {"-1", false}};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cli_arguments arguments = {.options = {own[0]}, .option_count = 1, .values = {rows[i].value}};
        struct error e = {0};
        uint64_t number;

        assert_int_equal(cli_number(&arguments, "format", 1, 10, 5, &number, &e), rows[i].good ? 0 : -1);
        assert_int_equal(e.code, rows[i].good ? ERROR_NONE : ERROR_USAGE);
        assert_int_equal(cli_number(&arguments, "other", 1, 10, 5, &number, &e), 0);
        assert_int_equal(number, 5);
    }
}

static void an_option_may_be_given_again_and_again(void **state)
{
    char out[TEXT_MAX], err[TEXT_MAX];
    struct cli_arguments arguments;
    struct config config;
    struct words words;
    size_t at = 0;

    (void)state;
    assert_int_equal(begin("try a -f x --follow --format=y b -f z", &config, &arguments, &words, out, err), CLI_GO_ON);
    assert_string_equal(cli_each(&arguments, "format", &at), "x");
    assert_string_equal(cli_each(&arguments, "format", &at), "y");
    assert_string_equal(cli_each(&arguments, "format", &at), "z");
    assert_null(cli_each(&arguments, "format", &at));
    at = 0;
    assert_string_equal(cli_each(&arguments, "follow", &at), "");
    assert_null(cli_each(&arguments, "follow", &at));
    at = 0;
    assert_null(cli_each(&arguments, "master", &at));
    config_free(&config);
}

static void a_command_has_1024_options_of_its_own_and_no_more(void **state)
{
    static char *argv[CLI_GIVEN_MAX + 4];
    static char name[] = "try", option[] = "--follow", operand[] = "a";
    struct cli_arguments arguments;
    struct capture captured;
    struct config config;
    char err[TEXT_MAX];

    (void)state;
    argv[0] = name;
    argv[1] = operand;
    for (int more = 0; more < 2; more++) {
        for (int i = 0; i < CLI_GIVEN_MAX + more; i++)
            argv[2 + i] = option;
        capture_start(&captured, stderr);
        int status = cli_begin(&command, 2 + CLI_GIVEN_MAX + more, argv, &config, &arguments);
        capture_end(&captured, err);
        assert_int_equal(status, more ? 64 : CLI_GO_ON);
        assert_string_equal(err, more ? "fixwarden: try: more than 1024 options\n" : "");
        config_free(&config);
    }
}

static int called_with;

static int call(int argc, char **argv)
{
    (void)argv;
    called_with = argc;
    return 7;
}

static void a_command_is_chosen_by_its_name(void **state)
{
    static const struct cli_entry entries[] = {{"index", call, "makes"}, {"check", call, "checks"}};
    static const struct {
        const char *line;
        int status;
        const char *error;
    } rows[] = {
        {"fixwarden check a b", 7, ""},
        {"fixwarden", 64, "fixwarden: fixwarden needs a command; see fixwarden --help\n"},
        {"fixwarden chekc", 64, "fixwarden: 'chekc' is no command of fixwarden; did you mean 'check'?\n"},
        {"fixwarden elephant", 64, "fixwarden: 'elephant' is no command of fixwarden; see --help\n"},
        {"fixwarden --help", 0, ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char out[TEXT_MAX], err[TEXT_MAX];
        struct capture captured_out, captured_err;
        struct words words;

        split(rows[i].line, &words);
        called_with = 0;
        capture_start(&captured_out, stdout);
        capture_start(&captured_err, stderr);
        int status = cli_dispatch(entries, COUNT(entries), "fixwarden", words.argc, words.argv);
        capture_end(&captured_err, err);
        capture_end(&captured_out, out);
        assert_int_equal(status, rows[i].status);
        assert_string_equal(err, rows[i].error);
        assert_int_equal(called_with, status == 7 ? words.argc - 1 : 0);
        if (status == 0)
            assert_non_null(strstr(out, "  check     checks\n"));
    }
}

static void an_error_does_not_steer_the_terminal(void **state)
{
    char err[TEXT_MAX];
    struct capture captured;
    struct error e;

    (void)state;
    error_set(&e, ERROR_DATA, "a\nb\033[2Jc");
    capture_start(&captured, stderr);
    int status = cli_fail(&e);
    capture_end(&captured, err);
    assert_int_equal(status, 65);
    assert_string_equal(err, "fixwarden: a b [2Jc\n");
}

/* On a device that is always full, as on a pipe that nobody reads. */
static void results_that_could_not_be_written_are_an_error(void **state)
{
    static const size_t sizes[] = {10, 200000}; /* less and more than stdio's buffer */

    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        char err[TEXT_MAX];
        struct capture captured;
        int before, full = open("/dev/full", O_WRONLY);

        assert_true(full >= 0);
        fflush(stdout);
        before = dup(STDOUT_FILENO);
        dup2(full, STDOUT_FILENO);
        capture_start(&captured, stderr);
        for (size_t n = 0; n < sizes[i]; n++)
            putchar('x');
        int first = cli_finish(0), second = cli_finish(first);
        capture_end(&captured, err);
        dup2(before, STDOUT_FILENO);
        close(before);
        close(full);
        assert_int_equal(first, 74);
        assert_int_equal(second, 74);
        assert_string_equal(err, "fixwarden: standard output could not be written: No space left on device\n");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_wrong_is_said_in_one_line_that_names_it),
        cmocka_unit_test(flags_set_the_configuration_in_any_order_of_words),
        cmocka_unit_test(a_flag_replaces_the_list_of_the_file),
        cmocka_unit_test(help_names_every_option),
        cmocka_unit_test(numbers_of_options_are_bounded),
        cmocka_unit_test(an_option_may_be_given_again_and_again),
        cmocka_unit_test(a_command_has_1024_options_of_its_own_and_no_more),
        cmocka_unit_test(a_command_is_chosen_by_its_name),
        cmocka_unit_test(an_error_does_not_steer_the_terminal),
        cmocka_unit_test(results_that_could_not_be_written_are_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
