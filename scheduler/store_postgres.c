/* SPDX-License-Identifier: MIT
 *
 * The store of several machines: writing to PostgreSQL 15 or later. Behind store.h, called by the
 * server's loop.
 *
 * A write is queued and its failure told by a later operation, commit at the latest: a turn without
 * moments, scores or submissions goes out and is answered in one exchange.
 *
 * Invariant: every write belongs to a turn whose fence holds (store_postgres_turn.c).
 */
#include "store_postgres.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"

static void pg_close(struct store *base)
{
    if (base == NULL) {
        return;
    }
    struct postgres_store *store = postgres_of(base);
    pg_rollback(base);
    pg_lead_release(store);
    pg_disconnect(store);
    pg_leases_forget(store, 0);
    map_fini(&store->leases);
    free(store->conninfo);
    free(store);
}

static const gaia_error no_error = {GAIA_OK, ""};

static gaia_status job_row_insert(struct postgres_store *store, const struct store_job *job,
                                  const char *spec, PGresult **row, gaia_error *err)
{
    const struct job_record *record = &job->record;
    const struct job_terms *terms = &record->terms;
    const gaia_error *error = record->error != NULL ? record->error : &no_error;
    return pg_ask(
        store, PG_JOB_INSERT, row, err, "isssssiiiiiiiisisisiiiiisss", pg_day(record->submitted_ms),
        record->id, job->name, job_state_name(record->state), gaia_status_name(error->status),
        error->detail, (int64_t)record->units_total, (int64_t)record->units_done,
        (int64_t)record->batches_total, (int64_t)record->batches_done, record->submitted_ms,
        record->finished_ms, (int64_t)job->spec_bytes, (int64_t)GAIA_MOMENTS_VERSION,
        gaia_version(), record->started_ms, terms->tenant, (int64_t)terms->priority,
        job_resource_name(terms->resource), (int64_t)terms->memory_bytes, terms->not_before_ms,
        terms->start_by_ms, terms->run_ms, terms->schedule, terms->truth, job->key, spec);
}

static gaia_status job_insert(struct store *base, const struct store_job *job, const char *spec,
                              int64_t *seq, gaia_error *err)
{
    struct postgres_store *store = postgres_of(base);
    PGresult *row = NULL;
    bool alone = false;
    gaia_status status = pg_enter(store, &alone, err);
    if (status == GAIA_OK) {
        status = pg_day_make(store, pg_day(job->record.submitted_ms), err);
    }
    if (status == GAIA_OK) {
        status = job_row_insert(store, job, spec, &row, err);
    }
    const int64_t made = status == GAIA_OK ? pg_int(row, 0, 0) : 0;
    PQclear(row);
    status = pg_leave(store, alone, status, err);
    if (status == GAIA_OK) {
        pg_day_note(store, made, job->record.submitted_ms);
        *seq = made;
    }
    return status;
}

static gaia_status job_update(struct store *base, const struct job_record *job, gaia_error *err)
{
    const gaia_error *error = job->error != NULL ? job->error : &no_error;
    return pg_write(postgres_of(base), PG_JOB_UPDATE, err, "isssiiiiii", job->seq,
                    job_state_name(job->state), gaia_status_name(error->status), error->detail,
                    (int64_t)job->units_total, (int64_t)job->units_done,
                    (int64_t)job->batches_total, (int64_t)job->batches_done, job->finished_ms,
                    job->started_ms);
}

static const char *text_or_null(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}

static gaia_status batch_put(struct store *base, const struct batch_record *batch, gaia_error *err)
{
    const gaia_status status = pg_write(
        postgres_of(base), PG_BATCH_PUT, err, "iissiiiissiii", batch->job, (int64_t)batch->number,
        batch_kind_name(batch->kind), batch_state_name(batch->state), (int64_t)batch->first_unit,
        (int64_t)batch->n_units, (int64_t)batch->tries, (int64_t)batch->losses,
        text_or_null(batch->attempt), text_or_null(batch->session), (int64_t)batch->seq,
        (int64_t)batch->kills, batch->not_before_ms);
    if (status == GAIA_OK) {
        pg_lease_note(postgres_of(base), batch);
    }
    return status;
}

static gaia_status batches_stop(struct store *base, int64_t job, gaia_error *err)
{
    pg_leases_forget(postgres_of(base), job);
    return pg_write(postgres_of(base), PG_BATCHES_STOP, err, "i", job);
}

