/* SPDX-License-Identifier: MIT
 *
 * The connections that the HTTP API has open: how many of one address, and since when each owes a
 * whole request. For http_api.c.
 *
 * An address is an IPv4 address, or the first 64 bits of an IPv6 one, since those who have one such
 * network have all of it. Two limits: beyond the first a connection is told so by 429, beyond the
 * second, a quarter more, it is closed at once, so that saying so costs nothing more either.
 *
 * Invariant: a socket is shut down only while its connection is in the table, which it leaves
 * before the socket is closed: another's is never touched.
 */
#ifndef HTTP_CONNECTIONS_H
#define HTTP_CONNECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <gaia/status.h>

enum { HTTP_ADDRESS = 8 };

struct http_connections;
struct http_connection;

/* of_address_max, request_ms: 0 is no limit. Starts a thread that ends connections which owe a
 * request for longer than request_ms. GAIA_OUT_OF_MEMORY, GAIA_LIMIT (no thread). */
GAIA_MUST_USE gaia_status http_connections_open(unsigned connections_max, unsigned of_address_max,
                                                int64_t request_ms,
                                                struct http_connections **connections,
                                                gaia_error *err);
/* When no connection is left. NULL is allowed. */
void http_connections_close(struct http_connections *connections);

/* Writes the address that limits go by; for what is neither IPv4 nor IPv6 it is all zero. */
void http_address(const struct sockaddr *from, unsigned char address[HTTP_ADDRESS]);

/* Whether a connection from there may be accepted at all. */
bool http_connections_admit(struct http_connections *connections, const struct sockaddr *from);

/* A connection was accepted; from now on it owes a request. NULL: there is no place for it. */
struct http_connection *http_connection_add(struct http_connections *connections,
                                            const struct sockaddr *from, int fd);
void http_connection_remove(struct http_connections *connections,
                            struct http_connection *connection);

/* Its request is whole; or was answered, so that it owes the next one. */
void http_connection_received(struct http_connection *connection);
void http_connection_answered(struct http_connection *connection);

/* What its request counts as in metrics, which libmicrohttpd's thread notes before it answers; the
 * status that it was answered with; and both taken, status 0: it was not answered. */
void http_connection_asks(struct http_connection *connection, unsigned counts_as);
void http_connection_is_told(struct http_connection *connection, unsigned status);
unsigned http_connection_take(struct http_connection *connection, unsigned *counts_as);

/* Whether its address had as many as it may when it came. */
bool http_connection_is_over(const struct http_connection *connection);
const unsigned char *http_connection_address(const struct http_connection *connection);

#endif
