/* SPDX-License-Identifier: MIT
 *
 * What the scheduler knows of jobs, batches and sessions, as plain records: the language that core,
 * store and server share. The core decides on them, the store keeps them.
 *
 * Invariant: the names of states are part of the store's format and of the HTTP API; they are never
 * changed, only added to.
 */
#ifndef RECORD_H
#define RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include <gaia/status.h>

/* Bytes, with the NUL, of an identifier (job, attempt, session), of what users name (tenant, time
 * zone, key), of an executor's own texts, and of the key of a truth. */
enum { RECORD_ID = 40, RECORD_TENANT = 64, RECORD_NAME = 128, RECORD_TRUTH = 17 };

/* X(code, name) */
#define JOB_STATE_MAP(X)                                                                           \
    X(QUEUED, "queued")                                                                            \
    X(PLANNING, "planning")                                                                        \
    X(RUNNING, "running")                                                                          \
    X(SUCCEEDED, "succeeded")                                                                      \
    X(FAILED, "failed")                                                                            \
    X(CANCELLED, "cancelled")

enum job_state {
#define X(code, name) JOB_##code,
    JOB_STATE_MAP(X)
#undef X
        JOB_STATE_COUNT
};

/* BLOCKED waits for another batch; READY may be leased (once its backoff is over); FAILED had an
 * error that no retry mends; DEAD was tried too often; CANCELLED ended with its job. */
#define BATCH_STATE_MAP(X)                                                                         \
    X(BLOCKED, "blocked")                                                                          \
    X(READY, "ready")                                                                              \
    X(LEASED, "leased")                                                                            \
    X(DONE, "done")                                                                                \
    X(FAILED, "failed")                                                                            \
    X(DEAD, "dead")                                                                                \
    X(CANCELLED, "cancelled")

enum batch_state {
#define X(code, name) BATCH_##code,
    BATCH_STATE_MAP(X)
#undef X
        BATCH_STATE_COUNT
};

/* A job begins with a PLAN, which SCORE batches follow, or is one TASK. */
#define BATCH_KIND_MAP(X)                                                                          \
    X(PLAN, "plan")                                                                                \
    X(SCORE, "score")                                                                              \
    X(TASK, "task")

enum batch_kind {
#define X(code, name) BATCH_KIND_##code,
    BATCH_KIND_MAP(X)
#undef X
        BATCH_KIND_COUNT
};

/* Which executors may run a job's batches: those with a GPU, those without, or all. */
#define JOB_RESOURCE_MAP(X)                                                                        \
    X(ANY, "any")                                                                                  \
    X(CPU, "cpu")                                                                                  \
    X(GPU, "gpu")

enum job_resource {
#define X(code, name) JOB_RESOURCE_##code,
    JOB_RESOURCE_MAP(X)
#undef X
        JOB_RESOURCE_COUNT
};

/* How a job wants to be queued; all zero says nothing special. They never change. */
struct job_terms {
    char tenant[RECORD_TENANT]; /* whose share of the executors it is charged to */
    int32_t priority;           /* a greater one goes first; waiting makes up for it */
    enum job_resource resource;
    uint64_t memory_bytes;    /* that an executor must have; 0: any will do */
    int64_t not_before_ms;    /* since 1970; 0: at once */
    int64_t start_by_ms;      /* since 1970; not begun by then, it fails; 0: it may wait for ever */
    int64_t run_ms;           /* from its first lease to its end, at most; 0: as long as it takes */
    int64_t schedule;         /* schedule_record.seq of what submitted it; 0: a user did */
    char truth[RECORD_TRUTH]; /* key of its truth: executors that hold it are preferred; or "" */
};

struct job_record {
    int64_t seq; /* order of submission, from 1; how the store names the job */
    char id[RECORD_ID];
    enum job_state state;
    struct job_terms terms;
    const gaia_error *error; /* of a failed or cancelled job; NULL: none. Borrowed */
    uint64_t units_total;    /* 0 until the job is planned */
    uint64_t units_done;
    uint32_t batches_total; /* the plan batch is one of them */
    uint32_t batches_done;
    int64_t submitted_ms; /* since 1970 */
    int64_t started_ms;   /* since 1970: its first lease; 0 before */
    int64_t finished_ms;  /* since 1970; 0 while the job is not over */
};

struct batch_record {
    int64_t job;     /* job_record.seq */
    uint32_t number; /* 0 is the plan, or the task */
    enum batch_kind kind;
    enum batch_state state;
    uint64_t first_unit;
    uint32_t n_units;
    uint32_t tries;          /* errors reported so far */
    uint32_t losses;         /* leases that ended without a report */
    uint32_t kills;          /* of them: by the end of an executor that had done nothing else */
    int64_t not_before_ms;   /* since 1970: the end of its backoff; 0: none */
    char attempt[RECORD_ID]; /* "" unless leased */
    char session[RECORD_ID]; /* "" unless leased */
    uint64_t seq;            /* of the FETCH that leased it */
};

struct session_record {
    char session[RECORD_ID];
    char executor[RECORD_NAME];
    char boot[RECORD_NAME]; /* one process of an executor */
    char device[RECORD_NAME];
    uint64_t memory_bytes;
    int64_t pid;
    bool is_drained; /* whatever process the executor has gets no leases */
};

/* A job that is submitted again and again. */
struct schedule_record {
    int64_t seq; /* how the store names the schedule, from 1 */
    char id[RECORD_ID];
    char cron[RECORD_NAME];   /* five fields: cron.h */
    char zone[RECORD_TENANT]; /* of the time zone database; "" is UTC */
    int64_t due_ms;           /* since 1970: its next run */
    bool is_paused;
    bool is_owed; /* a run came due while another was under way */
};

/* Which jobs are listed, newest first. Strings are borrowed; NULL: any. */
struct job_filter {
    bool has_state;
    enum job_state state;
    const char *tenant;
    const char *name;
    int64_t before; /* only those with a smaller number; INT64_MAX: all */
    int64_t limit;
};

/* Which forecasts are ranked, best first. Strings are borrowed; NULL: any. */
struct rank_filter {
    const char *profile; /* its name or its hash */
    const char *tenant;
    const char *name; /* of the job */
    const char *forecast;
    int64_t limit;
};

/* The name of a state or kind, and the reverse; false if there is none of that name. */
const char *job_state_name(enum job_state state);
const char *batch_state_name(enum batch_state state);
const char *batch_kind_name(enum batch_kind kind);
const char *job_resource_name(enum job_resource resource);
bool job_state_parse(const char *name, enum job_state *state);
bool batch_state_parse(const char *name, enum batch_state *state);
bool batch_kind_parse(const char *name, enum batch_kind *kind);
bool job_resource_parse(const char *name, enum job_resource *resource);

/* A job that is over changes no more. */
static inline bool job_state_over(enum job_state state)
{
    return state == JOB_SUCCEEDED || state == JOB_FAILED || state == JOB_CANCELLED;
}

/* Copies text into out[0 .. RECORD_ID), [0 .. RECORD_NAME) or [0 .. RECORD_TENANT); what does not
 * fit is cut off. */
void record_id_copy(char *out, const char *text);
void record_name_copy(char *out, const char *text);
void record_tenant_copy(char *out, const char *text);

#endif
