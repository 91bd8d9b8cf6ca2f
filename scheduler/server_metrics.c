/* SPDX-License-Identifier: MIT
 *
 * What the loop counts: what the core has decided, action by action, and, after each turn, how
 * things stand. Called by server.c and server_step.c.
 *
 * Invariant: what a turn has counted shows only once it is committed; the store is asked nothing.
 */
#include "clock.h"
#include "server_state.h"

enum {
    US_PER_MS = 1000,
    MS_PER_S = 1000,
    SLOW_US = 100000,     /* a turn that is told of */
    LOOK_MS = 200,        /* between two looks through lists */
    LAG_WINDOW_MS = 15000 /* the greatest lag of this one and of the one before is shown */
};

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

/* What is found by walking through lists. */
static void lists_publish(struct server *server)
{
    struct metrics *metrics = server->metrics;
    size_t n_executors[CORE_SESSION_STATES] = {0};
    if (server->now_ms < server->look_due_ms) {
        return;
    }
    server->look_due_ms = server->now_ms + LOOK_MS;
    if (server->core != NULL) {
        core_sessions_count(server->core, n_executors);
    }
    for (size_t i = 0; i < CORE_SESSION_STATES; i++) {
        metrics_set(metrics, METRIC_EXECUTORS, i, (int64_t)n_executors[i]);
    }
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
    metrics_set(metrics, METRIC_QUEUES, METRIC_QUEUE_WORK, (int64_t)counts.n_ready);
    metrics_set(metrics, METRIC_QUEUES, METRIC_QUEUE_DELAYED, (int64_t)counts.n_waiting);
    metrics_set(metrics, METRIC_QUEUES, METRIC_QUEUE_SUSPECT, (int64_t)counts.n_suspect);
    metrics_set(metrics, METRIC_OLDEST, 0, waits_ms * US_PER_MS);
    metrics_set(metrics, METRIC_LEASED, 0, (int64_t)counts.n_leases);
    lag_publish(server);
    lists_publish(server);
    metrics_loop_busy(metrics, 0);
}
