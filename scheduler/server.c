/* SPDX-License-Identifier: MIT
 *
 * The loop. Read server_turn first: messages are taken, each becomes events, the core decides, the
 * store writes, the turn commits, replies leave. Started by main_scheduler.c.
 *
 * Invariant: a reply is sent only after the commit of the turn that made it. When a turn fails,
 * whatever its cause, nothing of it is answered and the core is restored from what the store holds.
 */
#include "server.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "error.h"
#include "server_state.h"
#include "wire.h"

enum {
    WORK_CONTEXTS = 256, /* more than core_config.parked_max, so that a RESULT always finds one */
    CONTROL_CONTEXTS = 64,
    IDLE_MS = 1000,
    US_PER_MS = 1000,
    MS_PER_S = 1000,
};

static void calls_drop(struct wire_calls *calls)
{
    struct wire_call *call = NULL;
    while ((call = TAILQ_FIRST(calls)) != NULL) {
        wire_call_drop(calls, call);
    }
}

/* Throws away the turn and the core; executors ask again, users are told to. */
static void server_drop(struct server *server)
{
    struct message *message = NULL;
    server->store->ops->rollback(server->store);
    finish_drop_all(server);
    schedule_runs_drop(server);
    tokens_drop(server);
    maps_turn_end(server, false);
    metrics_turn_drop(server->metrics);
    core_close(server->core);
    server->core = NULL;
    board_break(server->board);
    server->n_dirty = 0;
    job_cache_clear(&server->cache);
    calls_drop(&server->ready);
    calls_drop(&server->waiting);
    while ((message = TAILQ_FIRST(&server->answered)) != NULL) {
        TAILQ_REMOVE(&server->answered, message, in_list);
        text_fini(&message->api->answer);
        api_refuse(message->api, HTTP_UNAVAILABLE, GAIA_STORE, server->error.detail);
        api_complete(message->api);
    }
}

static void server_fail(struct server *server)
{
    log_event(server->config.log, LOG_APPLICATION | LOG_OFTEN, LOG_ERROR, "turn_failed",
              "a turn failed: the scheduler starts again from its store",
              log_text("error", server->error.detail));
    server_drop(server);
    metrics_add(server->metrics, METRIC_ERRORS, METRIC_ERROR_TURN, 1);
    server->retry_ms = server->now_ms + backoff_ms(server);
    server->n_failures++;
    server->lead_due_ms = server->now_ms; /* the store may know of another leader */
}

/* Makes sure that the core is there if, and only if, this scheduler leads. */
static void server_lead(struct server *server)
{
    if (server->now_ms >= server->lead_due_ms) {
        const bool known = lead_seek(server) == GAIA_OK;
        if (!known) {
            log_event(server->config.log, LOG_APPLICATION | LOG_OFTEN, LOG_ERROR, "lead_unknown",
                      "who leads cannot be found out", log_text("error", server->error.detail));
            metrics_add(server->metrics, METRIC_ERRORS, METRIC_ERROR_LEAD, 1);
        }
        if (!server->leads) { /* what another revokes is not seen here */
            tokens_remember(server);
        }
        if (!server->leads && server->core != NULL) {
            server_drop(server);
        }
    }
    if (server->leads && server->core == NULL && server->now_ms >= server->retry_ms &&
        server_restore(server) != GAIA_OK) {
        server_fail(server);
    }
}

static gaia_status message_handle(struct server *server, struct message *message)
{
    gaia_status status = GAIA_OK;
    switch (message->kind) {
    case MESSAGE_API:
        TAILQ_INSERT_TAIL(&server->answered, message, in_list);
        status = step_jobs_write(server);
        return status == GAIA_OK ? api_answer(server, message->api) : status;
    case MESSAGE_WIRE:
        status = wire_message(server, message);
        free(message->bytes);
        break;
    case MESSAGE_PIPE_GONE: {
        struct core_event event = {
            .kind = CORE_PIPE_GONE, .channel = message->channel, .pipe = message->pipe};
        status = server_step(server, &event);
        break;
    }
    }
    free(message);
    return status;
}

