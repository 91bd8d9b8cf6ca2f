/* SPDX-License-Identifier: MIT
 *
 * How the bytes of a source are come by: over HTTP(S) with what token, and against which manifest
 * they are checked.
 *
 * Invariant: where a source has a manifest, nothing of it is decoded that does not agree with it.
 */
#ifndef HOST_SOURCE_ACCESS_H
#define HOST_SOURCE_ACCESS_H

#include <stddef.h>

#include <gaia/array.h>
#include <gaia/job.h>
#include <gaia/status.h>

#include "http.h"
#include "manifest.h"
#include "reader.h"
#include "zarr_store.h"

struct source_access {
    struct http_origin origin;       /* its texts are borrowed, but for the token */
    struct http_pool *pool;          /* borrowed; NULL: no address can be opened */
    const struct manifest *manifest; /* NULL: nothing is checked */
    size_t n_datasets;               /* of format "array" (reader_array.h); borrowed */
    const struct gaia_dataset *datasets;
    const struct http_limits *limits; /* of a pool that is opened; NULL: http_limits_default */
};

struct source_access_node;

/* Those of a job's sources, and the connections that they share. Zeroed, it is empty. */
struct source_accesses {
    struct source_access_node *first;
    struct http_pool *pool;
    http_cancelled *cancelled; /* ends what is waited for: source_accesses_watch */
    const void *cancelled_context;
    struct source_access given; /* by whoever runs the job: that of every source in memory */
};

/* As http_pool_watch, also for a pool that is opened later. */
void source_accesses_watch(struct source_accesses *accesses, http_cancelled *cancelled,
                           const void *context);

/* Nothing that was opened with one of them may be open any more. */
void source_accesses_fini(struct source_accesses *accesses);

/* Reads the manifest and the token of a source, once for all that name the same. The token goes to
 * the place that the token file names and to no other (a line "https://HOST:PORT TOKEN"). *access
 * stays NULL where it needs none: it has files alone and no manifest; else it is valid until
 * source_accesses_fini. GAIA_JOB_INVALID (an array with a manifest; an address, or a token file
 * that holds none), GAIA_DENIED (an address that the token is not for), the errors of file_read,
 * manifest_parse, manifest_pinned and http_request_wait. */
GAIA_MUST_USE gaia_status source_access_get(struct source_accesses *accesses,
                                            const struct gaia_source *source,
                                            const struct source_access **access, gaia_error *err);

/* Opens path with this reader; access may be NULL. A file of a format other than Zarr is held
 * against the manifest first, under its name. GAIA_FORMAT_UNSUPPORTED: an address of such a file.
 * The errors of the reader and of manifest_check_file. */
GAIA_MUST_USE gaia_status source_open(const struct reader_ops *ops, const char *path,
                                      const struct source_access *access, struct reader **reader,
                                      gaia_error *err);

/* Opens the store behind the address. As zarr_store_open_http. */
GAIA_MUST_USE gaia_status source_store_open(const char *url, const struct source_access *access,
                                            struct zarr_store **store, gaia_error *err);

#endif
