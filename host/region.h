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
#include <stdint.h>

#include <gaia/grid.h>
#include <gaia/status.h>

#include "arena.h"
#include "layout.h"
#include "region_name.h"

struct region {
    const char *name;
    uint64_t n_points; /* of the grid, present or not */
};

/* The regions of a job on its grid, and the intervals that they need, each once: whole rows first,
 * the others as the regions ask for them. Of a layout_spec these are the intervals and regions. */
struct region_set {
    size_t n_regions;
    struct region *regions;
    struct region_spec *specs; /* [n_regions], whose parts go west to east */
    size_t n_intervals;
    struct interval *intervals; /* under no plane */
};

/* Cuts the named regions out of the grid; a region without any point is left out. Everything lies
 * in the arena. GAIA_REGION_UNKNOWN, GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status region_set_make(struct arena *arena, const struct gaia_grid *grid,
                                          const char *const *names, size_t n_names,
                                          struct region_set *set, gaia_error *err);

#endif
