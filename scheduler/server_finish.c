/* SPDX-License-Identifier: MIT
 *
 * The finish step: moments of a job are read back in the plan's order and become score rows. One
 * slice a turn of the loop, so that executors are served in between. Called by server.c.
 *
 * Invariant: scores are written only after those of an earlier, interrupted finish are gone, and
 * the job succeeds in the same transaction as its last score.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gaia/job.h>

#include "composite_stream.h"
#include "error.h"
#include "profile.h"
#include "score_stream.h"
#include "server_state.h"

enum {
    SLICE_SCORES = 8192, /* written in a turn, about */
    SLICE_UNITS_MAX = 256,
    DELETE_SCORES = 50000, /* deleted in a turn */
};

struct finish {
    TAILQ_ENTRY(finish) in_list;
    struct server *server;
    char id[RECORD_ID];
    int64_t job;
    bool is_clean; /* no scores of an earlier finish are left */
    struct plan *plan;
    struct score_stream *stream;
    struct gaia_job *parsed; /* for its profile */
    struct composite_stream *composites;
    bool *is_failed; /* [plan->n_forecasts] */
    size_t n_failed;
    gaia_error first_failure; /* of a forecast */
    uint64_t next_unit;
    uint64_t slice_units;
    int64_t n_scores;
    gaia_status status; /* of the store, in callbacks */
    gaia_error problem; /* what makes the job fail; GAIA_OK while there is none */
};

static void finish_free(struct finish *finish)
{
    composite_stream_close(finish->composites);
    score_stream_close(finish->stream);
    gaia_job_free(finish->parsed);
    plan_free(finish->plan);
    free(finish->is_failed);
    free(finish);
}

gaia_status finish_add(struct server *server, const struct job_record *job)
{
    struct finish *finish = calloc(1, sizeof *finish);
    if (finish == NULL) {
        return error_memory(&server->error, sizeof *finish);
    }
    finish->server = server;
    finish->job = job->seq;
    record_id_copy(finish->id, job->id);
    TAILQ_INSERT_TAIL(&server->finishing, finish, in_list);
    return GAIA_OK;
}

void finish_drop(struct server *server, const char *id)
{
    struct finish *finish = NULL;
    TAILQ_FOREACH(finish, &server->finishing, in_list)
    {
        if (strcmp(finish->id, id) == 0) {
            TAILQ_REMOVE(&server->finishing, finish, in_list);
            finish_free(finish);
            return;
        }
    }
}

void finish_drop_all(struct server *server)
{
    struct finish *finish = NULL;
    while ((finish = TAILQ_FIRST(&server->finishing)) != NULL) {
        TAILQ_REMOVE(&server->finishing, finish, in_list);
        finish_free(finish);
    }
}

size_t finishes_count(const struct server *server)
{
    const struct finish *finish = NULL;
    size_t n = 0;
    TAILQ_FOREACH(finish, &server->finishing, in_list)
    {
        n++;
    }
    return n;
}

/* Called by the score stream for each score. */
static void score_take(void *context, const struct gaia_score *score)
{
    struct finish *finish = context;
    struct store *store = finish->server->store;
    const struct store_score row = {.seq = finish->n_scores, .score = *score};
    if (finish->status == GAIA_OK) {
        finish->status = store->ops->score_add(store, finish->job, &row, &finish->server->error);
        finish->n_scores++;
    }
}

/* Called by the composite stream for each forecast. */
static void composite_take(void *context, size_t i_forecast, const char *json, size_t length)
{
    struct finish *finish = context;
    const struct store_composite composite = {
        .index = (uint32_t)i_forecast,
        .forecast = finish->plan->forecasts[i_forecast].id,
        .profile = finish->parsed->profile->hash,
        .json = json,
    };
    double score = (double)NAN;
    (void)length;
    if (finish->status == GAIA_OK) {
        finish->status = composite_store(finish->server, finish->job, &composite, &score);
        metrics_composite(finish->server, finish->parsed->profile->composite.kind, score);
    }
}

/* What a composite stream returned: a job that cannot have one fails, a lack of memory is the
 * server's. */
