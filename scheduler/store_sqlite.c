/* SPDX-License-Identifier: MIT
 *
 * The embedded store: writing to one SQLite file. Behind store.h, called by the server's loop;
 * opening is in store_sqlite_open.c, reading in store_sqlite_read.c.
 *
 * Invariant: every write belongs to the transaction that the caller has begun.
 */
#include "store_sqlite.h"

#include <stdarg.h>
#include <string.h>

#include "error.h"

gaia_status sqlite_error(struct sqlite_store *store, const char *what, gaia_error *err)
{
    return error_set(err, GAIA_STORE, "%s: %s (SQLite %d)", what, sqlite3_errmsg(store->db),
                     sqlite3_extended_errcode(store->db));
}

/* The statement of this name, prepared when it is first asked for; NULL with SQLite's error set. */
static sqlite3_stmt *sql_prepare(struct sqlite_store *store, enum sql sql)
{
    sqlite3_stmt **prepared = &store->statements[sql];
    if (*prepared == NULL) {
        (void)sqlite3_prepare_v3(store->db, sql_text(sql), -1, SQLITE_PREPARE_PERSISTENT, prepared,
                                 NULL);
    }
    return *prepared;
}

static int arguments_bind(sqlite3_stmt *statement, const char *format, va_list args)
{
    int code = SQLITE_OK;
    for (int at = 1; format[at - 1] != '\0' && code == SQLITE_OK; at++) {
        const char *text = NULL;
        const void *bytes = NULL;
        switch (format[at - 1]) {
        case 'i':
            code = sqlite3_bind_int64(statement, at, va_arg(args, int64_t));
            break;
        case 'd':
            code = sqlite3_bind_double(statement, at, va_arg(args, double));
            break;
        case 's':
            text = va_arg(args, const char *);
            code = text != NULL ? sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC)
                                : sqlite3_bind_null(statement, at);
            break;
        case 'b':
            bytes = va_arg(args, const void *);
            code = sqlite3_bind_blob64(statement, at, bytes, va_arg(args, size_t), SQLITE_STATIC);
            break;
        default: /* 'n' */
            code = sqlite3_bind_null(statement, at);
            break;
        }
    }
    return code;
}

gaia_status sqlite_bind(struct sqlite_store *store, enum sql sql, sqlite3_stmt **statement,
                        gaia_error *err, const char *format, ...)
{
    sqlite3_stmt *prepared = sql_prepare(store, sql);
    va_list args;
    va_start(args, format);
    const int code = prepared != NULL ? arguments_bind(prepared, format, args) : SQLITE_ERROR;
    va_end(args);
    if (code != SQLITE_OK) {
        return sqlite_error(store, sql_text(sql), err);
    }
    *statement = prepared;
    return GAIA_OK;
}

gaia_status sqlite_run(struct sqlite_store *store, enum sql sql, gaia_error *err,
                       const char *format, ...)
{
    sqlite3_stmt *prepared = sql_prepare(store, sql);
    va_list args;
    va_start(args, format);
    int code = prepared != NULL ? arguments_bind(prepared, format, args) : SQLITE_ERROR;
    va_end(args);
    if (code == SQLITE_OK) {
        code = sqlite3_step(prepared);
    }
    const gaia_status status =
        code == SQLITE_DONE ? GAIA_OK : sqlite_error(store, sql_text(sql), err);
    if (prepared != NULL) {
        (void)sqlite3_reset(prepared);
        (void)sqlite3_clear_bindings(prepared);
    }
    return status;
}

/* The state directory's lock keeps any other scheduler away. */
static gaia_status sqlite_lead(struct store *base, const char *name, int64_t ttl_ms,
                               struct store_lead *lead, gaia_error *err)
{
    (void)base;
    (void)name;
    (void)ttl_ms;
    (void)err;
    *lead = (struct store_lead){.is_leader = true};
    return GAIA_OK;
}

gaia_status sqlite_begin(struct store *base, gaia_error *err)
{
    return sqlite_run(sqlite_of(base), SQL_BEGIN, err, "");
}

gaia_status sqlite_commit(struct store *base, gaia_error *err)
{
    return sqlite_run(sqlite_of(base), SQL_COMMIT, err, "");
}

