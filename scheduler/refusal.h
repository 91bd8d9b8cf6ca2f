/* SPDX-License-Identifier: MIT
 *
 * What executors, and those who only look like one, were refused: counted by its reason, and told
 * in the log at a rate that no peer can raise.
 *
 * Not thread-safe: the loop's.
 */
#ifndef REFUSAL_H
#define REFUSAL_H

#include <stdint.h>

#include <jansson.h>

#include <gaia/status.h>

#include "log.h"

/* X(code, name, text) */
#define REFUSAL_MAP(X)                                                                             \
    X(PROOF, "proof", "a HELLO with a wrong proof")                                                \
    X(NONCE, "nonce", "a HELLO whose nonce was not made for it, or long ago: sent again")          \
    X(VERSION, "version", "an executor of another version")                                        \
    X(MESSAGE, "message", "a message that does not follow the protocol")                           \
    X(OVERSIZE, "oversize", "a message larger than its address takes")                             \
    X(FLOOD, "flood", "a connection with too many requests, or that took no answer")               \
    X(CONNECTIONS, "connections", "a connection for which there was no place")                     \
    X(SILENT, "silent", "a connection that ended without a word")                                  \
    X(HANDSHAKE, "handshake", "a connection whose handshake or certificate failed")

enum refusal {
#define X(code, name, text) REFUSAL_##code,
    REFUSAL_MAP(X)
#undef X
        REFUSAL_COUNT
};

enum { REFUSAL_QUIET_MS = 10000 }; /* one line of each reason in this time */

/* Empty by {0}. */
struct refusals {
    uint64_t counts[REFUSAL_COUNT];
    struct {
        uint64_t told; /* of counts */
        int64_t at_ms; /* when; 0: never */
    } log[REFUSAL_COUNT];
};

/* Counts n refusals at now_ms, which is not 0, and tells of them unless one of this reason was told
 * a moment ago. detail: of the last one; NULL: there is none. */
void refusal_add(struct refusals *refusals, enum refusal reason, uint64_t n, const char *detail,
                 const struct log *log, int64_t now_ms);

/* Tells how many came since the last line of each reason, once its time is over. */
void refusals_tell(struct refusals *refusals, const struct log *log, int64_t now_ms);

/* The counts by name; NULL when out of memory. */
json_t *refusals_to_json(const struct refusals *refusals);

#endif
