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

bool waiting_less(const struct heap_node *a, const struct heap_node *b)
{
    const struct batch *batch_a = HEAP_OWNER_CONST(a, struct batch, node);
    const struct batch *batch_b = HEAP_OWNER_CONST(b, struct batch, node);
    return batch_a->since_ms != batch_b->since_ms ? batch_a->since_ms < batch_b->since_ms
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

static void batch_push(struct core *core, struct batch *batch, struct heap *heap)
{
    batch->heap = heap;
    if (!heap_push(heap, &batch->node)) {
        core->trouble = GAIA_OUT_OF_MEMORY;
    }
}

void batch_queue(struct core *core, struct batch *batch, int64_t delay_ms)
{
    batch->state = BATCH_READY;
    batch->not_before_ms = delay_ms > 0 ? core->wall_ms + delay_ms : 0;
    if (delay_ms > 0) {
        batch->since_ms = core->now_ms + delay_ms;
        batch_push(core, batch, &core->waiting);
    } else {
        queue_add(core, batch);
    }
}

void batch_suspect(struct core *core, struct batch *batch)
{
    batch->state = BATCH_READY;
    batch->not_before_ms = 0;
    batch->since_ms = core->now_ms;
    queue_suspect(core, batch);
}

void batch_unqueue(struct core *core, struct batch *batch)
{
    if (batch->heap == &batch->job->ready) {
        queue_remove(core, batch);
    } else if (batch->heap == &core->waiting) {
        heap_remove(&core->waiting, &batch->node);
    } else if (batch->heap != NULL) {
        queue_unsuspect(core, batch);
    }
    batch->heap = NULL;
}

/* Full jitter: uniform in [0, bound), so that batches that failed together do not return together.
 */
int64_t backoff_draw(struct core *core, const struct core_retry *retry, uint32_t tries)
{
    int64_t bound_ms = retry->first_ms;
    for (uint32_t i = 1; i < tries && bound_ms < retry->longest_ms; i++) {
        bound_ms *= 2;
    }
    if (bound_ms > retry->longest_ms) {
        bound_ms = retry->longest_ms;
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
    lease->granted_ms = core->now_ms;
    lease->missed_ms = core->now_ms;
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

/* Ends the job of a batch that will not be tried again. */
static void batch_give_up(struct core *core, struct batch *batch, const gaia_error *error)
{
    batch->state = BATCH_DEAD;
    batch_store(core, batch);
    job_end(core, batch->job, JOB_FAILED, error);
}

void lease_lost(struct core *core, struct lease *lease, enum core_loss loss)
{
    static const char *const texts[] = {
#define X(code, name, text) [CORE_LOSS_##code] = text,
        CORE_LOSS_MAP(X)
#undef X
    };
    const bool is_end = loss == CORE_LOSS_ENDED || loss == CORE_LOSS_REPLACED;
    struct batch *batch = lease->batch;
    const struct session *session = lease->session;
    gaia_error error;
    /* An executor works on its oldest lease. One that had done nothing else cannot have been worn
     * out by others' batches. */
    const bool is_worked_on = is_end && lease == TAILQ_FIRST(&session->leases);
    batch->kills += is_worked_on && session->n_results == 0;
    batch->losses++;
    batch->job->n_failures++;
    (void)error_set(&error, GAIA_UNREACHABLE,
                    "batch %" PRIu32 " lost its executor %" PRIu32 " times, the last time %s: %s",
                    batch->number, batch->losses, session->record.executor, texts[loss]);
    attempt_store(core, batch, &error, loss);
    lease_end(core, lease);
    if (batch->kills >= core->config.kills_max) {
        (void)error_set(&error, GAIA_INTERNAL,
                        "batch %" PRIu32 " is quarantined: %" PRIu32
                        " executors that had run nothing else ended under it",
                        batch->number, batch->kills);
        batch_give_up(core, batch, &error);
    } else if (batch->losses >= core->config.losses_max) {
        batch_give_up(core, batch, &error);
    } else {
        if (is_worked_on) {
            batch_suspect(core, batch);
        } else {
            batch_queue(core, batch, 0);
        }
        batch_store(core, batch);
    }
}

void leases_expire(struct core *core)
{
    for (;;) {
        struct heap_node *node = heap_first(&core->deadlines);
        struct lease *lease = node != NULL ? HEAP_OWNER(node, struct lease, node) : NULL;
        if (lease == NULL || lease->deadline_ms > core->now_ms) {
            return;
        }
        lease_lost(core, lease, CORE_LOSS_EXPIRED);
    }
}

void waiting_release(struct core *core)
{
    for (;;) {
        struct heap_node *node = heap_first(&core->waiting);
        struct batch *batch = node != NULL ? HEAP_OWNER(node, struct batch, node) : NULL;
        if (batch == NULL || batch->since_ms > core->now_ms) {
            return;
        }
        batch_unqueue(core, batch);
        batch_queue(core, batch, 0);
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

/* Notes that the job has begun, if this is its first lease. */
static void job_begin(struct core *core, struct job *job, enum batch_kind kind)
{
    struct job_record *record = &job->record;
    if (record->started_ms != 0) {
        return;
    }
    record->started_ms = core->wall_ms;
    if (record->state == JOB_QUEUED) {
        job_state_set(core, job, kind == BATCH_KIND_TASK ? JOB_RUNNING : JOB_PLANNING);
    }
    job_timer_set(core, job);
    job_store(core, job);
}

/* Leases the batch to the session and says so in the actions. */
static void batch_lease(struct core *core, struct session *session, struct batch *batch)
{
    char attempt[RECORD_ID];
    const uint64_t high = random_next(core->rng);
    const uint64_t low = random_next(core->rng);
    (void)snprintf(attempt, sizeof attempt, "%016" PRIx64 "%016" PRIx64, high, low);
    batch_unqueue(core, batch);
    queue_charge(core, batch->job, batch->n_units);
    const struct lease *lease = lease_make(core, batch, session, attempt, session->last_seq);
    if (lease == NULL) {
        return;
    }
    batch_store(core, batch);
    job_begin(core, batch->job, batch->kind);
    lease_tell(core, lease);
}

/* Answers the session's parked FETCH with what is ready, as far as credits and sizes go; not at
 * all if nothing fits. */
static void session_grant(struct core *core, struct session *session)
{
    const size_t first = core->actions->n_leases;
    const uint32_t limit =
        session->credits < core->config.leases_max ? session->credits : core->config.leases_max;
    uint64_t payload_bytes = 0;
    struct batch *suspect = queue_pick_suspect(core, session);
    struct batch *batch = suspect != NULL ? suspect : queue_pick(core, session);
    for (uint32_t n = 0; batch != NULL && n < limit && core->trouble == GAIA_OK; n++) {
        payload_bytes += batch->job->payload_bytes;
        if (n > 0 && payload_bytes > core->config.reply_bytes) {
            break;
        }
        batch_lease(core, session, batch);
        batch = suspect != NULL ? NULL : queue_pick(core, session);
    }
    if (core->actions->n_leases == first) {
        return;
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
    bool patience_ends = false;
    if (core->n_suspects > 0) {
        (void)suspects_patient_ms(core, &patience_ends);
    }
    if (!core->may_grant && !patience_ends) {
        return;
    }
    core->may_grant = false;
    while (session != NULL && core->n_ready + core->n_suspects > 0 && core->trouble == GAIA_OK) {
        struct session *next = TAILQ_NEXT(session, in_parked);
        if (session_alive(core, session)) {
            session_grant(core, session);
        }
        session = next;
    }
}
