/* SPDX-License-Identifier: MIT
 *
 * From units to rows of moments: one thread reads fields and puts tiles together, workers have them
 * summed and keep the sums. Reading thus overlaps summing, and the file libraries stay on one
 * thread.
 *
 * Invariant: a tile's result depends on the tile alone, so the rows do not depend on how many
 * threads there are, on what else is in flight, or on which tiles forecasts share.
 */
#ifndef HOST_PIPELINE_H
#define HOST_PIPELINE_H

#include <stddef.h>

#include <gaia/field.h>
#include <gaia/metric.h>
#include <gaia/status.h>

#include "backend.h"
#include "engine.h"
#include "field_pool.h"
#include "region.h"
#include "sources.h"

/* What a run works with; all borrowed. */
struct pipeline {
    const struct backend_ops *ops;
    struct backend *backend;
    struct field_pool *pool;
    struct sources *sources;
    const struct region_set *regions;
    size_t n_weights;
    size_t n_points; /* of a field */
    size_t n_works;  /* each summed in by a thread of its own */
    struct backend_work *const *works;
    size_t work_tiles; /* room of each */
    size_t work_forecasts;
    size_t tile_forecasts; /* 1 .. TILE_FORECASTS_MAX, and no more than work_forecasts */
    void *raw;             /* room for one field as stored, raw_bytes */
    size_t raw_bytes;
    void *spare; /* room for one field as placed; NULL where no field is made of two */
    struct read_limits limits;
    const char *const *variables;   /* names of the units' variables */
    const struct map_sums *maps;    /* that errors are added to; or NULL */
    struct engine_control *control; /* or NULL */
};

/* Sums units[0 .. n_units) into rows [n_units][n_regions][n_weights]. Failures as engine_sums. */
GAIA_MUST_USE gaia_status pipeline_run(const struct pipeline *pipeline,
                                       const struct gaia_unit *units, size_t n_units,
                                       struct gaia_moments *rows, struct engine_failure *failures,
                                       size_t *n_failures, gaia_error *err);

#endif
