/* SPDX-License-Identifier: MIT
 *
 * What a path and a method of the HTTP API ask for, and who may ask: one table. For http_api.c.
 */
#ifndef HTTP_ROUTE_H
#define HTTP_ROUTE_H

#include "api.h"

/* What a route wants of a caller; token.h says what each scope may do. */
enum route_access {
    ROUTE_ADMIN,
    ROUTE_SUBMIT,
    ROUTE_READ,     /* with a token that is bound to a tenant: of that tenant's */
    ROUTE_READ_ALL, /* the same, but it is about all tenants: not for a token that is bound to one
                     */
    ROUTE_OPEN,     /* no token */
};

struct route {
    enum api_verb verb;
    enum route_access access;
    char id[RECORD_NAME]; /* that stands in the path; "" where none does */
    char allow[32];       /* methods that a path has which lacks the one asked for: "GET, POST" */
};

/* Finds the route; HEAD is GET. 0, or the HTTP status that says why there is none. */
unsigned route_find(const char *path, const char *method, struct route *route);

/* Whether the caller has what the route wants, and that in words. */
bool route_allows(enum route_access access, const struct caller *caller);
const char *route_access_name(enum route_access access);

/* Whether a request of this verb has a body. */
bool route_has_body(enum api_verb verb);

#endif
