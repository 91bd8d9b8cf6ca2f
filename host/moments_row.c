/* SPDX-License-Identifier: MIT
 *
 * Which sum goes where: counts and extremes are plain, all else is under the row's weighting.
 *
 * Invariant: no arithmetic here, so that a row's bits are the backend's.
 */
#include "moments_row.h"

#include <stdbool.h>

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

static void row_make(uint64_t n_points, const double *plain, const double *weighted, double *row)
{
    for (int i = 0; i < GAIA_MOMENT_COUNT; i++) {
        row[i] = moments_nan((places[i].is_weighted ? weighted : plain)[places[i].sum]);
    }
    row[GAIA_MOMENT_POINTS] = (double)n_points;
}

void moments_rows_make(const struct region_set *set, size_t n_weights, const double *sums,
                       struct gaia_moments *rows)
{
    for (size_t r = 0; r < set->n_regions; r++) {
        const double *plain = sums + r * (1 + n_weights) * ROW_COUNT;
        for (size_t w = 0; w < n_weights; w++) {
            row_make(set->regions[r].n_points, plain, plain + (1 + w) * ROW_COUNT,
                     rows[r * n_weights + w].sum);
        }
    }
}