void sqlite_rollback(struct store *base)
{
    /* Some failures roll back by themselves; then there is nothing left to do. */
    if (sqlite3_get_autocommit(sqlite_of(base)->db) == 0) {
        (void)sqlite_run(sqlite_of(base), SQL_ROLLBACK, NULL, "");
    }
}

static const gaia_error no_error = {GAIA_OK, ""};

static gaia_status job_insert(struct store *base, const struct store_job *job, const char *spec,
                              int64_t *seq, gaia_error *err)
{
    struct sqlite_store *store = sqlite_of(base);
    const struct job_record *record = &job->record;
    const struct job_terms *terms = &record->terms;
    const gaia_error *error = record->error != NULL ? record->error : &no_error;
    gaia_status status = sqlite_run(
        store, SQL_JOB_INSERT, err, "sssssiiiiiiiisisisiiiiiss", record->id, job->name,
        job_state_name(record->state), gaia_status_name(error->status), error->detail,
        (int64_t)record->units_total, (int64_t)record->units_done, (int64_t)record->batches_total,
        (int64_t)record->batches_done, record->submitted_ms, record->finished_ms,
        (int64_t)job->spec_bytes, (int64_t)GAIA_MOMENTS_VERSION, gaia_version(), record->started_ms,
        terms->tenant, (int64_t)terms->priority, job_resource_name(terms->resource),
        (int64_t)terms->memory_bytes, terms->not_before_ms, terms->start_by_ms, terms->run_ms,
        terms->schedule, terms->truth, job->key);
    const int64_t made = sqlite3_last_insert_rowid(store->db);
    if (status == GAIA_OK) {
        status = sqlite_run(store, SQL_SPEC_INSERT, err, "is", made, spec);
    }
    if (status == GAIA_OK) {
        *seq = made;
    }
    return status;
}

