/* SPDX-License-Identifier: MIT
 *
 * Metrics of one valid time and their aggregates over times, after the sums are made.
 *
 * <x> = sum(w x) / sum(w). Definitions: Wilks, Statistical Methods in the Atmospheric Sciences, ch.
 * 9 (MSE, skill scores, anomaly correlation centred and uncentred); WMO-No. 485, appendix 2.2.34.
 * Which public implementation computes which number is told beside each formula in the README of
 * tests/data.
 */
#include "metric.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "error.h"

#define ROW(NAME, FORMULA, ...)                                                                    \
    {                                                                                              \
        .name = (NAME), .formula = (FORMULA), __VA_ARGS__                                          \
    }

static const struct metric_entry metrics[METRIC_COUNT] = {
    [METRIC_N_VALID] = ROW("n_valid", "points with forecast and truth", .asked_by = METRIC_N_VALID),
    [METRIC_MSE] =
        ROW("mse", "<(f-o)^2>; over times: mean", .over_all_times = true, .asked_by = METRIC_MSE),
    [METRIC_RMSE] = ROW("rmse", "sqrt(mse); over times: sqrt of the mean mse",
                        .over_all_times = true, .asked_by = METRIC_RMSE),
    [METRIC_MAE] =
        ROW("mae", "<|f-o|>; over times: mean", .over_all_times = true, .asked_by = METRIC_MAE),
    [METRIC_BIAS] =
        ROW("bias", "<f-o>; over times: mean", .over_all_times = true, .asked_by = METRIC_BIAS),
    [METRIC_BCRMSE] = ROW("bcrmse", "sqrt(mse - bias^2)", .asked_by = METRIC_BCRMSE),
    [METRIC_BCRMSE_UNWEIGHTED_BIAS] =
        ROW("bcrmse_unweighted_bias", "sqrt(<(f-o-m)^2>), m the unweighted mean error",
            .asked_by = METRIC_BCRMSE_UNWEIGHTED_BIAS),
    [METRIC_PEARSON] = ROW("pearson", "centred correlation of f and o", .asked_by = METRIC_PEARSON),
    [METRIC_ACC_UNCENTRED] = ROW("acc_uncentred", "<ab>/sqrt(<a^2><b^2>)",
                                 .needs_climatology = true, .asked_by = METRIC_ACC_UNCENTRED),
    [METRIC_ACC_CENTRED] = ROW("acc_centred", "the same after subtracting <a> and <b>",
                               .needs_climatology = true, .asked_by = METRIC_ACC_CENTRED),
    [METRIC_MSE_CLIM] =
        ROW("mse_clim", "<(c-o)^2>", .needs_climatology = true, .asked_by = METRIC_MSE_CLIM),
    [METRIC_MSESS_CLIM] =
        ROW("msess_clim", "1 - mse/mse_clim; over times: of the means", .needs_climatology = true,
            .over_all_times = true, .asked_by = METRIC_MSESS_CLIM),
    [METRIC_MSE_REF] =
        ROW("mse_ref", "<(r-o)^2>", .needs_reference = true, .asked_by = METRIC_MSE_REF),
    [METRIC_MSESS_REF] =
        ROW("msess_ref", "1 - mse/mse_ref; over times: of the means", .needs_reference = true,
            .over_all_times = true, .asked_by = METRIC_MSESS_REF),
    [METRIC_MSESS_REF_COMMON] = ROW("msess_ref_common", "the same over points with f, o and r",
                                    .needs_reference = true, .asked_by = METRIC_MSESS_REF_COMMON),
    [METRIC_N_TIMES] = ROW("n_times", "times with something to score", .over_all_times = true,
                           .asked_by = METRIC_N_VALID),
    [METRIC_RMSE_MEAN_OF_SQRT] = ROW("rmse_mean_of_sqrt", "mean of the rmse of each time",
                                     .over_all_times = true, .asked_by = METRIC_RMSE),
    [METRIC_PEARSON_MEAN] =
        ROW("pearson_mean", "mean over times", .over_all_times = true, .asked_by = METRIC_PEARSON),
    [METRIC_ACC_CENTRED_MEAN] =
        ROW("acc_centred_mean", "mean over times", .needs_climatology = true,
            .over_all_times = true, .asked_by = METRIC_ACC_CENTRED),
    [METRIC_ACC_UNCENTRED_MEAN] =
        ROW("acc_uncentred_mean", "mean over times", .needs_climatology = true,
            .over_all_times = true, .asked_by = METRIC_ACC_UNCENTRED),
    [METRIC_ACC_UNCENTRED_POOLED] =
        ROW("acc_uncentred_pooled", "acc_uncentred of the sums over all times",
            .needs_climatology = true, .over_all_times = true, .asked_by = METRIC_ACC_UNCENTRED),
    [METRIC_MSESS_REF_MEAN] =
        ROW("msess_ref_mean", "mean over times of msess_ref", .needs_reference = true,
            .over_all_times = true, .asked_by = METRIC_MSESS_REF),
};

