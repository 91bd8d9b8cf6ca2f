/* SPDX-License-Identifier: MIT
 *
 * Choosing fields and counting bins.
 *
 * Weights of a window, by distance k from its middle and h days to its end: 1; 1 - k / h
 * (WeatherBench2's); exp(-k^2 / (2 s^2)) with s a sixth of the window, by a series and products
 * that round alike everywhere, which libm's exp does not.
 */
#include "climatology_bins.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <gaia/time.h>

#include "calendar.h"
#include "error.h"

enum { LIST_BYTES = 256, ALL_HOURS = (1 << CLIMATOLOGY_HOURS_MAX) - 1, YEAR_DAYS = 365 };

/* ---- Windows ---- */

/* exp(-x) for x in [0, 2]. */
static double exp_minus(double x)
{
    double term = 1.0;
    double sum = 1.0;
    for (int i = 1; i <= 40; i++) {
        term *= -x / i;
        sum += term;
    }
    return sum;
}

static void window_make(struct climatology_bins *bins)
{
    const int half = (bins->choice.window_days - 1) / 2;
    const double spread = bins->choice.window_days / 6.0;
    const double ratio = half > 0 ? exp_minus(0.5 / (spread * spread)) : 1.0;
    double gaussian = 1.0;
    double step = ratio; /* from weight k to weight k + 1: ratio to the power 2k + 1 */
    for (int k = 0; k <= half; k++) {
        bins->weight[k] = bins->choice.weights == WINDOW_GAUSSIAN ? gaussian
                          : bins->choice.weights == WINDOW_TRIANGULAR && half > 0
                              ? (double)(half - k) / half
                              : 1.0;
        bins->half = bins->weight[k] > 0.0 ? k : bins->half;
        gaussian *= step;
        step *= ratio * ratio;
    }
}

/* Of the calendar's longest year. */
static int days_of_year(enum gaia_calendar calendar)
{
    return calendar == GAIA_CALENDAR_NOLEAP    ? YEAR_DAYS
           : calendar == GAIA_CALENDAR_360_DAY ? 360
                                               : CLIMATOLOGY_PARTS_MAX;
}

int climatology_day_after(const struct climatology_bins *bins, int part, int days)
{
    return (part - 1 + days + bins->year_days) % bins->year_days + 1;
}

/* ---- Fields ---- */

static bool time_taken(const struct climatology_bins *bins, int64_t valid_time_s)
{
    const struct climatology_choice *choice = &bins->choice;
    const struct civil_time civil = civil_from_time(bins->calendar, valid_time_s);
    return (!choice->has_years ||
            (civil.year >= choice->first_year && civil.year <= choice->last_year)) &&
           (choice->hours == 0 || (choice->hours >> civil.hour & 1) != 0);
}

static bool level_taken(const struct climatology_choice *choice, double level)
{
    bool taken = choice->n_levels == 0 || isnan(level);
    for (size_t i = 0; !taken && i < choice->n_levels; i++) {
        taken = choice->levels[i] == level;
    }
    return taken;
}

/* Lists the levels that are taken of the variable whose entries begin at *at, as series; *at moves
 * behind them. */
static gaia_status variable_list(struct climatology_bins *bins, const struct catalog *catalog,
                                 size_t *at, gaia_error *err)
{
    const struct climatology_choice *choice = &bins->choice;
    const size_t variable = catalog->entries[*at].variable;
    const char *name = catalog->variables[variable].in_file;
    const bool flat = isnan(catalog->entries[*at].level);
    size_t i = *at;
    for (size_t k = 0; !flat && k < choice->n_levels; k++) {
        if (!catalog_has_level(catalog, variable, choice->levels[k])) {
            char list[LIST_BYTES];
            catalog_list_levels(catalog, variable, list, sizeof list);
            return error_set(err, GAIA_LEVEL_MISSING,
                             "%s: variable '%s' has no level %g hPa; there are: %s",
                             catalog->grid_path, name, choice->levels[k], list);
        }
    }
    while (i < catalog->n_entries && catalog->entries[i].variable == variable) {
        struct climatology_series series = {variable, catalog->entries[i].level, 0, NULL};
        series.entries = catalog_level_entries(catalog, variable, series.level, &series.n_entries);
        i += series.n_entries;
        if (flat != (bool)isnan(series.level)) {
            return error_set(err, GAIA_FORMAT_UNSUPPORTED,
                             "%s: variable '%s' has fields without a level and at %g hPa",
                             catalog->grid_path, name, series.level);
        }
        if (level_taken(choice, series.level)) {
            bins->series[bins->n_series++] = series;
        }
    }
    *at = i;
    return GAIA_OK;
}

