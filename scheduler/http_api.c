/* SPDX-License-Identifier: MIT
 *
 * The HTTP API on libmicrohttpd, which serves all connections of a daemon on one thread. A handler
 * checks what can be checked without the loop (token, path, size); what asks the loop, and waits,
 * is done on threads of http_work.h while the connection sleeps. Between users and server_api.c.
 *
 * Invariant: nothing under /v1 is looked at, and no body is read, before the token was compared;
 * libmicrohttpd's threads never wait, and none of their connections sleeps when they are stopped.
 */
#include "http_api.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <microhttpd.h>

#include "error.h"
#include "http_backup.h"
#include "http_body.h"
#include "http_caller.h"
#include "http_connections.h"
#include "http_events.h"
#include "http_limits.h"
#include "http_list.h"
#include "http_maps.h"
#include "http_moments.h"
#include "http_report.h"
#include "http_remote.h"
#include "http_request.h"
#include "http_respond.h"
#include "http_route.h"
#include "http_scores.h"
#include "http_static.h"
#include "http_work.h"

enum {
    DAEMONS = 3,               /* for this machine, for others, and one that a renewal has left */
    BODY_PASSED_OVER = 4,      /* times what is allowed */
    POOL_EXTRA_BYTES = 4 << 10 /* libmicrohttpd's own part of a connection's memory */
};

struct http_api {
    struct http_api_config config;
    struct http_limits *limits;
    struct http_connections *connections;
    struct http_work *work;
    struct http_report *report;
    struct http_events *events;
    struct http_backup backup;
    struct MHD_Daemon *daemon;  /* for this machine */
    struct http_remote *remote; /* for others; NULL: none */
};

/* One request, from its first line to its end. */
struct exchange {
    struct http_task task; /* first: a task is its exchange */
    struct http_api *api;
    struct route route;
    struct caller caller;
    struct text body;
    uint64_t body_bytes; /* that came */
    bool is_done;        /* what the loop was asked for was answered, or could not be */
};

struct http_api_config http_api_config_default(void)
{
    return (struct http_api_config){.body_bytes_max = (size_t)64 << 20,
                                    .header_bytes_max = (size_t)32 << 10,
                                    .connections_max = 512,
                                    .of_address_max = 128,
                                    .timeout_s = 30,
                                    .request_s = 60,
                                    .n_threads = 32,
                                    .streams_max = 32,
                                    .page_bytes_max = UINT64_C(1) << 30,
                                    .rates = {.address_rate = 1000, .token_rate = 1000}};
}

/* The connection's place in the table; NULL: it has none. */
static struct http_connection *connection_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info != NULL ? info->socket_context : NULL;
}

/* The first call for a request: everything that can be refused without its body is refused here. */
static enum MHD_Result exchange_begin(struct http_api *api, struct MHD_Connection *connection,
                                      const char *path, const char *method, void **state)
{
    enum MHD_Result result = MHD_NO;
    gaia_error error = {0};
    struct route route = {0};
    struct caller caller = {.scope = TOKEN_READ};
    struct http_connection *from = connection_of(connection);
    if (from == NULL) {
        return MHD_NO;
    }
    http_connection_asks(from, METRIC_ROUTE_NONE);
    if (!http_framing_check(connection, &result) ||
        !http_limits_address(api->limits, from, connection, &result)) {
        return result;
    }
    const unsigned problem = route_find(path, method, &route);
    http_connection_asks(from, route.counts_as);
    /* Whoever watches a scheduler has to see it also when it does not lead. */
    const bool may_be_old = problem == 0 && route.verb == API_METRICS;
    const bool is_open = problem == 0 ? route.access == ROUTE_OPEN : strncmp(path, "/v1/", 4) != 0;
    if (!is_open && (!http_caller_find(&api->config, connection, may_be_old, &caller, &result) ||
                     !http_limits_token(api->limits, &caller, connection, &result))) {
        return result;
    }
    if (problem != 0) {
        (void)error_set(&error, GAIA_NOT_FOUND, "there is no %.16s %.64s", method, path);
        return problem == HTTP_METHOD_NOT_ALLOWED
                   ? http_refuse_method(connection, route.allow, &error)
                   : http_refuse(connection, problem, NULL, &error);
    }
    if (!http_caller_check(&api->config, &caller, route.access, connection, &result) ||
        !http_request_check(connection, &route, api->config.body_bytes_max, &result)) {
        return result;
    }
    struct exchange *exchange = calloc(1, sizeof *exchange);
    if (exchange == NULL) {
        return MHD_NO;
    }
    exchange->api = api;
    exchange->route = route;
    exchange->caller = caller;
    *state = exchange;
    return MHD_YES;
}

