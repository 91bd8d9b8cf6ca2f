/* SPDX-License-Identifier: MIT
 *
 * A new core from the store's records: after a start, and after the store failed under the old
 * core. Sessions come first, then each job with its batches, then the end.
 *
 * Invariant: what was leased stays leased, with the same attempt, for one more term: an executor
 * that worked on while the scheduler was away loses nothing.
 */
#include "core_state.h"

void restore_session(struct core *core, const struct core_event *event)
{
    struct session *session = session_add(core, event->u.hello);
    if (session != NULL) {
        session->n_results = 1; /* it may have done much: what ends it now is not blamed for it */
        session->is_leaving = session->record.is_drained; /* it may not have been told yet */
    }
    /* The store may hold two of one executor; its next HELLO tells which is the right one. */
    if (session != NULL && map_get(&core->session_by_executor, session->record.executor) == NULL &&
        !map_put(&core->session_by_executor, session->record.executor, session)) {
        core->trouble = GAIA_OUT_OF_MEMORY;
    }
}

void restore_job(struct core *core, const struct core_event *event)
{
    struct job *job = job_add(core, event, event->u.job.record->batches_total);
    if (job != NULL) {
        job->record.units_done = 0;
        job->record.batches_done = 0;
    }
}

/* Gives a leased batch back to the session that has it, or queues it again if that is forgotten. */
static void lease_restore(struct core *core, struct batch *batch, const struct batch_record *record)
{
    struct session *session = map_get(&core->session_by_id, record->session);
    if (session == NULL) {
        batch_queue(core, batch, 0);
        batch_store(core, batch);
        return;
    }
    if (lease_make(core, batch, session, record->attempt, record->seq) != NULL &&
        session->last_seq < record->seq) {
        session->last_seq = record->seq;
    }
}

void restore_batch(struct core *core, const struct core_event *event)
{
    const struct batch_record *record = event->u.batch;
    struct job *job = TAILQ_LAST(&core->jobs, job_list);
    if (job == NULL || job->record.seq != record->job ||
        record->number >= job->record.batches_total || job->batches[record->number].job != NULL) {
        core->trouble = GAIA_STORE;
        return;
    }
    struct batch *batch = &job->batches[record->number];
    batch->job = job;
    batch->kind = record->kind;
    batch->number = record->number;
    batch->state = record->state;
    batch->first_unit = record->first_unit;
    batch->n_units = record->n_units;
    batch->tries = record->tries;
    batch->losses = record->losses;
    job->n_failures += record->tries + record->losses;
    batch->kills = record->kills;
    if (record->state == BATCH_DONE) {
        job->record.batches_done++;
        job->record.units_done += batch->n_units;
    } else if (record->state == BATCH_LEASED) {
        lease_restore(core, batch, record);
    } else if (record->state == BATCH_READY && record->kills > 0) {
        batch_suspect(core, batch);
    } else if (record->state == BATCH_READY) {
        /* The clock may have been put back meanwhile: no backoff is longer than the longest. */
        const int64_t longest_ms = core->config.retry[GAIA_CLASS_UNAVAILABLE].longest_ms;
        const int64_t delay_ms = record->not_before_ms - core->wall_ms;
        batch_queue(core, batch, delay_ms < longest_ms ? delay_ms : longest_ms);
    }
}

/* Goes on with a job whose batches are all there. */
static void job_resume(struct core *core, struct job *job)
{
    for (uint32_t i = 0; i < job->record.batches_total; i++) {
        if (job->batches[i].job == NULL) {
            core->trouble = GAIA_STORE;
            return;
        }
    }
    job->pace_units = job->record.units_done;
    job_timer_set(core, job);
    if (job->record.batches_done == job->record.batches_total) {
        action_add(core, CORE_FINISH)->job = &job->record;
    }
}

void restore_end(struct core *core, bool one)
{
    struct job *job = NULL;
    if (one) {
        job_resume(core, TAILQ_LAST(&core->jobs, job_list));
        return;
    }
    TAILQ_FOREACH(job, &core->jobs, in_list)
    {
        job_resume(core, job);
    }
}
