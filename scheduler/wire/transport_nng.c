/* SPDX-License-Identifier: MIT
 *
 * Request and reply over nng 1.5.2: the only file that includes it. Between the executor's loop and
 * the scheduler's event queue; bytes in, bytes out.
 *
 * Each context of the server is a small state machine that one request goes through:
 *
 *     receiving ──▶ held by the owner ──▶ sending ──▶ receiving
 *                          └── dropped ──────────────────┘
 *
 * Invariant: a context has at most one operation under way, and it is begun under the server's lock
 * and only while the server is open; so nothing begins after transport_close stopped the
 * operations.
 *
 * nng_close of this version may never return: a message that arrives just when its connection is
 * closed leaves a receive that nobody ends, and the one thread of nng that buries connections waits
 * for it (nng issues 1543 and 1813, repaired after 1.7). So sockets are closed with a deadline, and
 * a process in which it was missed learns of ended connections no more, except by timeouts: dial
 * anew there.
 */
#include "transport.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nng/nng.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/protocol/reqrep0/req.h>

#include "clock.h"
#include "deadline.h"
#include "error.h"
#include "wire.h"

enum {
    CONTEXTS_MAX = 65536,
    URL_BYTES = 64,
    SEND_MS = 10000, /* a peer that does not take its reply in this time has lost it */
    RECEIVE_MS =
        60000, /* then receiving begins anew: no operation of nng is left without a timeout */
    CONNECT_MS = 500, /* a request finds a connection in this time or fails */
    REDIAL_MIN_MS = 50,
    REDIAL_MAX_MS = 200,
    CLOSE_MS = 1000,
};

struct transport_request {
    struct transport_server *server;
    nng_ctx context;
    nng_aio *aio;
    bool sending;
};

struct transport_server {
    struct transport_events events;
    nng_socket socket;
    bool has_socket;
    unsigned n_requests;
    struct transport_request *requests;
    pthread_mutex_t lock;
    unsigned n_held; /* requests in the owner's hands; the memory stays until they are back */
    bool closing;
    bool closed;
    pthread_mutex_t notice_lock; /* held while `disconnected` is called */
    bool noticing;
};

struct transport_client {
    nng_socket socket;
    nng_ctx context;
    nng_aio *aio;
    pthread_mutex_t lock;
    bool interrupted;
};

static gaia_status nng_fail(gaia_error *err, int code, const char *what, const char *url)
{
    gaia_status status = GAIA_UNREACHABLE;
    if (code == NNG_ENOMEM) {
        status = GAIA_OUT_OF_MEMORY;
    } else if (code == NNG_ETIMEDOUT) {
        status = GAIA_TIMEOUT;
    } else if (code == NNG_ECANCELED) {
        status = GAIA_CANCELLED;
    }
    return error_set(err, status, "%s%s%s: %s", what, url[0] != '\0' ? " " : "", url,
                     nng_strerror(code));
}

/* A malloc'ed copy of the message, which is freed; NULL when out of memory. */
static unsigned char *message_take(nng_msg *message, size_t *length)
{
    *length = nng_msg_len(message);
    unsigned char *bytes = malloc(*length + 1);
    if (bytes != NULL) {
        memcpy(bytes, nng_msg_body(message), *length);
        bytes[*length] = 0;
    }
    nng_msg_free(message);
    return bytes;
}

/* A message with a copy of the bytes; NULL when out of memory. */
static nng_msg *message_make(const unsigned char *bytes, size_t length)
{
    nng_msg *message = NULL;
    if (nng_msg_alloc(&message, length) != 0) {
        return NULL;
    }
    memcpy(nng_msg_body(message), bytes, length);
    return message;
}

static void socket_close(uint32_t id)
{
    const nng_socket socket = {.id = id};
    (void)nng_close(socket);
}

static void server_free(struct transport_server *server)
{
    (void)pthread_mutex_destroy(&server->notice_lock);
    (void)pthread_mutex_destroy(&server->lock);
    free(server->requests);
    free(server);
}

/* With the lock held and the server open. */
static void receive_begin(struct transport_request *request)
{
    request->sending = false;
    nng_aio_set_timeout(request->aio, RECEIVE_MS);
    nng_ctx_recv(request->context, request->aio);
}

