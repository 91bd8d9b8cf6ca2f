/* SPDX-License-Identifier: MIT
 *
 * What the two ends of the transport over nng share. Included by transport_nng*.c only.
 */
#ifndef TRANSPORT_NNG_H
#define TRANSPORT_NNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nng/nng.h>
#include <nng/supplemental/tls/tls.h>

#include "half_open.h"
#include "transport.h"

/* The error that nng's code is. */
gaia_status nng_fail(gaia_error *err, int code, const char *what, const char *url);

/* A malloc'ed copy of the message, which is freed; NULL when out of memory. */
unsigned char *nng_message_take(nng_msg *message, size_t *length);

/* A message with a copy of the bytes; NULL when out of memory. */
nng_msg *nng_message_make(const unsigned char *bytes, size_t length);

/* Closes the socket, waiting for it no longer than is good. False if nng has not come back. */
bool nng_socket_end(nng_socket socket);

/* TLS 1.2, the peer's certificate required and checked. *config is to be freed with
 * nng_tls_config_free. GAIA_DENIED (tls is NULL or nng does not take it), GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status nng_tls_make(nng_tls_mode mode, const struct transport_tls *tls,
                                       const char *url, nng_tls_config **config, gaia_error *err);

/* The connections of the listener that failed before they were any. nng counts only those that
 * failed while it was waiting for the next one, so there may have been more. */
uint64_t nng_handshakes_failed(nng_listener listener);

/* Who is at the other end; all zero if nng cannot tell. */
struct peer_key nng_pipe_peer(nng_pipe pipe);

/* Whether the url asks for TLS. */
bool nng_url_is_tls(const char *url);

#endif
