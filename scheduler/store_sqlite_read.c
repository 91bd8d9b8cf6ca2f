/* SPDX-License-Identifier: MIT
 *
 * The reading half of the embedded store: rows become records and scores again, one visit each.
 * Behind store.h, beside store_sqlite.c.
 *
 * Invariant: what is read was checked by nobody since it was written, so names that do not parse
 * and blobs of odd sizes are GAIA_STORE, not a guess.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "store_moments.h"
#include "store_sqlite.h"

const char *sqlite_text(sqlite3_stmt *row, int column)
{
    const char *text = (const char *)sqlite3_column_text(row, column);
    return text != NULL ? text : "";
}

static gaia_status row_damaged(const char *what, gaia_error *err)
{
    return error_set(err, GAIA_STORE, "the database holds a damaged %s", what);
}

gaia_status sqlite_rows(struct sqlite_store *store, sqlite3_stmt *statement, row_take *take,
                        const struct store_visitor *visitor, gaia_error *err)
{
    gaia_status status = GAIA_OK;
    int code = sqlite3_step(statement);
    while (status == GAIA_OK && code == SQLITE_ROW) {
        status = take(statement, visitor, err);
        if (status == GAIA_OK && sqlite3_errcode(store->db) == SQLITE_NOMEM) {
            status = sqlite_error(store, "reading", err); /* a column was not what it seemed */
        }
        code = status == GAIA_OK ? sqlite3_step(statement) : code;
    }
    if (status == GAIA_OK && code != SQLITE_DONE) {
        status = sqlite_error(store, "reading", err);
    }
    (void)sqlite3_reset(statement);
    (void)sqlite3_clear_bindings(statement);
    return status;
}

/* sqlite_rows of a statement that takes n whole numbers. */
static gaia_status rows_query(struct store *base, enum sql sql, const int64_t *numbers, int n,
                              row_take *take, const struct store_visitor *visitor, gaia_error *err)
{
    struct sqlite_store *store = sqlite_of(base);
    sqlite3_stmt *statement = NULL;
    gaia_status status = sqlite_bind(store, sql, &statement, err, "");
    for (int i = 0; status == GAIA_OK && i < n; i++) {
        (void)sqlite3_bind_int64(statement, i + 1, numbers[i]);
    }
    return status == GAIA_OK ? sqlite_rows(store, statement, take, visitor, err) : status;
}

static gaia_status text_read(struct sqlite_store *store, enum sql sql, int64_t job, char **out,
                             gaia_error *err)
{
    sqlite3_stmt *statement = NULL;
    gaia_status status = sqlite_bind(store, sql, &statement, err, "i", job);
    if (status != GAIA_OK) {
        return status;
    }
    const int code = sqlite3_step(statement);
    char *copy = NULL;
    if (code == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(statement, 0);
        copy = text != NULL ? strdup(text) : NULL;
        status = copy != NULL ? GAIA_OK : error_memory(err, 1);
    } else if (code == SQLITE_DONE) {
        status = error_set(err, GAIA_NOT_FOUND, "no such text of job %lld", (long long)job);
    } else {
        status = sqlite_error(store, "reading", err);
    }
    (void)sqlite3_reset(statement);
    if (status == GAIA_OK) {
        *out = copy;
    }
    return status;
}

gaia_status sqlite_spec_read(struct store *store, int64_t job, char **spec, gaia_error *err)
{
    return text_read(sqlite_of(store), SQL_SPEC_READ, job, spec, err);
}

gaia_status sqlite_plan_read(struct store *store, int64_t job, char **plan, gaia_error *err)
{
    return text_read(sqlite_of(store), SQL_PLAN_READ, job, plan, err);
}

gaia_status sqlite_document_read(struct store *store, int64_t job, char **document, gaia_error *err)
{
    return text_read(sqlite_of(store), SQL_DOCUMENT_READ, job, document, err);
}

gaia_status sqlite_schedule_spec_read(struct store *store, int64_t schedule, char **spec,
                                      gaia_error *err)
{
    return text_read(sqlite_of(store), SQL_SCHEDULE_SPEC_READ, schedule, spec, err);
}

