/* SPDX-License-Identifier: MIT
 *
 * How often each of many may: requests of an address or a token, submissions of a tenant. The
 * generic cell rate algorithm: of each key there is one time, at which its next request would come
 * if all had come evenly; a request that is further ahead of it than the burst is refused.
 *
 * The table has a fixed size, whoever comes. A key may be in any of the eight places of its row;
 * where all are taken the one that is closest to having been idle gives way, and then starts again
 * with a whole burst: a flood of addresses makes the limit laxer for those in the flood, never
 * stricter for others.
 *
 * Thread-safe. Time is an argument.
 */
#ifndef RATE_LIMIT_H
#define RATE_LIMIT_H

#include <stddef.h>
#include <stdint.h>

#include <gaia/status.h>

struct rate_limit;

struct rate_limit_config {
    uint64_t number;   /* of requests, evenly, in ... */
    int64_t period_ms; /* ... so much time; number 0: without limit */
    uint64_t burst;    /* requests at once after a pause, at least 1 */
    size_t n_keys;     /* as many are told apart, about */
    uint64_t seed;     /* so that nobody can choose keys that share a row */
};

/* GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status rate_limit_open(const struct rate_limit_config *config,
                                          struct rate_limit **limit, gaia_error *err);
/* NULL is allowed. */
void rate_limit_free(struct rate_limit *limit);

/* Counts a request of the key at now_ms (monotonic). 0: it may; else in how many milliseconds one
 * would, and this one is not counted. */
int64_t rate_limit_take(struct rate_limit *limit, const void *key, size_t key_bytes,
                        int64_t now_ms);

/* Bytes that the table takes, whatever is in it. */
size_t rate_limit_bytes(const struct rate_limit *limit);

#endif
