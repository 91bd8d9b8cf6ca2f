/* SPDX-License-Identifier: MIT
 *
 * The server's end of request and reply over nng 1.5.2: between the wire and the scheduler's event
 * queue; bytes in, bytes out. The client's end is transport_nng_client.c.
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
 * Peers may be hostile. nng itself ends a connection that has not finished its handshake within ten
 * seconds, and one that announces a message beyond NNG_OPT_RECVMAXSZ, without telling anyone; that
 * limit is set a little above ours, so that those who are a little over are counted by their name.
 * Contexts are what a peer could take from others: hence so many requests of one connection at a
 * time and no more, and a connection that does not take its answers is closed.
 */
#include "transport.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nng/nng.h>
#include <nng/protocol/reqrep0/rep.h>

#include "error.h"
#include "pipe_table.h"
#include "transport_nng.h"
#include "wire.h"

enum {
    CONTEXTS_MAX = 65536,
    SEND_MS = 10000, /* a peer that does not take its reply in this time has lost it */
    RECEIVE_MS =
        60000, /* then receiving begins anew: no operation of nng is left without a timeout */
    PIPE_REQUESTS_MAX = 8, /* a client of ours has one under way, and perhaps one given up */
    OVERSIZE_BYTES = 1 << 20,
};

struct transport_request {
    struct transport_server *server;
    nng_ctx context;
    nng_aio *aio;
    bool sending;
    uint32_t pipe; /* that its request came by */
};

struct transport_server {
    struct transport_events events;
    struct transport_limits limits;
    nng_socket socket;
    nng_listener listener;
    bool has_socket;
    unsigned n_requests;
    struct transport_request *requests;
    pthread_mutex_t lock;
    unsigned n_held; /* requests in the owner's hands; the memory stays until they are back */
    bool closing;
    bool closed;
    pthread_mutex_t pipes_lock; /* taken alone, or within another; no call is made under it */
    struct pipe_table pipes;
    struct transport_refusals refusals;
    struct half_open half_open; /* the watcher's */
    bool is_tls;
    uint16_t port;
    pthread_mutex_t notice_lock; /* held while `disconnected` is called */
    bool noticing;
};

