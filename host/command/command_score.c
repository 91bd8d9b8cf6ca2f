/* SPDX-License-Identifier: MIT
 *
 * `gaia score`: the whole engine in this process, from files to a report.
 *
 * Invariant: nothing is written before every field has been read.
 */
#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gaia/engine.h>
#include <gaia/job.h>

#include "composite_json.h"
#include "composite_report.h"
#include "error.h"
#include "export.h"
#include "file.h"
#include "job_inputs.h"
#include "listing.h"
#include "map_file.h"
#include "profile.h"
#include "progress.h"
#include "report.h"
#include "report_file.h"
#include "report_page.h"
#include "score_options.h"

enum { FLUSH_BYTES = 1 << 16 };

const struct command_spec command_score_spec = {
    .usage = "score FORECAST TRUTH [CLIMATOLOGY] | --job FILE [OPTION]...",
    .summary = "Scores forecasts against an analysis, in this process.",
    .options = score_options,
    .n_options = OPT_COUNT,
    .n_optional = 3,
};

struct output {
    enum report_format format;
    enum export_format export; /* else a report */
    struct export_sums sums;   /* of an export or a page, where nobody keeps them */
    char device[128];          /* that the sums were made on */
    const char *command;
    bool has_composites;
    const char *composite_path; /* NULL: no file of composites is wanted */
    struct text composites, text;
    struct report *report;
    struct file_stream *file;
    struct progress progress;
    bool scored; /* a score has come */
    bool told;   /* a forecast's failure was told */
};

static void text_flush(struct output *output)
{
    if (output->text.length > 0) {
        (void)fwrite(output->text.s, 1, output->text.length, output->file->stream);
        output->text.length = 0;
    }
}

static void on_score(void *context, const struct gaia_score *score)
{
    struct output *output = context;
    output->scored = true;
    if (output->report != NULL) {
        report_row(output->report, score);
    }
    if (output->text.length >= FLUSH_BYTES) {
        text_flush(output);
    }
}

static void on_composite(void *context, const char *forecast, const char *json, size_t length)
{
    struct output *output = context;
    (void)forecast;
    composite_list_add(&output->composites, json, length);
}

static void on_failed(void *context, const char *forecast, const gaia_error *why)
{
    struct output *output = context;
    output->told = true;
    progress_end(&output->progress);
    command_tell("forecast %s: %s", forecast, why->detail);
}

static void on_warned(void *context, const char *text)
{
    struct output *output = context;
    progress_end(&output->progress);
    command_tell("warning: %s", text);
}

static void on_device(void *context, const char *name)
{
    struct output *output = context;
    (void)snprintf(output->device, sizeof output->device, "%s", name);
}

static void on_progress(void *context, uint64_t done, uint64_t total)
{
    struct output *output = context;
    progress_show(&output->progress, "scoring", done, total);
    if (done == total) {
        progress_end(&output->progress);
    }
}

/* Where the sums go; NULL: nowhere. */
static const char *output_moments(const struct output *output, const struct option_value *values)
{
    const char *kept = values[OPT_MOMENTS_OUT].text;
    return kept == NULL && output->sums.folder[0] != '\0' ? output->sums.path : kept;
}

/* The same of maps. */
static const char *output_maps(const struct output *output, const struct gaia_job *job,
                               const struct option_value *values)
{
    const char *kept = values[OPT_MAPS_OUT].text;
    return kept == NULL && job->n_maps > 0 && values[OPT_REPORT].is_set ? output->sums.maps_path
                                                                        : kept;
}

/* Scores the job into the report. */
static gaia_status job_score(const struct gaia_job *job, const struct option_value *values,
                             struct output *output, gaia_error *err)
{
    const struct gaia_engine_options engine = {
        .device = values[OPT_DEVICE].is_set ? values[OPT_DEVICE].text : "auto",
        .n_threads = (unsigned)values[OPT_THREADS].number,
        .memory_bytes = values[OPT_MEMORY].number,
        .gpu_memory_bytes = values[OPT_GPU_MEMORY].number,
        .gpu = (unsigned)values[OPT_GPU].number,
        .moments_path = output_moments(output, values),
        .maps_path = output_maps(output, job, values),
    };
    const struct gaia_observer observer = {.context = output,
                                           .score = on_score,
                                           .failed = on_failed,
                                           .warned = on_warned,
                                           .progress = on_progress,
                                           .composite = on_composite,
                                           .device = on_device};
    progress_init(&output->progress);
    const gaia_status status = gaia_score_job(job, &engine, &observer, err);
    progress_end(&output->progress);
    return status;
}

