/* SPDX-License-Identifier: MIT
 *
 * From units to rows of moments: one thread reads fields and puts tiles together, workers sum and
 * reduce them. Reading thus overlaps summing, and the file libraries stay on one thread.
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

enum { TILE_FORECASTS_MAX = 8 };

/* What a run works with; all borrowed. */
struct pipeline {
    const struct backend_ops *ops;
    struct backend *backend;
    struct field_pool *pool;
    struct sources *sources;
    const struct region_set *regions;
    const double *const *weight; /* [n_weights][n_lat] */
    size_t n_weights;
    size_t n_lat;
    size_t n_lon;
    unsigned n_threads;
    size_t tile_forecasts; /* 1 .. TILE_FORECASTS_MAX */
    void *raw;             /* room for one field as stored, raw_bytes */
    size_t raw_bytes;
    struct read_limits limits;
    const char *const *variables;   /* names of the units' variables */
    struct engine_control *control; /* or NULL */
};

/* Sums units[0 .. n_units) into rows [n_units][n_regions][n_weights]. Failures as engine_sums. */
GAIA_MUST_USE gaia_status pipeline_run(const struct pipeline *pipeline,
                                       const struct gaia_unit *units, size_t n_units,
                                       struct gaia_moments *rows, struct engine_failure *failures,
                                       size_t *n_failures, gaia_error *err);

/* Writes into order[0 .. n_units) the indices of units in the order in which they are best read:
 * fields that share a truth together, times as they lie in files. */
GAIA_MUST_USE gaia_status reading_order(const struct gaia_unit *units, size_t n_units,
                                        size_t *order, gaia_error *err);

#endif
