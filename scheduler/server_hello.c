/* SPDX-License-Identifier: MIT
 *
 * HELLO: who is admitted as an executor. Called by server_wire.c; the core makes the session of
 * whoever is.
 *
 *     HELLO without a nonce ──▶ CHALLENGE ──▶ HELLO with its nonce and a proof ──▶ WELCOME, proved
 *
 * Invariant: nothing is kept of a peer, and nothing of it reaches the core, before its proof was
 * good.
 */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "error.h"
#include "json.h"
#include "server_state.h"
#include "wire.h"

enum { SESSION_BYTES = 16, WATCH_MS = 5000 };

struct hello {
    struct session_record record;
    int64_t protocol; /* the newest version that the executor speaks, then the one agreed on */
    int64_t protocol_min;
    const char *proof;
    const char *nonce;    /* "": none yet */
    const char *replaces; /* "": not said */
};

/* A name that a peer gave itself: printable from `first` on, not too long. */
static gaia_status name_check(const char *key, const char *name, char first, size_t limit,
                              gaia_error *err)
{
    size_t length = 0;
    for (; name[length] >= first && name[length] < 0x7f; length++) {
    }
    return name[length] == '\0' && length > 0 && length < limit
               ? GAIA_OK
               : error_set(err, GAIA_PROTOCOL, "HELLO.%s: 1 to %zu printable characters are wanted",
                           key, limit - 1);
}

static gaia_status texts_read(const json_t *header, struct hello *hello, gaia_error *err)
{
    const char *executor = "";
    const char *boot = "";
    const char *device = "";
    const struct {
        const char *key;
        const char **text;
        char first; /* a space would make the proof's text ambiguous */
        bool required;
    } texts[] = {{"executor", &executor, '!', true},   {"boot", &boot, '!', true},
                 {"device", &device, ' ', true},       {"nonce", &hello->nonce, '!', false},
                 {"proof", &hello->proof, '!', false}, {"replaces", &hello->replaces, '!', false}};
    gaia_status status = GAIA_OK;
    for (size_t i = 0; status == GAIA_OK && i < sizeof texts / sizeof *texts; i++) {
        status =
            json_get_string(header, "HELLO", texts[i].key, texts[i].required, texts[i].text, err);
        if (status == GAIA_OK && (texts[i].required || (*texts[i].text)[0] != '\0')) {
            status = name_check(texts[i].key, *texts[i].text, texts[i].first, RECORD_NAME, err);
        }
    }
    record_name_copy(hello->record.executor, executor);
    record_name_copy(hello->record.boot, boot);
    record_name_copy(hello->record.device, device);
    return status;
}

/* Sets the version that both sides speak. Between machines the first is too weak: its secret is
 * everyone's, and its proof can be used again. */
static gaia_status version_agree(struct hello *hello, bool is_remote, gaia_error *err)
{
    const int64_t oldest = is_remote ? WIRE_PROTOCOL : WIRE_PROTOCOL_MIN;
    const int64_t agreed = hello->protocol < WIRE_PROTOCOL ? hello->protocol : WIRE_PROTOCOL;
    if (agreed < oldest || agreed < hello->protocol_min) {
        return error_set(err, GAIA_PROTOCOL,
                         "HELLO.protocol: this scheduler speaks versions %lld to %d%s, this "
                         "executor %lld to %lld",
                         (long long)oldest, WIRE_PROTOCOL, is_remote ? " between machines" : "",
                         (long long)hello->protocol_min, (long long)hello->protocol);
    }
    hello->protocol = agreed;
    return GAIA_OK;
}

static gaia_status versions_read(const json_t *header, bool is_remote, struct hello *hello,
                                 gaia_error *err)
{
    int64_t moments_version = 0;
    gaia_status status = json_get_int(header, "HELLO", "protocol", true, &hello->protocol, err);
    hello->protocol_min = hello->protocol;
    if (status == GAIA_OK) {
        status = json_get_int(header, "HELLO", "protocol_min", false, &hello->protocol_min, err);
    }
    if (status == GAIA_OK) {
        status = version_agree(hello, is_remote, err);
    }
    if (status == GAIA_OK) {
        status = json_get_int(header, "HELLO", "moments_version", true, &moments_version, err);
    }
    if (status == GAIA_OK && moments_version != GAIA_MOMENTS_VERSION) {
        status = error_set(err, GAIA_PROTOCOL,
                           "HELLO.moments_version: this scheduler has %d, this executor %lld",
                           GAIA_MOMENTS_VERSION, (long long)moments_version);
    }
    return status;
}

static gaia_status numbers_read(const json_t *header, struct hello *hello, gaia_error *err)
{
    int64_t memory_bytes = 0;
    gaia_status status = json_get_int(header, "HELLO", "memory_bytes", false, &memory_bytes, err);
    if (status == GAIA_OK) {
        status = json_get_int(header, "HELLO", "pid", false, &hello->record.pid, err);
    }
    hello->record.memory_bytes = memory_bytes > 0 ? (uint64_t)memory_bytes : 0;
    return status;
}

/* Whether the proof is that of the executor that the HELLO names. */
static bool proof_good(const struct server *server, const struct hello *hello)
{
    const struct session_record *record = &hello->record;
    char secret[WIRE_SECRET];
    char expected[WIRE_PROOF];
    if (hello->protocol < WIRE_PROTOCOL) {
        proof_hello_1(server->config.secret, record->executor, record->boot, expected);
    } else {
        proof_secret(server->config.secret, record->executor, secret);
        proof_hello(secret, record->executor, record->boot, hello->nonce, expected);
    }
    return proof_equal(expected, hello->proof);
}

