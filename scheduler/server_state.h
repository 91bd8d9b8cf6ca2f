/* SPDX-License-Identifier: MIT
 *
 * What the loop holds, and the calls between its files: server.c turns, server_step.c carries out
 * what the core decides, server_lead.c holds the lead or stands by, server_wire.c speaks the
 * executor's protocol, server_hello.c admits who proves itself, server_result.c takes results,
 * server_finish.c makes scores, server_queue.c takes jobs, server_api.c answers the HTTP API,
 * server_token.c keeps its tokens, server_metrics.c counts, server_log.c logs.
 *
 * Invariant: a function that returns anything but GAIA_OK has left the turn broken: it is rolled
 * back, every call of it goes unanswered, and the core is made anew from the store.
 */
#ifndef SERVER_STATE_H
#define SERVER_STATE_H

#include <sys/queue.h>

#include <jansson.h>

#include "board.h"
#include "job_cache.h"
#include "cron.h"
#include "metrics.h"
#include "profile.h"
#include "proof.h"
#include "refusal.h"
#include "results.h"
#include "server.h"
#include "submission.h"
#include "transport.h"

enum { WIRE_HELD_MAX = 8, DIRTY_JOBS = 32 };

/* A request of an executor that was not answered yet; what the core knows as `request`. */
struct wire_call {
    TAILQ_ENTRY(wire_call) in_list;
    struct transport_request *request;
    const struct listener *listener;
    uint32_t pipe;
    char nonce[WIRE_NONCE]; /* of a HELLO whose proof was good: WELCOME proves itself with it */
    char held[WIRE_HELD_MAX][JOB_CACHE_KEY]; /* of a FETCH: jobs that its leases need not bring */
    size_t n_held;
    json_t *outcomes;     /* of a RESULT that asks for leases, while it does; borrowed */
    unsigned char *bytes; /* the reply, once there is one */
    size_t length;
};

TAILQ_HEAD(wire_calls, wire_call);

struct finish;
TAILQ_HEAD(finish_list, finish);
struct schedule_run;
TAILQ_HEAD(schedule_run_list, schedule_run);
struct leaving;
TAILQ_HEAD(leaving_list, leaving);

struct listener {
    struct server *server;
    enum core_channel channel;
    bool is_remote;
    struct transport_server *transport; /* NULL: not listening */
    struct transport_refusals refused;  /* as far as they are counted */
    char url[TRANSPORT_BOUND];
};

enum {
    LISTENER_CONTROL,
    LISTENER_WORK,
    LISTENER_REMOTE_CONTROL,
    LISTENER_REMOTE_WORK,
    N_LISTENERS
};

struct server {
    struct server_config config;
    struct inbox *inbox;
    struct store *store;
    struct core *core; /* NULL after a failure, until it is restored */
    struct core_actions actions;
    const struct job_record *dirty[DIRTY_JOBS]; /* the core's, to be written before the commit */
    size_t n_dirty;
    struct job_cache cache;
    struct listener listeners[N_LISTENERS];
    char nonce_key[WIRE_SECRET]; /* of this process */
    struct refusals refusals;
    int64_t watch_ms;              /* when the transport is next asked what it refused */
    struct wire_calls waiting;     /* being handled, or parked in the core */
    struct wire_calls ready;       /* replies of this turn */
    struct message_list answered;  /* API requests of this turn */
    struct finish_list finishing;  /* the first one is worked on */
    struct schedule_run_list runs; /* schedules that came due in this turn */
    struct results *results;       /* NULL: there is no folder for them */
    struct leaving_list leaving;   /* what has gone in this turn, and may have left files */
    struct metrics *metrics;
    int64_t lag_us[2];   /* the greatest of this window, and of the one before */
    int64_t lag_due_ms;  /* when this window ends */
    int64_t look_due_ms; /* when lists are next walked through for metrics */
    struct board *board;
    struct job_news news[BOARD_JOBS_MAX]; /* of this turn */
    size_t n_news;
    struct token_record *tokens; /* [n_tokens] as this turn leaves them, if it changes them */
    size_t n_tokens;
    bool are_tokens_new;
    uint64_t rng;
    int64_t now_ms;
    int64_t wall_ms;
    int64_t retry_ms;    /* when the store is tried again */
    unsigned n_failures; /* of the store, one after the other */
    bool leads;
    bool stands_by;        /* another one leads; neither while that is not known */
    int64_t lead_due_ms;   /* when the lead is sought or renewed */
    int64_t forget_due_ms; /* when old jobs are looked for */
    bool is_rank_due;      /* there may be composites that are not ranked */
    gaia_error error;      /* why the turn failed */
};

/* server_step.c: one event through the core, and its actions. */
gaia_status server_step(struct server *server, struct core_event *event);
/* Writes the jobs that have changed since the last time, each once: a turn of many results changes
 * the same job with each. */
gaia_status step_jobs_write(struct server *server);