/* Takes the request back from its owner: sends message if there is one, else receives the next. */
static void request_release(struct transport_request *request, nng_msg *message)
{
    struct transport_server *server = request->server;
    (void)pthread_mutex_lock(&server->lock);
    server->n_held--;
    const bool closing = server->closing;
    const bool last = server->closed && server->n_held == 0;
    if (!closing && message != NULL) {
        request->sending = true;
        nng_aio_set_msg(request->aio, message);
        nng_aio_set_timeout(request->aio, SEND_MS);
        nng_ctx_send(request->context, request->aio);
    } else if (!closing) {
        receive_begin(request);
    }
    (void)pthread_mutex_unlock(&server->lock);
    if (closing && message != NULL) {
        nng_msg_free(message);
    }
    if (last) {
        server_free(server);
    }
}

/* Hands the request up; from here on it is the owner's, perhaps already released by another thread.
 */
static void request_hand_up(struct transport_request *request, nng_msg *message)
{
    struct transport_server *server = request->server;
    const uint32_t pipe = (uint32_t)nng_pipe_id(nng_msg_get_pipe(message));
    size_t length = 0;
    unsigned char *bytes = message_take(message, &length);
    (void)pthread_mutex_lock(&server->lock);
    const bool up = !server->closing && bytes != NULL;
    if (up) {
        server->n_held++;
    } else if (!server->closing) {
        receive_begin(request);
    }
    (void)pthread_mutex_unlock(&server->lock);
    if (up) {
        server->events.received(server->events.context, request, pipe, bytes, length);
    } else {
        free(bytes);
    }
}

/* nng calls this when the operation of one context has ended, on a thread of its own. */
static void operation_ended(void *arg)
{
    struct transport_request *request = arg;
    struct transport_server *server = request->server;
    const int code = nng_aio_result(request->aio);
    nng_msg *message = nng_aio_get_msg(request->aio);
    if (code == 0 && !request->sending) {
        nng_aio_set_msg(request->aio, NULL);
        request_hand_up(request, message);
        return;
    }
    if (code != 0 && request->sending && message != NULL) {
        /* nng gives back what it could not send; a reply that is lost is asked for again. */
        nng_aio_set_msg(request->aio, NULL);
        nng_msg_free(message);
    }
    (void)pthread_mutex_lock(&server->lock);
    if (!server->closing && code != NNG_ECLOSED) {
        receive_begin(request);
    }
    (void)pthread_mutex_unlock(&server->lock);
}

/* nng calls this on its burying thread, which must not wait: the event is only passed on. */
static void pipe_removed(nng_pipe pipe, nng_pipe_ev event, void *arg)
{
    struct transport_server *server = arg;
    (void)event;
    (void)pthread_mutex_lock(&server->notice_lock);
    if (server->noticing) {
        server->events.disconnected(server->events.context, (uint32_t)nng_pipe_id(pipe));
    }
    (void)pthread_mutex_unlock(&server->notice_lock);
}

/* url with the port that the listener got in place of the one asked for. */
static int bound_url(nng_listener listener, const char *url, char *bound)
{
    int port = 0;
    const char *colon = strrchr(url, ':');
    const int code = nng_listener_get_int(listener, NNG_OPT_TCP_BOUND_PORT, &port);
    if (code != 0) {
        return code;
    }
    const int n = snprintf(bound, URL_BYTES, "%.*s:%d", (int)(colon - url), url, port);
    return n > 0 && n < URL_BYTES ? 0 : NNG_EADDRINVAL;
}

