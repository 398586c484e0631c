#include "build_view.h"

#include "progress.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#define DELIMITER_TEXT 8

/* Its name, or what --delimiter would take for it. */
static const char *delimiter_name(char delimiter, char text[DELIMITER_TEXT])
{
    switch (delimiter) {
    case ',':
        return "comma";
    case '\t':
        return "tab";
    case '|':
        return "pipe";
    case ';':
        return "semicolon";
    default:
        snprintf(text, DELIMITER_TEXT, isgraph((unsigned char)delimiter) ? "%c" : "\\x%02x", (unsigned char)delimiter);
        return text;
    }
}

static void wipe(struct build_view *view)
{
    if (view->shown >= 0)
        progress_wipe();
    view->shown = -1;
}

static void on_columns(void *opaque, const char *path, const struct master *master)
{
    struct build_view *view = opaque;
    const struct master_columns *columns = master_columns(master);
    char delimiter[DELIMITER_TEXT];

    wipe(view);
    if (!view->columns)
        return;
    fprintf(stderr, "%s: %" PRIu32 " columns, separated by %s\n", path, columns->count,
            delimiter_name(master_delimiter(master), delimiter));
    for (int i = 0; i < MASTER_ROLE_COUNT; i++)
        if (columns->role[i] != MASTER_NO_COLUMN)
            fprintf(stderr, "  %-18s is column %3" PRIu32 ", %.*s\n", master_role_name((enum master_role)i),
                    columns->role[i] + 1, SLICE_FORMAT(master_column_name(master, columns->role[i])));
    for (size_t i = 0; i < columns->carried_count; i++)
        fprintf(stderr, "  %-18s is column %3" PRIu32 ", %.*s\n", "(carried)", columns->carried[i] + 1,
                SLICE_FORMAT(master_column_name(master, columns->carried[i])));
}

static void on_bad_row(void *opaque, const char *path, const struct master_row *row)
{
    wipe(opaque);
    fprintf(stderr, "%s: line %" PRIu64 " (byte %" PRIu64 "): the row %s; it is left out\n", path, row->line,
            row->offset, master_row_status_text(row->status));
}

static int on_progress(void *opaque, uint64_t bytes_read, uint64_t bytes_total, uint64_t rows)
{
    struct build_view *view = opaque;
    int percent = bytes_total > 0 ? (int)(100.0 * (double)bytes_read / (double)bytes_total) : 0;

    if (view->terminal && percent != view->shown && percent <= 100) {
        progress_draw(percent, rows, "rows");
        view->shown = percent;
    }
    return atomic_load(view->stop);
}

void build_view_init(struct build_view *view, const atomic_bool *stop, bool columns, struct index_build_events *events)
{
    *view = (struct build_view){.stop = stop, .columns = columns, .terminal = isatty(STDERR_FILENO), .shown = -1};
    *events = (struct index_build_events){view, on_columns, on_bad_row, on_progress};
}

void build_view_end(struct build_view *view)
{
    wipe(view);
}
