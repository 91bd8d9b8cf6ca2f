/* SPDX-License-Identifier: MIT
 *
 * Axes that files which are written (netcdf_write.h) have in common: latitude and longitude, and
 * levels and lead times, which are the values that occur, each once.
 */
#ifndef HOST_NETCDF_TICKS_H
#define HOST_NETCDF_TICKS_H

#include <stddef.h>

#include <gaia/grid.h>
#include <gaia/status.h>

#include "netcdf_write.h"

/* The values along an axis, ascending, NaN last, each once. */
struct netcdf_ticks {
    size_t n;
    double *value; /* [n] */
};

/* The order of values: negative, zero or positive as a comes before, is, or comes after b. */
int netcdf_tick_compare(double a, double b);

/* Brings n values into order and drops those that are there twice. */
void netcdf_ticks_sort(struct netcdf_ticks *ticks);

/* The index of a value that is there. */
size_t netcdf_ticks_find(const struct netcdf_ticks *ticks, double value);

/* Writes the axes "level", in hPa, and "lead_time", of seconds in hours. GAIA_DISK,
 * GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status netcdf_ticks_level(struct netcdf_writer *writer,
                                             const struct netcdf_ticks *level, int *dimension,
                                             gaia_error *err);
GAIA_MUST_USE gaia_status netcdf_ticks_lead(struct netcdf_writer *writer,
                                            const struct netcdf_ticks *lead_s, int *dimension,
                                            gaia_error *err);

/* Writes the axes "latitude" and "longitude". GAIA_DISK. */
GAIA_MUST_USE gaia_status netcdf_grid_axes(struct netcdf_writer *writer,
                                           const struct gaia_grid *grid, int *latitude,
                                           int *longitude, gaia_error *err);

#endif
