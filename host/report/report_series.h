/* SPDX-License-Identifier: MIT
 *
 * The scores of one lead (a forecast, variable, level and lead time) at all its init times, and
 * what a page shows of them: the aggregate over times, as CSV has it, with an interval. Between the
 * sums of a file of moments and report_data.c.
 *
 * Invariant: memory is one lead's scores, [row][metric][time].
 */
#ifndef REPORT_SERIES_H
#define REPORT_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gaia/metric.h>
#include <gaia/status.h>

#include "derive.h"
#include "metric.h"
#include "moments_file.h"
#include "paired.h"

/* A metric that has a place on the page. */
struct report_metric {
    enum metric series;    /* of each time */
    enum metric aggregate; /* over times, under whose name CSV has the value */
    enum metric spread;    /* whose interval over times is the value's, or its square's */
};

enum { REPORT_METRICS_MAX = 8 };

/* The metrics that the filter names, or rmse, mae, bias and acc_centred: metrics
 * [REPORT_METRICS_MAX]. Those that the plan has no climatology for are left out. GAIA_USAGE (no
 * place on the page), GAIA_METRIC_UNKNOWN. */
GAIA_MUST_USE gaia_status report_metrics_choose(const struct derive_filter *filter,
                                                const struct plan *plan,
                                                struct report_metric *metrics, size_t *n_metrics,
                                                gaia_error *err);

/* A value over times; NaN: none. With less than two times low and high are NaN. */
struct report_value {
    size_t n;
    double value;
    double low; /* of the 95 % interval, widened for autocorrelation (paired.h) */
    double high;
};

struct report_series;

/* Room for the longest lead of derive->plan. Both are borrowed until close. GAIA_LIMIT if a lead's
 * scores exceed 1 GiB, GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status report_series_open(const struct moments_file *file,
                                             const struct derive *derive,
                                             struct report_series **series, gaia_error *err);
void report_series_close(struct report_series *series);

/* Reads the lead that begins at unit `first` of derive->plan; *end: the unit behind its last.
 * GAIA_FILE_UNREADABLE. */
GAIA_MUST_USE gaia_status report_series_read(struct report_series *series, size_t first,
                                             size_t *end, gaia_error *err);

/* Of the lead that was read last. row: [region][weighting]. */
struct report_value report_series_value(struct report_series *series, size_t row,
                                        const struct report_metric *metric);

/* The error of climatology or reference (METRIC_MSE_CLIM, METRIC_MSE_REF) instead of the
 * forecast's: metric.series is METRIC_MSE or METRIC_RMSE. Value, n and interval are of the times
 * that have both errors, as is a comparison of the two; under PROPAGATE a time that lacks one of
 * them makes the value NaN. */
struct report_value report_series_baseline(struct report_series *series, size_t row,
                                           const struct report_metric *metric,
                                           enum metric baseline);

/* The forecast's score against the baseline's, time by time. */
struct paired_stats report_series_paired(struct report_series *series, size_t row,
                                         const struct report_metric *metric, enum metric baseline);

/* Grid points of the lead's fields in the row's region, and those without a forecast. */
void report_series_points(const struct report_series *series, size_t row, double *points,
                          double *missing);

#endif
