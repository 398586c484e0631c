/* registry: against a server on loopback that answers one request with what the row says. */
#include "consumer/registry.h"

#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define REQUEST_MAX 8192

/* Answers one connection and keeps what was asked. */
struct server {
    int listener;
    int port;
    const char *answer; /* of HTTP, whole; NULL: none, the connection stays open until the client goes */
    size_t filler;      /* bytes of blanks behind the answer */
    char request[REQUEST_MAX];
    pthread_t thread;
};

static void read_request(struct server *server, int client)
{
    size_t used = 0;
    ssize_t n;
    const char *body = NULL, *length;

    while (used < sizeof server->request - 1 &&
           (n = read(client, server->request + used, sizeof server->request - 1 - used)) > 0) {
        used += (size_t)n;
        server->request[used] = '\0';
        body = strstr(server->request, "\r\n\r\n");
        length = strstr(server->request, "Content-Length: ");
        if (body && (!length || strlen(body + 4) >= strtoul(length + 16, NULL, 10)))
            return;
    }
}

/* In blocks: byte by byte, a busy machine would not be done within the client's timeout. */
static void send_blanks(int client, size_t count)
{
    char blanks[4096];
    ssize_t sent;

    memset(blanks, ' ', sizeof blanks);
    for (; count > 0; count -= (size_t)sent) {
        sent = send(client, blanks, count < sizeof blanks ? count : sizeof blanks, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
    }
}

static void *serve(void *opaque)
{
    struct server *server = opaque;
    int client = accept(server->listener, NULL, NULL);
    char byte;

    if (client < 0)
        return NULL;
    read_request(server, client);
    if (server->answer) {
        if (send(client, server->answer, strlen(server->answer), MSG_NOSIGNAL) >= 0)
            send_blanks(client, server->filler);
    } else {
        while (read(client, &byte, 1) > 0)
            ;
    }
    close(client);
    return NULL;
}

static void start(struct server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;

    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(server->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(server->listener, 1), 0);
    assert_int_equal(getsockname(server->listener, (struct sockaddr *)&address, &len), 0);
    server->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void stop(struct server *server)
{
    shutdown(server->listener, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->listener);
}

static void configure(struct config *config, const struct server *server)
{
    struct error e;
    char url[64];

    assert_true(config_init(config));
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", server->port);
    assert_int_equal(config_set(config, "registry.url", url, &e), 0);
    assert_int_equal(config_set(config, "registry.timeout", "500ms", &e), 0);
}

#define HTTP(status, body) "HTTP/1.1 " status "\r\nConnection: close\r\n\r\n" body

struct register_row {
    const char *name;
    const char *answer;
    enum error_code code; /* ERROR_NONE: id 7 */
    const char *says;     /* part of the error's sentence */
};

static const struct register_row registrations[] = {
    {"an id is taken", HTTP("200 OK", "{\"id\":7}"), ERROR_NONE, NULL},
    {"an incompatible schema is refused in the registry's words",
     HTTP("409 Conflict", "{\"error_code\":409,\"message\":\"Schema being registered is incompatible\"}"),
     ERROR_UNAVAILABLE, "refuses the schema: HTTP 409: Schema being registered is incompatible"},
    {"an invalid schema likewise", HTTP("422 Unprocessable", "{\"error_code\":42201,\"message\":\"Invalid schema\"}"),
     ERROR_UNAVAILABLE, "HTTP 422: Invalid schema"},
    {"wrong credentials name the options", HTTP("401 Unauthorized", "no"), ERROR_UNAVAILABLE, "registry.password_file"},
    {"a server's failure is told on one line", HTTP("500 Oops", "<html>\n<b>bad</b>"), ERROR_UNAVAILABLE,
     "HTTP 500: <html> <b>bad</b>"},
    {"an answer without an id is none", HTTP("200 OK", "{\"ok\":true}"), ERROR_UNAVAILABLE, "without a schema id"},
    {"an answer that is no JSON is none", HTTP("200 OK", "hello"), ERROR_UNAVAILABLE, "without a schema id"},
    {"an empty answer is none", HTTP("200 OK", ""), ERROR_UNAVAILABLE, "without a schema id"},
    {"an id of more than 32 bits is none", HTTP("200 OK", "{\"id\":4294967296}"), ERROR_UNAVAILABLE, "schema id"},
    {"a negative id is none", HTTP("200 OK", "{\"id\":-1}"), ERROR_UNAVAILABLE, "schema id"},
    {"a redirect is not followed", HTTP("302 Found\r\nLocation: http://127.0.0.1:1/", ""), ERROR_UNAVAILABLE,
     "HTTP 302"},
    {"silence ends in a timeout", NULL, ERROR_UNAVAILABLE, "timed out"},
};

static void check_registration(const struct register_row *row)
{
    struct server server = {.answer = row->answer};
    struct config config;
    struct registry *registry = NULL;
    struct error e = {0};
    uint32_t id = 0;
    int status;

    print_message("%s\n", row->name);
    start(&server);
    configure(&config, &server);
    assert_int_equal(registry_new(&config, &registry, &e), 0);
    status = registry_register(registry, "out", "{\"type\":\"string\"}", &id, &e);
    registry_free(registry);
    stop(&server);
    assert_non_null(strstr(server.request, "POST /subjects/out-value/versions HTTP/1.1"));
    assert_non_null(strstr(server.request, "{\"schema\":\"{\\\"type\\\":\\\"string\\\"}\"}"));
    assert_int_equal(status, row->code == ERROR_NONE ? 0 : -1);
    if (row->code == ERROR_NONE) {
        assert_int_equal(id, 7);
    } else {
        assert_int_equal(e.code, row->code);
        if (!strstr(e.text, row->says) || strchr(e.text, '\n'))
            fail_msg("%s", e.text);
    }
    config_free(&config);
}

static void registrations_end_as_they_should(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof registrations / sizeof *registrations; i++)
        check_registration(&registrations[i]);
}

/* Returns what registry_schema did; the text is the caller's. */
static int fetch(const char *answer, size_t filler, char **text, struct error *e, char request[REQUEST_MAX])
{
    struct server server = {.answer = answer, .filler = filler};
    struct config config;
    struct registry *registry = NULL;
    int status;

    start(&server);
    configure(&config, &server);
    assert_int_equal(config_set(&config, "registry.timeout", "20s", e), 0);
    assert_int_equal(registry_new(&config, &registry, e), 0);
    status = registry_schema(registry, 12, text, e);
    registry_free(registry);
    stop(&server);
    memcpy(request, server.request, REQUEST_MAX);
    config_free(&config);
    return status;
}

static void a_schema_comes_by_its_id(void **state)
{
    static char request[REQUEST_MAX];
    struct error e = {0};
    char *text = NULL;

    (void)state;
    assert_int_equal(fetch(HTTP("200 OK", "{\"schema\":\"\\\"int\\\"\"}"), 0, &text, &e, request), 0);
    assert_string_equal(text, "\"int\"");
    assert_non_null(strstr(request, "GET /schemas/ids/12 HTTP/1.1"));
    free(text);
    assert_int_equal(fetch(HTTP("404 Not Found", "{}"), 0, &text, &e, request), -1);
    assert_int_equal(e.code, ERROR_DATA);
    assert_int_equal(fetch(HTTP("200 OK", "{\"schemaType\":\"JSON\",\"schema\":\"{}\"}"), 0, &text, &e, request), -1);
    assert_int_equal(e.code, ERROR_DATA);
}

static void an_answer_without_end_is_refused(void **state)
{
    static char request[REQUEST_MAX];
    struct error e = {0};
    char *text = NULL;

    (void)state;
    assert_int_equal(fetch(HTTP("200 OK", "{"), REGISTRY_ANSWER_MAX, &text, &e, request), -1);
    assert_non_null(strstr(e.text, "longer than"));
}

static void nobody_there_is_said_with_the_url(void **state)
{
    struct server server = {.port = 1};
    struct config config;
    struct registry *registry = NULL;
    struct error e = {0};
    uint32_t id;

    (void)state;
    configure(&config, &server);
    assert_int_equal(registry_new(&config, &registry, &e), 0);
    assert_int_equal(registry_register(registry, "out", "\"int\"", &id, &e), -1);
    assert_int_equal(e.code, ERROR_UNAVAILABLE);
    assert_non_null(strstr(e.text, "schema of out: registry http://127.0.0.1:1: "));
    registry_free(registry);
    config_free(&config);
}

static void credentials_are_sent(void **state)
{
    struct server server = {.answer = HTTP("200 OK", "{\"id\":7}")};
    char path[] = "/tmp/test_registry_XXXXXX";
    int fd = mkstemp(path);
    struct config config;
    struct registry *registry = NULL;
    struct error e = {0};
    uint32_t id;

    (void)state;
    assert_int_equal(write(fd, "open sesame\n", 12), 12);
    close(fd);
    start(&server);
    configure(&config, &server);
    assert_int_equal(config_set(&config, "registry.user", "ali", &e), 0);
    assert_int_equal(config_set(&config, "registry.password_file", path, &e), 0);
    assert_int_equal(registry_new(&config, &registry, &e), 0);
    assert_int_equal(registry_register(registry, "out", "\"int\"", &id, &e), 0);
    registry_free(registry);
    stop(&server);
    assert_non_null(
        strstr(server.request, "Authorization: Basic YWxpOm9wZW4gc2VzYW1l")); /* base64 of ali:open sesame */
    unlink(path);
    assert_int_equal(registry_new(&config, &registry, &e), -1);
    assert_non_null(strstr(e.text, path));
    config_free(&config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(registrations_end_as_they_should),
        cmocka_unit_test(a_schema_comes_by_its_id),
        cmocka_unit_test(an_answer_without_end_is_refused),
        cmocka_unit_test(nobody_there_is_said_with_the_url),
        cmocka_unit_test(credentials_are_sent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
