/* SPDX-License-Identifier: MIT
 *
 * Jobs: from submission over the plan and its batches to the end. Called by core.c with events, and
 * by core_lease.c when a batch is dead.
 *
 * Invariant: batches_done counts the batches in state DONE; when it reaches batches_total the job
 * is handed to the finish step, once for each life of the core; a task has no such step.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core_state.h"
#include "error.h"

void job_free(struct job *job)
{
    heap_fini(&job->ready);
    free(job->error);
    free(job->batches);
    free(job);
}

struct job *job_add(struct core *core, const struct core_event *event, uint32_t n_batches)
{
    struct job *job = calloc(1, sizeof *job);
    struct batch *batches = calloc(n_batches > 0 ? n_batches : 1, sizeof *batches);
    if (job == NULL || batches == NULL) {
        free(job);
        free(batches);
        core->trouble = GAIA_OUT_OF_MEMORY;
        return NULL;
    }
    job->record = *event->u.job.record;
    job->record.error = NULL;
    job->payload_bytes = event->u.job.payload_bytes;
    job->batches = batches;
    job->pace_ms = core->now_ms;
    TAILQ_INSERT_TAIL(&core->jobs, job, in_list);
    core->n_jobs++;
    core->n_in_state[job->record.state]++;
    if (!map_put(&core->job_by_id, job->record.id, job)) {
        core->trouble = GAIA_OUT_OF_MEMORY;
    }
    queue_join(core, job);
    schedule_begins(core, job);
    return job;
}

void job_state_set(struct core *core, struct job *job, enum job_state state)
{
    core->n_in_state[job->record.state]--;
    core->n_in_state[state]++;
    job->record.state = state;
}

void job_submit(struct core *core, const struct core_event *event)
{
    struct job *job = job_add(core, event, 1);
    if (job == NULL) {
        return;
    }
    struct batch *plan = &job->batches[0];
    job_state_set(core, job, JOB_QUEUED);
    job->record.batches_total = 1;
    plan->job = job;
    plan->kind = event->u.job.is_task ? BATCH_KIND_TASK : BATCH_KIND_PLAN;
    job_timer_set(core, job);
    batch_queue(core, plan, 0);
    job_store(core, job);
    batch_store(core, plan);
}

static bool batch_is_over(const struct batch *batch)
{
    return batch->state == BATCH_DONE || batch->state == BATCH_FAILED ||
           batch->state == BATCH_DEAD || batch->state == BATCH_CANCELLED;
}

void job_end(struct core *core, struct job *job, enum job_state state, const gaia_error *error)
{
    for (uint32_t i = 0; i < job->record.batches_total; i++) {
        struct batch *batch = &job->batches[i];
        if (batch->lease != NULL) {
            lease_end(core, batch->lease);
        }
        batch_unqueue(core, batch);
        if (!batch_is_over(batch)) {
            batch->state = BATCH_CANCELLED;
        }
    }
    core->n_in_state[job->record.state]--;
    job->record.state = state;
    job->record.finished_ms = core->wall_ms;
    if (error != NULL) {
        job->error = malloc(sizeof *job->error);
        if (job->error != NULL) {
            *job->error = *error;
            job->record.error = job->error;
        } else {
            core->trouble = GAIA_OUT_OF_MEMORY;
        }
    }
    if (state != JOB_SUCCEEDED) {
        action_add(core, CORE_STOP_BATCHES)->job = &job->record;
    }
    job_store(core, job);
    action_add(core, CORE_FORGET_JOB)->job = &job->record;
    timer_stop(core, &job->timer);
    queue_leave(core, job);
    schedule_ends(core, job);
    map_remove(&core->job_by_id, job->record.id, job);
    TAILQ_REMOVE(&core->jobs, job, in_list);
    core->n_jobs--;
    TAILQ_INSERT_TAIL(&core->jobs_trash, job, in_list);
}

void job_cancel(struct core *core, const struct core_event *event)
{
    struct job *job = map_get(&core->job_by_id, event->id);
    gaia_error error;
    if (job != NULL) {
        (void)error_set(&error, GAIA_CANCELLED, "cancelled on request");
        job_end(core, job, JOB_CANCELLED, &error);
    }
}

void job_finished(struct core *core, const struct core_event *event)
{
    struct job *job = map_get(&core->job_by_id, event->id);
    if (job == NULL) {
        return;
    }
    if (event->u.error->status == GAIA_OK) {
        job_end(core, job, JOB_SUCCEEDED, NULL);
    } else {
        job_end(core, job, JOB_FAILED, event->u.error);
    }
}

/* Bytes of fields that take batch_ms at the pace of late, within the configured bounds. */
static uint64_t batch_bytes(const struct core *core)
{
    const struct core_config *config = &core->config;
    const uint64_t wanted =
        core->bytes_per_ms > 0 ? core->bytes_per_ms * (uint64_t)config->batch_ms : UINT64_MAX;
    const uint64_t most = wanted < config->batch_bytes ? wanted : config->batch_bytes;
    return most > config->batch_bytes_min ? most : config->batch_bytes_min;
}

