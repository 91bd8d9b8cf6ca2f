/* SPDX-License-Identifier: MIT
 *
 * Answers to the HTTP API, made on the loop's thread from store and core. Called by server.c; HTTP
 * itself is http_api.c's.
 *
 * Invariant: an answer says what the turn's transaction will have committed when it is sent.
 */
#include <stdlib.h>
#include <string.h>

#include "composite_json.h"
#include "error.h"
#include "server_state.h"

void api_complete(struct api_request *request)
{
    (void)pthread_mutex_lock(&request->lock);
    request->is_answered = true;
    (void)pthread_cond_signal(&request->answered);
    (void)pthread_mutex_unlock(&request->lock);
}

void api_refuse(struct api_request *request, int http, gaia_status status, const char *detail)
{
    request->http = http;
    (void)error_set(&request->error, status, "%s", detail);
}

gaia_status answer_json(struct server *server, struct api_request *request, int http, json_t *json)
{
    char *dumped = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);
    if (dumped == NULL) {
        return error_memory(&server->error, 1);
    }
    text_append(&request->answer, dumped);
    text_append(&request->answer, "\n");
    free(dumped);
    request->http = http;
    return request->answer.failed ? error_memory(&server->error, 1) : GAIA_OK;
}

static json_t *time_to_json(int64_t time_ms)
{
    return time_ms != 0 ? json_integer(time_ms) : json_null();
}

/* What a list and a single job have in common. */
static json_t *job_to_json(const struct server *server, const struct store_job *job)
{
    const struct job_record *record = &job->record;
    struct core_job_view view;
    uint64_t units_done = record->units_done;
    json_t *remaining = json_null();
    if (core_job_get(server->core, record->id, &view)) {
        units_done += view.units_running;
        remaining = view.remaining_ms >= 0 ? json_integer(view.remaining_ms) : remaining;
    }
    return json_pack(
        "{s:s, s:o, s:s, s:o, s:i, s:I, s:I, s:I, s:o, s:o, s:o}", "id", record->id, "name",
        text_to_json(job->name), "state", job_state_name(record->state), "tenant",
        text_to_json(record->terms.tenant), "priority", (int)record->terms.priority, "units_done",
        (json_int_t)units_done, "units_total", (json_int_t)record->units_total, "submitted_ms",
        (json_int_t)record->submitted_ms, "started_ms", time_to_json(record->started_ms),
        "finished_ms", time_to_json(record->finished_ms), "remaining_ms", remaining);
}

/* A JSON array, or object, that visits add to. */
struct collect {
    const struct server *server;
    json_t *json;
    struct api_request *request; /* of a list of jobs */
    struct job_record record;    /* of the job that was looked up, with error as its error */
    gaia_error error;
    bool failed;
};

static void collect_append(struct collect *collect, json_t *array, json_t *item)
{
    collect->failed = json_array_append_new(array, item) != 0 || collect->failed;
}

static void jobs_collect(void *context, const struct store_job *job)
{
    struct collect *collect = context;
    struct api_request *request = collect->request;
    request->more = json_array_size(collect->json) == (size_t)request->jobs->limit;
    if (!request->more) {
        request->last = job->record.seq;
        collect_append(collect, collect->json, job_to_json(collect->server, job));
    }
}

static gaia_status answer_jobs(struct server *server, struct api_request *request)
{
    struct collect collect = {.server = server, .json = json_array(), .request = request};
    const struct store_visitor visitor = {.context = &collect, .job = jobs_collect};
    struct job_filter filter = *request->jobs;
    filter.limit++; /* one more tells whether there are more */
    gaia_status status = GAIA_OK;
    if (tenant_narrow(request, &filter.tenant)) {
        status = server->store->ops->jobs_list(server->store, &filter, &visitor, &server->error);
    }
    if (status == GAIA_OK && collect.failed) {
        status = error_memory(&server->error, 1);
    }
    if (status != GAIA_OK) {
        json_decref(collect.json);
        return status;
    }
    json_t *next =
        request->more ? json_sprintf("%016llx", (unsigned long long)request->last) : json_null();
    return answer_json(server, request, HTTP_OK,
                       json_pack("{s:o, s:o}", "jobs", collect.json, "next", next));
}

