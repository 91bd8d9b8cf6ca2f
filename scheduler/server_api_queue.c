/* SPDX-License-Identifier: MIT
 *
 * Answers of the HTTP API about the queue: submission, dead batches and their replay, executors
 * that are to leave, schedules. Called by server_api.c, on the loop's thread.
 *
 * Invariant: as there, an answer says what the turn's transaction will have committed.
 */
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "server_state.h"

enum { BATCHES_MAX = 10000 };

/* A JSON array that visits add to. */
struct list {
    json_t *array;
    bool failed;
};

static void list_add(struct list *list, json_t *item)
{
    list->failed = json_array_append_new(list->array, item) != 0 || list->failed;
}

/* Answers with {name: list}, or says that memory ran out. */
static gaia_status list_answer(struct server *server, struct api_request *request,
                               gaia_status status, const char *name, struct list *list)
{
    if (status == GAIA_OK && !list->failed) {
        return answer_json(server, request, HTTP_OK, json_pack("{s:o}", name, list->array));
    }
    json_decref(list->array);
    return status != GAIA_OK ? status : error_memory(&server->error, 1);
}

/* A job that was looked up. */
struct seek {
    struct job_record record;
    char key[RECORD_NAME];
};

static void seek_take(void *context, const struct store_job *job)
{
    struct seek *seek = context;
    seek->record = job->record;
    seek->record.error = NULL; /* it is borrowed */
    record_name_copy(seek->key, job->key != NULL ? job->key : "");
}

static gaia_status job_seek(struct server *server, struct api_request *request, struct seek *seek,
                            bool *found)
{
    const struct store_visitor visitor = {.context = seek, .job = seek_take};
    return api_job_find(server, request, &visitor, found);
}

/* Hands the event about the thing that the request names to the core; the answer is its id, or 404
 * if it is not known. */
static gaia_status answer_step(struct server *server, struct api_request *request, bool is_known,
                               const char *kind, struct core_event *event)
{
    if (!is_known) {
        (void)error_set(&request->error, GAIA_NOT_FOUND, "there is no %s '%.64s'", kind,
                        request->id);
        request->http = HTTP_NOT_FOUND;
        return GAIA_OK;
    }
    event->id = request->id;
    const gaia_status status = server_step(server, event);
    return status == GAIA_OK
               ? answer_json(server, request, HTTP_OK, json_pack("{s:s}", "id", request->id))
               : status;
}

/* Whether the queue has room for a job more of the tenant; the answer is 429 if not. */
static bool queue_has_room(struct server *server, struct api_request *request, const char *tenant)
{
    const struct core_config *config = &server->config.core;
    if (core_is_full(server->core)) {
        (void)error_set(&request->error, GAIA_LIMIT,
                        "there are %u jobs in the queue, as many as may be",
                        (unsigned)config->jobs_max);
    } else if (core_tenant_is_full(server->core, tenant)) {
        (void)error_set(&request->error, GAIA_LIMIT,
                        "tenant '%s' has %u jobs in the queue, as many as it may", tenant,
                        (unsigned)config->tenant_jobs_max);
    } else {
        return true;
    }
    metrics_turn_add(server->metrics, METRIC_LIMITED, METRIC_LIMIT_QUEUE, 1);
    request->http = HTTP_TOO_MANY;
    return false;
}

static gaia_status answer_submit(struct server *server, struct api_request *request)
{
    char id[RECORD_ID] = "";
    gaia_status status = submission_find(server, request->submission, id);
    const bool is_new = id[0] == '\0';
    /* One that was taken before needs no room. */
    if (status == GAIA_OK && is_new &&
        !queue_has_room(server, request, request->submission->terms.tenant)) {
        return GAIA_OK;
    }
    if (status == GAIA_OK && is_new) {
        status = submission_take(server, request->submission, id);
    }
    return status == GAIA_OK ? answer_json(server, request, is_new ? HTTP_CREATED : HTTP_OK,
                                           json_pack("{s:s, s:b}", "id", id, "is_new", is_new))
                             : status;
}

