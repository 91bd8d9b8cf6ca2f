/* SPDX-License-Identifier: MIT
 *
 * What the core holds, and the calls between its files: core.c takes events apart, core_session.c
 * deals with executors, core_lease.c with leases and queues, core_job.c with jobs.
 *
 * Invariants: a batch is in the ready heap, in the waiting heap, leased, or over. A lease is in the
 * map of attempts, in the heap of deadlines and in its session's list, or it does not exist. What
 * is freed goes to the trash first, because actions may point to it until the next step.
 */
#ifndef CORE_STATE_H
#define CORE_STATE_H

#include <sys/queue.h>

#include "core.h"
#include "heap.h"
#include "map.h"

enum { PIPE_KEY = 16, GONE_PIPES = 64 };

struct job;
struct session;

struct batch {
    struct heap_node node; /* in ready or waiting */
    struct job *job;
    struct lease *lease; /* NULL unless leased */
    int64_t not_before_ms;
    uint64_t first_unit;
    uint32_t n_units;
    uint32_t number;
    uint32_t tries;
    uint32_t losses;
    enum batch_kind kind;
    enum batch_state state;
};

struct lease {
    struct heap_node node; /* in deadlines */
    TAILQ_ENTRY(lease) in_session;
    struct batch *batch;
    struct session *session;
    char attempt[RECORD_ID];
    int64_t deadline_ms;
    uint64_t seq;    /* of the FETCH that it answers */
    uint64_t done;   /* units, as last reported */
    uint64_t beat;   /* number of the session's beat that last named it */
    uint32_t missed; /* beats since then */
};

struct job {
    struct job_record record;
    TAILQ_ENTRY(job) in_list; /* of live jobs, or the trash */
    gaia_error *error;        /* owned; what record.error points to once the job has failed */
    uint64_t payload_bytes;
    uint64_t units_running; /* what its leases report as done */
    struct batch *batches;  /* [record.batches_total] */
};

struct session {
    struct session_record record;
    TAILQ_ENTRY(session) in_list; /* by last beat, oldest first; or the trash */
    TAILQ_ENTRY(session) in_parked;
    TAILQ_HEAD(, lease) leases;
    size_t n_leases;
    char pipe_key[PIPE_KEY]; /* of the control connection; "" while there is none */
    uint32_t work_pipe;      /* that the parked FETCH came by */
    int64_t last_beat_ms;
    uint64_t beat;
    uint64_t last_seq;
    bool parked;
    void *request; /* the parked FETCH, in which last_seq is its seq */
    uint32_t credits;
    int64_t park_until_ms;
    uint64_t rss_bytes;
    uint64_t device_bytes;
};

TAILQ_HEAD(job_list, job);
TAILQ_HEAD(session_list, session);
TAILQ_HEAD(parked_list, session);

struct core {
    struct core_config config;
    struct job_list jobs;
    struct session_list sessions;
    struct parked_list parked; /* in order of arrival, and so of deadline */
    uint32_t n_parked;
    struct job_list jobs_trash;
    struct session_list sessions_trash;
    struct map job_by_id;
    struct map session_by_id;
    struct map session_by_boot;
    struct map session_by_pipe; /* control connections */
    struct map lease_by_attempt;
    struct heap ready;     /* batches, by job and number */
    struct heap waiting;   /* batches, by not_before_ms */
    struct heap deadlines; /* leases */
    struct {
        enum core_channel channel;
        uint32_t pipe;
    } gone[GONE_PIPES]; /* the last ones to end: a message may be handed up after its pipe's end */
    unsigned next_gone;
    gaia_status trouble; /* why this core must be thrown away; GAIA_OK while it is sound */
    /* The step under way. */
    int64_t now_ms;
    int64_t wall_ms;
    uint64_t *rng;
    struct core_actions *actions;
};

/* core.c: actions. The one returned is to be filled in; it is never NULL. */
struct core_action *action_add(struct core *core, enum core_action_kind kind);
void action_lease_add(struct core *core, const struct core_lease *lease);
void job_store(struct core *core, const struct job *job);
void batch_store(struct core *core, const struct batch *batch);

/* core_job.c */
void job_submit(struct core *core, const struct core_event *event);
void job_cancel(struct core *core, const struct core_event *event);
void job_finished(struct core *core, const struct core_event *event);
void job_result(struct core *core, const struct core_event *event);
/* Ends the job: its batches leave the queues, its leases are revoked. The job stays readable. */
void job_end(struct core *core, struct job *job, enum job_state state, const gaia_error *error);
void job_free(struct job *job);

/* core_lease.c */
bool batch_less(const struct heap_node *a, const struct heap_node *b);
bool waiting_less(const struct heap_node *a, const struct heap_node *b);
bool deadline_less(const struct heap_node *a, const struct heap_node *b);
void batch_queue(struct core *core, struct batch *batch, int64_t not_before_ms);
void batch_unqueue(struct core *core, struct batch *batch);
int64_t backoff_draw(struct core *core, uint32_t tries);
struct lease *lease_make(struct core *core, struct batch *batch, struct session *session,
                         const char *attempt, uint64_t seq);
/* Adds the lease to those that the step's next reply hands out. */
void lease_tell(struct core *core, const struct lease *lease);
/* Frees the lease; its batch belongs to nobody then. */
void lease_end(struct core *core, struct lease *lease);
/* Ends a lease that was lost without a report: the batch is ready again, or dead. */
void lease_lost(struct core *core, struct lease *lease, const char *why);
void leases_expire(struct core *core);
void waiting_release(struct core *core);
/* Leases what is ready to the FETCHes that are parked. */
void leases_grant(struct core *core);

/* core_session.c */
void session_hello(struct core *core, const struct core_event *event);
void session_fetch(struct core *core, const struct core_event *event);
void session_beat(struct core *core, const struct core_event *event);
void session_pipe_gone(struct core *core, const struct core_event *event);
void sessions_age(struct core *core);
struct session *session_add(struct core *core, const struct session_record *record);
void session_unpark(struct core *core, struct session *session);
bool session_alive(const struct core *core, const struct session *session);
size_t sessions_alive(const struct core *core);

/* core_restore.c */
void restore_session(struct core *core, const struct core_event *event);
void restore_job(struct core *core, const struct core_event *event);
void restore_batch(struct core *core, const struct core_event *event);
void restore_end(struct core *core);

#endif