static gaia_status composite_note(struct finish *finish, gaia_status status,
                                  const gaia_error *error)
{
    if (status == GAIA_OUT_OF_MEMORY) {
        finish->server->error = *error;
        return status;
    }
    if (status != GAIA_OK && finish->problem.status == GAIA_OK) {
        finish->problem = *error;
    }
    return GAIA_OK;
}

/* Opens the composites of a job whose profile has one. */
static gaia_status composites_open(struct finish *finish)
{
    struct store *store = finish->server->store;
    const struct composite_sink sink = {.context = finish, .take = composite_take};
    char *spec = NULL;
    gaia_error error = {0};
    gaia_status status = store->ops->spec_read(store, finish->job, &spec, &finish->server->error);
    if (status != GAIA_OK) {
        return status;
    }
    if (strstr(spec, "\"profile\"") == NULL && strstr(spec, "\"task\"") == NULL) {
        free(spec); /* no composite: a large job need not be read again */
        return GAIA_OK;
    }
    status = gaia_job_parse(spec, strlen(spec), &finish->parsed, &error);
    if (status == GAIA_OK) {
        status =
            composite_stream_open(finish->parsed, finish->plan, &sink, &finish->composites, &error);
    }
    free(spec);
    return composite_note(finish, status, &error);
}

static void forecast_take(void *context, const struct store_forecast *forecast)
{
    struct finish *finish = context;
    if (forecast->status == GAIA_OK || forecast->index >= finish->plan->n_forecasts) {
        return;
    }
    if (finish->n_failed == 0) {
        (void)error_set(&finish->first_failure, forecast->status, "%s: %s", forecast->id,
                        forecast->detail);
    }
    finish->is_failed[forecast->index] = true;
    finish->n_failed++;
}

/* Units of a slice: as many as make about SLICE_SCORES scores. */
static uint64_t slice_units(const struct plan *plan)
{
    uint64_t n_metrics = 0;
    for (uint64_t bits = plan->metrics; bits != 0; bits &= bits - 1) {
        n_metrics++;
    }
    const uint64_t per_unit = plan_rows_per_unit(plan) * (n_metrics > 0 ? n_metrics : 1);
    const uint64_t units = SLICE_SCORES / per_unit;
    if (units < 1) {
        return 1;
    }
    return units < SLICE_UNITS_MAX ? units : SLICE_UNITS_MAX;
}

/* Reads plan and failures and opens the stream. */
static gaia_status finish_open(struct finish *finish)
{
    struct server *server = finish->server;
    const struct store_visitor visitor = {.context = finish, .forecast = forecast_take};
    gaia_status status =
        stored_plan_read(server->store, finish->job, &finish->plan, &server->error);
    if (status != GAIA_OK) {
        return status;
    }
    finish->is_failed = calloc(finish->plan->n_forecasts, sizeof *finish->is_failed);
    if (finish->is_failed == NULL) {
        return error_memory(&server->error, finish->plan->n_forecasts);
    }
    status =
        server->store->ops->forecasts_read(server->store, finish->job, &visitor, &server->error);
    if (status != GAIA_OK) {
        return status;
    }
    finish->slice_units = slice_units(finish->plan);
    if (finish->n_failed == finish->plan->n_forecasts) {
        finish->problem = finish->first_failure;
    }
    status = composites_open(finish);
    return status == GAIA_OK ? score_stream_open(finish->plan, score_take, finish, &finish->stream,
                                                 &server->error)
                             : status;
}

/* True if all units before `unit` that were not read yet belong to forecasts that failed. */
static bool units_skip(struct finish *finish, uint64_t unit)
{
    while (finish->next_unit < unit &&
           finish->is_failed[finish->plan->units[finish->next_unit].forecast]) {
        finish->next_unit++;
    }
    return finish->next_unit == unit;
}