/* Whether the job may be taken up again; the answer is 409 if not. Another job may have come in its
 * place since it failed. */
static gaia_status replay_check(struct server *server, struct api_request *request,
                                const struct seek *seek, bool *may)
{
    struct seek other = {0};
    const struct store_visitor visitor = {.context = &other, .job = seek_take};
    gaia_error error = {0};
    gaia_status status = GAIA_NOT_FOUND;
    if (seek->key[0] != '\0') {
        status = server->store->ops->job_find_key(server->store, seek->record.terms.tenant,
                                                  seek->key, &visitor, &error);
    }
    *may = status == GAIA_NOT_FOUND && seek->record.state == JOB_FAILED;
    if (seek->record.state != JOB_FAILED) {
        (void)error_set(&request->error, GAIA_USAGE,
                        "job %s is %s: only a failed one is taken up again", request->id,
                        job_state_name(seek->record.state));
        request->http = HTTP_CONFLICT;
    } else if (status == GAIA_OK) {
        (void)error_set(&request->error, GAIA_USAGE, "job %s has taken the place of job %s",
                        other.record.id, request->id);
        request->http = HTTP_CONFLICT;
    } else if (status != GAIA_NOT_FOUND) {
        server->error = error;
        return status;
    }
    return GAIA_OK;
}

static gaia_status answer_replay(struct server *server, struct api_request *request)
{
    struct seek seek = {0};
    bool go_on = false;
    gaia_status status = job_seek(server, request, &seek, &go_on);
    if (status == GAIA_OK && go_on) {
        status = replay_check(server, request, &seek, &go_on);
    }
    if (status != GAIA_OK || !go_on || !queue_has_room(server, request, seek.record.terms.tenant)) {
        return status;
    }
    status = job_replay(server, seek.record.seq);
    return status == GAIA_OK
               ? answer_json(server, request, HTTP_OK, json_pack("{s:s}", "id", seek.record.id))
               : status;
}

static void attempt_list(void *context, const struct store_attempt *attempt)
{
    list_add(context,
             json_pack("{s:I, s:I, s:o, s:s, s:o}", "batch", (json_int_t)attempt->batch, "at_ms",
                       (json_int_t)attempt->at_ms, "executor", text_to_json(attempt->executor),
                       "code", gaia_status_name(attempt->status), "detail",
                       text_to_json(attempt->detail)));
}

static gaia_status answer_attempts(struct server *server, struct api_request *request)
{
    struct seek seek = {0};
    bool found = false;
    gaia_status status = job_seek(server, request, &seek, &found);
    if (status != GAIA_OK || !found) {
        return status;
    }
    struct list list = {.array = json_array()};
    const struct store_visitor visitor = {.context = &list, .attempt = attempt_list};
    status =
        server->store->ops->attempts_read(server->store, seek.record.seq, &visitor, &server->error);
    return list_answer(server, request, status, "attempts", &list);
}

static void batch_list(void *context, const struct store_batch *batch)
{
    list_add(context,
             json_pack("{s:s, s:o, s:I, s:s, s:I, s:I, s:I}", "job", batch->id, "name",
                       text_to_json(batch->name), "batch", (json_int_t)batch->record.number, "kind",
                       batch_kind_name(batch->record.kind), "tries",
                       (json_int_t)batch->record.tries, "losses", (json_int_t)batch->record.losses,
                       "kills", (json_int_t)batch->record.kills));
}

static gaia_status answer_batches(struct server *server, struct api_request *request)
{
    struct list list = {.array = json_array()};
    const struct store_visitor visitor = {.context = &list, .listed = batch_list};
    const gaia_status status = server->store->ops->batches_list(
        server->store, request->state, 0, 0, BATCHES_MAX, &visitor, &server->error);
    return list_answer(server, request, status, "batches", &list);
}

