/* SPDX-License-Identifier: MIT
 *
 * Where a text gives a secret away. The last line of defence: whoever logs a secret says so
 * (log_secret); this is for messages of libraries and addresses that users wrote.
 *
 * Invariant: what looks like a secret is one; to hide too much costs less than to hide too little.
 */
#include "log_line.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { CREDENTIAL_BYTES_MIN = 8, TOKEN_DIGITS_MIN = 16 };

static bool is_word(char c)
{
    return isalnum((unsigned char)c) != 0 || c == '_' || c == '-';
}

/* Whether a name of n bytes has a word that tells of a secret. */
static bool name_tells(const char *name, size_t n)
{
    static const char *const words[] = {"password", "passwd",    "passphrase", "secret",
                                        "token",    "signature", "credential", "apikey",
                                        "api_key",  "api-key",   "access_key"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const size_t length = strlen(words[i]);
        for (size_t at = 0; at + length <= n; at++) {
            if (strncasecmp(name + at, words[i], length) == 0) {
                return true;
            }
        }
    }
    return n == 3 && strncasecmp(name, "sig", n) == 0;
}

/* The user and password of an address whose :// begins here. One without its host, as in a text
 * that was cut, is known by a port that is none. */
static size_t address_secret(const char *text, size_t *begin)
{
    const char *rest = text + 3;
    const size_t n = strncmp(text, "://", 3) == 0 ? strcspn(rest, "/?#\"'<> \t\r\n") : 0;
    const char *port = n > 0 && rest[0] != '[' ? memchr(rest, ':', n) : NULL;
    *begin = 3;
    for (size_t i = n; i > 0; i--) {
        if (rest[i - 1] == '@') {
            return i - 1;
        }
    }
    return port != NULL && rest[n] == '\0' && port[1 + strspn(port + 1, "0123456789")] != '\0' ? n
                                                                                               : 0;
}

/* The value in a NAME=VALUE that begins here, at a word's start. */
static size_t value_secret(const char *text, size_t *begin)
{
    size_t n = 0;
    while (is_word(text[n])) {
        n++;
    }
    if (n == 0 || text[n] != '=' || !name_tells(text, n)) {
        return 0;
    }
    *begin = n + 1;
    const char quote = text[n + 1];
    if (quote == '\'' || quote == '"') {
        const char end[] = {quote, '\n', '\0'};
        *begin = n + 2;
        return strcspn(text + n + 2, end);
    }
    return strcspn(text + n + 1, "&;, \t\r\n\"'<>)");
}

/* What an Authorization header that begins here has behind its scheme. */
static size_t header_secret(const char *text, size_t *begin)
{
    static const char *const schemes[] = {"Bearer ", "Basic "};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        const size_t length = strlen(schemes[i]);
        if (strncasecmp(text, schemes[i], length) == 0) {
            const size_t n = strcspn(text + length, " \t\r\n\"'<>,;");
            *begin = length;
            return n >= CREDENTIAL_BYTES_MIN ? n : 0;
        }
    }
    return 0;
}

/* A token as token_draw makes it. */
static size_t token_secret(const char *text, size_t *begin)
{
    static const char prefix[] = "gaia_";
    const size_t length = sizeof prefix - 1;
    const size_t n =
        strncmp(text, prefix, length) == 0 ? strspn(text + length, "0123456789abcdefABCDEF") : 0;
    *begin = 0;
    return n >= TOKEN_DIGITS_MIN ? length + n : 0;
}

size_t log_secret_find(const char *text, size_t *begin)
{
    static size_t (*const rules[])(const char *, size_t *) = {header_secret, value_secret,
                                                              token_secret};
    for (size_t at = 0; text[at] != '\0'; at++) {
        size_t n = address_secret(text + at, begin);
        const bool is_start = at == 0 || !is_word(text[at - 1]);
        for (size_t i = 0; n == 0 && is_start && i < sizeof rules / sizeof *rules; i++) {
            n = rules[i](text + at, begin);
        }
        if (n > 0) {
            *begin += at;
            return n;
        }
    }
    return 0;
}
