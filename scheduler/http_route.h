/* SPDX-License-Identifier: MIT
 *
 * What a path and a method of the HTTP API ask for: one table. For http_api.c.
 */
#ifndef HTTP_ROUTE_H
#define HTTP_ROUTE_H

#include "api.h"

struct route {
    enum api_verb verb;
    char id[RECORD_NAME]; /* that stands in the path; "" where none does */
    char allow[32];       /* methods that a path has which lacks the one asked for: "GET, POST" */
};

/* Finds the route; HEAD is GET. 0, or the HTTP status that says why there is none. */
unsigned route_find(const char *path, const char *method, struct route *route);

/* Whether a request of this verb has a body. */
bool route_has_body(enum api_verb verb);

#endif
