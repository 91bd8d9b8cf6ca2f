/* SPDX-License-Identifier: MIT
 *
 * From a row of moments to the numbers of three line types, and from numbers to cells.
 *
 * Invariant: a number that is not finite is the cell NA.
 */
#include "met_stat.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gaia/time.h>

#include "error.h"
#include "metric.h"

#define MET_VERSION "V11.1"

enum { HOUR_S = 3600, MINUTE_S = 60, DATE_CHARACTERS = 10 /* of 2017-01-01 */ };

/* What one row gives. Those without a place in the sums have no name here. */
enum value {
    TOTAL,
    FBAR,
    OBAR,
    FOBAR,
    FFBAR,
    OOBAR,
    MAE,
    FSTDEV,
    OSTDEV,
    PR_CORR,
    ME,
    ESTDEV,
    MBIAS,
    MSE,
    BCMSE,
    RMSE,
    ME2,
    MSESS,
    SI,
    ANOMALY_TOTAL,
    FABAR,
    OABAR,
    FOABAR,
    FFABAR,
    OOABAR,
    ANOMALY_MAE,
    ANOM_CORR,
    ANOM_CORR_UNCNTR,
    RMSFA,
    RMSOA,
    N_VALUES,
    NONE = N_VALUES /* ranks and percentiles: sums do not tell */
};

/* A column, and how many columns of confidence limits follow it, all NA: an interval over points
 * would take neighbours for independent. */
struct column {
    enum value value;
    int n_limits;
};

static const struct column sl1l2[] = {{TOTAL, 0}, {FBAR, 0},  {OBAR, 0}, {FOBAR, 0},
                                      {FFBAR, 0}, {OOBAR, 0}, {MAE, 0}};

static const struct column sal1l2[] = {{ANOMALY_TOTAL, 0}, {FABAR, 0},  {OABAR, 0},
                                       {FOABAR, 0},        {FFABAR, 0}, {OOABAR, 0},
                                       {ANOMALY_MAE, 0}};

static const struct column cnt[] = {
    {TOTAL, 0},     {FBAR, 4},   {FSTDEV, 4}, {OBAR, 4},  {OSTDEV, 4}, {PR_CORR, 4},
    {NONE, 4}, /* SP_CORR, KT_CORR, RANKS, FRANK_TIES, ORANK_TIES */
    {ME, 4},        {ESTDEV, 4}, {MBIAS, 2},  {MAE, 2},   {MSE, 2},    {BCMSE, 2},
    {RMSE, 2},      {NONE, 14}, /* E10, E25, E50, E75, E90 */
    {NONE, 5},                  /* EIQR, MAD */
    {ANOM_CORR, 4}, {ME2, 2},    {MSESS, 2},  {RMSFA, 2}, {RMSOA, 2},  {ANOM_CORR_UNCNTR, 2},
    {SI, 2},
};

/* ---- Names ---- */

static char cell_character(char c)
{
    return (unsigned char)c <= ' ' || c == 0x7f ? '_' : c;
}

static bool cell_same(const char *a, const char *b)
{
    while (*a != '\0' && cell_character(*a) == cell_character(*b)) {
        a++;
        b++;
    }
    return *a == *b;
}

static bool cell_changed(const char *s)
{
    bool changed = false;
    for (; !changed && *s != '\0'; s++) {
        changed = cell_character(*s) != *s;
    }
    return changed;
}

/* Names that differ must make cells that differ. Only names that change are held against all. */
static gaia_status names_check(const char *what, const char *const *names, size_t n,
                               gaia_error *err)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; cell_changed(names[i]) && k < n; k++) {
            if (k != i && cell_same(names[i], names[k])) {
                return error_set(
                    err, GAIA_USAGE,
                    "format stat has no blanks in names: %s '%s' and '%s' would be one", what,
                    names[i], names[k]);
            }
        }
    }
    return GAIA_OK;
}

static gaia_status forecasts_check(const struct plan *plan, gaia_error *err)
{
    const char **ids = calloc(plan->n_forecasts + 1, sizeof *ids);
    if (ids == NULL) {
        return error_memory(err, plan->n_forecasts * sizeof *ids);
    }
    for (size_t i = 0; i < plan->n_forecasts; i++) {
        ids[i] = plan->forecasts[i].id;
    }
    const gaia_status status = names_check("forecasts", ids, plan->n_forecasts, err);
    free(ids);
    return status;
}

gaia_status met_stat_time_check(const struct plan *plan, const struct gaia_unit *unit,
                                gaia_error *err)
{
    char time[GAIA_TIME_TEXT];
    gaia_calendar_format(plan->calendar, unit->init_time_s + unit->lead_time_s, time);
    return strcspn(time, "T") == DATE_CHARACTERS && time[0] != '-'
               ? GAIA_OK
               : error_set(err, GAIA_USAGE,
                           "format stat has years of four digits: variable '%s' is valid at %s",
                           plan->variables[unit->variable], time);
}

