/* SPDX-License-Identifier: MIT
 *
 * Where the scheduler listens and what proves an executor to it: of a state directory on this
 * machine, or of a file gaia.remote/1 that `gaia cert make` wrote for another machine.
 */
#ifndef EXECUTOR_ADDRESS_H
#define EXECUTOR_ADDRESS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include <gaia/status.h>

#include "proof.h"
#include "transport.h"

enum { ADDRESS_URL = TRANSPORT_URL };

/* Borrowed for as long as addresses are read. */
struct address_options {
    const char *state;    /* a directory */
    const char *remote;   /* a file gaia.remote/1, which replaces the directory; or NULL */
    const char *executor; /* id */
};

struct address {
    char control[ADDRESS_URL];
    char work[ADDRESS_URL];
    int protocol;             /* the version to speak */
    char secret[WIRE_SECRET]; /* this executor's */
    char master[WIRE_SECRET]; /* the state directory's, for version 1 only; else "" */
};

/* Options may name several schedulers of one queue, of which one leads, with commas in between:
 * state directories or remote files. This is one of them. */
struct address_place {
    size_t index;
    size_t count;                   /* of all that the options name */
    struct address_options options; /* for this one alone; state or remote is text */
    char text[PATH_MAX];
};

/* Picks the one of this index, counted round and round. What does not fit is cut off, and then not
 * found. */
void address_pick(const struct address_options *options, size_t index, struct address_place *place);

/* Reads STATE/scheduler.json and STATE/secret, or the remote file and the secret that it names.
 * GAIA_UNREACHABLE if any is not there yet or not whole; GAIA_DENIED (others may read the secret),
 * GAIA_FILE_UNREADABLE, GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status address_read(const struct address_options *options,
                                       struct address *address, gaia_error *err);

/* Dials one of the address's urls, with the certificates that lie there now. transport_dial's and
 * credentials_read's. */
GAIA_MUST_USE gaia_status address_dial(const struct address_options *options, const char *url,
                                       struct transport_client **client, gaia_error *err);

/* Reads a remote file and all it names, to find at the start what is wrong with it, and writes the
 * executor's name from it into name [name_bytes]. GAIA_FILE_DAMAGED (not a gaia.remote/1, or an
 * address that is not tls+tcp://), GAIA_LIMIT (a name too long), file_read's, credentials_read's.
 */
GAIA_MUST_USE gaia_status address_check_remote(const char *remote, char *name, size_t name_bytes,
                                               gaia_error *err);

#endif
