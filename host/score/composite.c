/* SPDX-License-Identifier: MIT
 *
 * The arithmetic of composites.
 *
 * Invariant: a result depends on raw values and the profile alone; each sum has the one order that
 * composite.h names.
 */
#include "composite.h"

#include <math.h>

#include "metric.h"

const char *composite_check_name(enum composite_check check)
{
    static const char *const names[CHECK_COUNT] = {"bounds", "non_negative", "pattern_correlation",
                                                   "acc"};
    return names[check];
}

void composite_layers(const double *levels, const bool *is_there, size_t n, double *weights)
{
    double total = 0.0;
    size_t last = n; /* the level before, of those that take part */
    size_t n_there = 0;
    for (size_t i = 0; i < n; i++) {
        weights[i] = 0.0;
        if (is_there != NULL && !is_there[i]) {
            continue;
        }
        n_there++;
        if (last < n) {
            const double half = (levels[i] - levels[last]) / 2.0;
            weights[last] += half;
            weights[i] = half;
        }
        last = i;
    }
    if (n_there == 1) {
        weights[last] = 1.0;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        total += weights[i];
    }
    for (size_t i = 0; total > 0.0 && i < n; i++) {
        weights[i] /= total;
    }
}

/* A weighted mean of a group; NaN where it has no points, or is not whole and must be. */
static double group_mean(const struct gaia_moments *m, enum gaia_moment sum, enum gaia_moment w,
                         enum gaia_moment n, enum gaia_missing missing)
{
    const bool whole = m->sum[n] == m->sum[GAIA_MOMENT_POINTS];
    return m->sum[w] > 0.0 && (whole || missing == GAIA_MISSING_PAIRWISE) ? m->sum[sum] / m->sum[w]
                                                                          : (double)NAN;
}

void composite_raw_take(const struct gaia_moments *moments, enum gaia_missing missing,
                        enum composite_baseline baseline, struct composite_raw *raw)
{
    double value[METRIC_TIME_COUNT];
    metric_values(moments, missing, value);
    const double debiased = value[METRIC_BCRMSE_UNWEIGHTED_BIAS];
    *raw = (struct composite_raw){
        .is_present = true,
        .n_valid = value[METRIC_N_VALID],
        .n_missing = moments->sum[GAIA_MOMENT_FORECAST_MISSING],
        .mse = value[METRIC_MSE],
        .rmse = value[METRIC_RMSE],
        .mae = value[METRIC_MAE],
        .bias = value[METRIC_BIAS],
        .mse_debiased = debiased * debiased,
        .acc = value[METRIC_ACC_CENTRED],
        .pearson = value[METRIC_PEARSON],
        .mse_baseline = value[baseline == BASELINE_CLIMATOLOGY ? METRIC_MSE_CLIM : METRIC_MSE_REF],
        .mse_reference = group_mean(moments, GAIA_MOMENT_REFERENCE_FR2, GAIA_MOMENT_REFERENCE_W,
                                    GAIA_MOMENT_REFERENCE_N, missing),
        .min = moments->sum[GAIA_MOMENT_FORECAST_MIN],
        .max = moments->sum[GAIA_MOMENT_FORECAST_MAX],
    };
}

static double skill_make(const struct composite_spec *spec, const struct composite_raw *raw)
{
    if (raw->mse_baseline == 0.0) {
        return raw->mse == 0.0 ? spec->zero_perfect : spec->zero_imperfect;
    }
    return 1.0 - raw->mse_debiased / raw->mse_baseline;
}

static bool applies(double limited_to, double level)
{
    return isnan(limited_to) || limited_to == level;
}

static void clone_check(const struct composite_spec *spec, const struct profile_variable *variable,
                        double level, struct composite_cell *cell)
{
    if (!variable->has_clone || !applies(variable->clone_level, level) ||
        isnan(cell->raw.mse_reference)) {
        return;
    }
    const double unit = variable->clone_field_per_unit;
    const double delta = variable->clone_delta * (unit * unit);
    const double short_of = 1.0 - cell->raw.mse_reference / delta;
    cell->penalty = spec->clone_gamma * (short_of > 0.0 ? short_of : 0.0);
    cell->is_clone_alarm = cell->raw.mse_reference < spec->clone_alarm_share * delta;
}

