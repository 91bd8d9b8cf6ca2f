/* SPDX-License-Identifier: MIT
 *
 * Executors: who is there, what they ask for, what they hold. HELLO, FETCH, BEAT and the end of a
 * connection come here from core.c; leases themselves are core_lease.c's.
 *
 * Invariant: core->sessions is sorted by last beat, oldest first, and a parked session holds
 * exactly one request that will be answered or dropped.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core_state.h"

bool session_heard(const struct core *core, const struct session *session)
{
    return session->pipe_key[0] != '\0' &&
           core->now_ms - session->last_beat_ms < core->config.suspect_ms;
}

bool session_alive(const struct core *core, const struct session *session)
{
    return session_heard(core, session) && !session->is_leaving && !session->record.is_drained;
}

size_t sessions_alive(const struct core *core)
{
    const struct session *session = NULL;
    size_t n = 0;
    TAILQ_FOREACH(session, &core->sessions, in_list)
    {
        n += session_alive(core, session);
    }
    return n;
}

static bool pipe_is_gone(const struct core *core, enum core_channel channel, uint32_t pipe)
{
    for (unsigned i = 0; i < GONE_PIPES; i++) {
        if (core->gone[i].pipe == pipe && core->gone[i].channel == channel && pipe != 0) {
            return true;
        }
    }
    return false;
}

static void pipe_key_format(char *key, uint32_t pipe)
{
    (void)snprintf(key, PIPE_KEY, "%lu", (unsigned long)pipe);
}

static void session_unbind(struct core *core, struct session *session)
{
    if (session->pipe_key[0] != '\0') {
        map_remove(&core->session_by_pipe, session->pipe_key, session);
        session->pipe_key[0] = '\0';
    }
}

/* Begins the session's time anew. */
static void session_renew(struct core *core, struct session *session)
{
    session->last_beat_ms = core->now_ms;
    TAILQ_REMOVE(&core->sessions, session, in_list);
    TAILQ_INSERT_TAIL(&core->sessions, session, in_list);
}

/* Notes that the session was heard of on its control connection. */
static void session_touch(struct core *core, struct session *session, uint32_t pipe)
{
    char key[PIPE_KEY];
    pipe_key_format(key, pipe);
    /* One that was silent may be waiting for work. */
    core->may_grant = core->may_grant || (session->parked && !session_heard(core, session));
    session->heard_ms = core->now_ms;
    session_renew(core, session);
    struct session *other = map_get(&core->session_by_pipe, key);
    if (other == session || pipe_is_gone(core, CORE_CONTROL, pipe)) {
        return;
    }
    if (other !=
        NULL) { /* one process says HELLO again under another boot id: the new one counts */
        session_unbind(core, other);
    }
    session_unbind(core, session);
    pipe_key_format(session->pipe_key, pipe);
    if (!map_put(&core->session_by_pipe, session->pipe_key, session)) {
        core->trouble = GAIA_OUT_OF_MEMORY;
    }
}

/* Executors name their device: "cpu", "cuda:0 NVIDIA H200". */
static bool device_is_gpu(const char *device)
{
    return strncmp(device, "cpu", 3) != 0 && device[0] != '\0';
}

void session_unpark(struct core *core, struct session *session)
{
    TAILQ_REMOVE(&core->parked, session, in_parked);
    core->n_parked--;
    session->parked = false;
    session->request = NULL;
}

/* Answers the parked FETCH with nothing. */
static void session_release(struct core *core, struct session *session, enum core_action_kind reply)
{
    action_add(core, reply)->request = session->request;
    session_unpark(core, session);
}

/* Takes from the session what it holds. */
static void session_strip(struct core *core, struct session *session, enum core_loss loss)
{
    struct lease *lease = NULL;
    while ((lease = TAILQ_LAST(&session->leases, lease_list)) != NULL) {
        lease_lost(core, lease, loss);
    }
    if (session->parked) {
        session_release(core, session, CORE_REPLY_UNKNOWN);
    }
    session_unbind(core, session);
}

/* Forgets the session; its leases are lost. */
static void session_forget(struct core *core, struct session *session, enum core_loss loss)
{
    session_strip(core, session, loss);
    map_remove(&core->session_by_id, session->record.session, session);
    map_remove(&core->session_by_boot, session->record.boot, session);
    map_remove(&core->session_by_executor, session->record.executor, session);
    TAILQ_REMOVE(&core->sessions, session, in_list);
    TAILQ_INSERT_TAIL(&core->sessions_trash, session, in_list);
    struct core_action *drop = action_add(core, CORE_DROP_SESSION);
    drop->session = &session->record;
    drop->loss = loss;
}

/* Makes this the session of its executor. Of one id there is one process: an earlier one has ended,
 * however little was heard of that. What was drained stays so. */
static void executor_claim(struct core *core, struct session *session)
{
    const char *executor = session->record.executor;
    struct session *other = map_get(&core->session_by_executor, executor);
    if (other != NULL && other != session) {
        session->record.is_drained = other->record.is_drained;
        session_forget(core, other, CORE_LOSS_REPLACED);
    }
    if (other != session && !map_put(&core->session_by_executor, executor, session)) {
        core->trouble = GAIA_OUT_OF_MEMORY;
    }
}

