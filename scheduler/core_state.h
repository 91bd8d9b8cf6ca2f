/* SPDX-License-Identifier: MIT
 *
 * What the core holds, and the calls between its files: core.c takes events apart, core_session.c
 * deals with executors, core_lease.c with leases and queues, core_job.c with jobs.
 *
 * Invariants: a batch is in its job's ready heap, waiting, suspect, leased, or over. A lease is in
 * the map of attempts, in the heap of deadlines and in its session's list, or it does not exist.
 * What is freed goes to the trash first, because actions may point to it until the next step.
 */
#ifndef CORE_STATE_H
#define CORE_STATE_H

#include <sys/queue.h>

#include "core.h"
#include "cron.h"
#include "heap.h"
#include "map.h"

enum { PIPE_KEY = 16, GONE_PIPES = 64 };

struct job;
struct session;
struct tenant;

enum timer_kind { TIMER_JOB, TIMER_SCHEDULE };

struct timer {
    struct heap_node node; /* in timers */
    int64_t at_ms;         /* since 1970 */
    int64_t seq;           /* of its job or schedule: ties are broken by it */
    enum timer_kind kind;
};

/* What jobs ask of an executor, and the tenants that have such jobs ready. */
struct lane {
    TAILQ_ENTRY(lane) in_list;
    enum job_resource resource;
    uint64_t memory_bytes;
    struct heap queues;
    struct heap suspects; /* batches that were lost with their executor, by since_ms */
};

/* A tenant's ready jobs in one lane. */
struct queue {
    TAILQ_ENTRY(queue) in_tenant;
    struct heap_node in_lane;
    struct tenant *tenant;
    struct lane *lane;
    struct heap jobs;
    bool was_in_lane; /* while its tenant's clock is moved */
};

struct tenant {
    char name[RECORD_TENANT];
    uint64_t clock; /* work over share, so far */
    uint64_t step;  /* of the clock, for a unit of work */
    size_t n_jobs;  /* that are not over */
    TAILQ_HEAD(, queue) queues;
};

struct schedule {
    struct schedule_record record;
    TAILQ_ENTRY(schedule) in_list; /* of all schedules, or the trash */
    struct timer timer;
    struct cron *cron;
    size_t n_live; /* jobs of it that are not over: a replayed one may be the second */
};

TAILQ_HEAD(lease_list, lease);

struct batch {
    struct heap_node node;       /* in heap */
    struct heap *heap;           /* its job's ready, waiting, its lane's suspects; NULL: none */
    TAILQ_ENTRY(batch) in_ready; /* if it is in its job's ready, and that is not held */
    struct job *job;
    struct lease *lease;   /* NULL unless leased */
    int64_t since_ms;      /* in waiting: until when it waits; in ready and suspects: since when */
    int64_t not_before_ms; /* as its record has it */
    uint64_t first_unit;
    uint32_t n_units;
    uint32_t number;
    uint32_t tries;
    uint32_t losses;
    uint32_t kills;
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
    int64_t granted_ms;
    uint64_t seq;      /* of the FETCH that it answers */
    uint64_t done;     /* units, as last reported */
    uint64_t beat;     /* number of the session's beat that last named it */
    uint32_t missed;   /* beats since then, */
    int64_t missed_ms; /* the last one of them, or when it was leased */
};

struct job {
    struct job_record record;
    TAILQ_ENTRY(job) in_list; /* of live jobs, or the trash */
    gaia_error *error;        /* owned; what record.error points to once the job has failed */
    uint64_t payload_bytes;
    uint64_t units_running; /* what its leases report as done */
    uint32_t n_failures;    /* tries and losses of its batches */
    struct batch *batches;  /* [record.batches_total] */
    struct queue *queue;    /* NULL only where there was no memory for it */
    struct heap_node in_queue;
    int64_t key_ms; /* its place in the queue */
    bool is_held;   /* its time has not come */
    bool is_run;    /* its schedule counts it */
    struct heap ready;
    struct timer timer;
    uint64_t field_bytes; /* of a unit, as planned; 0: not known */
    int64_t pace_ms;      /* since when ... */
    uint64_t pace_units;  /* ... and from how many units on its pace is measured */
};

