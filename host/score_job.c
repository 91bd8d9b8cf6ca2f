/* SPDX-License-Identifier: MIT
 *
 * gaia_score_job and gaia_score_arrays: plan, sums and scores of a job in one process.
 *
 * Moments wait in a temporary file until every field has been read: only then is it known which
 * forecasts have scores, and fields are read in another order than scores are told. Invariant: no
 * score is emitted before that.
 */
#include <gaia/array.h>
#include <gaia/engine.h>

#include <stdlib.h>
#include <string.h>

#include "composite_stream.h"
#include "error.h"
#include "engine.h"
#include "maps_out.h"
#include "moments_log.h"
#include "moments_out.h"
#include "plan.h"
#include "reader_array.h"
#include "reading_order.h"
#include "score_stream.h"

/* A run of gaia_score_job. */
struct score_run {
    struct engine *engine;
    const struct gaia_job *job;
    const struct gaia_observer *observer;
    const char *moments_path;
    const char *maps_path;
    struct plan *plan;
    struct maps_out *maps; /* NULL: none are wanted */
    struct moments_log log;
    struct engine_control control;
};

static void warned(const struct gaia_observer *observer, const char *text)
{
    if (observer->warned != NULL) {
        observer->warned(observer->context, text);
    }
}

static void failed(const struct score_run *run, size_t forecast)
{
    const struct plan_forecast *f = &run->plan->forecasts[forecast];
    gaia_error why = {.status = f->status};
    if (run->observer->failed != NULL) {
        (void)error_set(&why, f->status, "%s", f->detail);
        run->observer->failed(run->observer->context, f->id, &why);
    }
}

/* Marks the forecasts that failed while they were read. */
static gaia_status failures_take(struct plan *plan, const struct engine_failure *failures, size_t n,
                                 gaia_error *err)
{
    for (size_t i = 0; i < n; i++) {
        struct plan_forecast *forecast = &plan->forecasts[failures[i].forecast];
        if (forecast->status == GAIA_OK) {
            forecast->status = failures[i].error.status;
            forecast->detail = arena_strdup(&plan->arena, failures[i].error.detail);
        }
        if (forecast->detail == NULL) {
            return error_memory(err, GAIA_ERROR_DETAIL);
        }
    }
    return GAIA_OK;
}

/* Sums the units order[0 .. n) and logs their rows. */
static gaia_status slice_sum(struct score_run *run, const size_t *order, size_t n,
                             struct gaia_unit *units, struct gaia_moments *rows,
                             struct engine_failure *failures, gaia_error *err)
{
    const size_t rows_per_unit = plan_rows_per_unit(run->plan);
    size_t n_failures = 0;
    for (size_t i = 0; i < n; i++) {
        units[i] = run->plan->units[order[i]];
    }
    gaia_status status = engine_sums(run->engine, run->job, run->plan, units, n, rows, failures,
                                     &n_failures, &run->control, err);
    for (size_t i = 0; status == GAIA_OK && i < n; i++) {
        status = moments_log_write(&run->log, order[i], rows + i * rows_per_unit, err);
    }
    return status == GAIA_OK ? failures_take(run->plan, failures, n_failures, err) : status;
}

/* What the units of a range are summed in. */
struct slices {
    size_t n_max; /* units at a time */
    struct gaia_unit *units;
    struct gaia_moments *rows;
    struct engine_failure *failures;
};

static gaia_status slices_open(const struct score_run *run, struct slices *slices, gaia_error *err)
{
    const struct plan *plan = run->plan;
    const size_t row_bytes = plan_rows_per_unit(plan) * sizeof(struct gaia_moments);
    size_t n = (size_t)engine_rows_bytes(run->engine) / (row_bytes + sizeof(struct gaia_unit));
    n = n < 1 ? 1 : n;
    n = n > plan->n_units ? plan->n_units : n;
    n = n > 512 ? 512 : n; /* progress is told between slices */
    *slices = (struct slices){.n_max = n,
                              .units = calloc(n, sizeof *slices->units),
                              .rows = calloc(n, row_bytes),
                              .failures = calloc(plan->n_forecasts, sizeof *slices->failures)};
    return slices->units != NULL && slices->rows != NULL && slices->failures != NULL
               ? GAIA_OK
               : error_memory(err, n * row_bytes);
}

static void slices_close(struct slices *slices)
{
    free(slices->failures);
    free(slices->rows);
    free(slices->units);
}