/* Units of a batch: few enough for the sizes in the configuration, and for every executor to get
 * one. */
static uint64_t batch_units(const struct core *core, const struct core_plan *plan)
{
    const struct core_config *config = &core->config;
    const size_t alive = sessions_alive(core);
    const uint64_t executors = alive > 0 ? alive : 1;
    const uint64_t limits[] = {
        batch_bytes(core) / (plan->field_bytes > 0 ? plan->field_bytes : 1),
        config->result_bytes / (plan->unit_bytes > 0 ? plan->unit_bytes : 1),
        plan->n_units / executors + (plan->n_units % executors != 0),
    };
    uint64_t units = config->batch_units;
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        units = limits[i] < units ? limits[i] : units;
    }
    return units > 0 ? units : 1;
}

/* Where the batch ends that begins at `first` and has about so many units: before a range that is
 * to be whole and that it would cut, or behind one that it begins with. *at is the first range that
 * may matter. */
static uint64_t batch_end(const struct core_plan *plan, uint64_t first, uint64_t units, size_t *at)
{
    const uint64_t left = plan->n_units - first;
    const uint64_t end = first + (left < units ? left : units);
    while (*at < plan->n_whole && plan->whole[*at].end <= first) {
        (*at)++;
    }
    for (size_t i = *at; i < plan->n_whole && plan->whole[i].first < end; i++) {
        if (plan->whole[i].end > end) {
            return plan->whole[i].first > first ? plan->whole[i].first : plan->whole[i].end;
        }
    }
    return end;
}

static uint64_t batches_count(const struct core_plan *plan, uint64_t units)
{
    uint64_t n = 0;
    size_t at = 0;
    for (uint64_t first = 0; first < plan->n_units; n++) {
        first = batch_end(plan, first, units, &at);
    }
    return n;
}

/* Cuts the plan into score batches: contiguous ranges in the plan's order. */
static void plan_cut(struct core *core, struct job *job, const struct core_plan *plan)
{
    const uint64_t units = batch_units(core, plan);
    const uint64_t n_batches = batches_count(plan, units);
    struct batch *batches = NULL;
    size_t at = 0;
    if (n_batches >= UINT32_MAX ||
        (batches = calloc((size_t)n_batches + 1, sizeof *batches)) == NULL) {
        core->trouble = GAIA_OUT_OF_MEMORY;
        return;
    }
    assert(job->record.batches_total == 1 && job->batches[0].heap == NULL);
    batches[0] = job->batches[0];
    free(job->batches);
    job->batches = batches;
    job->record.batches_total = (uint32_t)n_batches + 1;
    job->record.units_total = plan->n_units;
    job_state_set(core, job, JOB_RUNNING);
    job->payload_bytes += plan->payload_bytes;
    job->field_bytes = plan->field_bytes;
    job->pace_ms = core->now_ms;
    uint64_t first = 0;
    for (uint32_t i = 1; i <= n_batches; i++) {
        struct batch *batch = &batches[i];
        const uint64_t end = batch_end(plan, first, units, &at);
        batch->job = job;
        batch->kind = BATCH_KIND_SCORE;
        batch->number = i;
        batch->first_unit = first;
        batch->n_units = (uint32_t)(end - first);
        batch_queue(core, batch, 0);
        batch_store(core, batch);
        first = end;
    }
}

