/* SPDX-License-Identifier: MIT
 *
 * The grid of a GRIB field: its axes as stored, from the integers of the message, and the order of
 * its values.
 *
 * Invariant: a grid without a problem has n_lat * n_lon points, as many as the message declares.
 */
#ifndef HOST_GRIB_GRID_H
#define HOST_GRIB_GRID_H

#include <stdbool.h>
#include <stddef.h>

#include <eccodes.h>

#include <gaia/status.h>

#include "arena.h"
#include "grid.h"

struct grib_grid {
    struct gaia_grid grid;
    struct placement placement;
    /* Why it cannot be scored: GAIA_OK, GAIA_FORMAT_UNSUPPORTED, GAIA_AXIS_INVALID, GAIA_LIMIT ...
     */
    gaia_status problem;
    const char *problem_text;
};

/* Axes of one grid as its message describes them, in whole numbers: what grib_axes_read brings out
 * of ecCodes, and grib_grid_make computes with. */
struct grib_axes {
    char type[64]; /* ecCodes' gridType */
    long n_lon;
    long n_lat;
    long n_points;
    long first_lat; /* in units of 1 / per_degree */
    long last_lat;
    long first_lon;
    long last_lon;
    double per_degree;
    long lon_step;     /* 0: not given */
    long lat_step;     /* 0: not given; of a Gaussian grid not used */
    long n_parallels;  /* of a Gaussian grid: between a pole and the equator; else 0 */
    bool lon_negative; /* scans westward */
    bool lat_positive; /* scans northward */
    bool columns;      /* along longitudes' columns first */
    bool alternating;  /* every other row runs backward */
};

/* Reads the axes; 0 or ecCodes' error, and *key is the key that it is about. To be called within
 * grib_guard_run. Of a grid of an unsupported type only the type is read. */
int grib_axes_read(codes_handle *handle, struct grib_axes *axes, const char **key);

/* Makes the grid; what is wrong with it is left in grid->problem. GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status grib_grid_make(struct arena *arena, const struct grib_axes *axes,
                                         struct grib_grid *grid, gaia_error *err);

#endif
