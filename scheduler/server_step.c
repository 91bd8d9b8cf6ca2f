/* SPDX-License-Identifier: MIT
 *
 * One event through the core, and what it decides carried out: the store's part here, the replies
 * in server_wire.c. Called by all other files of the server.
 *
 * Invariant: a job that the core has changed is written before the turn commits, before the core
 * lets go of it, and before a user is told of it.
 */
#include "error.h"
#include "server_state.h"

static gaia_status attempt_action(struct server *server, const struct core_action *action)
{
    const struct core_note *note = &server->actions.notes[action->note];
    const struct store_attempt attempt = {
        .job = action->job->seq,
        .batch = action->batch.number,
        .at_ms = server->wall_ms,
        .executor = note->executor,
        .status = note->error.status,
        .detail = note->error.detail,
    };
    return server->store->ops->attempt_add(server->store, &attempt, &server->error);
}

gaia_status step_jobs_write(struct server *server)
{
    gaia_status status = GAIA_OK;
    for (size_t i = 0; status == GAIA_OK && i < server->n_dirty; i++) {
        status = server->store->ops->job_update(server->store, server->dirty[i], &server->error);
    }
    server->n_dirty = 0;
    return status;
}

static gaia_status job_changed(struct server *server, const struct job_record *job)
{
    gaia_status status = GAIA_OK;
    for (size_t i = 0; i < server->n_dirty; i++) {
        if (server->dirty[i] == job) {
            return GAIA_OK;
        }
    }
    if (server->n_dirty == DIRTY_JOBS) {
        status = step_jobs_write(server);
    }
    server->dirty[server->n_dirty++] = job;
    return status;
}

/* The core lets go of the job. */
static gaia_status job_over(struct server *server, const struct job_record *job)
{
    const gaia_status status = step_jobs_write(server);
    finish_drop(server, job->id);
    maps_job_over(server, job);
    job_cache_drop(&server->cache, job->seq);
    return status;
}

static gaia_status store_action(struct server *server, const struct core_action *action)
{
    struct store *store = server->store;
    gaia_error *err = &server->error;
    switch (action->kind) {
    case CORE_STORE_JOB:
        return job_changed(server, action->job);
    case CORE_STORE_BATCH:
        return store->ops->batch_put(store, &action->batch, err);
    case CORE_STOP_BATCHES:
        return store->ops->batches_stop(store, action->job->seq, err);
    case CORE_STORE_ATTEMPT:
        return attempt_action(server, action);
    case CORE_STORE_SCHEDULE:
        return store->ops->schedule_update(store, action->schedule, err);
    case CORE_DROP_SCHEDULE:
        return store->ops->schedule_drop(store, action->schedule->seq, err);
    case CORE_RUN_SCHEDULE:
        return schedule_run_add(server, action->schedule);
    case CORE_STORE_SESSION:
        return store->ops->session_put(store, action->session, err);
    case CORE_DROP_SESSION:
        maps_session_over(server, action->session);
        return store->ops->session_drop(store, action->session->session, err);
    case CORE_FINISH:
        return finish_add(server, action->job);
    case CORE_FORGET_JOB:
        return job_over(server, action->job);
    case CORE_REPLY_WELCOME:
    case CORE_REPLY_LEASES:
    case CORE_REPLY_BEAT:
    case CORE_REPLY_DRAIN:
    case CORE_REPLY_UNKNOWN:
    case CORE_REPLY_STALE:
    case CORE_DROP_REQUEST:
        break;
    }
    return wire_action(server, action);
}

gaia_status server_step(struct server *server, struct core_event *event)
{
    event->wall_ms = server->wall_ms;
    gaia_status status =
        core_step(server->core, event, server->now_ms, &server->rng, &server->actions);
    if (status != GAIA_OK) {
        return error_set(&server->error, status, "the core cannot go on: %s",
                         gaia_status_text(status));
    }
    for (size_t i = 0; status == GAIA_OK && i < server->actions.count; i++) {
        metrics_action(server, &server->actions.items[i]);
        log_action(server, &server->actions.items[i]);
        status = store_action(server, &server->actions.items[i]);
    }
    return status;
}
