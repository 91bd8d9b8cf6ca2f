/* SPDX-License-Identifier: MIT
 *
 * The embedded store keeps tokens of the HTTP API. Behind store.h, beside store_sqlite.c.
 *
 * Invariant: of a token there is its hash only.
 */
#include "store_sqlite.h"

#include <stdio.h>

#include "error.h"

gaia_status sqlite_token_add(struct store *base, const struct token_record *token, gaia_error *err)
{
    return sqlite_run(sqlite_of(base), SQL_TOKEN_ADD, err, "sssssii", token->id, token->name,
                      token->hash, token_scope_name(token->scope), token->tenant, token->created_ms,
                      token->expires_ms);
}

gaia_status sqlite_token_drop(struct store *base, const char *id, gaia_error *err)
{
    return sqlite_run(sqlite_of(base), SQL_TOKEN_DROP, err, "s", id);
}

static gaia_status token_take(sqlite3_stmt *row, const struct store_visitor *visitor,
                              gaia_error *err)
{
    struct token_record token = {.created_ms = sqlite3_column_int64(row, 5),
                                 .expires_ms = sqlite3_column_int64(row, 6)};
    record_id_copy(token.id, sqlite_text(row, 0));
    record_name_copy(token.name, sqlite_text(row, 1));
    (void)snprintf(token.hash, sizeof token.hash, "%s", sqlite_text(row, 2));
    record_tenant_copy(token.tenant, sqlite_text(row, 4));
    if (!token_scope_parse(sqlite_text(row, 3), &token.scope)) {
        return error_set(err, GAIA_STORE, "the database holds a damaged token");
    }
    visitor->token(visitor->context, &token);
    return GAIA_OK;
}

gaia_status sqlite_tokens_list(struct store *base, const struct store_visitor *visitor,
                               gaia_error *err)
{
    sqlite3_stmt *statement = NULL;
    const gaia_status status = sqlite_bind(sqlite_of(base), SQL_TOKENS_READ, &statement, err, "");
    return status == GAIA_OK ? sqlite_rows(sqlite_of(base), statement, token_take, visitor, err)
                             : status;
}
