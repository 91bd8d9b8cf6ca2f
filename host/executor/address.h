/* SPDX-License-Identifier: MIT
 *
 * Where the scheduler of a state directory listens, and the secret shared with it.
 */
#ifndef EXECUTOR_ADDRESS_H
#define EXECUTOR_ADDRESS_H

#include <gaia/status.h>

enum { ADDRESS_URL = 64, ADDRESS_SECRET = 65 };

struct address {
    char control[ADDRESS_URL];
    char work[ADDRESS_URL];
    char secret[ADDRESS_SECRET];
};

/* Reads STATE/scheduler.json and STATE/secret. GAIA_UNREACHABLE if either is not there yet or not
 * whole; GAIA_FILE_UNREADABLE, GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status address_read(const char *state, struct address *address, gaia_error *err);

#endif