static void session_collect(void *context, const struct core_session_view *session)
{
    struct collect *collect = context;
    const struct session_record *record = session->record;
    collect_append(collect, collect->json,
                   json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "id",
                             record->executor, "device", record->device, "state", session->state,
                             "leases", (json_int_t)session->n_leases, "beat_age_ms",
                             (json_int_t)session->beat_age_ms, "pid", (json_int_t)record->pid,
                             "memory_bytes", (json_int_t)record->memory_bytes, "rss_bytes",
                             (json_int_t)session->held.rss_bytes, "device_bytes",
                             (json_int_t)session->held.device_bytes));
}

/* The sessions as a JSON array, of one job if id is given; NULL when out of memory. */
static json_t *sessions_to_json(const struct server *server, const char *id)
{
    struct collect collect = {.server = server, .json = json_array()};
    core_sessions_visit(server->core, id, server->now_ms, session_collect, &collect);
    if (collect.failed) {
        json_decref(collect.json);
        return NULL;
    }
    return collect.json;
}

static void forecast_collect(void *context, const struct store_forecast *forecast)
{
    struct collect *collect = context;
    collect_append(collect, json_object_get(collect->json, "forecasts"),
                   json_pack("{s:o, s:s, s:o}", "id", text_to_json(forecast->id), "status",
                             gaia_status_name(forecast->status), "detail",
                             text_to_json(forecast->detail)));
}

static void warning_collect(void *context, const char *text)
{
    struct collect *collect = context;
    collect_append(collect, json_object_get(collect->json, "warnings"), text_to_json(text));
}

static void job_collect(void *context, const struct store_job *job)
{
    struct collect *collect = context;
    const struct job_record *record = &job->record;
    json_t *error = json_null();
    if (record->error != NULL) {
        error = json_pack("{s:s, s:o}", "code", gaia_status_name(record->error->status), "detail",
                          text_to_json(record->error->detail));
    }
    json_t *json = job_to_json(collect->server, job);
    json_t *more = json_pack(
        "{s:I, s:I, s:o, s:[], s:[], s:o}", "batches_done", (json_int_t)record->batches_done,
        "batches_total", (json_int_t)record->batches_total, "error", error, "forecasts", "warnings",
        "executors", sessions_to_json(collect->server, record->id));
    collect->failed = json == NULL || more == NULL || json_object_update(json, more) != 0;
    collect->record = *record;
    collect->error = record->error != NULL ? *record->error : (gaia_error){0};
    collect->record.error = &collect->error;
    collect->json = json;
    json_decref(more);
}

bool tenant_narrow(const struct api_request *request, const char **tenant)
{
    const char *bound = request->caller->tenant;
    if (bound[0] == '\0') {
        return true;
    }
    const bool is_own = *tenant == NULL || strcmp(*tenant, bound) == 0;
    *tenant = bound;
    return is_own;
}

/* Between the store and a visitor: keeps jobs of other tenants than the asker's back. */
struct filter {
    const struct store_visitor *visitor;
    const char *tenant;
    bool passed;
};

static void filter_forecast(void *context, const struct store_forecast *forecast)
{
    const struct filter *filter = context;
    if (filter->passed) {
        filter->visitor->forecast(filter->visitor->context, forecast);
    }
}

static void filter_warning(void *context, const char *text)
{
    const struct filter *filter = context;
    if (filter->passed) {
        filter->visitor->warning(filter->visitor->context, text);
    }
}

static void filter_job(void *context, const struct store_job *job)
{
    struct filter *filter = context;
    if (filter->tenant[0] == '\0' || strcmp(filter->tenant, job->record.terms.tenant) == 0) {
        filter->passed = true;
        filter->visitor->job(filter->visitor->context, job);
    }
}

/* How a store is asked for a job. */
typedef gaia_status job_query(struct store *store, const char *id,
                              const struct store_visitor *visitor, gaia_error *err);

static gaia_status job_ask(struct server *server, struct api_request *request, job_query *query,
                           const struct store_visitor *visitor, bool *found)
{
    gaia_error error = {0};
    struct filter filter = {.visitor = visitor, .tenant = request->caller->tenant};
    const struct store_visitor filtered = {.context = &filter,
                                           .job = filter_job,
                                           .forecast = filter_forecast,
                                           .warning = filter_warning};
    const gaia_status status = query(server->store, request->id, &filtered, &error);
    *found = filter.passed;
    if (status == GAIA_NOT_FOUND || (status == GAIA_OK && !filter.passed)) {
        (void)error_set(&request->error, GAIA_NOT_FOUND, "there is no job '%.64s'", request->id);
        request->http = HTTP_NOT_FOUND;
        return GAIA_OK;
    }
    if (status != GAIA_OK) {
        server->error = error;
    }
    return status;
}