static gaia_status job_revive(struct store *base, int64_t job, gaia_error *err)
{
    return pg_write(postgres_of(base), PG_JOB_REVIVE, err, "i", job);
}

static gaia_status attempt_add(struct store *base, const struct store_attempt *attempt,
                               gaia_error *err)
{
    struct postgres_store *store = postgres_of(base);
    bool alone = false;
    gaia_status status = pg_enter(store, &alone, err);
    if (status == GAIA_OK) {
        status = pg_write(store, PG_ATTEMPT_ADD, err, "iiisss", attempt->job,
                          (int64_t)attempt->batch, attempt->at_ms, attempt->executor,
                          gaia_status_name(attempt->status), attempt->detail);
    }
    if (status == GAIA_OK) {
        status = pg_write(store, PG_ATTEMPTS_TRIM, err, "iii", attempt->job,
                          (int64_t)attempt->batch, (int64_t)STORE_ATTEMPTS);
    }
    return pg_leave(store, alone, status, err);
}

static gaia_status schedule_insert(struct store *base, const struct store_schedule *schedule,
                                   const char *spec, int64_t *seq, gaia_error *err)
{
    const struct schedule_record *record = &schedule->record;
    PGresult *row = NULL;
    const gaia_status status =
        pg_ask(postgres_of(base), PG_SCHEDULE_INSERT, &row, err, "ssssiiis", record->id,
               schedule->name, record->cron, record->zone, record->due_ms,
               (int64_t)record->is_paused, (int64_t)record->is_owed, spec);
    if (status == GAIA_OK) {
        *seq = pg_int(row, 0, 0);
    }
    PQclear(row);
    return status;
}

static gaia_status schedule_update(struct store *base, const struct schedule_record *schedule,
                                   gaia_error *err)
{
    return pg_write(postgres_of(base), PG_SCHEDULE_UPDATE, err, "iiii", schedule->seq,
                    schedule->due_ms, (int64_t)schedule->is_paused, (int64_t)schedule->is_owed);
}

static gaia_status schedule_drop(struct store *base, int64_t schedule, gaia_error *err)
{
    return pg_write(postgres_of(base), PG_SCHEDULE_DROP, err, "i", schedule);
}

static gaia_status session_put(struct store *base, const struct session_record *session,
                               gaia_error *err)
{
    return pg_write(postgres_of(base), PG_SESSION_PUT, err, "ssssiii", session->session,
                    session->executor, session->boot, session->device,
                    (int64_t)session->memory_bytes, session->pid, (int64_t)session->is_drained);
}

static gaia_status session_drop(struct store *base, const char *session, gaia_error *err)
{
    return pg_write(postgres_of(base), PG_SESSION_DROP, err, "s", session);
}

/* Asks the database whether the attempt holds the lease, and ends it if so. */
static gaia_status result_ask(struct postgres_store *store, const struct store_result *result,
                              const char *state, enum store_outcome *outcome, gaia_error *err)
{
    static const enum store_outcome outcomes[] = {STORE_COMMITTED, STORE_DUPLICATE, STORE_FENCED};
    PGresult *row = NULL;
    const gaia_status status =
        pg_ask(store, PG_RESULT_ASK, &row, err, "iisss", result->job, (int64_t)result->batch,
               result->attempt, result->session, state);
    if (status == GAIA_OK) {
        *outcome = outcomes[pg_int(row, 0, 0)];
    }
    PQclear(row);
    return status;
}

static gaia_status result_commit(struct store *base, const struct store_result *result,
                                 enum store_outcome *outcome, gaia_error *err)
{
    struct postgres_store *store = postgres_of(base);
    const char *state = batch_state_name(result->ok ? BATCH_DONE : BATCH_FAILED);
    const struct batch_record ended = {
        .job = result->job, .number = result->batch, .state = BATCH_DONE};
    enum store_outcome found = STORE_COMMITTED;
    bool alone = false;
    gaia_status status = pg_enter(store, &alone, err);
    if (status == GAIA_OK &&
        pg_lease_is(store, result->job, result->batch, result->attempt, result->session)) {
        status = pg_write(store, PG_RESULT_TAKE, err, "iisss", result->job, (int64_t)result->batch,
                          result->attempt, result->session, state);
    } else if (status == GAIA_OK) {
        status = result_ask(store, result, state, &found, err);
    }
    if (status == GAIA_OK && found == STORE_COMMITTED) {
        pg_lease_note(store, &ended);
        status = result->ok ? pg_moments_add(store, result, err) : GAIA_OK;
    }
    status = pg_leave(store, alone, status, err);
    if (status == GAIA_OK) {
        *outcome = found;
    }
    return status;
}

