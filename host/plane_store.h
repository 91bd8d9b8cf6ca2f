/* SPDX-License-Identifier: MIT
 *
 * The weight planes of a session, in the backend's memory.
 *
 * Invariant: a plane holds the weights that it was given, to the bit: as float32 where every one of
 * them is a float32, else as float64.
 */
#ifndef HOST_PLANE_STORE_H
#define HOST_PLANE_STORE_H

#include <stddef.h>
#include <stdint.h>

#include <gaia/field.h>
#include <gaia/status.h>

#include "backend.h"
#include "layout.h"

struct plane_store {
    const struct backend_ops *ops;
    struct backend *backend;
    size_t n_points;      /* of each plane */
    uint64_t limit_bytes; /* of all planes */
    uint64_t bytes;
    size_t n_planes;
    struct gaia_field planes[LAYOUT_PLANES_MAX]; /* as a layout_spec takes them */
    struct backend_buffer buffers[LAYOUT_PLANES_MAX];
};

/* Adds plane i, which is the next, from m [n_points]; a region_plane_taken, with the store for
 * context. GAIA_LIMIT beyond limit_bytes, GAIA_OUT_OF_MEMORY, GAIA_DEVICE. */
GAIA_MUST_USE gaia_status plane_store_add(void *store, size_t i, const double *m, gaia_error *err);

/* Frees the planes; the store may be empty, or nothing but zeros. */
void plane_store_fini(struct plane_store *store);

#endif
