/* SPDX-License-Identifier: MIT
 *
 * What the loop counts: what the core has decided, action by action, and, after each turn, how
 * things stand. Called by server.c and server_step.c.
 *
 * Invariant: what a turn has counted shows only once it is committed; the store is asked nothing.
 */
#include <math.h>
#include <string.h>

#include "clock.h"
#include "recycle_reason.h"
#include "server_state.h"

enum {
    US_PER_MS = 1000,
    MS_PER_S = 1000,
    SLOW_US = 100000,      /* a turn that is told of */
    LOOK_MS = 200,         /* between two looks through lists */
    LAG_WINDOW_MS = 15000, /* the greatest lag of this one and of the one before is shown */
    PER_UNIT = 1000000,    /* of a score, as metrics keep it */
};

static const double SCORE_MOST = 1e9; /* what is beyond is no composite */

/* Why a batch was given up. */
static enum metric_dead dead_reason(const struct server *server, const struct batch_record *batch)
{
    return batch->state == BATCH_FAILED                      ? METRIC_DEAD_INVALID
           : batch->kills >= server->config.core.kills_max   ? METRIC_DEAD_QUARANTINE
           : batch->losses >= server->config.core.losses_max ? METRIC_DEAD_LOSSES
                                                             : METRIC_DEAD_TRIES;
}

const char *metrics_dead_name(const struct server *server, const struct batch_record *batch)
{
#define X(code, name) name,
    static const char *const names[] = {METRIC_DEAD_MAP(X)};
#undef X
    return names[dead_reason(server, batch)];
}

void metrics_action(struct server *server, const struct core_action *action)
{
    struct metrics *metrics = server->metrics;
    const struct batch_record *batch = &action->batch;
    if (action->kind == CORE_STORE_BATCH && batch->state == BATCH_LEASED) {
        metrics_turn_add(metrics, METRIC_GRANTED, 0, 1);
    } else if (action->kind == CORE_STORE_BATCH &&
               (batch->state == BATCH_DEAD || batch->state == BATCH_FAILED)) {
        metrics_turn_add(metrics, METRIC_DEAD, dead_reason(server, batch), 1);
    } else if (action->kind == CORE_STORE_ATTEMPT && action->loss != CORE_LOSS_NONE) {
        metrics_turn_add(metrics, METRIC_LOST, action->loss - 1, 1);
    } else if (action->kind == CORE_DROP_SESSION && action->loss == CORE_LOSS_REPLACED) {
        metrics_turn_add(metrics, METRIC_RESTARTS, 0, 1);
    } else if (action->kind == CORE_FORGET_JOB) {
        metrics_turn_add(metrics, METRIC_RUNS_FINISHED, action->job->state - JOB_SUCCEEDED, 1);
    }
}

void metrics_recycle(struct server *server, const char *reason)
{
#define X(code, name, text) name,
    static const char *const reasons[] = {RECYCLE_REASON_MAP(X)};
#undef X
    const size_t n_reasons = sizeof reasons / sizeof *reasons;
    size_t i = 0;
    if (reason[0] == '\0' || strcmp(reason, "none") == 0) {
        return;
    }
    while (i < n_reasons && strcmp(reason, reasons[i]) != 0) {
        i++;
    }
    metrics_turn_add(server->metrics, METRIC_RECYCLES, i, 1); /* the last: others */
}

void metrics_composite(struct server *server, enum composite_kind kind, double score)
{
    if (isfinite(score) && fabs(score) < SCORE_MOST) {
        metrics_set(server->metrics, kind == COMPOSITE_DAY1 ? METRIC_SCORE_DAY1 : METRIC_SCORE_ERA5,
                    0, llround(score * PER_UNIT));
    }
}

void metrics_message(struct server *server, const struct message *message, int64_t now_us)
{
    const int64_t lag_us = now_us - message->put_us;
    server->lag_us[0] = lag_us > server->lag_us[0] ? lag_us : server->lag_us[0];
    metrics_add(server->metrics, METRIC_QUEUES, METRIC_QUEUE_LOOP, -1);
}

void metrics_batch(struct server *server, const struct log *log,
                   const struct batch_measure *measure)
{
    const gaia_status status = measure->status;
    enum batch_kind kind = BATCH_KIND_PLAN;
    int64_t age_ms = 0;
    if (status == GAIA_CANCELLED ||
        !core_lease_get(server->core, measure->attempt, server->now_ms, &kind, &age_ms)) {
        return;
    }
    metrics_turn_observe(server->metrics, METRIC_DURATION, kind, age_ms * US_PER_MS);
    metrics_turn_add(server->metrics, METRIC_MOMENTS, 0, (int64_t)measure->bytes);
    if (status != GAIA_OK) {
        metrics_turn_add(server->metrics, METRIC_FAILURES, gaia_status_class(status) - 1, 1);
    }
    log_event(log, LOG_PERFORMANCE, LOG_INFO, "batch_done", "a batch came back",
              log_text("kind", batch_kind_name(kind)), log_text("status", gaia_status_name(status)),
              log_number("seconds", (double)age_ms / MS_PER_S),
              log_int("fields", (int64_t)measure->n_fields),
              log_int("bytes", (int64_t)measure->bytes));
}

