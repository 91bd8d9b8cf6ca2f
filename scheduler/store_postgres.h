/* SPDX-License-Identifier: MIT
 *
 * What the files of the PostgreSQL store share. store_postgres_open.c connects and migrates,
 * store_postgres_pipe.c sends and receives, store_postgres_lead.c holds the lease,
 * store_postgres_turn.c begins and commits, store_postgres_copy.c loads in bulk and keeps the days,
 * store_postgres.c writes, store_postgres_read.c reads, store_postgres_sql.c holds all SQL.
 *
 * Invariant: every value reaches the server as a bound parameter or in a binary COPY; the only SQL
 * made here names partitions, by numbers of ours.
 */
#ifndef STORE_POSTGRES_H
#define STORE_POSTGRES_H

#include <libpq-fe.h>

#include "map.h"
#include "store.h"
#include "text.h"

/* X(name): a prepared statement; its text is in store_postgres_sql.c. */
#define PG_MAP(X)                                                                                  \
    X(BEGIN)                                                                                       \
    X(COMMIT)                                                                                      \
    X(ROLLBACK)                                                                                    \
    X(FENCE)                                                                                       \
    X(LEAD_RENEW)                                                                                  \
    X(LEAD_READ)                                                                                   \
    X(LEAD_TERMINATE)                                                                              \
    X(LEAD_TAKE)                                                                                   \
    X(LEAD_RELEASE)                                                                                \
    X(DAY_ADD)                                                                                     \
    X(DAY_OLD)                                                                                     \
                                                                                                   \
    X(DAY_OF_JOB)                                                                                  \
    X(JOBS_FORGET)                                                                                 \
    X(JOB_INSERT)                                                                                  \
    X(JOB_UPDATE)                                                                                  \
    X(BATCH_PUT)                                                                                   \
    X(BATCHES_STOP)                                                                                \
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
    X(RESULT_TAKE)                                                                                 \
    X(RESULT_ASK)                                                                                  \
    X(PLAN_PUT)                                                                                    \
    X(FORECAST_PUT)                                                                                \
    X(WARNING_ADD)                                                                                 \
    X(SCORES_DELETE)                                                                               \
    X(COMPOSITE_PUT)                                                                               \
    X(DOCUMENT_PUT)                                                                                \
    X(SPEC_READ)                                                                                   \
    X(PLAN_READ)                                                                                   \
    X(DOCUMENT_READ)                                                                               \
    X(SCHEDULE_SPEC_READ)                                                                          \
    X(SESSIONS_READ)                                                                               \
    X(SCHEDULES_READ)                                                                              \
    X(JOBS_LIVE)                                                                                   \
    X(BATCHES_LIVE)                                                                                \
    X(JOB_LOAD)                                                                                    \
    X(BATCHES_READ)                                                                                \
    X(JOB_FIND)                                                                                    \
    X(JOB_SHOW)                                                                                    \
    X(JOB_FIND_KEY)                                                                                \
    X(BATCHES_DONE)                                                                                \
    X(BATCHES_LIST)                                                                                \
    X(ATTEMPTS_READ)                                                                               \
    X(JOBS_LIST)                                                                                   \
    X(JOBS_LIST_OF)                                                                                \
    X(FORECASTS_READ)                                                                              \
    X(WARNINGS_READ)                                                                               \
    X(MOMENTS_ADD)                                                                                 \
    X(MOMENTS_READ)                                                                                \
    X(SCORES_READ)                                                                                 \
    X(COMPOSITES_READ)                                                                             \
    X(STANDING_PUT)                                                                                \
    X(STANDING_DROP)                                                                               \
    X(UNRANKED_LIST)                                                                               \
    X(STANDINGS_LIST)

enum pg_sql {
#define X(name) PG_##name,
    PG_MAP(X)
#undef X
        PG_SQL_COUNT
};

/* The two tables that are loaded in bulk and cut into days. */
enum pg_bulk { PG_MOMENTS, PG_SCORES, PG_BULK_COUNT };

enum {
    PG_OWNER_BYTES = 16,
    PG_DAYS_KNOWN = 64,
    PG_FLIGHT = 512, /* commands sent before their outcomes are waited for */
};

/* A command whose outcome has not been received. */
struct pg_sent {
    enum pg_sql sql;
    bool is_prepare;
};

/* A lease that this store wrote: its result can be foretold. */
struct pg_lease {
    char key[48];
    int64_t job;
    char attempt[RECORD_ID];
    char session[RECORD_ID];
};

struct postgres_store {
    struct store base;
    char *conninfo;
    int stall_ms; /* so long the server may say nothing while it is waited for */
    PGconn *conn; /* NULL: not connected */
    bool is_prepared[PG_SQL_COUNT];
    struct pg_sent sent[2 * PG_FLIGHT + 8]; /* in the order of their outcomes */
    size_t n_sent;

