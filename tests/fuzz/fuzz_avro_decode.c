/* Any bytes, decoded as what a topic may hold: with both schemas. */
#include <stdlib.h>

#include "consumer/avro_decode.h"
#include "core/avro_encode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct avro_decoder *decoders[2]; /* made once for all inputs */
    const char *const schemas[] = {avro_schema_discrepancy, avro_schema_dead_letter};
    struct error e;

    for (int i = 0; i < 2; i++) {
        json_t *json = NULL;
        if (decoders[i] == NULL && avro_decoder_new(schemas[i], &decoders[i], &e) != 0)
            abort();
        if (avro_decode(decoders[i], slice_make((const char *)data, size), &json, &e) == 0)
            json_decref(json);
    }
    return 0;
}
