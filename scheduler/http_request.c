/* SPDX-License-Identifier: MIT
 *
 * Headers that say how a request ends, and queries. Runs on libmicrohttpd's thread.
 *
 * Invariant: a request passes only if every server and proxy would agree where it ends.
 */
#include "http_request.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "error.h"
#include "http_query.h"
#include "http_respond.h"

void http_peer(struct MHD_Connection *connection, char out[HTTP_PEER])
{
    const union MHD_ConnectionInfo *from =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *address = from != NULL ? from->client_addr : NULL;
    const socklen_t bytes = address != NULL && address->sa_family == AF_INET6
                                ? sizeof(struct sockaddr_in6)
                                : sizeof(struct sockaddr_in);
    if (address == NULL ||
        getnameinfo(address, bytes, out, HTTP_PEER, NULL, 0, NI_NUMERICHOST) != 0) {
        (void)snprintf(out, HTTP_PEER, "unknown");
    }
}

/* Lengths have at most so many digits: far beyond any limit, and no overflow. */
enum { LENGTH_DIGITS = 18 };

/* The headers that matter here, and how often each came. A name that is none, such as one with a
 * blank before its colon, is what one reader takes for a header and another does not. */
struct framing {
    const char *length;
    const char *encoding;
    unsigned n_lengths;
    unsigned n_encodings;
    unsigned n_hosts;
    bool has_bad_name;
};

static enum MHD_Result framing_look(void *context, enum MHD_ValueKind kind, const char *key,
                                    const char *value)
{
    static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "!#$%&'*+-.^_`|~";
    struct framing *framing = context;
    (void)kind;
    framing->has_bad_name =
        framing->has_bad_name || key[0] == '\0' || key[strspn(key, letters)] != '\0';
    framing->n_hosts += strcasecmp(key, MHD_HTTP_HEADER_HOST) == 0;
    if (strcasecmp(key, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0) {
        framing->length = value != NULL ? value : "";
        framing->n_lengths++;
    } else if (strcasecmp(key, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0) {
        framing->encoding = value != NULL ? value : "";
        framing->n_encodings++;
    }
    return MHD_YES;
}

static struct framing framing_read(struct MHD_Connection *connection)
{
    struct framing framing = {0};
    (void)MHD_get_connection_values(connection, MHD_HEADER_KIND, framing_look, &framing);
    return framing;
}

bool http_framing_check(struct MHD_Connection *connection, enum MHD_Result *result)
{
    const struct framing framing = framing_read(connection);
    gaia_error error = {0};
    if (framing.has_bad_name || framing.n_hosts > 1) {
        (void)error_set(&error, GAIA_USAGE, "%s",
                        framing.has_bad_name ? "a header's name is none" : "one Host is wanted");
    } else if (framing.n_lengths + framing.n_encodings > 1) {
        (void)error_set(&error, GAIA_USAGE,
                        "one of Content-Length and Transfer-Encoding is "
                        "wanted, once");
    } else if (framing.encoding != NULL && strcasecmp(framing.encoding, "chunked") != 0) {
        (void)error_set(&error, GAIA_USAGE, "of transfer encodings only chunked is known");
    } else if (framing.length != NULL &&
               (framing.length[0] == '\0' || strlen(framing.length) > LENGTH_DIGITS ||
                framing.length[strspn(framing.length, "0123456789")] != '\0')) {
        (void)error_set(&error, GAIA_USAGE, "Content-Length is not a number of bytes");
    }
    if (error.status != GAIA_OK) {
        *result = http_refuse_last(connection, HTTP_BAD_REQUEST, &error);
    }
    return error.status == GAIA_OK;
}

enum MHD_Result http_refuse_body(struct MHD_Connection *connection, size_t body_bytes_max)
{
    gaia_error error = {0};
    (void)error_set(&error, GAIA_LIMIT, "a body of at most %zu bytes is wanted", body_bytes_max);
    return http_refuse_last(connection, HTTP_TOO_LARGE, &error);
}

bool http_request_check(struct MHD_Connection *connection, const struct route *route,
                        size_t body_bytes_max, enum MHD_Result *result)
{
    const struct framing framing = framing_read(connection);
    const uint64_t length = framing.length != NULL ? strtoull(framing.length, NULL, 10) : 0;
    char field[GAIA_ERROR_DETAIL];
    gaia_error error = {0};
    if (!route_has_body(route->verb) && (framing.encoding != NULL || length != 0)) {
        (void)error_set(&error, GAIA_USAGE, "no body is wanted");
        *result = http_refuse_last(connection, HTTP_BAD_REQUEST, &error);
        return false;
    }
    if (length > body_bytes_max) {
        *result = http_refuse_body(connection, body_bytes_max);
        return false;
    }
    if (query_check(connection, route->verb, field, &error) != GAIA_OK) {
        *result = http_refuse(connection, HTTP_BAD_REQUEST, field, &error);
        return false;
    }
    return true;
}
