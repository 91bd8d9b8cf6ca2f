/* SPDX-License-Identifier: MIT
 *
 * The HTTP API on libmicrohttpd, which serves all connections on one thread. A handler checks what
 * can be checked without the loop (token, path, size); what asks the loop, and waits, is done on
 * threads of http_work.h while the connection sleeps. Between users and server_api.c.
 *
 * Invariant: nothing under /v1 is looked at, and no body is read, before the token was compared;
 * libmicrohttpd's thread never waits.
 */
#include "http_api.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <microhttpd.h>

#include <gaia/job.h>

#include "error.h"
#include "clock.h"
#include "http_events.h"
#include "http_list.h"
#include "http_moments.h"
#include "http_query.h"
#include "http_respond.h"
#include "http_route.h"
#include "http_scores.h"
#include "http_static.h"
#include "http_work.h"
#include "json.h"
#include "proof.h"

struct http_api {
    struct http_api_config config;
    struct http_work *work;
    struct http_events *events;
    struct MHD_Daemon *daemon;
};

/* One request, from its first line to its end. */
struct exchange {
    struct http_task task; /* first: a task is its exchange */
    struct http_api *api;
    struct route route;
    struct text body;
    bool is_done; /* what the loop was asked for was answered, or could not be */
};

struct http_api_config http_api_config_default(void)
{
    return (struct http_api_config){.body_bytes_max = (size_t)64 << 20,
                                    .connections_max = 64,
                                    .timeout_s = 30,
                                    .n_threads = 32,
                                    .streams_max = 32};
}

static bool token_is_right(const struct http_api *api, struct MHD_Connection *connection)
{
    static const char scheme[] = "Bearer ";
    const char *value =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);
    return value != NULL && strncmp(value, scheme, strlen(scheme)) == 0 &&
           proof_equal(api->config.secret, value + strlen(scheme));
}

static bool body_is_too_large(const struct http_api *api, struct MHD_Connection *connection)
{
    const char *length =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    return length != NULL && strtoull(length, NULL, 10) > api->config.body_bytes_max;
}

/* Whether the request comes with a body, declared or in pieces. */
static bool has_body(struct MHD_Connection *connection)
{
    const char *length =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
                                       MHD_HTTP_HEADER_TRANSFER_ENCODING) != NULL ||
           (length != NULL && strtoull(length, NULL, 10) != 0);
}

/* Refuses what can be refused without a body; false, and *result is set, if something was. */
static bool request_check(struct http_api *api, struct MHD_Connection *connection,
                          const struct route *route, enum MHD_Result *result)
{
    char field[GAIA_ERROR_DETAIL];
    gaia_error error = {0};
    if (!route_has_body(route->verb) && has_body(connection)) {
        (void)error_set(&error, GAIA_USAGE, "no body is wanted");
        *result = http_refuse(connection, HTTP_BAD_REQUEST, NULL, &error);
        return false;
    }
    if (body_is_too_large(api, connection)) {
        (void)error_set(&error, GAIA_LIMIT, "a body of at most %zu bytes is wanted",
                        api->config.body_bytes_max);
        *result = http_refuse(connection, HTTP_TOO_LARGE, NULL, &error);
        return false;
    }
    if (query_check(connection, route->verb, field, &error) != GAIA_OK) {
        *result = http_refuse(connection, HTTP_BAD_REQUEST, field, &error);
        return false;
    }
    return true;
}

/* The first call for a request: everything that can be refused without its body is refused here. */
static enum MHD_Result exchange_begin(struct http_api *api, struct MHD_Connection *connection,
                                      const char *path, const char *method, void **state)
{
    enum MHD_Result result = MHD_NO;
    gaia_error error = {0};
    struct route route = {0};
    if (strncmp(path, "/v1/", 4) == 0 && !token_is_right(api, connection)) {
        (void)error_set(&error, GAIA_DENIED, "the bearer token is missing or wrong");
        return http_refuse(connection, HTTP_UNAUTHORIZED, NULL, &error);
    }
    const unsigned problem = route_find(path, method, &route);
    if (problem != 0) {
        (void)error_set(&error, GAIA_NOT_FOUND, "there is no %.16s %.64s", method, path);
        return problem == HTTP_METHOD_NOT_ALLOWED
                   ? http_refuse_method(connection, route.allow, &error)
                   : http_refuse(connection, problem, NULL, &error);
    }
    if (!request_check(api, connection, &route, &result)) {
        return result;
    }
    struct exchange *exchange = calloc(1, sizeof *exchange);
    if (exchange == NULL) {
        return MHD_NO;
    }
    exchange->api = api;
    exchange->route = route;
    *state = exchange;
    return MHD_YES;
}

static enum MHD_Result refuse(struct MHD_Connection *connection, const gaia_error *error)
{
    const bool invalid = gaia_status_class(error->status) == GAIA_CLASS_INVALID;
    return http_refuse(connection, invalid ? HTTP_BAD_REQUEST : HTTP_UNAVAILABLE, NULL, error);
}

