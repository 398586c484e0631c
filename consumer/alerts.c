#include "alerts.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "json_text.h"

struct alerts {
    const struct config *config;
    atomic_size_t waiting; /* as count, for a look without the lock */
    pthread_mutex_t lock;
    char *texts[ALERTS_MAX]; /* the oldest first */
    size_t count;
};

struct alerts *alerts_new(const struct config *config)
{
    struct alerts *a = calloc(1, sizeof *a);

    if (!a)
        return NULL;
    a->config = config;
    pthread_mutex_init(&a->lock, NULL);
    return a;
}

void alerts_free(struct alerts *alerts)
{
    if (!alerts)
        return;
    for (size_t i = 0; i < alerts->count; i++)
        free(alerts->texts[i]);
    pthread_mutex_destroy(&alerts->lock);
    free(alerts);
}

/* NULL without memory. */
static char *write_alert(const struct alerts *a, const char *kind, json_t *fields)
{
    json_t *json = json_pack("{s:s, s:o}", "alert", kind, "group", json_text(slice_of(a->config->input.group)));
    char *text = json && fields && json_object_update(json, fields) == 0 ? json_dumps(json, JSON_COMPACT) : NULL;

    json_decref(json);
    return text;
}

/* With the lock, as the two that follow. */
static char *remove_oldest(struct alerts *a)
{
    char *oldest = a->count > 0 ? a->texts[0] : NULL;

    if (!oldest)
        return NULL;
    a->count--;
    memmove(a->texts, a->texts + 1, a->count * sizeof *a->texts);
    atomic_store(&a->waiting, a->count);
    return oldest;
}

static void append(struct alerts *a, char *text)
{
    if (a->count == ALERTS_MAX)
        free(remove_oldest(a));
    a->texts[a->count++] = text;
    atomic_store(&a->waiting, a->count);
}

static void prepend(struct alerts *a, char *text)
{
    if (a->count == ALERTS_MAX) { /* it is the oldest, and others have taken its place */
        free(text);
        return;
    }
    memmove(a->texts + 1, a->texts, a->count * sizeof *a->texts);
    a->texts[0] = text;
    atomic_store(&a->waiting, ++a->count);
}

int alerts_raise(struct alerts *alerts, const char *kind, json_t *fields, struct error *e)
{
    bool wanted = alerts && alerts->config->output.alert_topic[0] != '\0';
    char *text = wanted ? write_alert(alerts, kind, fields) : NULL;

    json_decref(fields);
    if (!wanted)
        return 0;
    if (!text)
        return error_set(e, ERROR_INTERNAL, "no memory for an alert");
    pthread_mutex_lock(&alerts->lock);
    append(alerts, text);
    pthread_mutex_unlock(&alerts->lock);
    return 0;
}

bool alerts_wait(struct alerts *alerts)
{
    return alerts && atomic_load_explicit(&alerts->waiting, memory_order_relaxed) > 0;
}

char *alerts_take(struct alerts *alerts)
{
    char *text;

    pthread_mutex_lock(&alerts->lock);
    text = remove_oldest(alerts);
    pthread_mutex_unlock(&alerts->lock);
    return text;
}

void alerts_put_back(struct alerts *alerts, char *alert)
{
    if (!alert)
        return;
    pthread_mutex_lock(&alerts->lock);
    prepend(alerts, alert);
    pthread_mutex_unlock(&alerts->lock);
}
