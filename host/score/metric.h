/* SPDX-License-Identifier: MIT
 *
 * The table of metrics, and their arithmetic over moments.
 *
 * Invariant: a metric depends on nothing but rows of moments and the missing-value rule.
 */
#ifndef SCORE_METRIC_H
#define SCORE_METRIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gaia/metric.h>

/* Of one valid time, in the order in which they are reported. */
enum metric {
    METRIC_N_VALID,
    METRIC_MSE,
    METRIC_RMSE,
    METRIC_MAE,
    METRIC_BIAS,
    METRIC_BCRMSE,
    METRIC_BCRMSE_UNWEIGHTED_BIAS,
    METRIC_PEARSON,
    METRIC_ACC_UNCENTRED,
    METRIC_ACC_CENTRED,
    METRIC_MSE_CLIM,
    METRIC_MSESS_CLIM,
    METRIC_MSE_REF,
    METRIC_MSESS_REF,
    METRIC_MSESS_REF_COMMON,
    METRIC_TIME_COUNT, /* those above: one value a valid time */

    METRIC_N_TIMES = METRIC_TIME_COUNT, /* from here on: only over all times of a lead */
    METRIC_RMSE_MEAN_OF_SQRT,
    METRIC_PEARSON_MEAN,
    METRIC_ACC_CENTRED_MEAN,
    METRIC_ACC_UNCENTRED_MEAN,
    METRIC_ACC_UNCENTRED_POOLED,
    METRIC_MSESS_REF_MEAN,
    METRIC_COUNT
};

/* What a metric is called, is computed from, and belongs to. */
struct metric_entry {
    const char *name;
    const char *formula;
    bool needs_climatology;
    bool needs_reference;
    bool over_all_times;  /* reported for the aggregate over times */
    enum metric asked_by; /* asking for this metric asks for the entry too */
};

const struct metric_entry *metric_describe(enum metric metric);

/* The metric of this name; false if there is none. */
bool metric_find(const char *name, enum metric *metric);

/* The set (bit i: metric i) asked for by names; "all" is every one. No name: the default set
 * (n_valid, rmse, mae, bias, acc_centred, msess_ref and what belongs to them). Metrics whose
 * sources are not there are left out. False, and *unknown set, if a name is not a metric's. */
bool metric_set(const char *const *names, size_t n_names, bool has_climatology, bool has_reference,
                uint64_t *set, const char **unknown);

/* What a metric of this name cannot do without: "a reference", "a climatology", or "". */
const char *metric_need(const char *name);

/* GAIA_METRIC_UNKNOWN, with the names that there are. */
gaia_status metric_unknown(const char *name, gaia_error *err);

/* Writes value[METRIC_TIME_COUNT] of one row of moments. A zero or missing denominator gives NaN.
 */
void metric_values(const struct gaia_moments *moments, enum gaia_missing missing, double *value);

/* Whether PROPAGATE withholds a metric of one valid time: `missing` is that rule, and a point of
 * the region is missing in the group of points that the metric is made of. */
bool metric_withheld(const struct gaia_moments *moments, enum gaia_missing missing,
                     enum metric metric);

/* What a skill over times is made of: both errors of the same times. */
struct metric_skill {
    uint64_t n;
    double mse;
    double baseline; /* climatology's or the reference's */
};

/* Running aggregate over the valid times of a lead: each time counts equally. PAIRWISE leaves times
 * without a value out of each mean, and of a skill times that lack either of its errors; PROPAGATE
 * lets them make it NaN. Starts zeroed but for `missing`. */
struct metric_aggregate {
    enum gaia_missing missing;
    uint64_t n_times;
    uint64_t n[METRIC_TIME_COUNT];
    double total[METRIC_TIME_COUNT];
    struct metric_skill clim;
    struct metric_skill ref;
    double pooled_ab;
    double pooled_a2;
    double pooled_b2;
};

/* Adds a time: its moments and the values that metric_values made of them. */
void metric_aggregate_add(struct metric_aggregate *aggregate, const struct gaia_moments *moments,
                          const double *value);

/* The aggregate's value of metric; only for entries with over_all_times. */
double metric_aggregate_value(const struct metric_aggregate *aggregate, enum metric metric);

#endif
