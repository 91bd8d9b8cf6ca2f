/* SPDX-License-Identifier: MIT
 *
 * The client of a scheduler: submit jobs, watch them, fetch their scores, over its HTTP API.
 *
 * A client belongs to one thread at a time. Every call may block for its request, at most about
 * half a minute (scores: as long as bytes arrive). A scheduler that was restarted is found again by
 * itself.
 *
 * Any call may return GAIA_UNREACHABLE (no scheduler runs there), GAIA_TIMEOUT, GAIA_DENIED (wrong
 * secret), GAIA_PROTOCOL (the answer is not the API's), GAIA_OUT_OF_MEMORY, or what the scheduler
 * says. A client of several schedulers asks the next one where one cannot be reached, is not
 * answering in time or stands by. Nothing is done twice by that: a job is submitted with a key of
 * its own, and what has none is sent only to the one that says it leads.
 */
#ifndef GAIA_CLIENT_H
#define GAIA_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include <gaia/status.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { GAIA_CLIENT_ID = 64, GAIA_CLIENT_TOKEN = 128 };

struct gaia_client;

/* One forecast of a job: GAIA_OK, or why it could not be scored. */
struct gaia_client_forecast {
    const char *id;
    gaia_status status;
    const char *detail;
};

/* A job as the scheduler last saw it. A list of jobs leaves out what is below "only of one job". */
struct gaia_client_job {
    char id[GAIA_CLIENT_ID];
    const char *name;  /* "" if it has none */
    const char *state; /* queued, planning, running, succeeded, failed or cancelled */
    uint64_t units_done;
    uint64_t units_total; /* 0 until the job is planned */
    int64_t submitted_ms; /* since 1970 UTC */
    int64_t finished_ms;  /* 0 until it has ended */
    /* only of one job */
    uint64_t batches_done;
    uint64_t batches_total;
    gaia_error error; /* why the job failed; status GAIA_OK otherwise */
    size_t n_forecasts;
    const struct gaia_client_forecast *forecasts;
    size_t n_warnings;
    const char *const *warnings;
};

struct gaia_client_jobs {
    size_t n_jobs;
    const struct gaia_client_job *jobs; /* as the scheduler lists them */
    void *memory;                       /* owns everything above */
};

/* Opens a client of the scheduler whose state directory this is; NULL: the one that
 * $GAIA_SCHEDULER, $GAIA_TOKEN_FILE and $GAIA_CA_FILE say (gaia_client_open_remote), else
 * $GAIA_STATE, else $XDG_STATE_HOME/gaia, else $HOME/.local/state/gaia. Several, of schedulers of
 * one database, are separated by commas: each request goes to the one that leads. Nothing is sent
 * yet. GAIA_UNREACHABLE if the directory has no secret: no scheduler has ever run there.
 * GAIA_USAGE, GAIA_FILE_UNREADABLE. */
GAIA_API GAIA_MUST_USE gaia_status gaia_client_open(const char *state_directory,
                                                    struct gaia_client **client, gaia_error *err);

/* A scheduler of another machine, or several of one database. */
struct gaia_client_remote {
    const char *url;        /* "https://HOST:PORT", or some that are separated by commas; http:// of
                             * this machine only */
    const char *token_file; /* one line, a token; mode 0600 */
    const char *ca_file;    /* authorities, in PEM, one of which must have signed for the host;
                             * NULL: those that the system trusts */
};

/* Opens a client of it. Nothing is sent yet; that the other side is not who it should be is
 * GAIA_DENIED then. GAIA_USAGE (the address), GAIA_FILE_MISSING, GAIA_FILE_DAMAGED (no token
 * there), GAIA_DENIED (others may read it). */
GAIA_API GAIA_MUST_USE gaia_status gaia_client_open_remote(const struct gaia_client_remote *remote,
                                                           struct gaia_client **client,
                                                           gaia_error *err);

/* NULL is allowed. */
GAIA_API void gaia_client_close(struct gaia_client *client);

/* GAIA_OK if the scheduler's process answers, also while it stands by or its database is away. */
GAIA_API GAIA_MUST_USE gaia_status gaia_client_live(struct gaia_client *client, gaia_error *err);

/* GAIA_OK once the scheduler takes jobs. */
GAIA_API GAIA_MUST_USE gaia_status gaia_client_ready(struct gaia_client *client, gaia_error *err);

/* Submits length bytes of JSON (gaia.job/1, paths as the executors see them). id: at least
 * GAIA_CLIENT_ID bytes, gets the job's id. Of several schedulers each is asked in its turn, for up
 * to 20 s, in which one takes over from another. The errors of gaia_job_parse. */