static gaia_status series_list(struct arena *arena, struct climatology_bins *bins,
                               const struct catalog *catalog, gaia_error *err)
{
    size_t n = 0;
    for (size_t i = 0; i < catalog->n_entries; n++) {
        size_t n_entries = 0;
        const struct catalog_entry *entry = &catalog->entries[i];
        (void)catalog_level_entries(catalog, entry->variable, entry->level, &n_entries);
        i += n_entries;
    }
    bins->series = arena_alloc(arena, n, sizeof *bins->series);
    if (bins->series == NULL && n > 0) {
        return error_memory(err, n * sizeof *bins->series);
    }
    gaia_status status = GAIA_OK;
    for (size_t at = 0; status == GAIA_OK && at < catalog->n_entries;) {
        status = variable_list(bins, catalog, &at, err);
    }
    return status;
}

/* ---- Bins ---- */

/* The bins of a valid time by their numbers, of which there are one or two. */
static size_t bins_of_time(const struct climatology_bins *bins, int64_t valid_time_s,
                           struct climatology_bin bin[2])
{
    const enum climatology_kind kind = bins->choice.kind;
    const struct civil_time civil = civil_from_time(bins->calendar, valid_time_s);
    bin[0] = climatology_bin_at(bins->calendar, kind, valid_time_s);
    bin[1] = bin[0];
    bin[1].part = CLIMATOLOGY_PARTS_MAX;
    const bool last = climatology_has_day(kind) && civil.day_of_year == YEAR_DAYS &&
                      bins->calendar == GAIA_CALENDAR_STANDARD &&
                      !gregorian_valid(civil.year, 2, 29);
    return last ? 2 : 1;
}

/* Whether fields fall into a day that the window about `part` takes in. */
static bool part_covered(const struct climatology_bins *bins, const bool *present, int part)
{
    bool covered = false;
    for (int k = -bins->half; !covered && k <= bins->half; k++) {
        covered = present[climatology_day_after(bins, part, k)];
    }
    return covered;
}

static void bins_count(struct climatology_bins *bins)
{
    bool part[CLIMATOLOGY_PARTS_MAX + 1] = {false};
    bool hour[CLIMATOLOGY_HOURS_MAX] = {false};
    for (size_t s = 0; s < bins->n_series; s++) {
        for (size_t i = 0; i < bins->series[s].n_entries; i++) {
            const int64_t time_s = bins->series[s].entries[i].time_s;
            struct climatology_bin bin[2];
            if (!time_taken(bins, time_s)) {
                continue;
            }
            const size_t n = bins_of_time(bins, time_s, bin);
            bins->n_fields++;
            for (size_t k = 0; k < n; k++) {
                part[bin[k].part] = true;
                hour[bin[k].hour] = true;
            }
        }
    }
    const bool yearly = climatology_has_day(bins->choice.kind);
    for (int i = 0; i <= CLIMATOLOGY_PARTS_MAX; i++) {
        if (part[i]) {
            bins->parts[bins->n_parts++] = i;
        }
        if (yearly ? i > 0 && i <= bins->year_days && part_covered(bins, part, i) : part[i]) {
            bins->out_parts[bins->n_out_parts++] = i;
        }
    }
    for (int i = 0; i < CLIMATOLOGY_HOURS_MAX; i++) {
        if (hour[i]) {
            bins->hours[bins->n_hours++] = i;
        }
    }
}

