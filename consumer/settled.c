#include "settled.h"

/* The side file that says whether the file is whole; SNAPSHOT_SIDE_COUNT: time does. */
static enum snapshot_side side_of(const struct snapshot_file *file, enum ready_file ready)
{
    static const enum snapshot_side best_first[] = {SIDE_SHA256, SIDE_MD5, SIDE_DONE};

    switch (ready) {
    case READY_NONE:
        break;
    case READY_DONE:
        return SIDE_DONE;
    case READY_MD5:
        return SIDE_MD5;
    case READY_SHA256:
        return SIDE_SHA256;
    case READY_AUTO:
        for (size_t i = 0; i < sizeof best_first / sizeof *best_first; i++)
            if (file->side[best_first[i]].is_there)
                return best_first[i];
    }
    return SNAPSHOT_SIDE_COUNT;
}

enum snapshot_side settled_digest_side(const struct snapshot_file *file, enum ready_file ready)
{
    enum snapshot_side side = side_of(file, ready);

    return side == SIDE_DONE ? SNAPSHOT_SIDE_COUNT : side;
}

static enum settled_verdict judge_file(const struct snapshot_file *file, enum ready_file ready, bool is_still)
{
    enum snapshot_side side = side_of(file, ready);

    if (!file->self.is_there)
        return SETTLED_IS_MISSING;
    if (side == SNAPSHOT_SIDE_COUNT)
        return is_still ? SETTLED_IS_WHOLE : SETTLED_IS_CHANGING;
    if (!file->side[side].is_there)
        return SETTLED_IS_UNMARKED;
    if (side != SIDE_DONE)
        return SETTLED_NEEDS_DIGESTS;
    return file->side[side].mtime_ns >= file->self.mtime_ns ? SETTLED_IS_WHOLE : SETTLED_IS_UNMARKED;
}

/* The first verdict of the enum that any file has is that of all. */
static enum settled_verdict judge(const struct snapshot *snapshot, enum ready_file ready, bool is_still, size_t *file)
{
    enum settled_verdict worst = SETTLED_IS_WHOLE;

    *file = 0;
    for (size_t i = 0; i < snapshot->count; i++) {
        enum settled_verdict verdict = judge_file(&snapshot->files[i], ready, is_still);

        if (verdict >= worst)
            continue;
        worst = verdict;
        *file = i;
    }
    return worst;
}

static int64_t still_since(const struct settled *s, const struct snapshot *now, int64_t now_ms, int64_t wall_ms)
{
    int64_t age_ms = wall_ms - snapshot_newest_ns(now) / 1000000;

    if (s->last.count > 0)
        return snapshot_shows_same(&s->last, now, false) ? s->since_ms : now_ms;
    return age_ms > 0 ? now_ms - age_ms : now_ms;
}

enum settled_verdict settled_look(struct settled *settled, struct snapshot *now, int64_t now_ms, int64_t wall_ms,
                                  const struct config *config, size_t *file)
{
    settled->since_ms = still_since(settled, now, now_ms, wall_ms);
    snapshot_free(&settled->last);
    settled->last = *now;
    *now = (struct snapshot){0};
    return judge(&settled->last, config->reload.ready_file, now_ms >= settled_due_ms(settled, config), file);
}

int64_t settled_due_ms(const struct settled *settled, const struct config *config)
{
    return settled->since_ms + (int64_t)config->reload.settle_ms;
}

void settled_free(struct settled *settled)
{
    snapshot_free(&settled->last);
}
