/* SPDX-License-Identifier: MIT
 *
 * How many requests the HTTP API takes, of an address, a token and a tenant. For http_api.c and
 * http_body.c.
 *
 * What is too much is answered with 429 and, in Retry-After, the seconds after which it will not
 * be. The local admin's token has no limit of its own; addresses are those of the sockets, and no
 * header is believed about them.
 */
#ifndef HTTP_LIMITS_H
#define HTTP_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <microhttpd.h>

#include <gaia/status.h>

#include "http_connections.h"
#include "log.h"
#include "metrics.h"
#include "token_table.h"

struct http_limits;

struct http_limits_config {
    uint64_t address_rate;   /* requests a second; 0: without limit, here and below */
    uint64_t token_rate;     /* the same */
    uint64_t tenant_rate;    /* submissions a minute */
    struct metrics *metrics; /* where refusals are counted; NULL: nowhere; borrowed */
    const struct log *log;   /* where they are told; borrowed */
};

/* GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status http_limits_open(const struct http_limits_config *config,
                                           struct http_limits **limits, gaia_error *err);
/* NULL is allowed. */
void http_limits_close(struct http_limits *limits);

/* Each: whether one more may be taken; false, and it is answered (*result), if not. */
bool http_limits_address(struct http_limits *limits, const struct http_connection *from,
                         struct MHD_Connection *connection, enum MHD_Result *result);
bool http_limits_token(struct http_limits *limits, const struct caller *caller,
                       struct MHD_Connection *connection, enum MHD_Result *result);
bool http_limits_tenant(struct http_limits *limits, const char *tenant,
                        struct MHD_Connection *connection, enum MHD_Result *result);

#endif