/* Says that a turn took so long that others had to wait. */
static void turn_judge(const struct server *server, int64_t duration_us)
{
    if (duration_us >= SLOW_US) {
        log_event(server->config.log, LOG_PERFORMANCE | LOG_OFTEN, LOG_WARNING, "turn_slow",
                  "a turn of the loop took long",
                  log_number("seconds", (double)duration_us / US_PER_MS / MS_PER_S));
    }
}

static void lag_publish(struct server *server)
{
    if (server->now_ms >= server->lag_due_ms) {
        server->lag_us[1] = server->lag_us[0];
        server->lag_us[0] = 0;
        server->lag_due_ms = server->now_ms + LAG_WINDOW_MS;
    }
    metrics_set(server->metrics, METRIC_LAG, 0,
                server->lag_us[server->lag_us[1] > server->lag_us[0]]);
}

static void executors_publish(struct metrics *metrics, const struct core_executors *executors)
{
    const struct core_held *held = &executors->held;
    metrics_set(metrics, METRIC_DEVICES, METRIC_DEVICE_CPU, (int64_t)executors->n_on_cpu);
    metrics_set(metrics, METRIC_DEVICES, METRIC_DEVICE_GPU, (int64_t)executors->n_on_gpu);
    metrics_set(metrics, METRIC_EXECUTOR_RSS, METRIC_OF_ALL, (int64_t)held->rss_bytes);
    metrics_set(metrics, METRIC_EXECUTOR_RSS, METRIC_OF_LARGEST,
                (int64_t)executors->rss_most_bytes);
    metrics_set(metrics, METRIC_GPU_USED, 0, (int64_t)held->device_bytes);
    metrics_set(metrics, METRIC_GPU_LIMIT, 0, (int64_t)held->device_limit_bytes);
    metrics_set(metrics, METRIC_GPU_RESIDENT, 0, (int64_t)held->resident_bytes);
}

/* What is found by walking through lists. */
static void lists_publish(struct server *server)
{
    struct metrics *metrics = server->metrics;
    struct core_executors executors = {.n_on_cpu = 0};
    if (server->now_ms < server->look_due_ms) {
        return;
    }
    server->look_due_ms = server->now_ms + LOOK_MS;
    if (server->core != NULL) {
        core_executors_count(server->core, &executors);
    }
    for (size_t i = 0; i < CORE_SESSION_STATES; i++) {
        metrics_set(metrics, METRIC_EXECUTORS, i, (int64_t)executors.n[i]);
    }
    executors_publish(metrics, &executors);
    for (size_t i = 0; i < REFUSAL_COUNT; i++) {
        metrics_set(metrics, METRIC_REFUSED, i, (int64_t)server->refusals.counts[i]);
    }
    metrics_set(metrics, METRIC_QUEUES, METRIC_QUEUE_FINISH, (int64_t)finishes_count(server));
}

void metrics_turn_end(struct server *server, bool is_committed, int64_t begin_us)
{
    struct metrics *metrics = server->metrics;
    const bool is_loaded = server->core != NULL;
    const struct core_counts counts =
        is_loaded ? core_count(server->core) : (struct core_counts){.ready_since_ms = -1};
    const int64_t waits_ms =
        counts.ready_since_ms >= 0 ? server->now_ms - counts.ready_since_ms : 0;
    const int64_t duration_us = clock_monotonic_us() - begin_us;
    if (is_committed) {
        metrics_turn_commit(metrics);
        metrics_observe(metrics, METRIC_TURNS, 0, duration_us);
    }
    turn_judge(server, duration_us);
    for (size_t i = JOB_QUEUED; i <= JOB_RUNNING; i++) {
        metrics_set(metrics, METRIC_RUNS_ACTIVE, i, (int64_t)counts.n_in_state[i]);
    }
    metrics_set(metrics, METRIC_LEADS, 0, is_loaded);
    metrics_set(metrics, METRIC_DB_IDLE, 0, server->leads || server->stands_by);
    metrics_set(metrics, METRIC_QUEUES, METRIC_QUEUE_WORK, (int64_t)counts.n_ready);
    metrics_set(metrics, METRIC_QUEUES, METRIC_QUEUE_DELAYED, (int64_t)counts.n_waiting);
    metrics_set(metrics, METRIC_QUEUES, METRIC_QUEUE_SUSPECT, (int64_t)counts.n_suspect);
    metrics_set(metrics, METRIC_OLDEST, 0, waits_ms * US_PER_MS);
    metrics_set(metrics, METRIC_LEASED, 0, (int64_t)counts.n_leases);
    lag_publish(server);
    lists_publish(server);
    metrics_loop_busy(metrics, 0);
}
