/* SPDX-License-Identifier: MIT
 *
 * `gaia scores`: the scores of a job as they were asked for, others derived from its sums, or the
 * sums of one forecast held against those of another. No field is read.
 *
 * Invariant: nothing is written unless all of it could be made.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gaia/client.h>

#include "against.h"
#include "command.h"
#include "compare_report.h"
#include "derive_options.h"
#include "error.h"
#include "export.h"
#include "file.h"
#include "listing.h"
#include "moments_source.h"
#include "outputs.h"
#include "report_file.h"
#include "report_page.h"
#include "scores_fetch.h"

enum { FLUSH_BYTES = 1 << 16 };

enum {
    HELP,
    STATE,
    FORMAT,
    OUT,
    COMPOSITE_OUT,
    AGAINST,
    REPORT,
    DERIVE,
    N_OPTIONS = DERIVE + DERIVE_OPTIONS
};

/* ---- Derived scores ---- */

struct derived_output {
    struct report *report;
    struct text text;
    struct file_stream file;
};

static void text_flush(struct derived_output *output)
{
    if (output->text.length > 0) {
        /* What went wrong, the close tells. */
        (void)fwrite(output->text.s, 1, output->text.length, output->file.stream);
        output->text.length = 0;
    }
}

static void on_score(void *context, const struct gaia_score *score)
{
    struct derived_output *output = context;
    report_row(output->report, score);
    if (output->text.length >= FLUSH_BYTES) {
        text_flush(output);
    }
}

static gaia_status scores_derive(const struct moments_file *file,
                                 const struct derive_filter *filter, enum report_format format,
                                 const char *path, gaia_error *err)
{
    struct derived_output output = {.file = {.stream = NULL}};
    struct derive *derive = NULL;
    gaia_status status = derive_open(file, filter, &derive, err);
    if (status == GAIA_OK) {
        status = listing_report_open(path, format, &output.text, &output.report, err);
    }
    if (status == GAIA_OK) {
        status = file_stream_open(path, 0644, &output.file, err);
    }
    if (status == GAIA_OK) {
        status = derive_scores(file, derive, on_score, &output, err);
        if (status == GAIA_OK) {
            report_end(output.report);
            text_flush(&output);
        }
        if (status == GAIA_OK && output.text.failed) {
            status = error_set(err, GAIA_OUT_OF_MEMORY, "not enough memory for the report");
        }
        gaia_error error = {0};
        const gaia_status closed = file_stream_close(&output.file, status == GAIA_OK, &error);
        if (status == GAIA_OK && closed != GAIA_OK) {
            status = error_set(err, closed, "%s", error.detail);
        }
    }
    report_close(output.report);
    text_fini(&output.text);
    derive_close(derive);
    return status;
}

/* ---- One against another ---- */

struct compare_output {
    struct compare_report *report;
    size_t n_other_truth;
};

static void on_row(void *context, const struct compare_row *row)
{
    struct compare_output *output = context;
    compare_report_row(output->report, row);
    output->n_other_truth += row->n_other_truth;
}

static gaia_status scores_compare(const struct compare_request *request, enum report_format format,
                                  const char *path, gaia_error *err)
{
    struct compare_output output = {.report = NULL};
    struct text text = {0};
    gaia_status status = compare_report_open(format, &text, &output.report, err);
    if (status == GAIA_OK) {
        status = compare_run(request, on_row, &output, err);
    }
    if (status == GAIA_OK) {
        compare_report_end(output.report);
        status = command_write(path, &text, err);
    }
    if (status == GAIA_OK && output.n_other_truth > 0) {
        command_tell("warning: events whose truths differ were left out (n_other_truth)");
    }
    compare_report_close(output.report);
    text_fini(&text);
    return status;
}

/* ---- The command ---- */

/* What is made of sums: a report, unless an export is wanted. */
struct wanted {
    enum report_format format;
    enum export_format export;
    const char *command; /* for a page */
    const struct outputs *outputs;
};

/* From sums to scores, to a comparison or to an export. */
static gaia_status sums_run(const struct option_value *values, const char *name,
                            const struct derive_filter *filter, const struct wanted *wanted,
                            struct gaia_client **client, struct arena *arena, gaia_error *err)
{
    const char *state = values[STATE].text;
    struct moments_file *file = NULL;
    struct against against = {.opened = NULL};
    gaia_status status = moments_source_open(name, state, client, &file, err);
    if (status == GAIA_OK && values[AGAINST].is_set) {
        status = against_open(values[AGAINST].text, file, state, client, arena, &against, err);
        if (status == GAIA_OK && against.opened != NULL) {
            status =
                outputs_spare(wanted->outputs, "the sums", moments_file_name(against.opened), err);
        }
        if (status == GAIA_OK) {
            const struct compare_request request = {.file = file,
                                                    .against_file = against.file,
                                                    .against = against.forecast,
                                                    .against_label = against.label,
                                                    .filter = *filter};
            status = scores_compare(&request, wanted->format, values[OUT].text, err);
        }
    } else if (status == GAIA_OK && wanted->export != EXPORT_NONE) {
        status = export_write(wanted->export, file, filter, values[OUT].text, err);
    } else if (status == GAIA_OK) {
        status = scores_derive(file, filter, wanted->format, values[OUT].text, err);
    }
    if (status == GAIA_OK && values[REPORT].is_set) {
        struct report_request request = {.file = file,
                                         .filter = *filter,
                                         .against_file = against.opened,
                                         .against = against.forecast,
                                         .against_label = against.label,
                                         .command = wanted->command};
        status = report_file_write(&request, values[REPORT].text, err);
    }
    moments_file_close(against.opened);
    moments_file_close(file);
    return status;
}