static void check_note(struct composite_cell *cell, enum composite_check check, bool is_good)
{
    cell->checked |= 1u << check;
    cell->failed |= is_good ? 0 : 1u << check;
}

/* No value fails a check: what cannot be shown to be good is not. */
static void checks_make(const struct composite_spec *spec, const struct profile_variable *variable,
                        double level, struct composite_cell *cell)
{
    const struct composite_raw *raw = &cell->raw;
    if (variable->has_bounds && applies(variable->bounds_level, level)) {
        check_note(cell, CHECK_BOUNDS,
                   raw->min >= variable->bounds_min && raw->max <= variable->bounds_max);
    }
    if (variable->non_negative) {
        check_note(cell, CHECK_NON_NEGATIVE, raw->min >= 0.0);
    }
    check_note(cell, CHECK_PATTERN, raw->pearson >= spec->pattern_correlation_min);
    check_note(cell, CHECK_ACC, raw->acc >= spec->acc_min);
}

static void cell_evaluate(const struct composite_spec *spec,
                          const struct profile_variable *variable, double level,
                          struct composite_cell *cell)
{
    const struct composite_raw *raw = &cell->raw;
    const double rmse_baseline = sqrt(raw->mse_baseline);
    cell->skill = skill_make(spec, raw);
    cell->rrmse = rmse_baseline > 0.0 ? raw->rmse / rmse_baseline : (double)NAN;
    cell->is_clamped = cell->skill < spec->skill_min || cell->skill > spec->skill_max;
    cell->part_skill = cell->skill < spec->skill_min   ? spec->skill_min
                       : cell->skill > spec->skill_max ? spec->skill_max
                                                       : cell->skill;
    cell->part_skill = isnan(cell->part_skill) ? 0.0 : cell->part_skill;
    cell->part_acc = isnan(raw->acc) ? 0.0 : (raw->acc + spec->acc_add) / spec->acc_divide_by;
    cell->part_rrmse = isnan(cell->rrmse) ? 0.0 : 1.0 / (spec->rrmse_add + cell->rrmse);
    if (spec->kind == COMPOSITE_DAY1) {
        clone_check(spec, variable, level, cell);
        checks_make(spec, variable, level, cell);
        cell->part_skill -= cell->penalty;
        cell->part_rrmse = 0.0;
    }
}

static double parts_score(const struct composite_spec *spec, const struct composite_parts *parts)
{
    return spec->skill_weight * parts->skill + spec->acc_weight * parts->acc +
           spec->rrmse_weight * parts->rrmse;
}

/* The levels of one variable at one lead, averaged. */
static void variable_evaluate(const struct composite_layout *layout, size_t v, bool *is_there,
                              struct composite_cell *cells, struct composite_parts *parts)
{
    const struct composite_spec *spec = &layout->profile->composite;
    const struct profile_variable *variable = &layout->profile->variables[v];
    const size_t first = layout->first[v];
    const size_t n = layout->first[v + 1] - first;
    double weights[PROFILE_LIST_MAX];
    *parts = (struct composite_parts){.is_present = false};
    for (size_t i = 0; i < n; i++) {
        is_there[i] = cells[first + i].raw.is_present;
        parts->is_present = parts->is_present || is_there[i];
    }
    const bool leave_out = layout->profile->level_rule == PROFILE_LEAVE_OUT;
    composite_layers(&layout->level[first], leave_out ? is_there : NULL, n, weights);
    for (size_t i = 0; i < n; i++) {
        struct composite_cell *cell = &cells[first + i];
        cell->layer_weight = weights[i];
        if (is_there[i]) {
            cell_evaluate(spec, variable, layout->level[first + i], cell);
            parts->skill += weights[i] * cell->part_skill;
            parts->acc += weights[i] * cell->part_acc;
            parts->rrmse += weights[i] * cell->part_rrmse;
            parts->penalty += weights[i] * cell->penalty;
        }
    }
    parts->score = parts_score(spec, parts);
}

/* The variables of one lead, averaged. A variable that the plan has and this lead lacks counts 0,
 * unless missing leads are left out. */
