/* SPDX-License-Identifier: MIT
 *
 * Jobs that recur. When a schedule comes due the core asks for its job to be submitted; the
 * submission comes back as an event like any other and names the schedule.
 *
 * Invariant: no run begins while another of the schedule is under way. One that comes due meanwhile
 * is owed, once, however many were missed, and made up for when that job is over; so are runs that
 * came due while no scheduler was there.
 */
#include <stdlib.h>

#include "core_state.h"

static void schedule_store(struct core *core, const struct schedule *schedule)
{
    action_add(core, CORE_STORE_SCHEDULE)->schedule = &schedule->record;
}

static void timer_arm(struct core *core, struct schedule *schedule)
{
    timer_stop(core, &schedule->timer);
    if (!schedule->record.is_paused && schedule->record.due_ms != CRON_NEVER) {
        timer_set(core, &schedule->timer, schedule->record.due_ms);
    }
}

struct schedule *schedule_find(const struct core *core, int64_t seq)
{
    struct schedule *schedule = NULL;
    TAILQ_FOREACH(schedule, &core->schedules, in_list)
    {
        if (schedule->record.seq == seq) {
            return schedule;
        }
    }
    return NULL;
}

static struct schedule *schedule_by_id(const struct core *core, const char *id)
{
    return map_get(&core->schedule_by_id, id);
}

void schedule_add(struct core *core, const struct core_event *event)
{
    gaia_error error;
    struct schedule *schedule = calloc(1, sizeof *schedule);
    if (schedule == NULL) {
        core->trouble = GAIA_OUT_OF_MEMORY;
        return;
    }
    schedule->record = *event->u.schedule;
    schedule->timer.kind = TIMER_SCHEDULE;
    schedule->timer.seq = schedule->record.seq;
    if (cron_open(schedule->record.cron, schedule->record.zone, &schedule->cron, &error) !=
        GAIA_OK) {
        core->trouble = error.status == GAIA_OUT_OF_MEMORY ? GAIA_OUT_OF_MEMORY : GAIA_STORE;
        free(schedule);
        return;
    }
    TAILQ_INSERT_TAIL(&core->schedules, schedule, in_list);
    if (!map_put(&core->schedule_by_id, schedule->record.id, schedule)) {
        core->trouble = GAIA_OUT_OF_MEMORY;
    }
    timer_arm(core, schedule);
}

void schedule_free(struct schedule *schedule)
{
    cron_close(schedule->cron);
    free(schedule);
}

void schedule_drop(struct core *core, const struct core_event *event)
{
    struct schedule *schedule = schedule_by_id(core, event->id);
    if (schedule == NULL) {
        return;
    }
    timer_stop(core, &schedule->timer);
    map_remove(&core->schedule_by_id, schedule->record.id, schedule);
    TAILQ_REMOVE(&core->schedules, schedule, in_list);
    TAILQ_INSERT_TAIL(&core->schedules_trash, schedule, in_list);
    action_add(core, CORE_DROP_SCHEDULE)->schedule = &schedule->record;
}

void schedule_pause(struct core *core, const struct core_event *event)
{
    struct schedule *schedule = schedule_by_id(core, event->id);
    if (schedule == NULL || schedule->record.is_paused == event->u.pause) {
        return;
    }
    schedule->record.is_paused = event->u.pause;
    schedule->record.is_owed = false;
    if (!event->u.pause) { /* what came due in the pause was not wanted */
        schedule->record.due_ms = cron_next_ms(schedule->cron, core->wall_ms);
    }
    timer_arm(core, schedule);
    schedule_store(core, schedule);
}

void schedule_due(struct core *core, struct schedule *schedule)
{
    if (schedule->n_live > 0) {
        schedule->record.is_owed = true;
    } else {
        action_add(core, CORE_RUN_SCHEDULE)->schedule = &schedule->record;
    }
    schedule->record.due_ms = cron_next_ms(schedule->cron, core->wall_ms);
    timer_arm(core, schedule);
    schedule_store(core, schedule);
}

void schedule_begins(struct core *core, struct job *job)
{
    struct schedule *schedule =
        job->record.terms.schedule != 0 ? schedule_find(core, job->record.terms.schedule) : NULL;
    if (schedule != NULL) {
        schedule->n_live++;
        job->is_run = true;
    }
}

void schedule_ends(struct core *core, const struct job *job)
{
    struct schedule *schedule =
        job->record.terms.schedule != 0 ? schedule_find(core, job->record.terms.schedule) : NULL;
    if (schedule == NULL || !job->is_run) {
        return;
    }
    schedule->n_live--;
    if (schedule->n_live == 0 && schedule->record.is_owed) {
        schedule->record.is_owed = false;
        schedule_store(core, schedule);
        action_add(core, CORE_RUN_SCHEDULE)->schedule = &schedule->record;
    }
}
