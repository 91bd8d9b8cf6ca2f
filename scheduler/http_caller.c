/* SPDX-License-Identifier: MIT
 *
 * From the Authorization header to a caller. Runs on libmicrohttpd's thread.
 *
 * Invariant: what is not known to be allowed is refused, without waiting for anything; a token is
 * never quoted.
 */
#include "http_caller.h"

#include <string.h>

#include "clock.h"
#include "error.h"
#include "http_request.h"
#include "http_respond.h"

/* The text of the bearer token; NULL: there is none. */
static const char *bearer_text(struct MHD_Connection *connection)
{
    static const char scheme[] = "Bearer ";
    const char *value =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);
    return value != NULL && strncasecmp(value, scheme, strlen(scheme)) == 0 ? value + strlen(scheme)
                                                                            : NULL;
}

bool http_caller_find(const struct http_api_config *config, struct MHD_Connection *connection,
                      bool may_be_old, struct caller *caller, enum MHD_Result *result)
{
    const char *text = bearer_text(connection);
    char peer[HTTP_PEER];
    gaia_error error = {0};
    const enum token_found found =
        text != NULL ? token_table_find(config->tokens, text, clock_realtime_ms(), caller)
                     : TOKEN_WRONG;
    if (found == TOKEN_GOOD || (found == TOKEN_OLD && may_be_old)) {
        return true;
    }
    if (found == TOKEN_UNSURE || found == TOKEN_OLD) {
        (void)error_set(&error, GAIA_UNREACHABLE,
                        "tokens are not known here: another scheduler leads, or the database is "
                        "away");
        *result = http_refuse(connection, HTTP_UNAVAILABLE, NULL, &error);
        return false;
    }
    (void)error_set(&error, GAIA_DENIED, "the bearer token %s",
                    found == TOKEN_EXPIRED ? "has expired" : "is missing or wrong");
    http_peer(connection, peer);
    log_event(config->log, LOG_SECURITY | LOG_OFTEN, LOG_WARNING, "token_refused",
              "a request without a good token was refused", log_text("address", peer),
              log_text("why", error.detail));
    *result = http_refuse(connection, HTTP_UNAUTHORIZED, NULL, &error);
    return false;
}

bool http_caller_check(const struct http_api_config *config, const struct caller *caller,
                       enum route_access access, struct MHD_Connection *connection,
                       enum MHD_Result *result)
{
    char peer[HTTP_PEER];
    gaia_error error = {0};
    if (route_allows(access, caller)) {
        return true;
    }
    (void)error_set(&error, GAIA_DENIED, "the scope %s is wanted; this token has %s%s%s",
                    route_access_name(access), token_scope_name(caller->scope),
                    caller->tenant[0] != '\0' ? ", of tenant " : "", caller->tenant);
    http_peer(connection, peer);
    log_event(config->log, LOG_SECURITY | LOG_OFTEN, LOG_WARNING, "scope_refused",
              "a request beyond its token's scope was refused", log_text("address", peer),
              log_text("token_id", caller->id), log_text("why", error.detail));
    *result = http_refuse(connection, HTTP_FORBIDDEN, NULL, &error);
    return false;
}