static void lead_evaluate(const struct composite_layout *layout, struct composite_parts *variables,
                          struct composite_parts *lead)
{
    const struct gaia_profile *profile = layout->profile;
    const struct composite_spec *spec = &profile->composite;
    double total = 0.0;
    *lead = (struct composite_parts){.weight = 0.0};
    for (size_t v = 0; v < profile->n_variables; v++) {
        const bool counts = layout->is_used[v] &&
                            (variables[v].is_present || profile->lead_rule != PROFILE_LEAVE_OUT);
        const double weight = spec->is_weighted ? profile->variables[v].weight : 1.0;
        variables[v].weight = counts ? weight : 0.0;
        total += variables[v].weight;
        lead->is_present = lead->is_present || (counts && variables[v].is_present);
    }
    for (size_t v = 0; total > 0.0 && v < profile->n_variables; v++) {
        variables[v].weight /= total;
        lead->skill += variables[v].weight * variables[v].skill;
        lead->acc += variables[v].weight * variables[v].acc;
        lead->rrmse += variables[v].weight * variables[v].rrmse;
        lead->penalty += variables[v].weight * variables[v].penalty;
    }
    lead->score = parts_score(spec, lead);
}

/* Counts what went wrong in the cells of variables that count; true if a clone was seen. */
static bool cells_count(const struct composite_layout *layout, struct composite_time *time)
{
    bool is_clone = false;
    for (size_t l = 0; l < layout->profile->n_leads; l++) {
        for (size_t v = 0; v < layout->profile->n_variables; v++) {
            for (size_t i = layout->first[v]; layout->is_used[v] && i < layout->first[v + 1]; i++) {
                const struct composite_cell *cell = &time->cells[l * layout->n_cells + i];
                for (unsigned bits = cell->failed; bits != 0; bits &= bits - 1) {
                    time->n_checks_failed++;
                }
                time->n_penalties += cell->penalty > 0.0;
                is_clone = is_clone || cell->penalty > 0.0 || cell->is_clone_alarm;
            }
        }
    }
    return is_clone;
}

static void time_conclude(const struct composite_layout *layout, bool is_day1_passed,
                          struct composite_time *time)
{
    const struct composite_spec *spec = &layout->profile->composite;
    const bool is_clone = cells_count(layout, time);
    time->score = time->unclamped;
    if (spec->kind == COMPOSITE_DAY1) {
        time->is_capped = is_clone && time->unclamped > spec->clone_cap;
        time->score = time->is_capped ? spec->clone_cap : time->unclamped;
        time->is_passed = time->score >= spec->pass_at &&
                          (time->n_checks_failed == 0 || !spec->failed_check_fails);
        const double alone = spec->day1_weight * spec->day1_alone_factor;
        const double weight = alone < spec->day1_alone_max ? alone : spec->day1_alone_max;
        time->overall = weight * (time->is_passed ? 1.0 : 0.0);
    } else {
        time->overall =
            spec->era5_weight * time->score + spec->day1_weight * (is_day1_passed ? 1.0 : 0.0);
    }
}

void composite_evaluate(const struct composite_layout *layout, bool is_day1_passed, bool *scratch,
                        struct composite_time *time)
{
    const struct gaia_profile *profile = layout->profile;
    double total = 0.0;
    size_t n_counted = 0;
    for (size_t l = 0; l < profile->n_leads; l++) {
        struct composite_cell *cells = &time->cells[l * layout->n_cells];
        struct composite_parts *variables = &time->variables[l * profile->n_variables];
        struct composite_parts *lead = &time->leads[l];
        for (size_t v = 0; v < profile->n_variables; v++) {
            variable_evaluate(layout, v, scratch, cells, &variables[v]);
        }
        lead_evaluate(layout, variables, lead);
        time->n_leads_missing += !lead->is_present;
        const bool counts = lead->is_present || profile->lead_rule != PROFILE_LEAVE_OUT;
        total += counts ? lead->score : 0.0;
        n_counted += counts;
    }
    time->unclamped = n_counted > 0 ? total / (double)n_counted : 0.0;
    time_conclude(layout, is_day1_passed, time);
}
