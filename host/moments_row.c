/* SPDX-License-Identifier: MIT
 *
 * Which sum goes where: counts and extremes are plain, all else is under the row's weighting. Under
 * a weight plane "plain" leaves out the weighting alone: counts are sums of the plane's weights.
 *
 * Invariant: a region of one band has the backend's bits; the sums of several are added here, north
 * to south, which is part of the rule of summation (host/region.h).
 */
#include "moments_row.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#define PLAIN(name) [GAIA_MOMENT_##name] = {ROW_##name, false}
#define WEIGHTED(name) [GAIA_MOMENT_##name] = {ROW_##name, true}
#define WEIGHTS(group) [GAIA_MOMENT_##group##_W] = {ROW_##group##_N, true}

/* Where each moment is found. The sum of weights is the weighted count. */
static const struct {
    enum row_sum sum;
    bool is_weighted;
} places[GAIA_MOMENT_COUNT] = {
    PLAIN(ERROR_N),
    WEIGHTS(ERROR),
    WEIGHTED(ERROR_D),
    WEIGHTED(ERROR_D2),
    WEIGHTED(ERROR_ABS_D),
    WEIGHTED(ERROR_OD),
    WEIGHTED(ERROR_O),
    WEIGHTED(ERROR_O2),
    [GAIA_MOMENT_ERROR_D_PLAIN] = {ROW_ERROR_D, false},
    PLAIN(ANOMALY_N),
    WEIGHTS(ANOMALY),
    WEIGHTED(ANOMALY_A),
    WEIGHTED(ANOMALY_A2),
    WEIGHTED(ANOMALY_AB),
    WEIGHTED(ANOMALY_B),
    WEIGHTED(ANOMALY_B2),
    PLAIN(REFERENCE_N),
    WEIGHTS(REFERENCE),
    WEIGHTED(REFERENCE_D),
    WEIGHTED(REFERENCE_D2),
    WEIGHTED(REFERENCE_RO2),
    WEIGHTED(REFERENCE_FR2),
    PLAIN(TRUTH_CLIMATOLOGY_N),
    WEIGHTS(TRUTH_CLIMATOLOGY),
    WEIGHTED(TRUTH_CLIMATOLOGY_B),
    WEIGHTED(TRUTH_CLIMATOLOGY_B2),
    PLAIN(TRUTH_REFERENCE_N),
    WEIGHTS(TRUTH_REFERENCE),
    WEIGHTED(TRUTH_REFERENCE_RO),
    WEIGHTED(TRUTH_REFERENCE_RO2),
    PLAIN(FORECAST_MIN),
    PLAIN(FORECAST_MAX),
    PLAIN(FORECAST_MISSING),
    PLAIN(TRUTH_MISSING),
};

static void row_make(double n_points, const double *plain, const double *weighted, double *row)
{
    for (int i = 0; i < GAIA_MOMENT_COUNT; i++) {
        row[i] = moments_nan((places[i].is_weighted ? weighted : plain)[places[i].sum]);
    }
    row[GAIA_MOMENT_POINTS] = n_points;
}

/* Adds the sums of a band [ROW_COUNT] to those of the bands north of it; NaN stands for no
 * extreme. */
static void band_add(const double *band, double *sums)
{
    const double low = band[ROW_FORECAST_MIN];
    const double high = band[ROW_FORECAST_MAX];
    for (int i = 0; i < ROW_SUM_COUNT; i++) {
        sums[i] += band[i];
    }
    sums[ROW_FORECAST_MIN] =
        sums[ROW_FORECAST_MIN] <= low || isnan(low) ? sums[ROW_FORECAST_MIN] : low;
    sums[ROW_FORECAST_MAX] =
        sums[ROW_FORECAST_MAX] >= high || isnan(high) ? sums[ROW_FORECAST_MAX] : high;
}

/* The sums at `at` of the region's first band, with those of the others added into `total`, which
 * has room; band_size doubles lie from one band to the next. */
static const double *bands_join(const struct region *region, const double *at, size_t band_size,
                                double *total)
{
    if (region->n_bands == 1) {
        return at;
    }
    memcpy(total, at, ROW_COUNT * sizeof *total);
    for (size_t b = 1; b < region->n_bands; b++) {
        band_add(at + b * band_size, total);
    }
    return total;
}

void moments_rows_make(const struct region_set *set, size_t n_weights, const double *sums,
                       struct gaia_moments *rows)
{
    const size_t band_size = (1 + n_weights) * ROW_COUNT;
    for (size_t r = 0; r < set->n_regions; r++) {
        const struct region *region = &set->regions[r];
        const double *at = sums + region->first_band * band_size;
        double plain_total[ROW_COUNT];
        double weighted_total[ROW_COUNT];
        const double *plain = bands_join(region, at, band_size, plain_total);
        for (size_t w = 0; w < n_weights; w++) {
            row_make(region->n_points, plain,
                     bands_join(region, at + (1 + w) * ROW_COUNT, band_size, weighted_total),
                     rows[r * n_weights + w].sum);
        }
    }
}
