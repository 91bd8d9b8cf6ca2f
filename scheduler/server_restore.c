/* SPDX-License-Identifier: MIT
 *
 * Making the core from what the store holds: at the start, after a failure, and when a scheduler
 * that stood by takes the lead. Called by server.c.
 *
 * Invariant: the core is handed every record in the store's order, within one transaction.
 */
#include "error.h"
#include "server_state.h"

/* What a load hands to the core, one record at a time. */
struct restore {
    struct server *server;
    gaia_status status;
};

static void restore_step(struct restore *restore, struct core_event *event)
{
    if (restore->status == GAIA_OK) {
        restore->status = server_step(restore->server, event);
    }
}

static void restore_session_event(void *context, const struct session_record *session)
{
    struct core_event event = {.kind = CORE_RESTORE_SESSION, .u.hello = session};
    restore_step(context, &event);
}

static void restore_schedule_event(void *context, const struct store_schedule *schedule)
{
    struct core_event event = {.kind = CORE_RESTORE_SCHEDULE, .u.schedule = &schedule->record};
    restore_step(context, &event);
}

static void restore_job_event(void *context, const struct store_job *job)
{
    struct core_event event = {.kind = CORE_RESTORE_JOB, .u.job = {&job->record, job->spec_bytes}};
    restore_step(context, &event);
}

static void restore_batch_event(void *context, const struct batch_record *batch)
{
    struct core_event event = {.kind = CORE_RESTORE_BATCH, .u.batch = batch};
    restore_step(context, &event);
}

gaia_status server_restore(struct server *server)
{
    struct restore restore = {.server = server};
    const struct store_visitor visitor = {.context = &restore,
                                          .session = restore_session_event,
                                          .schedule = restore_schedule_event,
                                          .job = restore_job_event,
                                          .batch = restore_batch_event};
    struct store *store = server->store;
    gaia_error *err = &server->error;
    server->core = core_open(&server->config.core);
    if (server->core == NULL) {
        return error_memory(err, 1);
    }
    server->is_rank_due = true;
    gaia_status status = store->ops->begin(store, err);
    if (status == GAIA_OK) {
        status = store->ops->load(store, &visitor, err);
    }
    status = status == GAIA_OK ? restore.status : status;
    if (status == GAIA_OK) {
        struct core_event end = {.kind = CORE_RESTORE_END};
        status = server_step(server, &end);
    }
    if (status == GAIA_OK) {
        status = tokens_read(server);
    }
    if (status == GAIA_OK) {
        status = store->ops->commit(store, err);
    }
    if (status == GAIA_OK) {
        tokens_publish(server);
        maps_turn_end(server, true);
        maps_restored(server);
    }
    return status;
}
