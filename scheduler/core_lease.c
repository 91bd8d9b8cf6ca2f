/* SPDX-License-Identifier: MIT
 *
 * Queues and leases: which batch is handed to whom, and what happens when a lease is lost. Called
 * by every other file of the core; decides nothing about jobs beyond telling them that a batch is
 * dead.
 *
 * Invariant: batch->lease is NULL or the one lease of this batch; a batch has no second one.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "core_state.h"
#include "error.h"

/* Older jobs first, then lower numbers: a total order, so that a run can be replayed. */
static bool batch_before(const struct batch *a, const struct batch *b)
{
    if (a->job->record.seq != b->job->record.seq) {
        return a->job->record.seq < b->job->record.seq;
    }
    return a->number < b->number;
}

bool batch_less(const struct heap_node *a, const struct heap_node *b)
{
    return batch_before(HEAP_OWNER_CONST(a, struct batch, node),
                        HEAP_OWNER_CONST(b, struct batch, node));
}

bool waiting_less(const struct heap_node *a, const struct heap_node *b)
{
    const struct batch *batch_a = HEAP_OWNER_CONST(a, struct batch, node);
    const struct batch *batch_b = HEAP_OWNER_CONST(b, struct batch, node);
    return batch_a->not_before_ms != batch_b->not_before_ms
               ? batch_a->not_before_ms < batch_b->not_before_ms
               : batch_before(batch_a, batch_b);
}

bool deadline_less(const struct heap_node *a, const struct heap_node *b)
{
    const struct lease *lease_a = HEAP_OWNER_CONST(a, struct lease, node);
    const struct lease *lease_b = HEAP_OWNER_CONST(b, struct lease, node);
    return lease_a->deadline_ms != lease_b->deadline_ms
               ? lease_a->deadline_ms < lease_b->deadline_ms
               : batch_before(lease_a->batch, lease_b->batch);
}

void batch_queue(struct core *core, struct batch *batch, int64_t not_before_ms)
{
    struct heap *heap = not_before_ms > core->now_ms ? &core->waiting : &core->ready;
    batch->state = BATCH_READY;
    batch->not_before_ms = not_before_ms;
    if (!heap_push(heap, &batch->node)) {
        core->trouble = GAIA_OUT_OF_MEMORY;
    }
}

void batch_unqueue(struct core *core, struct batch *batch)
{
    const size_t slot = batch->node.slot;
    if (slot != 0 && slot <= core->ready.count && core->ready.nodes[slot - 1] == &batch->node) {
        heap_remove(&core->ready, &batch->node);
    } else if (slot != 0) {
        heap_remove(&core->waiting, &batch->node);
    }
}

/* Full jitter: uniform in [0, bound), so that batches that failed together do not return together.
 */
int64_t backoff_draw(struct core *core, uint32_t tries)
{
    int64_t bound_ms = core->config.backoff_ms;
    for (uint32_t i = 1; i < tries && bound_ms < core->config.backoff_max_ms; i++) {
        bound_ms *= 2;
    }
    if (bound_ms > core->config.backoff_max_ms) {
        bound_ms = core->config.backoff_max_ms;
    }
    return bound_ms > 0 ? (int64_t)(random_next(core->rng) % (uint64_t)bound_ms) : 0;
}

struct lease *lease_make(struct core *core, struct batch *batch, struct session *session,
                         const char *attempt, uint64_t seq)
{
    struct lease *lease = calloc(1, sizeof *lease);
    if (lease == NULL) {
        core->trouble = GAIA_OUT_OF_MEMORY;
        return NULL;
    }
    assert(batch->lease == NULL);
    lease->batch = batch;
    lease->session = session;
    lease->deadline_ms = core->now_ms + core->config.lease_ms;
    lease->seq = seq;
    lease->beat = session->beat;
    record_id_copy(lease->attempt, attempt);
    if (!heap_push(&core->deadlines, &lease->node) ||
        !map_put(&core->lease_by_attempt, lease->attempt, lease)) {
        core->trouble = GAIA_OUT_OF_MEMORY;
    }
    batch->lease = lease;
    batch->state = BATCH_LEASED;
    TAILQ_INSERT_TAIL(&session->leases, lease, in_session);
    session->n_leases++;
    return lease;
}

