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
#include "composite_report.h"
#include "document.h"
#include "error.h"
#include "json.h"
#include "listing.h"

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
static gaia_status csv_report(struct text *csv, const struct destination *to, struct text *out,
                              gaia_error *err)
{
    struct report *report = NULL;
    gaia_status status = listing_report_open(to->path, to->format, out, &report, err);
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

/* Fetches what the job's profile made of the scores; *has is false where it has no composite. */
static gaia_status composites_fetch(struct gaia_client *client, const char *id,
                                    const struct destination *to, struct text *list, bool *has,
                                    gaia_error *err)
{
    gaia_status status = gaia_client_composites(client, id, piece_take, list, err);
    if (list->failed) {
        return error_set(err, GAIA_OUT_OF_MEMORY, "not enough memory for the composites");
    }
    *has = status == GAIA_OK && list->length > 0 && strcmp(list->s, "[]\n") != 0;
    if (status == GAIA_OK && to->composite_path != NULL) {
        status = *has ? command_write(to->composite_path, list, err)
                      : error_set(err, GAIA_USAGE, "--composite-out: job %s has no composites", id);
    }
    return status;
}

gaia_status destination_read(const struct option_value *format, const struct option_value *out,
                             const struct option_value *composite_out, const char *formats,
                             struct destination *to, gaia_error *err)
{
    *to = (struct destination){
        .format = REPORT_TABLE, .path = out->text, .composite_path = composite_out->text};
    if (format->is_set && !report_format_parse(format->text, &to->format)) {
        return error_set(err, GAIA_USAGE, "--format '%s': %s is wanted", format->text, formats);
    }
    return GAIA_OK;
}

gaia_status scores_write(struct gaia_client *client, const char *id, const struct destination *to,
                         gaia_error *err)
{
    struct text csv = {0};
    struct text composites = {0};
    struct text out = {0};
    bool has = false;
    gaia_status status = gaia_client_scores(client, id, piece_take, &csv, err);
    if (csv.failed) {
        status = error_set(err, GAIA_OUT_OF_MEMORY, "not enough memory for the scores");
    }
    if (status == GAIA_OK && (to->format != REPORT_CSV || to->composite_path != NULL)) {
        status = composites_fetch(client, id, to, &composites, &has, err);
    }
    if (status == GAIA_OK && to->format != REPORT_CSV) {
        text_append(&out, has ? composite_report_head(to->format) : "");
        status = csv_report(&csv, to, &out, err);
    }
    if (status == GAIA_OK && has) {
        status = composite_report_tail(to->format, &composites, &out, err);
    }
    if (status == GAIA_OK) {
        status = command_write(to->path, to->format == REPORT_CSV ? &csv : &out, err);
    }
    text_fini(&out);
    text_fini(&composites);
    text_fini(&csv);
    return status;
}

gaia_status document_write(struct gaia_client *client, const char *id, const char *path,
                           int *exit_status, gaia_error *err)
{
    struct text json = {0};
    json_t *document = NULL;
    gaia_status status = gaia_client_result(client, id, piece_take, &json, err);
    if (json.failed) {
        status = error_set(err, GAIA_OUT_OF_MEMORY, "not enough memory for the document");
    }
    if (status == GAIA_OK) {
        status = json_parse("document", json.s, json.length, &document, err);
    }
    if (status == GAIA_OK) {
        status = document_print(document, path, err);
        *exit_status = document_exit(document);
    }
    json_decref(document);
    text_fini(&json);
    return status;
}
