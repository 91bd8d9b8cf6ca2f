/* SPDX-License-Identifier: MIT
 *
 * SIGHUP: the HTTP API's certificate was renewed. For main_scheduler.c.
 *
 * Invariant: the signal is blocked in every thread before the first one starts.
 */
#ifndef RENEW_H
#define RENEW_H

#include <gaia/status.h>

#include "http_api.h"

struct renewer;

/* Starts a thread that hands each SIGHUP, which must be blocked, to http_api_renew. GAIA_LIMIT (no
 * descriptor, no thread), GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status renewer_open(struct http_api *api, struct renewer **renewer,
                                       gaia_error *err);
/* Before http_api_close. NULL is allowed. */
void renewer_close(struct renewer *renewer);

#endif
