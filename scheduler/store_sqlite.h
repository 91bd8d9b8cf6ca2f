/* SPDX-License-Identifier: MIT
 *
 * What the files of the SQLite store share: the connection, the table of statements, binding and
 * stepping. store_sqlite_open.c opens, store_sqlite.c writes, store_sqlite_read.c reads,
 * store_sqlite_forget.c forgets, store_sqlite_standing.c ranks, store_sqlite_token.c keeps tokens,
 * store_sqlite_restore.c checks what a backup holds, store_sqlite_sql.c holds all SQL.
 *
 * Invariant: every value reaches SQLite through a bound parameter; no SQL is made from input.
 */
#ifndef STORE_SQLITE_H
#define STORE_SQLITE_H

#include <sqlite3.h>

#include "store.h"

/* X(name): a prepared statement; its text is in store_sqlite_sql.c. */
#define SQL_MAP(X)                                                                                 \
    X(BEGIN)                                                                                       \
    X(COMMIT)                                                                                      \
    X(ROLLBACK)                                                                                    \
    X(JOB_INSERT)                                                                                  \
    X(SPEC_INSERT)                                                                                 \
    X(JOB_UPDATE)                                                                                  \
    X(BATCH_PUT)                                                                                   \
    X(BATCHES_STOP)                                                                                \
    X(BATCHES_REVIVE)                                                                              \
    X(JOB_REVIVE)                                                                                  \
    X(ATTEMPT_ADD)                                                                                 \
    X(ATTEMPTS_TRIM)                                                                               \
    X(SCHEDULE_INSERT)                                                                             \
    X(SCHEDULE_UPDATE)                                                                             \
    X(SCHEDULE_DROP)                                                                               \
    X(TOKEN_ADD)                                                                                   \
    X(TOKEN_DROP)                                                                                  \
    X(TOKENS_READ)                                                                                 \
    X(SESSION_PUT)                                                                                 \
    X(SESSION_DROP)                                                                                \
    X(RESULT_FENCE)                                                                                \
    X(RESULT_CLOSED)                                                                               \
    X(MOMENTS_PUT)                                                                                 \
    X(PLAN_PUT)                                                                                    \
    X(FORECAST_PUT)                                                                                \
    X(WARNING_ADD)                                                                                 \
    X(SCORE_ADD)                                                                                   \
    X(SCORES_DELETE)                                                                               \
    X(SPEC_READ)                                                                                   \
    X(PLAN_READ)                                                                                   \
    X(SESSIONS_LOAD)                                                                               \
    X(JOBS_LOAD)                                                                                   \
    X(BATCHES_LOAD)                                                                                \
    X(JOB_LOAD)                                                                                    \
    X(JOB_FIND)                                                                                    \
    X(JOB_FIND_KEY)                                                                                \
    X(BATCHES_DONE)                                                                                \
    X(BATCHES_LIST)                                                                                \
    X(ATTEMPTS_READ)                                                                               \
    X(SCHEDULES_READ)                                                                              \
    X(SCHEDULE_SPEC_READ)                                                                          \
    X(JOBS_LIST)                                                                                   \
    X(JOBS_LIST_OF)                                                                                \
    X(FORECASTS_READ)                                                                              \
    X(WARNINGS_READ)                                                                               \
    X(MOMENTS_READ)                                                                                \
    X(SCORES_READ)                                                                                 \
    X(COMPOSITE_PUT)                                                                               \
    X(COMPOSITES_READ)                                                                             \
    X(STANDING_PUT)                                                                                \
    X(STANDING_DROP)                                                                               \
    X(UNRANKED_LIST)                                                                               \
    X(STANDINGS_LIST)                                                                              \
    X(DOCUMENT_PUT)                                                                                \
    X(DOCUMENT_READ)                                                                               \
    X(FORGET_PICK)                                                                                 \
    X(FORGET_SCORES)                                                                               \
    X(FORGET_MOMENTS)                                                                              \
    X(FORGET_BATCHES)                                                                              \
    X(FORGET_ATTEMPTS)                                                                             \
    X(FORGET_FORECASTS)                                                                            \
    X(FORGET_WARNINGS)                                                                             \
    X(FORGET_COMPOSITES)                                                                           \
    X(FORGET_STANDINGS)                                                                            \
    X(FORGET_RESULT)                                                                               \
    X(FORGET_PLAN)                                                                                 \
    X(FORGET_SPEC)                                                                                 \
    X(FORGET_JOB)                                                                                  \
    X(META_PUT)                                                                                    \
    X(META_READ)                                                                                   \
    X(JOBS_EXTENT)

enum sql {
#define X(name) SQL_##name,
    SQL_MAP(X)
#undef X
        SQL_COUNT
};

struct sqlite_store {
    struct store base;
    sqlite3 *db;
    sqlite3_stmt *statements[SQL_COUNT]; /* prepared when first used */
};

static inline struct sqlite_store *sqlite_of(struct store *store)
{
    return (struct sqlite_store *)store;
}

/* The text of a statement, and the schema's migrations: [i] leads from user_version i to i + 1.
 * Static; NULL after the last. Additive: a program that knows only the version before goes on with
 * it. */
