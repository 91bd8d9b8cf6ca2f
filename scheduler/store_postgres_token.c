/* SPDX-License-Identifier: MIT
 *
 * The PostgreSQL store keeps tokens of the HTTP API, so that every scheduler of a database knows
 * them. Behind store.h, beside store_postgres.c.
 *
 * Invariant: of a token there is its hash only.
 */
#include "store_postgres.h"

#include <stdio.h>

#include "error.h"

gaia_status pg_token_add(struct store *base, const struct token_record *token, gaia_error *err)
{
    return pg_write(postgres_of(base), PG_TOKEN_ADD, err, "sssssii", token->id, token->name,
                    token->hash, token_scope_name(token->scope), token->tenant, token->created_ms,
                    token->expires_ms);
}

gaia_status pg_token_drop(struct store *base, const char *id, gaia_error *err)
{
    return pg_write(postgres_of(base), PG_TOKEN_DROP, err, "s", id);
}

static gaia_status token_read(const PGresult *rows, int row, struct token_record *token,
                              gaia_error *err)
{
    *token = (struct token_record){.created_ms = pg_int(rows, row, 5),
                                   .expires_ms = pg_int(rows, row, 6)};
    record_id_copy(token->id, PQgetvalue(rows, row, 0));
    record_name_copy(token->name, PQgetvalue(rows, row, 1));
    (void)snprintf(token->hash, sizeof token->hash, "%s", PQgetvalue(rows, row, 2));
    record_tenant_copy(token->tenant, PQgetvalue(rows, row, 4));
    return token_scope_parse(PQgetvalue(rows, row, 3), &token->scope)
               ? GAIA_OK
               : error_set(err, GAIA_STORE, "the database holds a damaged token");
}

gaia_status pg_tokens_list(struct store *base, const struct store_visitor *visitor, gaia_error *err)
{
    PGresult *rows = NULL;
    struct token_record token;
    gaia_status status = pg_read(postgres_of(base), PG_TOKENS_READ, &rows, err, "");
    const int n = status == GAIA_OK ? PQntuples(rows) : 0;
    for (int i = 0; status == GAIA_OK && i < n; i++) {
        status = token_read(rows, i, &token, err);
        if (status == GAIA_OK) {
            visitor->token(visitor->context, &token);
        }
    }
    PQclear(rows);
    return status;
}