/* Sends what the committed turn has to say. */
static void turn_answer(struct server *server)
{
    struct wire_call *call = NULL;
    struct message *message = NULL;
    while ((call = TAILQ_FIRST(&server->ready)) != NULL) {
        TAILQ_REMOVE(&server->ready, call, in_list);
        transport_reply(call->request, call->bytes, call->length);
        free(call->bytes);
        free(call);
    }
    while ((message = TAILQ_FIRST(&server->answered)) != NULL) {
        TAILQ_REMOVE(&server->answered, message, in_list);
        api_complete(message->api);
    }
}

static void server_turn(struct server *server)
{
    struct message_list messages = TAILQ_HEAD_INITIALIZER(messages);
    struct message *message = NULL;
    struct core_event tick = {.kind = CORE_TICK};
    gaia_status status = GAIA_UNREACHABLE;
    const int64_t begin_us = clock_monotonic_us();
    metrics_loop_busy(server->metrics, begin_us);
    server->now_ms = begin_us / US_PER_MS;
    server->wall_ms = clock_realtime_ms();
    inbox_take(server->inbox, &messages);
    wire_watch(server);
    server_lead(server);
    if (server->core != NULL) {
        server->error = (gaia_error){0};
        status = server->store->ops->begin(server->store, &server->error);
    }
    while ((message = TAILQ_FIRST(&messages)) != NULL) {
        TAILQ_REMOVE(&messages, message, in_list);
        metrics_message(server, message, clock_monotonic_us());
        if (status == GAIA_OK) {
            status = message_handle(server, message);
        } else {
            message_refuse(server, message);
        }
    }
    if (status == GAIA_OK) {
        status = server_step(server, &tick);
    }
    if (status == GAIA_OK) {
        status = step_jobs_write(server);
    }
    if (status == GAIA_OK) {
        status = finish_turn(server);
    }
    if (status == GAIA_OK) {
        status = schedule_runs(server);
    }
    if (status == GAIA_OK) {
        status = forget_turn(server);
    }
    if (status == GAIA_OK) {
        status = rank_turn(server);
    }
    if (status == GAIA_OK) {
        status = step_jobs_write(server);
    }
    if (status == GAIA_OK) {
        status = watch_turn(server);
    }
    if (status == GAIA_OK) {
        status = server->store->ops->commit(server->store, &server->error);
    }
    if (status == GAIA_OK) {
        server->n_failures = 0;
        watch_post(server);
        tokens_publish(server);
        maps_turn_end(server, true);
        metrics_turn_end(server, true, begin_us);
        turn_answer(server);
        return;
    }
    if (server->core != NULL) {
        server_fail(server);
    }
    metrics_turn_end(server, false, begin_us);
}

/* How long the loop may sleep. */
static int server_sleep_ms(const struct server *server)
{
    if (server->core == NULL) {
        return server->config.retry_ms < IDLE_MS ? (int)server->config.retry_ms : IDLE_MS;
    }
    const bool forgets = server->config.retain_days > 0 && server->forget_due_ms <= server->now_ms;
    if (!TAILQ_EMPTY(&server->finishing) || forgets || server->is_rank_due) {
        return 0;
    }
    const int64_t wake_ms = core_wake_ms(server->core);
    const int64_t now_ms = clock_monotonic_ms();
    if (wake_ms <= now_ms) {
        return 0;
    }
    return wake_ms - now_ms < IDLE_MS ? (int)(wake_ms - now_ms) : IDLE_MS;
}

/* Puts a message into the inbox. The loop takes it out of the count. */
static bool server_put(struct server *server, struct message *message)
{
    message->put_us = clock_monotonic_us();
    metrics_add(server->metrics, METRIC_QUEUES, METRIC_QUEUE_LOOP, 1);
    const bool is_put = inbox_put(server->inbox, message);
    metrics_add(server->metrics, METRIC_QUEUES, METRIC_QUEUE_LOOP, is_put ? 0 : -1);
    return is_put;
}

