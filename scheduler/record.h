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

/* Bytes of an identifier (job, attempt, session) with its NUL, and of an executor's own texts. */
enum { RECORD_ID = 40, RECORD_NAME = 128 };

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

struct job_record {
    int64_t seq; /* order of submission, from 1; how the store names the job */
    char id[RECORD_ID];
    enum job_state state;
    gaia_error error;     /* of a failed or cancelled job */
    uint64_t units_total; /* 0 until the job is planned */
    uint64_t units_done;
    uint32_t batches_total; /* the plan batch is one of them */
    uint32_t batches_done;
    int64_t submitted_ms; /* since 1970 */
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
};

/* The name of a state or kind, and the reverse; false if there is none of that name. */
const char *job_state_name(enum job_state state);
const char *batch_state_name(enum batch_state state);
const char *batch_kind_name(enum batch_kind kind);
bool job_state_parse(const char *name, enum job_state *state);
bool batch_state_parse(const char *name, enum batch_state *state);
bool batch_kind_parse(const char *name, enum batch_kind *kind);

/* A job that is over changes no more. */
static inline bool job_state_over(enum job_state state)
{
    return state == JOB_SUCCEEDED || state == JOB_FAILED || state == JOB_CANCELLED;
}

/* Copies text into out[0 .. RECORD_ID) or [0 .. RECORD_NAME); what does not fit is cut off. */
void record_id_copy(char *out, const char *text);
void record_name_copy(char *out, const char *text);

#endif
