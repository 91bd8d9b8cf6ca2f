/* SPDX-License-Identifier: MIT
 *
 * Where the scheduler keeps what must survive: one interface, a table of operations an
 * implementation (store_sqlite.c, store_postgres.c). Called by the server's loop thread only.
 *
 * Invariants: what store_begin .. commit enclose is there whole or not at all, also after kill -9
 * or a power cut, once commit has returned GAIA_OK. A result counts once: result_commit takes it
 * only while its attempt holds the lease.
 */
#ifndef STORE_H
#define STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gaia/metric.h>
#include <gaia/status.h>

#include "record.h"
#include "token.h"

enum store_outcome { STORE_COMMITTED, STORE_DUPLICATE, STORE_FENCED };

/* A job as it is submitted, and as it is listed. Strings are borrowed. */
struct store_job {
    struct job_record record; /* seq is given by the store */
    const char *name;
    const char *key; /* of its content: no two live or good jobs of a tenant share one; NULL */
    uint64_t spec_bytes;
};

/* A schedule as it is listed. Strings are borrowed. */
struct store_schedule {
    struct schedule_record record; /* seq is given by the store */
    const char *name;
};

/* How an attempt of a batch went wrong. Strings are borrowed. */
struct store_attempt {
    int64_t job;
    uint32_t batch;
    int64_t at_ms; /* since 1970 */
    const char *executor;
    gaia_status status;
    const char *detail;
};

/* A batch that is listed, with the id and the name of its job. Strings are borrowed. */
struct store_batch {
    struct batch_record record;
    const char *id;
    const char *name;
};

/* Of each batch so many attempts are kept, the last ones. */
enum { STORE_ATTEMPTS = 8 };

/* What an executor reports of a lease. */
struct store_result {
    int64_t job;
    uint32_t batch;
    const char *attempt;
    const char *session;
    bool ok; /* the batch is done; else it is failed until its next record is written */
    uint64_t first_unit;
    size_t n_units;
    size_t unit_doubles;   /* of moments in a unit */
    const double *sums;    /* [n_units][unit_doubles]; bits are kept, NaN's too */
    const bool *is_absent; /* [n_units] units without moments; NULL: none */
};

struct store_forecast {
    uint32_t index; /* in the job's forecasts */
    const char *id;
    gaia_status status;
    const char *detail;
};

/* A score with its number: the order in which scores are reported. */
struct store_score {
    int64_t seq;
    struct gaia_score score;
};

/* What a profile made of a forecast's scores. Strings are borrowed. */
struct store_composite {
    uint32_t index; /* of the forecast in the job */
    const char *forecast;
    const char *profile; /* hash of the profile */
    const char *json;    /* gaia.composite/1, bytes as they were made */
    const char *name;    /* of the profile */
    const char *head;    /* of the document (standing.h); NULL: not known yet; "": it has none */
    double score;        /* that forecasts are ranked by; NaN: none */
};

/* A forecast in a ranking. Strings are borrowed. */
struct store_standing {
    const char *job; /* its id */
    const char *name;
    const char *tenant;
    int64_t finished_ms;
    const char *head; /* of its composite */
};

/* Receives what is read; strings and records are borrowed for the call. */
struct store_visitor {
    void *context;
    void (*session)(void *context, const struct session_record *session);
    void (*job)(void *context, const struct store_job *job);
    void (*batch)(void *context, const struct batch_record *batch);
    void (*schedule)(void *context, const struct store_schedule *schedule);
    void (*token)(void *context, const struct token_record *token);
    void (*attempt)(void *context, const struct store_attempt *attempt);
    void (*listed)(void *context, const struct store_batch *batch);
    void (*forecast)(void *context, const struct store_forecast *forecast);
    void (*warning)(void *context, const char *text);
    /* n_doubles is not what the plan says where the row is damaged. */
    void (*moments)(void *context, uint64_t unit, const double *sums, size_t n_doubles);
    void (*score)(void *context, const struct store_score *score);
    void (*composite)(void *context, const struct store_composite *composite);
    void (*unranked)(void *context, int64_t job, const struct store_composite *composite);
    void (*standing)(void *context, const struct store_standing *standing);
};

enum { STORE_LEADER = 256, STORE_IDENTITY = 33 };

/* Who leads. */
struct store_lead {
    bool is_leader;            /* this store */
    char leader[STORE_LEADER]; /* else the name of who does; "": nobody */
};

struct store;

/* Every operation returns GAIA_STORE when the database failed (full, damaged, gone, a broken
 * constraint); after that the transaction is to be rolled back. Jobs are named by job_record.seq.
 */
struct store_ops {
    const char *name;

