/* SPDX-License-Identifier: MIT
 *
 * Finding secrets in texts. The last line of defence: whoever logs a secret says so (log_secret);
 * this is for messages of libraries, and addresses and values that users wrote.
 *
 * Invariant: what looks like a secret is one; to hide too much costs less than to hide too little.
 */
#include "secret.h"

#include <ctype.h>
#include <stdbool.h>
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

/* The user and password of an address whose :// begins here. What is no port behind the first colon
 * is a password, which may hold anything up to the last @; one whose host was cut off has no @. */
static size_t address_secret(const char *text, size_t *begin)
{
    static const char ends[] = "/?#\"'<> \t\r\n"; /* the first three, of a host only */
    const char *rest = text + 3;
    size_t n = strncmp(text, "://", 3) == 0 ? strcspn(rest, ends) : 0;
    const char *port = n > 0 && rest[0] != '[' ? memchr(rest, ':', n) : NULL;
    const bool is_password = port != NULL && port + 1 + strspn(port + 1, "0123456789") != rest + n;
    n = is_password ? strcspn(rest, ends + 3) : n;
    *begin = 3;
    for (size_t i = n; i > 0; i--) {
        if (rest[i - 1] == '@') {
            return i - 1;
        }
    }
    return is_password && rest[n] == '\0' ? n : 0;
}

/* Whether this looks like the next parameter of an address. */
static bool is_parameter(const char *text)
{
    size_t n = 1;
    while (text[0] == '&' && is_word(text[n])) {
        n++;
    }
    return n > 1 && text[n] == '=';
}

/* How long a value without quotes is: to a blank that no backslash stands before, or to the next
 * parameter. */
static size_t bare_value(const char *value)
{
    size_t n = 0;
    while (value[n] != '\0' && strchr(" \t\r\n\"", value[n]) == NULL && !is_parameter(value + n)) {
        n += value[n] == '\\' && value[n + 1] != '\0' ? 2 : 1;
    }
    return n;
}

/* The value in a NAME=VALUE that begins here, at a word's start, perhaps with blanks about the
 * sign; in single quotes a backslash keeps the next one from ending it. */
static size_t value_secret(const char *text, size_t *begin)
{
    size_t n = 0;
    while (is_word(text[n])) {
        n++;
    }
    const char *sign = text + n + strspn(text + n, " ");
    if (n == 0 || *sign != '=' || !name_tells(text, n)) {
        return 0;
    }
    const char *value = sign + 1 + strspn(sign + 1, " ");
    *begin = (size_t)(value - text);
    if (*value != '\'' && *value != '"') {
        return bare_value(value);
    }
    const char quote = *value++;
    (*begin)++;
    for (n = 0; value[n] != '\0' && value[n] != quote && value[n] != '\n'; n++) {
        n += value[n] == '\\' && value[n + 1] != '\0';
    }
    return n;
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

size_t secret_find(const char *text, size_t *begin)
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

void secret_append_masked(struct text *text, const char *s)
{
    size_t begin = 0;
    size_t length = 0;
    while ((length = secret_find(s, &begin)) > 0) {
        text_append_n(text, s, begin);
        text_append(text, SECRET_MASK);
        s += begin + length;
    }
    text_append(text, s);
}
