#include "demo.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "demo_broker.h"
#include "demo_data.h"
#include "lanes.h"
#include "monotonic.h"
#include "tail.h"

#define INPUT_TOPIC "fix"
#define PARTITIONS 1 /* so that the table stands in the order of the messages */
#define DEMO_TIMEOUT_MS 60000
#define NAP_MS 20

struct demo {
    const char *directory;
    const atomic_bool *stop; /* the user's */
    struct log *log;
    FILE *out;
    char scratch[64]; /* directory of the index */
    struct config config;
    struct demo_data data;
    struct demo_broker *broker;
    struct reload *reload;
    struct lanes *lanes;
    uint64_t found[DEMO_KIND_COUNT];

    /* Shared with the pump's thread. */
    atomic_bool pump_stop;
    atomic_bool pump_ended;
    int status; /* of the lanes; after their thread has been joined */
    struct error failure;
};

/* --- preparing --- */

static int set(struct demo *d, const char *name, const char *value, struct error *e)
{
    return config_set(&d->config, name, value, e);
}

static int set_path(struct demo *d, const char *name, const char *directory, const char *file, struct error *e)
{
    char path[4096];

    snprintf(path, sizeof path, "%s/%s", directory, file);
    return set(d, name, path, e);
}

static int configure(struct demo *d, struct error *e)
{
    if (!config_init(&d->config))
        return error_set(e, ERROR_INTERNAL, "no memory for a configuration");
    if (set_path(d, "master.files", d->directory, DEMO_MASTER, e) != 0 ||
        set_path(d, "master.index", d->scratch, "demo.fwx", e) != 0 || set(d, "input.topics", INPUT_TOPIC, e) != 0)
        return -1;
    if (set(d, "reload.settle", "0", e) != 0) /* what it has written itself is whole */
        return -1;
    return set(d, "input.group", "fixwarden-demo", e);
}

static int read_data(struct demo *d, struct error *e)
{
    char messages[4096], planted[4096];

    snprintf(messages, sizeof messages, "%s/" DEMO_MESSAGES, d->directory);
    snprintf(planted, sizeof planted, "%s/" DEMO_PLANTED, d->directory);
    return demo_data_read(&d->data, messages, planted, e);
}

static int start_broker(struct demo *d, struct error *e)
{
    if (demo_broker_start(&d->broker, e) != 0)
        return -1;
    if (demo_broker_create_topic(d->broker, INPUT_TOPIC, PARTITIONS, e) != 0 ||
        demo_broker_create_topic(d->broker, d->config.output.topic, PARTITIONS, e) != 0 ||
        demo_broker_create_topic(d->broker, d->config.output.dead_letter_topic, PARTITIONS, e) != 0)
        return -1;
    return set(d, "kafka.bootstrap.servers", demo_broker_bootstrap(d->broker), e);
}

/* --- pumping --- */

static void *pump_thread(void *opaque)
{
    struct demo *d = opaque;

    d->status = lanes_run(d->lanes, &d->failure);
    atomic_store(&d->pump_ended, true);
    return NULL;
}

static uint64_t committed_records(struct demo *d)
{
    struct pump_counts counts;

    lanes_counts(d->lanes, &counts);
    return counts.records;
}

/* Until the offsets of all messages are committed. */
static int wait_for_records(struct demo *d, struct error *e)
{
    int64_t deadline = monotonic_ms() + DEMO_TIMEOUT_MS;
    uint64_t records;

    while ((records = committed_records(d)) < d->data.count && !atomic_load(&d->pump_ended)) {
        if (atomic_load(d->stop))
            return error_set(e, ERROR_TEMPORARY, "interrupted");
        if (monotonic_ms() > deadline)
            return error_set(e, ERROR_TEMPORARY, "%llu of %zu messages after %d s", (unsigned long long)records,
                             d->data.count, DEMO_TIMEOUT_MS / 1000);
        monotonic_nap(NAP_MS);
    }
    return 0;
}

static int pump_all(struct demo *d, struct error *e)
{
    const struct lanes_options options = {
        .config = &d->config, .reload = d->reload, .stop = &d->pump_stop, .log = d->log};
    pthread_t thread;
    int status, err;

    if (lanes_new(&options, &d->lanes, e) != 0)
        return -1;
    err = pthread_create(&thread, NULL, pump_thread, d);
    if (err != 0)
        return error_set_errno(e, err, "the pump's thread");
    status = wait_for_records(d, e);
    atomic_store(&d->pump_stop, true);
    pthread_join(thread, NULL);
    if (d->status == 0)
        return status;
    *e = d->failure;
    return -1;
}