static gaia_status hello_refuse(struct server *server, struct wire_call *call, enum refusal reason,
                                gaia_error *error)
{
    error->status = error->status == GAIA_DENIED ? GAIA_DENIED : GAIA_PROTOCOL;
    refusal_add(&server->refusals, reason, 1, error->detail, server->config.log, server->now_ms);
    return wire_reply(server, call,
                      json_pack("{s:s, s:s, s:o, s:i, s:i}", "verb", "REFUSED", "status",
                                gaia_status_name(error->status), "detail",
                                text_to_json(error->detail), "protocol", WIRE_PROTOCOL,
                                "protocol_min", WIRE_PROTOCOL_MIN));
}

/* Asks for a proof that can only be of now and of this connection. */
static gaia_status hello_challenge(struct server *server, struct wire_call *call,
                                   const struct hello *hello)
{
    char nonce[WIRE_NONCE];
    if (hello->nonce[0] != '\0') {
        refusal_add(&server->refusals, REFUSAL_NONCE, 1, hello->record.executor, server->config.log,
                    server->now_ms);
    }
    nonce_make(server->nonce_key, hello->record.executor, hello->record.boot, call->pipe,
               server->now_ms, nonce);
    return wire_reply(server, call,
                      json_pack("{s:s, s:I, s:s}", "verb", "CHALLENGE", "protocol",
                                (json_int_t)hello->protocol, "nonce", nonce));
}

static gaia_status hello_admit(struct server *server, struct wire_call *call, struct hello *hello)
{
    struct core_event event = {
        .kind = CORE_HELLO, .request = call, .pipe = call->pipe, .u.hello = &hello->record};
    if (hello->protocol == WIRE_PROTOCOL) {
        memcpy(call->nonce, hello->nonce, strlen(hello->nonce) + 1);
    }
    if (!core_boot_known(server->core, hello->record.boot)) {
        metrics_recycle(server, hello->replaces);
    }
    random_hex(hello->record.session, SESSION_BYTES);
    transport_trust(call->listener->transport, call->pipe);
    log_event(server->config.log, LOG_SECURITY, LOG_INFO, "executor_admitted",
              "an executor has proved who it is", log_text("executor", hello->record.executor),
              log_text("device", hello->record.device),
              log_flag("remote", call->listener->is_remote));
    return server_step(server, &event);
}

gaia_status wire_hello(struct server *server, struct wire_call *call, const json_t *header)
{
    struct hello hello = {.proof = "", .nonce = "", .replaces = ""};
    gaia_error error = {0};
    if (versions_read(header, call->listener->is_remote, &hello, &error) != GAIA_OK) {
        return hello_refuse(server, call, REFUSAL_VERSION, &error);
    }
    if (texts_read(header, &hello, &error) != GAIA_OK ||
        numbers_read(header, &hello, &error) != GAIA_OK) {
        return hello_refuse(server, call, REFUSAL_MESSAGE, &error);
    }
    if (hello.protocol == WIRE_PROTOCOL &&
        !nonce_good(server->nonce_key, hello.record.executor, hello.record.boot, call->pipe,
                    server->now_ms, hello.nonce)) {
        return hello_challenge(server, call, &hello);
    }
    if (!proof_good(server, &hello)) {
        (void)error_set(&error, GAIA_DENIED, "the proof of executor '%s' is wrong",
                        hello.record.executor);
        return hello_refuse(server, call, REFUSAL_PROOF, &error);
    }
    return hello_admit(server, call, &hello);
}

gaia_status wire_welcome(struct server *server, struct wire_call *call,
                         const struct session_record *session)
{
    const struct core_config *config = &server->config.core;
    char secret[WIRE_SECRET];
    char proof[WIRE_PROOF];
    json_t *header =
        json_pack("{s:s, s:s, s:I, s:I, s:I}", "verb", "WELCOME", "session", session->session,
                  "beat_ms", (json_int_t)config->beat_ms, "park_ms", (json_int_t)config->park_ms,
                  "lease_ms", (json_int_t)config->lease_ms);
    if (call->nonce[0] != '\0') {
        proof_secret(server->config.secret, session->executor, secret);
        proof_welcome(secret, session->executor, session->boot, call->nonce, session->session,
                      proof);
        if (json_object_set_new(header, "proof", json_string(proof)) != 0) {
            json_decref(header);
            header = NULL;
        }
    }
    return wire_reply(server, call, header);
}

void wire_watch(struct server *server)
{
    if (server->now_ms < server->watch_ms) {
        return;
    }
    server->watch_ms = server->now_ms + WATCH_MS;
    for (size_t i = 0; i < N_LISTENERS; i++) {
        struct listener *listener = &server->listeners[i];
        if (listener->transport == NULL) {
            continue;
        }
        const struct transport_refusals was = listener->refused;
        transport_watch(listener->transport, server->now_ms, &listener->refused);
        const struct {
            enum refusal reason;
            uint64_t n;
        } more[] = {{REFUSAL_OVERSIZE, listener->refused.oversize - was.oversize},
                    {REFUSAL_FLOOD, listener->refused.flood - was.flood},
                    {REFUSAL_CONNECTIONS, listener->refused.connections - was.connections},
                    {REFUSAL_SILENT, listener->refused.silent - was.silent},
                    {REFUSAL_HANDSHAKE, listener->refused.handshakes - was.handshakes}};
        for (size_t k = 0; k < sizeof more / sizeof *more; k++) {
            refusal_add(&server->refusals, more[k].reason, more[k].n, listener->url,
                        server->config.log, server->now_ms);
        }
    }
    refusals_tell(&server->refusals, server->config.log, server->now_ms);
    log_tick(server->config.log);
}
