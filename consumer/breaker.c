#include "breaker.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/index.h"

#define SUBSYSTEM "alert"
#define PERCENT 10000 /* millionths */

struct breaker {
    const struct config *config;
    struct alerts *alerts;
    struct log *log;
    atomic_bool rages; /* as the storm's, for a look without the lock */
    pthread_mutex_t lock;
    struct storm storm;
    char version[INDEX_VERSION_LEN + 1];
};

static void reset(struct breaker *b)
{
    const struct config *config = b->config;

    storm_reset(&b->storm,
                &(struct storm_options){config->storm.share, config->storm.window_ms, config->storm.minimum});
    atomic_store(&b->rages, false);
}

struct breaker *breaker_new(const struct config *config, struct alerts *alerts, struct log *log)
{
    struct breaker *b = calloc(1, sizeof *b);

    if (!b)
        return NULL;
    b->config = config;
    b->alerts = alerts;
    b->log = log;
    pthread_mutex_init(&b->lock, NULL);
    reset(b);
    return b;
}

void breaker_free(struct breaker *breaker)
{
    if (!breaker)
        return;
    pthread_mutex_destroy(&breaker->lock);
    free(breaker);
}

void breaker_adopt(struct breaker *breaker, const char *version)
{
    pthread_mutex_lock(&breaker->lock);
    if (strcmp(breaker->version, version) != 0) {
        if (breaker->storm.rages)
            log_write(breaker->log, LOG_LEVEL_WARNING, SUBSYSTEM,
                      "the storm is over: version %s has taken the place of %s", version, breaker->version);
        snprintf(breaker->version, sizeof breaker->version, "%s", version);
        reset(breaker);
    }
    pthread_mutex_unlock(&breaker->lock);
}

static const char *action_of(const struct breaker *b)
{
    return b->config->storm.action == STORM_PAUSE ? "PAUSE" : "ALERT";
}

static int raise_alert(const struct breaker *b, struct error *e)
{
    const struct storm_counts *window = &b->storm.window;

    return alerts_raise(b->alerts, "STORM",
                        json_pack("{s:s, s:I, s:I, s:I, s:s}", "version", b->version, "messages",
                                  (json_int_t)window->messages, "discrepant", (json_int_t)window->discrepant,
                                  "window_ms", (json_int_t)b->config->storm.window_ms, "action", action_of(b)),
                        e);
}

static void tell(const struct breaker *b, enum storm_news news)
{
    const struct storm_counts *window = &b->storm.window;

    if (news == STORM_BEGINS)
        log_write(
            b->log, LOG_LEVEL_ERROR, SUBSYSTEM,
            "a storm: %llu of the last %llu messages are discrepant (%llu%%), by version %s: is the master wrong?%s",
            (unsigned long long)window->discrepant, (unsigned long long)window->messages,
            (unsigned long long)(window->discrepant * 100 / window->messages), b->version,
            b->config->storm.action == STORM_PAUSE ? " Nothing more is taken until another version serves, or a restart"
                                                   : "");
    else
        log_write(b->log, LOG_LEVEL_WARNING, SUBSYSTEM,
                  "the storm is over: %llu of the last %llu messages are discrepant",
                  (unsigned long long)window->discrepant, (unsigned long long)window->messages);
}

int breaker_count(struct breaker *breaker, const char *version, int64_t now_ms, const struct storm_counts *counts,
                  struct error *e)
{
    enum storm_news news = STORM_NOTHING;
    int status = 0;

    pthread_mutex_lock(&breaker->lock);
    if (strcmp(breaker->version, version) == 0)
        news = storm_count(&breaker->storm, now_ms, counts);
    if (news != STORM_NOTHING)
        tell(breaker, news);
    if (news == STORM_BEGINS)
        status = raise_alert(breaker, e);
    atomic_store(&breaker->rages, breaker->storm.rages);
    pthread_mutex_unlock(&breaker->lock);
    return status;
}

bool breaker_holds(struct breaker *breaker, const char *version)
{
    bool holds;

    if (breaker->config->storm.action != STORM_PAUSE || !atomic_load(&breaker->rages))
        return false;
    pthread_mutex_lock(&breaker->lock);
    holds = breaker->storm.rages && strcmp(breaker->version, version) == 0;
    pthread_mutex_unlock(&breaker->lock);
    return holds;
}