/* --- showing --- */

static void on_record(void *opaque, const json_t *record)
{
    struct demo *d = opaque;
    const char *name = json_string_value(json_object_get(record, "kind"));
    int kind = name ? demo_kind_from_name(slice_of(name)) : DEMO_DEAD_LETTER;

    if (kind < DEMO_KIND_COUNT)
        d->found[kind]++;
}

static int show_topic(struct demo *d, const char *topic, struct error *e)
{
    struct tail_counts counts;
    const struct tail_options options = {.config = &d->config,
                                         .topic = topic,
                                         .from = START_EARLIEST,
                                         .exit_at_end = true,
                                         .format = TAIL_TABLE,
                                         .out = d->out,
                                         .stop = d->stop,
                                         .log = d->log,
                                         .opaque = d,
                                         .on_record = on_record};

    fprintf(d->out, "\n%s:\n", topic);
    return tail_run(&options, &counts, e);
}

/* True where every kind was found as often as it was planted. */
static bool show_counts(const struct demo *d)
{
    bool agrees = true;

    fprintf(d->out, "\n%-24s  %7s  %7s\n", "KIND", "PLANTED", "FOUND");
    for (int kind = 0; kind < DEMO_KIND_COUNT; kind++) {
        bool same = d->found[kind] == d->data.planted[kind];

        fprintf(d->out, "%-24s  %7llu  %7llu  %s\n", demo_kind_name(kind), (unsigned long long)d->data.planted[kind],
                (unsigned long long)d->found[kind], same ? "agrees" : "DIFFERS");
        agrees = agrees && same;
    }
    return agrees;
}

static int show(struct demo *d, bool *agrees, struct error *e)
{
    if (show_topic(d, d->config.output.topic, e) != 0 || show_topic(d, d->config.output.dead_letter_topic, e) != 0)
        return -1;
    *agrees = show_counts(d);
    fprintf(d->out, "\n%zu messages, checked against %llu securities: what was found %s what was planted\n",
            d->data.count, (unsigned long long)index_info(reload_index(d->reload))->rows,
            *agrees ? "agrees with" : "DIFFERS from");
    return 0;
}

/* --- the story --- */

static int run(struct demo *d, bool *agrees, struct error *e)
{
    const struct reload_options index = {.config = &d->config, .stop = d->stop, .log = d->log};

    if (configure(d, e) != 0 || read_data(d, e) != 0 || reload_new(&index, &d->reload, e) != 0)
        return -1;
    if (!d->reload)
        return error_set(e, ERROR_TEMPORARY, "interrupted before there was an index");
    if (start_broker(d, e) != 0)
        return -1;
    fprintf(d->out, "Broker: librdkafka's own, embedded, at %s\n", demo_broker_bootstrap(d->broker));
    fflush(d->out);
    if (demo_broker_produce(d->broker, INPUT_TOPIC, d->data.messages, d->data.count, e) != 0 || pump_all(d, e) != 0)
        return -1;
    return show(d, agrees, e);
}

static void clean_up(struct demo *d)
{
    if (d->config.master.index)
        unlink(d->config.master.index);
    rmdir(d->scratch);
    lanes_free(d->lanes);
    reload_free(d->reload);
    demo_broker_stop(d->broker);
    demo_data_free(&d->data);
    config_free(&d->config);
}

int demo_run(const char *directory, const atomic_bool *stop, struct log *log, FILE *out, bool *agrees, struct error *e)
{
    struct demo *d = calloc(1, sizeof *d);
    int status;

    if (!d)
        return error_set(e, ERROR_INTERNAL, "no memory for the demo");
    d->directory = directory;
    d->stop = stop;
    d->log = log;
    d->out = out;
    snprintf(d->scratch, sizeof d->scratch, "%s", "/tmp/fixwarden-demo-XXXXXX");
    if (!mkdtemp(d->scratch)) {
        error_set_errno(e, errno, "%s", d->scratch);
        free(d);
        return -1;
    }
    status = run(d, agrees, e);
    clean_up(d);
    free(d);
    return status;
}