/* server_lead.c: takes, keeps or loses the lead; GAIA_STORE if the database cannot say. */
gaia_status lead_seek(struct server *server);
/* Lets go of a message that is not handled: says why. */
void message_refuse(struct server *server, struct message *message);
/* Until a store that failed is tried again: longer each time. */
int64_t backoff_ms(const struct server *server);
/* Forgets a slice of the jobs that are too old. */
gaia_status forget_turn(struct server *server);

/* server_restore.c: makes the core from the store. What failed is to be dropped with it. */
gaia_status server_restore(struct server *server);

/* server_wire.c */
gaia_status wire_message(struct server *server, struct message *message);
gaia_status wire_action(struct server *server, const struct core_action *action);
gaia_status wire_reply(struct server *server, struct wire_call *call, json_t *header);
/* Answers that the message is not one of the protocol, and counts it. */
gaia_status wire_error(struct server *server, struct wire_call *call, const gaia_error *error);
gaia_status wire_refuse(struct server *server, struct wire_call *call, const char *verb,
                        const gaia_error *error);
/* What is asked for by a FETCH, or by a RESULT for what is to follow it; names are borrowed from
 * the header. */
struct wire_fetch {
    int64_t seq;
    int64_t credits;
    const char *resident[CORE_RESIDENT_MAX];
    size_t n_resident;
    const json_t *held;
};
GAIA_MUST_USE gaia_status fetch_read(const json_t *header, const char *path,
                                     struct wire_fetch *fetch, gaia_error *err);
/* Asks the core. at_once: the call is answered by leases if there are any, else not yet. */
gaia_status fetch_take(struct server *server, struct wire_call *call,
                       const struct wire_fetch *fetch, const char *session, bool at_once);
void wire_call_drop(struct wire_calls *list, struct wire_call *call);
/* A JSON string of text that may be damaged: one bad row must not spoil a whole answer. */
json_t *text_to_json(const char *text);

/* server_hello.c */
gaia_status wire_hello(struct server *server, struct wire_call *call, const json_t *header);
gaia_status wire_welcome(struct server *server, struct wire_call *call,
                         const struct session_record *session);
/* Counts what the transport refused since, now and then. */
void wire_watch(struct server *server);

/* server_cost.c: what a result cost its executor, by the keys that RESULT has. X(code, name) */
#define RESULT_COST_MAP(X)                                                                         \
    X(CPU, "cpu_us")                                                                               \
    X(KERNEL, "kernel_us")                                                                         \
    X(SUMMED, "summed_bytes")                                                                      \
    X(UPLOADED, "uploaded_bytes")                                                                  \
    X(KEPT, "kept")                                                                                \
    X(FRESH, "fresh")
enum {
#define X(code, name) RESULT_COST_##code,
    RESULT_COST_MAP(X)
#undef X
        RESULT_COST_COUNT
};
struct result_cost {
    int64_t n[RESULT_COST_COUNT]; /* what is not said is 0 */
    int64_t read_bytes[METRIC_FORMAT_KINDS];
};
/* Reads `cost` of an entry of `results`, if it has one. GAIA_PROTOCOL. */
GAIA_MUST_USE gaia_status cost_read(const json_t *report, struct result_cost *cost,
                                    gaia_error *err);
/* Counts it in the turn, for the executor of this session. */
void cost_count(struct server *server, const struct result_cost *cost, const char *session);

/* server_result.c */
gaia_status wire_result(struct server *server, struct wire_call *call, const json_t *header,
                        const double *sums, size_t n_sums);

/* server_api.c */
gaia_status api_answer(struct server *server, struct api_request *request);
/* Writes json (stolen) as the answer. */
gaia_status answer_json(struct server *server, struct api_request *request, int http, json_t *json);
void api_complete(struct api_request *request);
/* Gives the job that the request names to the visitor; the answer is 404 if there is none, and then
 * *found is false. */
gaia_status api_job_find(struct server *server, struct api_request *request,
                         const struct store_visitor *visitor, bool *found);
/* Narrows a list to the tenant that the asker's token is bound to, if it is to one; false if
 * another tenant's was asked for: then nothing is to be listed. */
bool tenant_narrow(const struct api_request *request, const char **tenant);
void api_refuse(struct api_request *request, int http, gaia_status status, const char *detail);

/* server_api_queue.c: what is about the queue. */
gaia_status api_answer_queue(struct server *server, struct api_request *request);

/* server_token.c: tokens for the HTTP API. They are read within the turn that changes them, handed
 * out once it is committed, and dropped with it if not. */
gaia_status api_answer_token(struct server *server, struct api_request *request);
gaia_status tokens_read(struct server *server);
void tokens_publish(struct server *server);
void tokens_drop(struct server *server);
/* While this scheduler does not lead: what the store holds is read now and then, for routes that
 * take a token which may have been revoked since; what cannot be read stays as it was. */
void tokens_remember(struct server *server);

/* server_queue.c */
/* The job of the tenant that was made by the submission's key: id (RECORD_ID bytes) is "" if there
 * is none, or no key. */