const struct metric_entry *metric_describe(enum metric metric)
{
    return &metrics[metric];
}

size_t gaia_metric_count(void)
{
    return METRIC_COUNT;
}

const char *gaia_metric_name(size_t i)
{
    return i < METRIC_COUNT ? metrics[i].name : NULL;
}

const char *gaia_metric_formula(size_t i)
{
    return i < METRIC_COUNT ? metrics[i].formula : NULL;
}

int gaia_metric_units_power(size_t i)
{
    static const char *const pure[] = {"n_", "pearson", "acc", "msess"};
    if (i >= METRIC_COUNT) {
        return -1;
    }
    for (size_t k = 0; k < sizeof pure / sizeof *pure; k++) {
        if (strncmp(metrics[i].name, pure[k], strlen(pure[k])) == 0) {
            return 0;
        }
    }
    return strncmp(metrics[i].name, "mse", 3) == 0 ? 2 : 1;
}

bool metric_find(const char *name, enum metric *metric)
{
    for (int i = 0; i < METRIC_COUNT; i++) {
        if (strcmp(metrics[i].name, name) == 0) {
            *metric = (enum metric)i;
            return true;
        }
    }
    return false;
}

bool metric_set(const char *const *names, size_t n_names, bool has_climatology, bool has_reference,
                uint64_t *set, const char **unknown)
{
    static const char *const defaults[] = {"n_valid", "rmse",        "mae",
                                           "bias",    "acc_centred", "msess_ref"};
    if (n_names == 0) {
        names = defaults;
        n_names = sizeof defaults / sizeof *defaults;
    }
    uint64_t asked = 0;
    for (size_t i = 0; i < n_names; i++) {
        enum metric metric = METRIC_COUNT;
        if (strcmp(names[i], "all") == 0) {
            asked = UINT64_MAX;
        } else if (metric_find(names[i], &metric)) {
            asked |= UINT64_C(1) << metric;
        } else {
            *unknown = names[i];
            return false;
        }
    }
    *set = 0;
    for (unsigned i = 0; i < METRIC_COUNT; i++) {
        const struct metric_entry *entry = &metrics[i];
        const bool wanted = (asked >> i & 1) != 0 || (asked >> entry->asked_by & 1) != 0;
        const bool possible = (has_climatology || !entry->needs_climatology) &&
                              (has_reference || !entry->needs_reference);
        *set |= wanted && possible ? UINT64_C(1) << i : 0;
    }
    return true;
}

const char *metric_need(const char *name)
{
    enum metric metric = METRIC_COUNT;
    if (!metric_find(name, &metric)) {
        return "";
    }
    return metrics[metric].needs_reference     ? "a reference"
           : metrics[metric].needs_climatology ? "a climatology"
                                               : "";
}

gaia_status metric_unknown(const char *name, gaia_error *err)
{
    char list[GAIA_ERROR_DETAIL / 2] = "";
    size_t used = 0;
    for (size_t i = 0; i < METRIC_COUNT && used < sizeof list; i++) {
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i > 0 ? ", " : "",
                                 metrics[i].name);
    }
    return error_set(err, GAIA_METRIC_UNKNOWN, "no such metric '%s'; there are: %s", name, list);
}

