/* SPDX-License-Identifier: MIT
 *
 * Masks of a job: from one field of a file to the weights of the grid points.
 *
 * Invariant: a weight is 0 to 1 and depends on the value at its point alone.
 */
#ifndef HOST_MASK_H
#define HOST_MASK_H

#include <stdbool.h>

#include <gaia/grid.h>
#include <gaia/job.h>
#include <gaia/status.h>

struct source_access;

/* Reads a mask into m [n_lat][n_lon] of the truth's grid, which grid_path is the file of. Inverted:
 * 1 minus the mask's weights (a mask that is inverted itself is then as stored). The file must hold
 * one field of the variable, on this grid (GAIA_GRID_MISMATCH shows both sides). GAIA_JOB_INVALID
 * names file, variable and index of a value that is missing or no weight, or lists what there is
 * where the mask does not say which variable. given: the datasets that a mask of format "array"
 * may name; NULL: none. Fails as readers do, too. */
GAIA_MUST_USE gaia_status mask_read(const struct gaia_mask *mask, const struct source_access *given,
                                    bool is_inverted, const struct gaia_grid *grid,
                                    const char *grid_path, double *m, gaia_error *err);

#endif