size_t climatology_bins_part(const struct climatology_bins *bins, int part)
{
    size_t i = 0;
    while (i < bins->n_parts && bins->parts[i] != part) {
        i++;
    }
    return i;
}

size_t climatology_bins_at(const struct climatology_bins *bins, int64_t valid_time_s,
                           size_t index[2])
{
    struct climatology_bin bin[2];
    size_t hour = 0;
    if (!time_taken(bins, valid_time_s)) {
        return 0;
    }
    const size_t n = bins_of_time(bins, valid_time_s, bin);
    while (bins->hours[hour] != bin[0].hour) {
        hour++;
    }
    for (size_t k = 0; k < n; k++) {
        index[k] = climatology_bins_part(bins, bin[k].part) * bins->n_hours + hour;
    }
    return n;
}

/* ---- What is not there ---- */

static gaia_status nothing_left(const struct catalog *catalog,
                                const struct climatology_choice *choice, gaia_error *err)
{
    char first[GAIA_TIME_TEXT];
    char last[GAIA_TIME_TEXT];
    char years[64] = "";
    int64_t low = INT64_MAX;
    int64_t high = INT64_MIN;
    if (catalog->n_entries == 0) {
        return error_set(err, GAIA_TIME_MISSING, "%s: no field", catalog->grid_path);
    }
    for (size_t i = 0; i < catalog->n_entries; i++) {
        low = catalog->entries[i].time_s < low ? catalog->entries[i].time_s : low;
        high = catalog->entries[i].time_s > high ? catalog->entries[i].time_s : high;
    }
    gaia_calendar_format(catalog->calendar, low, first);
    gaia_calendar_format(catalog->calendar, high, last);
    if (choice->has_years) {
        (void)snprintf(years, sizeof years, " in the years %lld to %lld",
                       (long long)choice->first_year, (long long)choice->last_year);
    }
    return error_set(err, GAIA_TIME_MISSING, "%s: no field%s%s; there are fields of %s .. %s",
                     catalog->grid_path, years, choice->hours != 0 ? " at the hours asked for" : "",
                     first, last);
}

/* Every hour that is asked for must be there, where the climatology has hours. */
static gaia_status hours_check(const struct climatology_bins *bins, const struct catalog *catalog,
                               gaia_error *err)
{
    uint32_t there = climatology_has_hour(bins->choice.kind) ? 0 : ALL_HOURS;
    char list[LIST_BYTES] = "";
    size_t used = 0;
    for (size_t i = 0; i < bins->n_hours; i++) {
        there |= UINT32_C(1) << bins->hours[i];
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%d", i > 0 ? ", " : "",
                                 bins->hours[i]);
    }
    for (int i = 0; i < CLIMATOLOGY_HOURS_MAX; i++) {
        if ((bins->choice.hours & ~there) >> i & 1) {
            return error_set(err, GAIA_TIME_MISSING,
                             "%s: no field at hour %d, which is asked for; there are: %s",
                             catalog->grid_path, i, list);
        }
    }
    return GAIA_OK;
}

gaia_status climatology_bins_make(struct arena *arena, const struct catalog *catalog,
                                  const struct climatology_choice *choice,
                                  struct climatology_bins *bins, gaia_error *err)
{
    *bins = (struct climatology_bins){.calendar = catalog->calendar,
                                      .year_days = days_of_year(catalog->calendar),
                                      .choice = *choice};
    window_make(bins);
    gaia_status status = series_list(arena, bins, catalog, err);
    if (status == GAIA_OK) {
        bins_count(bins);
        status = bins->n_fields > 0 ? hours_check(bins, catalog, err)
                                    : nothing_left(catalog, choice, err);
    }
    return status;
}