gaia_status api_job_find(struct server *server, struct api_request *request,
                         const struct store_visitor *visitor, bool *found)
{
    return job_ask(server, request, server->store->ops->job_find, visitor, found);
}

/* Looks the job up and describes it; the answer is 404 if there is none, and *found is false. */
static gaia_status job_look_up(struct server *server, struct api_request *request,
                               struct collect *collect, bool *found)
{
    const struct store_visitor visitor = {.context = collect, .job = job_collect};
    const gaia_status status = api_job_find(server, request, &visitor, found);
    *found = *found && !collect->failed;
    return status == GAIA_OK && collect->failed ? error_memory(&server->error, 1) : status;
}

static gaia_status answer_job(struct server *server, struct api_request *request)
{
    struct collect collect = {.server = server};
    const struct store_visitor visitor = {.context = &collect,
                                          .job = job_collect,
                                          .forecast = forecast_collect,
                                          .warning = warning_collect};
    bool found = false;
    const gaia_status status =
        job_ask(server, request, server->store->ops->job_show, &visitor, &found);
    if (status == GAIA_OK && found && !collect.failed) {
        return answer_json(server, request, HTTP_OK, collect.json);
    }
    json_decref(collect.json);
    return status == GAIA_OK && found ? error_memory(&server->error, 1) : status;
}

static gaia_status answer_cancel(struct server *server, struct api_request *request)
{
    struct core_job_view view;
    struct collect collect = {.server = server};
    bool found = false;
    gaia_status status = job_look_up(server, request, &collect, &found);
    if (status == GAIA_OK && found && core_job_get(server->core, request->id, &view)) {
        struct core_event event = {.kind = CORE_CANCEL, .id = request->id};
        status = server_step(server, &event);
        json_decref(collect.json);
        return status == GAIA_OK ? answer_job(server, request) : status;
    }
    if (status == GAIA_OK && found) {
        (void)error_set(&request->error, GAIA_USAGE, "job %s is over: %s", request->id,
                        job_state_name(collect.record.state));
        request->http = HTTP_CONFLICT;
    }
    json_decref(collect.json);
    return status;
}

static void job_pass(void *context, const struct store_job *job)
{
    (void)context;
    (void)job;
}

static gaia_status answer_watch(struct server *server, struct api_request *request)
{
    const struct store_visitor visitor = {.job = job_pass};
    bool found = false;
    request->http = HTTP_OK;
    return api_job_find(server, request, &visitor, &found);
}

/* Looks for a job that has succeeded; the answer is 404 or 409 if there is none, and *seq is then
 * 0. */
static gaia_status done_look_up(struct server *server, struct api_request *request, int64_t *seq)
{
    struct collect collect = {.server = server};
    bool found = false;
    const gaia_status status = job_look_up(server, request, &collect, &found);
    const struct job_record *record = &collect.record;
    json_decref(collect.json);
    *seq = 0;
    if (status != GAIA_OK || !found) {
        return status;
    }
    if (record->state != JOB_SUCCEEDED) {
        const bool over = job_state_over(record->state);
        (void)error_set(&request->error, over ? record->error->status : GAIA_USAGE,
                        "job %s has no results: it is %s%s%s", request->id,
                        job_state_name(record->state), over ? ": " : "",
                        over ? record->error->detail : "");
        request->http = HTTP_CONFLICT;
        return GAIA_OK;
    }
    *seq = record->seq;
    return GAIA_OK;
}

/* Reads the document of a job; *document, the caller's, is NULL where it has none. */
static gaia_status document_read(struct server *server, int64_t seq, char **document)
{
    gaia_error error = {0};
    *document = NULL;
    const gaia_status status =
        server->store->ops->document_read(server->store, seq, document, &error);
    if (status != GAIA_OK && status != GAIA_NOT_FOUND) {
        server->error = error;
        return status;
    }
    return GAIA_OK;
}

