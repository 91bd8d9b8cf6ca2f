/* SPDX-License-Identifier: MIT
 *
 * Where the scheduler of a state directory listens, and the secret shared with it.
 */
#ifndef EXECUTOR_ADDRESS_H
#define EXECUTOR_ADDRESS_H

#include <stddef.h>

#include <gaia/status.h>

enum { ADDRESS_URL = 64, ADDRESS_SECRET = 65 };

struct address {
    char control[ADDRESS_URL];
    char work[ADDRESS_URL];
    char secret[ADDRESS_SECRET];
};

/* `states` names one state directory, or those of several schedulers of one queue with commas in
 * between, of which one leads. Writes the one of this index, counted round and round, into out[0 ..
 * out_bytes) and returns how many there are; 0 if it does not fit. */
size_t address_state(const char *states, size_t index, char *out, size_t out_bytes);

/* Reads STATE/scheduler.json and STATE/secret. GAIA_UNREACHABLE if either is not there yet or not
 * whole; GAIA_FILE_UNREADABLE, GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status address_read(const char *state, struct address *address, gaia_error *err);

#endif
