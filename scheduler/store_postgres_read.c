/* SPDX-License-Identifier: MIT
 *
 * The reading half of the PostgreSQL store: rows become records and scores again, one visit each.
 * Behind store.h, beside store_postgres.c.
 *
 * Invariant: a visitor is called with no answer outstanding, so that it may use the store itself.
 * What is read was checked by nobody since it was written, so names that do not parse and sums of
 * odd sizes are GAIA_STORE, not a guess.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "store_postgres.h"

enum { PAGE_ROWS = 10000 };

static gaia_status row_damaged(const char *what, gaia_error *err)
{
    return error_set(err, GAIA_STORE, "the database holds a damaged %s", what);
}

/* Gives one row to the visitor. */
typedef gaia_status row_take(const PGresult *rows, int row, const struct store_visitor *visitor,
                             gaia_error *err);

/* Gives each row to `take`, and frees them all. */
static gaia_status rows_give(PGresult *rows, row_take *take, const struct store_visitor *visitor,
                             gaia_error *err)
{
    gaia_status status = GAIA_OK;
    const int n = PQntuples(rows);
    for (int i = 0; status == GAIA_OK && i < n; i++) {
        status = take(rows, i, visitor, err);
    }
    PQclear(rows);
    return status;
}

/* The rows of a statement that takes the number of a job. */
static gaia_status rows_of_job(struct store *base, enum pg_sql sql, int64_t job, row_take *take,
                               const struct store_visitor *visitor, gaia_error *err)
{
    PGresult *rows = NULL;
    const gaia_status status = pg_read(postgres_of(base), sql, &rows, err, "i", job);
    return status == GAIA_OK ? rows_give(rows, take, visitor, err) : status;
}

static gaia_status text_read(struct store *base, enum pg_sql sql, int64_t job, char **out,
                             gaia_error *err)
{
    PGresult *row = NULL;
    char *copy = NULL;
    gaia_status status = pg_read(postgres_of(base), sql, &row, err, "i", job);
    if (status != GAIA_OK) {
        return status;
    }
    if (PQntuples(row) == 0) {
        status = error_set(err, GAIA_NOT_FOUND, "no such text of job %lld", (long long)job);
    } else {
        copy = strdup(PQgetvalue(row, 0, 0));
        status = copy != NULL ? GAIA_OK : error_memory(err, 1);
    }
    PQclear(row);
    if (status == GAIA_OK) {
        *out = copy;
    }
    return status;
}

gaia_status pg_spec_read(struct store *store, int64_t job, char **spec, gaia_error *err)
{
    return text_read(store, PG_SPEC_READ, job, spec, err);
}

gaia_status pg_plan_read(struct store *store, int64_t job, char **plan, gaia_error *err)
{
    return text_read(store, PG_PLAN_READ, job, plan, err);
}

gaia_status pg_document_read(struct store *store, int64_t job, char **document, gaia_error *err)
{
    return text_read(store, PG_DOCUMENT_READ, job, document, err);
}

gaia_status pg_schedule_spec_read(struct store *store, int64_t schedule, char **spec,
                                  gaia_error *err)
{
    return text_read(store, PG_SCHEDULE_SPEC_READ, schedule, spec, err);
}

static gaia_status session_take(const PGresult *rows, int row, const struct store_visitor *visitor,
                                gaia_error *err)
{
    (void)err;
    struct session_record session = {
        .memory_bytes = (uint64_t)pg_int(rows, row, 4),
        .pid = pg_int(rows, row, 5),
        .is_drained = pg_int(rows, row, 6) != 0,
    };
    record_id_copy(session.session, PQgetvalue(rows, row, 0));
    record_name_copy(session.executor, PQgetvalue(rows, row, 1));
    record_name_copy(session.boot, PQgetvalue(rows, row, 2));
    record_name_copy(session.device, PQgetvalue(rows, row, 3));
    visitor->session(visitor->context, &session);
    return GAIA_OK;
}

static gaia_status schedule_take(const PGresult *rows, int row, const struct store_visitor *visitor,
                                 gaia_error *err)
{
    (void)err;
    struct store_schedule schedule = {
        .record =
            {
                .seq = pg_int(rows, row, 0),
                .due_ms = pg_int(rows, row, 5),
                .is_paused = pg_int(rows, row, 6) != 0,
                .is_owed = pg_int(rows, row, 7) != 0,
            },
        .name = PQgetvalue(rows, row, 2),
    };
    record_id_copy(schedule.record.id, PQgetvalue(rows, row, 1));
    record_name_copy(schedule.record.cron, PQgetvalue(rows, row, 3));
    record_tenant_copy(schedule.record.zone, PQgetvalue(rows, row, 4));
    visitor->schedule(visitor->context, &schedule);
    return GAIA_OK;
}