    /* Makes the database at path if it is not there, and brings its schema up to date. Fails too if
     * its moments were made by another rule of summation, or if its schema is more than one
     * additive migration newer than this program's. stall_ms: silence of a server after which its
     * connection is given up. */
    gaia_status (*open)(const char *path, int64_t stall_ms, struct store **store, gaia_error *err);
    void (*close)(struct store *store);

    /* Takes the lead among the schedulers of one database or keeps it, for ttl_ms from now. Called
     * anew well before they are over, outside of begin .. commit. A store whose lead was taken by
     * another commits nothing more, whatever it has begun; a store that never led may only read.
     * SQLite has one scheduler: it leads. name is what others may call this one. */
    gaia_status (*lead)(struct store *store, const char *name, int64_t ttl_ms,
                        struct store_lead *lead, gaia_error *err);

    /* What fails in between may be told by that operation, a later one or commit. */
    gaia_status (*begin)(struct store *store, gaia_error *err);
    gaia_status (*commit)(struct store *store, gaia_error *err);
    void (*rollback)(struct store *store);

    /* Adds a job with its text; *seq is its number. The record's batches are written apart. */
    gaia_status (*job_insert)(struct store *store, const struct store_job *job, const char *spec,
                              int64_t *seq, gaia_error *err);
    gaia_status (*job_update)(struct store *store, const struct job_record *job, gaia_error *err);
    gaia_status (*batch_put)(struct store *store, const struct batch_record *batch,
                             gaia_error *err);
    /* Cancels every batch of the job that is blocked, ready or leased. */
    gaia_status (*batches_stop)(struct store *store, int64_t job, gaia_error *err);
    /* Takes a failed job up again: every batch that is failed, dead or cancelled is ready, with no
     * tries, losses and kills; the job is what its batches say, without an error. */
    gaia_status (*job_revive)(struct store *store, int64_t job, gaia_error *err);
    gaia_status (*attempt_add)(struct store *store, const struct store_attempt *attempt,
                               gaia_error *err);
    gaia_status (*session_put)(struct store *store, const struct session_record *session,
                               gaia_error *err);
    gaia_status (*session_drop)(struct store *store, const char *session, gaia_error *err);

    /* Adds a schedule with the job it submits; *seq is its number. */
    gaia_status (*schedule_insert)(struct store *store, const struct store_schedule *schedule,
                                   const char *spec, int64_t *seq, gaia_error *err);
    gaia_status (*schedule_update)(struct store *store, const struct schedule_record *schedule,
                                   gaia_error *err);
    gaia_status (*schedule_drop)(struct store *store, int64_t schedule, gaia_error *err);

    /* Adds a token, whose id and hash no other has; takes one out, if it is there. */
    gaia_status (*token_add)(struct store *store, const struct token_record *token,
                             gaia_error *err);
    gaia_status (*token_drop)(struct store *store, const char *id, gaia_error *err);

    /* Ends the lease that the attempt holds and keeps its moments. STORE_COMMITTED: done now.
     * STORE_DUPLICATE: this attempt did it before. STORE_FENCED: anything else; nothing is written.
     */
    gaia_status (*result_commit)(struct store *store, const struct store_result *result,
                                 enum store_outcome *outcome, gaia_error *err);

    gaia_status (*plan_put)(struct store *store, int64_t job, const char *plan, gaia_error *err);
    /* The first failure of a forecast is kept; later ones are left out. */
    gaia_status (*forecast_put)(struct store *store, int64_t job,
                                const struct store_forecast *forecast, gaia_error *err);
    gaia_status (*warning_add)(struct store *store, int64_t job, const char *text, gaia_error *err);
    gaia_status (*score_add)(struct store *store, int64_t job, const struct store_score *score,
                             gaia_error *err);
    /* Deletes scores of the job, limit at most; *more is false when none are left. */
    gaia_status (*scores_delete)(struct store *store, int64_t job, int64_t limit, bool *more,
                                 gaia_error *err);

    /* Writes a forecast's composite, in the place of an earlier one. */
    gaia_status (*composite_put)(struct store *store, int64_t job,
                                 const struct store_composite *composite, gaia_error *err);

    /* Keeps the document that a task gave; a job has one at most. */
    gaia_status (*document_put)(struct store *store, int64_t job, const char *document,
                                gaia_error *err);

    /* Forgets a slice of the jobs that are over and were submitted on a day (UTC) before that of
     * before_ms, with all that they left; *more is false when there was none: when no job has gone
     * whose files could be wanted back if the turn fails. */
    gaia_status (*jobs_forget)(struct store *store, int64_t before_ms, bool *more, gaia_error *err);

