/* SPDX-License-Identifier: MIT
 *
 * A new core from the store's records: after a start, and after the store failed under the old
 * core. Sessions come first, then each job with its batches, then the end.
 *
 * Invariant: what was leased stays leased, with the same attempt, for one more term: an executor
 * that worked on while the scheduler was away loses nothing.
 */
#include <stdlib.h>

#include "core_state.h"

void restore_session(struct core *core, const struct core_event *event)
{
    (void)session_add(core, event->u.hello);
}

void restore_job(struct core *core, const struct core_event *event)
{
    const struct job_record *record = event->u.job.record;
    struct job *job = calloc(1, sizeof *job);
    struct batch *batches =
        calloc(record->batches_total > 0 ? record->batches_total : 1, sizeof *batches);
    if (job == NULL || batches == NULL) {
        free(job);
        free(batches);
        core->trouble = GAIA_OUT_OF_MEMORY;
        return;
    }
    job->record = *record;
    job->record.units_done = 0;
    job->record.batches_done = 0;
    job->payload_bytes = event->u.job.payload_bytes;
    job->batches = batches;
    TAILQ_INSERT_TAIL(&core->jobs, job, in_list);
    if (!map_put(&core->job_by_id, job->record.id, job)) {
        core->trouble = GAIA_OUT_OF_MEMORY;
    }
}

/* Gives a leased batch back to the session that has it, or queues it again if that is forgotten. */
static void lease_restore(struct core *core, struct batch *batch, const struct batch_record *record)
{
    struct session *session = map_get(&core->session_by_id, record->session);
    if (session == NULL) {
        batch_queue(core, batch, core->now_ms);
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
    if (record->state == BATCH_DONE) {
        job->record.batches_done++;
        job->record.units_done += batch->n_units;
    } else if (record->state == BATCH_LEASED) {
        lease_restore(core, batch, record);
    } else if (record->state == BATCH_READY) {
        /* How long it still had to wait is not stored: a new delay of the same kind is drawn. */
        const int64_t delay_ms = record->tries > 0 ? backoff_draw(core, record->tries) : 0;
        batch_queue(core, batch, core->now_ms + delay_ms);
    }
}

void restore_end(struct core *core)
{
    struct job *job = NULL;
    TAILQ_FOREACH(job, &core->jobs, in_list)
    {
        for (uint32_t i = 0; i < job->record.batches_total; i++) {
            if (job->batches[i].job == NULL) {
                core->trouble = GAIA_STORE;
                return;
            }
        }
        if (job->record.batches_done == job->record.batches_total) {
            action_add(core, CORE_FINISH)->job = &job->record;
        }
    }
}