    bool in_turn;                    /* between begin and commit or rollback */
    bool is_begun;                   /* and the server knows: it is told with the first write */
    gaia_error failure;              /* of the turn: nothing more is sent until it is rolled back */
    struct text bulk[PG_BULK_COUNT]; /* rows that wait to be loaded, as binary COPY has them */

    char owner[2 * PG_OWNER_BYTES + 1];
    char name[STORE_LEADER];
    int64_t ttl_ms;
    int64_t renewed_ms; /* of the monotonic clock */
    int64_t epoch;      /* that this store leads in; 0: it does not */

    int64_t partition_day; /* whose partitions are known to be there; -1: none */
    struct {
        int64_t job; /* 0: empty */
        int64_t day;
    } days[PG_DAYS_KNOWN];
    struct map leases; /* of struct pg_lease, owned */
};

static inline struct postgres_store *postgres_of(struct store *store)
{
    return (struct postgres_store *)store;
}

/* The text of a statement, and the schema's migrations: [i] leads from version i to i + 1. Static;
 * NULL after the last. Additive: a program that knows only the version before goes on with it. */
struct pg_migration {
    const char *text;
    bool is_additive;
};
const char *pg_sql_text(enum pg_sql sql);
const char *pg_sql_name(enum pg_sql sql);
const struct pg_migration *pg_migration(int64_t version);
const char *pg_migration_text(const struct pg_migration *migration);

/* store_postgres_open.c: opening for the table of operations; a new connection, in pipeline mode,
 * for a store that has none; and the migrations that are missing (of an empty database only, unless
 * this store leads). GAIA_STORE. */
gaia_status pg_open(const char *conninfo, int64_t stall_ms, struct store **opened, gaia_error *err);
gaia_status pg_connect(struct postgres_store *store, gaia_error *err);
gaia_status pg_schema_update(struct postgres_store *store, gaia_error *err);

/* store_postgres_pipe.c. Parameters follow format, one letter each: i int64, d double (NaN becomes
 * NULL), s text (NULL allowed; what is not UTF-8 is replaced), n a NULL of int64 (takes no
 * argument), b bytes (a pointer and a size_t).
 *
 * pg_send queues a statement; its failure may be told by a later call. pg_settle waits for the
 * outcome of all that is queued; *last, if wanted, is the last one's, to be cleared. pg_write and
 * pg_ask belong to the turn, or are one by themselves; pg_read is outside of any unless one is
 * begun. GAIA_STORE, GAIA_OUT_OF_MEMORY; a lost connection is closed. */
gaia_status pg_send(struct postgres_store *store, enum pg_sql sql, gaia_error *err,
                    const char *format, ...);
gaia_status pg_settle(struct postgres_store *store, PGresult **last, gaia_error *err);
gaia_status pg_write(struct postgres_store *store, enum pg_sql sql, gaia_error *err,
                     const char *format, ...);
gaia_status pg_ask(struct postgres_store *store, enum pg_sql sql, PGresult **answer,
                   gaia_error *err, const char *format, ...);
gaia_status pg_read(struct postgres_store *store, enum pg_sql sql, PGresult **answer,
                    gaia_error *err, const char *format, ...);
/* A lost connection: closes it, for the server to roll back, and fails the turn. */
gaia_status pg_lost(struct postgres_store *store, const char *why, gaia_error *err);
/* Waits until the socket can be read or, with something unsent, written; writes what it can. */
gaia_status pg_wait(struct postgres_store *store, bool for_input, gaia_error *err);
/* The next of libpq's results, to be cleared; NULL ends those of a command. */
gaia_status pg_next(struct postgres_store *store, PGresult **result, gaia_error *err);
/* store_postgres_plain.c. Sends commands of ours that take no parameters, outside of the pipeline,
 * and waits. */
gaia_status pg_script(struct postgres_store *store, const char *script, gaia_error *err);
/* Loads rows (binary COPY without head and tail) by this COPY command. */
gaia_status pg_copy_in(struct postgres_store *store, const char *copy, const struct text *rows,
                       gaia_error *err);
void pg_disconnect(struct postgres_store *store);
/* A whole number that the server sent, in binary. */
int64_t pg_int(const PGresult *result, int row, int column);

/* store_postgres_lead.c */
gaia_status pg_lead(struct store *base, const char *name, int64_t ttl_ms, struct store_lead *lead,
                    gaia_error *err);
/* Renews a lease that has been held for a while, between the pages of a long load. */
gaia_status pg_lead_keep(struct postgres_store *store, gaia_error *err);
void pg_lead_release(struct postgres_store *store);

/* store_postgres_turn.c. pg_enter makes sure that a turn is begun on the server before a write;
 * *alone is true if the write is outside of any, and then pg_leave ends it. */