gaia_status submission_find(struct server *server, const struct submission *submission, char *id);
/* Makes a job, whose id id gets. */
gaia_status submission_take(struct server *server, const struct submission *submission, char *id);
/* Takes a failed job up again. */
gaia_status job_replay(struct server *server, int64_t seq);
/* Makes a schedule; what is wrong with cron or zone is in *problem. */
gaia_status schedule_take(struct server *server, const char *name, const char *cron,
                          const char *zone, const char *spec, char *id, gaia_error *problem);
/* A schedule has come due: its job is submitted by schedule_runs, at the end of the turn. */
gaia_status schedule_run_add(struct server *server, const struct schedule_record *schedule);
gaia_status schedule_runs(struct server *server);
void schedule_runs_drop(struct server *server);

/* server_moments.c: a page of the moments of a job that has succeeded. */
gaia_status moments_answer(struct server *server, struct api_request *request, int64_t job);
/* The job's plan with what is known of its forecasts; the caller's arena, all else of it is the
 * cache's until that is used again. */
gaia_status moments_plan(struct server *server, int64_t job, struct plan *plan);

/* server_maps.c: error maps. */
/* The units that are of one map each, which must not be cut apart; the ranges are the caller's, to
 * be freed. GAIA_LIMIT where their sums are more than one result may bring. */
GAIA_MUST_USE gaia_status maps_ranges(const struct server *server, const struct plan *plan,
                                      struct core_range **ranges, size_t *n_ranges,
                                      gaia_error *err);
/* Moves the maps of a result that is about to be committed to the job's folder (results.h), if it
 * is of the attempt that holds the batch. is_absent is there. GAIA_DISK, GAIA_PROTOCOL: they are
 * not as a result's maps must be; GAIA_OUT_OF_MEMORY. Those of other attempts go as the next says.
 */
GAIA_MUST_USE gaia_status maps_take(struct server *server, const char *job,
                                    const struct batch_record *batch,
                                    const struct store_result *result, const struct plan *plan,
                                    gaia_error *err);
/* A job is over, a session has ended: what they left that nobody will ask for is removed once the
 * turn is committed, and stays if it is not. */
void maps_job_over(struct server *server, const struct job_record *job);
void maps_session_over(struct server *server, const struct session_record *session);
void maps_turn_end(struct server *server, bool is_committed);
/* The store is open: the results folder must not be another's. */
GAIA_MUST_USE gaia_status maps_claim(struct server *server, gaia_error *err);
/* The core is made: empties the staging folders of executors that it does not know. */
void maps_restored(struct server *server);
/* Removes some of what forgotten jobs left; false once there is no more. */
bool maps_sweep(struct server *server);
gaia_status maps_answer(struct server *server, struct api_request *request, int64_t job);

/* server_scores.c: the names of such a job's sums, and a page of them. */
gaia_status scores_head_answer(struct server *server, struct api_request *request, int64_t job);
gaia_status sums_answer(struct server *server, struct api_request *request, int64_t job);

/* server_watch.c: collects what the turn has changed for those who watch jobs, and tells them once
 * it is committed. */
gaia_status watch_turn(struct server *server);
void watch_post(struct server *server);

/* server_metrics.c: counts what an action means, in the turn; how long a message has waited; and,
 * once a turn is over, how things stand. begin_us: when its transaction began. */
void metrics_action(struct server *server, const struct core_action *action);
/* Why a batch was given up. */
const char *metrics_dead_name(const struct server *server, const struct batch_record *batch);
/* A process came in the place of one that went for this reason, "" or "none": of nobody's. */
void metrics_recycle(struct server *server, const char *reason);
/* A forecast has got this composite by a recipe of this kind; NaN: none. */
void metrics_composite(struct server *server, enum composite_kind kind, double score);
void metrics_message(struct server *server, const struct message *message, int64_t now_us);
void metrics_turn_end(struct server *server, bool is_committed, int64_t begin_us);
/* A batch that came to its end, as long as the core has its lease: counts it, in the turn, and logs
 * how long it took. */
struct batch_measure {
    const char *attempt;
    gaia_status status;
    uint64_t n_fields; /* that were scored */
    uint64_t bytes;    /* of their sums */
};
void metrics_batch(struct server *server, const struct log *log,
                   const struct batch_measure *measure);

/* server_log.c: says what an action means. */
void log_action(const struct server *server, const struct core_action *action);

/* server_leaderboard.c */
/* Writes a composite and what it is ranked by, which is read from the document: *score, NaN where
 * there is none. */
gaia_status composite_store(struct server *server, int64_t job,
                            const struct store_composite *composite, double *score);
/* Ranks some of the composites that an older program has written, while there are any. */
gaia_status rank_turn(struct server *server);
gaia_status leaderboard_answer(struct server *server, struct api_request *request);

/* server_finish.c */
gaia_status finish_add(struct server *server, const struct job_record *job);
void finish_drop(struct server *server, const char *id);
void finish_drop_all(struct server *server);
size_t finishes_count(const struct server *server);
/* One slice of the first job that is being finished. */
gaia_status finish_turn(struct server *server);

#endif
