/* SPDX-License-Identifier: MIT
 *
 * One lead after another, from rows of moments to aggregates and intervals.
 *
 * Invariant: a value is metric_aggregate_value of the same rows in the same order as in
 * score_stream.c, so that page and CSV agree to the last bit.
 */
#include "report_series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

enum { SERIES_BYTES_MAX = 1 << 30 };

struct report_series {
    const struct moments_file *file;
    const struct derive *derive;
    size_t n_rows;
    size_t capacity; /* times */
    size_t n;        /* times that were read */
    double *value;   /* [n_rows][METRIC_TIME_COUNT][capacity] */
    int64_t *time_s; /* [capacity] */
    double *left;    /* [capacity] of a pair of series, without times that either lacks */
    double *right;
    int64_t *shared_s;
    struct metric_aggregate *aggregates; /* [n_rows] */
    double *points;                      /* [n_rows] */
    double *missing;                     /* [n_rows] */
    struct gaia_moments *scratch;
    struct gaia_moments *rows;
};

static const struct report_metric known[REPORT_METRICS_MAX] = {
    {METRIC_RMSE, METRIC_RMSE, METRIC_MSE},
    {METRIC_ACC_CENTRED, METRIC_ACC_CENTRED_MEAN, METRIC_ACC_CENTRED},
    {METRIC_BIAS, METRIC_BIAS, METRIC_BIAS},
    {METRIC_MAE, METRIC_MAE, METRIC_MAE},
    {METRIC_MSE, METRIC_MSE, METRIC_MSE},
    {METRIC_ACC_UNCENTRED, METRIC_ACC_UNCENTRED_MEAN, METRIC_ACC_UNCENTRED},
    {METRIC_PEARSON, METRIC_PEARSON_MEAN, METRIC_PEARSON},
};
static const size_t n_known = 7;
static const size_t n_usual = 4;

/* Whether the filter asks for the metric; "all" is all that have a place. */
static bool is_asked(const struct derive_filter *filter, enum metric metric)
{
    for (size_t i = 0; i < filter->n_metrics; i++) {
        if (strcmp(filter->metrics[i], "all") == 0 ||
            strcmp(filter->metrics[i], metric_describe(metric)->name) == 0) {
            return true;
        }
    }
    return false;
}

gaia_status report_metrics_choose(const struct derive_filter *filter, const struct plan *plan,
                                  struct report_metric *metrics, size_t *n_metrics, gaia_error *err)
{
    size_t n = 0;
    for (size_t i = 0; i < filter->n_metrics; i++) {
        enum metric metric = METRIC_COUNT;
        bool has_place = strcmp(filter->metrics[i], "all") == 0;
        if (!has_place && !metric_find(filter->metrics[i], &metric)) {
            return metric_unknown(filter->metrics[i], err);
        }
        for (size_t k = 0; k < n_known; k++) {
            has_place = has_place || known[k].series == metric;
        }
        if (!has_place) {
            return error_set(err, GAIA_USAGE,
                             "metric '%s' has no place on the page: rmse, acc_centred, bias, mae, "
                             "mse, acc_uncentred and pearson have",
                             filter->metrics[i]);
        }
    }
    for (size_t k = 0; k < n_known; k++) {
        const bool wanted = filter->n_metrics > 0 ? is_asked(filter, known[k].series) : k < n_usual;
        if (wanted &&
            (plan->has_climatology || !metric_describe(known[k].series)->needs_climatology)) {
            metrics[n++] = known[k];
        }
    }
    *n_metrics = n;
    return n > 0
               ? GAIA_OK
               : error_set(err, GAIA_USAGE, "none of the metrics can be had without a climatology");
}

static bool lead_same(const struct gaia_unit *a, const struct gaia_unit *b)
{
    struct gaia_unit moved = *a;
    moved.init_time_s = b->init_time_s;
    return plan_unit_compare(&moved, b) == 0;
}

static size_t lead_end(const struct plan *plan, size_t first)
{
    size_t end = first;
    while (end < plan->n_units && lead_same(&plan->units[first], &plan->units[end])) {
        end++;
    }
    return end;
}

gaia_status report_series_open(const struct moments_file *file, const struct derive *derive,
                               struct report_series **series, gaia_error *err)
{
    const struct plan *plan = &derive->plan;
    const size_t n_rows = plan_rows_per_unit(plan);
    size_t longest = 1;
    for (size_t at = 0; at < plan->n_units;) {
        const size_t end = lead_end(plan, at);
        longest = end - at > longest ? end - at : longest;
        at = end;
    }
    if (longest > SERIES_BYTES_MAX / sizeof(double) / METRIC_TIME_COUNT / n_rows) {
        return error_set(err, GAIA_LIMIT,
                         "%zu init times with %zu regions and weightings: too many at once; choose "
                         "some by --regions or --weights",
                         longest, n_rows);
    }
    struct report_series *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        return error_memory(err, sizeof *opened);
    }
    opened->file = file;
    opened->derive = derive;
    opened->n_rows = n_rows;
    opened->capacity = longest;
    opened->value = calloc(n_rows * METRIC_TIME_COUNT * longest, sizeof *opened->value);
    opened->time_s = calloc(longest, sizeof *opened->time_s);
    opened->left = calloc(longest, sizeof *opened->left);
    opened->right = calloc(longest, sizeof *opened->right);
    opened->shared_s = calloc(longest, sizeof *opened->shared_s);
    opened->aggregates = calloc(n_rows, sizeof *opened->aggregates);
    opened->points = calloc(n_rows, sizeof *opened->points);
    opened->missing = calloc(n_rows, sizeof *opened->missing);
    opened->scratch = calloc(plan_rows_per_unit(moments_file_plan(file)), sizeof *opened->scratch);
    opened->rows = calloc(n_rows, sizeof *opened->rows);
    if (opened->value == NULL || opened->time_s == NULL || opened->left == NULL ||
        opened->right == NULL || opened->shared_s == NULL || opened->aggregates == NULL ||
        opened->points == NULL || opened->missing == NULL || opened->scratch == NULL ||
        opened->rows == NULL) {
        report_series_close(opened);
        return error_memory(err, n_rows * METRIC_TIME_COUNT * longest * sizeof(double));
    }
    *series = opened;
    return GAIA_OK;
}

