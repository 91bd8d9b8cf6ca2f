/* SPDX-License-Identifier: MIT
 *
 * The HTTP API on libmicrohttpd, one thread a connection. A handler checks what can be checked
 * without the loop (token, path, size, the job's JSON), asks the loop and waits. Between users and
 * server_api.c.
 *
 * Invariant: nothing under /v1 is looked at, and no body is read, before the token was compared.
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
#include "http_moments.h"
#include "http_report.h"
#include "http_respond.h"
#include "http_route.h"
#include "http_static.h"
#include "json.h"
#include "proof.h"

enum { BLOCK_BYTES = 64 << 10 };

struct http_api {
    struct http_api_config config;
    struct http_report *report;
    struct MHD_Daemon *daemon;
};

/* One request, from its first line to its end. */
struct exchange {
    struct http_api *api;
    struct route route;
    struct text body;
};

/* Scores on their way out, page by page. */
struct scores {
    struct http_api *api;
    char id[RECORD_NAME]; /* of the job */
    struct text page;
    size_t sent; /* of the page */
    int64_t last;
    bool more;
};

struct http_api_config http_api_config_default(void)
{
    return (struct http_api_config){
        .body_bytes_max = (size_t)64 << 20, .connections_max = 64, .timeout_s = 30};
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

/* Parameters of a query that the route does not know, or that come twice. */
struct query {
    const char *known; /* NULL: it knows none */
    unsigned n_known;
    gaia_error field; /* its detail is the name of the first one that is wrong; GAIA_OK: none */
};

static enum MHD_Result query_look(void *context, enum MHD_ValueKind kind, const char *key,
                                  const char *value)
{
    struct query *query = context;
    (void)kind;
    (void)value;
    if (query->known != NULL && strcmp(key, query->known) == 0 && query->n_known++ == 0) {
        return MHD_YES;
    }
    (void)error_set(&query->field, GAIA_USAGE, "%.64s", key);
    return MHD_NO;
}

/* Refuses what can be refused without a body; false, and *result is set, if something was. */
static bool request_check(struct http_api *api, struct MHD_Connection *connection,
                          const struct route *route, enum MHD_Result *result)
{
    struct query query = {.known = route_query(route->verb)};
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
    (void)MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, query_look, &query);
    if (query.field.status != GAIA_OK) {
        (void)error_set(&error, GAIA_USAGE, "the parameter '%s' is unknown here, or comes twice",
                        query.field.detail);
        *result = http_refuse(connection, HTTP_BAD_REQUEST, query.field.detail, &error);
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

static void scores_ask(struct scores *scores, struct api_request *request)
{
    *request = (struct api_request){.verb = API_SCORES, .id = scores->id, .after = scores->last};
    scores->api->config.ask(scores->api->config.context, request);
}

static void scores_free(void *context)
{
    struct scores *scores = context;
    text_fini(&scores->page);
    free(scores);
}

/* Gives libmicrohttpd the next bytes, asking for the next page when one is used up. */
static ssize_t scores_read(void *context, uint64_t position, char *out, size_t room)
{
    struct scores *scores = context;
    (void)position;
    if (scores->sent == scores->page.length && scores->more) {
        struct api_request request;
        scores_ask(scores, &request);
        text_fini(&scores->page);
        if (request.error.status != GAIA_OK) {
            text_fini(&request.answer);
            return MHD_CONTENT_READER_END_WITH_ERROR;
        }
        scores->page = request.answer;
        scores->sent = 0;
        scores->last = request.last;
        scores->more = request.more;
    }
    const size_t left = scores->page.length - scores->sent;
    const size_t n = left < room ? left : room;
    if (n == 0) {
        return MHD_CONTENT_READER_END_OF_STREAM;
    }
    memcpy(out, scores->page.s + scores->sent, n);
    scores->sent += n;
    return (ssize_t)n;
}

static enum MHD_Result send_scores(const struct exchange *exchange,
                                   struct MHD_Connection *connection)
{
    struct scores *scores = calloc(1, sizeof *scores);
    struct api_request request;
    if (scores == NULL) {
        return MHD_NO;
    }
    scores->api = exchange->api;
    scores->last = -1;
    record_name_copy(scores->id, exchange->route.id);
    scores_ask(scores, &request);
    if (request.error.status != GAIA_OK) {
        scores_free(scores);
        return http_respond_answer(connection, &request);
    }
    scores->page = request.answer;
    scores->last = request.last;
    scores->more = request.more;
    return http_respond(connection, HTTP_OK, "text/csv; charset=utf-8",
                        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES,
                                                          scores_read, scores, scores_free));
}

static enum MHD_Result send_moments(const struct exchange *exchange,
                                    struct MHD_Connection *connection)
{
    struct api_request request;
    struct MHD_Response *response = NULL;
    http_moments_open(&exchange->api->config, exchange->route.id, &request, &response);
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

static enum MHD_Result exchange_answer(struct exchange *exchange, struct MHD_Connection *connection)
{
    enum MHD_Result result = MHD_NO;
    if (http_static_answer(&exchange->route, connection, &result)) {
        return result;
    }
    if (exchange->route.verb == API_SUBMIT) {
        return submit(exchange, connection);
    }
    if (exchange->route.verb == API_SCHEDULE) {
        return schedule(exchange, connection);
    }
    if (exchange->route.verb == API_SCORES) {
        return send_scores(exchange, connection);
    }
    if (exchange->route.verb == API_BATCHES) {
        return send_batches(exchange, connection);
    }
    if (exchange->route.verb == API_MOMENTS) {
        return send_moments(exchange, connection);
    }
    if (exchange->route.verb == API_REPORT) {
        return http_report_answer(exchange->api->report, &exchange->api->config, exchange->route.id,
                                  connection);
    }
    struct api_request request = {.verb = exchange->route.verb, .id = exchange->route.id};
    exchange->api->config.ask(exchange->api->config.context, &request);
    return http_respond_answer(connection, &request);
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
        return exchange_answer(exchange, connection);
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
    const gaia_status status = http_report_open(&api->report, err);
    if (status != GAIA_OK) {
        http_api_close(api);
        return status;
    }
    api->daemon = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL,
        config->port, NULL, NULL, request_handle, api, MHD_OPTION_SOCK_ADDR, &address,
        MHD_OPTION_CONNECTION_LIMIT, config->connections_max, MHD_OPTION_CONNECTION_TIMEOUT,
        config->timeout_s, MHD_OPTION_NOTIFY_COMPLETED, request_completed, api,
        MHD_OPTION_UNESCAPE_CALLBACK, text_unescape, NULL, MHD_OPTION_END);
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
        if (api->daemon != NULL) {
            MHD_stop_daemon(api->daemon);
        }
        http_report_close(api->report);
        free(api);
    }
}