struct session *session_add(struct core *core, const struct session_record *record)
{
    struct session *session = calloc(1, sizeof *session);
    if (session == NULL) {
        core->trouble = GAIA_OUT_OF_MEMORY;
        return NULL;
    }
    session->record = *record;
    session->has_gpu = device_is_gpu(record->device);
    session->last_beat_ms = core->now_ms;
    session->heard_ms = core->now_ms;
    TAILQ_INIT(&session->leases);
    TAILQ_INSERT_TAIL(&core->sessions, session, in_list);
    if (!map_put(&core->session_by_id, session->record.session, session) ||
        !map_put(&core->session_by_boot, session->record.boot, session)) {
        core->trouble = GAIA_OUT_OF_MEMORY;
    }
    return session;
}

void session_hello(struct core *core, const struct core_event *event)
{
    const struct session_record *hello = event->u.hello;
    struct session *session = map_get(&core->session_by_boot, hello->boot);
    if (session == NULL) {
        session = session_add(core, hello);
    } else {
        map_remove(&core->session_by_executor, session->record.executor, session);
        record_name_copy(session->record.executor, hello->executor);
        record_name_copy(session->record.device, hello->device);
        session->has_gpu = device_is_gpu(hello->device);
        session->record.memory_bytes = hello->memory_bytes;
        session->record.pid = hello->pid;
    }
    if (session == NULL) {
        return;
    }
    executor_claim(core, session);
    session_touch(core, session, event->pipe);
    action_add(core, CORE_STORE_SESSION)->session = &session->record;
    struct core_action *reply = action_add(core, CORE_REPLY_WELCOME);
    reply->request = event->request;
    reply->session = &session->record;
}

static void session_park(struct core *core, struct session *session, const struct core_event *event)
{
    if (core->n_parked >= core->config.parked_max) {
        session_release(core, TAILQ_FIRST(&core->parked), CORE_REPLY_LEASES);
    }
    session->parked = true;
    session->request = event->request;
    session->work_pipe = event->pipe;
    session->last_seq = event->u.fetch.seq;
    session->credits = event->u.fetch.credits;
    session->park_until_ms = core->now_ms + core->config.park_ms;
    session->n_resident = 0;
    for (size_t i = 0; i < event->u.fetch.n_resident && i < CORE_RESIDENT_MAX; i++) {
        (void)snprintf(session->resident[session->n_resident++], RECORD_TRUTH, "%s",
                       event->u.fetch.resident[i]);
    }
    TAILQ_INSERT_TAIL(&core->parked, session, in_parked);
    core->n_parked++;
    core->may_grant = true;
}

/* Sends again what this seq was answered with, less what was taken back since; false if nothing is
 * left of it, so that the request is as good as a new one. */
static bool fetch_repeat(struct core *core, const struct session *session, void *request)
{
    const size_t first = core->actions->n_leases;
    const struct lease *lease = NULL;
    TAILQ_FOREACH(lease, &session->leases, in_session)
    {
        if (lease->seq == session->last_seq) {
            lease_tell(core, lease);
        }
    }
    if (core->actions->n_leases == first) {
        return false;
    }
    struct core_action *action = action_add(core, CORE_REPLY_LEASES);
    action->request = request;
    action->first = first;
    action->count = core->actions->n_leases - first;
    return true;
}

void session_fetch(struct core *core, const struct core_event *event)
{
    struct session *session = map_get(&core->session_by_id, event->session);
    if (session == NULL) {
        action_add(core, CORE_REPLY_UNKNOWN)->request = event->request;
        return;
    }
    if (pipe_is_gone(core, CORE_WORK, event->pipe)) {
        action_add(core, CORE_DROP_REQUEST)->request = event->request;
        return;
    }
    if (event->u.fetch.seq < session->last_seq) {
        action_add(core, CORE_REPLY_STALE)->request = event->request;
        return;
    }
    if (session
            ->parked) { /* asked again before it was answered: only the later one is waited for */
        session_release(core, session, CORE_DROP_REQUEST);
    }
    if (event->u.fetch.seq == session->last_seq && fetch_repeat(core, session, event->request)) {
        return;
    }
    if (session->is_leaving) {
        session->last_seq = event->u.fetch.seq;
        action_add(core, CORE_REPLY_DRAIN)->request = event->request;
        return;
    }
    session_park(core, session, event);
}

void session_forgo(struct core *core, const struct core_event *event)
{
    struct session *session = map_get(&core->session_by_id, event->session);
    if (session != NULL && session->parked && session->request == event->request) {
        session_unpark(core, session);
    }
}

/* The session that the executor is drained by, or not any more, if that is a change. */
static struct session *drained_set(struct core *core, const char *executor, bool is_drained)
{
    struct session *session = map_get(&core->session_by_executor, executor);
    if (session == NULL || session->record.is_drained == is_drained) {
        return NULL;
    }
    session->record.is_drained = is_drained;
    action_add(core, CORE_STORE_SESSION)->session = &session->record;
    return session;
}

