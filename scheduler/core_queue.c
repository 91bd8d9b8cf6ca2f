/* SPDX-License-Identifier: MIT
 *
 * The order of what is ready: whose batch is next, for this executor. Between core_lease.c, which
 * hands batches out, and the jobs.
 *
 *   core ─▶ lanes (what a job asks of an executor) ─▶ queues (a tenant's jobs in that lane)
 *        ─▶ jobs (by priority and age) ─▶ batches (by number)
 *              lanes ─▶ suspects (batches that were lost with their executor, by age)
 *
 * Tenants share by start-time fair queueing (Goyal, Vin and Cheng 1996): a tenant's clock moves by
 * its work over its share, and the one whose clock is furthest behind goes first. Within a tenant a
 * job's key is its time of submission less its priority's worth of waiting, so that age makes up
 * for priority without any key ever changing.
 *
 * Invariant: a job is in its queue if and only if it is not held and has a ready batch; a queue is
 * in its lane if and only if it has a job. The ready batches of jobs that are not held are in
 * core->ready, oldest first.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core_state.h"

enum {
    CLOCK_UNIT = 1 << 20, /* of a tenant's clock, for one unit of work at share 1 */
    AFFINITY_JOBS = 15    /* of a queue are looked at for a truth that the executor holds */
};

static bool job_first(const struct heap_node *a, const struct heap_node *b)
{
    const struct job *job_a = HEAP_OWNER_CONST(a, struct job, in_queue);
    const struct job *job_b = HEAP_OWNER_CONST(b, struct job, in_queue);
    return job_a->key_ms != job_b->key_ms ? job_a->key_ms < job_b->key_ms
                                          : job_a->record.seq < job_b->record.seq;
}

static bool tenant_first(const struct tenant *a, const struct tenant *b)
{
    return a->clock != b->clock ? a->clock < b->clock : strcmp(a->name, b->name) < 0;
}

static bool queue_first(const struct heap_node *a, const struct heap_node *b)
{
    return tenant_first(HEAP_OWNER_CONST(a, struct queue, in_lane)->tenant,
                        HEAP_OWNER_CONST(b, struct queue, in_lane)->tenant);
}

static bool batch_first(const struct heap_node *a, const struct heap_node *b)
{
    return HEAP_OWNER_CONST(a, struct batch, node)->number <
           HEAP_OWNER_CONST(b, struct batch, node)->number;
}

/* Rounded up to an eighth of a power of two, so that there are not as many lanes as jobs. */
static uint64_t memory_round(uint64_t bytes)
{
    uint64_t step = 1;
    while (bytes / step >= 16) {
        step *= 2;
    }
    return bytes > UINT64_MAX - step ? UINT64_MAX : (bytes + step - 1) / step * step;
}

static struct lane *lane_get(struct core *core, enum job_resource resource, uint64_t memory_bytes)
{
    struct lane *lane = NULL;
    TAILQ_FOREACH(lane, &core->lanes, in_list)
    {
        if (lane->resource == resource && lane->memory_bytes == memory_bytes) {
            return lane;
        }
    }
    lane = calloc(1, sizeof *lane);
    if (lane == NULL) {
        core->trouble = GAIA_OUT_OF_MEMORY;
        return NULL;
    }
    lane->resource = resource;
    lane->memory_bytes = memory_bytes;
    lane->queues.less = queue_first;
    lane->suspects.less = waiting_less;
    TAILQ_INSERT_TAIL(&core->lanes, lane, in_list);
    return lane;
}

static uint32_t share_of(const struct core *core, const char *tenant)
{
    for (size_t i = 0; i < core->config.n_shares; i++) {
        if (strcmp(core->config.shares[i].tenant, tenant) == 0) {
            return core->config.shares[i].share;
        }
    }
    return 1;
}