struct session {
    struct session_record record;
    TAILQ_ENTRY(session) in_list; /* by last beat, oldest first; or the trash */
    TAILQ_ENTRY(session) in_parked;
    struct lease_list leases; /* oldest first */
    size_t n_leases;
    char pipe_key[PIPE_KEY]; /* of the control connection; "" while there is none */
    uint32_t work_pipe;      /* that the parked FETCH came by */
    int64_t last_beat_ms;    /* or when it was last kept though nothing is heard of it */
    int64_t heard_ms;
    uint64_t beat;
    uint64_t last_seq;
    bool parked;
    void *request; /* the parked FETCH, in which last_seq is its seq */
    uint32_t credits;
    int64_t park_until_ms;
    struct core_held held;
    bool has_gpu;
    bool is_leaving;    /* this process is told to */
    uint64_t n_results; /* 0: nothing was done by this process yet, as far as is known */
    size_t n_resident;
    char resident[CORE_RESIDENT_MAX][RECORD_TRUTH];
};

TAILQ_HEAD(batch_list, batch);
TAILQ_HEAD(job_list, job);
TAILQ_HEAD(session_list, session);
TAILQ_HEAD(parked_list, session);
TAILQ_HEAD(lane_list, lane);
TAILQ_HEAD(schedule_list, schedule);

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
    struct map session_by_executor; /* the latest of each */
    struct map session_by_pipe;     /* control connections */
    struct map lease_by_attempt;
    struct map tenant_by_name;
    struct lane_list lanes;
    uint64_t clock;                     /* of the tenant that was served last */
    size_t n_jobs;                      /* that are not over */
    size_t n_in_state[JOB_STATE_COUNT]; /* of them */
    size_t n_ready;                     /* batches in the jobs' heaps */
    struct batch_list ready; /* those that may be leased, in the order in which they became so */
    bool may_grant;          /* something changed that may let a parked FETCH be answered */
    struct heap waiting;     /* batches, by since_ms */
    size_t n_suspects;       /* in the lanes' heaps */
    struct heap deadlines;   /* leases */
    struct heap timers;
    struct schedule_list schedules;
    struct schedule_list schedules_trash;
    struct map schedule_by_id;
    uint64_t bytes_per_ms; /* of fields, at which batches were scored lately; 0: not known */
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

/* Notes how an attempt of the batch went wrong, in the executor that holds it. loss: how its lease
 * was lost; CORE_LOSS_NONE: the executor has reported the error. */
void attempt_store(struct core *core, const struct batch *batch, const gaia_error *error,
                   enum core_loss loss);

/* core_job.c */
/* A job of this record with n batches, none made yet, in the lists; NULL when out of memory. */
struct job *job_add(struct core *core, const struct core_event *event, uint32_t n_batches);
void job_submit(struct core *core, const struct core_event *event);
/* A job that goes on: from one state that is not the last to another. */
void job_state_set(struct core *core, struct job *job, enum job_state state);
void job_cancel(struct core *core, const struct core_event *event);
void job_finished(struct core *core, const struct core_event *event);
void job_result(struct core *core, const struct core_event *event);
/* Ends the job: its batches leave the queues, its leases are revoked. The job stays readable. */
void job_end(struct core *core, struct job *job, enum job_state state, const gaia_error *error);
void job_free(struct job *job);

/* core_lease.c */
bool waiting_less(const struct heap_node *a, const struct heap_node *b);
bool deadline_less(const struct heap_node *a, const struct heap_node *b);
/* Makes the batch ready after this delay. */
void batch_queue(struct core *core, struct batch *batch, int64_t delay_ms);
/* Makes it ready for a fresh executor. */
void batch_suspect(struct core *core, struct batch *batch);
void batch_unqueue(struct core *core, struct batch *batch);
int64_t backoff_draw(struct core *core, const struct core_retry *retry, uint32_t tries);
struct lease *lease_make(struct core *core, struct batch *batch, struct session *session,
                         const char *attempt, uint64_t seq);