gaia_status pg_begin(struct store *base, gaia_error *err);
gaia_status pg_commit(struct store *base, gaia_error *err);
void pg_rollback(struct store *base);
gaia_status pg_enter(struct postgres_store *store, bool *alone, gaia_error *err);
gaia_status pg_leave(struct postgres_store *store, bool alone, gaia_status status, gaia_error *err);

/* Leases that this store wrote and has not seen end: the database's own rows, since nobody else may
 * write while it leads. */
void pg_lease_note(struct postgres_store *store, const struct batch_record *batch);
bool pg_lease_is(const struct postgres_store *store, int64_t job, uint32_t batch,
                 const char *attempt, const char *session);
void pg_leases_forget(struct postgres_store *store, int64_t job); /* 0: all */

/* store_postgres_copy.c. The day (since 1970, UTC) that a job was submitted; -1: no such job. */
gaia_status pg_day_of(struct postgres_store *store, int64_t job, int64_t *day, gaia_error *err);
void pg_day_note(struct postgres_store *store, int64_t job, int64_t submitted_ms);
/* Makes sure that the day has its partitions. */
gaia_status pg_day_make(struct postgres_store *store, int64_t day, gaia_error *err);
int64_t pg_day(int64_t submitted_ms);
gaia_status pg_moments_add(struct postgres_store *store, const struct store_result *result,
                           gaia_error *err);
gaia_status pg_score_add(struct store *base, int64_t job, const struct store_score *score,
                         gaia_error *err);
/* Sends the rows that wait for it. */
gaia_status pg_bulk_flush(struct postgres_store *store, gaia_error *err);
gaia_status pg_jobs_forget(struct store *base, int64_t before_ms, bool *more, gaia_error *err);

/* store_postgres_token.c */
gaia_status pg_token_add(struct store *base, const struct token_record *token, gaia_error *err);
gaia_status pg_token_drop(struct store *base, const char *id, gaia_error *err);
gaia_status pg_tokens_list(struct store *base, const struct store_visitor *visitor,
                           gaia_error *err);

/* store_postgres_read.c: the reading half of the table. */
gaia_status pg_spec_read(struct store *store, int64_t job, char **spec, gaia_error *err);
gaia_status pg_plan_read(struct store *store, int64_t job, char **plan, gaia_error *err);
gaia_status pg_document_read(struct store *store, int64_t job, char **document, gaia_error *err);
gaia_status pg_schedule_spec_read(struct store *store, int64_t schedule, char **spec,
                                  gaia_error *err);
gaia_status pg_load(struct store *store, const struct store_visitor *visitor, gaia_error *err);
gaia_status pg_job_load(struct store *store, int64_t job, const struct store_visitor *visitor,
                        gaia_error *err);
gaia_status pg_job_find(struct store *store, const char *id, const struct store_visitor *visitor,
                        gaia_error *err);
gaia_status pg_job_show(struct store *store, const char *id, const struct store_visitor *visitor,
                        gaia_error *err);
gaia_status pg_job_find_key(struct store *store, const char *tenant, const char *key,
                            const struct store_visitor *visitor, gaia_error *err);
gaia_status pg_batches_done(struct store *store, int64_t job, const struct store_visitor *visitor,
                            gaia_error *err);
gaia_status pg_batches_list(struct store *store, enum batch_state state, int64_t after_job,
                            int64_t after_number, int64_t limit,
                            const struct store_visitor *visitor, gaia_error *err);
gaia_status pg_attempts_read(struct store *store, int64_t job, const struct store_visitor *visitor,
                             gaia_error *err);
gaia_status pg_schedules_list(struct store *store, const struct store_visitor *visitor,
                              gaia_error *err);
gaia_status pg_jobs_list(struct store *store, const struct job_filter *filter,
                         const struct store_visitor *visitor, gaia_error *err);
/* store_postgres_result.c */
gaia_status pg_forecasts_read(struct store *store, int64_t job, const struct store_visitor *visitor,
                              gaia_error *err);
gaia_status pg_warnings_read(struct store *store, int64_t job, const struct store_visitor *visitor,
                             gaia_error *err);
gaia_status pg_moments_read(struct store *store, int64_t job, uint64_t first, uint64_t n_units,
                            const struct store_visitor *visitor, gaia_error *err);
gaia_status pg_scores_read(struct store *store, int64_t job, int64_t after, int64_t limit,
                           const struct store_visitor *visitor, gaia_error *err);
gaia_status pg_composites_read(struct store *store, int64_t job,
                               const struct store_visitor *visitor, gaia_error *err);

/* store_postgres_standing.c */
gaia_status pg_composite_put(struct store *base, int64_t job,
                             const struct store_composite *composite, gaia_error *err);
gaia_status pg_composites_unranked(struct store *store, int64_t limit,
                                   const struct store_visitor *visitor, gaia_error *err);
gaia_status pg_standings_list(struct store *store, const struct rank_filter *filter,
                              const struct store_visitor *visitor, gaia_error *err);

#endif
