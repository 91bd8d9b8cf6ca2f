/* SPDX-License-Identifier: MIT
 *
 * Paired comparison of two forecasts: the difference of a score, event by event, and how sure its
 * mean is. Pure arithmetic over rows of moments and the scores made of them.
 *
 * d_i = score(forecast) - score(against) at init time i, in the order of time. Over n events:
 *
 *   s^2 = sum (d_i - mean)^2 / (n - 1)
 *   r1  = lag-1 autocorrelation of d, counted as 0 where it is negative
 *   standard error = sqrt(s^2 / n * (1 + r1) / (1 - r1))
 *   interval = mean -+ t(0.975, n - 1) * standard error
 *
 * Differences of forecasts a few hours apart are not independent; the factor is that of a
 * first-order autoregressive series: n' = n (1 - r1) / (1 + r1) (Wilks, Statistical Methods in the
 * Atmospheric Sciences, "hypothesis tests for autocorrelated data"; Geer 2016, Tellus A 68, 30229,
 * for forecast scores). r1 is made of neighbours in time only, those a smallest spacing of the
 * series apart: a gap is no neighbourhood. r1 of short series is biased towards 0: with less than
 * about 30 events an interval is rather too narrow.
 */
#ifndef SCORE_PAIRED_H
#define SCORE_PAIRED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gaia/metric.h>

struct paired_stats {
    size_t n;
    double mean_forecast; /* of the scores; NaN without events */
    double mean_against;
    double difference;     /* mean of d; NaN without events */
    double standard_error; /* NaN with less than two events, and so are the next three */
    double low;            /* of the 95 % interval */
    double high;
    double autocorrelation; /* r1 */
    bool is_significant;    /* the interval leaves out 0 */
};

/* forecast, against: [n] scores without NaN; time_s: [n] ascending. */
struct paired_stats paired_statistics(const double *forecast, const double *against,
                                      const int64_t *time_s, size_t n);

/* Whether two rows can be of the same truth: the same number of points, of which as many have a
 * truth, and, where neither forecast lacks a point, the same sums of the truth to the last bit. */
bool paired_truth_same(const struct gaia_moments *a, const struct gaia_moments *b);

/* Whether two rows were made with the same climatology, or reference, as far as sums of it and the
 * truth tell: scores relative to different baselines are not compared. */
bool paired_baseline_same(const struct gaia_moments *a, const struct gaia_moments *b,
                          bool climatology, bool reference);

#endif
