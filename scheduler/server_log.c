/* SPDX-License-Identifier: MIT
 *
 * What the log has of the core's decisions, action by action. Called by server_step.c.
 *
 * Invariant: nothing is decided here. What is logged of a turn that then fails is not so; the log
 * says `turn_failed` behind it.
 */
#include "server_state.h"

enum { MS_PER_S = 1000 };

static void job_over_log(const struct server *server, const struct job_record *job)
{
    log_event(server->config.log, LOG_APPLICATION, LOG_INFO, "job_over", "a job is over",
              log_text("job", job->id), log_text("state", job_state_name(job->state)),
              log_text("tenant", job->terms.tenant),
              log_number("seconds", (double)(server->wall_ms - job->submitted_ms) / MS_PER_S),
              log_text("error", job->error != NULL ? job->error->detail : NULL));
}

void log_action(const struct server *server, const struct core_action *action)
{
#define X(code, name, text) [CORE_LOSS_##code] = name,
    static const char *const losses[CORE_LOSS_COUNT] = {CORE_LOSS_MAP(X)};
#undef X
    const struct log *log = server->config.log;
    const struct batch_record *batch = &action->batch;
    if (action->kind == CORE_STORE_ATTEMPT && action->loss != CORE_LOSS_NONE) {
        log_event(log, LOG_APPLICATION, LOG_WARNING, "lease_lost",
                  "a lease has ended without a result", log_text("job", action->job->id),
                  log_int("batch", batch->number),
                  log_text("executor", server->actions.notes[action->note].executor),
                  log_text("reason", losses[action->loss]));
    } else if (action->kind == CORE_STORE_BATCH &&
               (batch->state == BATCH_DEAD || batch->state == BATCH_FAILED)) {
        log_event(log, LOG_APPLICATION, LOG_WARNING, "batch_dead", "a batch was given up",
                  log_text("job", action->job->id), log_int("batch", batch->number),
                  log_text("reason", metrics_dead_name(server, batch)),
                  log_int("tries", batch->tries), log_int("losses", batch->losses),
                  log_int("kills", batch->kills));
    } else if (action->kind == CORE_DROP_SESSION) {
        log_event(log, LOG_APPLICATION, LOG_INFO, "executor_gone",
                  "an executor is not known any more",
                  log_text("executor", action->session->executor),
                  log_text("reason", losses[action->loss]));
    } else if (action->kind == CORE_FORGET_JOB) {
        job_over_log(server, action->job);
    }
}
