/* SPDX-License-Identifier: MIT
 *
 * Request and reply over sockets, apart from any library: the only implementation is
 * transport_nng*.c, the only files that include nng.
 *
 * Server: requests arrive through a callback on a thread of the transport, which only enqueues; the
 * reply is sent later from any thread, or not at all. Client: one call at a time per connection.
 */
#ifndef TRANSPORT_H
#define TRANSPORT_H

#include <stddef.h>
#include <stdint.h>

#include <gaia/status.h>

struct transport_server;
struct transport_request; /* a request not yet answered; owned by whoever holds it */
struct transport_client;

struct transport_events {
    void *context;
    /* bytes is the callee's copy to free(). pipe identifies the connection. Answer or drop
     * `request`. */
    void (*received)(void *context, struct transport_request *request, uint32_t pipe,
                     unsigned char *bytes, size_t length);
    /* A connection ended. A request that it had sent may still be handed up after this. A hint: it
     * may fail to come (transport_nng.c), so who must know looks at the time as well. */
    void (*disconnected)(void *context, uint32_t pipe);
};

enum { TRANSPORT_URL = 300, TRANSPORT_BOUND = 64 };

/* PEM texts, borrowed for the call that gets them. Both sides show a certificate of the same
 * authority. */
struct transport_tls {
    const char *ca;
    const char *certificate;
    const char *key;
    const char *server_name; /* of a client, which always asks for one: what the certificate of the
                                server must name */
};

struct transport_limits {
    size_t message_bytes; /* of a request; a connection with a larger one is closed */
    unsigned connections; /* the next one costs the oldest stranger its place */
};

/* What a server turned away since it was opened. */
struct transport_refusals {
    uint64_t oversize;    /* requests above message_bytes that nng let through (transport_nng.c) */
    uint64_t flood;       /* connections with too many requests at once, or who take no answer */
    uint64_t connections; /* connections that had to go, or could not come, for want of places */
    uint64_t silent;      /* connections that ended without a request */
    uint64_t handshakes;  /* connections that failed before they were any, as far as nng tells */
};

/* Listens on url ("tcp://127.0.0.1:0" takes a free port) with n_contexts requests in flight at
 * most. limits NULL: messages of WIRE_MESSAGE_BYTES_MAX, connections without number. tls: for a
 * "tls+tcp://" url, else NULL. bound: at least TRANSPORT_BOUND bytes, gets the url with the real
 * port. GAIA_UNREACHABLE, GAIA_DENIED (the library does not take the certificates),
 * GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status transport_listen(const char *url, unsigned n_contexts,
                                           const struct transport_events *events,
                                           const struct transport_limits *limits,
                                           const struct transport_tls *tls, char *bound,
                                           struct transport_server **server, gaia_error *err);

/* The peer on this connection has shown who it is: its place is its own. Thread-safe. */
void transport_trust(struct transport_server *server, uint32_t pipe);

/* Ends connections whose handshake takes too long, and tells what was refused since the server was
 * opened. To be called every few seconds, by one thread at a time; not cheap where there are
 * thousands of connections. */
void transport_watch(struct transport_server *server, int64_t now_ms,
                     struct transport_refusals *refusals);

/* Sends the reply (bytes are copied) and releases the request. A peer that has gone is no error:
 * the lease in the store is the truth. Thread-safe. */
void transport_reply(struct transport_request *request, const unsigned char *bytes, size_t length);

/* Releases a request without an answer. */
void transport_drop(struct transport_request *request);

/* Stops listening; no callback runs once it has returned. Requests still held may be released
 * before or after; those released after it are not answered. */
void transport_close(struct transport_server *server);

/* Dials in the background and keeps redialling; never blocks. tls: for a "tls+tcp://" url, else
 * NULL. GAIA_UNREACHABLE (no such address), GAIA_DENIED (the library does not take the
 * certificates), GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status transport_dial(const char *url, const struct transport_tls *tls,
                                         struct transport_client **client, gaia_error *err);

/* Sends a request and waits for its reply (*reply is the caller's, to be freed). GAIA_TIMEOUT when
 * none came within timeout_ms, GAIA_UNREACHABLE (the connection ended, or none could be made for
 * half a second, with TLS for five), GAIA_OUT_OF_MEMORY. The request is never resent by itself. */
GAIA_MUST_USE gaia_status transport_call(struct transport_client *client,
                                         const unsigned char *bytes, size_t length,
                                         int64_t timeout_ms, unsigned char **reply,
                                         size_t *reply_length, gaia_error *err);

/* Makes the call that another thread is waiting in return GAIA_CANCELLED, and every later call on
 * this client too. Thread-safe. */
void transport_interrupt(struct transport_client *client);

void transport_hang_up(struct transport_client *client);

#endif
