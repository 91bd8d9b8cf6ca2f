/* SPDX-License-Identifier: MIT
 *
 * Regions on a grid: which rows, which intervals of columns, under which planes. The rule, of which
 * every stored bit follows together with kernels/moments.h:
 *
 * 1. A region's rows are those of its bands of latitude; in each the runs of consecutive columns in
 * its ranges of longitude are its parts. Bounds are inclusive, and a coordinate lies on one that it
 * is less than REGION_SLACK beyond; the bands of latitude of "zonal" leave out bounds that belong
 * to a neighbour (score/region_zonal.h).
 * 2. A region that a polygon bounds has one part: the columns from the first to the last, in
 * canonical order, in which it has a point, and the rows likewise; the plane says which points.
 * 3. A mask changes the plane of a region, not its parts.
 * 4. A region of several bands is summed band by band; the bands' sums add north to south.
 *
 * Invariant: an interval depends on its region and the grid alone, so a region's bits do not depend
 * on what else was asked for.
 */
#ifndef HOST_REGION_H
#define HOST_REGION_H

#include <stddef.h>
#include <stdint.h>

#include <gaia/grid.h>
#include <gaia/job.h>
#include <gaia/status.h>

#include "arena.h"
#include "layout.h"
#include "region_plane.h"

struct region {
    const char *name; /* as it was asked for */
    double n_points;  /* of the grid, present or not; under a plane the sum of their weights */
    size_t first_band;
    size_t n_bands;
};

/* The regions of a job on its grid, and the intervals that they need, each once: whole rows first,
 * the others as the regions ask for them. Of a layout_spec these are the intervals and, band by
 * band, the regions. */
struct region_set {
    size_t n_regions;
    struct region *regions;
    size_t n_bands;
    struct region_spec *bands; /* [n_bands], whose parts go west to east */
    size_t n_intervals;
    struct interval *intervals;
    size_t n_planes;
    struct region_plane *planes;
};

/* Takes plane i, m [n_lat][n_lon], which is gone afterwards; planes come in order, before the set
 * is there. */
typedef gaia_status region_plane_taken(void *context, size_t i, const double *m, gaia_error *err);

/* Cuts the named regions of the job out of the grid, which grid_path is the file of; a region
 * without any point, or under nothing but zero weights, is left out. Planes are made one at a time
 * and handed to `taken`, which may be NULL. given: as mask_read takes them. Everything lies in the
 * arena; names are borrowed. GAIA_REGION_UNKNOWN, GAIA_JOB_INVALID (too many planes),
 * GAIA_OUT_OF_MEMORY, and as region_plane_make. */
GAIA_MUST_USE gaia_status region_set_make(struct arena *arena, const struct gaia_job *job,
                                          const struct source_access *given,
                                          const struct gaia_grid *grid, const char *grid_path,
                                          const char *const *names, size_t n_names,
                                          region_plane_taken *taken, void *context,
                                          struct region_set *set, gaia_error *err);

#endif
