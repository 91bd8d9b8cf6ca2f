/* SPDX-License-Identifier: MIT
 *
 * Weight planes: what each grid point counts as in a region that a polygon or a mask bounds.
 *
 * Invariant: a plane depends on its polygon, its mask and the grid alone.
 */
#ifndef HOST_REGION_PLANE_H
#define HOST_REGION_PLANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gaia/grid.h>
#include <gaia/job.h>
#include <gaia/status.h>

#include "layout.h"

struct source_access;

/* What makes a plane: the points in the polygon count as 1 and the others as 0, times the weights
 * of the mask. Either may be NULL. */
struct region_plane {
    const struct gaia_area *polygon;
    const struct gaia_mask *mask;
    const struct source_access *given; /* as mask_read takes them; of no plane's identity */
    bool is_inverted;
};

/* Makes the plane m [n_lat][n_lon], all of it within 0 .. 1. Fails as geojson_read, polygons_mark
 * and mask_read do; the polygon's file: as file_read. */
GAIA_MUST_USE gaia_status region_plane_make(const struct region_plane *plane,
                                            const struct gaia_grid *grid, const char *grid_path,
                                            double *m, gaia_error *err);

/* The sum of m over the points of an interval in rows [first_row, first_row + n_rows), by the rule
 * of kernels/moments.h: where nothing is missing, the counts of a region of this one part are
 * these, to the bit. row_sums [n_rows] are added to, one strip's sum each; they start at 0. */
void region_plane_count(const double *m, size_t n_lon, const struct interval *interval,
                        double *row_sums);

#endif
