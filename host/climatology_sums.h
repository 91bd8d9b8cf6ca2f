/* SPDX-License-Identifier: MIT
 *
 * The sums that a climatology is made of: of some series and some rows at a time, a float64 sum and
 * a count per bin and point.
 *
 * Invariant: a point's values are added in the order of their valid times, a window's days in their
 * order, so that a mean has the same bits whatever is summed beside it.
 */
#ifndef HOST_CLIMATOLOGY_SUMS_H
#define HOST_CLIMATOLOGY_SUMS_H

#include <stddef.h>
#include <stdint.h>

#include <gaia/status.h>

#include "climatology_bins.h"

struct climatology_sums {
    const struct climatology_bins *bins;
    size_t n_points;
    size_t n_series;
    double *sum;     /* [n_series][n_parts][n_hours][n_points] */
    uint32_t *count; /* the same */
    double *mean;    /* [n_points], and so are: */
    double *weight;
    uint64_t *n;
};

/* Bytes of a point of one series, and of a point once. */
size_t climatology_sums_point_bytes(const struct climatology_bins *bins);
enum { CLIMATOLOGY_MEAN_BYTES = 24 };

/* Room for n_series series of n_points points, all zero. bins is borrowed. GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status climatology_sums_init(struct climatology_sums *sums,
                                                const struct climatology_bins *bins,
                                                size_t n_series, size_t n_points, gaia_error *err);
void climatology_sums_fini(struct climatology_sums *sums);

/* Sets the sums of n_points points, no more than there is room for, to zero. */
void climatology_sums_clear(struct climatology_sums *sums, size_t n_points);

/* Adds values [n_points], of which NaN is missing, to a bin of a series. */
void climatology_sums_add(struct climatology_sums *sums, size_t series, size_t bin,
                          const double *values);

/* Makes sums->mean of an entry of the climatology: over its window, weighted by day and value; NaN
 * at points with fewer than min_count values (1 at least). Returns the number of points that have a
 * value. */
size_t climatology_sums_mean(struct climatology_sums *sums, size_t series, size_t out_part,
                             size_t hour, uint64_t min_count);

#endif
