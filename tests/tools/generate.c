/* fixwarden-generate: security masters of any size, and FIX messages against them with planted discrepancies.
 *
 * Same arguments, same bytes. Exit codes: 0, 64 usage, 70 a defect of the generator, 74 a file that
 * can't be written. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen_identifier.h"
#include "gen_master.h"
#include "gen_messages.h"

enum { EXIT_USAGE = 64, EXIT_INTERNAL = 70, EXIT_IO = 74 };

static const char usage[] =
    "Usage: fixwarden-generate master --rows N --seed S --out FILE\n"
    "       fixwarden-generate messages --rows N --seed S --count M --out FILE --plan FILE\n"
    "                          [--rate R] [--framing length|line] [--malformed yes|no]\n"
    "\n"
    "master writes a security master (CSV) of N rows. messages writes M FIX messages about the master of the same\n"
    "N and S, which it does not read, and the plan: what the check must find, as JSON lines.\n"
    "\n"
    "  --rows N       rows of the master; messages need 400 at least\n"
    "  --seed S       same seed, same bytes\n"
    "  --count M      messages\n"
    "  --rate R       planted messages, 0 to 1 of all; 0.02 unless said\n"
    "  --framing F    length: four bytes, little-endian, before each message; line: a line end behind each\n"
    "  --malformed W  whether records that are not FIX are planted, too; yes unless said\n"
    "  --out FILE     where to write\n"
    "  --plan FILE    where to write the plan\n"
    "  --help         this\n";

struct arguments {
    struct messages_options messages; /* rows and seed are the master's, too */
    const char *out;
    const char *plan;
    bool has_rows;
    bool has_seed;
    bool has_count;
};

static int complain(const char *what, const char *value)
{
    fprintf(stderr, "fixwarden-generate: %s%s%s; try --help\n", what, value ? ": " : "", value ? value : "");
    return EXIT_USAGE;
}

static int complain_of_output(const struct output *output)
{
    fprintf(stderr, "fixwarden-generate: %s: %s\n", output->path, strerror(output->error));
    return EXIT_IO;
}

/* Decimal digits only; returns false for anything else. */
static bool parse_number(const char *text, uint64_t *n)
{
    char *end;

    if (text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    *n = strtoull(text, &end, 10);
    return errno == 0 && *end == '\0';
}

static bool parse_rate(const char *text, uint32_t *rate)
{
    char *end;
    double value = strtod(text, &end);

    if (end == text || *end != '\0' || !(value >= 0 && value <= 1))
        return false;
    *rate = (uint32_t)(value * MESSAGES_RATE_ONE + 0.5);
    return true;
}

static bool parse_framing(const char *text, enum framing *framing)
{
    *framing = strcmp(text, "line") == 0 ? FRAMING_LINE : FRAMING_LENGTH;
    return *framing == FRAMING_LINE || strcmp(text, "length") == 0;
}

static bool parse_yes(const char *text, bool *yes)
{
    *yes = strcmp(text, "yes") == 0;
    return *yes || strcmp(text, "no") == 0;
}

/* Returns whether the value is one for that option. */
static bool take_option(struct arguments *a, int option, const char *value)
{
    switch (option) {
    case 'r':
        return a->has_rows = parse_number(value, &a->messages.rows);
    case 's':
        return a->has_seed = parse_number(value, &a->messages.seed);
    case 'c':
        return a->has_count = parse_number(value, &a->messages.count);
    case 'R':
        return parse_rate(value, &a->messages.rate);
    case 'f':
        return parse_framing(value, &a->messages.framing);
    case 'm':
        return parse_yes(value, &a->messages.malformed);
    case 'o':
        a->out = value;
        return true;
    default: /* 'p' */
        a->plan = value;
        return true;
    }
}

static int parse(int argc, char **argv, struct arguments *a)
{
    static const struct option options[] = {
        {"rows", required_argument, NULL, 'r'},
        {"seed", required_argument, NULL, 's'},
        {"count", required_argument, NULL, 'c'},
        {"rate", required_argument, NULL, 'R'},
        {"framing", required_argument, NULL, 'f'},
        {"malformed", required_argument, NULL, 'm'},
        {"out", required_argument, NULL, 'o'},
        {"plan", required_argument, NULL, 'p'},
        {NULL, 0, NULL, 0},
    };
    int option;

    opterr = 0;
    *a = (struct arguments){.messages = {.rate = MESSAGES_RATE_ONE / 50, .malformed = true}};
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == '?')
            return complain("unknown option, or one without its value", argv[optind - 1]);
        if (!take_option(a, option, optarg))
            return complain("no value for that option", optarg);
    }
    if (optind < argc)
        return complain("unexpected argument", argv[optind]);
    if (!a->has_rows || !a->has_seed || !a->out)
        return complain("--rows, --seed and --out are needed", NULL);
    if (a->messages.rows < 1 || a->messages.rows > IDENTIFIER_ROWS)
        return complain("--rows must be 1 to 300000000", NULL);
    return 0;
}

