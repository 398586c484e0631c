#include "builder.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SUBSYSTEM "builder"
#define OWN_VARIABLES "FIXWARDEN_" /* how those of the environment start that are options */
#define OWN_NAME "fixwarden: "     /* before an error that ends the program (cli_fail) */

struct builder {
    struct log *log;
    const char *path; /* of the arguments */
    struct string_list arguments;
    pid_t pid; /* 0: none, or it has ended */
    int words; /* the read end of its standard error */
    char line[ERROR_TEXT_MAX];
    size_t line_len;
    char last[ERROR_TEXT_MAX]; /* line, without our name */
    int64_t timeout_ms;
    int64_t deadline_ms; /* of the work, then of the grace */
    bool told;           /* to end */
};

/* --- starting --- */

static int add(struct string_list *list, const char *text, struct error *e)
{
    char **items = reallocarray(list->items, list->count + 1, sizeof *items);
    char *copy = text ? strdup(text) : NULL;

    if (items)
        list->items = items;
    if (!items || (text && !copy)) {
        free(copy);
        return error_set(e, ERROR_INTERNAL, "no memory for the builder's arguments");
    }
    items[list->count++] = copy;
    return 0;
}

/* What this program is called with, ended by NULL. */
static int write_arguments(struct builder *b, const struct config *config, const struct string_list *files,
                           const char *path, bool beside, struct error *e)
{
    struct string_list *list = &b->arguments;
    char parent[32];

    snprintf(parent, sizeof parent, "%ld", (long)getpid());
    if (add(list, "fixwarden", e) != 0 || add(list, "index", e) != 0 || add(list, "build", e) != 0 ||
        add(list, "--background", e) != 0 || add(list, parent, e) != 0 || config_master_arguments(config, list, e) != 0)
        return -1;
    if (beside && add(list, "--beside", e) != 0)
        return -1;
    for (size_t i = 0; i < files->count; i++)
        if (config_add_argument(list, "master", "files", files->items[i], e) != 0)
            return -1;
    if (add(list, "--index", e) != 0 || add(list, path, e) != 0)
        return -1;
    b->path = list->items[list->count - 1];
    return add(list, NULL, e);
}

/* The environment without what would be taken for options, among them secrets. The strings are borrowed. */
static char **filter_environment(void)
{
    size_t count = 0, kept = 0;
    char **variables;

    while (environ[count])
        count++;
    variables = calloc(count + 1, sizeof *variables);
    for (size_t i = 0; variables && i < count; i++)
        if (strncmp(environ[i], OWN_VARIABLES, strlen(OWN_VARIABLES)) != 0)
            variables[kept++] = environ[i];
    return variables;
}

/* Signals as they are by default, and a session of its own: what is typed at a terminal is for the parent alone, and
 * the kernel can rank it as a whole (background.c). */
static int choose_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none, all;

    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(attributes, &none);
    posix_spawnattr_setsigdefault(attributes, &all);
    return posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
}

/* Nothing to read, nobody to print to, and nothing else that is open here. */
static int choose_files(posix_spawn_file_actions_t *actions, int words)
{
    int err = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);

    if (err == 0)
        err = posix_spawn_file_actions_addopen(actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    if (err == 0)
        err = posix_spawn_file_actions_adddup2(actions, words, STDERR_FILENO);
    return err != 0 ? err : posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
}

/* 0 or an errno. */
static int spawn(struct builder *b, int words, char **environment)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int err;

    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    err = choose_files(&actions, words);
    if (err == 0)
        err = choose_attributes(&attributes);
    if (err == 0)
        err = posix_spawn(&b->pid, "/proc/self/exe", &actions, &attributes, b->arguments.items, environment);
    if (err != 0)
        b->pid = 0;
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return err;
}

static int start(struct builder *b, struct error *e)
{
    char **environment = filter_environment();
    int words[2], err;

    if (!environment)
        return error_set(e, ERROR_INTERNAL, "no memory for the builder's environment");
    if (pipe2(words, O_CLOEXEC | O_NONBLOCK) != 0) {
        free(environment);
        return error_set_errno(e, errno, "the builder's pipe");
    }
    b->words = words[0];
    (void)fcntl(words[1], F_SETFL, 0); /* it waits until its words are heard */
    err = spawn(b, words[1], environment);
    close(words[1]);
    free(environment);
    return err == 0 ? 0 : error_set_errno(e, err, "the builder cannot be started");
}