/* Closes the inbox and lets go of what is still in it. */
static void inbox_refuse(struct server *server)
{
    struct message_list messages = TAILQ_HEAD_INITIALIZER(messages);
    struct message *message = NULL;
    inbox_close(server->inbox);
    inbox_take(server->inbox, &messages);
    while ((message = TAILQ_FIRST(&messages)) != NULL) {
        TAILQ_REMOVE(&messages, message, in_list);
        message_refuse(server, message);
    }
}

void server_run(struct server *server, int stop_fd)
{
    struct pollfd fds[2] = {{.fd = inbox_fd(server->inbox), .events = POLLIN},
                            {.fd = stop_fd, .events = POLLIN}};
    while ((fds[1].revents & POLLIN) == 0) {
        server_turn(server);
        if (poll(fds, 2, server_sleep_ms(server)) < 0 && errno != EINTR) {
            log_event(server->config.log, LOG_APPLICATION, LOG_ERROR, "poll_failed",
                      "the loop cannot wait", log_text("error", strerror(errno)));
            break;
        }
    }
    inbox_refuse(server);
}

/* The transport's callbacks: on its threads, they only put messages into the inbox. */
static void transport_received(void *context, struct transport_request *request, uint32_t pipe,
                               unsigned char *bytes, size_t length)
{
    const struct listener *listener = context;
    struct message *message = calloc(1, sizeof *message);
    if (message != NULL) {
        message->kind = MESSAGE_WIRE;
        message->channel = listener->channel;
        message->listener = listener;
        message->pipe = pipe;
        message->request = request;
        message->bytes = bytes;
        message->length = length;
    }
    if (message == NULL || !server_put(listener->server, message)) {
        transport_drop(request);
        free(bytes);
        free(message);
    }
}

static void transport_disconnected(void *context, uint32_t pipe)
{
    const struct listener *listener = context;
    struct message *message = calloc(1, sizeof *message);
    if (message != NULL) {
        message->kind = MESSAGE_PIPE_GONE;
        message->channel = listener->channel;
        message->pipe = pipe;
    }
    if (message != NULL && !server_put(listener->server, message)) {
        free(message);
    }
}

static gaia_status listener_open(struct server *server, struct listener *listener, const char *url)
{
    const bool control = listener->channel == CORE_CONTROL;
    const struct transport_events events = {.context = listener,
                                            .received = transport_received,
                                            .disconnected = transport_disconnected};
    const struct transport_limits limits = {.message_bytes = control ? WIRE_CONTROL_BYTES_MAX
                                                                     : WIRE_MESSAGE_BYTES_MAX,
                                            .connections = server->config.connections_max};
    return transport_listen(url, control ? CONTROL_CONTEXTS : WORK_CONTEXTS, &events, &limits,
                            server->config.tls, listener->url, &listener->transport,
                            &server->error);
}

static gaia_status listeners_open(struct server *server)
{
    const char *const urls[N_LISTENERS] = {
        [LISTENER_CONTROL] = server->config.control_url,
        [LISTENER_WORK] = server->config.work_url,
        [LISTENER_REMOTE_CONTROL] = server->config.remote_control_url,
        [LISTENER_REMOTE_WORK] = server->config.remote_work_url,
    };
    gaia_status status = GAIA_OK;
    for (size_t i = 0; status == GAIA_OK && i < N_LISTENERS; i++) {
        if (urls[i] != NULL) {
            status = listener_open(server, &server->listeners[i], urls[i]);
        }
    }
    return status;
}

static void server_init(struct server *server, const struct server_config *config)
{
    server->config = *config;
    server->rng = config->seed;
    server->cache.salt = random_next(&server->rng);
    random_hex(server->nonce_key, sizeof server->nonce_key / 2);
    for (size_t i = 0; i < N_LISTENERS; i++) {
        const bool work = i == LISTENER_WORK || i == LISTENER_REMOTE_WORK;
        server->listeners[i].server = server;
        server->listeners[i].channel = work ? CORE_WORK : CORE_CONTROL;
        server->listeners[i].is_remote = i == LISTENER_REMOTE_CONTROL || i == LISTENER_REMOTE_WORK;
    }
    TAILQ_INIT(&server->waiting);
    TAILQ_INIT(&server->ready);
    TAILQ_INIT(&server->answered);
    TAILQ_INIT(&server->finishing);
    TAILQ_INIT(&server->runs);
    TAILQ_INIT(&server->leaving);
}

