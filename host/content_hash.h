/* SPDX-License-Identifier: MIT
 *
 * The content hash of a source: whoever has the same fields has the same hash, in whatever files
 * (CONTENT_HASH.md).
 */
#ifndef HOST_CONTENT_HASH_H
#define HOST_CONTENT_HASH_H

#include <jansson.h>

#include <gaia/status.h>

#include "source_request.h"
#include "walk_options.h"

/* Reads and hashes what the request selects, a field at a time on each thread. *document, the
 * caller's reference, is {"schema": "gaia.content/1", "hash": "gaia-content/1 sha256:...", "role",
 * "n_fields", "grid": {"n_lat", "n_lon", "sha256"}, "variables": [names], "fields": [{"variable",
 * "level", "time" | "hour", "lead", "sha256"}] if asked for}. A level, lead time or time that is
 * named must be there: GAIA_LEVEL_MISSING, GAIA_LEAD_MISSING, GAIA_TIME_MISSING; else fails as
 * field_walk_open and field_walk_run do. One call at a time per process. */
GAIA_MUST_USE gaia_status content_hash(const struct source_request *request,
                                       const struct walk_options *options, json_t **document,
                                       gaia_error *err);

#endif
