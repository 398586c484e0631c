#include "notices.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "json_text.h"
#include "wall.h"

#define REMIND_EVERY_MS 600000 /* how often is said what is still waited for */

/* Takes the reference to `fields`. */
static void raise_alert(const struct notices *n, const char *kind, json_t *fields)
{
    const char *version = serving_version(n->serving);
    struct error e;

    if (fields)
        json_object_set_new(fields, "version", version ? json_string(version) : json_null());
    if (alerts_raise(n->alerts, kind, fields, &e) != 0)
        log_write(n->log, LOG_LEVEL_ERROR, NOTICES_SUBSYSTEM, "%s", e.text);
}

static json_t *text_field(const char *name, const char *text)
{
    return json_pack("{s:o}", name, json_text(slice_of(text)));
}

/* Whether it is news, which it is again after a while. */
static bool is_news(struct notices_said *said, const char *text, int64_t now_ms, int64_t again_ms)
{
    if (strcmp(said->text, text) == 0 && now_ms - said->at_ms < again_ms)
        return false;
    snprintf(said->text, sizeof said->text, "%s", text);
    said->at_ms = now_ms;
    return true;
}

static void forget(struct notices_said *said)
{
    said->text[0] = '\0';
}

void notices_wait(struct notices *notices, int64_t now_ms, const char *format, ...)
{
    char text[ERROR_TEXT_MAX];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (is_news(&notices->waits_for, text, now_ms, REMIND_EVERY_MS))
        log_write(notices->log, LOG_LEVEL_INFO, NOTICES_SUBSYSTEM, "%s: %s",
                  serving_version(notices->serving) ? "waits for a master" : "not ready", text);
}

void notices_serves(struct notices *notices, const char *path, const struct index_info *info, const char *before)
{
    forget(&notices->waits_for);
    forget(&notices->failure);
    log_write(notices->log, LOG_LEVEL_INFO, NOTICES_SUBSYSTEM, "%s: version %s with %llu rows serves%s%s", path,
              info->version, (unsigned long long)info->rows, before[0] != '\0' ? " in place of " : "", before);
}

void notices_build_failed(struct notices *notices, const struct error *why, int64_t now_ms)
{
    const char *version = serving_version(notices->serving);

    if (!is_news(&notices->failure, why->text, now_ms, INT64_MAX))
        return;
    log_write(notices->log, LOG_LEVEL_ERROR, NOTICES_SUBSYSTEM, "no index could be built, %s%s: %s",
              version ? "serving on: version " : "none serves", version ? version : "", why->text);
    raise_alert(notices, "BUILD_FAILED", text_field("reason", why->text));
}

void notices_forget_failure(struct notices *notices)
{
    forget(&notices->failure);
}

void notices_refused(const struct notices *notices, const char *path, const struct error *why)
{
    const char *version = serving_version(notices->serving);

    log_write(notices->log, LOG_LEVEL_ERROR, NOTICES_SUBSYSTEM, "%s: refused, %s%s: %s", path,
              version ? "serving on: version " : "none serves", version ? version : "", why->text);
    raise_alert(notices, "MASTER_REFUSED", text_field("reason", why->text));
}

void notices_damaged(const struct notices *notices, const char *path)
{
    log_write(notices->log, LOG_LEVEL_ERROR, NOTICES_SUBSYSTEM,
              "%s: was overwritten or cut in place, or cannot be read: nothing is checked by version %s any more", path,
              serving_version(notices->serving));
    raise_alert(notices, "INDEX_DAMAGED", text_field("path", path));
}

void notices_missed(const struct notices *notices, int64_t due_ms, int64_t adopted_ms)
{
    char due[WALL_TEXT], adopted[WALL_TEXT];

    wall_write(due_ms, due);
    wall_write(adopted_ms, adopted);
    log_write(notices->log, LOG_LEVEL_ERROR, NOTICES_SUBSYSTEM,
              "no new master by %s (reload.expected_by): version %s of %s serves on", due,
              serving_version(notices->serving), adopted);
    raise_alert(notices, "MASTER_MISSED", json_pack("{s:s, s:s}", "expected_by", due, "adopted", adopted));
}
