/* SPDX-License-Identifier: MIT
 *
 * Where executors of other machines may dial, and with what certificates: the options of
 * gaia-scheduler made into addresses. Used by main_scheduler.c only.
 */
#ifndef LISTEN_H
#define LISTEN_H

#include <stdbool.h>
#include <stdint.h>

#include <gaia/status.h>

#include "credentials.h"
#include "transport.h"

/* As they were given; NULL: not given. */
struct listen_options {
    const char *host;
    uint64_t control_port; /* 0: any free one */
    uint64_t work_port;
    const char *ca;
    const char *certificate;
    const char *key;
};

/* Whether a host is this machine by itself: 127.0.0.0/8, ::1 or localhost. */
bool host_is_loopback(const char *host);

struct listen {
    char control[TRANSPORT_BOUND]; /* "": no other machine's executors */
    char work[TRANSPORT_BOUND];
    struct credentials credentials;
    struct transport_tls tls; /* borrows from credentials */
};

/* Makes the addresses and reads the certificates. GAIA_USAGE (an option is missing; no certificates
 * though the host is not this machine alone); credentials_read's. */
GAIA_MUST_USE gaia_status listen_prepare(const struct listen_options *options,
                                         struct listen *listen, gaia_error *err);
void listen_fini(struct listen *listen);

/* Raises the process's limit of open files as far as it may, and returns how many connections each
 * of n_listeners can then hold beside n_api of the HTTP API. */
unsigned listen_connections(unsigned n_listeners, unsigned n_api);

#endif
