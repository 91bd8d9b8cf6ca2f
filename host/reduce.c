/* SPDX-License-Identifier: MIT
 *
 * Weighted sums of rows, north to south.
 */
#include "reduce.h"

#include <math.h>
#include <string.h>

/* The groups: in row sums a count and then sums; in moments the count, the sum of weights, the same
 * sums. */
static const struct {
    enum row_sum row;
    enum gaia_moment moment;
    int n_sums;
} groups[] = {
    {ROW_ERROR_N, GAIA_MOMENT_ERROR_N, 6},
    {ROW_ANOMALY_N, GAIA_MOMENT_ANOMALY_N, 5},
    {ROW_REFERENCE_N, GAIA_MOMENT_REFERENCE_N, 4},
    {ROW_TRUTH_CLIMATOLOGY_N, GAIA_MOMENT_TRUTH_CLIMATOLOGY_N, 2},
    {ROW_TRUTH_REFERENCE_N, GAIA_MOMENT_TRUTH_REFERENCE_N, 2},
};

/* One row of the region: its intervals added west to east. */
static void row_join(const struct region *region, const double *row_sums, double *row)
{
    memcpy(row, row_sums + region->index[0] * ROW_COUNT, ROW_COUNT * sizeof *row);
    for (size_t k = 1; k < region->n_intervals; k++) {
        const double *next = row_sums + region->index[k] * ROW_COUNT;
        for (int i = 0; i < ROW_SUM_COUNT; i++) {
            row[i] += next[i];
        }
        row[ROW_FORECAST_MIN] = fmin(row[ROW_FORECAST_MIN], next[ROW_FORECAST_MIN]);
        row[ROW_FORECAST_MAX] = fmax(row[ROW_FORECAST_MAX], next[ROW_FORECAST_MAX]);
    }
}

static void row_add(const double *row, double weight, double *m)
{
    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
        const double *from = row + groups[g].row;
        double *to = m + groups[g].moment;
        to[0] += from[0];
        to[1] = fma(weight, from[0], to[1]);
        for (int i = 1; i <= groups[g].n_sums; i++) {
            to[1 + i] = fma(weight, from[i], to[1 + i]);
        }
    }
    m[GAIA_MOMENT_ERROR_D_PLAIN] += row[ROW_ERROR_D];
    m[GAIA_MOMENT_FORECAST_MISSING] += row[ROW_FORECAST_MISSING];
    m[GAIA_MOMENT_TRUTH_MISSING] += row[ROW_TRUTH_MISSING];
    m[GAIA_MOMENT_FORECAST_MIN] = fmin(m[GAIA_MOMENT_FORECAST_MIN], row[ROW_FORECAST_MIN]);
    m[GAIA_MOMENT_FORECAST_MAX] = fmax(m[GAIA_MOMENT_FORECAST_MAX], row[ROW_FORECAST_MAX]);
}

void reduce(const struct region_set *set, const double *const *weight, size_t n_weights,
            const double *row_sums, struct gaia_moments *moments)
{
    for (size_t r = 0; r < set->n_regions; r++) {
        const struct region *region = &set->regions[r];
        struct gaia_moments *rows = moments + r * n_weights;
        for (size_t w = 0; w < n_weights; w++) {
            rows[w] = (struct gaia_moments){0};
            rows[w].sum[GAIA_MOMENT_POINTS] = (double)(region->n_rows * region->n_columns);
            rows[w].sum[GAIA_MOMENT_FORECAST_MIN] = (double)NAN;
            rows[w].sum[GAIA_MOMENT_FORECAST_MAX] = (double)NAN;
        }
        for (size_t i = region->first_row; i < region->first_row + region->n_rows; i++) {
            double row[ROW_COUNT];
            row_join(region, row_sums + i * set->n_intervals * ROW_COUNT, row);
            for (size_t w = 0; w < n_weights; w++) {
                row_add(row, weight[w][i], rows[w].sum);
            }
        }
        for (size_t w = 0; w < n_weights; w++) {
            for (int i = 0; i < GAIA_MOMENT_COUNT; i++) {
                rows[w].sum[i] = moments_nan(rows[w].sum[i]);
            }
        }
    }
}
