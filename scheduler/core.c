/* SPDX-License-Identifier: MIT
 *
 * One step of the core: the event goes to the file that knows about it, then what became ready is
 * leased. Read this first, then core_session.c, core_lease.c, core_job.c.
 *
 * Invariant: a step that could not be completed leaves `trouble` set, and no action of it is used.
 */
#include "core.h"

#include <stdlib.h>
#include <string.h>

#include "core_state.h"

struct core_config core_config_default(void)
{
    return (struct core_config){
        .lease_ms = 10000,
        .beat_ms = 1000,
        .park_ms = 5000,
        .suspect_ms = 3000,
        .session_ms = 60000,
        .retry = {[GAIA_CLASS_UNAVAILABLE] = {8, 1000, 60000},
                  [GAIA_CLASS_RESOURCE] = {4, 500, 60000},
                  [GAIA_CLASS_INTERNAL] = {3, 500, 60000}},
        .losses_max = 8,
        .kills_max = 3,
        .fresh_wait_ms = 2000,
        .missed_max = 2,
        .leases_max = 16,
        .parked_max = 192,
        .jobs_max = 100000,
        .reply_bytes = UINT64_C(32) << 20,
        .batch_bytes = UINT64_C(1) << 30,
        .batch_bytes_min = UINT64_C(32) << 20,
        .batch_ms = 2000,
        .result_bytes = UINT64_C(16) << 20,
        .batch_units = 128,
        .ageing_ms = 60000,
        .affinity_ms = 60000,
    };
}

struct core *core_open(const struct core_config *config)
{
    struct core *core = calloc(1, sizeof *core);
    if (core != NULL) {
        core->config = *config;
        core->waiting.less = waiting_less;
        core->deadlines.less = deadline_less;
        core->timers.less = timer_less;
        TAILQ_INIT(&core->lanes);
        TAILQ_INIT(&core->schedules);
        TAILQ_INIT(&core->schedules_trash);
        TAILQ_INIT(&core->ready);
        TAILQ_INIT(&core->jobs);
        TAILQ_INIT(&core->sessions);
        TAILQ_INIT(&core->parked);
        TAILQ_INIT(&core->jobs_trash);
        TAILQ_INIT(&core->sessions_trash);
    }
    return core;
}

static void trash_empty(struct core *core)
{
    struct job *job = NULL;
    struct session *session = NULL;
    struct schedule *schedule = NULL;
    while ((schedule = TAILQ_FIRST(&core->schedules_trash)) != NULL) {
        TAILQ_REMOVE(&core->schedules_trash, schedule, in_list);
        schedule_free(schedule);
    }
    while ((job = TAILQ_FIRST(&core->jobs_trash)) != NULL) {
        TAILQ_REMOVE(&core->jobs_trash, job, in_list);
        job_free(job);
    }
    while ((session = TAILQ_FIRST(&core->sessions_trash)) != NULL) {
        TAILQ_REMOVE(&core->sessions_trash, session, in_list);
        free(session);
    }
}

void core_close(struct core *core)
{
    if (core == NULL) {
        return;
    }
    struct heap_node *node = NULL;
    while ((node = heap_first(&core->deadlines)) != NULL) {
        lease_end(core, HEAP_OWNER(node, struct lease, node));
    }
    TAILQ_CONCAT(&core->jobs_trash, &core->jobs, in_list);
    TAILQ_CONCAT(&core->sessions_trash, &core->sessions, in_list);
    TAILQ_CONCAT(&core->schedules_trash, &core->schedules, in_list);
    trash_empty(core);
    queues_free(core);
    map_fini(&core->schedule_by_id);
    map_fini(&core->job_by_id);
    map_fini(&core->session_by_id);
    map_fini(&core->session_by_boot);
    map_fini(&core->session_by_executor);
    map_fini(&core->session_by_pipe);
    map_fini(&core->lease_by_attempt);
    heap_fini(&core->waiting);
    heap_fini(&core->timers);
    heap_fini(&core->deadlines);
    free(core);
}

void core_actions_fini(struct core_actions *actions)
{
    free(actions->items);
    free(actions->leases);
    free(actions->notes);
    *actions = (struct core_actions){0};
}

/* Makes room for one more item; the first one is reused, and failed set, when there is no memory.
 */
static void *room_make(void *items, size_t item_bytes, size_t count, size_t *capacity, bool *failed)
{
    if (count < *capacity) {
        return items;
    }
    const size_t wanted = *capacity == 0 ? 16 : 2 * *capacity;
    void *grown = realloc(items, wanted * item_bytes);
    if (grown == NULL) {
        *failed = true;
        return items;
    }
    *capacity = wanted;
    return grown;
}

struct core_action *action_add(struct core *core, enum core_action_kind kind)
{
    struct core_actions *actions = core->actions;
    actions->items = room_make(actions->items, sizeof *actions->items, actions->count,
                               &actions->capacity, &actions->failed);
    if (actions->failed) {
        return &actions->nowhere;
    }
    struct core_action *action = &actions->items[actions->count++];
    memset(action, 0, sizeof *action);
    action->kind = kind;
    action->first = actions->n_leases;
    return action;
}

