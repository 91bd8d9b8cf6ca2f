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

enum { WIRE_PROTOCOL = 1, WIRE_MESSAGE_BYTES_MAX = 256 << 20, WIRE_PROOF = 65 };

/* Encodes header and sums[0 .. n_sums) (sums may be NULL with n_sums 0); adds "sums" to a copy of
 * the header. *bytes is the caller's, to be freed. GAIA_OUT_OF_MEMORY, GAIA_LIMIT. */
GAIA_MUST_USE gaia_status wire_encode(const json_t *header, const double *sums, size_t n_sums,
                                      unsigned char **bytes, size_t *length, gaia_error *err);

/* Decodes and checks a message from a peer that may be hostile. *header is a new reference; *sums
 * is a malloc'ed copy (NULL if there are none), both only on success. GAIA_PROTOCOL,
 * GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status wire_decode(const unsigned char *bytes, size_t length, json_t **header,
                                      double **sums, size_t *n_sums, gaia_error *err);

/* Writes the proof of HELLO: hex HMAC-SHA256(secret, "gaia-hello/1 EXECUTOR BOOT"), WIRE_PROOF
 * bytes. */
void wire_proof(const char *secret, const char *executor, const char *boot, char *proof);

/* Compares two proofs or tokens in time that does not depend on where they differ; 1 if equal. */
int wire_equal(const char *a, const char *b);

#endif
