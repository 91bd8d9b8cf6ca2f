/* SPDX-License-Identifier: MIT
 *
 * `gaia score`: the whole engine in this process, from files to a report.
 *
 * Options and files become the JSON of a job, so that there is one way to say what to score.
 * Invariant: nothing is written before every field has been read.
 */
#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <gaia/engine.h>
#include <gaia/job.h>

#include "composite_json.h"
#include "composite_report.h"
#include "error.h"
#include "export.h"
#include "file.h"
#include "http_url.h"
#include "listing.h"
#include "option_list.h"
#include "profile.h"
#include "progress.h"
#include "region_option.h"
#include "report.h"

enum { JOB_BYTES_MAX = 64 << 20, ID_BYTES = 256, FLUSH_BYTES = 1 << 16 };

enum {
    OPT_HELP,
    OPT_JOB,
    OPT_FORECAST,
    OPT_TRUTH,
    OPT_CLIMATOLOGY,
    OPT_REFERENCE,
    OPT_INIT,
    OPT_VARIABLES,
    OPT_LEVELS,
    OPT_LEADS,
    OPT_REGIONS,
    OPT_LAND,
    OPT_WEIGHTS,
    OPT_METRICS,
    OPT_PROFILE,
    OPT_DAY1,
    OPT_MISSING,
    OPT_DEVICE,
    OPT_THREADS,
    OPT_MEMORY,
    OPT_GPU,
    OPT_GPU_MEMORY,
    OPT_FORMAT,
    OPT_OUT,
    OPT_MOMENTS_OUT,
    OPT_COMPOSITE_OUT,
    OPT_COUNT
};

static const struct option_spec options[OPT_COUNT] = {
    [OPT_HELP] = OPTION_HELP,
    [OPT_JOB] = {"job", OPTION_TEXT, "FILE", 0, 0, "the job as JSON (gaia.job/1)"},
    [OPT_FORECAST] = {"forecast", OPTION_TEXT, "FILE", 0, 0, "the forecast"},
    [OPT_TRUTH] = {"truth", OPTION_TEXT, "FILE", 0, 0, "the analysis that it is held against"},
    [OPT_CLIMATOLOGY] = {"climatology", OPTION_TEXT, "FILE", 0, 0, "for anomaly correlations"},
    [OPT_REFERENCE] = {"reference", OPTION_TEXT, "FILE", 0, 0, "a baseline forecast, for skill"},
    [OPT_INIT] = {"init", OPTION_TEXT, "TIME", 0, 0,
                  "the forecast's init time, where its file has valid times only"},
    [OPT_VARIABLES] = {"variables", OPTION_TEXT, "z,t", 0, 0,
                       "[all that forecast and truth share]"},
    [OPT_LEVELS] = {"levels", OPTION_TEXT, "500,850", 0, 0, "in hPa [all that they share]"},
    [OPT_LEADS] = {"leads", OPTION_TEXT, "24,48", 0, 0, "lead times in hours [all]"},
    [OPT_REGIONS] = {"regions", OPTION_TEXT, "LIST", 0, 0,
                     "[global,n.hem,tropics,s.hem] names, NAME=S:N:W:E, NAME=GEOJSON"},
    [OPT_LAND] = {"land", OPTION_TEXT, "FILE", 0, 0,
                  "share of land, 0 to 1: for regions such as europe_land, europe_sea"},
    [OPT_WEIGHTS] = {"weights", OPTION_TEXT, "LIST", 0, 0, "[cos] also area_wb2,area_wbx,none"},
    [OPT_METRICS] = {"metrics", OPTION_TEXT, "LIST", 0, 0,
                     "[n_valid,rmse,mae,bias,acc_centred,msess_ref] or all"},
    [OPT_PROFILE] = {"profile", OPTION_TEXT, "NAME|FILE", 0, 0,
                     "a scoring recipe; `gaia profile list` names them"},
    [OPT_DAY1] = {"day1", OPTION_TEXT, "FILE", 0, 0,
                  "composites of day 1: who passed counts in the overall score"},
    [OPT_MISSING] = {"missing", OPTION_TEXT, "RULE", 0, 0, "[pairwise] or propagate"},
    [OPT_DEVICE] = {"device", OPTION_TEXT, "NAME", 0, 0, "[auto] cpu or cuda"},
    [OPT_THREADS] = {"threads", OPTION_NUMBER, "N", 1, 256, "compute threads [one per core]"},
    [OPT_MEMORY] = {"memory", OPTION_BYTES, "SIZE", 1 << 20, UINT64_MAX, "for data [2GiB]"},
    [OPT_GPU] = {"gpu", OPTION_NUMBER, "N", 0, 1023, "which GPU, where there are several [0]"},
    [OPT_GPU_MEMORY] = {"gpu-memory", OPTION_BYTES, "SIZE", 1 << 20, UINT64_MAX,
                        "of the GPU, for data [most of what is free]"},
    [OPT_FORMAT] = {"format", OPTION_TEXT, "FORMAT", 0, 0,
                    "[table] csv, json, stat (MET's lines) or netcdf"},
    [OPT_OUT] = {"out", OPTION_TEXT, "FILE", 0, 0, "where the report goes [standard output]"},
    [OPT_MOMENTS_OUT] = {"moments-out", OPTION_TEXT, "FILE", 0, 0,
                         "keep the sums, from which `gaia scores FILE` derives scores later"},
    [OPT_COMPOSITE_OUT] = {"composite-out", OPTION_TEXT, "FILE", 0, 0,
                           "where the profile's composites go, with every part, as JSON"},
};