/* Looks for a job with scores, as done_look_up does. */
static gaia_status scored_look_up(struct server *server, struct api_request *request, int64_t *seq)
{
    char *document = NULL;
    gaia_status status = done_look_up(server, request, seq);
    if (status == GAIA_OK && *seq != 0) {
        status = document_read(server, *seq, &document);
    }
    if (document != NULL) {
        (void)error_set(&request->error, GAIA_USAGE,
                        "job %s is a task: it has a document, not scores (gaia task result)",
                        request->id);
        request->http = HTTP_CONFLICT;
        *seq = 0;
    }
    free(document);
    return status;
}

static gaia_status answer_result(struct server *server, struct api_request *request)
{
    char *document = NULL;
    int64_t seq = 0;
    gaia_status status = done_look_up(server, request, &seq);
    if (status == GAIA_OK && seq != 0) {
        status = document_read(server, seq, &document);
    }
    if (status != GAIA_OK || seq == 0) {
        return status;
    }
    if (document == NULL) {
        (void)error_set(&request->error, GAIA_USAGE, "job %s is no task: it has scores",
                        request->id);
        request->http = HTTP_CONFLICT;
        return GAIA_OK;
    }
    request->http = HTTP_OK;
    text_append(&request->answer, document);
    text_append(&request->answer, "\n");
    free(document);
    return request->answer.failed ? error_memory(&server->error, 1) : GAIA_OK;
}

static void composite_collect(void *context, const struct store_composite *composite)
{
    struct api_request *request = context;
    composite_list_add(&request->answer, composite->json, strlen(composite->json));
}

static gaia_status answer_composite(struct server *server, struct api_request *request)
{
    const struct store_visitor visitor = {.context = request, .composite = composite_collect};
    int64_t seq = 0;
    gaia_status status = scored_look_up(server, request, &seq);
    if (status != GAIA_OK || seq == 0) {
        return status;
    }
    request->http = HTTP_OK;
    status = server->store->ops->composites_read(server->store, seq, &visitor, &server->error);
    composite_list_end(&request->answer);
    return status == GAIA_OK && request->answer.failed ? error_memory(&server->error, 1) : status;
}

/* Answers from the sums of a job that has scores. */
static gaia_status answer_sums(struct server *server, struct api_request *request,
                               gaia_status (*answer)(struct server *server,
                                                     struct api_request *request, int64_t job))
{
    int64_t seq = 0;
    const gaia_status status = scored_look_up(server, request, &seq);
    return status == GAIA_OK && seq != 0 ? answer(server, request, seq) : status;
}

gaia_status api_answer(struct server *server, struct api_request *request)
{
    switch (request->verb) {
    case API_LIVE:
    case API_METRICS:
    case API_OVERVIEW:
    case API_REPORT:
    case API_OPENAPI:
    case API_PROFILES:
    case API_PROFILE:
    case API_BACKUP:
        break;
    case API_READY:
        return answer_json(server, request, HTTP_OK, json_pack("{s:b}", "ready", 1));
    case API_SUBMIT:
    case API_REPLAY:
    case API_ATTEMPTS:
    case API_BATCHES:
    case API_DRAIN:
    case API_UNDRAIN:
    case API_SCHEDULE:
    case API_SCHEDULES:
    case API_UNSCHEDULE:
    case API_PAUSE:
    case API_RESUME:
        return api_answer_queue(server, request);
    case API_JOBS:
        return answer_jobs(server, request);
    case API_LEADERBOARD:
        return leaderboard_answer(server, request);
    case API_JOB:
        return answer_job(server, request);
    case API_CANCEL:
        return answer_cancel(server, request);
    case API_WATCH:
        return answer_watch(server, request);
    case API_SCORES:
        return answer_sums(server, request, scores_head_answer);
    case API_SUMS:
        return answer_sums(server, request, sums_answer);
    case API_MOMENTS:
        return answer_sums(server, request, moments_answer);
    case API_MAPS:
        return answer_sums(server, request, maps_answer);
    case API_COMPOSITE:
        return answer_composite(server, request);
    case API_RESULT:
        return answer_result(server, request);
    case API_EXECUTORS:
        return answer_json(server, request, HTTP_OK,
                           json_pack("{s:o, s:o}", "executors", sessions_to_json(server, NULL),
                                     "refused", refusals_to_json(&server->refusals)));
    case API_TOKENS:
    case API_TOKEN_ADD:
    case API_TOKEN_DROP:
        return api_answer_token(server, request);
    }
    return error_set(&server->error, GAIA_INTERNAL, "no such request");
}