static struct tenant *tenant_get(struct core *core, const char *name)
{
    struct tenant *tenant = map_get(&core->tenant_by_name, name);
    if (tenant != NULL) {
        return tenant;
    }
    tenant = calloc(1, sizeof *tenant);
    if (tenant == NULL) {
        core->trouble = GAIA_OUT_OF_MEMORY;
        return NULL;
    }
    record_tenant_copy(tenant->name, name);
    tenant->clock = core->clock;
    tenant->step = CLOCK_UNIT / share_of(core, name);
    tenant->step = tenant->step > 0 ? tenant->step : 1;
    TAILQ_INIT(&tenant->queues);
    if (!map_put(&core->tenant_by_name, tenant->name, tenant)) {
        free(tenant);
        core->trouble = GAIA_OUT_OF_MEMORY;
        return NULL;
    }
    return tenant;
}

bool core_tenant_is_full(const struct core *core, const char *name)
{
    const struct tenant *tenant = map_get(&core->tenant_by_name, name);
    const uint32_t most = core->config.tenant_jobs_max;
    return most != 0 && tenant != NULL && tenant->n_jobs >= most;
}

static struct queue *queue_get(struct core *core, struct tenant *tenant, struct lane *lane)
{
    struct queue *queue = NULL;
    TAILQ_FOREACH(queue, &tenant->queues, in_tenant)
    {
        if (queue->lane == lane) {
            return queue;
        }
    }
    queue = calloc(1, sizeof *queue);
    if (queue == NULL) {
        core->trouble = GAIA_OUT_OF_MEMORY;
        return NULL;
    }
    queue->tenant = tenant;
    queue->lane = lane;
    queue->jobs.less = job_first;
    TAILQ_INSERT_TAIL(&tenant->queues, queue, in_tenant);
    return queue;
}

static void tenant_free(struct tenant *tenant)
{
    struct queue *queue = NULL;
    while ((queue = TAILQ_FIRST(&tenant->queues)) != NULL) {
        TAILQ_REMOVE(&tenant->queues, queue, in_tenant);
        heap_remove(&queue->lane->queues, &queue->in_lane);
        heap_fini(&queue->jobs);
        free(queue);
    }
    free(tenant);
}

void queue_join(struct core *core, struct job *job)
{
    const struct job_terms *terms = &job->record.terms;
    job->ready.less = batch_first;
    job->key_ms = job->record.submitted_ms - (int64_t)terms->priority * core->config.ageing_ms;
    struct tenant *tenant = tenant_get(core, terms->tenant);
    struct lane *lane =
        tenant != NULL ? lane_get(core, terms->resource, memory_round(terms->memory_bytes)) : NULL;
    job->queue = lane != NULL ? queue_get(core, tenant, lane) : NULL;
    if (tenant != NULL) {
        tenant->n_jobs++;
    }
}

void queue_leave(struct core *core, struct job *job)
{
    if (job->queue == NULL) {
        return;
    }
    struct tenant *tenant = job->queue->tenant;
    assert(job->ready.count == 0 && job->in_queue.slot == 0);
    job->queue = NULL;
    if (--tenant->n_jobs == 0) {
        map_remove(&core->tenant_by_name, tenant->name, tenant);
        tenant_free(tenant);
    }
}

/* Puts the job where the invariant says it belongs, and its queue too. */
static void job_place(struct core *core, struct job *job)
{
    struct queue *queue = job->queue;
    if (queue == NULL) {
        return; /* there is no memory: the core is thrown away */
    }
    const bool belongs = !job->is_held && job->ready.count > 0;
    if (belongs && job->in_queue.slot == 0) {
        if (queue->jobs.count == 0 && queue->tenant->clock < core->clock) {
            queue->tenant->clock = core->clock; /* who had nothing to do saves nothing up */
        }
        if (!heap_push(&queue->jobs, &job->in_queue)) {
            core->trouble = GAIA_OUT_OF_MEMORY;
        }
    } else if (!belongs) {
        heap_remove(&queue->jobs, &job->in_queue);
    }
    struct heap *lane = &queue->lane->queues;
    if (queue->jobs.count == 0) {
        heap_remove(lane, &queue->in_lane);
    } else if (queue->in_lane.slot == 0 && !heap_push(lane, &queue->in_lane)) {
        core->trouble = GAIA_OUT_OF_MEMORY;
    }
}

