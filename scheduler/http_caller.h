/* SPDX-License-Identifier: MIT
 *
 * Who sends a request, and whether it may. For http_api.c.
 */
#ifndef HTTP_CALLER_H
#define HTTP_CALLER_H

#include <microhttpd.h>

#include "http_api.h"
#include "http_route.h"

/* Finds out whose the bearer token is. False, and it is answered (401; 503 while tokens are not
 * known, since another scheduler leads or the database is away), if that is nobody's. may_be_old: a
 * token that was good when tokens were last known will do. */
bool http_caller_find(const struct http_api_config *config, struct MHD_Connection *connection,
                      bool may_be_old, struct caller *caller, enum MHD_Result *result);

/* Whether the caller has what the route wants; false, and it is answered (403), if not. */
bool http_caller_check(const struct http_api_config *config, const struct caller *caller,
                       enum route_access access, struct MHD_Connection *connection,
                       enum MHD_Result *result);

#endif