/* A quotient, NaN where the denominator is zero or missing. */
static double ratio(double numerator, double denominator)
{
    return denominator > 0.0 || denominator < 0.0 ? numerator / denominator : (double)NAN;
}

static double skill(double mse, double mse_baseline)
{
    return 1.0 - ratio(mse, mse_baseline);
}

/* Weighted sums of two quantities x and y over n points. */
struct pair_sums {
    double n;
    double w;
    double x;
    double x2;
    double x2_terms; /* at least the sum of what x2 was added up from, signs apart: as this it was
                        rounded */
    double xy;
    double y;
    double y2;
};

/* Points of which n are counted: under weights of less than 1 there may be a few more than the
 * count says, and each brings its rounding. */
static double points_least(double n)
{
    enum { A_FEW = 8 };
    return n > floor(n) ? n + A_FEW : n;
}

/* How large a centred sum of squares of n points may come out though nothing varies, as a share of
 * the plain sum of squares T.
 *
 * To first order in u = 2^-53, each of n terms goes through at most n + 2 roundings into sum(w x^2)
 * (weight, square, and each time a point joins the sum), n + 1 into sum(w x) and n into sum(w). As
 * (sum w |x|)^2 <= sum(w) T, the first brings (n + 2) u T, the square of the second 2 (n + 1) u T,
 * the division by the third n u T, and product, quotient and difference 3 u T: (4 n + 7) u T. Where
 * x = o + d is made of the sums of o and d, T is (sqrt(sum w o^2) + sqrt(sum w d^2))^2, which is no
 * less than sum(w (|o| + |d|)^2), and their two additions and that of the means bring 4 u T: (4 n +
 * 11) u T. One more u is for the terms of higher order, those of the rounding of each d among them:
 * (2 n + 6) 2^-52. */
static double rounding_most(double n)
{
    return (2.0 * points_least(n) + 6.0) * DBL_EPSILON;
}

/* Weighted centred correlation; NaN where nothing but rounding is left of a centred sum of squares.
 * Rounding may not carry it beyond 1. */
static double correlation(const struct pair_sums *s)
{
    const double xx = s->x2 - s->x * s->x / s->w;
    const double yy = s->y2 - s->y * s->y / s->w;
    const double xy = s->xy - s->x * s->y / s->w;
    const double rounding = rounding_most(s->n);
    if (!(xx > rounding * s->x2_terms) || !(yy > rounding * s->y2)) {
        return (double)NAN;
    }
    const double r = xy / (sqrt(xx) * sqrt(yy));
    return r > 1.0 ? 1.0 : r < -1.0 ? -1.0 : r;
}

static void values_of_error(const double *m, double *value)
{
    const double w = m[GAIA_MOMENT_ERROR_W];
    const double bias = ratio(m[GAIA_MOMENT_ERROR_D], w);
    const double mse = ratio(m[GAIA_MOMENT_ERROR_D2], w);
    const double plain = ratio(m[GAIA_MOMENT_ERROR_D_PLAIN], m[GAIA_MOMENT_ERROR_N]);
    const double about_plain = mse - 2.0 * plain * bias + plain * plain;
    const double about_bias = mse - bias * bias;
    value[METRIC_MSE] = mse;
    value[METRIC_RMSE] = sqrt(mse);
    value[METRIC_MAE] = ratio(m[GAIA_MOMENT_ERROR_ABS_D], w);
    value[METRIC_BIAS] = bias;
    value[METRIC_BCRMSE] = sqrt(about_bias < 0.0 ? 0.0 : about_bias);
    value[METRIC_BCRMSE_UNWEIGHTED_BIAS] = sqrt(about_plain < 0.0 ? 0.0 : about_plain);
    /* f = o + d, so the sums of f follow from those of o and d. */
    const double od = m[GAIA_MOMENT_ERROR_OD];
    const double roots = sqrt(m[GAIA_MOMENT_ERROR_O2]) + sqrt(m[GAIA_MOMENT_ERROR_D2]);
    const struct pair_sums f_and_o = {
        .n = m[GAIA_MOMENT_ERROR_N],
        .w = w,
        .x = m[GAIA_MOMENT_ERROR_O] + m[GAIA_MOMENT_ERROR_D],
        .x2 = m[GAIA_MOMENT_ERROR_O2] + 2.0 * od + m[GAIA_MOMENT_ERROR_D2],
        .x2_terms = roots * roots,
        .xy = m[GAIA_MOMENT_ERROR_O2] + od,
        .y = m[GAIA_MOMENT_ERROR_O],
        .y2 = m[GAIA_MOMENT_ERROR_O2],
    };
    value[METRIC_PEARSON] = correlation(&f_and_o);
}