static void ready_append(struct core *core, struct batch *batch)
{
    batch->since_ms = core->now_ms;
    TAILQ_INSERT_TAIL(&core->ready, batch, in_ready);
}

void queue_add(struct core *core, struct batch *batch)
{
    struct job *job = batch->job;
    batch->heap = &job->ready;
    if (!job->is_held) {
        ready_append(core, batch);
    }
    if (!heap_push(&job->ready, &batch->node)) {
        core->trouble = GAIA_OUT_OF_MEMORY;
        return;
    }
    core->n_ready++;
    core->may_grant = true;
    job_place(core, job);
}

void queue_remove(struct core *core, struct batch *batch)
{
    heap_remove(&batch->job->ready, &batch->node);
    if (!batch->job->is_held) {
        TAILQ_REMOVE(&core->ready, batch, in_ready);
    }
    core->n_ready--;
    job_place(core, batch->job);
}

void queue_hold(struct core *core, struct job *job, bool is_held)
{
    for (size_t i = 0; is_held != job->is_held && i < job->ready.count; i++) {
        struct batch *batch = HEAP_OWNER(job->ready.nodes[i], struct batch, node);
        if (is_held) {
            TAILQ_REMOVE(&core->ready, batch, in_ready);
        } else {
            ready_append(core, batch);
        }
    }
    job->is_held = is_held;
    core->may_grant = core->may_grant || !is_held;
    job_place(core, job);
}

void queue_charge(struct core *core, struct job *job, uint64_t units)
{
    struct tenant *tenant = job->queue->tenant;
    struct queue *queue = NULL;
    core->clock = tenant->clock > core->clock ? tenant->clock : core->clock;
    TAILQ_FOREACH(queue, &tenant->queues, in_tenant)
    {
        queue->was_in_lane = queue->in_lane.slot != 0;
        heap_remove(&queue->lane->queues, &queue->in_lane);
    }
    tenant->clock += tenant->step * (units > 0 ? units : 1);
    TAILQ_FOREACH(queue, &tenant->queues, in_tenant)
    {
        if (queue->was_in_lane && !heap_push(&queue->lane->queues, &queue->in_lane)) {
            core->trouble = GAIA_OUT_OF_MEMORY;
        }
    }
}

static bool lane_fits(const struct lane *lane, const struct session *session)
{
    const bool right_kind = lane->resource == JOB_RESOURCE_ANY ||
                            (lane->resource == JOB_RESOURCE_GPU) == session->has_gpu;
    return right_kind && lane->memory_bytes <= session->record.memory_bytes;
}

static bool truth_is_held(const struct session *session, const char *truth)
{
    for (size_t i = 0; truth[0] != '\0' && i < session->n_resident; i++) {
        if (strcmp(session->resident[i], truth) == 0) {
            return true;
        }
    }
    return false;
}

/* The queue's first job, or a later one whose truth the executor holds, unless that would make the
 * first one wait for much younger work. */
static struct job *job_choose(const struct core *core, const struct queue *queue,
                              const struct session *session)
{
    struct job *first = HEAP_OWNER(heap_first(&queue->jobs), struct job, in_queue);
    struct job *chosen = NULL;
    if (truth_is_held(session, first->record.terms.truth)) {
        return first;
    }
    for (size_t i = 1; i < queue->jobs.count && i < AFFINITY_JOBS; i++) {
        struct job *job = HEAP_OWNER(queue->jobs.nodes[i], struct job, in_queue);
        if (job->key_ms - first->key_ms <= core->config.affinity_ms &&
            truth_is_held(session, job->record.terms.truth) &&
            (chosen == NULL || job_first(&job->in_queue, &chosen->in_queue))) {
            chosen = job;
        }
    }
    return chosen != NULL ? chosen : first;
}