int builder_start(const struct config *config, const struct string_list *files, const char *path, bool beside,
                  int64_t now_ms, struct log *log, struct builder **out, struct error *e)
{
    struct builder *b = calloc(1, sizeof *b);

    if (!b)
        return error_set(e, ERROR_INTERNAL, "no memory for a builder");
    b->log = log;
    b->words = -1;
    b->timeout_ms = (int64_t)config->reload.build_timeout_ms;
    b->deadline_ms = now_ms + b->timeout_ms;
    if (write_arguments(b, config, files, path, beside, e) != 0 || start(b, e) != 0) {
        builder_free(b);
        return -1;
    }
    *out = b;
    return 0;
}

/* --- listening --- */

static void take_line(struct builder *b)
{
    const char *text = b->line;

    if (b->line_len == 0)
        return;
    b->line[b->line_len] = '\0';
    b->line_len = 0;
    if (strncmp(text, OWN_NAME, strlen(OWN_NAME)) == 0)
        text += strlen(OWN_NAME);
    snprintf(b->last, sizeof b->last, "%s", text);
    log_write(b->log, LOG_LEVEL_INFO, SUBSYSTEM, "%s", text);
}

/* All that has arrived. A line that is too long goes on in the next one. */
static void listen(struct builder *b)
{
    char bytes[4096];
    ssize_t len;

    while ((len = read(b->words, bytes, sizeof bytes)) > 0 || (len < 0 && errno == EINTR))
        for (ssize_t i = 0; i < len; i++) {
            if (bytes[i] == '\n' || b->line_len == sizeof b->line - 1)
                take_line(b);
            if (bytes[i] != '\n')
                b->line[b->line_len++] = bytes[i];
        }
}

/* --- ending --- */

static void end_in_time(struct builder *b, int64_t now_ms)
{
    if (now_ms < b->deadline_ms)
        return;
    kill(b->pid, b->told ? SIGKILL : SIGTERM);
    b->told = true;
    b->deadline_ms = now_ms + BUILDER_GRACE_MS;
}

static enum builder_state judge(const struct builder *b, int status, struct error *e)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return BUILDER_IS_DONE;
    if (b->told)
        error_write(e, ERROR_TEMPORARY, "%s: the builder took longer than %lld ms (reload.build_timeout)", b->path,
                    (long long)b->timeout_ms);
    else if (WIFSIGNALED(status))
        error_write(e, ERROR_INTERNAL, "%s: the builder was killed by signal %d (%s)", b->path, WTERMSIG(status),
                    strsignal(WTERMSIG(status)));
    else
        error_write(e, (enum error_code)WEXITSTATUS(status), "%s",
                    b->last[0] != '\0' ? b->last : "the builder ended without a word");
    return BUILDER_FAILED;
}

enum builder_state builder_poll(struct builder *builder, int64_t now_ms, struct error *e)
{
    int status = 0;
    pid_t ended = waitpid(builder->pid, &status, WNOHANG);

    listen(builder);
    if (ended == 0 || (ended < 0 && errno == EINTR)) {
        end_in_time(builder, now_ms);
        return BUILDER_WORKS;
    }
    take_line(builder);
    builder->pid = 0;
    if (ended < 0) {
        error_write_errno(e, errno, "waiting for the builder");
        return BUILDER_FAILED;
    }
    return judge(builder, status, e);
}

void builder_free(struct builder *builder)
{
    if (!builder)
        return;
    if (builder->pid > 0) {
        kill(builder->pid, SIGKILL);
        while (waitpid(builder->pid, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    if (builder->words >= 0)
        close(builder->words);
    config_free_list(&builder->arguments);
    free(builder);
}

bool builder_may_try_again(const struct error *e)
{
    return e->code != ERROR_DATA && e->code != ERROR_CONFIG && e->code != ERROR_USAGE;
}
