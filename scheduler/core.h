/* SPDX-License-Identifier: MIT
 *
 * The scheduler's decisions, pure: an event goes in, actions come out. Between the server, which
 * turns messages into events and carries the actions out, and nothing else: no I/O, no clock, no
 * threads.
 *
 *   queued ──▶ planning ──▶ running ──▶ succeeded        ready ──▶ leased ──▶ done
 *      └──────────┴────────────┴──▶ failed | cancelled     ▲         │ └────▶ failed | dead
 *                                                          └─────────┘ backoff, or at once if lost
 *
 * Invariants: actions are carried out in their order, store actions of a step in one transaction
 * that is committed before its replies are sent; so whatever a peer was told is in the store. A
 * batch has at most one valid attempt. Given the same events, times and seed, the same actions come
 * out.
 */
#ifndef CORE_H
#define CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gaia/status.h>

#include "record.h"

struct core;

/* How errors of one class are tried again: the delay before try n + 1 is uniform in
 * [0, first_ms 2^(n-1)), and never above longest_ms. */
struct core_retry {
    uint32_t tries_max; /* errors of a batch before it is dead */
    int64_t first_ms;
    int64_t longest_ms;
};

/* A tenant's share of the executors; those that are not named have 1. */
struct core_share {
    const char *tenant;
    uint32_t share; /* at least 1 */
};

struct core_config {
    int64_t lease_ms;   /* a lease ends this long after its last beat */
    int64_t beat_ms;    /* what executors are told to beat at */
    int64_t park_ms;    /* a FETCH with nothing ready waits this long */
    int64_t suspect_ms; /* a session without a beat for this long gets no lease */
    int64_t session_ms; /* ... is forgotten after this long, once it holds no lease */
    struct core_retry retry[GAIA_CLASS_INTERNAL + 1]; /* by class; INVALID is never tried again */
    uint32_t losses_max;                              /* leases of a batch lost before it is dead */
    uint32_t kills_max;       /* fresh executors that end under a batch before it is quarantined */
    int64_t fresh_wait_ms;    /* so long a batch that was lost waits for a fresh executor */
    uint32_t missed_max;      /* beats that may leave out a lease before it is lost */
    uint32_t leases_max;      /* of one FETCH */
    uint32_t parked_max;      /* FETCHes that wait; beyond it the oldest is answered */
    uint32_t jobs_max;        /* that are not over; beyond it core_is_full */
    uint32_t tenant_jobs_max; /* the same of one tenant; 0: without limit */
    uint64_t reply_bytes;     /* specs and plans in one reply, at most, beyond the first lease's */
    uint64_t batch_bytes;     /* of fields in a batch, at most, ... */
    uint64_t batch_bytes_min; /* ... at least, if there are so many, ... */
    int64_t batch_ms;         /* ... and between the two so many as take this long */
    uint64_t result_bytes;    /* of moments in a batch, at most */
    uint32_t batch_units;     /* in a batch, at most */
    int64_t ageing_ms;        /* waiting so long makes up for a priority less by one */
    int64_t affinity_ms;      /* a job whose truth is held may go before one older by this */
    size_t n_shares;
    const struct core_share *shares; /* [n_shares]; borrowed while the core is open */
};

/* The values that the scheduler runs with. */
struct core_config core_config_default(void);

/* Keys of truths that a session is known to hold, at most; later ones of a FETCH are left out. */
enum { CORE_RESIDENT_MAX = 16 };

enum core_channel { CORE_CONTROL, CORE_WORK };

/* What became of a result in the store. */
enum core_outcome { CORE_COMMITTED, CORE_DUPLICATE, CORE_FENCED };