static gaia_status session_take(sqlite3_stmt *row, const struct store_visitor *visitor,
                                gaia_error *err)
{
    (void)err;
    struct session_record session = {
        .memory_bytes = (uint64_t)sqlite3_column_int64(row, 4),
        .pid = sqlite3_column_int64(row, 5),
        .is_drained = sqlite3_column_int64(row, 6) != 0,
    };
    record_id_copy(session.session, sqlite_text(row, 0));
    record_name_copy(session.executor, sqlite_text(row, 1));
    record_name_copy(session.boot, sqlite_text(row, 2));
    record_name_copy(session.device, sqlite_text(row, 3));
    visitor->session(visitor->context, &session);
    return GAIA_OK;
}

/* The columns of a job's terms, from JOB_COLUMNS; false if they are damaged. */
static bool terms_read(sqlite3_stmt *row, struct job_terms *terms)
{
    record_tenant_copy(terms->tenant, sqlite_text(row, 14));
    terms->priority = (int32_t)sqlite3_column_int64(row, 15);
    terms->memory_bytes = (uint64_t)sqlite3_column_int64(row, 17);
    terms->not_before_ms = sqlite3_column_int64(row, 18);
    terms->start_by_ms = sqlite3_column_int64(row, 19);
    terms->run_ms = sqlite3_column_int64(row, 20);
    terms->schedule = sqlite3_column_int64(row, 21);
    (void)snprintf(terms->truth, sizeof terms->truth, "%s", sqlite_text(row, 22));
    return job_resource_parse(sqlite_text(row, 16), &terms->resource);
}

/* The columns are JOB_COLUMNS of store_sqlite_sql.c. */
static gaia_status job_take(sqlite3_stmt *row, const struct store_visitor *visitor, gaia_error *err)
{
    gaia_error error = {0};
    struct store_job job = {
        .record =
            {
                .seq = sqlite3_column_int64(row, 0),
                .units_total = (uint64_t)sqlite3_column_int64(row, 6),
                .units_done = (uint64_t)sqlite3_column_int64(row, 7),
                .batches_total = (uint32_t)sqlite3_column_int64(row, 8),
                .batches_done = (uint32_t)sqlite3_column_int64(row, 9),
                .submitted_ms = sqlite3_column_int64(row, 10),
                .finished_ms = sqlite3_column_int64(row, 11),
                .started_ms = sqlite3_column_int64(row, 13),
            },
        .name = sqlite_text(row, 2),
        .key = (const char *)sqlite3_column_text(row, 23),
        .spec_bytes = (uint64_t)sqlite3_column_int64(row, 12),
    };
    record_id_copy(job.record.id, sqlite_text(row, 1));
    (void)error_set(&error, gaia_status_from_name(sqlite_text(row, 4)), "%s", sqlite_text(row, 5));
    job.record.error = error.status != GAIA_OK ? &error : NULL;
    if (!job_state_parse(sqlite_text(row, 3), &job.record.state) ||
        !terms_read(row, &job.record.terms)) {
        return row_damaged("job", err);
    }
    visitor->job(visitor->context, &job);
    return GAIA_OK;
}

/* The columns are BATCH_COLUMNS; false if they are damaged. */
static bool batch_read(sqlite3_stmt *row, struct batch_record *batch)
{
    *batch = (struct batch_record){
        .job = sqlite3_column_int64(row, 0),
        .number = (uint32_t)sqlite3_column_int64(row, 1),
        .first_unit = (uint64_t)sqlite3_column_int64(row, 4),
        .n_units = (uint32_t)sqlite3_column_int64(row, 5),
        .tries = (uint32_t)sqlite3_column_int64(row, 6),
        .losses = (uint32_t)sqlite3_column_int64(row, 7),
        .seq = (uint64_t)sqlite3_column_int64(row, 10),
        .kills = (uint32_t)sqlite3_column_int64(row, 11),
        .not_before_ms = sqlite3_column_int64(row, 12),
    };
    record_id_copy(batch->attempt, sqlite_text(row, 8));
    record_id_copy(batch->session, sqlite_text(row, 9));
    return batch_kind_parse(sqlite_text(row, 2), &batch->kind) &&
           batch_state_parse(sqlite_text(row, 3), &batch->state);
}