    /* The texts are the caller's, to be freed. GAIA_NOT_FOUND if there is none. */
    gaia_status (*spec_read)(struct store *store, int64_t job, char **spec, gaia_error *err);
    gaia_status (*plan_read)(struct store *store, int64_t job, char **plan, gaia_error *err);
    gaia_status (*document_read)(struct store *store, int64_t job, char **document,
                                 gaia_error *err);
    gaia_status (*schedule_spec_read)(struct store *store, int64_t schedule, char **spec,
                                      gaia_error *err);

    /* Sessions, then schedules, then each job that is not over, followed by its batches in order.
     */
    gaia_status (*load)(struct store *store, const struct store_visitor *visitor, gaia_error *err);
    /* The job of this id; GAIA_NOT_FOUND. */
    gaia_status (*job_find)(struct store *store, const char *id,
                            const struct store_visitor *visitor, gaia_error *err);
    /* The same, followed by its forecasts and its warnings: what people ask for most, so that it is
     * one question to a database of another machine. */
    gaia_status (*job_show)(struct store *store, const char *id,
                            const struct store_visitor *visitor, gaia_error *err);
    /* The tenant's job with this key that has neither failed nor been cancelled; GAIA_NOT_FOUND. */
    gaia_status (*job_find_key)(struct store *store, const char *tenant, const char *key,
                                const struct store_visitor *visitor, gaia_error *err);
    /* One job that is not over as load gives it, with its batches; nothing if it is over. */
    gaia_status (*job_load)(struct store *store, int64_t job, const struct store_visitor *visitor,
                            gaia_error *err);
    /* Batches in this state (`listed`), after this job and number, in order. */
    gaia_status (*batches_list)(struct store *store, enum batch_state state, int64_t after_job,
                                int64_t after_number, int64_t limit,
                                const struct store_visitor *visitor, gaia_error *err);
    /* The batches of the job that are done (`batch`), in the order of their units, each with the
     * attempt that did it. */
    gaia_status (*batches_done)(struct store *store, int64_t job,
                                const struct store_visitor *visitor, gaia_error *err);
    /* The kept attempts of the job's batches, by batch, oldest first. */
    gaia_status (*attempts_read)(struct store *store, int64_t job,
                                 const struct store_visitor *visitor, gaia_error *err);
    gaia_status (*schedules_list)(struct store *store, const struct store_visitor *visitor,
                                  gaia_error *err);
    /* All tokens, in the order of their ids. */
    gaia_status (*tokens_list)(struct store *store, const struct store_visitor *visitor,
                               gaia_error *err);
    gaia_status (*jobs_list)(struct store *store, const struct job_filter *filter,
                             const struct store_visitor *visitor, gaia_error *err);
    gaia_status (*forecasts_read)(struct store *store, int64_t job,
                                  const struct store_visitor *visitor, gaia_error *err);
    gaia_status (*warnings_read)(struct store *store, int64_t job,
                                 const struct store_visitor *visitor, gaia_error *err);
    /* The moments of units first .. first + n_units that there are, in order. */
    gaia_status (*moments_read)(struct store *store, int64_t job, uint64_t first, uint64_t n_units,
                                const struct store_visitor *visitor, gaia_error *err);
    /* Scores with a greater number than after, in order, limit at most. */
    gaia_status (*scores_read)(struct store *store, int64_t job, int64_t after, int64_t limit,
                               const struct store_visitor *visitor, gaia_error *err);
    /* The composites of the job, in the order of its forecasts. */
    gaia_status (*composites_read)(struct store *store, int64_t job,
                                   const struct store_visitor *visitor, gaia_error *err);
    /* Composites of which no head is known (`unranked`), limit at most: an older program wrote
     * them.
     */
    gaia_status (*composites_unranked)(struct store *store, int64_t limit,
                                       const struct store_visitor *visitor, gaia_error *err);
    /* The composites of jobs that have succeeded (`standing`), greatest score first, then those
     * without a score; equal ones in the order of their jobs and forecasts. */
    gaia_status (*standings_list)(struct store *store, const struct rank_filter *filter,
                                  const struct store_visitor *visitor, gaia_error *err);
};

/* An implementation's struct begins with this. */
struct store {
    const struct store_ops *ops;
    char identity[STORE_IDENTITY]; /* no other store's, but its backups': made when it was first
                                    * opened */
};

/* The embedded store: one SQLite file in WAL mode. Static. */
const struct store_ops *store_sqlite(void);

/* PostgreSQL 15 or later. path is a libpq connection string; what it does not say comes from the
 * environment (PGHOST, PGSERVICE, ...). It may hold a password, so no message quotes from it.
 * Static. Only in builds with GAIA_POSTGRES. */
const struct store_ops *store_postgres(void);

#endif