/* How a lease ends that no report ends, and what is told of it then. X(code, name, text) */
#define CORE_LOSS_MAP(X)                                                                           \
    X(EXPIRED, "expired", "no beat within the lease")                                              \
    X(ENDED, "ended", "its connection ended")                                                      \
    X(REPLACED, "replaced", "another process has taken its place")                                 \
    X(RETURNED, "returned", "it gave the batch back")                                              \
    X(UNNAMED, "unnamed", "it no longer names the lease")                                          \
    X(UNHEARD, "unheard", "it was not heard of")

enum core_loss {
    CORE_LOSS_NONE,
#define X(code, name, text) CORE_LOSS_##code,
    CORE_LOSS_MAP(X)
#undef X
        CORE_LOSS_COUNT
};

enum core_event_kind {
    CORE_SUBMIT,           /* job */
    CORE_CANCEL,           /* id */
    CORE_SCHEDULE,         /* schedule: a new one, which the store has */
    CORE_UNSCHEDULE,       /* id: of a schedule */
    CORE_PAUSE,            /* id, pause: of a schedule */
    CORE_DRAIN,            /* id: of an executor; its process is told to leave, and neither that nor
                            * any later one gets leases ... */
    CORE_UNDRAIN,          /* id: ... until this */
    CORE_ADOPT_JOB,        /* job: one that was over and is taken up again, followed by ... */
    CORE_ADOPT_BATCH,      /* batch: ... its batches, and ... */
    CORE_ADOPT_END,        /* ... this, in one turn */
    CORE_HELLO,            /* hello, request, pipe */
    CORE_FETCH,            /* fetch, session, request, pipe */
    CORE_BEAT,             /* beat, session, request, pipe */
    CORE_RESULT,           /* result: after the store has taken or refused it */
    CORE_PIPE_GONE,        /* pipe */
    CORE_TICK,             /* time has passed, and every message that came before was handed in */
    CORE_FINISHED,         /* id, error: the scores of a job are written, or cannot be */
    CORE_RESTORE_SESSION,  /* hello: at start, all sessions, ... */
    CORE_RESTORE_SCHEDULE, /* schedule: ... then all schedules, ... */
    CORE_RESTORE_JOB,      /* job: ... then each job that is not over, ... */
    CORE_RESTORE_BATCH,    /* batch: ... followed by its batches, ... */
    CORE_RESTORE_END,      /* ... then this once, before any other event */
};

/* Memory that an executor holds, as its beats say. */
struct core_held {
    uint64_t rss_bytes;
    uint64_t device_bytes;       /* of the device's own memory, ... */
    uint64_t device_limit_bytes; /* ... of which it may take so much; */
    uint64_t resident_bytes;     /* of truths and the like, which stay from batch to batch */
};

struct core_beat_lease {
    const char *attempt;
    uint64_t done; /* units, of a score batch */
};

/* Units [first, end) of a plan. */
struct core_range {
    uint64_t first;
    uint64_t end;
};

/* What the core needs to know of a plan. */
struct core_plan {
    uint64_t n_units;
    uint64_t field_bytes;
    uint64_t unit_bytes;    /* of moments */
    uint64_t payload_bytes; /* of the plan without its units, which goes out with each lease */
    size_t n_whole; /* ranges, ascending and apart, of which each is in one batch: of maps */
    const struct core_range *whole;
};

/* Everything that it points to is borrowed for the call. */
struct core_event {
    enum core_event_kind kind;
    int64_t wall_ms;           /* since 1970, for the record only */
    void *request;             /* goes into the action that answers; not looked at */
    uint32_t pipe;             /* the connection that the event came by; 0: unknown */
    enum core_channel channel; /* of PIPE_GONE */
    const char *id;            /* of a job */
    const char *session;
    union {
        struct {
            const struct job_record *record;
            uint64_t payload_bytes; /* of its spec, which goes out with each lease */
            bool is_task;           /* of SUBMIT: one batch of kind TASK, then it has succeeded */
        } job;
        const struct batch_record *batch;
        const struct schedule_record *schedule;
        bool pause;
        const struct session_record *hello; /* hello->session is used if the boot is new */
        struct {
            uint64_t seq;
            uint32_t credits;
            const char *const *resident; /* [n_resident] keys of the truths that are at hand */
            size_t n_resident;
            bool at_once; /* what is not answered in this step is not answered at all */
        } fetch;
        struct {
            const struct core_beat_lease *leases;
            size_t n_leases;
            struct core_held held;
        } beat;
        struct {
            uint32_t batch;
            const char *attempt;
            enum core_outcome outcome;
            const gaia_error *error;      /* status GAIA_OK for a success */
            const struct core_plan *plan; /* of a plan batch that succeeded */
        } result;
        const gaia_error *error;
    } u;
};

