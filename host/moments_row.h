/* SPDX-License-Identifier: MIT
 *
 * A backend's sums of a region to the rows of moments that are kept.
 */
#ifndef HOST_MOMENTS_ROW_H
#define HOST_MOMENTS_ROW_H

#include <stddef.h>

#include <gaia/metric.h>

#include "region.h"

/* Writes rows [set->n_regions][n_weights] of one forecast from its sums
 * [set->n_bands][1 + n_weights][ROW_COUNT], first the plain ones, then those under each weight.
 */
void moments_rows_make(const struct region_set *set, size_t n_weights, const double *sums,
                       struct gaia_moments *rows);

#endif
