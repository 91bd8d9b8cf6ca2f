/* SPDX-License-Identifier: MIT
 *
 * HELLO as the executor says it (scheduler/wire/PROTOCOL.md). For control.c, which sends it.
 *
 * Invariant: the secret leaves this process in no message, only proofs made with it do.
 */
#include "hello.h"

#include <string.h>
#include <unistd.h>

#include <gaia/metric.h>

#include "error.h"
#include "json.h"
#include "wire.h"

json_t *hello_request(const struct hello *hello)
{
    char proof[WIRE_PROOF] = "";
    const struct address *address = hello->address;
    if (address->protocol < WIRE_PROTOCOL) {
        proof_hello_1(address->master, hello->executor, hello->boot, proof);
    } else if (hello->nonce[0] != '\0') {
        proof_hello(address->secret, hello->executor, hello->boot, hello->nonce, proof);
    }
    json_t *request = json_pack("{s:s, s:i, s:i, s:i, s:s, s:s, s:s, s:I, s:I, s:s*}", "verb",
                                "HELLO", "protocol", address->protocol, "protocol_min",
                                WIRE_PROTOCOL_MIN, "moments_version", GAIA_MOMENTS_VERSION,
                                "executor", hello->executor, "boot", hello->boot, "device",
                                hello->device, "memory_bytes", (json_int_t)hello->memory_bytes,
                                "pid", (json_int_t)getpid(), "replaces", hello->replaces);
    int failed = request == NULL;
    if (!failed && proof[0] != '\0') {
        failed |= json_object_set_new(request, "proof", json_string(proof));
    }
    if (!failed && hello->nonce[0] != '\0') {
        failed |= json_object_set_new(request, "nonce", json_string(hello->nonce));
    }
    if (failed) {
        json_decref(request);
        return NULL;
    }
    return request;
}

gaia_status hello_challenged(struct hello *hello, const json_t *challenge, gaia_error *err)
{
    const char *nonce = NULL;
    gaia_status status = json_get_string(challenge, "CHALLENGE", "nonce", true, &nonce, err);
    if (status == GAIA_OK && (nonce[0] == '\0' || strlen(nonce) >= WIRE_NONCE)) {
        status = error_set(err, GAIA_PROTOCOL, "CHALLENGE.nonce: empty or too long");
    }
    if (status == GAIA_OK) {
        memcpy(hello->nonce, nonce, strlen(nonce) + 1);
    }
    return status;
}

gaia_status hello_check(const struct hello *hello, const json_t *welcome, gaia_error *err)
{
    const char *proof = "";
    const char *session = "";
    char expected[WIRE_PROOF];
    if (hello->address->protocol < WIRE_PROTOCOL) {
        return GAIA_OK;
    }
    gaia_status status = json_get_string(welcome, "WELCOME", "session", true, &session, err);
    if (status == GAIA_OK) {
        status = json_get_string(welcome, "WELCOME", "proof", true, &proof, err);
    }
    if (status != GAIA_OK) {
        return status;
    }
    proof_welcome(hello->address->secret, hello->executor, hello->boot, hello->nonce, session,
                  expected);
    return hello->nonce[0] != '\0' && proof_equal(expected, proof)
               ? GAIA_OK
               : error_set(err, GAIA_DENIED,
                           "who answers at %s does not know this executor's secret",
                           hello->address->control);
}
