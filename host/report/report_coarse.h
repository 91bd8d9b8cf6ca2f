/* SPDX-License-Identifier: MIT
 *
 * A map of errors made small enough for a page: blocks of grid points averaged by area, and what a
 * table says of the whole. For report_maps.c.
 *
 * Invariant: a block's mean error and mean squared error are those of its points that have any
 * valid time, each weighted by its area; a block without such a point is NaN.
 */
#ifndef REPORT_COARSE_H
#define REPORT_COARSE_H

#include <stddef.h>

#include <gaia/grid.h>
#include <gaia/status.h>

#include "arena.h"
#include "map_file.h"

/* What a page draws and tells of a map. */
enum report_measure { REPORT_MEAN_ERROR, REPORT_RMSE, REPORT_MEASURES };

/* The edges of the blocks in degrees, north to south and west to east; the last longitude may be
 * beyond 360. */
struct report_blocks {
    size_t n_rows;
    size_t n_columns;
    size_t row_points; /* rows of the grid that make one; of the last fewer */
    size_t column_points;
    double *lat; /* [n_rows + 1] */
    double *lon; /* [n_columns + 1] */
};

/* A value and where it is. */
struct report_extreme {
    double value; /* NaN: there is none */
    double lat;
    double lon;
};

struct report_measured {
    double *values; /* [n_rows][n_columns] */
    double mean;    /* over the area; of RMSE the root of the mean of squares */
    struct report_extreme low;
    struct report_extreme high;
};

/* Blocks of no more than n_rows_max by n_columns_max, each of as many points as the others but the
 * last. Lives in the arena. GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status report_blocks_make(const struct gaia_grid *grid, size_t n_rows_max,
                                             size_t n_columns_max, struct arena *arena,
                                             struct report_blocks *blocks, gaia_error *err);

/* Averages the planes of a map of this grid over its blocks; *n_missing points have no valid time.
 * Values live in the arena. GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status report_blocks_fill(const struct gaia_grid *grid,
                                             const struct report_blocks *blocks,
                                             const double *planes, struct arena *arena,
                                             struct report_measured measured[REPORT_MEASURES],
                                             size_t *n_missing, gaia_error *err);

#endif
