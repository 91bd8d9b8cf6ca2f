/* SPDX-License-Identifier: MIT
 *
 * Mean, spread and lag-1 autocorrelation of a short series of differences, in two passes.
 */
#include "paired.h"

#include <math.h>
#include <string.h>

#include "student.h"

/* The smallest spacing of the series. */
static int64_t step_find(const int64_t *time_s, size_t n)
{
    int64_t step = INT64_MAX;
    for (size_t i = 1; i < n; i++) {
        const int64_t gap = time_s[i] - time_s[i - 1];
        step = gap < step ? gap : step;
    }
    return step;
}

/* Lag-1 autocorrelation within [0, 1 - 1/n]; squares: sum of squared deviations. Without gaps it is
 * the usual estimate; with m neighbours instead of n - 1 their products are scaled up. */
static double autocorrelation(const double *forecast, const double *against, const int64_t *time_s,
                              size_t n, double mean, double squares)
{
    const int64_t step = step_find(time_s, n);
    const double most = 1.0 - 1.0 / (double)n;
    double products = 0.0;
    size_t m = 0;
    for (size_t i = 1; i < n; i++) {
        if (time_s[i] - time_s[i - 1] == step) {
            products +=
                (forecast[i] - against[i] - mean) * (forecast[i - 1] - against[i - 1] - mean);
            m++;
        }
    }
    const double r1 = squares > 0.0 ? products / squares * (double)(n - 1) / (double)m : 0.0;
    return r1 > most ? most : r1 > 0.0 ? r1 : 0.0;
}

struct paired_stats paired_statistics(const double *forecast, const double *against,
                                      const int64_t *time_s, size_t n)
{
    const double none = (double)NAN;
    struct paired_stats stats = {.n = n,
                                 .mean_forecast = none,
                                 .mean_against = none,
                                 .difference = none,
                                 .standard_error = none,
                                 .low = none,
                                 .high = none,
                                 .autocorrelation = none};
    const double count = (double)n;
    double total_forecast = 0.0;
    double total_against = 0.0;
    double total = 0.0;
    double squares = 0.0;
    if (n == 0) {
        return stats;
    }
    for (size_t i = 0; i < n; i++) {
        total_forecast += forecast[i];
        total_against += against[i];
        total += forecast[i] - against[i];
    }
    stats.mean_forecast = total_forecast / count;
    stats.mean_against = total_against / count;
    stats.difference = total / count;
    if (n == 1) {
        return stats;
    }
    for (size_t i = 0; i < n; i++) {
        const double deviation = forecast[i] - against[i] - stats.difference;
        squares += deviation * deviation;
    }
    const double r1 = autocorrelation(forecast, against, time_s, n, stats.difference, squares);
    const double half = student_t95(n - 1);
    stats.autocorrelation = r1;
    stats.standard_error = sqrt(squares / (count - 1.0) / count * (1.0 + r1) / (1.0 - r1));
    stats.low = stats.difference - half * stats.standard_error;
    stats.high = stats.difference + half * stats.standard_error;
    stats.is_significant = stats.low > 0.0 || stats.high < 0.0;
    return stats;
}

bool paired_truth_same(const struct gaia_moments *a, const struct gaia_moments *b)
{
    static const enum gaia_moment sums[] = {GAIA_MOMENT_ERROR_N, GAIA_MOMENT_ERROR_W,
                                            GAIA_MOMENT_ERROR_O, GAIA_MOMENT_ERROR_O2};
    bool same = a->sum[GAIA_MOMENT_POINTS] == b->sum[GAIA_MOMENT_POINTS] &&
                a->sum[GAIA_MOMENT_TRUTH_MISSING] == b->sum[GAIA_MOMENT_TRUTH_MISSING];
    const bool whole = !(a->sum[GAIA_MOMENT_FORECAST_MISSING] > 0.0) &&
                       !(b->sum[GAIA_MOMENT_FORECAST_MISSING] > 0.0);
    for (size_t i = 0; whole && i < sizeof sums / sizeof *sums; i++) {
        same = same && memcmp(&a->sum[sums[i]], &b->sum[sums[i]], sizeof(double)) == 0;
    }
    return same;
}

bool paired_baseline_same(const struct gaia_moments *a, const struct gaia_moments *b,
                          bool climatology, bool reference)
{
    static const enum gaia_moment sums[2][4] = {
        {GAIA_MOMENT_TRUTH_CLIMATOLOGY_N, GAIA_MOMENT_TRUTH_CLIMATOLOGY_W,
         GAIA_MOMENT_TRUTH_CLIMATOLOGY_B, GAIA_MOMENT_TRUTH_CLIMATOLOGY_B2},
        {GAIA_MOMENT_TRUTH_REFERENCE_N, GAIA_MOMENT_TRUTH_REFERENCE_W,
         GAIA_MOMENT_TRUTH_REFERENCE_RO, GAIA_MOMENT_TRUTH_REFERENCE_RO2},
    };
    bool same = true;
    for (size_t i = 0; i < 4; i++) {
        same = same && (!climatology ||
                        memcmp(&a->sum[sums[0][i]], &b->sum[sums[0][i]], sizeof(double)) == 0);
        same = same && (!reference ||
                        memcmp(&a->sum[sums[1][i]], &b->sum[sums[1][i]], sizeof(double)) == 0);
    }
    return same;
}