struct batch *queue_pick(const struct core *core, const struct session *session)
{
    const struct lane *lane = NULL;
    const struct queue *best = NULL;
    TAILQ_FOREACH(lane, &core->lanes, in_list)
    {
        const struct heap_node *node = heap_first(&lane->queues);
        const struct queue *queue =
            node != NULL ? HEAP_OWNER_CONST(node, struct queue, in_lane) : NULL;
        if (queue == NULL || !lane_fits(lane, session)) {
            continue;
        }
        if (best == NULL || tenant_first(queue->tenant, best->tenant) ||
            (queue->tenant == best->tenant &&
             job_first(queue->jobs.nodes[0], best->jobs.nodes[0]))) {
            best = queue;
        }
    }
    return best != NULL
               ? HEAP_OWNER(heap_first(&job_choose(core, best, session)->ready), struct batch, node)
               : NULL;
}

void queue_suspect(struct core *core, struct batch *batch)
{
    if (batch->job->queue == NULL) {
        return; /* there is no memory: the core is thrown away */
    }
    batch->heap = &batch->job->queue->lane->suspects;
    if (!heap_push(batch->heap, &batch->node)) {
        core->trouble = GAIA_OUT_OF_MEMORY;
        return;
    }
    core->n_suspects++;
    core->may_grant = true;
}

void queue_unsuspect(struct core *core, struct batch *batch)
{
    heap_remove(batch->heap, &batch->node);
    core->n_suspects--;
}

/* The lane's suspect that has waited longest; NULL if there is none. A job that is held has not
 * begun, and so lost nothing. */
static struct batch *suspect_first(const struct lane *lane)
{
    struct heap_node *node = heap_first(&lane->suspects);
    return node != NULL ? HEAP_OWNER(node, struct batch, node) : NULL;
}

struct batch *queue_pick_suspect(const struct core *core, const struct session *session)
{
    const bool is_fresh = session->n_results == 0 && session->n_leases == 0;
    const struct lane *lane = NULL;
    struct batch *oldest = NULL;
    if (core->n_suspects == 0 || session->n_leases > 0) {
        return NULL;
    }
    TAILQ_FOREACH(lane, &core->lanes, in_list)
    {
        struct batch *batch = suspect_first(lane);
        if (batch != NULL && !batch->job->is_held && lane_fits(lane, session) &&
            (is_fresh || batch->since_ms + core->config.fresh_wait_ms <= core->now_ms) &&
            (oldest == NULL || waiting_less(&batch->node, &oldest->node))) {
            oldest = batch;
        }
    }
    return oldest;
}

int64_t suspects_patient_ms(const struct core *core, bool *due)
{
    const struct lane *lane = NULL;
    int64_t next_ms = INT64_MAX;
    *due = false;
    TAILQ_FOREACH(lane, &core->lanes, in_list)
    {
        const struct batch *batch = suspect_first(lane);
        const int64_t patient_ms =
            batch != NULL ? batch->since_ms + core->config.fresh_wait_ms : INT64_MAX;
        if (patient_ms <= core->now_ms) {
            *due = true;
        } else if (patient_ms < next_ms) {
            next_ms = patient_ms;
        }
    }
    return next_ms;
}

void queues_free(struct core *core)
{
    struct lane *lane = NULL;
    for (size_t i = 0; i < core->tenant_by_name.capacity; i++) {
        if (core->tenant_by_name.entries[i].key != NULL) {
            tenant_free(core->tenant_by_name.entries[i].value);
        }
    }
    map_fini(&core->tenant_by_name);
    while ((lane = TAILQ_FIRST(&core->lanes)) != NULL) {
        TAILQ_REMOVE(&core->lanes, lane, in_list);
        heap_fini(&lane->queues);
        heap_fini(&lane->suspects);
        free(lane);
    }
}
