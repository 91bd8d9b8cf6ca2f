/* SPDX-License-Identifier: MIT
 *
 * What the answers of the scheduler's HTTP API say. Keys that are not known are passed over: the
 * scheduler may be newer than its client.
 */
#ifndef HOST_CLIENT_JSON_H
#define HOST_CLIENT_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include <gaia/client.h>

/* Sets err from an answer with an HTTP status that is no success (application/problem+json);
 * returns the status that it names. */
gaia_status client_problem(long http_status, const char *bytes, size_t length, gaia_error *err);

/* {"id"} into id, GAIA_CLIENT_ID bytes. GAIA_PROTOCOL. */
GAIA_MUST_USE gaia_status client_id_read(const char *bytes, size_t length, char *id,
                                         gaia_error *err);

/* Whether a job, as it is submitted, names a key for the queue itself. */
bool client_job_has_key(const char *bytes, size_t length);

/* The token's text into token, GAIA_CLIENT_TOKEN bytes. GAIA_PROTOCOL. */
GAIA_MUST_USE gaia_status client_token_read(const char *bytes, size_t length, char *token,
                                            gaia_error *err);

/* One job, and {"jobs": [...]}. The result is to be freed with gaia_client_jobs_free.
 * GAIA_PROTOCOL, GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status client_job_read(const char *bytes, size_t length,
                                          struct gaia_client_jobs **job, gaia_error *err);
GAIA_MUST_USE gaia_status client_jobs_read(const char *bytes, size_t length,
                                           struct gaia_client_jobs **jobs, gaia_error *err);

#endif
