/* SPDX-License-Identifier: MIT
 *
 * The table of token_table.h: an array under a lock, TOKENS_MAX at most, so that walking through
 * all of it costs less than the request's own parsing.
 *
 * Invariant: the array is replaced as a whole; a reader sees the one before or the one after.
 */
#include "token_table.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "proof.h"

struct token_table {
    pthread_rwlock_t lock;
    const char *secret;
    struct token_record *tokens; /* [n] */
    size_t n;
    bool is_known;
};

gaia_status token_table_open(const char *secret, struct token_table **opened, gaia_error *err)
{
    struct token_table *table = calloc(1, sizeof *table);
    if (table == NULL) {
        return error_memory(err, sizeof *table);
    }
    (void)pthread_rwlock_init(&table->lock, NULL);
    table->secret = secret;
    *opened = table;
    return GAIA_OK;
}

void token_table_free(struct token_table *table)
{
    if (table != NULL) {
        (void)pthread_rwlock_destroy(&table->lock);
        free(table->tokens);
        free(table);
    }
}

static void table_replace(struct token_table *table, struct token_record *tokens, size_t n,
                          bool is_known)
{
    (void)pthread_rwlock_wrlock(&table->lock);
    struct token_record *old = table->tokens;
    table->tokens = tokens;
    table->n = n;
    table->is_known = is_known;
    (void)pthread_rwlock_unlock(&table->lock);
    free(old);
}

void token_table_set(struct token_table *table, struct token_record *tokens, size_t n)
{
    table_replace(table, tokens, n, true);
}

void token_table_doubt(struct token_table *table)
{
    (void)pthread_rwlock_wrlock(&table->lock);
    table->is_known = false;
    (void)pthread_rwlock_unlock(&table->lock);
}

void token_table_remember(struct token_table *table, struct token_record *tokens, size_t n)
{
    table_replace(table, tokens, n, false);
}

static bool token_is_over(const struct token_record *token, int64_t wall_ms)
{
    return token->expires_ms != 0 && wall_ms >= token->expires_ms;
}

static enum token_found caller_of(const struct token_record *token, int64_t wall_ms,
                                  struct caller *caller)
{
    if (token_is_over(token, wall_ms)) {
        return TOKEN_EXPIRED;
    }
    *caller = (struct caller){.scope = token->scope};
    record_id_copy(caller->id, token->id);
    record_tenant_copy(caller->tenant, token->tenant);
    return TOKEN_GOOD;
}

enum token_found token_table_find(struct token_table *table, const char *text, int64_t wall_ms,
                                  struct caller *caller)
{
    char hash[TOKEN_HASH];
    const struct token_record *found = NULL;
    if (proof_equal(table->secret, text)) {
        *caller = (struct caller){.scope = TOKEN_ADMIN};
        return TOKEN_GOOD;
    }
    if (!token_hash(text, hash)) {
        return TOKEN_WRONG; /* an empty hash equals nothing: a failure denies */
    }
    (void)pthread_rwlock_rdlock(&table->lock);
    for (size_t i = 0; i < table->n; i++) {
        found = proof_equal(table->tokens[i].hash, hash) ? &table->tokens[i] : found;
    }
    enum token_found outcome = table->is_known ? TOKEN_WRONG : TOKEN_UNSURE;
    if (found != NULL && table->is_known) {
        outcome = caller_of(found, wall_ms, caller);
    } else if (found != NULL && caller_of(found, wall_ms, caller) == TOKEN_GOOD) {
        outcome = TOKEN_OLD;
    }
    (void)pthread_rwlock_unlock(&table->lock);
    return outcome;
}

bool token_table_holds(struct token_table *table, const struct caller *caller, int64_t wall_ms)
{
    bool holds = caller->id[0] == '\0'; /* who has the secret */
    (void)pthread_rwlock_rdlock(&table->lock);
    for (size_t i = 0; i < table->n && !holds; i++) {
        holds = strcmp(table->tokens[i].id, caller->id) == 0 &&
                !token_is_over(&table->tokens[i], wall_ms);
    }
    (void)pthread_rwlock_unlock(&table->lock);
    return holds;
}
