/* SPDX-License-Identifier: MIT
 *
 * Scores as the scheduler has them, for `gaia submit --wait` and `gaia scores ID`.
 *
 * Invariant: CSV is what the scheduler sent, byte for byte; table and JSON are made from it.
 */
#include "scores_fetch.h"

#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "error.h"

gaia_status report_format_read(const struct option_value *value, enum report_format *format,
                               gaia_error *err)
{
    *format = REPORT_TABLE;
    if (value->is_set && !report_format_parse(value->text, format)) {
        return error_set(err, GAIA_USAGE, "--format '%s': table, csv or json is wanted",
                         value->text);
    }
    return GAIA_OK;
}

static int piece_take(void *context, const char *bytes, size_t length)
{
    struct text *csv = context;
    text_append_n(csv, bytes, length);
    return csv->failed;
}

/* The end of the line at s: a line break inside quotes belongs to a cell. */
static char *line_end(char *s)
{
    bool quoted = false;
    while (*s != '\0' && (quoted || *s != '\n')) {
        quoted = *s == '"' ? !quoted : quoted;
        s++;
    }
    return s;
}

/* Writes the rows of csv, which is cut up, as a report. */
static gaia_status csv_report(struct text *csv, enum report_format format, struct text *out,
                              gaia_error *err)
{
    struct report *report = NULL;
    gaia_status status = report_open(format, out, &report, err);
    bool is_header = true;
    for (char *at = csv->s; status == GAIA_OK && at != NULL && *at != '\0';) {
        struct gaia_score score;
        char *end = line_end(at);
        char *next = *end == '\n' ? end + 1 : end;
        *end = '\0';
        if (!is_header) {
            status = report_csv_parse(at, &score, err);
            if (status == GAIA_OK) {
                report_row(report, &score);
            }
        }
        is_header = false;
        at = next;
    }
    if (status == GAIA_OK) {
        report_end(report);
    }
    report_close(report);
    return status;
}

gaia_status scores_write(struct gaia_client *client, const char *id, enum report_format format,
                         const char *path, gaia_error *err)
{
    struct text csv = {0};
    struct text out = {0};
    gaia_status status = gaia_client_scores(client, id, piece_take, &csv, err);
    if (csv.failed) {
        status = error_set(err, GAIA_OUT_OF_MEMORY, "not enough memory for the scores");
    }
    if (status == GAIA_OK && format != REPORT_CSV) {
        status = csv_report(&csv, format, &out, err);
    }
    if (status == GAIA_OK) {
        status = command_write(path, format == REPORT_CSV ? &csv : &out, err);
    }
    text_fini(&out);
    text_fini(&csv);
    return status;
}