static gaia_status plan_put(struct store *base, int64_t job, const char *plan, gaia_error *err)
{
    return pg_write(postgres_of(base), PG_PLAN_PUT, err, "is", job, plan);
}

static gaia_status forecast_put(struct store *base, int64_t job,
                                const struct store_forecast *forecast, gaia_error *err)
{
    return pg_write(postgres_of(base), PG_FORECAST_PUT, err, "iisss", job, (int64_t)forecast->index,
                    forecast->id, gaia_status_name(forecast->status), forecast->detail);
}

static gaia_status warning_add(struct store *base, int64_t job, const char *text, gaia_error *err)
{
    return pg_write(postgres_of(base), PG_WARNING_ADD, err, "is", job, text);
}

static gaia_status scores_delete(struct store *base, int64_t job, int64_t limit, bool *more,
                                 gaia_error *err)
{
    struct postgres_store *store = postgres_of(base);
    PGresult *deleted = NULL;
    int64_t day = -1;
    bool alone = false;
    gaia_status status = pg_enter(store, &alone, err);
    if (status == GAIA_OK) {
        status = pg_bulk_flush(store, err);
    }
    if (status == GAIA_OK) {
        status = pg_day_of(store, job, &day, err);
    }
    if (status == GAIA_OK) {
        status = pg_ask(store, PG_SCORES_DELETE, &deleted, err, "iii", day, job, limit);
    }
    const bool some = status == GAIA_OK && strcmp(PQcmdTuples(deleted), "0") != 0;
    PQclear(deleted);
    status = pg_leave(store, alone, status, err);
    if (status == GAIA_OK) {
        *more = some;
    }
    return status;
}

static gaia_status document_put(struct store *base, int64_t job, const char *document,
                                gaia_error *err)
{
    return pg_write(postgres_of(base), PG_DOCUMENT_PUT, err, "is", job, document);
}

const struct store_ops *store_postgres(void)
{
    static const struct store_ops ops = {
        .name = "postgres",
        .open = pg_open,
        .close = pg_close,
        .lead = pg_lead,
        .begin = pg_begin,
        .commit = pg_commit,
        .rollback = pg_rollback,
        .job_insert = job_insert,
        .job_update = job_update,
        .batch_put = batch_put,
        .batches_stop = batches_stop,
        .job_revive = job_revive,
        .attempt_add = attempt_add,
        .schedule_insert = schedule_insert,
        .schedule_update = schedule_update,
        .schedule_drop = schedule_drop,
        .token_add = pg_token_add,
        .token_drop = pg_token_drop,
        .session_put = session_put,
        .session_drop = session_drop,
        .result_commit = result_commit,
        .plan_put = plan_put,
        .forecast_put = forecast_put,
        .warning_add = warning_add,
        .score_add = pg_score_add,
        .scores_delete = scores_delete,
        .composite_put = pg_composite_put,
        .document_put = document_put,
        .jobs_forget = pg_jobs_forget,
        .spec_read = pg_spec_read,
        .plan_read = pg_plan_read,
        .document_read = pg_document_read,
        .schedule_spec_read = pg_schedule_spec_read,
        .load = pg_load,
        .job_load = pg_job_load,
        .job_find_key = pg_job_find_key,
        .batches_done = pg_batches_done,
        .batches_list = pg_batches_list,
        .attempts_read = pg_attempts_read,
        .schedules_list = pg_schedules_list,
        .tokens_list = pg_tokens_list,
        .job_find = pg_job_find,
        .job_show = pg_job_show,
        .jobs_list = pg_jobs_list,
        .forecasts_read = pg_forecasts_read,
        .warnings_read = pg_warnings_read,
        .moments_read = pg_moments_read,
        .scores_read = pg_scores_read,
        .composites_read = pg_composites_read,
        .composites_unranked = pg_composites_unranked,
        .standings_list = pg_standings_list,
    };
    return &ops;
}