/* The columns of a job's terms, from JOB_COLUMNS; false if they are damaged. */
static bool terms_read(const PGresult *rows, int row, struct job_terms *terms)
{
    record_tenant_copy(terms->tenant, PQgetvalue(rows, row, 14));
    terms->priority = (int32_t)pg_int(rows, row, 15);
    terms->memory_bytes = (uint64_t)pg_int(rows, row, 17);
    terms->not_before_ms = pg_int(rows, row, 18);
    terms->start_by_ms = pg_int(rows, row, 19);
    terms->run_ms = pg_int(rows, row, 20);
    terms->schedule = pg_int(rows, row, 21);
    (void)snprintf(terms->truth, sizeof terms->truth, "%s", PQgetvalue(rows, row, 22));
    return job_resource_parse(PQgetvalue(rows, row, 16), &terms->resource);
}

/* The columns are JOB_COLUMNS of store_postgres_sql.c. */
static gaia_status job_take(const PGresult *rows, int row, const struct store_visitor *visitor,
                            gaia_error *err)
{
    gaia_error error = {0};
    struct store_job job = {
        .record =
            {
                .seq = pg_int(rows, row, 0),
                .units_total = (uint64_t)pg_int(rows, row, 6),
                .units_done = (uint64_t)pg_int(rows, row, 7),
                .batches_total = (uint32_t)pg_int(rows, row, 8),
                .batches_done = (uint32_t)pg_int(rows, row, 9),
                .submitted_ms = pg_int(rows, row, 10),
                .finished_ms = pg_int(rows, row, 11),
                .started_ms = pg_int(rows, row, 13),
            },
        .name = PQgetvalue(rows, row, 2),
        .key = PQgetisnull(rows, row, 23) != 0 ? NULL : PQgetvalue(rows, row, 23),
        .spec_bytes = (uint64_t)pg_int(rows, row, 12),
    };
    record_id_copy(job.record.id, PQgetvalue(rows, row, 1));
    (void)error_set(&error, gaia_status_from_name(PQgetvalue(rows, row, 4)), "%s",
                    PQgetvalue(rows, row, 5));
    job.record.error = error.status != GAIA_OK ? &error : NULL;
    if (!job_state_parse(PQgetvalue(rows, row, 3), &job.record.state) ||
        !terms_read(rows, row, &job.record.terms)) {
        return row_damaged("job", err);
    }
    visitor->job(visitor->context, &job);
    return GAIA_OK;
}

/* The columns are BATCH_COLUMNS; false if they are damaged. */
static bool batch_read(const PGresult *rows, int row, struct batch_record *batch)
{
    *batch = (struct batch_record){
        .job = pg_int(rows, row, 0),
        .number = (uint32_t)pg_int(rows, row, 1),
        .first_unit = (uint64_t)pg_int(rows, row, 4),
        .n_units = (uint32_t)pg_int(rows, row, 5),
        .tries = (uint32_t)pg_int(rows, row, 6),
        .losses = (uint32_t)pg_int(rows, row, 7),
        .seq = (uint64_t)pg_int(rows, row, 10),
        .kills = (uint32_t)pg_int(rows, row, 11),
        .not_before_ms = pg_int(rows, row, 12),
    };
    record_id_copy(batch->attempt, PQgetvalue(rows, row, 8));
    record_id_copy(batch->session, PQgetvalue(rows, row, 9));
    return batch_kind_parse(PQgetvalue(rows, row, 2), &batch->kind) &&
           batch_state_parse(PQgetvalue(rows, row, 3), &batch->state);
}

static gaia_status batch_take(const PGresult *rows, int row, const struct store_visitor *visitor,
                              gaia_error *err)
{
    struct batch_record batch;
    if (!batch_read(rows, row, &batch)) {
        return row_damaged("batch", err);
    }
    visitor->batch(visitor->context, &batch);
    return GAIA_OK;
}

static gaia_status listed_take(const PGresult *rows, int row, const struct store_visitor *visitor,
                               gaia_error *err)
{
    struct store_batch batch = {.id = PQgetvalue(rows, row, 13), .name = PQgetvalue(rows, row, 14)};
    if (!batch_read(rows, row, &batch.record)) {
        return row_damaged("batch", err);
    }
    visitor->listed(visitor->context, &batch);
    return GAIA_OK;
}

static gaia_status attempt_take(const PGresult *rows, int row, const struct store_visitor *visitor,
                                gaia_error *err)
{
    (void)err;
    const struct store_attempt attempt = {
        .job = pg_int(rows, row, 0),
        .batch = (uint32_t)pg_int(rows, row, 1),
        .at_ms = pg_int(rows, row, 2),
        .executor = PQgetvalue(rows, row, 3),
        .status = gaia_status_from_name(PQgetvalue(rows, row, 4)),
        .detail = PQgetvalue(rows, row, 5),
    };
    visitor->attempt(visitor->context, &attempt);
    return GAIA_OK;
}