static gaia_status batch_take(sqlite3_stmt *row, const struct store_visitor *visitor,
                              gaia_error *err)
{
    struct batch_record batch;
    if (!batch_read(row, &batch)) {
        return row_damaged("batch", err);
    }
    visitor->batch(visitor->context, &batch);
    return GAIA_OK;
}

static gaia_status listed_take(sqlite3_stmt *row, const struct store_visitor *visitor,
                               gaia_error *err)
{
    struct store_batch batch = {.id = sqlite_text(row, 13), .name = sqlite_text(row, 14)};
    if (!batch_read(row, &batch.record)) {
        return row_damaged("batch", err);
    }
    visitor->listed(visitor->context, &batch);
    return GAIA_OK;
}

static gaia_status attempt_take(sqlite3_stmt *row, const struct store_visitor *visitor,
                                gaia_error *err)
{
    (void)err;
    const struct store_attempt attempt = {
        .job = sqlite3_column_int64(row, 0),
        .batch = (uint32_t)sqlite3_column_int64(row, 1),
        .at_ms = sqlite3_column_int64(row, 2),
        .executor = sqlite_text(row, 3),
        .status = gaia_status_from_name(sqlite_text(row, 4)),
        .detail = sqlite_text(row, 5),
    };
    visitor->attempt(visitor->context, &attempt);
    return GAIA_OK;
}

static gaia_status schedule_take(sqlite3_stmt *row, const struct store_visitor *visitor,
                                 gaia_error *err)
{
    (void)err;
    struct store_schedule schedule = {
        .record =
            {
                .seq = sqlite3_column_int64(row, 0),
                .due_ms = sqlite3_column_int64(row, 5),
                .is_paused = sqlite3_column_int64(row, 6) != 0,
                .is_owed = sqlite3_column_int64(row, 7) != 0,
            },
        .name = sqlite_text(row, 2),
    };
    record_id_copy(schedule.record.id, sqlite_text(row, 1));
    record_name_copy(schedule.record.cron, sqlite_text(row, 3));
    record_tenant_copy(schedule.record.zone, sqlite_text(row, 4));
    visitor->schedule(visitor->context, &schedule);
    return GAIA_OK;
}

gaia_status sqlite_batches_done(struct store *store, int64_t job,
                                const struct store_visitor *visitor, gaia_error *err)
{
    return rows_query(store, SQL_BATCHES_DONE, &job, 1, batch_take, visitor, err);
}

gaia_status sqlite_batches_list(struct store *base, enum batch_state state, int64_t after_job,
                                int64_t after_number, int64_t limit,
                                const struct store_visitor *visitor, gaia_error *err)
{
    sqlite3_stmt *statement = NULL;
    const gaia_status status =
        sqlite_bind(sqlite_of(base), SQL_BATCHES_LIST, &statement, err, "siii",
                    batch_state_name(state), after_job, after_number, limit);
    return status == GAIA_OK ? sqlite_rows(sqlite_of(base), statement, listed_take, visitor, err)
                             : status;
}

gaia_status sqlite_attempts_read(struct store *store, int64_t job,
                                 const struct store_visitor *visitor, gaia_error *err)
{
    return rows_query(store, SQL_ATTEMPTS_READ, &job, 1, attempt_take, visitor, err);
}

gaia_status sqlite_schedules_list(struct store *store, const struct store_visitor *visitor,
                                  gaia_error *err)
{
    return rows_query(store, SQL_SCHEDULES_READ, NULL, 0, schedule_take, visitor, err);
}

/* What a load is between: the caller's visitor, and the store whose batches follow each job. */
struct load {
    struct store *store;
    const struct store_visitor *visitor;
    gaia_status status;
    gaia_error *err;
};

