/* SPDX-License-Identifier: MIT
 *
 * Regions on a grid: which rows, and which intervals of columns.
 *
 * Invariant: an interval depends on its region and the grid alone, so a region's bits do not depend
 * on what else was asked for.
 */
#ifndef HOST_REGION_H
#define HOST_REGION_H

#include <stddef.h>

#include <gaia/grid.h>
#include <gaia/status.h>

#include "arena.h"
#include "backend.h"
#include "region_name.h"

/* A region of one grid: rows [first_row, first_row + n_rows), in each the intervals index[0 ..
 * n_intervals) of the region set, west to east. */
struct region {
    const char *name;
    size_t first_row;
    size_t n_rows;
    size_t n_columns; /* of all its intervals together */
    size_t n_intervals;
    const size_t *index;
};

/* The regions of a job on its grid, and the intervals that they need, each once. */
struct region_set {
    size_t n_regions;
    struct region *regions;
    size_t n_intervals;
    struct interval *intervals;
};

/* Cuts the named regions out of the grid; a region without any point is left out. Everything lies
 * in the arena. GAIA_REGION_UNKNOWN, GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status region_set_make(struct arena *arena, const struct gaia_grid *grid,
                                          const char *const *names, size_t n_names,
                                          struct region_set *set, gaia_error *err);

#endif
