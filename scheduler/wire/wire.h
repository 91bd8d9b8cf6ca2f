/* SPDX-License-Identifier: MIT
 *
 * One message of the executor's protocol (PROTOCOL.md) as bytes.
 */
#ifndef WIRE_H
#define WIRE_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include <gaia/status.h>

/* Versions of the protocol: the one that is spoken, and the oldest that is still understood. */
enum { WIRE_PROTOCOL = 2, WIRE_PROTOCOL_MIN = 1 };

enum { WIRE_MESSAGE_BYTES_MAX = 256 << 20, WIRE_CONTROL_BYTES_MAX = 1 << 20 };

/* What a message may be at most; all of it is checked before the header is parsed. */
struct wire_limits {
    size_t message_bytes;
    size_t entries; /* of all arrays and objects of the header together; each costs memory */
    unsigned depth; /* of arrays and objects in each other */
};

/* Of HELLO and BEAT and their answers; of FETCH and RESULT and theirs. */
extern const struct wire_limits wire_control_limits;
extern const struct wire_limits wire_work_limits;

/* Encodes header and sums[0 .. n_sums) (sums may be NULL with n_sums 0); adds "sums" to a copy of
 * the header. *bytes is the caller's, to be freed. GAIA_OUT_OF_MEMORY, GAIA_LIMIT. */
GAIA_MUST_USE gaia_status wire_encode(const json_t *header, const double *sums, size_t n_sums,
                                      unsigned char **bytes, size_t *length, gaia_error *err);

/* Decodes and checks a message from a peer that may be hostile. *header is a new reference; *sums
 * is a malloc'ed copy (NULL if there are none), both only on success. GAIA_PROTOCOL,
 * GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status wire_decode(const struct wire_limits *limits, const unsigned char *bytes,
                                      size_t length, json_t **header, double **sums, size_t *n_sums,
                                      gaia_error *err);

#endif