GAIA_API GAIA_MUST_USE gaia_status gaia_client_submit(struct gaia_client *client, const char *json,
                                                      size_t length, char *id, gaia_error *err);

/* The job with this id as a list of one, to be freed with gaia_client_jobs_free. GAIA_NOT_FOUND. */
GAIA_API GAIA_MUST_USE gaia_status gaia_client_find(struct gaia_client *client, const char *id,
                                                    struct gaia_client_jobs **job, gaia_error *err);

/* How far a job is. */
struct gaia_client_progress {
    const char *state; /* as in gaia_client_job */
    uint64_t units_done;
    uint64_t units_total;
    uint64_t batches_done;
    uint64_t batches_total;
    double rate; /* fields a second; 0: not known */
};

/* Follows a job: hands how far it is to `take`, at once and whenever that changes, until the job is
 * over or the scheduler ends the stream (GAIA_OK both: gaia_client_find tells). Blocks as long as
 * the scheduler is there. A nonzero return of `take` ends the call with GAIA_CANCELLED.
 * GAIA_NOT_FOUND; GAIA_LIMIT: the scheduler has as many streams as it may. */
GAIA_API GAIA_MUST_USE gaia_status
gaia_client_watch(struct gaia_client *client, const char *id,
                  int (*take)(void *context, const struct gaia_client_progress *progress),
                  void *context, gaia_error *err);

/* The latest 10,000 jobs, to be freed with gaia_client_jobs_free. */
GAIA_API GAIA_MUST_USE gaia_status gaia_client_list(struct gaia_client *client,
                                                    struct gaia_client_jobs **jobs,
                                                    gaia_error *err);

/* Which jobs are listed; NULL: any. */
struct gaia_client_choice {
    const char *state;  /* as in gaia_client_job */
    const char *tenant; /* "": those that name none */
    const char *name;   /* the whole of it */
    unsigned limit;     /* 1 to 10,000, the latest; 0: 10,000 */
};

/* The same of some. GAIA_USAGE: there is no such state. */
GAIA_API GAIA_MUST_USE gaia_status gaia_client_list_some(struct gaia_client *client,
                                                         const struct gaia_client_choice *choice,
                                                         struct gaia_client_jobs **jobs,
                                                         gaia_error *err);

/* NULL is allowed. */
GAIA_API void gaia_client_jobs_free(struct gaia_client_jobs *jobs);

/* Cancels a job that has not ended. GAIA_NOT_FOUND. */
GAIA_API GAIA_MUST_USE gaia_status gaia_client_cancel(struct gaia_client *client, const char *id,
                                                      gaia_error *err);

/* Hands the job's scores, as CSV, to `take` piece by piece, in order; a piece may end anywhere in a
 * line. A nonzero return of `take` ends the call with GAIA_CANCELLED. What was taken is all of it
 * only if the call returns GAIA_OK. GAIA_NOT_FOUND. */
GAIA_API GAIA_MUST_USE gaia_status gaia_client_scores(struct gaia_client *client, const char *id,
                                                      int (*take)(void *context, const char *bytes,
                                                                  size_t length),
                                                      void *context, gaia_error *err);

/* The same for the document of a job that is a task (JSON). GAIA_USAGE if it has scores instead. */
GAIA_API GAIA_MUST_USE gaia_status gaia_client_result(struct gaia_client *client, const char *id,
                                                      int (*take)(void *context, const char *bytes,
                                                                  size_t length),
                                                      void *context, gaia_error *err);

/* The same for the job's moments: the bytes of a file of moments, from which `gaia scores` derives.
 */
GAIA_API GAIA_MUST_USE gaia_status gaia_client_moments(struct gaia_client *client, const char *id,
                                                       int (*take)(void *context, const char *bytes,
                                                                   size_t length),
                                                       void *context, gaia_error *err);

/* The same for the job's error maps: the bytes of a file of maps, none where the job asked for
 * none; `gaia maps` reads it. */
GAIA_API GAIA_MUST_USE gaia_status gaia_client_maps(struct gaia_client *client, const char *id,
                                                    int (*take)(void *context, const char *bytes,
                                                                size_t length),
                                                    void *context, gaia_error *err);

/* The same for the job's composites: a JSON array of documents (gaia.composite/1), one for each
 * forecast that was scored, "[]" where the job's profile has none. GAIA_NOT_FOUND. */
GAIA_API GAIA_MUST_USE gaia_status gaia_client_composites(
    struct gaia_client *client, const char *id,
    int (*take)(void *context, const char *bytes, size_t length), void *context, gaia_error *err);

/* Takes a failed job up again: what was done stays done. GAIA_NOT_FOUND; GAIA_USAGE if the job has
 * not failed. */