gaia_status pg_batches_done(struct store *store, int64_t job, const struct store_visitor *visitor,
                            gaia_error *err)
{
    return rows_of_job(store, PG_BATCHES_DONE, job, batch_take, visitor, err);
}

gaia_status pg_batches_list(struct store *store, enum batch_state state, int64_t after_job,
                            int64_t after_number, int64_t limit,
                            const struct store_visitor *visitor, gaia_error *err)
{
    PGresult *rows = NULL;
    const gaia_status status = pg_read(postgres_of(store), PG_BATCHES_LIST, &rows, err, "siii",
                                       batch_state_name(state), after_job, after_number, limit);
    return status == GAIA_OK ? rows_give(rows, listed_take, visitor, err) : status;
}

gaia_status pg_attempts_read(struct store *store, int64_t job, const struct store_visitor *visitor,
                             gaia_error *err)
{
    return rows_of_job(store, PG_ATTEMPTS_READ, job, attempt_take, visitor, err);
}

gaia_status pg_schedules_list(struct store *store, const struct store_visitor *visitor,
                              gaia_error *err)
{
    PGresult *rows = NULL;
    const gaia_status status = pg_read(postgres_of(store), PG_SCHEDULES_READ, &rows, err, "");
    return status == GAIA_OK ? rows_give(rows, schedule_take, visitor, err) : status;
}

/* Batches of live jobs in order, a page at a time, as a load walks through them. */
struct walk {
    struct postgres_store *store;
    PGresult *rows; /* NULL: a page is to be read */
    int next;
    int64_t after_job;
    int64_t after_number;
    bool is_over;
};

/* Makes sure that there is a row, unless the walk is over. */
static gaia_status walk_page(struct walk *walk, gaia_error *err)
{
    gaia_status status = GAIA_OK;
    if (walk->rows != NULL && walk->next < PQntuples(walk->rows)) {
        return GAIA_OK;
    }
    PQclear(walk->rows);
    walk->rows = NULL;
    walk->next = 0;
    if (!walk->is_over) {
        status = pg_lead_keep(walk->store, err);
    }
    if (status == GAIA_OK && !walk->is_over) {
        status = pg_read(walk->store, PG_BATCHES_LIVE, &walk->rows, err, "iii", walk->after_job,
                         walk->after_number, (int64_t)PAGE_ROWS);
    }
    if (status == GAIA_OK && walk->rows != NULL) {
        const int n = PQntuples(walk->rows);
        walk->is_over = n < PAGE_ROWS;
        walk->after_job = n > 0 ? pg_int(walk->rows, n - 1, 0) : walk->after_job;
        walk->after_number = n > 0 ? pg_int(walk->rows, n - 1, 1) : walk->after_number;
    }
    return status;
}

/* Gives the batches of this job, and leaves out those of earlier ones. */
static gaia_status walk_job(struct walk *walk, int64_t job, const struct store_visitor *visitor,
                            gaia_error *err)
{
    gaia_status status = GAIA_OK;
    for (;;) {
        struct batch_record batch;
        status = walk_page(walk, err);
        if (status != GAIA_OK || walk->rows == NULL || walk->next >= PQntuples(walk->rows) ||
            pg_int(walk->rows, walk->next, 0) > job) {
            return status;
        }
        if (!batch_read(walk->rows, walk->next, &batch)) {
            return row_damaged("batch", err);
        }
        walk->next++;
        if (batch.job == job) {
            pg_lease_note(walk->store, &batch);
            visitor->batch(visitor->context, &batch);
        }
    }
}

/* A page of live jobs after *seq, each followed by its batches. *n counts them. */
static gaia_status jobs_page(struct walk *walk, int64_t *seq, int *n,
                             const struct store_visitor *visitor, gaia_error *err)
{
    PGresult *rows = NULL;
    gaia_status status =
        pg_read(walk->store, PG_JOBS_LIVE, &rows, err, "ii", *seq, (int64_t)PAGE_ROWS);
    *n = status == GAIA_OK ? PQntuples(rows) : 0;
    for (int i = 0; status == GAIA_OK && i < *n; i++) {
        *seq = pg_int(rows, i, 0);
        status = job_take(rows, i, visitor, err);
        if (status == GAIA_OK) {
            status = walk_job(walk, *seq, visitor, err);
        }
    }
    PQclear(rows);
    return status;
}