static int run_master(const struct arguments *a)
{
    struct output output;

    if (a->plan || a->has_count)
        return complain("--count and --plan belong to messages", NULL);
    if (output_open(&output, a->out) == 0)
        master_write(a->messages.seed, a->messages.rows, &output);
    return output_close(&output) ? complain_of_output(&output) : 0;
}

static int check_messages(const struct arguments *a)
{
    if (!a->has_count || !a->plan)
        return complain("--count and --plan are needed", NULL);
    if (a->messages.rows < MESSAGES_ROWS_MIN)
        return complain("--rows must be 400 at least for messages", NULL);
    if (a->messages.count > UINT32_MAX)
        return complain("--count must be 4294967295 at most", NULL);
    if (a->messages.framing == FRAMING_LINE && a->messages.malformed)
        return complain("malformed records may hold line ends: --framing line needs --malformed no", NULL);
    if (strcmp(a->out, a->plan) == 0)
        return complain("--out and --plan are the same file", a->out);
    return 0;
}

/* Writes both files to their last byte; the outputs say whether that went well. */
static int write_messages(const struct arguments *a, struct output *out, struct output *plan_file)
{
    struct plan plan = {.output = plan_file};

    if (output_open(out, a->out) != 0 || output_open(plan_file, a->plan) != 0)
        return -1;
    if (messages_write(&a->messages, out, &plan) == -2) {
        fprintf(stderr, "fixwarden-generate: a defect: message %llu can't be made\n", (unsigned long long)plan.message);
        return -2;
    }
    return output_finish(out) == 0 && output_finish(plan_file) == 0 ? 0 : -1;
}

/* Both files or none. */
static int run_messages(const struct arguments *a)
{
    struct output out = {.path = a->out};
    struct output plan_file = {.path = a->plan};
    int rc = check_messages(a);
    int written;

    if (rc != 0)
        return rc;
    written = write_messages(a, &out, &plan_file);
    if (written == 0) {
        output_close(&out);
        output_close(&plan_file);
        return 0;
    }
    output_abandon(&out);
    output_abandon(&plan_file);
    if (written == -2)
        return EXIT_INTERNAL;
    return complain_of_output(out.error ? &out : &plan_file);
}

int main(int argc, char **argv)
{
    struct arguments arguments;
    int rc;

    signal(SIGPIPE, SIG_IGN); /* a closed pipe is a failed write, which has a message */
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0)
            return fputs(usage, stdout) < 0 || fflush(stdout) != 0 ? EXIT_IO : 0;
    }
    if (argc < 2)
        return complain("master or messages?", NULL);
    rc = parse(argc - 1, argv + 1, &arguments);
    if (rc != 0)
        return rc;
    if (strcmp(argv[1], "master") == 0)
        return run_master(&arguments);
    if (strcmp(argv[1], "messages") == 0)
        return run_messages(&arguments);
    return complain("neither master nor messages", argv[1]);
}
