#include "explain_fields.h"

#include "fix_words.h"
#include "json_text.h"

#define MSG_TYPE 35

/* What the tag says of instruments. */
static struct tag_meaning meaning_of(uint32_t tag)
{
    return tag <= INSTRUMENT_TAG_MAX ? instrument_tag_meanings[tag] : (struct tag_meaning){0};
}

static bool names_instrument(struct tag_meaning meaning)
{
    return (meaning.block > BLOCK_NONE && meaning.block < BLOCK_INSTRUMENTS_END && meaning.field != FIELD_ALTERNATES) ||
           meaning.block == BLOCK_RELATED;
}

static bool is_source(struct tag_meaning meaning)
{
    return meaning.block < BLOCK_INSTRUMENTS_END && meaning.block != BLOCK_NONE &&
           (meaning.field == FIELD_SOURCE || meaning.field == FIELD_ALTERNATE_SOURCE);
}

/* What the value means in words, or NULL. */
static const char *words_of(const struct rules *rules, const struct fix_field *field)
{
    enum identifier_kind kind;

    if (field->tag == MSG_TYPE)
        return fix_words_message(field->value);
    if (!is_source(meaning_of(field->tag)))
        return fix_words_value(field->tag, field->value);
    kind = identifier_sources_kind(&rules->sources, slice_trim(field->value));
    return kind == IDENTIFIER_IGNORED ? "names no security" : identifier_kind_name(kind);
}

/* Why a field that could say something of an instrument says nothing; NULL for all others. Of a placeholder the place
 * is claimed, and nothing is stated. */
static const char *why_unused(const struct rules *rules, const struct fix_field *field,
                              const struct explain_claim *claim)
{
    struct tag_meaning meaning = meaning_of(field->tag);

    if (!names_instrument(meaning) || (claim != NULL && (claim->statement != NULL || is_source(meaning))))
        return NULL;
    if (meaning.block >= BLOCK_BENCHMARK && meaning.block < BLOCK_INSTRUMENTS_END && !rules->references)
        return "not looked at: [rules] references is no";
    if (field->value.len == 0 || identifier_is_placeholder(IDENTIFIER_UNKNOWN, slice_trim(field->value)))
        return "no value";
    return "not used";
}

static json_t *field_json(const struct explain_trace *trace, const struct fix_field *field, bool was_checked)
{
    const char *name = fix_words_field(field->tag);
    const char *words = words_of(trace->request->rules, field);
    const struct explain_claim *claim = explain_trace_find(trace, field->value);
    const char *unused = was_checked ? why_unused(trace->request->rules, field, claim) : NULL;
    json_t *json = json_pack("{s:I, s:o, s:o, s:o}", "tag", (json_int_t)field->tag, "name",
                             name != NULL ? json_string(name) : json_null(), "value", json_text(field->value), "means",
                             words != NULL ? json_string(words) : json_null());
    int status = 0;

    if (claim != NULL)
        status = json_object_set_new(json, "instrument",
                                     json_pack("{s:O, s:O, s:s}", "role", json_object_get(claim->instrument, "role"),
                                               "position", json_object_get(claim->instrument, "position"), "says",
                                               claim->says));
    if (unused != NULL)
        status = json_object_set_new(json, "unused", json_string(unused));
    if (status == 0)
        return json;
    json_decref(json);
    return NULL;
}

json_t *explain_fields(const struct fix_message *message, const struct explain_trace *trace, bool was_checked)
{
    json_t *fields = json_array();
    struct fix_cursor cursor;
    struct fix_field field;

    fix_cursor_start(message, &cursor);
    while (fix_cursor_next(&cursor, &field)) {
        if (json_array_append_new(fields, field_json(trace, &field, was_checked)) != 0) {
            json_decref(fields);
            return NULL;
        }
    }
    return fields;
}