gaia_status pg_load(struct store *store, const struct store_visitor *visitor, gaia_error *err)
{
    struct walk walk = {.store = postgres_of(store)};
    PGresult *rows = NULL;
    int64_t seq = 0;
    int n = PAGE_ROWS;
    gaia_status status = pg_read(walk.store, PG_SESSIONS_READ, &rows, err, "");
    if (status == GAIA_OK) {
        status = rows_give(rows, session_take, visitor, err);
    }
    if (status == GAIA_OK) {
        status = pg_schedules_list(store, visitor, err);
    }
    while (status == GAIA_OK && n == PAGE_ROWS) {
        status = jobs_page(&walk, &seq, &n, visitor, err);
    }
    PQclear(walk.rows);
    return status;
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

gaia_status pg_job_load(struct store *store, int64_t job, const struct store_visitor *visitor,
                        gaia_error *err)
{
    struct find find = {.visitor = visitor};
    const struct store_visitor finder = {.context = &find, .job = find_job};
    const gaia_status status = rows_of_job(store, PG_JOB_LOAD, job, job_take, &finder, err);
    return status == GAIA_OK && find.found
               ? rows_of_job(store, PG_BATCHES_READ, job, batch_take, visitor, err)
               : status;
}

gaia_status pg_job_find(struct store *store, const char *id, const struct store_visitor *visitor,
                        gaia_error *err)
{
    struct find find = {.visitor = visitor};
    const struct store_visitor finder = {.context = &find, .job = find_job};
    PGresult *rows = NULL;
    gaia_status status = pg_read(postgres_of(store), PG_JOB_FIND, &rows, err, "s", id);
    if (status == GAIA_OK) {
        status = rows_give(rows, job_take, &finder, err);
    }
    return status == GAIA_OK && !find.found
               ? error_set(err, GAIA_NOT_FOUND, "there is no job '%.64s'", id)
               : status;
}

gaia_status pg_job_find_key(struct store *store, const char *tenant, const char *key,
                            const struct store_visitor *visitor, gaia_error *err)
{
    struct find find = {.visitor = visitor};
    const struct store_visitor finder = {.context = &find, .job = find_job};
    PGresult *rows = NULL;
    gaia_status status =
        pg_read(postgres_of(store), PG_JOB_FIND_KEY, &rows, err, "ss", tenant, key);
    if (status == GAIA_OK) {
        status = rows_give(rows, job_take, &finder, err);
    }
    return status == GAIA_OK && !find.found
               ? error_set(err, GAIA_NOT_FOUND, "there is no job with key '%.64s'", key)
               : status;
}

gaia_status pg_jobs_list(struct store *base, const struct job_filter *filter,
                         const struct store_visitor *visitor, gaia_error *err)
{
    struct postgres_store *store = postgres_of(base);
    PGresult *rows = NULL;
    const char *state = filter->has_state ? job_state_name(filter->state) : NULL;
    const gaia_status status =
        filter->tenant != NULL
            ? pg_read(store, PG_JOBS_LIST_OF, &rows, err, "issis", filter->before, state,
                      filter->name, filter->limit, filter->tenant)
            : pg_read(store, PG_JOBS_LIST, &rows, err, "issi", filter->before, state, filter->name,
                      filter->limit);
    return status == GAIA_OK ? rows_give(rows, job_take, visitor, err) : status;
}

/* The columns behind a job's own: what there is of it, in order; nothing where they are NULL. */
enum { MORE_KIND = 24, MORE_NUMBER, MORE_NAME, MORE_STATUS, MORE_DETAIL };

static void more_take(const PGresult *rows, int row, const struct store_visitor *visitor)
{
    if (PQgetisnull(rows, row, MORE_KIND) != 0) {
        return;
    }
    if (pg_int(rows, row, MORE_KIND) != 0) {
        visitor->warning(visitor->context, PQgetvalue(rows, row, MORE_NAME));
        return;
    }
    const struct store_forecast forecast = {
        .index = (uint32_t)pg_int(rows, row, MORE_NUMBER),
        .id = PQgetvalue(rows, row, MORE_NAME),
        .status = gaia_status_from_name(PQgetvalue(rows, row, MORE_STATUS)),
        .detail = PQgetvalue(rows, row, MORE_DETAIL),
    };
    visitor->forecast(visitor->context, &forecast);
}

gaia_status pg_job_show(struct store *store, const char *id, const struct store_visitor *visitor,
                        gaia_error *err)
{
    PGresult *rows = NULL;
    gaia_status status = pg_read(postgres_of(store), PG_JOB_SHOW, &rows, err, "s", id);
    const int n = status == GAIA_OK ? PQntuples(rows) : 0;
    if (status == GAIA_OK) {
        status = n > 0 ? job_take(rows, 0, visitor, err)
                       : error_set(err, GAIA_NOT_FOUND, "there is no job '%.64s'", id);
    }
    for (int i = 0; status == GAIA_OK && i < n; i++) {
        more_take(rows, i, visitor);
    }
    PQclear(rows);
    return status;
}