static enum MHD_Result send_moments(const struct exchange *exchange,
                                    struct MHD_Connection *connection)
{
    struct api_request request;
    struct MHD_Response *response = NULL;
    http_moments_open(&exchange->api->config, exchange->api->work, &exchange->caller, connection,
                      exchange->route.id, &request, &response);
    return request.http == HTTP_OK
               ? http_respond(connection, HTTP_OK, "application/octet-stream", response)
               : http_respond_answer(connection, &request);
}

static enum MHD_Result send_batches(const struct exchange *exchange,
                                    struct MHD_Connection *connection)
{
    struct api_request request = {.verb = API_BATCHES, .caller = &exchange->caller};
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
    struct http_api *api = exchange->api;
    const enum api_verb verb = exchange->route.verb;
    if (route_has_body(verb)) {
        const struct http_whole whole = {.config = &api->config,
                                         .limits = api->limits,
                                         .caller = &exchange->caller,
                                         .connection = connection,
                                         .body = exchange->body.s != NULL ? exchange->body.s : "",
                                         .length = exchange->body.length};
        return http_body_answer(&whole, verb);
    }
    if (verb == API_JOBS || verb == API_LEADERBOARD) {
        return http_list_answer(&api->config, &exchange->caller, connection, verb);
    }
    if (verb == API_WATCH) {
        return http_events_answer(api->events, &exchange->caller, connection, exchange->route.id);
    }
    if (verb == API_SCORES) {
        return http_scores_answer(&api->config, api->work, &exchange->caller, connection,
                                  exchange->route.id);
    }
    if (verb == API_BATCHES) {
        return send_batches(exchange, connection);
    }
    if (verb == API_MOMENTS) {
        return send_moments(exchange, connection);
    }
    if (verb == API_BACKUP) {
        return http_backup_answer(&api->backup, api->work, connection);
    }
    if (verb == API_MAPS) {
        return http_maps_answer(&api->config, api->work, &exchange->caller, connection,
                                exchange->route.id);
    }
    if (verb == API_REPORT) {
        return http_report_answer(api->report, &api->config, &exchange->caller, exchange->route.id,
                                  connection);
    }
    struct api_request request = {
        .verb = verb, .caller = &exchange->caller, .id = exchange->route.id};
    api->config.ask(api->config.context, &request);
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
    http_connection_received(connection_of(connection));
    if (exchange->body_bytes > exchange->api->config.body_bytes_max) {
        return http_refuse_body(connection, exchange->api->config.body_bytes_max);
    }
    if (http_static_answer(&exchange->route, exchange->api->config.metrics, connection, &result)) {
        return result;
    }
    exchange->task = (struct http_task){.connection = connection, .run = exchange_run};
    /* libmicrohttpd comes back after the sleep if, and only if, there is no response. */
    return !exchange->is_done && http_work_put(exchange->api->work, &exchange->task) ? MHD_YES
                                                                                     : MHD_NO;
}

/* Takes a piece of the body. One in chunks that grows too large can only be told so at its end: so
 * much more of it is passed over, and beyond that the connection is closed. */
static bool body_take(struct exchange *exchange, const char *piece, size_t bytes)
{
    const size_t most = exchange->api->config.body_bytes_max;
    exchange->body_bytes += bytes;
    if (exchange->body_bytes > most) {
        text_fini(&exchange->body);
        return route_has_body(exchange->route.verb) &&
               exchange->body_bytes < (uint64_t)most * BODY_PASSED_OVER;
    }
    text_append_n(&exchange->body, piece, bytes);
    return !exchange->body.failed;
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
    const bool is_taken = body_take(exchange, piece, *piece_bytes);
    *piece_bytes = 0;
    return is_taken ? MHD_YES : MHD_NO;
}

