/* SPDX-License-Identifier: MIT
 *
 * The content hash of a source: whoever has the same fields has the same hash, in whatever files
 * (CONTENT_HASH.md).
 */
#ifndef HOST_CONTENT_HASH_H
#define HOST_CONTENT_HASH_H

#include <stddef.h>

#include <jansson.h>

#include <gaia/status.h>

#include "catalog.h"
#include "content_form.h"
#include "field_walk.h"
#include "source_request.h"

/* Reads and hashes what the request selects, a field at a time on each thread. *document, the
 * caller's reference, is {"schema": "gaia.content/1", "hash": "gaia-content/1 sha256:...", "role",
 * "n_fields", "grid": {"n_lat", "n_lon", "sha256"}, "variables": [names], "fields": [{"variable",
 * "level", "time" | "hour", "lead", "sha256"}] if asked for}. A level, lead time or time that is
 * named must be there: GAIA_LEVEL_MISSING, GAIA_LEAD_MISSING, GAIA_TIME_MISSING; else fails as
 * field_walk_open and field_walk_run do. One call at a time per process. */
GAIA_MUST_USE gaia_status content_hash(const struct source_request *request,
                                       const struct walk_options *options, json_t **document,
                                       gaia_error *err);

/* The hash of the fields entries[i] of a catalog whose hashes are digests[i]
 * [n][CONTENT_DIGEST], in any order. text [CONTENT_HASH_TEXT]. GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status content_hash_set(struct content_hasher *hasher,
                                           const struct catalog *catalog, const size_t *entries,
                                           const unsigned char *digests, size_t n,
                                           const unsigned char *grid_digest, char *text,
                                           gaia_error *err);

/* The key of a catalog's entry. Its name is borrowed from the catalog. */
struct content_key content_key_of(const struct catalog *catalog, const struct catalog_entry *entry);

/* The hashers of a walk, one a thread. */
struct content_crew {
    size_t n;
    struct content_hasher **hashers;
};
GAIA_MUST_USE gaia_status content_crew_open(size_t n, struct content_crew *crew, gaia_error *err);
void content_crew_close(struct content_crew *crew);

#endif
