#include "security_view.h"

#include <stdlib.h>

#include "json_text.h"

static json_t *values_of(const struct index_info *info, const struct security *security)
{
    json_t *values = json_object();

    for (int i = 0; i < MASTER_ROLE_COUNT; i++)
        if (security->value[i].len > 0)
            json_object_set_new(values, master_role_name((enum master_role)i), json_text(security->value[i]));
    for (size_t i = 0; i < security->carried_count; i++)
        if (security->carried[i].len > 0)
            json_object_set_new(values, info->carried_names[i], json_text(security->carried[i]));
    return values;
}

json_t *security_view(const struct index *index, const struct security *security, bool whole_row, struct error *e)
{
    const struct index_info *info = index_info(index);
    char *row = NULL;
    size_t len = 0;
    json_t *json;

    if (whole_row && index_read_row(index, security, &row, &len, e) != 0)
        return NULL;
    json = json_pack("{s:o, s:I, s:o}", "master", json_text(slice_of(info->sources[security->source].path)), "byte",
                     (json_int_t)security->row_offset, "values", values_of(info, security));
    if (json != NULL && whole_row)
        json_object_set_new(json, "row", json_text(slice_make(row, len)));
    free(row);
    if (json == NULL)
        error_set(e, ERROR_INTERNAL, "no memory");
    return json;
}