const struct command_spec command_score_spec = {
    .usage = "score FORECAST TRUTH [CLIMATOLOGY] | --job FILE [OPTION]...",
    .summary = "Scores forecasts against an analysis, in this process.",
    .options = options,
    .n_options = OPT_COUNT,
    .n_optional = 3,
};

/* ---- From options to a job ---- */

/* A forecast's id: its file's name without directory and extension. */
static void id_make(const char *path, char *id)
{
    int length = 0;
    const char *name = http_url_name(path, &length);
    (void)snprintf(id, ID_BYTES, "%.*s", length, name);
    char *dot = strrchr(id, '.');
    if (dot != NULL && dot != id) {
        *dot = '\0';
    }
}

static gaia_status list_read(const struct option_value *value, const char *name, bool numbers,
                             json_t **list, gaia_error *err)
{
    *list = option_list(value->text, numbers);
    return *list != NULL
               ? GAIA_OK
               : error_set(err, GAIA_USAGE, "--%s '%s': %s", name, value->text,
                           numbers ? "numbers with commas are wanted" : "text in UTF-8 is wanted");
}

static gaia_status lists_add(json_t *job, const struct option_value *values, gaia_error *err)
{
    static const struct {
        int option;
        bool numbers;
    } lists[] = {{OPT_VARIABLES, false}, {OPT_LEVELS, true},   {OPT_LEADS, true},
                 {OPT_REGIONS, false},   {OPT_WEIGHTS, false}, {OPT_METRICS, false}};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        const struct option_value *value = &values[lists[i].option];
        const char *name = options[lists[i].option].name;
        if (value->is_set) {
            json_t *list = NULL;
            const gaia_status status = lists[i].option == OPT_REGIONS
                                           ? regions_of_option(value->text, &list, err)
                                           : list_read(value, name, lists[i].numbers, &list, err);
            if (status != GAIA_OK) {
                return status;
            }
            (void)json_object_set_new(job, name, list);
        }
    }
    if (values[OPT_LAND].is_set) {
        (void)json_object_set_new(job, "masks",
                                  json_pack("{s:{s:[s]}}", "land", "files", values[OPT_LAND].text));
    }
    if (values[OPT_MISSING].is_set) {
        (void)json_object_set_new(job, "missing", json_string(values[OPT_MISSING].text));
    }
    return GAIA_OK;
}

/* The profile, and what is known of day 1. */
static gaia_status profile_add(json_t *job, const struct option_value *values, gaia_error *err)
{
    json_t *value = NULL;
    gaia_status status = GAIA_OK;
    if (values[OPT_PROFILE].is_set) {
        status = profile_option_read(values[OPT_PROFILE].text, &value, err);
        if (status == GAIA_OK) {
            (void)json_object_set_new(job, "profile", value);
        }
    }
    if (status == GAIA_OK && values[OPT_DAY1].is_set) {
        status = day1_option_read(values[OPT_DAY1].text, &value, err);
        if (status == GAIA_OK) {
            (void)json_object_set_new(job, "day1_passed", value);
        }
    }
    return status;
}