/* Takes the pace of a batch into account: a running mean, a quarter of it the newest. */
static void pace_measure(struct core *core, const struct lease *lease)
{
    const struct batch *batch = lease->batch;
    const int64_t took_ms = core->now_ms - lease->granted_ms;
    const uint64_t bytes = batch->n_units * batch->job->field_bytes;
    if (batch->kind != BATCH_KIND_SCORE || bytes == 0) {
        return;
    }
    const uint64_t pace = bytes / (took_ms > 0 ? (uint64_t)took_ms : 1);
    core->bytes_per_ms =
        core->bytes_per_ms == 0 ? pace : core->bytes_per_ms - core->bytes_per_ms / 4 + pace / 4;
}

static void batch_done(struct core *core, struct batch *batch, const struct core_plan *plan)
{
    struct job *job = batch->job;
    batch->state = BATCH_DONE;
    job->record.batches_done++;
    job->record.units_done += batch->n_units;
    if (batch->kind == BATCH_KIND_TASK) { /* its document is in the store: nothing is left to do */
        job_end(core, job, JOB_SUCCEEDED, NULL);
        return;
    }
    if (batch->kind == BATCH_KIND_PLAN) {
        plan_cut(core, job, plan); /* moves the batches: `batch` is not used below */
    }
    job_store(core, job);
    if (job->record.batches_done == job->record.batches_total) {
        action_add(core, CORE_FINISH)->job = &job->record;
    }
}

/* The class of the status alone decides whether a batch is tried again, and how. */
static void batch_failed(struct core *core, struct batch *batch, const gaia_error *error)
{
    const enum gaia_class class = gaia_status_class(error->status);
    const struct core_retry *retry = &core->config.retry[class];
    batch->tries++;
    batch->job->n_failures++;
    if (class != GAIA_CLASS_INVALID && batch->tries < retry->tries_max) {
        batch_queue(core, batch, backoff_draw(core, retry, batch->tries));
        batch_store(core, batch);
        return;
    }
    batch->state = class == GAIA_CLASS_INVALID ? BATCH_FAILED : BATCH_DEAD;
    batch_store(core, batch);
    job_end(core, batch->job, JOB_FAILED, error);
}

void job_result(struct core *core, const struct core_event *event)
{
    struct job *job = map_get(&core->job_by_id, event->id);
    const gaia_error *error = event->u.result.error;
    if (job == NULL || event->u.result.outcome != CORE_COMMITTED) {
        return;
    }
    struct lease *lease = map_get(&core->lease_by_attempt, event->u.result.attempt);
    if (lease == NULL || lease->batch->job != job ||
        lease->batch->number != event->u.result.batch) {
        core->trouble = GAIA_STORE; /* the store let through what is not leased here */
        return;
    }
    struct batch *batch = lease->batch;
    if (error->status == GAIA_CANCELLED) { /* not an error: the executor gives the lease back */
        lease_lost(core, lease, CORE_LOSS_RETURNED);
        return;
    }
    lease->session->n_results++;
    if (error->status == GAIA_OK) {
        pace_measure(core, lease);
        lease_end(core, lease);
        batch_done(core, batch, event->u.result.plan);
    } else {
        attempt_store(core, batch, error, CORE_LOSS_NONE);
        lease_end(core, lease);
        batch_failed(core, batch, error);
    }
}
