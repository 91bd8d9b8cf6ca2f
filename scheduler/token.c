/* SPDX-License-Identifier: MIT
 *
 * Names of scopes, and tokens from random bits. Between the HTTP API, which meets tokens, and the
 * store, which keeps their hashes.
 *
 * Invariant: a token's text is never kept, logged or written anywhere but into the answer that
 * hands it out.
 */
#include "token.h"

#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "clock.h"

enum { TOKEN_BYTES = 32 };

static const char prefix[] = "gaia_"; /* so that scanners for leaked secrets know one */

_Static_assert(sizeof prefix + 2 * TOKEN_BYTES == TOKEN_TEXT, "a token's text has its place");

static const char *const scope_names[TOKEN_SCOPE_COUNT] = {
#define X(code, name) [TOKEN_##code] = (name),
    TOKEN_SCOPE_MAP(X)
#undef X
};

const char *token_scope_name(enum token_scope scope)
{
    return scope_names[scope];
}

bool token_scope_parse(const char *name, enum token_scope *scope)
{
    for (int i = 0; i < TOKEN_SCOPE_COUNT; i++) {
        if (strcmp(name, scope_names[i]) == 0) {
            *scope = (enum token_scope)i;
            return true;
        }
    }
    return false;
}

void token_draw(char *text)
{
    memcpy(text, prefix, sizeof prefix);
    random_hex(text + sizeof prefix - 1, TOKEN_BYTES);
}

bool token_hash(const char *text, char *hash)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned bytes = 0;
    hash[0] = '\0';
    if (EVP_Digest(text, strlen(text), digest, &bytes, EVP_sha256(), NULL) != 1) {
        return false;
    }
    for (unsigned i = 0; i < bytes && 2 * i + 2 < TOKEN_HASH; i++) {
        (void)snprintf(hash + (size_t)2 * i, 3, "%02x", digest[i]);
    }
    return true;
}