/* The source files: options first, then positional arguments in their order. */
static gaia_status job_of_options(const struct option_value *values, const char *const *positional,
                                  char **json, gaia_error *err)
{
    static const int sources[] = {OPT_FORECAST, OPT_TRUTH, OPT_CLIMATOLOGY, OPT_REFERENCE};
    const char *path[4] = {NULL, NULL, NULL, NULL};
    char id[ID_BYTES];
    for (size_t i = 0; i < 4; i++) {
        const struct option_value *value = &values[sources[i]];
        const char *given = i < 3 ? positional[i] : NULL;
        if (value->is_set && given != NULL) {
            return error_set(err, GAIA_USAGE, "'%s' and --%s '%s': one of them", given,
                             options[sources[i]].name, value->text);
        }
        path[i] = value->is_set ? value->text : given;
    }
    if (path[0] == NULL || path[1] == NULL) {
        return error_set(err, GAIA_USAGE, "usage: gaia %s", command_score_spec.usage);
    }
    id_make(path[0], id);
    json_t *job = json_pack("{s:s, s:[{s:s, s:[s]}], s:{s:[s]}}", "schema", "gaia.job/1",
                            "forecasts", "id", id, "files", path[0], "truth", "files", path[1]);
    for (size_t i = 2; i < 4; i++) {
        if (job != NULL && path[i] != NULL) {
            (void)json_object_set_new(job, options[sources[i]].name,
                                      json_pack("{s:[s]}", "files", path[i]));
        }
    }
    if (job == NULL) {
        return error_set(err, GAIA_USAGE, "a file name is not valid UTF-8");
    }
    if (values[OPT_INIT].is_set) {
        json_t *forecast = json_array_get(json_object_get(job, "forecasts"), 0);
        (void)json_object_set_new(forecast, "init", json_string(values[OPT_INIT].text));
    }
    gaia_status status = lists_add(job, values, err);
    if (status == GAIA_OK) {
        status = profile_add(job, values, err);
    }
    if (status == GAIA_OK) {
        *json = json_dumps(job, JSON_COMPACT);
    }
    json_decref(job);
    return status == GAIA_OK && *json == NULL ? error_memory(err, 1) : status;
}

/* The job's JSON, from --job or from the options. *json is the caller's. */
static gaia_status job_text(const struct option_value *values, const char *const *positional,
                            char **json, size_t *length, gaia_error *err)
{
    if (!values[OPT_JOB].is_set) {
        const gaia_status status = job_of_options(values, positional, json, err);
        *length = status == GAIA_OK ? strlen(*json) : 0;
        return status;
    }
    for (int i = OPT_FORECAST; i <= OPT_MISSING; i++) {
        if (values[i].is_set) {
            return error_set(err, GAIA_USAGE, "--job and --%s: the job file says it all",
                             options[i].name);
        }
    }
    return positional[0] != NULL
               ? error_set(err, GAIA_USAGE, "--job and '%s': one of them", positional[0])
               : file_read(values[OPT_JOB].text, JOB_BYTES_MAX, json, length, err);
}

/* ---- The run ---- */

struct output {
    enum report_format format;
    enum export_format export; /* else a report */
    struct export_sums sums;   /* of an export, where nobody keeps them */
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
    (void)fprintf(stderr, "gaia: forecast %s: %s\n", forecast, why->detail);
}

static void on_warned(void *context, const char *text)
{
    struct output *output = context;
    progress_end(&output->progress);
    (void)fprintf(stderr, "gaia: warning: %s\n", text);
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
    };
    const struct gaia_observer observer = {.context = output,
                                           .score = on_score,
                                           .failed = on_failed,
                                           .warned = on_warned,
                                           .progress = on_progress,
                                           .composite = on_composite};
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
    if (output->export != EXPORT_NONE) {
        return values[OPT_MOMENTS_OUT].is_set ? GAIA_OK : export_sums_open(&output->sums, err);
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

static gaia_status score_run(const struct option_value *values, const char *const *positional,
                             bool *told, gaia_error *err)
{
    char *json = NULL;
    size_t length = 0;
    struct gaia_job *job = NULL;
    struct file_stream file = {.stream = NULL};
    struct output output = {.file = &file, .format = REPORT_TABLE};
    gaia_status status = format_read(values, &output, err);
    if (status == GAIA_OK) {
        status = job_text(values, positional, &json, &length, err);
    }
    if (status == GAIA_OK) {
        status = gaia_job_parse(json, length, &job, err);
        if (status != GAIA_OK && values[OPT_JOB].is_set) {
            status = error_prefix(err, status, "%s", values[OPT_JOB].text);
        }
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
    gaia_error err = {0};
    gaia_status status =
        command_arguments(&command_score_spec, argc, argv, values, positional, &helped, &err);
    if (status == GAIA_OK && !helped) {
        status = score_run(values, positional, &told, &err);
    }
    /* What failed of some forecasts was told, one by one. */
    return told ? gaia_status_exit(status) : command_end(status, &err);
}