static void values_of_anomaly(const double *m, double *value)
{
    const struct pair_sums a_and_b = {
        .n = m[GAIA_MOMENT_ANOMALY_N],
        .w = m[GAIA_MOMENT_ANOMALY_W],
        .x = m[GAIA_MOMENT_ANOMALY_A],
        .x2 = m[GAIA_MOMENT_ANOMALY_A2],
        .x2_terms = m[GAIA_MOMENT_ANOMALY_A2],
        .xy = m[GAIA_MOMENT_ANOMALY_AB],
        .y = m[GAIA_MOMENT_ANOMALY_B],
        .y2 = m[GAIA_MOMENT_ANOMALY_B2],
    };
    value[METRIC_ACC_UNCENTRED] = ratio(a_and_b.xy, sqrt(a_and_b.x2) * sqrt(a_and_b.y2));
    value[METRIC_ACC_CENTRED] = correlation(&a_and_b);
    value[METRIC_MSE_CLIM] =
        ratio(m[GAIA_MOMENT_TRUTH_CLIMATOLOGY_B2], m[GAIA_MOMENT_TRUTH_CLIMATOLOGY_W]);
    value[METRIC_MSESS_CLIM] = skill(value[METRIC_MSE], value[METRIC_MSE_CLIM]);
}

static void values_of_reference(const double *m, double *value)
{
    value[METRIC_MSE_REF] =
        ratio(m[GAIA_MOMENT_TRUTH_REFERENCE_RO2], m[GAIA_MOMENT_TRUTH_REFERENCE_W]);
    value[METRIC_MSESS_REF] = skill(value[METRIC_MSE], value[METRIC_MSE_REF]);
    value[METRIC_MSESS_REF_COMMON] =
        skill(m[GAIA_MOMENT_REFERENCE_D2], m[GAIA_MOMENT_REFERENCE_RO2]);
}

/* The group of points that a metric is made of, by its count. */
static enum gaia_moment metric_group(enum metric metric)
{
    switch ((int)metric) {
    case METRIC_ACC_UNCENTRED:
    case METRIC_ACC_CENTRED:
        return GAIA_MOMENT_ANOMALY_N;
    case METRIC_MSE_CLIM:
        return GAIA_MOMENT_TRUTH_CLIMATOLOGY_N;
    case METRIC_MSE_REF:
        return GAIA_MOMENT_TRUTH_REFERENCE_N;
    case METRIC_MSESS_REF_COMMON:
        return GAIA_MOMENT_REFERENCE_N;
    default:
        return GAIA_MOMENT_ERROR_N;
    }
}

/* Whether a point of the region is missing in the group of a metric. The counts tell it, and where
 * they are sums of weights, a missing point of next to none is told by its own sum. */
static bool group_lacks(const double *m, enum gaia_moment group)
{
    const bool has_forecast =
        group != GAIA_MOMENT_TRUTH_CLIMATOLOGY_N && group != GAIA_MOMENT_TRUTH_REFERENCE_N;
    return m[group] < m[GAIA_MOMENT_POINTS] || m[GAIA_MOMENT_TRUTH_MISSING] > 0.0 ||
           (has_forecast && m[GAIA_MOMENT_FORECAST_MISSING] > 0.0);
}

bool metric_withheld(const struct gaia_moments *moments, enum gaia_missing missing,
                     enum metric metric)
{
    return missing == GAIA_MISSING_PROPAGATE && group_lacks(moments->sum, metric_group(metric));
}