gaia_status met_stat_check(const struct plan *plan, gaia_error *err)
{
    gaia_status status = GAIA_OK;
    if (plan->calendar == GAIA_CALENDAR_360_DAY) {
        return error_set(err, GAIA_FORMAT_UNSUPPORTED,
                         "format stat has dates of the Gregorian calendar, these are of 360_day");
    }
    for (size_t i = 0; status == GAIA_OK && i < plan->n_units; i++) {
        status = met_stat_time_check(plan, &plan->units[i], err);
    }
    if (status == GAIA_OK) {
        status = forecasts_check(plan, err);
    }
    if (status == GAIA_OK) {
        status = names_check("variables", plan->variables, plan->n_variables, err);
    }
    if (status == GAIA_OK) {
        status = names_check("regions", plan->regions, plan->n_regions, err);
    }
    return status == GAIA_OK ? names_check("weightings", plan->weights, plan->n_weights, err)
                             : status;
}

/* ---- Numbers ---- */

static double quotient(double numerator, double denominator)
{
    return denominator > 0.0 || denominator < 0.0 ? numerator / denominator : (double)NAN;
}

/* A count of points as the integer that the column holds; some points are at least one. */
static double count_round(double n)
{
    return n > 0.0 ? fmax(1.0, round(n)) : 0.0;
}

/* The sample's standard deviation, of n points, from the means of x and its square. */
static double deviation(double n, double mean, double mean_square)
{
    const double variance = mean_square - mean * mean;
    return n > 1.0 ? sqrt(fmax(0.0, variance) * (n / (n - 1.0))) : (double)NAN;
}

static void values_of_error(const struct gaia_moments *row, const double *metric, double *value)
{
    const double *m = row->sum;
    const double w = m[GAIA_MOMENT_ERROR_W];
    const double n = value[TOTAL];
    /* f = o + d, so the sums of f follow from those of o and d. */
    value[FBAR] = quotient(m[GAIA_MOMENT_ERROR_O] + m[GAIA_MOMENT_ERROR_D], w);
    value[OBAR] = quotient(m[GAIA_MOMENT_ERROR_O], w);
    value[FOBAR] = quotient(m[GAIA_MOMENT_ERROR_O2] + m[GAIA_MOMENT_ERROR_OD], w);
    value[FFBAR] = quotient(
        m[GAIA_MOMENT_ERROR_O2] + 2.0 * m[GAIA_MOMENT_ERROR_OD] + m[GAIA_MOMENT_ERROR_D2], w);
    value[OOBAR] = quotient(m[GAIA_MOMENT_ERROR_O2], w);
    value[MAE] = metric[METRIC_MAE];
    value[FSTDEV] = deviation(n, value[FBAR], value[FFBAR]);
    value[OSTDEV] = deviation(n, value[OBAR], value[OOBAR]);
    value[PR_CORR] = metric[METRIC_PEARSON];
    value[ME] = metric[METRIC_BIAS];
    value[ESTDEV] = deviation(n, metric[METRIC_BIAS], metric[METRIC_MSE]);
    value[MBIAS] = quotient(value[FBAR], value[OBAR]);
    value[MSE] = metric[METRIC_MSE];
    value[BCMSE] = metric[METRIC_BCRMSE] * metric[METRIC_BCRMSE];
    value[RMSE] = metric[METRIC_RMSE];
    value[ME2] = value[ME] * value[ME];
    value[MSESS] = 1.0 - quotient(value[MSE], value[OSTDEV] * value[OSTDEV]);
    value[SI] = quotient(value[RMSE], value[OBAR]);
}

static void values_of_anomaly(const struct gaia_moments *row, const double *metric, double *value)
{
    const double *m = row->sum;
    const double w = m[GAIA_MOMENT_ANOMALY_W];
    value[FABAR] = quotient(m[GAIA_MOMENT_ANOMALY_A], w);
    value[OABAR] = quotient(m[GAIA_MOMENT_ANOMALY_B], w);
    value[FOABAR] = quotient(m[GAIA_MOMENT_ANOMALY_AB], w);
    value[FFABAR] = quotient(m[GAIA_MOMENT_ANOMALY_A2], w);
    value[OOABAR] = quotient(m[GAIA_MOMENT_ANOMALY_B2], w);
    value[ANOM_CORR] = metric[METRIC_ACC_CENTRED];
    value[ANOM_CORR_UNCNTR] = metric[METRIC_ACC_UNCENTRED];
    value[RMSFA] = sqrt(value[FFABAR]);
    value[RMSOA] = sqrt(value[OOABAR]);
    /* |a - b| = |d|, which is summed where f and o are present: the same points, or not known. */
    if (m[GAIA_MOMENT_ANOMALY_N] == m[GAIA_MOMENT_ERROR_N] && w == m[GAIA_MOMENT_ERROR_W]) {
        value[ANOMALY_MAE] = metric[METRIC_MAE];
    }
}

