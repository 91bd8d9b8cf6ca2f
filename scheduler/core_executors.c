/* SPDX-License-Identifier: MIT
 *
 * Views of the executors that the core knows, for the API and for metrics.
 */
#include <string.h>

#include "core_state.h"

const char *core_session_executor(const struct core *core, const char *session)
{
    const struct session *found = map_get(&core->session_by_id, session);
    return found != NULL ? found->record.executor : NULL;
}

bool core_session_known(const struct core *core, const char *session)
{
    return core_session_executor(core, session) != NULL;
}

bool core_session_has_gpu(const struct core *core, const char *session)
{
    const struct session *found = map_get(&core->session_by_id, session);
    return found != NULL && found->has_gpu;
}

bool core_boot_known(const struct core *core, const char *boot)
{
    return map_get(&core->session_by_boot, boot) != NULL;
}

static bool session_works_on(const struct session *session, const char *id)
{
    const struct lease *lease = NULL;
    TAILQ_FOREACH(lease, &session->leases, in_session)
    {
        if (strcmp(lease->batch->job->record.id, id) == 0) {
            return true;
        }
    }
    return false;
}

static enum core_session_state session_state(const struct core *core, const struct session *session)
{
    const bool is_there = session->pipe_key[0] != '\0';
    return !is_there && session->record.is_drained ? CORE_SESSION_DRAINED
           : !is_there                             ? CORE_SESSION_GONE
           : !session_heard(core, session)         ? CORE_SESSION_SUSPECT
           : session->is_leaving                   ? CORE_SESSION_DRAINING
           : session->record.is_drained            ? CORE_SESSION_DRAINED
                                                   : CORE_SESSION_READY;
}

void core_executors_count(const struct core *core, struct core_executors *executors)
{
    const struct session *session = NULL;
    *executors = (struct core_executors){.n_on_cpu = 0};
    TAILQ_FOREACH(session, &core->sessions, in_list)
    {
        const enum core_session_state state = session_state(core, session);
        const struct core_held *held = &session->held;
        executors->n[state]++;
        if (session->pipe_key[0] == '\0') {
            continue;
        }
        executors->n_on_gpu += session->has_gpu;
        executors->n_on_cpu += !session->has_gpu;
        executors->held.rss_bytes += held->rss_bytes;
        executors->held.device_bytes += held->device_bytes;
        executors->held.device_limit_bytes += held->device_limit_bytes;
        executors->held.resident_bytes += held->resident_bytes;
        if (held->rss_bytes > executors->rss_most_bytes) {
            executors->rss_most_bytes = held->rss_bytes;
        }
    }
}

void core_sessions_visit(const struct core *core, const char *id, int64_t now_ms,
                         void (*visit)(void *context, const struct core_session_view *session),
                         void *context)
{
#define X(code, name) name,
    static const char *const names[] = {CORE_SESSION_MAP(X)};
#undef X
    const struct session *session = NULL;
    TAILQ_FOREACH(session, &core->sessions, in_list)
    {
        const struct core_session_view view = {
            .record = &session->record,
            .state = names[session_state(core, session)],
            .n_leases = session->n_leases,
            .beat_age_ms = now_ms - session->heard_ms,
            .held = session->held,
        };
        if (id == NULL || session_works_on(session, id)) {
            visit(context, &view);
        }
    }
}
