/* SPDX-License-Identifier: MIT
 *
 * Answers of the HTTP API about its tokens, and the way from the store to the table that requests
 * are checked against. Called by server_api.c, on the loop's thread.
 *
 * Invariant: the table changes after the commit of the turn that changed the tokens and before its
 * answers leave: whoever is told that a token is revoked will not see it work.
 */
#include <stdlib.h>

#include "error.h"
#include "server_state.h"

static void token_collect(void *context, const struct token_record *token)
{
    struct server *server = context;
    if (server->n_tokens < TOKENS_MAX) {
        server->tokens[server->n_tokens++] = *token;
    }
}

gaia_status tokens_read(struct server *server)
{
    const struct store_visitor visitor = {.context = server, .token = token_collect};
    tokens_drop(server);
    server->tokens = calloc(TOKENS_MAX, sizeof *server->tokens);
    if (server->tokens == NULL) {
        return error_memory(&server->error, TOKENS_MAX * sizeof *server->tokens);
    }
    server->are_tokens_new = true;
    return server->store->ops->tokens_list(server->store, &visitor, &server->error);
}

void tokens_publish(struct server *server)
{
    if (server->are_tokens_new) {
        token_table_set(server->config.tokens, server->tokens, server->n_tokens);
        server->tokens = NULL;
        tokens_drop(server);
    }
}

void tokens_drop(struct server *server)
{
    free(server->tokens);
    server->tokens = NULL;
    server->n_tokens = 0;
    server->are_tokens_new = false;
}

void tokens_remember(struct server *server)
{
    const gaia_error error = server->error; /* why others are refused */
    token_table_doubt(server->config.tokens);
    if (server->stands_by && tokens_read(server) == GAIA_OK) {
        token_table_remember(server->config.tokens, server->tokens, server->n_tokens);
        server->tokens = NULL;
    }
    tokens_drop(server);
    server->error = error;
}

static json_t *token_to_json(const struct token_record *token)
{
    return json_pack("{s:s, s:o, s:s, s:o, s:I, s:o}", "id", token->id, "name",
                     text_to_json(token->name), "scope", token_scope_name(token->scope), "tenant",
                     text_to_json(token->tenant), "created_ms", (json_int_t)token->created_ms,
                     "expires_ms",
                     token->expires_ms != 0 ? json_integer(token->expires_ms) : json_null());
}

static gaia_status answer_tokens(struct server *server, struct api_request *request)
{
    json_t *array = json_array();
    bool failed = array == NULL;
    gaia_status status = tokens_read(server);
    for (size_t i = 0; status == GAIA_OK && !failed && i < server->n_tokens; i++) {
        failed = json_array_append_new(array, token_to_json(&server->tokens[i])) != 0;
    }
    if (status == GAIA_OK && failed) {
        status = error_memory(&server->error, 1);
    }
    if (status != GAIA_OK) {
        json_decref(array);
        return status;
    }
    return answer_json(server, request, HTTP_OK, json_pack("{s:o}", "tokens", array));
}

/* Who asks, for the log. */
static const char *caller_name(const struct api_request *request)
{
    return request->caller->id[0] != '\0' ? request->caller->id : "the local admin";
}

static gaia_status answer_token_add(struct server *server, struct api_request *request)
{
    gaia_status status = tokens_read(server);
    if (status == GAIA_OK && server->n_tokens == TOKENS_MAX) {
        (void)error_set(&request->error, GAIA_LIMIT, "there are %d tokens, as many as may be",
                        TOKENS_MAX);
        request->http = HTTP_CONFLICT;
        return GAIA_OK;
    }
    if (status == GAIA_OK) {
        status = server->store->ops->token_add(server->store, request->token, &server->error);
    }
    if (status == GAIA_OK) {
        status = tokens_read(server);
    }
    if (status != GAIA_OK) {
        return status;
    }
    log_event(server->config.log, LOG_SECURITY, LOG_INFO, "token_made", "a token was made",
              log_text("token_id", request->token->id), log_text("by", caller_name(request)),
              log_text("scope", token_scope_name(request->token->scope)),
              log_text("tenant", request->token->tenant), log_text("name", request->token->name));
    return answer_json(server, request, HTTP_CREATED, token_to_json(request->token));
}

static gaia_status answer_token_drop(struct server *server, struct api_request *request)
{
    gaia_status status = tokens_read(server);
    const size_t n = server->n_tokens;
    if (status == GAIA_OK) {
        status = server->store->ops->token_drop(server->store, request->id, &server->error);
    }
    if (status == GAIA_OK) {
        status = tokens_read(server);
    }
    if (status != GAIA_OK) {
        return status;
    }
    if (server->n_tokens == n) {
        (void)error_set(&request->error, GAIA_NOT_FOUND, "there is no token '%.64s'", request->id);
        request->http = HTTP_NOT_FOUND;
        return GAIA_OK;
    }
    log_event(server->config.log, LOG_SECURITY, LOG_INFO, "token_revoked", "a token was revoked",
              log_text("token_id", request->id), log_text("by", caller_name(request)));
    return answer_json(server, request, HTTP_OK, json_pack("{s:s}", "id", request->id));
}

gaia_status api_answer_token(struct server *server, struct api_request *request)
{
    return request->verb == API_TOKENS      ? answer_tokens(server, request)
           : request->verb == API_TOKEN_ADD ? answer_token_add(server, request)
                                            : answer_token_drop(server, request);
}