/* Ends the report of a job with composites, and writes their file. */
static gaia_status composites_end(struct output *output, gaia_error *err)
{
    if (!output->has_composites) {
        return GAIA_OK;
    }
    composite_list_end(&output->composites);
    if (output->composites.failed) {
        return error_set(err, GAIA_OUT_OF_MEMORY, "not enough memory for the composites");
    }
    const gaia_status status =
        composite_report_tail(output->format, &output->composites, &output->text, err);
    return status == GAIA_OK && output->composite_path != NULL
               ? command_write(output->composite_path, &output->composites, err)
               : status;
}

/* Ends the report and puts it in place, also if some forecasts failed and others have scores; else
 * takes it back. status is the run's. */
static gaia_status output_end(struct output *output, gaia_status status, gaia_error *err)
{
    const bool has_scores = status == GAIA_OK || (output->scored && output->told);
    gaia_error error = {0};
    gaia_status composed = GAIA_OK;
    if (has_scores) {
        report_end(output->report);
        composed = composites_end(output, &error);
        text_flush(output);
    }
    const bool whole = !output->text.failed;
    const bool commit = has_scores && whole && composed == GAIA_OK;
    const gaia_status closed =
        file_stream_close(output->file, commit, composed == GAIA_OK ? &error : NULL);
    if (!whole) {
        return error_set(err, GAIA_OUT_OF_MEMORY, "not enough memory for the report");
    }
    const gaia_status ended = composed != GAIA_OK ? composed : closed;
    return ended == GAIA_OK ? status : error_set(err, ended, "%s", error.detail);
}

/* Makes a page of the sums of the run, if one is wanted, after all else. */
static gaia_status page_end(const struct output *output, const struct gaia_job *job,
                            const struct option_value *values, gaia_status status, gaia_error *err)
{
    struct moments_file *file = NULL;
    struct map_file *map_file = NULL;
    struct report_maps *maps = NULL;
    gaia_error error = {0};
    if (!values[OPT_REPORT].is_set || (status != GAIA_OK && !(output->scored && output->told))) {
        return status;
    }
    gaia_status ended = moments_file_open(output_moments(output, values), &file, &error);
    if (ended == GAIA_OK && job->n_maps > 0) {
        ended = map_file_open(output_maps(output, job, values), &map_file, &error);
    }
    if (ended == GAIA_OK && map_file != NULL) {
        ended = report_maps_take(map_file, &maps, &error);
    }
    if (ended == GAIA_OK) {
        struct report_request request = {
            .file = file,
            .maps = maps,
            .source = values[OPT_MOMENTS_OUT].is_set ? NULL : "of this run, not kept",
            .composites = output->has_composites ? output->composites.s : NULL,
            .composites_length = output->composites.length,
            .command = output->command,
            .device = output->device};
        ended = report_file_write(&request, values[OPT_REPORT].text, &error);
    }
    report_maps_close(maps);
    map_file_close(map_file);
    moments_file_close(file);
    return ended == GAIA_OK
               ? status
               : error_set(err, ended, "--report %s: %s", values[OPT_REPORT].text, error.detail);
}

/* Exports the sums of the run under the same conditions. */
static gaia_status export_end(struct output *output, const struct option_value *values,
                              gaia_status status, gaia_error *err)
{
    gaia_error error = {0};
    const char *sums = output_moments(output, values);
    const bool has_scores = status == GAIA_OK || (output->scored && output->told);
    gaia_status ended = has_scores ? composites_end(output, &error) : GAIA_OK;
    if (has_scores && ended == GAIA_OK) {
        ended = export_file(output->export, sums, values[OPT_OUT].text, &error);
    }
    return ended == GAIA_OK ? status : error_set(err, ended, "%s", error.detail);
}

/* Begins the report of the job. */
static gaia_status output_open(struct output *output, const struct gaia_job *job,
                               const struct option_value *values, gaia_error *err)
{
    const struct gaia_profile *profile = job->profile;
    output->has_composites = profile != NULL && profile->composite.kind != COMPOSITE_NONE;
    output->composite_path =
        values[OPT_COMPOSITE_OUT].is_set ? values[OPT_COMPOSITE_OUT].text : NULL;
    if (output->composite_path != NULL && !output->has_composites) {
        return error_set(err, GAIA_USAGE, "--composite-out: %s%s has no composite",
                         profile != NULL ? "profile " : "a job without a profile",
                         profile != NULL ? profile->name : "");
    }
    const bool wants_maps = values[OPT_MAPS_OUT].is_set || values[OPT_REPORT].is_set;
    if (values[OPT_MAPS].is_set && !wants_maps) {
        return error_set(err, GAIA_USAGE,
                         "--maps: nothing is made of them without --maps-out or --report");
    }
    const bool wants_sums = output->export != EXPORT_NONE || values[OPT_REPORT].is_set;
    if ((wants_sums && !values[OPT_MOMENTS_OUT].is_set) ||
        (values[OPT_REPORT].is_set && job->n_maps > 0 && !values[OPT_MAPS_OUT].is_set)) {
        const gaia_status status = export_sums_open(&output->sums, err);
        if (status != GAIA_OK) {
            return status;
        }
    }
    if (output->export != EXPORT_NONE) {
        return GAIA_OK;
    }
    if (output->has_composites) {
        text_append(&output->text, composite_report_head(output->format));
    }
    return listing_report_open(values[OPT_OUT].text, output->format, &output->text, &output->report,
                               err);
}

