#include "registry.h"

#include <curl/curl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONTENT_TYPE "application/vnd.schemaregistry.v1+json"
#define URL_MAX 4096      /* bytes of a request's URL with its NUL */
#define SAID_MAX 400      /* bytes of the registry's own words that are repeated */
#define TOPIC_MAX_LEN 249 /* Kafka's limit on a topic's name */

struct registry {
    CURL *curl;
    struct curl_slist *headers;
    char *url; /* without a slash at its end */
    char *password;
    char problem[CURL_ERROR_SIZE];
};

struct answer {
    char *text; /* terminated once there is any */
    size_t len;
    long status; /* of HTTP */
};

static size_t on_body(char *bytes, size_t size, size_t count, void *opaque)
{
    struct answer *answer = opaque;
    size_t len = size * count;
    char *text;

    if (len > REGISTRY_ANSWER_MAX - answer->len)
        return 0; /* ends the transfer */
    text = realloc(answer->text, answer->len + len + 1);
    if (!text)
        return 0;
    memcpy(text + answer->len, bytes, len);
    answer->text = text;
    answer->len += len;
    text[answer->len] = '\0';
    return len;
}

static void set_credentials(struct registry *r, const struct config *config)
{
    if (*config->registry.ca_file)
        curl_easy_setopt(r->curl, CURLOPT_CAINFO, config->registry.ca_file);
    if (!*config->registry.user)
        return;
    curl_easy_setopt(r->curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
    curl_easy_setopt(r->curl, CURLOPT_USERNAME, config->registry.user);
    if (r->password)
        curl_easy_setopt(r->curl, CURLOPT_PASSWORD, r->password);
}

/* Redirects are not followed: the credentials are for the registry that was named. */
static int set_up(struct registry *r, const struct config *config, struct error *e)
{
    size_t len = strlen(config->registry.url);

    while (len > 0 && config->registry.url[len - 1] == '/')
        len--;
    r->url = strndup(config->registry.url, len);
    r->curl = curl_easy_init();
    r->headers = curl_slist_append(NULL, "Content-Type: " CONTENT_TYPE);
    r->headers = curl_slist_append(r->headers, "Accept: " CONTENT_TYPE ", application/json");
    if (!r->url || !r->curl || !r->headers)
        return error_set(e, ERROR_INTERNAL, "registry: no memory");
    if (strncasecmp(r->url, "http://", 7) != 0 && strncasecmp(r->url, "https://", 8) != 0)
        return error_set(e, ERROR_CONFIG, "registry.url: %s: is neither http:// nor https://", r->url);
    if (*config->registry.password_file && config_read_secret(config->registry.password_file, &r->password, e) != 0)
        return error_prefix(e, "registry.password_file");
    curl_easy_setopt(r->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(r->curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(r->curl, CURLOPT_TIMEOUT_MS, (long)config->registry.timeout_ms);
    curl_easy_setopt(r->curl, CURLOPT_USERAGENT, "fixwarden/" FIXWARDEN_VERSION);
    curl_easy_setopt(r->curl, CURLOPT_HTTPHEADER, r->headers);
    curl_easy_setopt(r->curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(r->curl, CURLOPT_ERRORBUFFER, r->problem);
    set_credentials(r, config);
    return 0;
}

int registry_new(const struct config *config, struct registry **out, struct error *e)
{
    struct registry *r = calloc(1, sizeof *r);

    if (!r)
        return error_set(e, ERROR_INTERNAL, "registry: no memory");
    if (set_up(r, config, e) != 0) {
        registry_free(r);
        return -1;
    }
    *out = r;
    return 0;
}

void registry_free(struct registry *registry)
{
    if (!registry)
        return;
    if (registry->curl)
        curl_easy_cleanup(registry->curl);
    curl_slist_free_all(registry->headers);
    free(registry->url);
    free(registry->password);
    free(registry);
}

/* What the registry says for itself: {"error_code": 409, "message": "..."}, or else the start of whatever it sent. */
static void read_message(const struct answer *answer, char out[SAID_MAX])
{
    json_t *json = answer->text ? json_loadb(answer->text, answer->len, 0, NULL) : NULL;
    const char *message = json_string_value(json_object_get(json, "message"));

    snprintf(out, SAID_MAX, "%s", message ? message : answer->text ? answer->text : "no reason given");
    for (char *p = out; *p; p++)
        if ((unsigned char)*p < ' ')
            *p = ' '; /* one line, whatever a proxy in between has sent */
    json_decref(json);
}

static int refuse(const struct registry *r, const struct answer *answer, struct error *e)
{
    char said[SAID_MAX];

    read_message(answer, said);
    switch (answer->status) {
    case 401:
    case 403:
        return error_set(e, ERROR_UNAVAILABLE,
                         "registry %s: HTTP %ld: %s; check registry.user and registry.password_file", r->url,
                         answer->status, said);
    case 409:
    case 422:
        return error_set(e, ERROR_UNAVAILABLE, "registry %s: refuses the schema: HTTP %ld: %s", r->url, answer->status,
                         said);
    default:
        return error_set(e, ERROR_UNAVAILABLE, "registry %s: HTTP %ld: %s", r->url, answer->status, said);
    }
}

/* One request: a POST of `body`, or a GET without one. Any answer is one, whatever its status. */
static int ask(struct registry *r, const char *path, const char *body, struct answer *answer, struct error *e)
{
    char url[URL_MAX];
    CURLcode code;

    if ((size_t)snprintf(url, sizeof url, "%s%s", r->url, path) >= sizeof url)
        return error_set(e, ERROR_CONFIG, "registry.url is too long");
    r->problem[0] = '\0';
    curl_easy_setopt(r->curl, CURLOPT_URL, url);
    curl_easy_setopt(r->curl, CURLOPT_WRITEDATA, answer);
    if (body) {
        curl_easy_setopt(r->curl, CURLOPT_POSTFIELDSIZE, (long)strlen(body));
        curl_easy_setopt(r->curl, CURLOPT_POSTFIELDS, body);
    } else {
        curl_easy_setopt(r->curl, CURLOPT_HTTPGET, 1L);
    }
    code = curl_easy_perform(r->curl);
    if (code == CURLE_WRITE_ERROR)
        return error_set(e, ERROR_UNAVAILABLE, "registry %s: the answer is longer than %u bytes", r->url,
                         REGISTRY_ANSWER_MAX);
    if (code != CURLE_OK)
        return error_set(e, ERROR_UNAVAILABLE, "registry %s: %s", r->url,
                         r->problem[0] ? r->problem : curl_easy_strerror(code));
    curl_easy_getinfo(r->curl, CURLINFO_RESPONSE_CODE, &answer->status);
    return 0;
}

static int read_id(const struct registry *r, const struct answer *answer, uint32_t *id, struct error *e)
{
    json_t *json = json_loadb(answer->text ? answer->text : "", answer->len, 0, NULL);
    json_t *member = json_object_get(json, "id");
    json_int_t value = json_integer_value(member);
    bool good = json_is_integer(member) && value >= 0 && value <= UINT32_MAX;

    json_decref(json);
    if (!good)
        return error_set(e, ERROR_UNAVAILABLE, "registry %s: answers without a schema id: is it a schema registry?",
                         r->url);
    *id = (uint32_t)value;
    return 0;
}

int registry_register(struct registry *registry, const char *topic, const char *schema_text, uint32_t *id,
                      struct error *e)
{
    struct answer answer = {0};
    char path[64 + TOPIC_MAX_LEN];
    json_t *request = json_pack("{s:s}", "schema", schema_text);
    char *body = request ? json_dumps(request, JSON_COMPACT) : NULL;
    int status = -1;

    snprintf(path, sizeof path, "/subjects/%.*s-value/versions", TOPIC_MAX_LEN,
             topic); /* [a-zA-Z0-9._-] needs no escape */
    if (!body)
        error_set(e, ERROR_INTERNAL, "registry: no memory");
    else if (ask(registry, path, body, &answer, e) == 0)
        status = answer.status == 200 ? read_id(registry, &answer, id, e) : refuse(registry, &answer, e);
    free(answer.text);
    free(body);
    json_decref(request);
    return status == 0 ? 0 : error_prefix(e, "schema of %s", topic);
}

static int read_schema(const struct registry *r, const struct answer *answer, char **out, struct error *e)
{
    json_t *json = json_loadb(answer->text ? answer->text : "", answer->len, 0, NULL);
    const char *type = json_string_value(json_object_get(json, "schemaType"));
    const char *text = json_string_value(json_object_get(json, "schema"));

    *out = NULL;
    if (type && strcmp(type, "AVRO") != 0)
        error_set(e, ERROR_DATA, "registry %s: the schema is not Avro", r->url);
    else if (!text)
        error_set(e, ERROR_UNAVAILABLE, "registry %s: answers without a schema: is it a schema registry?", r->url);
    else if (!(*out = strdup(text)))
        error_set(e, ERROR_INTERNAL, "registry: no memory");
    json_decref(json);
    return *out ? 0 : -1;
}

int registry_schema(struct registry *registry, uint32_t id, char **schema_text, struct error *e)
{
    struct answer answer = {0};
    char path[64];
    int status = -1;

    snprintf(path, sizeof path, "/schemas/ids/%u", id);
    if (ask(registry, path, NULL, &answer, e) == 0) {
        if (answer.status == 404)
            error_set(e, ERROR_DATA, "registry %s: has no schema with id %u", registry->url, id);
        else
            status =
                answer.status == 200 ? read_schema(registry, &answer, schema_text, e) : refuse(registry, &answer, e);
    }
    free(answer.text);
    return status;
}
