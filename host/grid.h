/* SPDX-License-Identifier: MIT
 *
 * From the axes of a file to the canonical grid (include/gaia/grid.h), and the way each stored
 * field is placed on it.
 *
 * Invariant: two files that hold the same points, rolled, flipped or with a cyclic column, get the
 * same grid.
 */
#ifndef HOST_GRID_H
#define HOST_GRID_H

#include <stdbool.h>
#include <stddef.h>

#include <gaia/field.h>
#include <gaia/grid.h>
#include <gaia/status.h>

#include "arena.h"

/* Columns [to, to + n) of the grid are file columns from, from + step, ...; step is 1 or -1. */
struct column_run {
    size_t to;
    size_t from;
    size_t n;
    int step;
};

/* How a stored field becomes canonical, [n_file_lat][n_file_lon] or, if lon_first, its transpose:
 * row i is file row i, or the mirrored one if flip; columns come in runs, one or two for a rolled
 * axis. */
struct placement {
    bool lon_first; /* set by the reader, not by grid_make */
    size_t n_file_lat;
    size_t n_file_lon;
    size_t n_lat;
    size_t n_lon;
    bool flip;
    size_t n_runs;
    const struct column_run *runs;
};

/* Of the stored field: its last two dimensions. */
size_t placement_rows(const struct placement *placement);
size_t placement_columns(const struct placement *placement);

/* Makes grid and placement (both in the arena) of the axes lat [n_lat] and lon [n_lon] in degrees,
 * as stored. GAIA_AXIS_INVALID names the axis and the index: not finite, out of range, not
 * monotonic, more than once around. */
GAIA_MUST_USE gaia_status grid_make(struct arena *arena, const double *lat, size_t n_lat,
                                    const double *lon, size_t n_lon, struct gaia_grid *grid,
                                    struct placement *placement, gaia_error *err);

/* GAIA_OK if the grids hold the same points, to a thousandth of the spacing; else
 * GAIA_GRID_MISMATCH, with both sides: a_name and b_name say whose they are. */
GAIA_MUST_USE gaia_status grid_compare(const struct gaia_grid *a, const char *a_name,
                                       const struct gaia_grid *b, const char *b_name,
                                       gaia_error *err);

/* Stored values that mean "missing", besides those that are not finite; each is a value of the
 * stored type. */
enum { MISSING_VALUES_MAX = 8 };
struct missing_rule {
    size_t n_values;
    double values[MISSING_VALUES_MAX];
    double valid_min; /* -inf: no bound */
    double valid_max; /* +inf: no bound */
};

/* Copies the stored field `raw` of field->dtype into canonical order at `placed`. Missing values
 * become NaN, or field->missing_code in int16 (where every value that the rule calls missing
 * becomes that code). */
void field_place(const struct placement *placement, const struct gaia_field *field,
                 const struct missing_rule *rule, const void *raw, void *placed);

#endif
