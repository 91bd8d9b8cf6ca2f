/* SPDX-License-Identifier: MIT
 *
 * Row sums to rows of moments: weights come after the sums, because they are constant along a row
 * (moments.h, rule 6).
 */
#ifndef HOST_REDUCE_H
#define HOST_REDUCE_H

#include <stddef.h>

#include <gaia/metric.h>

#include "region.h"

/* Writes moments [set->n_regions][n_weights] of one forecast from its row sums
 * [n_lat][set->n_intervals][ROW_COUNT] and the weights of the whole latitude axis, weight
 * [n_weights][n_lat]. */
void reduce(const struct region_set *set, const double *const *weight, size_t n_weights,
            const double *row_sums, struct gaia_moments *moments);

#endif
