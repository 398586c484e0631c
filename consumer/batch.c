#include "batch.h"

void batch_clear(struct batch *batch)
{
    outbox_clear(batch->outbox);
    *batch = (struct batch){.outbox = batch->outbox};
}

bool batch_has_unsent(const struct batch *batch)
{
    return outbox_count(batch->outbox) > 0;
}

bool batch_has_output(const struct batch *batch)
{
    return batch->partly_sent || batch_has_unsent(batch);
}

bool batch_is_empty(const struct batch *batch)
{
    return batch->records == 0 && !batch_has_output(batch);
}

void batch_count_sent(struct batch *batch)
{
    for (size_t i = 0; i < outbox_count(batch->outbox); i++)
        batch->sent[outbox_item(batch->outbox, i).type]++;
    batch->stripped += outbox_stripped(batch->outbox);
}