static gaia_status format_read(const struct option_value *values, struct output *output,
                               gaia_error *err)
{
    const char *name = values[OPT_FORMAT].text;
    output->export = export_format_find(name);
    if (output->export != EXPORT_NONE) {
        output->format = REPORT_CSV; /* of which a job's composites are no part either */
        return export_check(output->export, values[OPT_OUT].text, err);
    }
    return name == NULL || report_format_parse(name, &output->format)
               ? GAIA_OK
               : error_set(err, GAIA_USAGE, "--format '%s': " EXPORT_FORMATS " is wanted", name);
}

/* Nothing that is read may be written over. */
static gaia_status inputs_spare(const struct gaia_job *job, const struct option_value *values,
                                gaia_error *err)
{
    struct outputs outputs;
    const char *profile = values[OPT_PROFILE].text;
    gaia_status status = outputs_take(score_options, OPT_COUNT, values, &outputs, err);
    if (status == GAIA_OK) {
        status = job_inputs_spare(job, values[OPT_JOB].text, &outputs, err);
    }
    if (status == GAIA_OK && profile != NULL && profile_option_is_file(profile)) {
        status = outputs_spare(&outputs, "the profile", profile, err);
    }
    return status == GAIA_OK
               ? outputs_spare(&outputs, "the composites of day 1", values[OPT_DAY1].text, err)
               : status;
}

static gaia_status score_run(const struct option_value *values, const char *const *positional,
                             const char *command, bool *told, gaia_error *err)
{
    char *json = NULL;
    size_t length = 0;
    struct gaia_job *job = NULL;
    struct file_stream file = {.stream = NULL};
    struct output output = {.file = &file, .format = REPORT_TABLE, .command = command};
    gaia_status status = values[OPT_REPORT].is_set ? report_page_check(err) : GAIA_OK;
    if (status == GAIA_OK) {
        status = format_read(values, &output, err);
    }
    if (status == GAIA_OK) {
        status = score_job_text(values, positional, &json, &length, err);
    }
    if (status == GAIA_OK) {
        status = gaia_job_parse(json, length, &job, err);
        if (status != GAIA_OK) {
            status = values[OPT_JOB].is_set ? error_prefix(err, status, "%s", values[OPT_JOB].text)
                                            : option_blame(score_options, OPT_COUNT, values, err);
        }
    }
    if (status == GAIA_OK) {
        status = inputs_spare(job, values, err);
    }
    if (status == GAIA_OK) {
        status = output_open(&output, job, values, err);
    }
    if (status == GAIA_OK && output.export == EXPORT_NONE) {
        status = file_stream_open(values[OPT_OUT].is_set ? values[OPT_OUT].text : NULL, 0644, &file,
                                  err);
    }
    if (status == GAIA_OK) {
        status = job_score(job, values, &output, err);
        if (output.export != EXPORT_NONE) {
            status = export_end(&output, values, status, err);
        }
    }
    if (file.stream != NULL) {
        status = output_end(&output, status, err);
    }
    status = page_end(&output, job, values, status, err);
    *told = output.told;
    export_sums_close(&output.sums);
    report_close(output.report);
    text_fini(&output.text);
    text_fini(&output.composites);
    gaia_job_free(job);
    free(json);
    return status;
}

int command_score(int argc, char **argv)
{
    struct option_value values[OPT_COUNT];
    const char *positional[3] = {NULL, NULL, NULL};
    bool helped = false;
    bool told = false;
    struct text command = {0};
    gaia_error err = {0};
    gaia_status status =
        command_arguments(&command_score_spec, argc, argv, values, positional, &helped, &err);
    if (status == GAIA_OK && !helped) {
        command_line_append(&command, argc, argv);
        status = score_run(values, positional, command.s, &told, &err);
    }
    text_fini(&command);
    /* What failed of some forecasts was told, one by one. */
    return told ? gaia_status_exit(status) : command_end(status, &err);
}
