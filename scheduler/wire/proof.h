/* SPDX-License-Identifier: MIT
 *
 * Who says HELLO, and who answers it: the texts that scheduler and executor prove to each other by
 * HMAC-SHA256 (PROTOCOL.md). Secrets, proofs and nonces are lower-case hexadecimal text.
 */
#ifndef WIRE_PROOF_H
#define WIRE_PROOF_H

#include <stdbool.h>
#include <stdint.h>

enum { WIRE_PROOF = 65, WIRE_SECRET = 65, WIRE_NONCE = 81, NONCE_WINDOW_MS = 10000 };

/* The secret of one executor, of the state directory's: HMAC(master, "gaia-executor/1 NAME"), NAME
 * being the executor's id up to its first '/'; so the executors of one machine share one secret. */
void proof_secret(const char *master, const char *executor, char secret[WIRE_SECRET]);

/* The proof of a HELLO of version 1: HMAC(master, "gaia-hello/1 EXECUTOR BOOT"). */
void proof_hello_1(const char *master, const char *executor, const char *boot,
                   char proof[WIRE_PROOF]);

/* The proof of a HELLO of version 2: HMAC(secret, "gaia-hello/2 EXECUTOR BOOT NONCE"). */
void proof_hello(const char *secret, const char *executor, const char *boot, const char *nonce,
                 char proof[WIRE_PROOF]);

/* The proof of the WELCOME that answers it: HMAC(secret, "gaia-welcome/2 EXECUTOR BOOT NONCE
 * SESSION"). */
void proof_welcome(const char *secret, const char *executor, const char *boot, const char *nonce,
                   const char *session, char proof[WIRE_PROOF]);

/* Compares two proofs or tokens in time that does not depend on where they differ; an empty one
 * equals nothing. */
bool proof_equal(const char *a, const char *b);

/* A nonce for this executor's next HELLO on this connection. It holds for one to two windows of
 * NONCE_WINDOW_MS, and nothing is kept of it: it is the time's window and HMAC(key, "gaia-nonce/2
 * EXECUTOR BOOT PIPE WINDOW") under a key of the scheduler's process, so whoever asks for nonces
 * fills no table. */
void nonce_make(const char *key, const char *executor, const char *boot, uint32_t pipe,
                int64_t now_ms, char nonce[WIRE_NONCE]);

/* Whether the nonce was made by nonce_make with the same arguments, this window or the one before.
 */
bool nonce_good(const char *key, const char *executor, const char *boot, uint32_t pipe,
                int64_t now_ms, const char *nonce);

#endif
