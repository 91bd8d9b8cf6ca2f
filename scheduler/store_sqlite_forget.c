/* SPDX-License-Identifier: MIT
 *
 * The embedded store forgets old jobs: by DELETE, a slice at a time, so that no turn of the loop
 * takes long. Behind store.h, beside store_sqlite.c.
 *
 * Invariant: the row of a job goes last, so that a job in the middle of being forgotten is found
 * again.
 */
#include "store_sqlite.h"

enum { DAY_MS = 86400000, FORGET_ROWS = 5000 };

/* The oldest job to forget; 0 if there is none. */
static gaia_status job_pick(struct sqlite_store *store, int64_t before_ms, int64_t *job,
                            gaia_error *err)
{
    sqlite3_stmt *statement = NULL;
    const gaia_status status = sqlite_bind(store, SQL_FORGET_PICK, &statement, err, "i", before_ms);
    if (status != GAIA_OK) {
        return status;
    }
    const int code = sqlite3_step(statement);
    *job = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
    (void)sqlite3_reset(statement);
    return code == SQLITE_ROW || code == SQLITE_DONE ? GAIA_OK
                                                     : sqlite_error(store, "forgetting", err);
}

gaia_status sqlite_jobs_forget(struct store *base, int64_t before_ms, bool *more, gaia_error *err)
{
    /* The big tables first; what refers to a job goes before it. */
    static const enum sql order[] = {
        SQL_FORGET_SCORES,    SQL_FORGET_MOMENTS,  SQL_FORGET_BATCHES,    SQL_FORGET_ATTEMPTS,
        SQL_FORGET_FORECASTS, SQL_FORGET_WARNINGS, SQL_FORGET_COMPOSITES, SQL_FORGET_STANDINGS,
        SQL_FORGET_RESULT,    SQL_FORGET_PLAN,     SQL_FORGET_SPEC,       SQL_FORGET_JOB};
    struct sqlite_store *store = sqlite_of(base);
    const int64_t day_ms = before_ms - before_ms % DAY_MS;
    int64_t left = FORGET_ROWS;
    int64_t job = 0;
    gaia_status status = job_pick(store, day_ms, &job, err);
    for (size_t i = 0;
         status == GAIA_OK && job != 0 && left > 0 && i < sizeof order / sizeof *order; i++) {
        status = sqlite_run(store, order[i], err, "ii", job, left);
        left -= status == GAIA_OK ? sqlite3_changes(store->db) : 0;
    }
    if (status == GAIA_OK) {
        *more = job != 0;
    }
    return status;
}