static enum MHD_Result submit(struct exchange *exchange, struct MHD_Connection *connection)
{
    struct gaia_job *job = NULL;
    struct submission submission;
    gaia_error error = {0};
    const char *body = exchange->body.s != NULL ? exchange->body.s : "";
    const char *key = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Idempotency-Key");
    gaia_status status = gaia_job_parse(body, exchange->body.length, &job, &error);
    if (status == GAIA_OK) {
        status = submission_make(job, key, clock_realtime_ms(), &submission, &error);
    }
    if (status != GAIA_OK) {
        gaia_job_free(job);
        return refuse(connection, &error);
    }
    struct api_request request = {.verb = API_SUBMIT, .submission = &submission};
    exchange->api->config.ask(exchange->api->config.context, &request);
    gaia_job_free(job);
    return http_respond_answer(connection, &request);
}

/* Reads {"name", "cron", "zone", "job"}; *spec is the job as text, the caller's, once it parses. */
static gaia_status schedule_read(const json_t *root, struct api_request *request, char **spec,
                                 gaia_error *err)
{
    static const char *const keys[] = {"name", "cron", "zone", "job"};
    struct gaia_job *job = NULL;
    gaia_status status = json_check_keys(root, "schedule", keys, 4, err);
    if (status == GAIA_OK) {
        status = json_get_string(root, "schedule", "name", false, &request->name, err);
    }
    if (status == GAIA_OK) {
        status = json_get_string(root, "schedule", "cron", true, &request->cron, err);
    }
    if (status == GAIA_OK) {
        status = json_get_string(root, "schedule", "zone", false, &request->zone, err);
    }
    if (status != GAIA_OK) {
        return status;
    }
    *spec = json_dumps(json_object_get(root, "job"), JSON_COMPACT | JSON_ENCODE_ANY);
    if (*spec == NULL) {
        return error_set(err, GAIA_JOB_INVALID, "schedule.job: a job is wanted");
    }
    status = gaia_job_parse(*spec, strlen(*spec), &job, err);
    gaia_job_free(job);
    return status == GAIA_OK ? GAIA_OK : error_prefix(err, status, "schedule.job");
}

static enum MHD_Result schedule(struct exchange *exchange, struct MHD_Connection *connection)
{
    struct api_request request = {.verb = API_SCHEDULE, .name = "", .zone = ""};
    json_t *root = NULL;
    char *spec = NULL;
    gaia_error error = {0};
    enum MHD_Result result = MHD_NO;
    const char *body = exchange->body.s != NULL ? exchange->body.s : "";
    gaia_status status = json_parse("schedule", body, exchange->body.length, &root, &error);
    if (status == GAIA_OK) {
        status = schedule_read(root, &request, &spec, &error);
    }
    if (status == GAIA_OK) {
        request.body = spec;
        exchange->api->config.ask(exchange->api->config.context, &request);
        result = http_respond_answer(connection, &request);
    } else {
        result = refuse(connection, &error);
    }
    free(spec);
    json_decref(root);
    return result;
}

static enum MHD_Result send_moments(const struct exchange *exchange,
                                    struct MHD_Connection *connection)
{
    struct api_request request;
    struct MHD_Response *response = NULL;
    http_moments_open(&exchange->api->config, exchange->api->work, connection, exchange->route.id,
                      &request, &response);
    return request.http == HTTP_OK
               ? http_respond(connection, HTTP_OK, "application/octet-stream", response)
               : http_respond_answer(connection, &request);
}

static enum MHD_Result send_batches(const struct exchange *exchange,
                                    struct MHD_Connection *connection)
{
    struct api_request request = {.verb = API_BATCHES};
    gaia_error error = {0};
    const char *state = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "state");
    if (!batch_state_parse(state, &request.state)) {
        (void)error_set(&error, GAIA_USAGE,
                        "?state= blocked, ready, leased, done, failed, dead or cancelled is "
                        "wanted");
        return http_refuse(connection, HTTP_BAD_REQUEST, "state", &error);
    }
    exchange->api->config.ask(exchange->api->config.context, &request);
    return http_respond_answer(connection, &request);
}

/* What asks the loop. */
static enum MHD_Result exchange_answer(struct exchange *exchange, struct MHD_Connection *connection)
{
    if (exchange->route.verb == API_SUBMIT) {
        return submit(exchange, connection);
    }
    if (exchange->route.verb == API_SCHEDULE) {
        return schedule(exchange, connection);
    }
    if (exchange->route.verb == API_JOBS || exchange->route.verb == API_LEADERBOARD) {
        return http_list_answer(&exchange->api->config, connection, exchange->route.verb);
    }
    if (exchange->route.verb == API_WATCH) {
        return http_events_answer(exchange->api->events, connection, exchange->route.id);
    }
    if (exchange->route.verb == API_SCORES) {
        return http_scores_answer(&exchange->api->config, exchange->api->work, connection,
                                  exchange->route.id);
    }
    if (exchange->route.verb == API_BATCHES) {
        return send_batches(exchange, connection);
    }
    if (exchange->route.verb == API_MOMENTS) {
        return send_moments(exchange, connection);
    }
    struct api_request request = {.verb = exchange->route.verb, .id = exchange->route.id};
    exchange->api->config.ask(exchange->api->config.context, &request);
    return http_respond_answer(connection, &request);
}