void report_series_close(struct report_series *series)
{
    if (series != NULL) {
        free(series->value);
        free(series->time_s);
        free(series->left);
        free(series->right);
        free(series->shared_s);
        free(series->aggregates);
        free(series->points);
        free(series->missing);
        free(series->scratch);
        free(series->rows);
        free(series);
    }
}

/* The scores of one metric at all times. */
static double *series_at(const struct report_series *series, size_t row, enum metric metric)
{
    return &series->value[(row * METRIC_TIME_COUNT + (size_t)metric) * series->capacity];
}

gaia_status report_series_read(struct report_series *series, size_t first, size_t *end,
                               gaia_error *err)
{
    const struct plan *plan = &series->derive->plan;
    const size_t behind = lead_end(plan, first);
    gaia_status status = GAIA_OK;
    series->n = 0;
    for (size_t row = 0; row < series->n_rows; row++) {
        series->aggregates[row] = (struct metric_aggregate){.missing = plan->missing};
        series->points[row] = 0.0;
        series->missing[row] = 0.0;
    }
    for (size_t i = first; status == GAIA_OK && i < behind; i++) {
        const size_t t = i - first;
        status = derive_rows(series->file, series->derive, i, series->scratch, series->rows, err);
        for (size_t row = 0; status == GAIA_OK && row < series->n_rows; row++) {
            const struct gaia_moments *moments = &series->rows[row];
            double value[METRIC_TIME_COUNT];
            metric_values(moments, plan->missing, value);
            metric_aggregate_add(&series->aggregates[row], moments, value);
            for (size_t k = 0; k < METRIC_TIME_COUNT; k++) {
                series_at(series, row, (enum metric)k)[t] = value[k];
            }
            series->points[row] += moments->sum[GAIA_MOMENT_POINTS];
            series->missing[row] += moments->sum[GAIA_MOMENT_FORECAST_MISSING];
        }
        series->time_s[t] = plan->units[i].init_time_s;
        series->n = t + 1;
    }
    *end = behind;
    return status;
}

/* Statistics of left - right, where right may be NULL: of left alone. right_root: of its root. */
static struct paired_stats pair(struct report_series *series, const double *left,
                                const double *right, bool right_root)
{
    size_t n = 0;
    for (size_t t = 0; t < series->n; t++) {
        const double b = right != NULL ? right[t] : 0.0;
        if (isfinite(left[t]) && isfinite(b)) {
            series->left[n] = left[t];
            series->right[n] = right_root ? sqrt(b) : b;
            series->shared_s[n++] = series->time_s[t];
        }
    }
    return paired_statistics(series->left, series->right, series->shared_s, n);
}

/* The value with the interval of its metric, or of its square. */
static struct report_value value_with(double value, const struct paired_stats *stats, bool is_root)
{
    const double low = is_root ? sqrt(fmax(stats->low, 0.0)) : stats->low;
    const double high = is_root ? sqrt(stats->high) : stats->high;
    const bool has = stats->n > 1 && isfinite(value);
    return (struct report_value){.n = stats->n,
                                 .value = value,
                                 .low = has ? low : (double)NAN,
                                 .high = has ? high : (double)NAN};
}

struct report_value report_series_value(struct report_series *series, size_t row,
                                        const struct report_metric *metric)
{
    const struct paired_stats stats =
        pair(series, series_at(series, row, metric->spread), NULL, false);
    return value_with(metric_aggregate_value(&series->aggregates[row], metric->aggregate), &stats,
                      metric->spread != metric->series);
}

struct report_value report_series_baseline(struct report_series *series, size_t row,
                                           const struct report_metric *metric, enum metric baseline)
{
    const double *forecast = series_at(series, row, metric->series);
    const double *error = series_at(series, row, baseline);
    const bool is_root = metric->series == METRIC_RMSE;
    size_t n = 0;
    for (size_t t = 0; t < series->n; t++) {
        if (isfinite(forecast[t]) && isfinite(error[t])) {
            series->left[n] = error[t];
            series->right[n] = 0.0;
            series->shared_s[n++] = series->time_s[t];
        }
    }
    const struct paired_stats stats =
        paired_statistics(series->left, series->right, series->shared_s, n);
    const bool is_withheld =
        n < series->n && series->aggregates[row].missing == GAIA_MISSING_PROPAGATE;
    const double mean = is_withheld ? (double)NAN : stats.mean_forecast;
    return value_with(is_root ? sqrt(mean) : mean, &stats, is_root);
}

struct paired_stats report_series_paired(struct report_series *series, size_t row,
                                         const struct report_metric *metric, enum metric baseline)
{
    return pair(series, series_at(series, row, metric->series), series_at(series, row, baseline),
                metric->series == METRIC_RMSE);
}

void report_series_points(const struct report_series *series, size_t row, double *points,
                          double *missing)
{
    *points = series->points[row];
    *missing = series->missing[row];
}