/* Counts the request that was answered last on the connection. */
static void request_count(const struct http_api *api, struct http_connection *from)
{
    unsigned counts_as = METRIC_ROUTE_NONE;
    const unsigned status = http_connection_take(from, &counts_as);
    const enum metric_answer answer = status < HTTP_BAD_REQUEST ? METRIC_ANSWER_2XX
                                      : status < HTTP_INTERNAL  ? METRIC_ANSWER_4XX
                                                                : METRIC_ANSWER_5XX;
    if (status == 0) {
        return;
    }
    metrics_add(api->config.metrics, METRIC_REQUESTS,
                (size_t)counts_as * METRIC_ANSWER_KINDS + answer, 1);
    metrics_add(api->config.metrics, METRIC_ERRORS, METRIC_ERROR_HTTP, status == HTTP_INTERNAL);
}

static void request_completed(void *context, struct MHD_Connection *connection, void **state,
                              enum MHD_RequestTerminationCode code)
{
    struct exchange *exchange = *state;
    struct http_connection *from = connection_of(connection);
    (void)code;
    if (from != NULL) {
        request_count(context, from);
        http_connection_answered(from);
    }
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

static enum MHD_Result connection_admit(void *context, const struct sockaddr *from,
                                        socklen_t from_bytes)
{
    const struct http_api *api = context;
    (void)from_bytes;
    if (http_connections_admit(api->connections, from)) {
        return MHD_YES;
    }
    metrics_add(api->config.metrics, METRIC_LIMITED, METRIC_LIMIT_CONNECTIONS, 1);
    log_event(api->config.log, LOG_SECURITY | LOG_OFTEN, LOG_WARNING, "connection_refused",
              "a connection of an address that has too many was closed", LOG_END);
    return MHD_NO;
}

static void connection_notified(void *context, struct MHD_Connection *connection, void **place,
                                enum MHD_ConnectionNotificationCode code)
{
    const struct http_api *api = context;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        if (*place != NULL) {
            http_connection_remove(api->connections, *place);
            metrics_add(api->config.metrics, METRIC_CONNECTIONS, 0, -1);
        }
        return;
    }
    const union MHD_ConnectionInfo *from =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const union MHD_ConnectionInfo *fd =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    *place = from != NULL && fd != NULL
                 ? http_connection_add(api->connections, from->client_addr, fd->connect_fd)
                 : NULL;
    metrics_add(api->config.metrics, METRIC_CONNECTIONS, 0, *place != NULL);
}

/* Starts a daemon on the socket fd, or, where that is -1, on this machine's own. */
static struct MHD_Daemon *daemon_start(struct http_api *api, int fd,
                                       const struct credentials *credentials)
{
    static const char tls_versions[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";
    const struct http_api_config *config = &api->config;
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons(config->port),
                                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct MHD_OptionItem items[4] = {{MHD_OPTION_END, 0, NULL}};
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC;
    if (credentials != NULL) {
        flags |= MHD_USE_TLS;
        items[0] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, credentials->certificate};
        items[1] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, credentials->key};
        items[2] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_PRIORITIES, 0,
                                           (void *)(uintptr_t)tls_versions};
        items[3] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
    }
    return MHD_start_daemon(
        flags, config->port, connection_admit, api, request_handle, api,
        fd < 0 ? MHD_OPTION_SOCK_ADDR : MHD_OPTION_ARRAY, fd < 0 ? (const void *)&address : items,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_CONNECTION_LIMIT, config->connections_max,
        MHD_OPTION_CONNECTION_TIMEOUT, config->timeout_s, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        config->header_bytes_max + POOL_EXTRA_BYTES, MHD_OPTION_NOTIFY_CONNECTION,
        connection_notified, api, MHD_OPTION_NOTIFY_COMPLETED, request_completed, api,
        MHD_OPTION_UNESCAPE_CALLBACK, text_unescape, NULL,
        fd < 0 ? MHD_OPTION_END : MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_END);
}