/* Sums the units [first, end) of the plan, in the order in which they are best read. */
static gaia_status range_sum(struct score_run *run, size_t first, size_t end,
                             const struct slices *slices, gaia_error *err)
{
    const struct plan *plan = run->plan;
    const size_t n_units = end - first;
    size_t *order = calloc(n_units, sizeof *order);
    gaia_status status = order != NULL ? reading_order(plan->units + first, n_units, order, err)
                                       : error_memory(err, n_units * sizeof *order);
    for (size_t i = 0; status == GAIA_OK && i < n_units; i++) {
        order[i] += first;
    }
    for (size_t at = 0; status == GAIA_OK && at < n_units; at += slices->n_max) {
        const size_t n = n_units - at < slices->n_max ? n_units - at : slices->n_max;
        status = slice_sum(run, order + at, n, slices->units, slices->rows, slices->failures, err);
        if (status == GAIA_OK && run->observer->progress != NULL) {
            run->observer->progress(run->observer->context, first + at + n, plan->n_units);
        }
    }
    free(order);
    return status;
}

/* Sums all units: at once, or, with maps, in ranges whose maps the memory holds. */
static gaia_status units_sum(struct score_run *run, gaia_error *err)
{
    const struct plan *plan = run->plan;
    struct slices slices;
    gaia_status status = slices_open(run, &slices, err);
    for (size_t first = 0, n = 0; status == GAIA_OK && first < plan->n_units; first += n) {
        const struct map_sums *maps = NULL;
        n = plan->n_units - first;
        if (run->maps != NULL) {
            status = engine_maps_open(run->engine, run->job, plan, plan->units + first, n, &n,
                                      &maps, err);
        }
        if (status == GAIA_OK) {
            status = range_sum(run, first, first + n, &slices, err);
        }
        if (status == GAIA_OK && maps != NULL) {
            status = maps_out_add(run->maps, maps, plan, err);
        }
        engine_maps_close(run->engine);
    }
    slices_close(&slices);
    return status;
}

static void score_ignore(void *context, const struct gaia_score *score)
{
    (void)context;
    (void)score;
}

static void composite_emit(void *context, size_t i_forecast, const char *json, size_t length)
{
    const struct score_run *run = context;
    if (run->observer->composite != NULL) {
        run->observer->composite(run->observer->context, run->plan->forecasts[i_forecast].id, json,
                                 length);
    }
}

static void moments_emit(const struct score_run *run, const struct gaia_unit *unit,
                         const struct gaia_moments *rows)
{
    const struct plan *plan = run->plan;
    for (size_t i = 0; run->observer->moments != NULL && i < plan_rows_per_unit(plan); i++) {
        const struct gaia_moments_row row = {
            .forecast = plan->forecasts[unit->forecast].id,
            .variable = plan->variables[unit->variable],
            .level = unit->level,
            .lead_time_s = unit->lead_time_s,
            .init_time_s = unit->init_time_s,
            .valid_time_s = unit->init_time_s + unit->lead_time_s,
            .region = plan->regions[i / plan->n_weights],
            .weighting = plan->weights[i % plan->n_weights],
            .calendar = plan->calendar,
            .moments = &rows[i],
        };
        run->observer->moments(run->observer->context, &row);
    }
}

static gaia_status scores_emit(struct score_run *run, gaia_error *err)
{
    const struct plan *plan = run->plan;
    const struct composite_sink sink = {.context = run, .take = composite_emit};
    struct score_stream *stream = NULL;
    struct moments_out *out = NULL;
    struct composite_stream *composites = NULL;
    struct gaia_moments *rows = calloc(plan_rows_per_unit(plan), sizeof *rows);
    gaia_status status =
        rows != NULL
            ? score_stream_open(plan,
                                run->observer->score != NULL ? run->observer->score : score_ignore,
                                run->observer->context, &stream, err)
            : error_memory(err, plan_rows_per_unit(plan) * sizeof *rows);
    if (status == GAIA_OK) {
        status = composite_stream_open(run->job, plan, &sink, &composites, err);
    }
    if (status == GAIA_OK && run->moments_path != NULL) {
        status = moments_out_open(run->moments_path, plan, &out, err);
    }
    for (size_t i = 0; status == GAIA_OK && i < plan->n_units; i++) {
        if (plan->forecasts[plan->units[i].forecast].status == GAIA_OK) {
            status = moments_log_read(&run->log, i, rows, err);
            if (status == GAIA_OK) {
                moments_emit(run, &plan->units[i], rows);
                score_stream_unit(stream, i, rows);
                moments_out_unit(out, &plan->units[i], rows);
                status = composite_stream_unit(composites, i, rows, err);
            }
        }
    }
    if (status == GAIA_OK) {
        score_stream_end(stream);
        status = composite_stream_end(composites, err);
    }
    composite_stream_close(composites);
    if (out != NULL) {
        status = moments_out_close(out, status, err);
    }
    score_stream_close(stream);
    free(rows);
    return status;
}

