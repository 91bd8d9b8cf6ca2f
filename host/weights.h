/* SPDX-License-Identifier: MIT
 *
 * Weights of latitude rows, by arithmetic that gives the same bits on every machine.
 */
#ifndef HOST_WEIGHTS_H
#define HOST_WEIGHTS_H

#include <stddef.h>

#include <gaia/grid.h>

#include "region_name.h"

/* Writes the weight of every row of the grid: weight [n_lat]. All that matters is their ratio.
 * cos: cos(latitude). area: sin(upper) - sin(lower) of the bounds midway between rows; the
 * outermost bounds are the poles (area_wb2) or half a spacing out, at most the poles (area_wbx).
 * none: 1. */
void weights_make(enum weighting weighting, const struct gaia_grid *grid, double *weight);

/* sin and cos of x radians, |x| <= 2, correct to the last bit or nearly so: Taylor series in
 * double-double arithmetic, from additions, multiplications and fma's alone. */
double sin_exact(double x);
double cos_exact(double x);

#endif