static void load_job(void *context, const struct store_job *job)
{
    struct load *load = context;
    if (load->status == GAIA_OK) {
        load->visitor->job(load->visitor->context, job);
        load->status = rows_query(load->store, SQL_BATCHES_LOAD, &job->record.seq, 1, batch_take,
                                  load->visitor, load->err);
    }
}

gaia_status sqlite_load(struct store *store, const struct store_visitor *visitor, gaia_error *err)
{
    struct load load = {.store = store, .visitor = visitor, .err = err};
    const struct store_visitor jobs = {.context = &load, .job = load_job};
    gaia_status status = rows_query(store, SQL_SESSIONS_LOAD, NULL, 0, session_take, visitor, err);
    if (status == GAIA_OK) {
        status = sqlite_schedules_list(store, visitor, err);
    }
    if (status == GAIA_OK) {
        status = rows_query(store, SQL_JOBS_LOAD, NULL, 0, job_take, &jobs, err);
    }
    return status == GAIA_OK ? load.status : status;
}

gaia_status sqlite_job_load(struct store *store, int64_t job, const struct store_visitor *visitor,
                            gaia_error *err)
{
    struct load load = {.store = store, .visitor = visitor, .err = err};
    const struct store_visitor jobs = {.context = &load, .job = load_job};
    const gaia_status status = rows_query(store, SQL_JOB_LOAD, &job, 1, job_take, &jobs, err);
    return status == GAIA_OK ? load.status : status;
}

/* A job that is looked for, and whether it was there. */
struct find {
    const struct store_visitor *visitor;
    bool found;
};

static void find_job(void *context, const struct store_job *job)
{
    struct find *find = context;
    find->found = true;
    find->visitor->job(find->visitor->context, job);
}

gaia_status sqlite_job_find(struct store *store, const char *id,
                            const struct store_visitor *visitor, gaia_error *err)
{
    struct find find = {.visitor = visitor};
    const struct store_visitor finder = {.context = &find, .job = find_job};
    sqlite3_stmt *statement = NULL;
    gaia_status status = sqlite_bind(sqlite_of(store), SQL_JOB_FIND, &statement, err, "s", id);
    if (status == GAIA_OK) {
        status = sqlite_rows(sqlite_of(store), statement, job_take, &finder, err);
    }
    return status == GAIA_OK && !find.found
               ? error_set(err, GAIA_NOT_FOUND, "there is no job '%.64s'", id)
               : status;
}

gaia_status sqlite_job_find_key(struct store *store, const char *tenant, const char *key,
                                const struct store_visitor *visitor, gaia_error *err)
{
    struct find find = {.visitor = visitor};
    const struct store_visitor finder = {.context = &find, .job = find_job};
    sqlite3_stmt *statement = NULL;
    gaia_status status =
        sqlite_bind(sqlite_of(store), SQL_JOB_FIND_KEY, &statement, err, "ss", tenant, key);
    if (status == GAIA_OK) {
        status = sqlite_rows(sqlite_of(store), statement, job_take, &finder, err);
    }
    return status == GAIA_OK && !find.found
               ? error_set(err, GAIA_NOT_FOUND, "there is no job with key '%.64s'", key)
               : status;
}

gaia_status sqlite_jobs_list(struct store *base, const struct job_filter *filter,
                             const struct store_visitor *visitor, gaia_error *err)
{
    struct sqlite_store *store = sqlite_of(base);
    sqlite3_stmt *statement = NULL;
    const char *state = filter->has_state ? job_state_name(filter->state) : NULL;
    const gaia_status status =
        filter->tenant != NULL
            ? sqlite_bind(store, SQL_JOBS_LIST_OF, &statement, err, "issis", filter->before, state,
                          filter->name, filter->limit, filter->tenant)
            : sqlite_bind(store, SQL_JOBS_LIST, &statement, err, "issi", filter->before, state,
                          filter->name, filter->limit);
    return status == GAIA_OK ? sqlite_rows(store, statement, job_take, visitor, err) : status;
}