GAIA_API GAIA_MUST_USE gaia_status gaia_client_replay(struct gaia_client *client, const char *id,
                                                      gaia_error *err);

/* Lets an executor finish what it holds and leave; who comes under its name gets no work until
 * gaia_client_resume. GAIA_NOT_FOUND. */
GAIA_API GAIA_MUST_USE gaia_status gaia_client_drain(struct gaia_client *client,
                                                     const char *executor, gaia_error *err);
GAIA_API GAIA_MUST_USE gaia_status gaia_client_resume(struct gaia_client *client,
                                                      const char *executor, gaia_error *err);

/* Submits length bytes of JSON as a schedule: {"name", "cron", "zone", "job"}, where cron is as in
 * crontab(5) and the zone of the time zone database. id: at least GAIA_CLIENT_ID bytes, gets the
 * schedule's id. GAIA_USAGE (cron or zone), the errors of gaia_job_parse. */
GAIA_API GAIA_MUST_USE gaia_status gaia_client_schedule(struct gaia_client *client,
                                                        const char *json, size_t length, char *id,
                                                        gaia_error *err);

/* What may be done to a schedule. One that is paused owes nothing when it is resumed; the job that
 * a removed one has made goes on. */
enum gaia_schedule_change { GAIA_SCHEDULE_REMOVE, GAIA_SCHEDULE_PAUSE, GAIA_SCHEDULE_RESUME };

GAIA_API GAIA_MUST_USE gaia_status gaia_client_schedule_change(struct gaia_client *client,
                                                               const char *id,
                                                               enum gaia_schedule_change change,
                                                               gaia_error *err);

/* Hands a backup of the scheduler's embedded store to `take`, as gaia_client_scores does: what
 * `gaia-scheduler --restore` reads. The store is in use meanwhile. The first byte may take as long
 * as the database is copied. Only an admin may do this and what follows: GAIA_DENIED.
 * GAIA_NOT_FOUND: the queue is in PostgreSQL. */
GAIA_API GAIA_MUST_USE gaia_status gaia_client_backup(struct gaia_client *client,
                                                      int (*take)(void *context, const char *bytes,
                                                                  size_t length),
                                                      void *context, gaia_error *err);

/* Makes a token of length bytes of JSON: {"name", "scope" (read, submit or admin), "tenant",
 * "expires_ms"}, of which the last two may be left out. id and token, at least GAIA_CLIENT_ID and
 * GAIA_CLIENT_TOKEN bytes, get the token's id and its text, which nobody can be told again.
 * GAIA_USAGE. */
GAIA_API GAIA_MUST_USE gaia_status gaia_client_token_create(struct gaia_client *client,
                                                            const char *json, size_t length,
                                                            char *id, char *token, gaia_error *err);

/* Revokes a token; afterwards it is good for nothing. GAIA_NOT_FOUND. */
GAIA_API GAIA_MUST_USE gaia_status gaia_client_token_revoke(struct gaia_client *client,
                                                            const char *id, gaia_error *err);

/* Lists that are handed to `take` as JSON, piece by piece, as gaia_client_scores does: the batches
 * that were given up ({"batches": [...]}), how the batches of a job went wrong ({"attempts":
 * [...]}; GAIA_NOT_FOUND), the schedules ({"schedules": [...]}), the executors ({"executors":
 * [...]}), the tokens ({"tokens": [...]}). id: of a job, for attempts only. */
enum gaia_client_list_of {
    GAIA_CLIENT_DEAD,
    GAIA_CLIENT_ATTEMPTS,
    GAIA_CLIENT_SCHEDULES,
    GAIA_CLIENT_EXECUTORS,
    GAIA_CLIENT_TOKENS
};

GAIA_API GAIA_MUST_USE gaia_status gaia_client_list_json(
    struct gaia_client *client, enum gaia_client_list_of what, const char *id,
    int (*take)(void *context, const char *bytes, size_t length), void *context, gaia_error *err);

/* Which forecasts are ranked; NULL: any. */
struct gaia_client_ranking {
    const char *profile; /* its name or its hash */
    const char *tenant;
    const char *name; /* of the job */
    const char *forecast;
    unsigned limit; /* 1 to 1000; 0: as the scheduler has it */
};

/* Hands forecasts ranked by their composites to `take` as JSON ({"leaderboard": [...]}), as
 * gaia_client_scores does. */
GAIA_API GAIA_MUST_USE gaia_status gaia_client_leaderboard(
    struct gaia_client *client, const struct gaia_client_ranking *ranking,
    int (*take)(void *context, const char *bytes, size_t length), void *context, gaia_error *err);

#ifdef __cplusplus
}
#endif
#endif