/* Ends a daemon: first everything for which connections of it sleep. */
static void daemon_stop(void *context, struct MHD_Daemon *daemon)
{
    const struct http_api *api = context;
    http_work_bar(api->work, daemon);
    http_events_bar(api->events, daemon);
    MHD_stop_daemon(daemon);
    http_events_unbar(api->events);
    http_work_unbar(api->work, daemon);
}

static struct MHD_Daemon *remote_start(void *context, int fd, const struct credentials *credentials)
{
    struct http_api *api = context;
    struct MHD_Daemon *daemon = daemon_start(api, fd, credentials);
    if (daemon != NULL && credentials != NULL) {
        metrics_certificate(api->config.metrics, METRIC_LISTENER_API, credentials->expires_s);
    }
    return daemon;
}

gaia_status http_api_open(const struct http_api_config *config, struct http_api **opened,
                          uint16_t *port, char *remote_url, gaia_error *err)
{
    struct http_api *api = calloc(1, sizeof *api);
    if (api == NULL) {
        return error_memory(err, sizeof *api);
    }
    api->config = *config;
    api->config.rates.metrics = config->metrics;
    api->config.rates.log = config->log;
    http_backup_init(&api->backup, config->database);
    remote_url[0] = '\0';
    gaia_status status = http_limits_open(&api->config.rates, &api->limits, err);
    if (status == GAIA_OK) {
        status = http_connections_open(config->connections_max * DAEMONS, config->of_address_max,
                                       (int64_t)config->request_s * 1000, &api->connections, err);
    }
    if (status == GAIA_OK) {
        status = http_work_open(config->n_threads, &api->work, err);
    }
    if (status == GAIA_OK) {
        status = http_report_open(&api->report, err);
    }
    if (status == GAIA_OK) {
        status = http_events_open(&api->config, &api->events, err);
    }
    api->daemon = status == GAIA_OK ? daemon_start(api, -1, NULL) : NULL;
    const union MHD_DaemonInfo *info =
        api->daemon != NULL ? MHD_get_daemon_info(api->daemon, MHD_DAEMON_INFO_BIND_PORT) : NULL;
    if (status == GAIA_OK && info == NULL) {
        status = error_set(err, GAIA_UNREACHABLE, "the HTTP API cannot listen on 127.0.0.1:%u",
                           (unsigned)config->port);
    }
    if (status == GAIA_OK && config->remote.host != NULL) {
        struct http_remote_config remote = config->remote;
        remote.start = remote_start;
        remote.stop = daemon_stop;
        remote.context = api;
        status = http_remote_open(&remote, &api->remote, remote_url, err);
    }
    if (status != GAIA_OK) {
        http_api_close(api);
        return status;
    }
    *port = info->port;
    *opened = api;
    return GAIA_OK;
}

void http_api_renew(struct http_api *api)
{
    gaia_error error = {0};
    if (api->remote == NULL || api->config.remote.key == NULL) {
        return;
    }
    if (http_remote_renew(api->remote, &error) == GAIA_OK) {
        log_event(api->config.log, LOG_SECURITY, LOG_INFO, "certificate_renewed",
                  "the HTTP API has taken up its new certificate",
                  log_text("file", api->config.remote.certificate));
    } else {
        log_event(api->config.log, LOG_SECURITY, LOG_ERROR, "certificate_kept",
                  "the HTTP API keeps its certificate: the new one cannot be used",
                  log_text("file", api->config.remote.certificate),
                  log_text("error", error.detail));
    }
}

void http_api_close(struct http_api *api)
{
    if (api != NULL) {
        http_backup_stop(&api->backup);
        http_remote_close(api->remote);
        if (api->daemon != NULL) {
            daemon_stop(api, api->daemon);
        }
        http_events_close(api->events);
        http_work_close(api->work);
        http_report_close(api->report);
        http_connections_close(api->connections);
        http_limits_close(api->limits);
        http_backup_fini(&api->backup);
        free(api);
    }
}