void session_drain(struct core *core, const struct core_event *event)
{
    struct session *session = drained_set(core, event->id, true);
    if (session != NULL) {
        session->is_leaving = true;
        if (session->parked) {
            session_release(core, session, CORE_REPLY_DRAIN);
        }
    }
}

void session_undrain(struct core *core, const struct core_event *event)
{
    const struct session *session = drained_set(core, event->id, false);
    core->may_grant = core->may_grant || session != NULL;
}

/* Renews what the beat names; what it names without holding it is to be cancelled. */
static void beat_renew(struct core *core, struct session *session, const struct core_event *event)
{
    const size_t first = core->actions->n_leases;
    for (size_t i = 0; i < event->u.beat.n_leases; i++) {
        const struct core_beat_lease *named = &event->u.beat.leases[i];
        struct lease *lease = map_get(&core->lease_by_attempt, named->attempt);
        if (lease == NULL || lease->session != session) {
            struct core_lease cancel = {0};
            record_id_copy(cancel.attempt, named->attempt);
            action_lease_add(core, &cancel);
            continue;
        }
        const uint64_t room = lease->batch->n_units;
        const uint64_t done = named->done < room ? named->done : room;
        lease->batch->job->units_running += done;
        lease->batch->job->units_running -= lease->done;
        lease->done = done;
        lease->beat = session->beat;
        lease->missed = 0;
        lease->deadline_ms = core->now_ms + core->config.lease_ms;
        heap_remove(&core->deadlines, &lease->node);
        if (!heap_push(&core->deadlines, &lease->node)) {
            core->trouble = GAIA_OUT_OF_MEMORY;
        }
    }
    struct core_action *reply = action_add(core, CORE_REPLY_BEAT);
    reply->request = event->request;
    reply->first = first;
    reply->count = core->actions->n_leases - first;
    reply->drain = session->is_leaving;
}

/* Counts a beat that does not name the lease, unless it may have been sent before the lease was
 * there: those that came while the loop stood still are all handled at once. */
static void lease_miss(const struct core *core, const struct session *session, struct lease *lease)
{
    if (lease->beat != session->beat &&
        core->now_ms - lease->missed_ms >= core->config.beat_ms / 2) {
        lease->missed++;
        lease->missed_ms = core->now_ms;
    }
}

/* A lease that the session has left out of missed_max beats, or NULL. */
static struct lease *lease_missing(const struct core *core, const struct session *session)
{
    struct lease *lease = TAILQ_FIRST(&session->leases);
    while (lease != NULL && lease->missed < core->config.missed_max) {
        lease = TAILQ_NEXT(lease, in_session);
    }
    return lease;
}

void session_beat(struct core *core, const struct core_event *event)
{
    struct session *session = map_get(&core->session_by_id, event->session);
    if (session == NULL) {
        action_add(core, CORE_REPLY_UNKNOWN)->request = event->request;
        return;
    }
    session_touch(core, session, event->pipe);
    session->beat++;
    session->held = event->u.beat.held;
    beat_renew(core, session, event);
    struct lease *lease = NULL;
    TAILQ_FOREACH(lease, &session->leases, in_session)
    {
        lease_miss(core, session, lease);
    }
    while ((lease = lease_missing(core, session)) != NULL) {
        lease_lost(core, lease, CORE_LOSS_UNNAMED);
    }
}

void session_pipe_gone(struct core *core, const struct core_event *event)
{
    core->gone[core->next_gone].channel = event->channel;
    core->gone[core->next_gone].pipe = event->pipe;
    core->next_gone = (core->next_gone + 1) % GONE_PIPES;
    if (event->channel == CORE_WORK) {
        struct session *parked = TAILQ_FIRST(&core->parked);
        while (parked != NULL) {
            struct session *next = TAILQ_NEXT(parked, in_parked);
            if (parked->work_pipe == event->pipe) {
                session_release(core, parked, CORE_DROP_REQUEST);
            }
            parked = next;
        }
        return;
    }
    char key[PIPE_KEY];
    pipe_key_format(key, event->pipe);
    struct session *session = map_get(&core->session_by_pipe, key);
    if (session == NULL) {
        return;
    }
    session_unbind(core, session);
    struct lease *lease = NULL;
    while ((lease = TAILQ_LAST(&session->leases, lease_list)) != NULL) {
        lease_lost(core, lease, CORE_LOSS_ENDED);
    }
}

void sessions_age(struct core *core)
{
    struct session *session = NULL;
    while ((session = TAILQ_FIRST(&core->parked)) != NULL &&
           session->park_until_ms <= core->now_ms) {
        session_release(core, session, CORE_REPLY_LEASES);
    }
    while ((session = TAILQ_FIRST(&core->sessions)) != NULL &&
           session->last_beat_ms + core->config.session_ms <= core->now_ms) {
        if (session->record.is_drained) { /* by its name, for who comes back under it */
            session_strip(core, session, CORE_LOSS_UNHEARD);
            session_renew(core, session);
        } else {
            session_forget(core, session, CORE_LOSS_UNHEARD);
        }
    }
}