static gaia_status job_update(struct store *base, const struct job_record *job, gaia_error *err)
{
    const gaia_error *error = job->error != NULL ? job->error : &no_error;
    return sqlite_run(sqlite_of(base), SQL_JOB_UPDATE, err, "isssiiiiii", job->seq,
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
    return sqlite_run(sqlite_of(base), SQL_BATCH_PUT, err, "iissiiiissiii", batch->job,
                      (int64_t)batch->number, batch_kind_name(batch->kind),
                      batch_state_name(batch->state), (int64_t)batch->first_unit,
                      (int64_t)batch->n_units, (int64_t)batch->tries, (int64_t)batch->losses,
                      text_or_null(batch->attempt), text_or_null(batch->session),
                      (int64_t)batch->seq, (int64_t)batch->kills, batch->not_before_ms);
}

static gaia_status batches_stop(struct store *base, int64_t job, gaia_error *err)
{
    return sqlite_run(sqlite_of(base), SQL_BATCHES_STOP, err, "i", job);
}

static gaia_status job_revive(struct store *base, int64_t job, gaia_error *err)
{
    const gaia_status status = sqlite_run(sqlite_of(base), SQL_JOB_REVIVE, err, "i", job);
    return status == GAIA_OK && sqlite3_changes(sqlite_of(base)->db) == 1
               ? sqlite_run(sqlite_of(base), SQL_BATCHES_REVIVE, err, "i", job)
               : status;
}

static gaia_status attempt_add(struct store *base, const struct store_attempt *attempt,
                               gaia_error *err)
{
    const gaia_status status = sqlite_run(
        sqlite_of(base), SQL_ATTEMPT_ADD, err, "iiisss", attempt->job, (int64_t)attempt->batch,
        attempt->at_ms, attempt->executor, gaia_status_name(attempt->status), attempt->detail);
    return status == GAIA_OK
               ? sqlite_run(sqlite_of(base), SQL_ATTEMPTS_TRIM, err, "iii", attempt->job,
                            (int64_t)attempt->batch, (int64_t)STORE_ATTEMPTS)
               : status;
}

static gaia_status schedule_insert(struct store *base, const struct store_schedule *schedule,
                                   const char *spec, int64_t *seq, gaia_error *err)
{
    const struct schedule_record *record = &schedule->record;
    const gaia_status status =
        sqlite_run(sqlite_of(base), SQL_SCHEDULE_INSERT, err, "ssssiiis", record->id,
                   schedule->name, record->cron, record->zone, record->due_ms,
                   (int64_t)record->is_paused, (int64_t)record->is_owed, spec);
    if (status == GAIA_OK) {
        *seq = sqlite3_last_insert_rowid(sqlite_of(base)->db);
    }
    return status;
}

static gaia_status schedule_update(struct store *base, const struct schedule_record *schedule,
                                   gaia_error *err)
{
    return sqlite_run(sqlite_of(base), SQL_SCHEDULE_UPDATE, err, "iiii", schedule->seq,
                      schedule->due_ms, (int64_t)schedule->is_paused, (int64_t)schedule->is_owed);
}

static gaia_status schedule_drop(struct store *base, int64_t schedule, gaia_error *err)
{
    return sqlite_run(sqlite_of(base), SQL_SCHEDULE_DROP, err, "i", schedule);
}

static gaia_status session_put(struct store *base, const struct session_record *session,
                               gaia_error *err)
{
    return sqlite_run(sqlite_of(base), SQL_SESSION_PUT, err, "ssssiii", session->session,
                      session->executor, session->boot, session->device,
                      (int64_t)session->memory_bytes, session->pid, (int64_t)session->is_drained);
}

static gaia_status session_drop(struct store *base, const char *session, gaia_error *err)
{
    return sqlite_run(sqlite_of(base), SQL_SESSION_DROP, err, "s", session);
}

/* After a result that the fence refused: whether it is a repetition. */
static gaia_status result_repeated(struct sqlite_store *store, const struct store_result *result,
                                   enum store_outcome *outcome, gaia_error *err)
{
    sqlite3_stmt *statement = NULL;
    const gaia_status status = sqlite_bind(store, SQL_RESULT_CLOSED, &statement, err, "iis",
                                           result->job, (int64_t)result->batch, result->attempt);
    if (status != GAIA_OK) {
        return status;
    }
    const int code = sqlite3_step(statement);
    *outcome = code == SQLITE_ROW ? STORE_DUPLICATE : STORE_FENCED;
    (void)sqlite3_reset(statement);
    return code == SQLITE_ROW || code == SQLITE_DONE ? GAIA_OK
                                                     : sqlite_error(store, "a result", err);
}

static gaia_status moments_put(struct sqlite_store *store, const struct store_result *result,
                               gaia_error *err)
{
    gaia_status status = GAIA_OK;
    for (size_t i = 0; status == GAIA_OK && result->sums != NULL && i < result->n_units; i++) {
        if (result->is_absent == NULL || !result->is_absent[i]) {
            status = sqlite_run(store, SQL_MOMENTS_PUT, err, "iib", result->job,
                                (int64_t)(result->first_unit + i),
                                result->sums + i * result->unit_doubles,
                                result->unit_doubles * sizeof *result->sums);
        }
    }
    return status;
}

static gaia_status result_commit(struct store *base, const struct store_result *result,
                                 enum store_outcome *outcome, gaia_error *err)
{
    struct sqlite_store *store = sqlite_of(base);
    const gaia_status status = sqlite_run(store, SQL_RESULT_FENCE, err, "iisss", result->job,
                                          (int64_t)result->batch, result->attempt, result->session,
                                          batch_state_name(result->ok ? BATCH_DONE : BATCH_FAILED));
    if (status != GAIA_OK) {
        return status;
    }
    if (sqlite3_changes(store->db) != 1) {
        return result_repeated(store, result, outcome, err);
    }
    *outcome = STORE_COMMITTED;
    return result->ok ? moments_put(store, result, err) : GAIA_OK;
}

static gaia_status plan_put(struct store *base, int64_t job, const char *plan, gaia_error *err)
{
    return sqlite_run(sqlite_of(base), SQL_PLAN_PUT, err, "is", job, plan);
}

static gaia_status forecast_put(struct store *base, int64_t job,
                                const struct store_forecast *forecast, gaia_error *err)
{
    return sqlite_run(sqlite_of(base), SQL_FORECAST_PUT, err, "iisss", job,
                      (int64_t)forecast->index, forecast->id, gaia_status_name(forecast->status),
                      forecast->detail);
}

static gaia_status warning_add(struct store *base, int64_t job, const char *text, gaia_error *err)
{
    return sqlite_run(sqlite_of(base), SQL_WARNING_ADD, err, "is", job, text);
}

static gaia_status score_add(struct store *base, int64_t job, const struct store_score *row,
                             gaia_error *err)
{
    const struct gaia_score *score = &row->score;
    if (score->all_times) { /* an aggregate has no times of its own */
        return sqlite_run(sqlite_of(base), SQL_SCORE_ADD, err, "iissdinnsssd", job, row->seq,
                          score->forecast, score->variable, score->level, score->lead_time_s,
                          score->region, score->weighting, score->metric, score->value);
    }
    return sqlite_run(sqlite_of(base), SQL_SCORE_ADD, err, "iissdiiisssd", job, row->seq,
                      score->forecast, score->variable, score->level, score->lead_time_s,
                      score->init_time_s, score->valid_time_s, score->region, score->weighting,
                      score->metric, score->value);
}

static gaia_status scores_delete(struct store *base, int64_t job, int64_t limit, bool *more,
                                 gaia_error *err)
{
    const gaia_status status =
        sqlite_run(sqlite_of(base), SQL_SCORES_DELETE, err, "ii", job, limit);
    if (status == GAIA_OK) {
        *more = sqlite3_changes(sqlite_of(base)->db) > 0;
    }
    return status;
}

static gaia_status document_put(struct store *base, int64_t job, const char *document,
                                gaia_error *err)
{
    return sqlite_run(sqlite_of(base), SQL_DOCUMENT_PUT, err, "is", job, document);
}

/* The job that is shown, and its number. */
struct show {
    const struct store_visitor *visitor;
    int64_t job;
};

static void show_job(void *context, const struct store_job *job)
{
    struct show *show = context;
    show->job = job->record.seq;
    show->visitor->job(show->visitor->context, job);
}

static gaia_status job_show(struct store *base, const char *id, const struct store_visitor *visitor,
                            gaia_error *err)
{
    struct show show = {.visitor = visitor};
    const struct store_visitor finder = {.context = &show, .job = show_job};
    gaia_status status = sqlite_job_find(base, id, &finder, err);
    if (status == GAIA_OK) {
        status = sqlite_forecasts_read(base, show.job, visitor, err);
    }
    return status == GAIA_OK ? sqlite_warnings_read(base, show.job, visitor, err) : status;
}

const struct store_ops *store_sqlite(void)
{
    static const struct store_ops ops = {
        .name = "sqlite",
        .open = sqlite_open,
        .close = sqlite_close,
        .lead = sqlite_lead,
        .begin = sqlite_begin,
        .commit = sqlite_commit,
        .rollback = sqlite_rollback,
        .job_insert = job_insert,
        .job_update = job_update,
        .batch_put = batch_put,
        .batches_stop = batches_stop,
        .job_revive = job_revive,
        .attempt_add = attempt_add,
        .schedule_insert = schedule_insert,
        .schedule_update = schedule_update,
        .schedule_drop = schedule_drop,
        .token_add = sqlite_token_add,
        .token_drop = sqlite_token_drop,
        .session_put = session_put,
        .session_drop = session_drop,
        .result_commit = result_commit,
        .plan_put = plan_put,
        .forecast_put = forecast_put,
        .warning_add = warning_add,
        .score_add = score_add,
        .scores_delete = scores_delete,
        .composite_put = sqlite_composite_put,
        .document_put = document_put,
        .jobs_forget = sqlite_jobs_forget,
        .spec_read = sqlite_spec_read,
        .plan_read = sqlite_plan_read,
        .document_read = sqlite_document_read,
        .schedule_spec_read = sqlite_schedule_spec_read,
        .load = sqlite_load,
        .job_load = sqlite_job_load,
        .job_find_key = sqlite_job_find_key,
        .batches_done = sqlite_batches_done,
        .batches_list = sqlite_batches_list,
        .attempts_read = sqlite_attempts_read,
        .schedules_list = sqlite_schedules_list,
        .tokens_list = sqlite_tokens_list,
        .job_find = sqlite_job_find,
        .job_show = job_show,
        .jobs_list = sqlite_jobs_list,
        .forecasts_read = sqlite_forecasts_read,
        .warnings_read = sqlite_warnings_read,
        .moments_read = sqlite_moments_read,
        .scores_read = sqlite_scores_read,
        .composites_read = sqlite_composites_read,
        .composites_unranked = sqlite_composites_unranked,
        .standings_list = sqlite_standings_list,
    };
    return &ops;
}
