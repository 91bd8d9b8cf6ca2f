/* SPDX-License-Identifier: MIT
 *
 * Tokens of the HTTP API: who may do what. A token is 256 bits from the system's random source,
 * written as "gaia_" and 64 hexadecimal digits; only its SHA-256 is kept. That is enough: nobody
 * guesses 256 random bits, so a slow or salted hash, which passwords need, would protect nothing
 * more and cost every request.
 *
 * Scopes are a ladder: `read` sees jobs, scores and profiles; `submit` may also submit, cancel and
 * replay jobs; `admin` may do everything. A token that is bound to a tenant sees and makes jobs of
 * that tenant only, and nothing that is about the scheduler as a whole.
 */
#ifndef TOKEN_H
#define TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "record.h"

/* Bytes, with the NUL, of a token's text, and of the hexadecimal SHA-256 of one; tokens that may be
 * kept at most. */
enum { TOKEN_TEXT = 70, TOKEN_HASH = 65, TOKENS_MAX = 1000 };

/* X(code, name). Admin is 0, so that what was left out is the operator's alone. The names are part
 * of the store's format and of the HTTP API. */
#define TOKEN_SCOPE_MAP(X)                                                                         \
    X(ADMIN, "admin")                                                                              \
    X(SUBMIT, "submit")                                                                            \
    X(READ, "read")

enum token_scope {
#define X(code, name) TOKEN_##code,
    TOKEN_SCOPE_MAP(X)
#undef X
        TOKEN_SCOPE_COUNT
};

struct token_record {
    char id[RECORD_ID];
    char name[RECORD_NAME]; /* for people */
    char hash[TOKEN_HASH];
    enum token_scope scope;
    char tenant[RECORD_TENANT]; /* "": bound to none */
    int64_t created_ms;         /* since 1970 */
    int64_t expires_ms;         /* since 1970; 0: never */
};

const char *token_scope_name(enum token_scope scope);
/* False if there is none of that name. */
bool token_scope_parse(const char *name, enum token_scope *scope);

/* Whether `held` may do what wants `wanted`. */
static inline bool token_scope_covers(enum token_scope held, enum token_scope wanted)
{
    return held <= wanted;
}

/* Draws a token: text [TOKEN_TEXT]. */
void token_draw(char *text);

/* Writes the hash of any text, as hexadecimal digits, into hash [TOKEN_HASH]; false if it could not
 * be computed. */
bool token_hash(const char *text, char *hash);

#endif
