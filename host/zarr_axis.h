/* SPDX-License-Identifier: MIT
 *
 * Coordinates of a Zarr store: the array that has a dimension's name, and arrays of no dimension,
 * so that axis.h can tell their meaning.
 *
 * The fill_value among coordinates is a value (zarr-python writes 0 unless told otherwise, and 0 is
 * a latitude); what the attributes _FillValue and missing_value name is missing, and an error.
 */
#ifndef HOST_ZARR_AXIS_H
#define HOST_ZARR_AXIS_H

#include <stddef.h>

#include <jansson.h>

#include <gaia/status.h>

#include "arena.h"
#include "axis.h"
#include "zarr_chunk.h"
#include "zarr_group.h"

/* A coordinate that was read, or found to mean nothing. */
struct zarr_coordinate {
    struct axis axis;
    bool scalar;
};

/* The coordinates of one store, each read once. */
struct zarr_coordinates {
    struct zarr_group *group;
    struct zarr_chunks *chunks;
    struct arena *arena;
    struct zarr_coordinate *known;
    size_t n_known;
    bool scalars_listed;
};

void zarr_coordinates_fini(struct zarr_coordinates *coordinates);

/* The coordinate of a dimension (NULL: it has no name) of n entries. Without one, or with one of
 * unknown meaning, kind is AXIS_OTHER. GAIA_AXIS_INVALID: as axis.h, or of another length than n;
 * errors of the array's metadata and chunks. */
GAIA_MUST_USE gaia_status zarr_axis_read(struct zarr_coordinates *coordinates,
                                         const char *dimension, size_t n, struct axis *axis,
                                         gaia_error *err);

/* The scalar coordinate of this kind that belongs to the variable with these attributes;
 * AXIS_OTHER if there is none; of several times axis_time_rank chooses. Names are those of
 * zarr_group_names. */
GAIA_MUST_USE gaia_status zarr_scalar_read(struct zarr_coordinates *coordinates,
                                           const json_t *attributes, enum axis_kind kind,
                                           bool has_lead, struct axis *axis, gaia_error *err);

#endif
