/* demo_data: the messages of a demo, and what is wrong with them. Plain values, read once. */
#ifndef FIXWARDEN_CONSUMER_DEMO_DATA_H
#define FIXWARDEN_CONSUMER_DEMO_DATA_H

#include <stdint.h>

#include "core/error.h"
#include "core/rules.h"
#include "core/slice.h"

#define DEMO_DEAD_LETTER DISCREPANCY_KIND_COUNT /* the kind of what is not FIX */
#define DEMO_KIND_COUNT (DISCREPANCY_KIND_COUNT + 1)
#define DEMO_MESSAGES_MAX 100000
#define DEMO_FILE_MAX (64u << 20) /* bytes */

struct demo_data {
    char *bytes; /* of the file of messages */
    struct slice *messages;
    size_t count;
    uint64_t planted[DEMO_KIND_COUNT];
};

/* `data` starts as zeros; free it in every case. */
int demo_data_read(struct demo_data *data, const char *messages_path, const char *planted_path, struct error *e);
void demo_data_free(struct demo_data *data);

const char *demo_kind_name(int kind);

/* DEMO_KIND_COUNT for a name that is none. */
int demo_kind_from_name(struct slice name);

#endif