static void server_free(struct transport_server *server)
{
    (void)pthread_mutex_destroy(&server->notice_lock);
    (void)pthread_mutex_destroy(&server->pipes_lock);
    (void)pthread_mutex_destroy(&server->lock);
    pipe_table_fini(&server->pipes);
    half_open_fini(&server->half_open);
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

static void receive_again(struct transport_request *request)
{
    struct transport_server *server = request->server;
    (void)pthread_mutex_lock(&server->lock);
    if (!server->closing) {
        receive_begin(request);
    }
    (void)pthread_mutex_unlock(&server->lock);
}

/* Sends the peer away, once. */
static void pipe_end(struct transport_server *server, uint32_t id)
{
    struct peer_key peer = {{0}};
    (void)pthread_mutex_lock(&server->pipes_lock);
    struct pipe_entry *entry = pipe_table_find(&server->pipes, id);
    const bool first = entry != NULL && !entry->ending;
    if (first) {
        entry->ending = true;
        peer = entry->peer;
    }
    (void)pthread_mutex_unlock(&server->pipes_lock);
    if (first) {
        connection_shut(server->port, &peer);
    }
}

/* Notes that a request came by its connection. False if the connection has too many at once, or is
 * gone and takes no answer. */
static bool request_count(struct transport_request *request)
{
    struct transport_server *server = request->server;
    bool good = false;
    (void)pthread_mutex_lock(&server->pipes_lock);
    struct pipe_entry *entry = pipe_table_find(&server->pipes, request->pipe);
    if (entry != NULL) {
        entry->heard = true;
        good = ++entry->n_in_hand <= PIPE_REQUESTS_MAX;
        server->refusals.flood += !good && !entry->ending;
        good = good && !entry->ending;
    }
    (void)pthread_mutex_unlock(&server->pipes_lock);
    return good;
}

/* Notes that the request is over; that its answer was not taken if it was not. */
static void request_uncount(struct transport_request *request, bool taken)
{
    struct transport_server *server = request->server;
    (void)pthread_mutex_lock(&server->pipes_lock);
    struct pipe_entry *entry = pipe_table_find(&server->pipes, request->pipe);
    if (entry != NULL && entry->n_in_hand > 0) {
        entry->n_in_hand--;
    }
    server->refusals.flood += !taken;
    (void)pthread_mutex_unlock(&server->pipes_lock);
}

/* Takes the request back from its owner: sends message if there is one, else receives the next. */
static void request_release(struct transport_request *request, nng_msg *message)
{
    struct transport_server *server = request->server;
    if (message == NULL) {
        request_uncount(request, true);
    }
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

/* Whether the message may be handed up; else it is freed and its connection ended. */
static bool message_allowed(struct transport_request *request, nng_msg *message)
{
    struct transport_server *server = request->server;
    if (!request_count(request)) {
        /* What was counted is forgotten with the connection. */
    } else if (nng_msg_len(message) > server->limits.message_bytes) {
        (void)pthread_mutex_lock(&server->pipes_lock);
        server->refusals.oversize++;
        (void)pthread_mutex_unlock(&server->pipes_lock);
    } else {
        return true;
    }
    nng_msg_free(message);
    pipe_end(server, request->pipe);
    return false;
}

/* Hands the request up; from here on it is the owner's, perhaps already released by another thread.
 */
static void request_hand_up(struct transport_request *request, nng_msg *message)
{
    struct transport_server *server = request->server;
    const uint32_t pipe = (uint32_t)nng_pipe_id(nng_msg_get_pipe(message));
    request->pipe = pipe;
    if (!message_allowed(request, message)) {
        receive_again(request);
        return;
    }
    size_t length = 0;
    unsigned char *bytes = nng_message_take(message, &length);
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
        request_uncount(request, true);
        free(bytes);
    }
}

/* nng calls this when the operation of one context has ended, on a thread of its own. */
static void operation_ended(void *arg)
{
    struct transport_request *request = arg;
    const int code = nng_aio_result(request->aio);
    nng_msg *message = nng_aio_get_msg(request->aio);
    if (code == 0 && !request->sending) {
        nng_aio_set_msg(request->aio, NULL);
        request_hand_up(request, message);
        return;
    }
    if (request->sending) {
        request_uncount(request, code != NNG_ETIMEDOUT);
    }
    if (code != 0 && request->sending && message != NULL) {
        /* nng gives back what it could not send; a reply that is lost is asked for again. */
        nng_aio_set_msg(request->aio, NULL);
        nng_msg_free(message);
    }
    if (code == NNG_ETIMEDOUT && request->sending) {
        pipe_end(request->server, request->pipe);
    }
    if (code != NNG_ECLOSED) {
        receive_again(request);
    }
}

/* nng calls this before a connection becomes one; closing it here refuses it. */
static void pipe_adding(nng_pipe pipe, nng_pipe_ev event, void *arg)
{
    struct transport_server *server = arg;
    const uint32_t id = (uint32_t)nng_pipe_id(pipe);
    const struct peer_key peer = nng_pipe_peer(pipe);
    struct pipe_entry gone = {0};
    bool refused = false;
    (void)event;
    (void)pthread_mutex_lock(&server->pipes_lock);
    if (server->limits.connections > 0 && server->pipes.n >= server->limits.connections) {
        const struct pipe_entry *stranger = pipe_table_stranger(&server->pipes);
        refused = stranger == NULL || !pipe_table_remove(&server->pipes, stranger->id, &gone);
        server->refusals.connections++;
    }
    refused = refused || !pipe_table_add(&server->pipes, id, &peer);
    (void)pthread_mutex_unlock(&server->pipes_lock);
    if (gone.id != 0) {
        connection_shut(server->port, &gone.peer);
    }
    if (refused) {
        (void)nng_pipe_close(pipe);
    }
}

/* nng calls this on its burying thread, which must not wait: the event is only passed on. */
static void pipe_removed(nng_pipe pipe, nng_pipe_ev event, void *arg)
{
    struct transport_server *server = arg;
    struct pipe_entry was = {0};
    (void)event;
    (void)pthread_mutex_lock(&server->pipes_lock);
    if (pipe_table_remove(&server->pipes, (uint32_t)nng_pipe_id(pipe), &was)) {
        server->refusals.silent += !was.heard;
    }
    (void)pthread_mutex_unlock(&server->pipes_lock);
    (void)pthread_mutex_lock(&server->notice_lock);
    if (server->noticing && server->events.disconnected != NULL) {
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
    const int n = snprintf(bound, TRANSPORT_BOUND, "%.*s:%d", (int)(colon - url), url, port);
    return n > 0 && n < TRANSPORT_BOUND ? 0 : NNG_EADDRINVAL;
}

static int contexts_open(struct transport_server *server, unsigned n_contexts)
{
    int code = 0;
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
    return code;
}

/* Limits first, contexts second, the listener last: a connection must find all of it in place. */
static int server_start(struct transport_server *server, const char *url, unsigned n_contexts,
                        nng_tls_config *tls, char *bound)
{
    int code = nng_rep0_open(&server->socket);
    if (code != 0) {
        return code;
    }
    server->has_socket = true;
    code = nng_socket_set_size(server->socket, NNG_OPT_RECVMAXSZ,
                               server->limits.message_bytes + OVERSIZE_BYTES);
    if (code == 0) {
        code = nng_pipe_notify(server->socket, NNG_PIPE_EV_ADD_PRE, pipe_adding, server);
    }
    if (code == 0) {
        code = nng_pipe_notify(server->socket, NNG_PIPE_EV_REM_POST, pipe_removed, server);
    }
    code = code == 0 ? contexts_open(server, n_contexts) : code;
    code = code == 0 ? nng_listener_create(&server->listener, server->socket, url) : code;
    if (code == 0 && tls != NULL) {
        code = nng_listener_set_ptr(server->listener, NNG_OPT_TLS_CONFIG, tls);
    }
    if (code == 0) {
        /* A machine that vanishes sends no FIN; where the option is unknown the beats find it. */
        (void)nng_listener_set_bool(server->listener, NNG_OPT_TCP_KEEPALIVE, true);
        code = nng_listener_start(server->listener, 0);
    }
    code = code == 0 ? bound_url(server->listener, url, bound) : code;
    if (code == 0) {
        server->port = (uint16_t)strtoul(strrchr(bound, ':') + 1, NULL, 10);
        server->is_tls = tls != NULL;
    }
    return code;
}

static struct transport_server *server_make(unsigned n_contexts,
                                            const struct transport_events *events,
                                            const struct transport_limits *limits)
{
    struct transport_server *made = calloc(1, sizeof *made);
    struct transport_request *requests = calloc(n_contexts, sizeof *requests);
    if (made == NULL || requests == NULL) {
        free(requests);
        free(made);
        return NULL;
    }
    made->requests = requests;
    made->events = *events;
    made->limits = limits != NULL ? *limits : (struct transport_limits){WIRE_MESSAGE_BYTES_MAX, 0};
    (void)pthread_mutex_init(&made->lock, NULL);
    (void)pthread_mutex_init(&made->pipes_lock, NULL);
    (void)pthread_mutex_init(&made->notice_lock, NULL);
    made->noticing = true;
    return made;
}

gaia_status transport_listen(const char *url, unsigned n_contexts,
                             const struct transport_events *events,
                             const struct transport_limits *limits, const struct transport_tls *tls,
                             char *bound, struct transport_server **server, gaia_error *err)
{
    nng_tls_config *config = NULL;
    if (n_contexts == 0 || n_contexts > CONTEXTS_MAX || strrchr(url, ':') == NULL) {
        return error_set(err, GAIA_UNREACHABLE, "cannot listen on '%s' with %u contexts", url,
                         n_contexts);
    }
    if (nng_url_is_tls(url)) {
        const gaia_status status = nng_tls_make(NNG_TLS_MODE_SERVER, tls, url, &config, err);
        if (status != GAIA_OK) {
            return status;
        }
    }
    struct transport_server *made = server_make(n_contexts, events, limits);
    const int code = made != NULL ? server_start(made, url, n_contexts, config, bound) : NNG_ENOMEM;
    if (config != NULL) {
        nng_tls_config_free(config); /* the listener holds it as long as it needs it */
    }
    if (code != 0) {
        transport_close(made);
        return nng_fail(err, code, "cannot listen on", url);
    }
    *server = made;
    return GAIA_OK;
}

void transport_trust(struct transport_server *server, uint32_t pipe)
{
    (void)pthread_mutex_lock(&server->pipes_lock);
    struct pipe_entry *entry = pipe_table_find(&server->pipes, pipe);
    if (entry != NULL) {
        entry->trusted = true;
    }
    (void)pthread_mutex_unlock(&server->pipes_lock);
}

/* Ends the connections that are not among ours though they had the time for it. */
static void half_open_watch(struct transport_server *server, int64_t now_ms)
{
    size_t n = 0;
    (void)pthread_mutex_lock(&server->pipes_lock);
    struct peer_key *known = calloc(server->pipes.n + 1, sizeof *known);
    for (size_t i = 0; known != NULL && i < server->pipes.n_slots; i++) {
        if (server->pipes.slots[i].id != 0) {
            known[n++] = server->pipes.slots[i].peer;
        }
    }
    (void)pthread_mutex_unlock(&server->pipes_lock);
    if (known != NULL) {
        server->refusals.handshakes +=
            half_open_end(&server->half_open, server->port, known, n, now_ms);
    }
    free(known);
}

void transport_watch(struct transport_server *server, int64_t now_ms,
                     struct transport_refusals *refusals)
{
    if (server->is_tls) {
        half_open_watch(server, now_ms);
    }
    const uint64_t handshakes = nng_handshakes_failed(server->listener);
    (void)pthread_mutex_lock(&server->pipes_lock);
    *refusals = server->refusals;
    (void)pthread_mutex_unlock(&server->pipes_lock);
    refusals->handshakes += handshakes;
}

void transport_reply(struct transport_request *request, const unsigned char *bytes, size_t length)
{
    request_release(request, nng_message_make(bytes, length));
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
    const bool buried = !server->has_socket || nng_socket_end(server->socket);
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