void lease_end(struct core *core, struct lease *lease)
{
    heap_remove(&core->deadlines, &lease->node);
    map_remove(&core->lease_by_attempt, lease->attempt, lease);
    TAILQ_REMOVE(&lease->session->leases, lease, in_session);
    lease->session->n_leases--;
    lease->batch->job->units_running -= lease->done;
    lease->batch->lease = NULL;
    free(lease);
}

void lease_lost(struct core *core, struct lease *lease, const char *why)
{
    struct batch *batch = lease->batch;
    gaia_error error;
    (void)error_set(&error, GAIA_UNREACHABLE,
                    "batch %" PRIu32 " lost its executor %" PRIu32 " times, the last time %s: %s",
                    batch->number, batch->losses + 1, lease->session->record.executor, why);
    lease_end(core, lease);
    batch->losses++;
    if (batch->losses < core->config.losses_max) {
        batch_queue(core, batch, core->now_ms);
        batch_store(core, batch);
        return;
    }
    batch->state = BATCH_DEAD;
    batch_store(core, batch);
    job_end(core, batch->job, JOB_FAILED, &error);
}

void leases_expire(struct core *core)
{
    for (;;) {
        struct heap_node *node = heap_first(&core->deadlines);
        struct lease *lease = node != NULL ? HEAP_OWNER(node, struct lease, node) : NULL;
        if (lease == NULL || lease->deadline_ms > core->now_ms) {
            return;
        }
        lease_lost(core, lease, "no beat within the lease");
    }
}

void waiting_release(struct core *core)
{
    for (;;) {
        struct heap_node *node = heap_first(&core->waiting);
        struct batch *batch = node != NULL ? HEAP_OWNER(node, struct batch, node) : NULL;
        if (batch == NULL || batch->not_before_ms > core->now_ms) {
            return;
        }
        heap_remove(&core->waiting, node);
        batch_queue(core, batch, core->now_ms);
    }
}

void lease_tell(struct core *core, const struct lease *lease)
{
    const struct batch *batch = lease->batch;
    struct core_lease out = {.job = &batch->job->record,
                             .batch = batch->number,
                             .kind = batch->kind,
                             .first_unit = batch->first_unit,
                             .n_units = batch->n_units};
    record_id_copy(out.attempt, lease->attempt);
    action_lease_add(core, &out);
}

/* Leases the batch to the session and says so in the actions. */
static void batch_lease(struct core *core, struct session *session, struct batch *batch)
{
    char attempt[RECORD_ID];
    const uint64_t high = random_next(core->rng);
    const uint64_t low = random_next(core->rng);
    (void)snprintf(attempt, sizeof attempt, "%016" PRIx64 "%016" PRIx64, high, low);
    heap_remove(&core->ready, &batch->node);
    const struct lease *lease = lease_make(core, batch, session, attempt, session->last_seq);
    if (lease == NULL) {
        return;
    }
    batch_store(core, batch);
    struct job_record *record = &batch->job->record;
    if (record->state == JOB_QUEUED) {
        record->state = batch->kind == BATCH_KIND_TASK ? JOB_RUNNING : JOB_PLANNING;
        job_store(core, batch->job);
    }
    lease_tell(core, lease);
}

/* Answers the session's parked FETCH with what is ready, as far as credits and sizes go. */
static void session_grant(struct core *core, struct session *session)
{
    const size_t first = core->actions->n_leases;
    const uint32_t limit =
        session->credits < core->config.leases_max ? session->credits : core->config.leases_max;
    uint64_t payload_bytes = 0;
    uint32_t n = 0;
    while (n < limit && core->ready.count > 0 && core->trouble == GAIA_OK) {
        struct batch *batch = HEAP_OWNER(heap_first(&core->ready), struct batch, node);
        payload_bytes += batch->job->payload_bytes;
        if (n > 0 && payload_bytes > core->config.reply_bytes) {
            break;
        }
        batch_lease(core, session, batch);
        n++;
    }
    struct core_action *action = action_add(core, CORE_REPLY_LEASES);
    action->request = session->request;
    action->first = first;
    action->count = core->actions->n_leases - first;
    session_unpark(core, session);
}

void leases_grant(struct core *core)
{
    struct session *session = TAILQ_FIRST(&core->parked);
    while (session != NULL && core->ready.count > 0 && core->trouble == GAIA_OK) {
        struct session *next = TAILQ_NEXT(session, in_parked);
        if (session_alive(core, session)) {
            session_grant(core, session);
        }
        session = next;
    }
}
