/* SPDX-License-Identifier: MIT
 *
 * The parameters of a query: which a route has, and reading them. For the handlers of http_api.c.
 *
 * Invariant: a parameter that a route does not know, or that comes twice where once is all there
 * may be, is refused before the route is looked at.
 */
#ifndef HTTP_QUERY_H
#define HTTP_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <microhttpd.h>

#include <gaia/status.h>

#include "api.h"
#include "arena.h"

enum { QUERY_ITEMS_MAX = 256 };

/* Whether every parameter is one that requests of this verb may have. GAIA_USAGE: field is the name
 * of one that may not be there, GAIA_ERROR_DETAIL bytes. */
GAIA_MUST_USE gaia_status query_check(struct MHD_Connection *connection, enum api_verb verb,
                                      char *field, gaia_error *err);

/* Whether the parameter is there, be it without a value. */
bool query_has(struct MHD_Connection *connection, const char *key);

/* The parameter's value; NULL if it has none, or is not there. Borrowed from the connection. */
const char *query_text(struct MHD_Connection *connection, const char *key);

/* The same; *value is NULL only if the parameter is not there. GAIA_USAGE: it has no value. */
GAIA_MUST_USE gaia_status query_value(struct MHD_Connection *connection, const char *key,
                                      const char **value, gaia_error *err);

/* So many hexadecimal digits as a number; false if the text does not begin with them. */
bool query_digits(const char *text, size_t n, uint64_t *value);

/* Every value of a parameter that may come more than once, borrowed from the connection; the array
 * lives in the arena. GAIA_USAGE (an empty one, one twice, too many), GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status query_list(struct MHD_Connection *connection, const char *key,
                                     struct arena *arena, const char *const **values,
                                     size_t *n_values, gaia_error *err);

/* The same as numbers of no more than eight digits before the point. */
GAIA_MUST_USE gaia_status query_numbers(struct MHD_Connection *connection, const char *key,
                                        struct arena *arena, double **values, size_t *n_values,
                                        gaia_error *err);

/* A whole number from 1 to most; `otherwise` if the parameter is not there. GAIA_USAGE. */
GAIA_MUST_USE gaia_status query_count(struct MHD_Connection *connection, const char *key,
                                      int64_t most, int64_t otherwise, int64_t *value,
                                      gaia_error *err);

/* One of n names, by its place; `otherwise` if the parameter is not there. GAIA_USAGE. */
GAIA_MUST_USE gaia_status query_name(struct MHD_Connection *connection, const char *key,
                                     const char *const *names, size_t n, size_t otherwise,
                                     size_t *value, gaia_error *err);

#endif
