/* SPDX-License-Identifier: MIT
 *
 * The tokens that are good now, in memory: the loop puts in what the store holds, the HTTP API's
 * threads look callers up. The local admin's token, the state directory's secret, is always in it.
 *
 * Invariant: a caller is found only through a comparison that takes the same time wherever two
 * texts differ, over all tokens each time.
 */
#ifndef TOKEN_TABLE_H
#define TOKEN_TABLE_H

#include <stddef.h>

#include <gaia/status.h>

#include "token.h"

struct token_table;

/* Who sends a request. */
struct caller {
    char id[RECORD_ID]; /* of the token; "": the local admin's */
    enum token_scope scope;
    char tenant[RECORD_TENANT]; /* "": bound to none */
};

enum token_found {
    TOKEN_GOOD,
    TOKEN_WRONG,
    TOKEN_EXPIRED,
    TOKEN_OLD,    /* good when the store was last read, which may be while ago: below */
    TOKEN_UNSURE, /* the store was not read yet, or another scheduler leads: it cannot be said */
};

/* secret is borrowed for the table's life. GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status token_table_open(const char *secret, struct token_table **table,
                                           gaia_error *err);
/* NULL is allowed. */
void token_table_free(struct token_table *table);

/* The store's tokens [n], taken over (free), in the place of all that were there. Thread-safe. */
void token_table_set(struct token_table *table, struct token_record *tokens, size_t n);
/* From now on no more is known than the secret: another scheduler may revoke what is there, which
 * is only remembered. Thread-safe. */
void token_table_doubt(struct token_table *table);
/* As token_table_set, but of a scheduler that does not lead: doubtful from the start. */
void token_table_remember(struct token_table *table, struct token_record *tokens, size_t n);

/* Who has the token of this text at this time (since 1970). *caller is written if it is GOOD or
 * OLD. Thread-safe. */
enum token_found token_table_find(struct token_table *table, const char *text, int64_t wall_ms,
                                  struct caller *caller);

/* Whether a caller that was found earlier still has a token at this time. Thread-safe. */
bool token_table_holds(struct token_table *table, const struct caller *caller, int64_t wall_ms);

#endif