gaia_status server_open(const struct server_config *config, struct server **opened, gaia_error *err)
{
    struct server *server = calloc(1, sizeof *server);
    if (server == NULL) {
        return error_memory(err, sizeof *server);
    }
    server_init(server, config);
    server->now_ms = clock_monotonic_ms();
    server->wall_ms = clock_realtime_ms();
    server->board = board_open();
    gaia_status status = server->board != NULL ? inbox_open(&server->inbox, &server->error)
                                               : error_memory(&server->error, 1);
    if (status == GAIA_OK) {
        status = metrics_open(&server->metrics, &server->error);
        metrics_set(server->metrics, METRIC_BUILD, 0, 1);
        metrics_set(server->metrics, METRIC_START, 0, server->wall_ms / MS_PER_S);
    }
    if (status == GAIA_OK && config->results_path != NULL) {
        status = results_open(config->results_path, &server->results, &server->error);
    }
    if (status == GAIA_OK) {
        status = config->store->open(config->store_path, config->stall_ms, &server->store,
                                     &server->error);
    }
    if (status == GAIA_OK) {
        status = maps_claim(server, &server->error);
    }
    if (status == GAIA_OK) {
        status = lead_seek(server);
    }
    if (status == GAIA_OK && server->leads) {
        status = server_restore(server);
    }
    if (status == GAIA_OK) {
        status = listeners_open(server);
    }
    if (status != GAIA_OK) {
        status = error_set(err, status, "%s", server->error.detail);
        server_close(server);
        return status;
    }
    *opened = server;
    return GAIA_OK;
}

struct board *server_board(struct server *server)
{
    return server->board;
}

struct metrics *server_metrics(struct server *server)
{
    return server->metrics;
}

const char *server_control_url(const struct server *server)
{
    return server->listeners[LISTENER_CONTROL].url;
}

const char *server_work_url(const struct server *server)
{
    return server->listeners[LISTENER_WORK].url;
}

const char *server_remote_control_url(const struct server *server)
{
    return server->listeners[LISTENER_REMOTE_CONTROL].url;
}

const char *server_remote_work_url(const struct server *server)
{
    return server->listeners[LISTENER_REMOTE_WORK].url;
}

void server_close(struct server *server)
{
    if (server == NULL) {
        return;
    }
    calls_drop(&server->ready);
    calls_drop(&server->waiting);
    for (size_t i = 0; i < N_LISTENERS; i++) {
        transport_close(server->listeners[i].transport);
    }
    if (server->inbox != NULL) {
        inbox_refuse(server);
        inbox_free(server->inbox);
    }
    finish_drop_all(server);
    schedule_runs_drop(server);
    tokens_drop(server);
    maps_turn_end(server, false);
    core_close(server->core);
    core_actions_fini(&server->actions);
    job_cache_clear(&server->cache);
    board_free(server->board);
    metrics_free(server->metrics);
    results_close(server->results);
    if (server->store != NULL) {
        server->store->ops->rollback(server->store);
        server->store->ops->close(server->store);
    }
    free(server);
}

void server_ask(void *context, struct api_request *request)
{
    struct server *server = context;
    request->message.kind = MESSAGE_API;
    request->message.api = request;
    (void)pthread_mutex_init(&request->lock, NULL);
    (void)pthread_cond_init(&request->answered, NULL);
    request->is_answered = false;
    if (request->caller == NULL) { /* nothing is done for nobody */
        api_refuse(request, HTTP_INTERNAL, GAIA_INTERNAL, "a request without a caller");
    } else if (server_put(server, &request->message)) {
        (void)pthread_mutex_lock(&request->lock);
        while (!request->is_answered) {
            (void)pthread_cond_wait(&request->answered, &request->lock);
        }
        (void)pthread_mutex_unlock(&request->lock);
    } else {
        api_refuse(request, HTTP_UNAVAILABLE, GAIA_UNREACHABLE, "the scheduler is stopping");
    }
    (void)pthread_cond_destroy(&request->answered);
    (void)pthread_mutex_destroy(&request->lock);
}
