/* SPDX-License-Identifier: MIT
 *
 * Tokens are made here: drawn, hashed, kept as a hash, told once. Runs on threads of http_work.h.
 *
 * Invariant: a token's text is in the answer that hands it out and nowhere else.
 */
#include "http_token.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "clock.h"
#include "error.h"
#include "http_respond.h"
#include "json.h"

enum { TOKEN_ID_BYTES = 8 };

/* Reads a text that must fit its place. */
static gaia_status name_read(const json_t *root, const char *key, bool required, size_t bytes_max,
                             const char **out, gaia_error *err)
{
    const gaia_status status = json_get_string(root, "token", key, required, out, err);
    return status == GAIA_OK && strlen(*out) >= bytes_max
               ? error_set(err, GAIA_USAGE, "token.%s: at most %zu bytes are wanted", key,
                           bytes_max - 1)
               : status;
}

/* Reads {"name", "scope", "tenant", "expires_ms"}. */
static gaia_status token_read(const json_t *root, struct token_record *token, gaia_error *err)
{
    static const char *const keys[] = {"name", "scope", "tenant", "expires_ms"};
    const char *name = "";
    const char *scope = "";
    const char *tenant = "";
    gaia_status status = json_check_keys(root, "token", keys, 4, err);
    if (status == GAIA_OK) {
        status = name_read(root, "name", true, sizeof token->name, &name, err);
    }
    if (status == GAIA_OK) {
        status = json_get_string(root, "token", "scope", true, &scope, err);
    }
    if (status == GAIA_OK) {
        status = name_read(root, "tenant", false, sizeof token->tenant, &tenant, err);
    }
    if (status == GAIA_OK) {
        status = json_get_int(root, "token", "expires_ms", false, &token->expires_ms, err);
    }
    if (status != GAIA_OK) {
        return status;
    }
    record_name_copy(token->name, name);
    record_tenant_copy(token->tenant, tenant);
    if (!token_scope_parse(scope, &token->scope)) {
        return error_set(err, GAIA_USAGE, "token.scope: read, submit or admin is wanted");
    }
    if (token->scope == TOKEN_ADMIN && tenant[0] != '\0') {
        return error_set(err, GAIA_USAGE, "token.tenant: an admin's token is bound to none");
    }
    return token->expires_ms < 0 ||
                   (token->expires_ms != 0 && token->expires_ms <= token->created_ms)
               ? error_set(err, GAIA_USAGE, "token.expires_ms: a time to come is wanted")
               : GAIA_OK;
}

/* Draws a token and asks for its hash to be kept; the text goes into the answer and nowhere else.
 */
static enum MHD_Result token_hand_out(const struct http_whole *whole, struct token_record *token)
{
    char text[TOKEN_TEXT];
    gaia_error error = {0};
    struct api_request request = {.verb = API_TOKEN_ADD, .caller = whole->caller, .token = token};
    enum MHD_Result result = MHD_NO;
    token_draw(text);
    random_hex(token->id, TOKEN_ID_BYTES);
    if (!token_hash(text, token->hash)) {
        (void)error_set(&error, GAIA_OUT_OF_MEMORY, "the token's hash could not be computed");
        explicit_bzero(text, sizeof text);
        return http_body_refuse(whole->connection, &error);
    }
    whole->config->ask(whole->config->context, &request);
    if (request.error.status == GAIA_OK) {
        json_t *answer = json_loadb(request.answer.s, request.answer.length, 0, NULL);
        (void)json_object_set_new(answer, "token", json_string(text));
        char *dumped = answer != NULL ? json_dumps(answer, JSON_COMPACT) : NULL;
        text_fini(&request.answer);
        text_append(&request.answer, dumped != NULL ? dumped : "{}");
        free(dumped);
        json_decref(answer);
    }
    explicit_bzero(text, sizeof text);
    result = http_respond_answer(whole->connection, &request);
    return result;
}

enum MHD_Result http_token_make(const struct http_whole *whole)
{
    struct token_record record = {.created_ms = clock_realtime_ms()};
    json_t *root = NULL;
    gaia_error error = {0};
    gaia_status status = json_parse("token", whole->body, whole->length, &root, &error);
    if (status == GAIA_OK) {
        status = token_read(root, &record, &error);
    }
    json_decref(root);
    return status == GAIA_OK ? token_hand_out(whole, &record)
                             : http_body_refuse(whole->connection, &error);
}