enum core_action_kind {
    CORE_STORE_JOB,      /* job: write its record */
    CORE_STORE_BATCH,    /* batch: write its record */
    CORE_STOP_BATCHES,   /* job: every batch that is not over is cancelled */
    CORE_STORE_ATTEMPT,  /* job, batch, note, loss: how an attempt of the batch went wrong */
    CORE_STORE_SCHEDULE, /* schedule */
    CORE_DROP_SCHEDULE,  /* schedule */
    CORE_RUN_SCHEDULE,   /* schedule: submit its job, in this turn */
    CORE_STORE_SESSION,  /* session */
    CORE_DROP_SESSION,   /* session, loss: why */
    CORE_FINISH,         /* job: turn its moments into scores, then send CORE_FINISHED */
    CORE_FORGET_JOB,     /* job: it is over */
    CORE_REPLY_WELCOME,  /* request, session */
    CORE_REPLY_LEASES,   /* request, leases[first .. first + count) */
    CORE_REPLY_BEAT,     /* request, leases[first .. first + count): their attempts are cancelled;
                          * drain */
    CORE_REPLY_DRAIN,    /* request: a FETCH of an executor that is to leave */
    CORE_REPLY_UNKNOWN,  /* request: UNKNOWN_SESSION */
    CORE_REPLY_STALE,    /* request: a FETCH behind one that was answered */
    CORE_DROP_REQUEST,   /* request: nobody waits for its answer */
};

struct core_lease {
    const struct job_record *job; /* NULL in a BEAT's answer */
    uint32_t batch;
    enum batch_kind kind;
    uint64_t first_unit;
    uint32_t n_units;
    char attempt[RECORD_ID];
};

struct core_note {
    char executor[RECORD_NAME];
    gaia_error error;
};

struct core_action {
    enum core_action_kind kind;
    void *request;
    const struct job_record *job;
    const struct session_record *session;
    const struct schedule_record *schedule;
    struct batch_record batch;
    size_t first;
    size_t count;
    size_t note; /* which of the notes */
    enum core_loss loss;
    bool drain;
};

/* What a step decided. Made empty by {0}; each step empties it first. Pointers in it are borrowed
 * from the core and hold until the next step. */
struct core_actions {
    struct core_action *items;
    size_t count;
    size_t capacity;
    struct core_lease *leases;
    size_t n_leases;
    size_t leases_capacity;
    struct core_note *notes;
    size_t n_notes;
    size_t notes_capacity;
    bool failed;                /* out of memory */
    struct core_action nowhere; /* filled in when there is no memory for another, never read */
};

void core_actions_fini(struct core_actions *actions);

/* An empty core, NULL when out of memory. config is copied. */
struct core *core_open(const struct core_config *config);
void core_close(struct core *core);

/* Takes one event at now_ms (a clock that does not go back) and writes what is to be done. rng is
 * splitmix64's state. After GAIA_OUT_OF_MEMORY or GAIA_STORE (a restored record contradicts
 * another) the core is to be thrown away and restored from the store. */
GAIA_MUST_USE gaia_status core_step(struct core *core, const struct core_event *event,
                                    int64_t now_ms, uint64_t *rng, struct core_actions *actions);