void action_lease_add(struct core *core, const struct core_lease *lease)
{
    struct core_actions *actions = core->actions;
    actions->leases = room_make(actions->leases, sizeof *actions->leases, actions->n_leases,
                                &actions->leases_capacity, &actions->failed);
    if (!actions->failed) {
        actions->leases[actions->n_leases++] = *lease;
    }
}

void job_store(struct core *core, const struct job *job)
{
    action_add(core, CORE_STORE_JOB)->job = &job->record;
}

static struct batch_record batch_facts(const struct batch *batch)
{
    return (struct batch_record){
        .job = batch->job->record.seq,
        .number = batch->number,
        .kind = batch->kind,
        .state = batch->state,
        .first_unit = batch->first_unit,
        .n_units = batch->n_units,
        .tries = batch->tries,
        .losses = batch->losses,
        .kills = batch->kills,
        .not_before_ms = batch->not_before_ms,
    };
}

void batch_store(struct core *core, const struct batch *batch)
{
    struct core_action *action = action_add(core, CORE_STORE_BATCH);
    action->batch = batch_facts(batch);
    action->job = &batch->job->record;
    if (batch->lease != NULL) {
        record_id_copy(action->batch.attempt, batch->lease->attempt);
        record_id_copy(action->batch.session, batch->lease->session->record.session);
        action->batch.seq = batch->lease->seq;
    }
}

void attempt_store(struct core *core, const struct batch *batch, const gaia_error *error,
                   enum core_loss loss)
{
    struct core_actions *actions = core->actions;
    struct core_action *action = action_add(core, CORE_STORE_ATTEMPT);
    actions->notes = room_make(actions->notes, sizeof *actions->notes, actions->n_notes,
                               &actions->notes_capacity, &actions->failed);
    if (actions->failed) {
        return;
    }
    struct core_note *note = &actions->notes[actions->n_notes];
    action->batch = batch_facts(batch);
    action->job = &batch->job->record;
    action->loss = loss;
    action->note = actions->n_notes++;
    note->error = *error;
    record_name_copy(note->executor,
                     batch->lease != NULL ? batch->lease->session->record.executor : "");
}

static void event_take(struct core *core, const struct core_event *event)
{
    switch (event->kind) {
    case CORE_SUBMIT:
        job_submit(core, event);
        break;
    case CORE_CANCEL:
        job_cancel(core, event);
        break;
    case CORE_SCHEDULE:
    case CORE_RESTORE_SCHEDULE:
        schedule_add(core, event);
        break;
    case CORE_UNSCHEDULE:
        schedule_drop(core, event);
        break;
    case CORE_PAUSE:
        schedule_pause(core, event);
        break;
    case CORE_DRAIN:
        session_drain(core, event);
        break;
    case CORE_UNDRAIN:
        session_undrain(core, event);
        break;
    case CORE_HELLO:
        session_hello(core, event);
        break;
    case CORE_FETCH:
        session_fetch(core, event);
        break;
    case CORE_BEAT:
        session_beat(core, event);
        break;
    case CORE_RESULT:
        job_result(core, event);
        break;
    case CORE_PIPE_GONE:
        session_pipe_gone(core, event);
        break;
    case CORE_TICK:
        leases_expire(core);
        waiting_release(core);
        timers_fire(core);
        sessions_age(core);
        break;
    case CORE_FINISHED:
        job_finished(core, event);
        break;
    case CORE_RESTORE_SESSION:
        restore_session(core, event);
        break;
    case CORE_RESTORE_JOB:
    case CORE_ADOPT_JOB:
        restore_job(core, event);
        break;
    case CORE_RESTORE_BATCH:
    case CORE_ADOPT_BATCH:
        restore_batch(core, event);
        break;
    case CORE_RESTORE_END:
    case CORE_ADOPT_END:
        restore_end(core, event->kind == CORE_ADOPT_END);
        break;
    }
}

gaia_status core_step(struct core *core, const struct core_event *event, int64_t now_ms,
                      uint64_t *rng, struct core_actions *actions)
{
    actions->count = 0;
    actions->n_leases = 0;
    actions->n_notes = 0;
    actions->failed = false;
    trash_empty(core);
    core->now_ms = now_ms > core->now_ms ? now_ms : core->now_ms;
    core->wall_ms = event->wall_ms;
    core->rng = rng;
    core->actions = actions;
    event_take(core, event);
    const bool is_part = (event->kind >= CORE_RESTORE_SESSION && event->kind < CORE_RESTORE_END) ||
                         event->kind == CORE_ADOPT_JOB || event->kind == CORE_ADOPT_BATCH;
    if (!is_part) {
        leases_grant(core);
    }
    if (event->kind == CORE_FETCH && event->u.fetch.at_once) {
        session_forgo(core, event);
    }
    core->rng = NULL;
    core->actions = NULL;
    if (actions->failed) {
        core->trouble = GAIA_OUT_OF_MEMORY;
    }
    return core->trouble;
}