static void row_values(const struct gaia_moments *row, enum gaia_missing missing, double *value)
{
    double metric[METRIC_TIME_COUNT];
    metric_values(row, missing, metric);
    for (int i = 0; i < N_VALUES; i++) {
        value[i] = (double)NAN;
    }
    value[TOTAL] = count_round(row->sum[GAIA_MOMENT_ERROR_N]);
    value[ANOMALY_TOTAL] = count_round(row->sum[GAIA_MOMENT_ANOMALY_N]);
    if (!metric_withheld(row, missing, METRIC_MSE)) {
        values_of_error(row, metric, value);
    }
    if (!metric_withheld(row, missing, METRIC_ACC_CENTRED)) {
        values_of_anomaly(row, metric, value);
    }
}

/* ---- Lines ---- */

static void cell_name(struct text *out, const char *name)
{
    text_append(out, *name != '\0' ? " " : " NA");
    for (; *name != '\0'; name++) {
        const char c = cell_character(*name);
        text_append_n(out, &c, 1);
    }
}

static void cell_number(struct text *out, double value)
{
    char number[TEXT_NUMBER];
    number_format(value, number);
    text_printf(out, " %s", isfinite(value) ? number : "NA");
}

/* YYYYMMDD_HHMMSS twice: a field's valid time begins and ends at once. */
static void cell_times(struct text *out, enum gaia_calendar calendar, int64_t time_s)
{
    char time[GAIA_TIME_TEXT];
    char digits[] = "00000000000000";
    size_t n = 0;
    gaia_calendar_format(calendar, time_s, time);
    for (const char *at = time; *at != '\0' && n < sizeof digits - 1; at++) {
        if (isdigit((unsigned char)*at)) {
            digits[n++] = *at;
        }
    }
    for (int i = 0; i < 2; i++) {
        text_printf(out, " %.8s_%s", digits, digits + 8);
    }
}

/* Hours, minutes and seconds; the hours of a long lead time have more than two digits. */
static void cell_lead(struct text *out, int64_t lead_s)
{
    const unsigned long long s =
        lead_s < 0 ? 0 - (unsigned long long)lead_s : (unsigned long long)lead_s;
    text_printf(out, " %s%02llu%02llu%02llu", lead_s < 0 ? "-" : "", s / HOUR_S,
                s % HOUR_S / MINUTE_S, s % MINUTE_S);
}

/* Name, units, which sums do not have, and level. */
static void cell_variable(struct text *out, const char *variable, double level)
{
    char number[TEXT_NUMBER];
    number_format(level, number);
    cell_name(out, variable);
    text_printf(out, " NA %s%s", isnan(level) ? "" : "P", isnan(level) ? "NA" : number);
}

void met_stat_header(struct text *out)
{
    text_append(out, "VERSION MODEL DESC FCST_LEAD FCST_VALID_BEG FCST_VALID_END OBS_LEAD "
                     "OBS_VALID_BEG OBS_VALID_END FCST_VAR FCST_UNITS FCST_LEV OBS_VAR OBS_UNITS "
                     "OBS_LEV OBTYPE VX_MASK INTERP_MTHD INTERP_PNTS FCST_THRESH OBS_THRESH "
                     "COV_THRESH ALPHA LINE_TYPE\n");
}

/* One line: the shared columns of row i_row of the unit, the type, its own columns. */
static void line_append(const struct plan *plan, const struct gaia_unit *unit, size_t i_row,
                        const char *type, const struct column *columns, size_t n_columns,
                        const double *value, struct text *out)
{
    const int64_t valid_s = unit->init_time_s + unit->lead_time_s;
    const char *variable = plan->variables[unit->variable];
    text_append(out, MET_VERSION);
    cell_name(out, plan->forecasts[unit->forecast].id);
    cell_name(out, plan->weights[i_row % plan->n_weights]);
    cell_lead(out, unit->lead_time_s);
    cell_times(out, plan->calendar, valid_s);
    cell_lead(out, 0);
    cell_times(out, plan->calendar, valid_s);
    cell_variable(out, variable, unit->level);
    cell_variable(out, variable, unit->level);
    text_append(out, " ANALYS");
    cell_name(out, plan->regions[i_row / plan->n_weights]);
    text_printf(out, " NEAREST 1 NA NA NA NA %s", type);
    for (size_t i = 0; i < n_columns; i++) {
        cell_number(out, columns[i].value == NONE ? (double)NAN : value[columns[i].value]);
        for (int k = 0; k < columns[i].n_limits; k++) {
            text_append(out, " NA");
        }
    }
    text_append(out, "\n");
}

void met_stat_unit(const struct plan *plan, const struct gaia_unit *unit,
                   const struct gaia_moments *rows, struct text *out)
{
    for (size_t row = 0; row < plan_rows_per_unit(plan); row++) {
        double value[N_VALUES];
        row_values(&rows[row], plan->missing, value);
        line_append(plan, unit, row, "CNT", cnt, sizeof cnt / sizeof *cnt, value, out);
        line_append(plan, unit, row, "SL1L2", sl1l2, sizeof sl1l2 / sizeof *sl1l2, value, out);
        if (plan->has_climatology) {
            line_append(plan, unit, row, "SAL1L2", sal1l2, sizeof sal1l2 / sizeof *sal1l2, value,
                        out);
        }
    }
}
