/* SPDX-License-Identifier: MIT
 *
 * Composites: from the sums of one forecast's fields, at one init time, to one number with all of
 * its parts. Pure arithmetic in float64; composite_stream.h feeds it, composite_json.c writes it.
 *
 * The formula, with the profile's parameters (struct composite_spec):
 *   skill   = 1 - MSE(f - m) / MSE(r), m the unweighted mean error, each MSE over its own points
 *   part_s  = clamp(skill, min, max) - penalty      penalty (day1) = gamma max(0, 1 -
 * MSE(f,r)/delta) part_a  = (acc_centred + add) / divide_by part_r  = 1 / (add + RMSE(f)/RMSE(r))
 * (lead_mean; 0 where RMSE(r) is 0 or missing) score   = weight_s part_s + weight_a part_a +
 * weight_r part_r The three parts are made at each level, averaged over levels by layer thickness,
 * over variables by weight, and become the score of a lead; the composite is the mean over leads.
 *
 * Invariant: every sum runs over levels ascending, variables in the profile's order, leads
 * ascending, init times ascending, from +0.0; a part without a value counts 0.
 */
#ifndef SCORE_COMPOSITE_H
#define SCORE_COMPOSITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gaia/metric.h>
#include <gaia/status.h>

#include "profile.h"

enum composite_check {
    CHECK_BOUNDS,       /* FORECAST_MIN and _MAX within the variable's bounds */
    CHECK_NON_NEGATIVE, /* FORECAST_MIN at least 0 */
    CHECK_PATTERN,      /* pattern correlation of forecast and truth */
    CHECK_ACC,
    CHECK_COUNT
};

/* What a cell is made of: NaN where there is no value. */
struct composite_raw {
    bool is_present;
    double n_valid;
    double n_missing; /* points without a forecast */
    double mse;
    double rmse;
    double mae;
    double bias;
    double mse_debiased; /* about the unweighted mean error */
    double acc;
    double pearson;
    double mse_baseline;
    double mse_reference; /* of forecast against reference */
    double min;
    double max;
};

/* One variable at one level and lead. */
struct composite_cell {
    struct composite_raw raw;
    double layer_weight; /* 0 where the level is left out */
    double skill;
    double rrmse; /* NaN: there is none */
    double part_skill;
    double part_acc;
    double part_rrmse;
    double penalty;
    bool is_clamped; /* skill was outside its range */
    bool is_clone_alarm;
    unsigned checked; /* bit i: enum composite_check i was made */
    unsigned failed;
};

/* Averages of the three parts and their score. */
struct composite_parts {
    bool is_present; /* something of it is there */
    double weight;   /* of a variable, normalised over those that take part */
    double skill;
    double acc;
    double rrmse;
    double penalty; /* the mean, already in skill */
    double score;
};

/* A place in the table of cells: variable v of the profile has cells first[v] .. first[v + 1). */
struct composite_layout {
    const struct gaia_profile *profile;
    const bool *is_used; /* [n_variables] has a weight, and the plan has it */
    size_t *first;       /* [n_variables + 1] */
    double *level;       /* [n_cells] hPa; NaN: whatever there is */
    size_t n_cells;      /* of one lead */
};

/* One init time of a forecast. */
struct composite_time {
    int64_t init_time_s;
    struct composite_cell *cells;      /* [n_leads][layout.n_cells] */
    struct composite_parts *variables; /* [n_leads][n_variables] */
    struct composite_parts *leads;     /* [n_leads] */
    size_t n_leads_missing;
    size_t n_checks_failed;
    size_t n_penalties;
    bool is_capped;   /* the clone cap was put on the score */
    double unclamped; /* the score before it */
    double score;
    bool is_passed; /* day1 */
    double overall;
};

/* Weights that sum to 1, from levels [n] that ascend: half the distance to each
 * neighbour, ends one-sided; a single level weighs 1. is_there: NULL, or which take part; the
 * others weigh 0 and are no neighbours. */
void composite_layers(const double *levels, const bool *is_there, size_t n, double *weights);

/* Takes what a composite needs out of one row of moments. */
void composite_raw_take(const struct gaia_moments *moments, enum gaia_missing missing,
                        enum composite_baseline baseline, struct composite_raw *raw);

/* Fills everything of `time` but init_time_s and the cells' raw values, from those.
 * is_day1_passed: of another run, for the overall score of a lead_mean. scratch: [n_cells] of the
 * layout. */
void composite_evaluate(const struct composite_layout *layout, bool is_day1_passed, bool *scratch,
                        struct composite_time *time);

/* "bounds", "non_negative", "pattern_correlation", "acc". */
const char *composite_check_name(enum composite_check check);

#endif
