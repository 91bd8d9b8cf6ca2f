/* SPDX-License-Identifier: MIT
 *
 * The HTTP API for other machines: a socket beyond the loopback interface, with TLS. For
 * http_api.c.
 *
 * A renewed certificate is taken up by starting another daemon of libmicrohttpd on the same socket:
 * what is under way goes on with the old one, which only stops to accept.
 *
 * Invariant: a socket beyond the loopback interface has TLS, unless the operator has said in so
 * many words that it need not.
 */
#ifndef HTTP_REMOTE_H
#define HTTP_REMOTE_H

#include <stdbool.h>
#include <stdint.h>

#include <microhttpd.h>

#include <gaia/status.h>

#include "credentials.h"

enum { HTTP_URL = 96 };

struct http_remote_config {
    const char *host;        /* a numeric address, or localhost; NULL: there is none */
    uint16_t port;           /* 0: any free one */
    const char *certificate; /* files in PEM; NULL: in the clear */
    const char *key;
    bool is_insecure; /* in the clear to other machines, too */
    /* Starts a daemon on the socket, which it takes over; credentials: NULL: in the clear. */
    struct MHD_Daemon *(*start)(void *context, int fd, const struct credentials *credentials);
    /* Ends one, with all its connections. */
    void (*stop)(void *context, struct MHD_Daemon *daemon);
    void *context;
};

struct http_remote;

/* Listens. url [HTTP_URL] is where. GAIA_USAGE (no address; certificate without key; in the clear
 * to other machines), GAIA_UNREACHABLE (the port is taken), credentials_read's. The config's
 * strings are borrowed for its life. */
GAIA_MUST_USE gaia_status http_remote_open(const struct http_remote_config *config,
                                           struct http_remote **remote, char *url, gaia_error *err);

/* Reads certificate and key again; if they are no good, those that were there stay, and the error
 * says why. */
GAIA_MUST_USE gaia_status http_remote_renew(struct http_remote *remote, gaia_error *err);

/* NULL is allowed. */
void http_remote_close(struct http_remote *remote);

#endif