/* Drains an executor, or lets it work again. */
static gaia_status answer_drain(struct server *server, struct api_request *request)
{
    struct core_event event = {.kind = request->verb == API_DRAIN ? CORE_DRAIN : CORE_UNDRAIN};
    return answer_step(server, request, core_executor_known(server->core, request->id), "executor",
                       &event);
}

static gaia_status answer_schedule(struct server *server, struct api_request *request)
{
    char id[RECORD_ID] = "";
    gaia_error problem = {0};
    const gaia_status status = schedule_take(server, request->name, request->cron, request->zone,
                                             request->body, id, &problem);
    if (status == GAIA_OK && problem.status == GAIA_USAGE) { /* of cron or zone */
        (void)error_set(&request->error, problem.status, "schedule.%s", problem.detail);
        request->http = HTTP_BAD_REQUEST;
        return GAIA_OK;
    }
    if (status == GAIA_OK && problem.status != GAIA_OK) {
        api_refuse(request, HTTP_UNAVAILABLE, problem.status, problem.detail);
        return GAIA_OK;
    }
    return status == GAIA_OK
               ? answer_json(server, request, HTTP_CREATED, json_pack("{s:s}", "id", id))
               : status;
}

static void schedule_list_add(void *context, const struct store_schedule *schedule)
{
    const struct schedule_record *record = &schedule->record;
    json_t *due = record->due_ms != CRON_NEVER && !record->is_paused
                      ? json_integer((json_int_t)record->due_ms)
                      : json_null();
    list_add(context,
             json_pack("{s:s, s:o, s:o, s:o, s:o, s:b}", "id", record->id, "name",
                       text_to_json(schedule->name), "cron", text_to_json(record->cron), "zone",
                       text_to_json(record->zone), "due_ms", due, "paused", record->is_paused));
}

static gaia_status answer_schedules(struct server *server, struct api_request *request)
{
    struct list list = {.array = json_array()};
    const struct store_visitor visitor = {.context = &list, .schedule = schedule_list_add};
    const gaia_status status =
        server->store->ops->schedules_list(server->store, &visitor, &server->error);
    return list_answer(server, request, status, "schedules", &list);
}

/* Drops, pauses or resumes a schedule. */
static gaia_status answer_schedule_change(struct server *server, struct api_request *request)
{
    struct core_event event = {.kind =
                                   request->verb == API_UNSCHEDULE ? CORE_UNSCHEDULE : CORE_PAUSE,
                               .u.pause = request->verb == API_PAUSE};
    return answer_step(server, request, core_schedule_known(server->core, request->id), "schedule",
                       &event);
}

gaia_status api_answer_queue(struct server *server, struct api_request *request)
{
    switch (request->verb) {
    case API_SUBMIT:
        return answer_submit(server, request);
    case API_REPLAY:
        return answer_replay(server, request);
    case API_ATTEMPTS:
        return answer_attempts(server, request);
    case API_BATCHES:
        return answer_batches(server, request);
    case API_DRAIN:
    case API_UNDRAIN:
        return answer_drain(server, request);
    case API_SCHEDULE:
        return answer_schedule(server, request);
    case API_SCHEDULES:
        return answer_schedules(server, request);
    case API_UNSCHEDULE:
    case API_PAUSE:
    case API_RESUME:
        return answer_schedule_change(server, request);
    case API_LIVE:
    case API_METRICS:
    case API_OVERVIEW:
    case API_REPORT:
    case API_OPENAPI:
    case API_PROFILES:
    case API_PROFILE:
    case API_BACKUP:
    case API_READY:
    case API_JOBS:
    case API_LEADERBOARD:
    case API_JOB:
    case API_CANCEL:
    case API_WATCH:
    case API_SCORES:
    case API_SUMS:
    case API_MOMENTS:
    case API_MAPS:
    case API_COMPOSITE:
    case API_RESULT:
    case API_EXECUTORS:
    case API_TOKENS:
    case API_TOKEN_ADD:
    case API_TOKEN_DROP:
        break;
    }
    return error_set(&server->error, GAIA_INTERNAL, "no such request");
}
