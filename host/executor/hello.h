/* SPDX-License-Identifier: MIT
 *
 * The executor's half of HELLO: what is said, and whether the answer is the scheduler's.
 */
#ifndef EXECUTOR_HELLO_H
#define EXECUTOR_HELLO_H

#include <stdint.h>

#include <jansson.h>

#include <gaia/status.h>

#include "address.h"

/* Begun with an empty nonce; the rest is borrowed. */
struct hello {
    const struct address *address;
    const char *executor;
    const char *boot;
    const char *device;
    uint64_t memory_bytes;
    const char *replaces;   /* NULL: not said */
    char nonce[WIRE_NONCE]; /* "": the scheduler has not given one yet */
};

/* The next HELLO, NULL when out of memory. */
json_t *hello_request(const struct hello *hello);

/* Takes the nonce out of a CHALLENGE. GAIA_PROTOCOL. */
GAIA_MUST_USE gaia_status hello_challenged(struct hello *hello, const json_t *challenge,
                                           gaia_error *err);

/* Whether the WELCOME proves that it comes from who knows the executor's secret; a scheduler of
 * version 1 proves nothing. GAIA_DENIED, GAIA_PROTOCOL. */
GAIA_MUST_USE gaia_status hello_check(const struct hello *hello, const json_t *welcome,
                                      gaia_error *err);

#endif
