/* SPDX-License-Identifier: MIT
 *
 * A session: the open sources of one job, and what is laid out for its grid when the first sums are
 * asked for: regions and weights on the device, works, slots for fields. It stays from one call of
 * the engine to the next with the same job, and with it the truth and climatology in its slots.
 *
 * Invariant: what it allocates for data is bounded by what it is given to divide, on the host and
 * on a device with a memory of its own.
 */
#ifndef HOST_SESSION_H
#define HOST_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gaia/job.h>
#include <gaia/status.h>

#include "arena.h"
#include "backend.h"
#include "field_pool.h"
#include "plan.h"
#include "plane_store.h"
#include "region.h"
#include "sources.h"

/* Shares of the host's memory: decoded chunks of open files; a call's rows of moments; error maps,
 * where a plan has any. */
enum { CHUNK_SHARE = 4, ROWS_SHARE = 16, MAPS_SHARE = 4 };

/* What sums, and what memory there is to divide. */
struct session_resources {
    const struct backend_ops *ops;
    struct backend *backend;
    unsigned n_threads;    /* of a device that is the host itself */
    uint64_t memory_bytes; /* of the host */
};

struct session {
    struct gaia_job *job; /* a copy: the caller's may go away between calls */
    struct sources sources;
    struct session_resources resources;
    bool is_laid_out;
    struct arena arena;
    struct region_set regions;
    struct plane_store planes;   /* those that the regions need */
    const struct layout *layout; /* the host's copy */
    struct backend_buffer layout_buffer;
    size_t n_works;
    struct backend_work **works;
    size_t work_tiles; /* room of each work */
    size_t work_forecasts;
    size_t tile_forecasts;
    struct field_pool pool;
    void *raw; /* one field as a file stores it */
    size_t raw_bytes;
    void *spare; /* one field as placed, where the climatology is interpolated; else NULL */
    size_t spare_bytes;
};

/* Opens the sources of a job, of which files_open_max files stay open; names as sources_open takes
 * them. Fails as gaia_job_parse and sources_open do. */
GAIA_MUST_USE gaia_status session_open(const struct gaia_job *job,
                                       const struct source_access *given, const char *const *names,
                                       size_t n_names, size_t files_open_max,
                                       struct session **session, gaia_error *err);
void session_close(struct session *session);

/* Lays out what the sums of this plan need, unless that was done. GAIA_LIMIT if the memory does not
 * hold it, GAIA_OUT_OF_MEMORY if the device's does not, however little is summed at a time;
 * GAIA_DEVICE; GAIA_PROTOCOL, GAIA_USAGE and others for a plan that does not fit the sources. */
GAIA_MUST_USE gaia_status session_lay_out(struct session *session,
                                          const struct session_resources *resources,
                                          const struct plan *plan, gaia_error *err);

#endif