int64_t core_wake_ms(const struct core *core)
{
    int64_t wake_ms = INT64_MAX;
    const struct heap_node *waiting = heap_first(&core->waiting);
    const struct heap_node *deadline = heap_first(&core->deadlines);
    const struct session *parked = TAILQ_FIRST(&core->parked);
    const struct session *oldest = TAILQ_FIRST(&core->sessions);
    if (waiting != NULL) {
        wake_ms = HEAP_OWNER_CONST(waiting, struct batch, node)->since_ms;
    }
    if (core->n_suspects > 0 && parked != NULL) {
        bool due = false; /* then the next FETCH takes it: nothing is to be waited for */
        const int64_t patient_ms = suspects_patient_ms(core, &due);
        wake_ms = patient_ms < wake_ms ? patient_ms : wake_ms;
    }
    const struct heap_node *timer = heap_first(&core->timers);
    if (timer != NULL) {
        const int64_t at_ms =
            core->now_ms + HEAP_OWNER_CONST(timer, struct timer, node)->at_ms - core->wall_ms;
        wake_ms = at_ms < wake_ms ? at_ms : wake_ms;
    }
    if (deadline != NULL && HEAP_OWNER_CONST(deadline, struct lease, node)->deadline_ms < wake_ms) {
        wake_ms = HEAP_OWNER_CONST(deadline, struct lease, node)->deadline_ms;
    }
    if (parked != NULL && parked->park_until_ms < wake_ms) {
        wake_ms = parked->park_until_ms;
    }
    if (oldest != NULL && oldest->last_beat_ms + core->config.session_ms < wake_ms) {
        wake_ms = oldest->last_beat_ms + core->config.session_ms;
    }
    return wake_ms;
}

bool core_job_get(const struct core *core, const char *id, struct core_job_view *view)
{
    const struct job *job = map_get(&core->job_by_id, id);
    if (job == NULL) {
        return false;
    }
    *view = (struct core_job_view){
        .record = &job->record, .units_running = job->units_running, .n_failures = job->n_failures};
    const uint64_t done = job->record.units_done + job->units_running;
    const uint64_t measured = done > job->pace_units ? done - job->pace_units : 0;
    const uint64_t left = job->record.units_total > done ? job->record.units_total - done : 0;
    view->remaining_ms =
        measured > 0 && job->record.state == JOB_RUNNING
            ? (int64_t)((double)(core->now_ms - job->pace_ms) * (double)left / (double)measured)
            : -1;
    return true;
}

bool core_is_full(const struct core *core)
{
    return core->n_jobs >= core->config.jobs_max;
}

struct core_counts core_count(const struct core *core)
{
    const struct batch *oldest = TAILQ_FIRST(&core->ready);
    struct core_counts counts = {.n_jobs = core->n_jobs,
                                 .ready_since_ms = oldest != NULL ? oldest->since_ms : -1,
                                 .n_ready = core->n_ready,
                                 .n_waiting = core->waiting.count,
                                 .n_suspect = core->n_suspects,
                                 .n_leases = core->deadlines.count,
                                 .n_sessions = core->session_by_id.count};
    memcpy(counts.n_in_state, core->n_in_state, sizeof counts.n_in_state);
    return counts;
}

bool core_lease_get(const struct core *core, const char *attempt, int64_t now_ms,
                    enum batch_kind *kind, int64_t *age_ms)
{
    const struct lease *lease = map_get(&core->lease_by_attempt, attempt);
    if (lease == NULL) {
        return false;
    }
    *kind = lease->batch->kind;
    *age_ms = now_ms > lease->granted_ms ? now_ms - lease->granted_ms : 0;
    return true;
}

bool core_lease_held(const struct core *core, const char *session, const char *id, uint32_t number,
                     const char *attempt)
{
    const struct lease *lease = map_get(&core->lease_by_attempt, attempt);
    return lease != NULL && lease->batch->number == number &&
           strcmp(lease->batch->job->record.id, id) == 0 &&
           strcmp(lease->session->record.session, session) == 0;
}

bool core_schedule_known(const struct core *core, const char *id)
{
    return map_get(&core->schedule_by_id, id) != NULL;
}

bool core_executor_known(const struct core *core, const char *executor)
{
    const struct session *session = NULL;
    TAILQ_FOREACH(session, &core->sessions, in_list)
    {
        if (strcmp(session->record.executor, executor) == 0) {
            return true;
        }
    }
    return false;
}

bool core_batch_get(const struct core *core, const char *id, uint32_t number,
                    struct batch_record *batch)
{
    const struct job *job = map_get(&core->job_by_id, id);
    if (job == NULL || number >= job->record.batches_total) {
        return false;
    }
    *batch = batch_facts(&job->batches[number]);
    return true;
}