/* When the next tick is due; INT64_MAX if nothing waits for time. */
int64_t core_wake_ms(const struct core *core);

/* Views, for validating results and for the API. They hold until the next step. */
struct core_job_view {
    const struct job_record *record;
    uint64_t units_running; /* what leases report as done */
    int64_t remaining_ms;   /* at the pace so far; -1: not known */
    uint32_t n_failures;    /* attempts of its batches that went wrong */
};

/* What an executor is: DRAINING is to leave, DRAINED gets no work, if it is there at all, SUSPECT
 * was not heard of lately, GONE has no connection. X(code, name) */
#define CORE_SESSION_MAP(X)                                                                        \
    X(READY, "ready")                                                                              \
    X(DRAINING, "draining")                                                                        \
    X(DRAINED, "drained")                                                                          \
    X(SUSPECT, "suspect")                                                                          \
    X(GONE, "gone")

enum core_session_state {
#define X(code, name) CORE_SESSION_##code,
    CORE_SESSION_MAP(X)
#undef X
        CORE_SESSION_STATES
};

struct core_session_view {
    const struct session_record *record;
    const char *state; /* the name of a core_session_state */
    size_t n_leases;
    int64_t beat_age_ms;
    struct core_held held;
};

/* Whether there are so many jobs that no more are to be taken, and whether there are of a tenant.
 */
bool core_is_full(const struct core *core);
bool core_tenant_is_full(const struct core *core, const char *tenant);

/* What there is, for metrics. */
struct core_counts {
    size_t n_jobs;                      /* that are not over, ... */
    size_t n_in_state[JOB_STATE_COUNT]; /* ... by state */
    int64_t ready_since_ms; /* of the batch that has been ready longest; -1: none is, or its job's
                             * time has not come */
    size_t n_ready;         /* batches that may be leased */
    size_t n_waiting;       /* batches whose backoff is not over */
    size_t n_suspect;       /* batches that wait for a fresh executor */
    size_t n_leases;
    size_t n_sessions;
};

struct core_counts core_count(const struct core *core);

/* How many executors are in each state; and of those that are connected, how many sum on a GPU and
 * how many do not, and what they hold together, and the largest of them. */
struct core_executors {
    size_t n[CORE_SESSION_STATES];
    size_t n_on_cpu;
    size_t n_on_gpu;
    struct core_held held;
    uint64_t rss_most_bytes;
};

void core_executors_count(const struct core *core, struct core_executors *executors);

/* Of a lease: what it is of, and how long ago it was given; false if there is no such lease. */
bool core_lease_get(const struct core *core, const char *attempt, int64_t now_ms,
                    enum batch_kind *kind, int64_t *age_ms);

/* Whether the session holds a lease of the job's batch by this attempt. */
bool core_lease_held(const struct core *core, const char *session, const char *id, uint32_t number,
                     const char *attempt);

bool core_schedule_known(const struct core *core, const char *id);

/* Whether an executor of this name is there. */
bool core_executor_known(const struct core *core, const char *executor);

bool core_session_known(const struct core *core, const char *session);
/* Whether a session's executor sums on a GPU; false if there is no such session. */
bool core_session_has_gpu(const struct core *core, const char *session);
/* Whether a process with this boot has a session. */
bool core_boot_known(const struct core *core, const char *boot);

/* The executor's name, borrowed; NULL if the session is not known. */
const char *core_session_executor(const struct core *core, const char *session);

/* False if the job is not known or over. */
bool core_job_get(const struct core *core, const char *id, struct core_job_view *view);

/* The batch's facts (without attempt and session); false if there is no such batch. */
bool core_batch_get(const struct core *core, const char *id, uint32_t number,
                    struct batch_record *batch);

/* Calls visit for each session; with a job id only for those that hold leases of that job. */
void core_sessions_visit(const struct core *core, const char *id, int64_t now_ms,
                         void (*visit)(void *context, const struct core_session_view *session),
                         void *context);

#endif
