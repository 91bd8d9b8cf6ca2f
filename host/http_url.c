/* SPDX-License-Identifier: MIT
 *
 * Addresses, as text: no request is made here.
 */
#include "http_url.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "error.h"

/* The length of "http://" or "https://" at the beginning, else 0. */
static size_t scheme_length(const char *text)
{
    static const char *const schemes[] = {"http://", "https://"};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        const size_t length = strlen(schemes[i]);
        if (strncasecmp(text, schemes[i], length) == 0) {
            return length;
        }
    }
    return 0;
}

bool http_url_is(const char *text)
{
    return scheme_length(text) > 0;
}

/* Whether the path has a part that climbs; servers decode before they look. */
static bool path_climbs(const char *path)
{
    for (const char *part = path; *part != '\0';) {
        size_t dots = 0;
        const char *at = part;
        while (*at == '.' || strncasecmp(at, "%2e", 3) == 0) {
            at += *at == '.' ? 1 : 3;
            dots++;
        }
        if ((dots == 1 || dots == 2) && (*at == '/' || *at == '\0')) {
            return true;
        }
        part += strcspn(part, "/");
        part += *part == '/';
    }
    return false;
}

gaia_status http_url_check(const char *url, gaia_error *err)
{
    const char *host = url + scheme_length(url);
    const size_t n_host = strcspn(host, "/?#");
    const char *at = memrchr(host, '@', n_host);
    if (at != NULL) {
        return error_set(err, GAIA_JOB_INVALID,
                         "an address of %.*s has a user or password in it; token_file is the place "
                         "of a secret",
                         (int)(n_host - (size_t)(at + 1 - host)), at + 1);
    }
    for (const char *c = url; *c != '\0'; c++) {
        if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f) {
            return error_set(
                err, GAIA_JOB_INVALID,
                "%s: blanks and letters beyond ASCII are percent-encoded in an address", url);
        }
    }
    if (n_host == 0 || strpbrk(host, "?#\\") != NULL) {
        return error_set(err, GAIA_JOB_INVALID, "%.*s: %s", (int)strcspn(url, "?#"), url,
                         n_host == 0 ? "an address without a host"
                                     : "an address with a query or fragment has no keys below it");
    }
    return path_climbs(host + n_host + (host[n_host] == '/'))
               ? error_set(err, GAIA_JOB_INVALID, "%s: '.' or '..' in an address", url)
               : GAIA_OK;
}

void http_url_key(const char *base, const char *key, struct text *out)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t length = strlen(base);
    while (length > 0 && base[length - 1] == '/') {
        length--;
    }
    out->length = 0;
    text_append_n(out, base, length);
    text_append(out, "/");
    for (; *key != '\0'; key++) {
        const unsigned char c = (unsigned char)*key;
        const char encoded[3] = {'%', digits[c >> 4], digits[c & 15]};
        const bool plain = c < 0x80 && (isalnum(c) != 0 || strchr("-._~/", c) != NULL);
        text_append_n(out, plain ? key : encoded, plain ? 1 : sizeof encoded);
    }
}

static enum http_reach reach_of_ipv4(uint32_t address)
{
    static const struct {
        uint32_t network;
        uint32_t bits;
        enum http_reach reach;
    } known[] = {
        {0x7f000000, 8, HTTP_SELF},     {0x00000000, 8, HTTP_SELF},
        {0xa9fe0000, 16, HTTP_LINK},    {0x0a000000, 8, HTTP_PRIVATE},
        {0xac100000, 12, HTTP_PRIVATE}, {0xc0a80000, 16, HTTP_PRIVATE},
        {0x64400000, 10, HTTP_PRIVATE},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (address >> (32 - known[i].bits) == known[i].network >> (32 - known[i].bits)) {
            return known[i].reach;
        }
    }
    return HTTP_PUBLIC;
}

enum http_reach http_reach_of(const char *address)
{
    struct in_addr v4;
    struct in6_addr v6;
    uint32_t last = 0;
    if (inet_pton(AF_INET, address, &v4) == 1) {
        return reach_of_ipv4(ntohl(v4.s_addr));
    }
    if (inet_pton(AF_INET6, address, &v6) != 1) {
        return HTTP_PUBLIC;
    }
    if (IN6_IS_ADDR_V4MAPPED(&v6)) {
        memcpy(&last, v6.s6_addr + 12, sizeof last);
        return reach_of_ipv4(ntohl(last));
    }
    return IN6_IS_ADDR_LOOPBACK(&v6) || IN6_IS_ADDR_UNSPECIFIED(&v6) ? HTTP_SELF
           : IN6_IS_ADDR_LINKLOCAL(&v6)                              ? HTTP_LINK
           : (v6.s6_addr[0] & 0xfe) == 0xfc                          ? HTTP_PRIVATE
                                                                     : HTTP_PUBLIC;
}

const char *http_url_name(const char *path, int *length)
{
    size_t end = strlen(path);
    while (end > 0 && path[end - 1] == '/') {
        end--;
    }
    size_t begin = end;
    while (begin > 0 && path[begin - 1] != '/') {
        begin--;
    }
    *length = (int)(end - begin);
    return path + begin;
}
