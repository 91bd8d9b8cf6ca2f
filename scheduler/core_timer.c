/* SPDX-License-Identifier: MIT
 *
 * What is to happen at a time of day: delayed jobs that begin, deadlines that pass, schedules that
 * come due. By the wall clock, because that is what users name and what survives a restart; leases
 * and beats go by the clock that does not jump.
 *
 * Invariant: a job is held while its timer waits for its beginning; after that the timer is for its
 * deadline, or off.
 */
#include <stdio.h>

#include "core_state.h"
#include "error.h"

bool timer_less(const struct heap_node *a, const struct heap_node *b)
{
    const struct timer *timer_a = HEAP_OWNER_CONST(a, struct timer, node);
    const struct timer *timer_b = HEAP_OWNER_CONST(b, struct timer, node);
    if (timer_a->at_ms != timer_b->at_ms) {
        return timer_a->at_ms < timer_b->at_ms;
    }
    return timer_a->kind != timer_b->kind ? timer_a->kind < timer_b->kind
                                          : timer_a->seq < timer_b->seq;
}

void timer_set(struct core *core, struct timer *timer, int64_t at_ms)
{
    heap_remove(&core->timers, &timer->node);
    timer->at_ms = at_ms;
    if (!heap_push(&core->timers, &timer->node)) {
        core->trouble = GAIA_OUT_OF_MEMORY;
    }
}

void timer_stop(struct core *core, struct timer *timer)
{
    heap_remove(&core->timers, &timer->node);
}

void job_timer_set(struct core *core, struct job *job)
{
    const struct job_record *record = &job->record;
    const struct job_terms *terms = &record->terms;
    const bool begun = record->started_ms != 0;
    job->timer.kind = TIMER_JOB;
    job->timer.seq = record->seq;
    timer_stop(core, &job->timer);
    if (!begun && terms->not_before_ms > core->wall_ms) {
        queue_hold(core, job, true);
        timer_set(core, &job->timer, terms->not_before_ms);
        return;
    }
    if (job->is_held) {
        queue_hold(core, job, false);
    }
    if (begun && terms->run_ms > 0) {
        timer_set(core, &job->timer, record->started_ms + terms->run_ms);
    } else if (!begun && terms->start_by_ms > 0) {
        timer_set(core, &job->timer, terms->start_by_ms);
    }
}

/* The end of a job whose deadline has passed. */
static void job_overdue(struct core *core, struct job *job)
{
    gaia_error error;
    const struct job_terms *terms = &job->record.terms;
    if (job->record.started_ms != 0) {
        (void)error_set(&error, GAIA_TIMEOUT,
                        "the job was not done %lld s after it began, as it asked to be",
                        (long long)(terms->run_ms / 1000));
    } else {
        (void)error_set(&error, GAIA_TIMEOUT, "no executor began the job by the time it asked for");
    }
    job_end(core, job, JOB_FAILED, &error);
}

static void job_due(struct core *core, struct job *job)
{
    const struct job_terms *terms = &job->record.terms;
    const bool begun = job->record.started_ms != 0;
    const int64_t deadline_ms = begun ? job->record.started_ms + terms->run_ms : terms->start_by_ms;
    const bool has_deadline = begun ? terms->run_ms > 0 : terms->start_by_ms > 0;
    if (has_deadline && deadline_ms <= core->wall_ms) {
        job_overdue(core, job);
    } else {
        job_timer_set(core, job);
    }
}

void timers_fire(struct core *core)
{
    for (;;) {
        struct heap_node *node = heap_first(&core->timers);
        struct timer *timer = node != NULL ? HEAP_OWNER(node, struct timer, node) : NULL;
        if (timer == NULL || timer->at_ms > core->wall_ms || core->trouble != GAIA_OK) {
            return;
        }
        timer_stop(core, timer);
        if (timer->kind == TIMER_JOB) {
            job_due(core, HEAP_OWNER(timer, struct job, timer));
        } else {
            schedule_due(core, HEAP_OWNER(timer, struct schedule, timer));
        }
    }
}