void metric_values(const struct gaia_moments *moments, enum gaia_missing missing, double *value)
{
    const double *m = moments->sum;
    values_of_error(m, value);
    values_of_anomaly(m, value);
    values_of_reference(m, value);
    for (int i = 0; i < METRIC_TIME_COUNT; i++) {
        if (i != METRIC_N_VALID && metric_withheld(moments, missing, (enum metric)i)) {
            value[i] = (double)NAN;
        }
    }
    if (missing == GAIA_MISSING_PROPAGATE) { /* the skills take part in two groups */
        value[METRIC_MSESS_CLIM] = skill(value[METRIC_MSE], value[METRIC_MSE_CLIM]);
        value[METRIC_MSESS_REF] = skill(value[METRIC_MSE], value[METRIC_MSE_REF]);
    }
    value[METRIC_N_VALID] = m[GAIA_MOMENT_ERROR_N];
}

static void skill_add(struct metric_skill *skill, double mse, double baseline, bool propagate)
{
    if (propagate || !(isnan(mse) || isnan(baseline))) {
        skill->n++;
        skill->mse += mse;
        skill->baseline += baseline;
    }
}

static double skill_value(const struct metric_skill *of)
{
    return skill(ratio(of->mse, (double)of->n), ratio(of->baseline, (double)of->n));
}

void metric_aggregate_add(struct metric_aggregate *aggregate, const struct gaia_moments *moments,
                          const double *value)
{
    const bool propagate = aggregate->missing == GAIA_MISSING_PROPAGATE;
    if (!propagate && !(value[METRIC_N_VALID] > 0.0)) {
        return;
    }
    aggregate->n_times += value[METRIC_N_VALID] > 0.0;
    for (int i = 0; i < METRIC_TIME_COUNT; i++) {
        if (propagate || !isnan(value[i])) {
            aggregate->n[i]++;
            aggregate->total[i] += value[i];
        }
    }
    skill_add(&aggregate->clim, value[METRIC_MSE], value[METRIC_MSE_CLIM], propagate);
    skill_add(&aggregate->ref, value[METRIC_MSE], value[METRIC_MSE_REF], propagate);
    if (isnan(value[METRIC_ACC_UNCENTRED])) {
        aggregate->pooled_ab += propagate ? (double)NAN : 0.0;
    } else {
        aggregate->pooled_ab += moments->sum[GAIA_MOMENT_ANOMALY_AB];
        aggregate->pooled_a2 += moments->sum[GAIA_MOMENT_ANOMALY_A2];
        aggregate->pooled_b2 += moments->sum[GAIA_MOMENT_ANOMALY_B2];
    }
}

double metric_aggregate_value(const struct metric_aggregate *aggregate, enum metric metric)
{
    double mean[METRIC_TIME_COUNT];
    for (int i = 0; i < METRIC_TIME_COUNT; i++) {
        mean[i] = ratio(aggregate->total[i], (double)aggregate->n[i]);
    }
    switch ((int)metric) {
    case METRIC_N_TIMES:
        return (double)aggregate->n_times;
    case METRIC_RMSE:
        return sqrt(mean[METRIC_MSE]);
    case METRIC_MSESS_CLIM:
        return skill_value(&aggregate->clim);
    case METRIC_MSESS_REF:
        return skill_value(&aggregate->ref);
    case METRIC_ACC_UNCENTRED_POOLED:
        return ratio(aggregate->pooled_ab, sqrt(aggregate->pooled_a2) * sqrt(aggregate->pooled_b2));
    case METRIC_RMSE_MEAN_OF_SQRT:
        return mean[METRIC_RMSE];
    case METRIC_PEARSON_MEAN:
        return mean[METRIC_PEARSON];
    case METRIC_ACC_CENTRED_MEAN:
        return mean[METRIC_ACC_CENTRED];
    case METRIC_ACC_UNCENTRED_MEAN:
        return mean[METRIC_ACC_UNCENTRED];
    case METRIC_MSESS_REF_MEAN:
        return mean[METRIC_MSESS_REF];
    default:
        return mean[metric]; /* mse, mae, bias */
    }
}