struct sql_migration {
    const char *text;
    bool is_additive;
};
const char *sql_text(enum sql sql);
const struct sql_migration *sql_migration(int version);

/* GAIA_STORE with SQLite's message. */
gaia_status sqlite_error(struct sqlite_store *store, const char *what, gaia_error *err);

/* A statement with its parameters bound by format, one letter each: i int64, d double (NaN becomes
 * NULL), s text (NULL allowed), b blob (pointer, size_t bytes), n NULL (takes no argument). What is
 * bound is borrowed until the statement is reset. GAIA_STORE. The caller steps and resets. */
gaia_status sqlite_bind(struct sqlite_store *store, enum sql sql, sqlite3_stmt **statement,
                        gaia_error *err, const char *format, ...);

/* Binds as sqlite_bind does, and runs a statement that returns no rows. */
gaia_status sqlite_run(struct sqlite_store *store, enum sql sql, gaia_error *err,
                       const char *format, ...);

/* Of the table: opening and transactions, ... */
gaia_status sqlite_open(const char *path, int64_t stall_ms, struct store **opened, gaia_error *err);
void sqlite_close(struct store *base);
gaia_status sqlite_begin(struct store *base, gaia_error *err);
gaia_status sqlite_commit(struct store *base, gaia_error *err);
void sqlite_rollback(struct store *base);

/* A row becomes a record that a visitor is given; the rows of a bound statement are, and it is
 * reset. */
typedef gaia_status row_take(sqlite3_stmt *row, const struct store_visitor *visitor,
                             gaia_error *err);
gaia_status sqlite_rows(struct sqlite_store *store, sqlite3_stmt *statement, row_take *take,
                        const struct store_visitor *visitor, gaia_error *err);
/* Text of a column; never NULL, so that a damaged row cannot crash its reader. */
const char *sqlite_text(sqlite3_stmt *row, int column);

gaia_status sqlite_token_add(struct store *base, const struct token_record *token, gaia_error *err);
gaia_status sqlite_token_drop(struct store *base, const char *id, gaia_error *err);
gaia_status sqlite_tokens_list(struct store *base, const struct store_visitor *visitor,
                               gaia_error *err);

gaia_status sqlite_jobs_forget(struct store *base, int64_t before_ms, bool *more, gaia_error *err);

/* ... and the reading half. */
gaia_status sqlite_spec_read(struct store *store, int64_t job, char **spec, gaia_error *err);
gaia_status sqlite_plan_read(struct store *store, int64_t job, char **plan, gaia_error *err);
gaia_status sqlite_document_read(struct store *store, int64_t job, char **document,
                                 gaia_error *err);
gaia_status sqlite_schedule_spec_read(struct store *store, int64_t schedule, char **spec,
                                      gaia_error *err);
gaia_status sqlite_job_load(struct store *store, int64_t job, const struct store_visitor *visitor,
                            gaia_error *err);
gaia_status sqlite_job_find_key(struct store *store, const char *tenant, const char *key,
                                const struct store_visitor *visitor, gaia_error *err);
gaia_status sqlite_batches_done(struct store *store, int64_t job,
                                const struct store_visitor *visitor, gaia_error *err);
gaia_status sqlite_batches_list(struct store *store, enum batch_state state, int64_t after_job,
                                int64_t after_number, int64_t limit,
                                const struct store_visitor *visitor, gaia_error *err);
gaia_status sqlite_attempts_read(struct store *store, int64_t job,
                                 const struct store_visitor *visitor, gaia_error *err);
gaia_status sqlite_schedules_list(struct store *store, const struct store_visitor *visitor,
                                  gaia_error *err);
gaia_status sqlite_load(struct store *store, const struct store_visitor *visitor, gaia_error *err);
gaia_status sqlite_job_find(struct store *store, const char *id,
                            const struct store_visitor *visitor, gaia_error *err);
gaia_status sqlite_jobs_list(struct store *store, const struct job_filter *filter,
                             const struct store_visitor *visitor, gaia_error *err);
gaia_status sqlite_forecasts_read(struct store *store, int64_t job,
                                  const struct store_visitor *visitor, gaia_error *err);
gaia_status sqlite_warnings_read(struct store *store, int64_t job,
                                 const struct store_visitor *visitor, gaia_error *err);
gaia_status sqlite_moments_read(struct store *store, int64_t job, uint64_t first, uint64_t n_units,
                                const struct store_visitor *visitor, gaia_error *err);
gaia_status sqlite_scores_read(struct store *store, int64_t job, int64_t after, int64_t limit,
                               const struct store_visitor *visitor, gaia_error *err);
gaia_status sqlite_composites_read(struct store *store, int64_t job,
                                   const struct store_visitor *visitor, gaia_error *err);

/* store_sqlite_standing.c: composites, and the ranking that is kept beside them. */
gaia_status sqlite_composite_put(struct store *base, int64_t job,
                                 const struct store_composite *composite, gaia_error *err);
gaia_status sqlite_composites_unranked(struct store *store, int64_t limit,
                                       const struct store_visitor *visitor, gaia_error *err);
gaia_status sqlite_standings_list(struct store *store, const struct rank_filter *filter,
                                  const struct store_visitor *visitor, gaia_error *err);

#endif