/* On a thread of its own. A response that could not be queued is missed by exchange_end. */
static void exchange_run(struct http_task *task)
{
    struct exchange *exchange = (struct exchange *)task;
    (void)exchange_answer(exchange, task->connection);
    exchange->is_done = true;
}

/* The request is whole. */
static enum MHD_Result exchange_end(struct exchange *exchange, struct MHD_Connection *connection)
{
    enum MHD_Result result = MHD_NO;
    if (http_static_answer(&exchange->route, connection, &result)) {
        return result;
    }
    exchange->task = (struct http_task){.connection = connection, .run = exchange_run};
    /* libmicrohttpd comes back after the sleep if, and only if, there is no response. */
    return !exchange->is_done && http_work_put(exchange->api->work, &exchange->task) ? MHD_YES
                                                                                     : MHD_NO;
}

/* libmicrohttpd calls this first with the headers, then with each piece of the body, then once
 * more. */
static enum MHD_Result request_handle(void *context, struct MHD_Connection *connection,
                                      const char *path, const char *method, const char *version,
                                      const char *piece, size_t *piece_bytes, void **state)
{
    struct http_api *api = context;
    struct exchange *exchange = *state;
    (void)version;
    if (exchange == NULL) {
        return exchange_begin(api, connection, path, method, state);
    }
    if (*piece_bytes == 0) {
        return exchange_end(exchange, connection);
    }
    /* A body without a declared length that grows too large, or that no request of its kind has: a
     * response cannot be sent before its end, so the connection is closed. */
    if (!route_has_body(exchange->route.verb) ||
        *piece_bytes > api->config.body_bytes_max - exchange->body.length) {
        return MHD_NO;
    }
    text_append_n(&exchange->body, piece, *piece_bytes);
    *piece_bytes = 0;
    return exchange->body.failed ? MHD_NO : MHD_YES;
}

static void request_completed(void *context, struct MHD_Connection *connection, void **state,
                              enum MHD_RequestTerminationCode code)
{
    struct exchange *exchange = *state;
    (void)context;
    (void)connection;
    (void)code;
    if (exchange != NULL) {
        text_fini(&exchange->body);
        free(exchange);
        *state = NULL;
    }
}

/* Undoes %XX in place and returns the length. An escaped NUL stays as it is written: undone, it
 * would end the path, and the rest would be ignored. */
static size_t text_unescape(void *context, struct MHD_Connection *connection, char *text)
{
    char *out = text;
    (void)context;
    (void)connection;
    for (const char *in = text; *in != '\0'; in++) {
        const char digits[] = {in[0] == '%' ? in[1] : '\0', in[1] != '\0' ? in[2] : '\0', '\0'};
        const bool is_escape =
            strspn(digits, "0123456789abcdefABCDEF") == 2 && strcmp(digits, "00") != 0;
        *out++ = is_escape ? (char)strtoul(digits, NULL, 16) : *in;
        in += is_escape ? 2 : 0;
    }
    *out = '\0';
    return (size_t)(out - text);
}

gaia_status http_api_open(const struct http_api_config *config, struct http_api **opened,
                          uint16_t *port, gaia_error *err)
{
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons(config->port),
                                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct http_api *api = calloc(1, sizeof *api);
    if (api == NULL) {
        return error_memory(err, sizeof *api);
    }
    api->config = *config;
    gaia_status status = http_work_open(config->n_threads, &api->work, err);
    if (status == GAIA_OK) {
        status = http_events_open(&api->config, &api->events, err);
    }
    if (status != GAIA_OK) {
        http_api_close(api);
        return status;
    }
    api->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, config->port, NULL, NULL,
        request_handle, api, MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_CONNECTION_LIMIT,
        config->connections_max, MHD_OPTION_CONNECTION_TIMEOUT, config->timeout_s,
        MHD_OPTION_NOTIFY_COMPLETED, request_completed, api, MHD_OPTION_UNESCAPE_CALLBACK,
        text_unescape, NULL, MHD_OPTION_END);
    const union MHD_DaemonInfo *info =
        api->daemon != NULL ? MHD_get_daemon_info(api->daemon, MHD_DAEMON_INFO_BIND_PORT) : NULL;
    if (info == NULL) {
        http_api_close(api);
        return error_set(err, GAIA_UNREACHABLE, "the HTTP API cannot listen on 127.0.0.1:%u",
                         (unsigned)config->port);
    }
    *port = info->port;
    *opened = api;
    return GAIA_OK;
}

void http_api_close(struct http_api *api)
{
    if (api != NULL) {
        if (api->work != NULL) { /* first: no connection may sleep when libmicrohttpd stops */
            http_work_end(api->work);
        }
        if (api->events != NULL) {
            http_events_end(api->events);
        }
        if (api->daemon != NULL) {
            MHD_stop_daemon(api->daemon);
        }
        http_events_free(api->events);
        http_work_free(api->work);
        free(api);
    }
}