/* Adds the lease to those that the step's next reply hands out. */
void lease_tell(struct core *core, const struct lease *lease);
/* Frees the lease; its batch belongs to nobody then. */
void lease_end(struct core *core, struct lease *lease);
/* Ends a lease that was lost without a report: the batch is ready again, or dead. */
void lease_lost(struct core *core, struct lease *lease, enum core_loss loss);
void leases_expire(struct core *core);
void waiting_release(struct core *core);
/* Leases what is ready to the FETCHes that are parked. */
void leases_grant(struct core *core);

/* core_session.c */
void session_hello(struct core *core, const struct core_event *event);
void session_fetch(struct core *core, const struct core_event *event);
/* Lets a FETCH go that was not answered in its step. */
void session_forgo(struct core *core, const struct core_event *event);
void session_beat(struct core *core, const struct core_event *event);
void session_pipe_gone(struct core *core, const struct core_event *event);
void session_drain(struct core *core, const struct core_event *event);
void session_undrain(struct core *core, const struct core_event *event);
void sessions_age(struct core *core);
struct session *session_add(struct core *core, const struct session_record *record);
void session_unpark(struct core *core, struct session *session);
/* Whether it was heard of lately. */
bool session_heard(const struct core *core, const struct session *session);
/* ... and may be given leases. */
bool session_alive(const struct core *core, const struct session *session);
size_t sessions_alive(const struct core *core);

/* core_queue.c */
/* Finds the job's place; it is in no queue yet. Before any other call for it. */
void queue_join(struct core *core, struct job *job);
/* After its last batch was taken out. */
void queue_leave(struct core *core, struct job *job);
void queue_add(struct core *core, struct batch *batch);
void queue_remove(struct core *core, struct batch *batch);
/* A job that is held keeps its batches, but none of them is picked. */
void queue_hold(struct core *core, struct job *job, bool is_held);
/* Charges the job's tenant for work that was handed out. */
void queue_charge(struct core *core, struct job *job, uint64_t units);
/* The batch that this session is to get next, NULL if nothing fits it; it stays where it is. */
struct batch *queue_pick(const struct core *core, const struct session *session);
/* A batch that was lost with its executor waits for a fresh one, until it is taken out. */
void queue_suspect(struct core *core, struct batch *batch);
void queue_unsuspect(struct core *core, struct batch *batch);
/* That of them which this session is to get next, alone; NULL if there is none. */
struct batch *queue_pick_suspect(const struct core *core, const struct session *session);
/* When the next of them has waited so long that any executor may have it; `due` tells whether one
 * has already. INT64_MAX: none waits. */
int64_t suspects_patient_ms(const struct core *core, bool *due);
void queues_free(struct core *core);

/* core_timer.c */
bool timer_less(const struct heap_node *a, const struct heap_node *b);
void timer_set(struct core *core, struct timer *timer, int64_t at_ms);
void timer_stop(struct core *core, struct timer *timer);
/* Sets the job's timer to what it waits for next; holds it while its time has not come. */
void job_timer_set(struct core *core, struct job *job);
void timers_fire(struct core *core);

/* core_schedule.c */
void schedule_add(struct core *core, const struct core_event *event);
void schedule_drop(struct core *core, const struct core_event *event);
void schedule_pause(struct core *core, const struct core_event *event);
void schedule_due(struct core *core, struct schedule *schedule);
/* A job of a schedule, if it is one, has begun or is over. */
void schedule_begins(struct core *core, struct job *job);
void schedule_ends(struct core *core, const struct job *job);
struct schedule *schedule_find(const struct core *core, int64_t seq);
void schedule_free(struct schedule *schedule);

/* core_restore.c */
void restore_session(struct core *core, const struct core_event *event);
void restore_job(struct core *core, const struct core_event *event);
void restore_batch(struct core *core, const struct core_event *event);
/* one: only the last job was restored, into a core that runs. */
void restore_end(struct core *core, bool one);

#endif