/* Where to; an export is not a report's format. */
static gaia_status scores_destination(const struct option_value *values, bool is_export,
                                      struct destination *to, gaia_error *err)
{
    const struct option_value none = {.is_set = false};
    if (is_export && values[AGAINST].is_set) {
        return error_set(err, GAIA_USAGE, "--format '%s' and --against: one of them",
                         values[FORMAT].text);
    }
    const gaia_status status =
        export_check(export_format_find(values[FORMAT].text), values[OUT].text, err);
    return status != GAIA_OK ? status
                             : destination_read(is_export ? &none : &values[FORMAT], &values[OUT],
                                                &values[COMPOSITE_OUT], EXPORT_FORMATS, to, err);
}

static gaia_status scores_run(const struct option_value *values, const char *name,
                              const char *command, const struct outputs *outputs, gaia_error *err)
{
    struct destination to = {.format = REPORT_TABLE};
    struct derive_filter filter = {0};
    struct gaia_client *client = NULL;
    struct arena arena;
    bool any = false;
    const enum export_format export = export_format_find(values[FORMAT].text);
    const bool is_export = export != EXPORT_NONE;
    arena_init(&arena, SIZE_MAX);
    gaia_status status = scores_destination(values, is_export, &to, err);
    if (status == GAIA_OK) {
        status = derive_options_read(&values[DERIVE], &arena, &filter, &any, err);
    }
    const bool from_sums = any || is_export || values[AGAINST].is_set || moments_name_is_file(name);
    if (status == GAIA_OK && from_sums && to.composite_path != NULL) {
        status = error_set(err, GAIA_USAGE,
                           "--composite-out: only with the scores of a job as "
                           "they were asked for");
    }
    if (status == GAIA_OK && from_sums) {
        const struct wanted wanted = {to.format, export, command, outputs};
        status = sums_run(values, name, &filter, &wanted, &client, &arena, err);
    } else if (status == GAIA_OK) {
        status = gaia_client_open(values[STATE].text, &client, err);
        if (status == GAIA_OK) {
            status = scores_write(client, name, &to, err);
        }
        if (status == GAIA_OK && values[REPORT].is_set) {
            status = report_job_write(client, name, command, values[REPORT].text, err);
        }
    }
    gaia_client_close(client);
    arena_fini(&arena);
    return status;
}

static const struct option_spec options[N_OPTIONS] = {
    OPTION_HELP,
    OPTION_STATE,
    {"format", OPTION_TEXT, "FORMAT", 0, 0, "[table] csv, json, stat (MET's lines) or netcdf"},
    {"out", OPTION_OUTPUT, "FILE", 0, 0, "write to FILE [stdout]"},
    {"composite-out", OPTION_OUTPUT, "FILE", 0, 0, "write the composites to FILE"},
    {"against", OPTION_TEXT, "REFERENCE", 0, 0,
     "compare, event by event: a forecast of ID, or ID or FILE with :FORECAST"},
    OPTION_REPORT,
    DERIVE_OPTION_SPECS,
};

const struct command_spec command_scores_spec = {
    "scores ID|FILE [--against REFERENCE] [OPTION]...",
    "Prints the scores of a job that has succeeded, or derives others from its sums, or from\n"
    "those that `gaia score --moments-out FILE` kept; no field is read again.",
    options,
    N_OPTIONS,
    1,
    0};

int command_scores(int argc, char **argv)
{
    struct option_value values[N_OPTIONS];
    const char *name = NULL;
    struct outputs outputs;
    struct text command = {0};
    gaia_error err = {0};
    bool helped = false;
    gaia_status status =
        command_arguments(&command_scores_spec, argc, argv, values, &name, &helped, &err);
    if (status == GAIA_OK && !helped) {
        command_line_append(&command, argc, argv);
        status = values[REPORT].is_set ? report_page_check(&err) : GAIA_OK;
        if (status == GAIA_OK) {
            status = outputs_take(options, N_OPTIONS, values, &outputs, &err);
        }
        if (status == GAIA_OK) {
            status = outputs_spare(&outputs, "the sums", name, &err);
        }
        if (status == GAIA_OK) {
            status = scores_run(values, name, command.s, &outputs, &err);
        }
    }
    text_fini(&command);
    return command_end(status, &err);
}