/* Limits first, contexts second, the listener last: a connection must find all of it in place. */
static int server_start(struct transport_server *server, const char *url, unsigned n_contexts,
                        char *bound)
{
    nng_listener listener = NNG_LISTENER_INITIALIZER;
    int code = nng_rep0_open(&server->socket);
    if (code != 0) {
        return code;
    }
    server->has_socket = true;
    code = nng_socket_set_size(server->socket, NNG_OPT_RECVMAXSZ, WIRE_MESSAGE_BYTES_MAX);
    if (code == 0 && server->events.disconnected != NULL) {
        code = nng_pipe_notify(server->socket, NNG_PIPE_EV_REM_POST, pipe_removed, server);
    }
    for (unsigned i = 0; code == 0 && i < n_contexts; i++) {
        struct transport_request *request = &server->requests[i];
        request->server = server;
        code = nng_aio_alloc(&request->aio, operation_ended, request);
        if (code == 0) {
            server->n_requests = i + 1;
            code = nng_ctx_open(&request->context, server->socket);
        }
        if (code == 0) {
            receive_begin(request);
        }
    }
    code = code == 0 ? nng_listener_create(&listener, server->socket, url) : code;
    if (code == 0) {
        /* A machine that vanishes sends no FIN; where the option is unknown the beats find it. */
        (void)nng_listener_set_bool(listener, NNG_OPT_TCP_KEEPALIVE, true);
        code = nng_listener_start(listener, 0);
    }
    return code == 0 ? bound_url(listener, url, bound) : code;
}

gaia_status transport_listen(const char *url, unsigned n_contexts,
                             const struct transport_events *events, char *bound,
                             struct transport_server **server, gaia_error *err)
{
    if (n_contexts == 0 || n_contexts > CONTEXTS_MAX || strrchr(url, ':') == NULL) {
        return error_set(err, GAIA_UNREACHABLE, "cannot listen on '%s' with %u contexts", url,
                         n_contexts);
    }
    struct transport_server *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return error_memory(err, sizeof *made);
    }
    made->events = *events;
    (void)pthread_mutex_init(&made->lock, NULL);
    (void)pthread_mutex_init(&made->notice_lock, NULL);
    made->noticing = true;
    made->requests = calloc(n_contexts, sizeof *made->requests);
    const int code =
        made->requests == NULL ? NNG_ENOMEM : server_start(made, url, n_contexts, bound);
    if (code != 0) {
        transport_close(made);
        return nng_fail(err, code, "cannot listen on", url);
    }
    *server = made;
    return GAIA_OK;
}

void transport_reply(struct transport_request *request, const unsigned char *bytes, size_t length)
{
    request_release(request, message_make(bytes, length));
}

void transport_drop(struct transport_request *request)
{
    request_release(request, NULL);
}

void transport_close(struct transport_server *server)
{
    if (server == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&server->notice_lock);
    server->noticing = false;
    (void)pthread_mutex_unlock(&server->notice_lock);
    (void)pthread_mutex_lock(&server->lock);
    server->closing = true;
    (void)pthread_mutex_unlock(&server->lock);
    const bool buried =
        !server->has_socket || deadline_run(socket_close, server->socket.id, CLOSE_MS);
    for (unsigned i = 0; i < server->n_requests; i++) {
        nng_aio_stop(server->requests[i].aio);
        nng_aio_free(server->requests[i].aio);
    }
    (void)pthread_mutex_lock(&server->lock);
    server->closed = buried; /* else nng may still call pipe_removed: the memory stays */
    const bool last = buried && server->n_held == 0;
    (void)pthread_mutex_unlock(&server->lock);
    if (last) {
        server_free(server);
    }
}

/* The socket's options, then its context, which copies the resend time, then the dialer. */
static int client_start(struct transport_client *client, const char *url)
{
    nng_dialer dialer = NNG_DIALER_INITIALIZER;
    int code = nng_socket_set_ms(client->socket, NNG_OPT_REQ_RESENDTIME, NNG_DURATION_INFINITE);
    if (code == 0) {
        code = nng_socket_set_size(client->socket, NNG_OPT_RECVMAXSZ, WIRE_MESSAGE_BYTES_MAX);
    }
    if (code == 0) {
        code = nng_socket_set_ms(client->socket, NNG_OPT_RECONNMINT, REDIAL_MIN_MS);
    }
    if (code == 0) {
        code = nng_socket_set_ms(client->socket, NNG_OPT_RECONNMAXT, REDIAL_MAX_MS);
    }
    if (code == 0) {
        code = nng_ctx_open(&client->context, client->socket);
    }
    if (code == 0) {
        code = nng_dialer_create(&dialer, client->socket, url);
    }
    if (code == 0) {
        (void)nng_dialer_set_bool(dialer, NNG_OPT_TCP_KEEPALIVE, true);
        code = nng_dialer_start(dialer, NNG_FLAG_NONBLOCK);
    }
    return code;
}

