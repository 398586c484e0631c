#include "token.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config.h"
#include "monotonic.h"

#define UNKNOWN_PRINCIPAL "unknown" /* librdkafka wants one; the broker takes its own from the token */
#define REAP_MS 10                  /* between looks for a command that has closed its output */

/* --- what a token says --- */

static int base64url_digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const char *at = c ? strchr(digits, c) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* RFC 4648, section 5, without padding. The bytes, the caller's to free, or NULL. */
static char *base64url_decode(struct slice text, size_t *len)
{
    char *out = malloc(text.len + 1);
    uint32_t bits = 0;
    unsigned held = 0;

    *len = 0;
    for (size_t i = 0; out && i < text.len; i++) {
        int digit = base64url_digit(text.ptr[i]);

        if (digit < 0) {
            free(out);
            return NULL;
        }
        bits = bits << 6 | (uint32_t)digit;
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[(*len)++] = (char)(bits >> held & 0xff);
        }
    }
    return out;
}

/* The middle of three parts; empty where it is no JWS in the compact form (RFC 7515, section 3.1). */
static struct slice claims_part(struct slice token)
{
    const char *first = memchr(token.ptr, '.', token.len);
    const char *end = token.ptr + token.len;
    const char *second = first ? memchr(first + 1, '.', (size_t)(end - first - 1)) : NULL;

    return second ? slice_make(first + 1, (size_t)(second - first - 1)) : slice_make(NULL, 0);
}

/* NULL where the token is none that can be read. */
static json_t *claims_of(struct slice token)
{
    struct slice part = claims_part(token);
    size_t len;
    char *text = base64url_decode(part, &len);
    json_t *claims = text ? json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL) : NULL;

    free(text);
    return claims;
}

/* NumericDate: seconds, which may have a fraction (RFC 7519, section 2). What is absurdly far ahead counts as unknown
 * too. */
static int64_t expiry_of(const json_t *claims, int64_t now_ms)
{
    const json_t *exp = json_object_get(claims, "exp");
    double seconds = json_number_value(exp);

    if (!json_is_number(exp) || seconds < 0 || seconds > 1e11)
        return now_ms + TOKEN_UNKNOWN_LIFE_MS;
    return (int64_t)(seconds * 1000);
}

static bool is_token(struct slice text)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=";

    for (size_t i = 0; i < text.len; i++)
        if (!text.ptr[i] || !strchr(allowed, text.ptr[i]))
            return false;
    return text.len > 0;
}

int token_parse(struct slice text, int64_t now_ms, struct token *out, struct error *e)
{
    struct slice token = slice_trim(text);
    const char *subject;
    json_t *claims;

    if (!is_token(token))
        return error_set(e, ERROR_CONFIG, "%s", token.len == 0 ? "it is empty" : "it is no bearer token (RFC 6750)");
    claims = claims_of(token);
    subject = json_string_value(json_object_get(claims, "sub"));
    *out = (struct token){
        .value = strndup(token.ptr, token.len),
        .principal = strdup(subject && *subject ? subject : UNKNOWN_PRINCIPAL),
        .expires_ms = expiry_of(claims, now_ms),
    };
    json_decref(claims);
    if (out->value && out->principal && out->expires_ms > now_ms)
        return 0;
    if (!out->value || !out->principal)
        error_set(e, ERROR_INTERNAL, "no memory for a token");
    else
        error_set(e, ERROR_CONFIG, "the token ended %" PRId64 " s ago", (now_ms - out->expires_ms) / 1000);
    token_free(out);
    return -1;
}

void token_free(struct token *token)
{
    free(token->value);
    free(token->principal);
    *token = (struct token){0};
}

/* --- where it comes from --- */

int token_read(const char *path, int64_t now_ms, struct token *out, struct error *e)
{
    char *text;
    int status;

    if (config_read_secret(path, &text, e) != 0)
        return -1;
    status = token_parse(slice_of(text), now_ms, out, e);
    free(text);
    return status == 0 ? 0 : error_prefix(e, "%s", path);
}

/* In a process group of its own, so that it can be killed with all that it started, and with no signal blocked, as the
 * library's threads have all of them. */
static int spawn(const char *command, int output, pid_t *child, struct error *e)
{
    char shell[] = "sh", flag[] = "-c", *copy = strdup(command);
    char *arguments[] = {shell, flag, copy, NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none;
    int errnum = ENOMEM;

    sigemptyset(&none);
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setsigmask(&attributes, &none);
    if (copy && posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0) == 0 &&
        posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO) == 0)
        errnum = posix_spawn(child, "/bin/sh", &files, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    free(copy);
    return errnum == 0 ? 0 : error_set_errno(e, errnum, "/bin/sh");
}

static int remaining_ms(int64_t deadline)
{
    int64_t left = deadline - monotonic_ms();

    return left > 0 ? (int)left : 0;
}

/* Until its end, or until there is more than a token has. */
static int read_output(int fd, int64_t deadline, char *text, size_t *len, struct error *e)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    ssize_t n;

    for (*len = 0; *len <= TOKEN_MAX; *len += (size_t)n) {
        int events = poll(&ready, 1, remaining_ms(deadline));

        if (events == 0)
            return error_set(e, ERROR_TEMPORARY, "it takes too long and was killed");
        n = events > 0 ? read(fd, text + *len, TOKEN_MAX + 1 - *len) : -1;
        if (n == 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return error_set_errno(e, errno, "its output");
        n = n < 0 ? 0 : n;
    }
    return error_set(e, ERROR_CONFIG, "it prints more than %u bytes", TOKEN_MAX);
}

static void end(pid_t child)
{
    kill(-child, SIGKILL);
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
        continue;
}

/* Waits for its end, which it may delay with its output closed. */
static int reap(pid_t child, int64_t deadline, struct error *e)
{
    int status = 0;
    pid_t ended;

    while ((ended = waitpid(child, &status, WNOHANG)) == 0 && remaining_ms(deadline) > 0)
        monotonic_nap(REAP_MS);
    if (ended == 0) {
        end(child);
        return error_set(e, ERROR_TEMPORARY, "it takes too long and was killed");
    }
    if (ended == child && WIFSIGNALED(status))
        return error_set(e, ERROR_TEMPORARY, "it was ended by signal %d", WTERMSIG(status));
    if (ended == child && WEXITSTATUS(status) != 0)
        return error_set(e, ERROR_TEMPORARY, "it ended with status %d", WEXITSTATUS(status));
    return 0;
}

static int run(const char *command, int64_t deadline, char *text, size_t *len, struct error *e)
{
    int ends[2] = {-1, -1}, status = -1;
    pid_t child = -1;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return error_set_errno(e, errno, "a pipe");
    if (spawn(command, ends[1], &child, e) == 0) {
        close(ends[1]); /* the command's alone now, so that its end is seen */
        ends[1] = -1;
        status = read_output(ends[0], deadline, text, len, e);
        if (status == 0)
            status = reap(child, deadline, e);
        else
            end(child);
    }
    close(ends[0]);
    if (ends[1] >= 0)
        close(ends[1]);
    return status;
}

int token_run(const char *command, int timeout_ms, int64_t now_ms, struct token *out, struct error *e)
{
    char *text = malloc(TOKEN_MAX + 1);
    size_t len = 0;
    int status;

    if (!text)
        return error_set(e, ERROR_INTERNAL, "no memory for a token");
    status = run(command, monotonic_ms() + timeout_ms, text, &len, e);
    if (status == 0)
        status = token_parse(slice_make(text, len), now_ms, out, e);
    free(text);
    return status == 0 ? 0 : error_prefix(e, "%s", command);
}
