/* SPDX-License-Identifier: MIT
 *
 * Server-sent events, as far as the scheduler uses them: each has its data on one line.
 *
 * Invariant: a line is kept only while it is shorter than LINE_BYTES_MAX.
 */
#include "client_events.h"

#include <string.h>

#include "error.h"
#include "json.h"

enum { LINE_BYTES_MAX = 65536 };

static gaia_status progress_read(const json_t *root, struct gaia_client_progress *progress,
                                 gaia_error *err)
{
    static const char path[] = "event";
    const struct {
        const char *key;
        uint64_t *count;
    } counts[] = {{"units_done", &progress->units_done},
                  {"units_total", &progress->units_total},
                  {"batches_done", &progress->batches_done},
                  {"batches_total", &progress->batches_total}};
    gaia_status status = json_get_string(root, path, "state", true, &progress->state, err);
    for (size_t i = 0; status == GAIA_OK && i < sizeof counts / sizeof *counts; i++) {
        int64_t value = 0;
        status = json_get_int(root, path, counts[i].key, false, &value, err);
        *counts[i].count = value > 0 ? (uint64_t)value : 0;
    }
    const json_t *rate = json_object_get(root, "rate");
    progress->rate = json_is_number(rate) ? json_number_value(rate) : 0.0;
    return status;
}

/* Hands out what a line of data says. */
static int data_take(struct client_events *events, const char *data, size_t length)
{
    struct gaia_client_progress progress = {.state = ""};
    json_t *root = NULL;
    int stop = 1;
    gaia_status status = json_parse("event", data, length, &root, &events->error);
    if (status == GAIA_OK) {
        status = progress_read(root, &progress, &events->error);
    }
    if (status == GAIA_OK) {
        stop = events->take(events->context, &progress);
    } else if (status == GAIA_JOB_INVALID) { /* the document is the scheduler's */
        (void)error_restate(&events->error, GAIA_PROTOCOL);
    }
    json_decref(root);
    return stop;
}

/* Takes what completes a line. */
static int line_take(struct client_events *events)
{
    static const char data[] = "data:";
    const struct text *line = &events->line;
    if (line->length < sizeof data - 1 || strncmp(line->s, data, sizeof data - 1) != 0) {
        return 0;
    }
    return data_take(events, line->s + sizeof data - 1, line->length - (sizeof data - 1));
}

int client_events_take(void *context, const char *bytes, size_t length)
{
    struct client_events *events = context;
    int stop = 0;
    while (stop == 0 && length > 0) {
        const char *end = memchr(bytes, '\n', length);
        const size_t n = end != NULL ? (size_t)(end - bytes) : length;
        if (events->line.length + n > LINE_BYTES_MAX) {
            (void)error_set(&events->error, GAIA_PROTOCOL, "event: a line is too long");
            return 1;
        }
        text_append_n(&events->line, bytes, n);
        if (events->line.failed) {
            (void)error_memory(&events->error, n);
            return 1;
        }
        if (end != NULL) {
            stop = line_take(events);
            events->line.length = 0;
        }
        bytes += n + (end != NULL);
        length -= n + (end != NULL);
    }
    return stop;
}
