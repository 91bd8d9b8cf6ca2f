/* SPDX-License-Identifier: MIT
 *
 * Proofs of the executor's protocol. The scheduler makes nonces and checks proofs, the executor
 * makes proofs and checks the scheduler's; the texts are put together here only.
 *
 * Invariant: a proof that could not be computed is empty and equals nothing, so a failure denies.
 */
#include "proof.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "text.h"

enum { WINDOW_DIGITS = 16 };

/* Writes the hexadecimal HMAC of the text, whose memory is freed, into out [WIRE_PROOF]. */
static void text_sign(const char *key, struct text *text, char *out)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned digest_bytes = 0;
    out[0] = '\0';
    if (!text->failed && HMAC(EVP_sha256(), key, (int)strlen(key), (const unsigned char *)text->s,
                              text->length, digest, &digest_bytes) != NULL) {
        for (unsigned i = 0; i < digest_bytes && 2 * i + 2 < WIRE_PROOF; i++) {
            (void)snprintf(out + (size_t)2 * i, 3, "%02x", digest[i]);
        }
    }
    text_fini(text);
}

void proof_secret(const char *master, const char *executor, char secret[WIRE_SECRET])
{
    struct text text = {0};
    text_append(&text, "gaia-executor/1 ");
    text_append_n(&text, executor, strcspn(executor, "/"));
    text_sign(master, &text, secret);
}

void proof_hello_1(const char *master, const char *executor, const char *boot,
                   char proof[WIRE_PROOF])
{
    struct text text = {0};
    text_printf(&text, "gaia-hello/1 %s %s", executor, boot);
    text_sign(master, &text, proof);
}

void proof_hello(const char *secret, const char *executor, const char *boot, const char *nonce,
                 char proof[WIRE_PROOF])
{
    struct text text = {0};
    text_printf(&text, "gaia-hello/2 %s %s %s", executor, boot, nonce);
    text_sign(secret, &text, proof);
}

void proof_welcome(const char *secret, const char *executor, const char *boot, const char *nonce,
                   const char *session, char proof[WIRE_PROOF])
{
    struct text text = {0};
    text_printf(&text, "gaia-welcome/2 %s %s %s %s", executor, boot, nonce, session);
    text_sign(secret, &text, proof);
}

bool proof_equal(const char *a, const char *b)
{
    const size_t length = strlen(a);
    return length > 0 && length == strlen(b) && CRYPTO_memcmp(a, b, length) == 0;
}

static void nonce_of(const char *key, const char *executor, const char *boot, uint32_t pipe,
                     uint64_t window, char *nonce)
{
    struct text text = {0};
    text_printf(&text, "gaia-nonce/2 %s %s %" PRIu32 " %" PRIu64, executor, boot, pipe, window);
    (void)snprintf(nonce, WINDOW_DIGITS + 1, "%016" PRIx64, window);
    text_sign(key, &text, nonce + WINDOW_DIGITS);
    if (nonce[WINDOW_DIGITS] == '\0') {
        nonce[0] = '\0';
    }
}

void nonce_make(const char *key, const char *executor, const char *boot, uint32_t pipe,
                int64_t now_ms, char nonce[WIRE_NONCE])
{
    nonce_of(key, executor, boot, pipe, (uint64_t)(now_ms / NONCE_WINDOW_MS), nonce);
}

bool nonce_good(const char *key, const char *executor, const char *boot, uint32_t pipe,
                int64_t now_ms, const char *nonce)
{
    const uint64_t window = (uint64_t)(now_ms / NONCE_WINDOW_MS);
    char made[WIRE_NONCE];
    for (uint64_t age = 0; age <= 1 && age <= window; age++) {
        nonce_of(key, executor, boot, pipe, window - age, made);
        if (proof_equal(made, nonce)) {
            return true;
        }
    }
    return false;
}