static gaia_status forecast_take(sqlite3_stmt *row, const struct store_visitor *visitor,
                                 gaia_error *err)
{
    (void)err;
    const struct store_forecast forecast = {
        .index = (uint32_t)sqlite3_column_int64(row, 0),
        .id = sqlite_text(row, 1),
        .status = gaia_status_from_name(sqlite_text(row, 2)),
        .detail = sqlite_text(row, 3),
    };
    visitor->forecast(visitor->context, &forecast);
    return GAIA_OK;
}

gaia_status sqlite_forecasts_read(struct store *store, int64_t job,
                                  const struct store_visitor *visitor, gaia_error *err)
{
    return rows_query(store, SQL_FORECASTS_READ, &job, 1, forecast_take, visitor, err);
}

static gaia_status warning_take(sqlite3_stmt *row, const struct store_visitor *visitor,
                                gaia_error *err)
{
    (void)err;
    visitor->warning(visitor->context, sqlite_text(row, 0));
    return GAIA_OK;
}

gaia_status sqlite_warnings_read(struct store *store, int64_t job,
                                 const struct store_visitor *visitor, gaia_error *err)
{
    return rows_query(store, SQL_WARNINGS_READ, &job, 1, warning_take, visitor, err);
}

static gaia_status moments_take(sqlite3_stmt *row, const struct store_visitor *visitor,
                                gaia_error *err)
{
    const uint64_t unit = (uint64_t)sqlite3_column_int64(row, 0);
    const void *blob = sqlite3_column_blob(row, 1);
    return store_moments_give(visitor, unit, blob, (size_t)sqlite3_column_bytes(row, 1), err);
}

gaia_status sqlite_moments_read(struct store *store, int64_t job, uint64_t first, uint64_t n_units,
                                const struct store_visitor *visitor, gaia_error *err)
{
    const int64_t numbers[] = {job, (int64_t)first, (int64_t)n_units};
    return rows_query(store, SQL_MOMENTS_READ, numbers, 3, moments_take, visitor, err);
}

static double column_number(sqlite3_stmt *row, int column)
{
    return sqlite3_column_type(row, column) == SQLITE_NULL ? (double)NAN
                                                           : sqlite3_column_double(row, column);
}

static gaia_status score_take(sqlite3_stmt *row, const struct store_visitor *visitor,
                              gaia_error *err)
{
    (void)err;
    const struct store_score score = {
        .seq = sqlite3_column_int64(row, 0),
        .score =
            {
                .forecast = sqlite_text(row, 1),
                .variable = sqlite_text(row, 2),
                .level = column_number(row, 3),
                .lead_time_s = sqlite3_column_int64(row, 4),
                .init_time_s = sqlite3_column_int64(row, 5),
                .valid_time_s = sqlite3_column_int64(row, 6),
                .all_times = sqlite3_column_type(row, 5) == SQLITE_NULL,
                .region = sqlite_text(row, 7),
                .weighting = sqlite_text(row, 8),
                .metric = sqlite_text(row, 9),
                .value = column_number(row, 10),
            },
    };
    visitor->score(visitor->context, &score);
    return GAIA_OK;
}

gaia_status sqlite_scores_read(struct store *store, int64_t job, int64_t after, int64_t limit,
                               const struct store_visitor *visitor, gaia_error *err)
{
    const int64_t numbers[] = {job, after, limit};
    return rows_query(store, SQL_SCORES_READ, numbers, 3, score_take, visitor, err);
}

static gaia_status composite_take(sqlite3_stmt *row, const struct store_visitor *visitor,
                                  gaia_error *err)
{
    (void)err;
    const struct store_composite composite = {
        .index = (uint32_t)sqlite3_column_int64(row, 0),
        .forecast = sqlite_text(row, 1),
        .profile = sqlite_text(row, 2),
        .json = sqlite_text(row, 3),
    };
    visitor->composite(visitor->context, &composite);
    return GAIA_OK;
}

gaia_status sqlite_composites_read(struct store *store, int64_t job,
                                   const struct store_visitor *visitor, gaia_error *err)
{
    return rows_query(store, SQL_COMPOSITES_READ, &job, 1, composite_take, visitor, err);
}