/* Tells what failed; the status of the first failure. */
static gaia_status failures_report(const struct score_run *run, gaia_error *err)
{
    gaia_status first = GAIA_OK;
    for (size_t i = 0; i < run->plan->n_forecasts; i++) {
        const struct plan_forecast *forecast = &run->plan->forecasts[i];
        if (forecast->status != GAIA_OK) {
            failed(run, i);
            first =
                first == GAIA_OK ? error_set(err, forecast->status, "%s", forecast->detail) : first;
        }
    }
    return first;
}

/* What a caller outside may get wrong. */
static gaia_status arguments_check(const char *function, const struct gaia_job *job,
                                   const struct gaia_engine_options *options,
                                   const struct gaia_observer *observer, gaia_error *err)
{
    const char *missing = job == NULL        ? "job"
                          : options == NULL  ? "options"
                          : observer == NULL ? "observer"
                                             : NULL;
    if (missing != NULL) {
        return error_set(err, GAIA_USAGE, "%s: %s is a null pointer", function, missing);
    }
    if (job->json == NULL || job->json_length == 0 || job->memory == NULL) {
        return error_set(err, GAIA_USAGE, "%s: job is not one of gaia_job_parse", function);
    }
    if (options->maps_path != NULL && job->n_maps == 0) {
        return error_set(err, GAIA_USAGE, "a file of maps of a job that asks for no maps");
    }
    if (job->has_document) {
        return error_set(err, GAIA_USAGE, "task %s gives a document, not scores: `gaia task run`",
                         job->task);
    }
    return GAIA_OK;
}

/* Plans, sums and reports with an engine that is open. */
static gaia_status run_score(struct score_run *run, gaia_error *err)
{
    if (engine_note(run->engine) != NULL) {
        warned(run->observer, engine_note(run->engine));
    }
    if (run->observer->device != NULL) {
        run->observer->device(run->observer->context, engine_device(run->engine));
    }
    gaia_status status = engine_plan(run->engine, run->job, &run->plan, err);
    for (size_t i = 0; status == GAIA_OK && i < run->plan->n_warnings; i++) {
        warned(run->observer, run->plan->warnings[i]);
    }
    if (status == GAIA_OK) {
        status = moments_log_open(plan_rows_per_unit(run->plan), &run->log, err);
    }
    if (status == GAIA_OK && run->maps_path != NULL) {
        status = maps_out_open(run->maps_path, &run->maps, err);
    }
    if (status == GAIA_OK) {
        status = units_sum(run, err);
    }
    status = maps_out_close(run->maps, run->plan, status, err);
    if (status == GAIA_OK) {
        status = scores_emit(run, err);
    }
    return status == GAIA_OK ? failures_report(run, err) : status;
}

static gaia_status job_score(const struct gaia_job *job, const struct gaia_dataset *datasets,
                             size_t n_datasets, const struct gaia_engine_options *options,
                             const struct gaia_observer *observer, gaia_error *err)
{
    struct score_run run = {.job = job,
                            .observer = observer,
                            .moments_path = options->moments_path,
                            .maps_path = options->maps_path,
                            .log = {.fd = -1}};
    gaia_status status = engine_open(options, &run.engine, err);
    if (status == GAIA_OK) {
        engine_use_arrays(run.engine, datasets, n_datasets);
        status = run_score(&run, err);
    }
    moments_log_close(&run.log);
    plan_free(run.plan);
    engine_close(run.engine);
    return status;
}

gaia_status gaia_score_job(const struct gaia_job *job, const struct gaia_engine_options *options,
                           const struct gaia_observer *observer, gaia_error *err)
{
    const gaia_status status = arguments_check("gaia_score_job", job, options, observer, err);
    return status == GAIA_OK ? job_score(job, NULL, 0, options, observer, err) : status;
}

gaia_status gaia_score_arrays(const struct gaia_job *job, const struct gaia_dataset *datasets,
                              size_t n_datasets, const struct gaia_engine_options *options,
                              const struct gaia_observer *observer, gaia_error *err)
{
    gaia_status status = arguments_check("gaia_score_arrays", job, options, observer, err);
    if (status == GAIA_OK) {
        status = datasets_check(datasets, n_datasets, err);
    }
    return status == GAIA_OK ? job_score(job, datasets, n_datasets, options, observer, err)
                             : status;
}