static void moments_take(void *context, uint64_t unit, const double *sums, size_t n_doubles)
{
    struct finish *finish = context;
    const struct plan *plan = finish->plan;
    if (finish->status != GAIA_OK || finish->problem.status != GAIA_OK) {
        return;
    }
    if (unit < finish->next_unit && finish->is_failed[plan->units[unit].forecast]) {
        return; /* the forecast failed in another batch, and its units were skipped */
    }
    if (!units_skip(finish, unit) || n_doubles != plan_rows_per_unit(plan) * GAIA_MOMENT_COUNT) {
        (void)error_set(&finish->problem, GAIA_INTERNAL,
                        "the stored sums of field %llu are damaged", (unsigned long long)unit);
        return;
    }
    if (!finish->is_failed[plan->units[unit].forecast]) {
        /* struct gaia_moments is an array of float64 and nothing else. */
        const struct gaia_moments *rows = (const struct gaia_moments *)(const void *)sums;
        gaia_error error = {0};
        score_stream_unit(finish->stream, unit, rows);
        const gaia_status status = composite_stream_unit(finish->composites, unit, rows, &error);
        finish->status =
            finish->status == GAIA_OK ? composite_note(finish, status, &error) : finish->status;
    }
    finish->next_unit = unit + 1;
}

/* Units of the next slice. With composites they are of one forecast, so that a turn makes one
 * document at most. */
static uint64_t slice_length(const struct finish *finish)
{
    const struct gaia_unit *units = finish->plan->units + finish->next_unit;
    const uint64_t left = finish->plan->n_units - finish->next_unit;
    uint64_t n = left < finish->slice_units ? left : finish->slice_units;
    for (uint64_t i = 1; finish->composites != NULL && i < n; i++) {
        if (units[i].forecast != units[0].forecast) {
            n = i;
        }
    }
    return n;
}

/* Reads and scores one slice of units. */
static gaia_status finish_slice(struct finish *finish)
{
    struct server *server = finish->server;
    const struct store_visitor visitor = {.context = finish, .moments = moments_take};
    const uint64_t n = slice_length(finish);
    const uint64_t end = finish->next_unit + n;
    const gaia_status status = server->store->ops->moments_read(
        server->store, finish->job, finish->next_unit, n, &visitor, &server->error);
    if (status != GAIA_OK || finish->status != GAIA_OK) {
        return status != GAIA_OK ? status : finish->status;
    }
    if (finish->problem.status == GAIA_OK && !units_skip(finish, end)) {
        (void)error_set(&finish->problem, GAIA_INTERNAL,
                        "the stored sums of field %llu are missing",
                        (unsigned long long)finish->next_unit);
    }
    return GAIA_OK;
}

/* Tells the core; it ends the job, which frees the finish. */
static gaia_status finish_report(struct finish *finish)
{
    const gaia_error result = finish->problem;
    char id[RECORD_ID];
    record_id_copy(id, finish->id);
    struct core_event event = {.kind = CORE_FINISHED, .id = id, .u.error = &result};
    return server_step(finish->server, &event);
}

gaia_status finish_turn(struct server *server)
{
    struct finish *finish = TAILQ_FIRST(&server->finishing);
    gaia_status status = GAIA_OK;
    if (finish == NULL) {
        return GAIA_OK;
    }
    if (!finish->is_clean) {
        bool more = false;
        status = server->store->ops->scores_delete(server->store, finish->job, DELETE_SCORES, &more,
                                                   &server->error);
        finish->is_clean = !more;
        return status;
    }
    if (finish->stream == NULL) {
        status = finish_open(finish);
    }
    if (status != GAIA_OK) {
        return status;
    }
    if (finish->problem.status == GAIA_OK && finish->next_unit < finish->plan->n_units) {
        status = finish_slice(finish);
    }
    if (status != GAIA_OK ||
        (finish->problem.status == GAIA_OK && finish->next_unit < finish->plan->n_units)) {
        return status;
    }
    if (finish->problem.status == GAIA_OK) {
        gaia_error error = {0};
        score_stream_end(finish->stream);
        status = composite_stream_end(finish->composites, &error);
        status = composite_note(finish, status, &error);
    }
    if (status != GAIA_OK) {
        return status;
    }
    return finish->status == GAIA_OK ? finish_report(finish) : finish->status;
}