gaia_status transport_dial(const char *url, struct transport_client **client, gaia_error *err)
{
    struct transport_client *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return error_memory(err, sizeof *made);
    }
    int code = nng_req0_open(&made->socket);
    if (code != 0) {
        free(made);
        return nng_fail(err, code, "cannot dial", url);
    }
    (void)pthread_mutex_init(&made->lock, NULL);
    code = nng_aio_alloc(&made->aio, NULL, NULL);
    code = code == 0 ? client_start(made, url) : code;
    if (code != 0) {
        transport_hang_up(made);
        return nng_fail(err, code, "cannot dial", url);
    }
    *client = made;
    return GAIA_OK;
}

/* Begins one half of a call unless it was interrupted, and waits for its end. The beginning is
 * under the lock so that an interruption comes either before it or finds something to abort. */
static int call_half(struct transport_client *client, int64_t deadline_ms,
                     void (*begin)(nng_ctx, nng_aio *))
{
    /* Not nng's own clock, which is the time of day and may be set while a call waits. */
    const int64_t left_ms = deadline_ms - clock_monotonic_ms();
    if (left_ms <= 0) {
        return NNG_ETIMEDOUT;
    }
    (void)pthread_mutex_lock(&client->lock);
    const bool interrupted = client->interrupted;
    if (!interrupted) {
        nng_aio_set_timeout(client->aio, left_ms < INT32_MAX ? (nng_duration)left_ms : INT32_MAX);
        begin(client->context, client->aio);
    }
    (void)pthread_mutex_unlock(&client->lock);
    if (interrupted) {
        return NNG_ECANCELED;
    }
    nng_aio_wait(client->aio);
    return nng_aio_result(client->aio);
}

gaia_status transport_call(struct transport_client *client, const unsigned char *bytes,
                           size_t length, int64_t timeout_ms, unsigned char **reply,
                           size_t *reply_length, gaia_error *err)
{
    const int64_t deadline_ms = clock_monotonic_ms() + timeout_ms;
    nng_msg *message = message_make(bytes, length);
    if (message == NULL) {
        return error_memory(err, length);
    }
    nng_aio_set_msg(client->aio, message);
    /* nng takes a request as sent once there is a connection to send it on. */
    const int64_t connect_ms = timeout_ms < CONNECT_MS ? timeout_ms : CONNECT_MS;
    int code = call_half(client, deadline_ms - timeout_ms + connect_ms, nng_ctx_send);
    if (code == NNG_ETIMEDOUT && connect_ms < timeout_ms) {
        code = NNG_ECONNREFUSED;
    }
    nng_aio_set_msg(client->aio, NULL);
    if (code != 0) {
        nng_msg_free(message);
        return nng_fail(err, code, "request not sent", "");
    }
    code = call_half(client, deadline_ms, nng_ctx_recv);
    if (code != 0) {
        /* The next request on the context discards this one, and with it a late reply. */
        return nng_fail(err, code, "no reply", "");
    }
    message = nng_aio_get_msg(client->aio);
    nng_aio_set_msg(client->aio, NULL);
    size_t taken_length = 0;
    unsigned char *taken = message_take(message, &taken_length);
    if (taken == NULL) {
        return error_memory(err, taken_length);
    }
    *reply = taken;
    *reply_length = taken_length;
    return GAIA_OK;
}

void transport_interrupt(struct transport_client *client)
{
    (void)pthread_mutex_lock(&client->lock);
    client->interrupted = true;
    nng_aio_abort(client->aio, NNG_ECANCELED);
    (void)pthread_mutex_unlock(&client->lock);
}

void transport_hang_up(struct transport_client *client)
{
    if (client == NULL) {
        return;
    }
    (void)deadline_run(socket_close, client->socket.id, CLOSE_MS);
    if (client->aio != NULL) {
        nng_aio_stop(client->aio);
        nng_aio_free(client->aio);
    }
    (void)pthread_mutex_destroy(&client->lock);
    free(client);
}
