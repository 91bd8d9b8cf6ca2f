/* SPDX-License-Identifier: MIT
 *
 * Which of a climatology's entries stand for a valid time.
 *
 * The entries of one variable and level lie side by side in the catalog, ascending by part of the
 * year and hour, and are of one kind: a search among them finds any bin, and its neighbours in the
 * cycle of the year are beside it or at the other end.
 */
#include "climatology.h"

#include <stdio.h>
#include <string.h>

#include <gaia/time.h>

#include "calendar.h"
#include "error.h"
#include "text.h"

enum { DAY_S = 86400, HOUR_S = 3600, GAP_DAYS_MAX = 31, LIST_BYTES = 256, DAYS_OF_YEAR = 366 };

/* The entries of one variable and level. */
struct series {
    enum gaia_calendar calendar;
    enum climatology_kind kind;
    size_t n;
    const struct catalog_entry *entries;
};

/* Where an entry lies in real time, beside the valid time. */
struct placed {
    const struct catalog_entry *entry; /* NULL: none */
    int64_t time_s;
};

static int64_t year_start_s(const struct series *series, int64_t year)
{
    return calendar_days(series->calendar, year, 1, 1) * DAY_S;
}

static int year_days(const struct series *series, int64_t year)
{
    return (int)((year_start_s(series, year + 1) - year_start_s(series, year)) / DAY_S);
}

/* The number of entries with a key below this one. */
static size_t series_below(const struct series *series, int64_t key)
{
    size_t low = 0;
    size_t high = series->n;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (series->entries[middle].time_s < key) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static const struct catalog_entry *series_find(const struct series *series,
                                               struct climatology_bin bin)
{
    const int64_t key = climatology_key(bin);
    const size_t i = series_below(series, key);
    return i < series->n && series->entries[i].time_s == key ? &series->entries[i] : NULL;
}

/* ---- Exactly ---- */

static void find_exactly(const struct series *series, int64_t valid_time_s,
                         struct climatology_found *found)
{
    struct climatology_bin bin = climatology_bin_at(series->calendar, series->kind, valid_time_s);
    const struct climatology_bin leap_day = {series->kind, DAYS_OF_YEAR, 0};
    const bool lacks_366 = climatology_has_day(series->kind) && bin.part == DAYS_OF_YEAR &&
                           series_below(series, climatology_key(leap_day)) == series->n;
    bin.part -= lacks_366;
    found->first = series_find(series, bin);
    found->day_366_by_365 = lacks_366 && found->first != NULL;
}

/* ---- Between two entries ---- */

/* Of a daily or hourly cycle: when entry i is, in the given year (or on the day that starts at
 * start_s). */
static int64_t entry_time(const struct series *series, size_t i, int64_t start_s)
{
    const struct climatology_bin bin = climatology_bin_of(series->entries[i].time_s);
    const int64_t day_s = bin.part > 0 ? (int64_t)(bin.part - 1) * DAY_S : 0;
    return start_s + day_s +
           (climatology_has_hour(series->kind) ? (int64_t)bin.hour * HOUR_S : DAY_S / 2);
}

/* Entries that exist in a cycle: those of day 366 in leap years only. */
static size_t series_length(const struct series *series, int64_t year)
{
    const struct climatology_bin after = {series->kind, year_days(series, year) + 1, 0};
    return climatology_has_day(series->kind) ? series_below(series, climatology_key(after))
                                             : series->n;
}

/* The nearest entries at or before, and after, a valid time: days of the year, and hours of one
 * day. */
static void neighbours_of_days(const struct series *series, int64_t valid_time_s,
                               struct placed *before, struct placed *after)
{
    const struct civil_time civil = civil_from_time(series->calendar, valid_time_s);
    const bool yearly = climatology_has_day(series->kind);
    const int64_t day_s =
        year_start_s(series, civil.year) + (int64_t)(yearly ? 0 : civil.day_of_year - 1) * DAY_S;
    const int64_t previous_s = yearly ? year_start_s(series, civil.year - 1) : day_s - DAY_S;
    const int64_t next_s = yearly ? year_start_s(series, civil.year + 1) : day_s + DAY_S;
    const size_t n = series_length(series, civil.year);
    const size_t n_previous = series_length(series, civil.year - 1);
    size_t low = 0; /* entries at or before the valid time */
    for (size_t high = n; low < high;) {
        const size_t middle = low + (high - low) / 2;
        if (entry_time(series, middle, day_s) <= valid_time_s) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low > 0) {
        *before = (struct placed){&series->entries[low - 1], entry_time(series, low - 1, day_s)};
    } else if (n_previous > 0) {
        *before = (struct placed){&series->entries[n_previous - 1],
                                  entry_time(series, n_previous - 1, previous_s)};
    }
    if (low < n) {
        *after = (struct placed){&series->entries[low], entry_time(series, low, day_s)};
    } else if (series_length(series, civil.year + (yearly ? 1 : 0)) > 0) {
        *after = (struct placed){&series->entries[0], entry_time(series, 0, next_s)};
    }
}

/* Seconds from 1970 to the middle of a month, which counts from 1 and may be 0 or 13. */
static int64_t month_middle_s(const struct series *series, int64_t year, int month)
{
    const int64_t y = month < 1 ? year - 1 : month > 12 ? year + 1 : year;
    const int m = month < 1 ? 12 : month > 12 ? 1 : month;
    const int64_t first = calendar_days(series->calendar, y, m, 1);
    const int64_t next = m == 12 ? calendar_days(series->calendar, y + 1, 1, 1)
                                 : calendar_days(series->calendar, y, m + 1, 1);
    return (first + next) * (DAY_S / 2);
}

static struct placed month_place(const struct series *series, int64_t year, int month, int hour)
{
    const struct climatology_bin bin = {series->kind, (month + 11) % 12 + 1, hour};
    return (struct placed){series_find(series, bin), month_middle_s(series, year, month)};
}

static void neighbours_of_months(const struct series *series, int64_t valid_time_s,
                                 struct placed *before, struct placed *after)
{
    const struct civil_time civil = civil_from_time(series->calendar, valid_time_s);
    const int month = month_middle_s(series, civil.year, civil.month) <= valid_time_s
                          ? civil.month
                          : civil.month - 1;
    *before = month_place(series, civil.year, month, civil.hour);
    *after = month_place(series, civil.year, month + 1, civil.hour);
}

static void find_between(const struct series *series, int64_t valid_time_s,
                         struct climatology_found *found)
{
    struct placed before = {NULL, 0};
    struct placed after = {NULL, 0};
    if (climatology_has_month(series->kind)) {
        neighbours_of_months(series, valid_time_s, &before, &after);
    } else {
        neighbours_of_days(series, valid_time_s, &before, &after);
    }
    if (before.entry != NULL && before.time_s == valid_time_s) {
        found->first = before.entry;
    } else if (before.entry != NULL && after.entry != NULL &&
               after.time_s - before.time_s <= (int64_t)GAP_DAYS_MAX * DAY_S) {
        found->first = before.entry;
        found->second = before.entry == after.entry ? NULL : after.entry;
        found->weight = found->second == NULL ? 0.0
                                              : (double)(valid_time_s - before.time_s) /
                                                    (double)(after.time_s - before.time_s);
    }
}

/* ---- Saying what there is ---- */

/* Writes the numbers that are set in has[0 .. n) as "1 .. 59, 61", as far as they fit. */
static void ranges_text(const bool *has, int n, char *out, size_t out_bytes)
{
    size_t used = 0;
    out[0] = '\0';
    for (int i = 0; i < n; i++) {
        int last = i;
        char item[2 * TEXT_NUMBER];
        if (!has[i]) {
            continue;
        }
        while (last + 1 < n && has[last + 1]) {
            last++;
        }
        if (last >= i + 2) {
            (void)snprintf(item, sizeof item, "%s%d .. %d", used > 0 ? ", " : "", i, last);
        } else {
            (void)snprintf(item, sizeof item, "%s%d", used > 0 ? ", " : "", i);
            last = i;
        }
        if (used + strlen(item) + sizeof ", ..." > out_bytes) {
            (void)snprintf(out + used, out_bytes - used, ", ...");
            return;
        }
        used += (size_t)snprintf(out + used, out_bytes - used, "%s", item);
        i = last;
    }
}

static gaia_status nothing_found(const struct catalog *catalog, size_t variable, double level,
                                 int64_t valid_time_s, const struct series *series, gaia_error *err)
{
    char time[GAIA_TIME_TEXT];
    char bin[CLIMATOLOGY_TEXT];
    char parts[LIST_BYTES];
    char hours[LIST_BYTES];
    bool has_part[DAYS_OF_YEAR + 1] = {false};
    bool has_hour[24] = {false};
    for (size_t i = 0; i < series->n; i++) {
        const struct climatology_bin at = climatology_bin_of(series->entries[i].time_s);
        has_part[at.part] = true;
        has_hour[at.hour] = true;
    }
    ranges_text(has_part, DAYS_OF_YEAR + 1, parts, sizeof parts);
    ranges_text(has_hour, 24, hours, sizeof hours);
    gaia_calendar_format(catalog->calendar, valid_time_s, time);
    climatology_bin_text(climatology_bin_at(series->calendar, series->kind, valid_time_s), bin);
    const bool has_parts = series->kind != CLIMATOLOGY_HOUR;
    const bool has_hours = climatology_has_hour(series->kind);
    char at_level[CATALOG_LEVEL_TEXT];
    catalog_level_text(level, at_level);
    return error_set(err, GAIA_TIME_MISSING,
                     "%s: variable '%s'%s: no climatology for %s (%s)%s; there are: %s%s%s%s%s",
                     catalog->grid_path, catalog->variables[variable].in_file, at_level, time, bin,
                     catalog->source->interpolate ? ", nor entries close enough before and after"
                                                  : "",
                     !has_parts                          ? ""
                     : climatology_has_day(series->kind) ? "days of year "
                                                         : "months ",
                     has_parts ? parts : "", has_parts && has_hours ? "; " : "",
                     has_hours ? "hours " : "", has_hours ? hours : "");
}

/* ---- The search ---- */

gaia_status climatology_find(const struct catalog *catalog, size_t variable, double level,
                             int64_t valid_time_s, struct climatology_found *found, gaia_error *err)
{
    struct series series = {.calendar = catalog->calendar, .kind = CLIMATOLOGY_CONSTANT};
    *found = (struct climatology_found){.first = NULL};
    series.entries = catalog_level_entries(catalog, variable, level, &series.n);
    if (series.n > 0) {
        series.kind = climatology_bin_of(series.entries[0].time_s).kind;
    }
    if (series.kind == CLIMATOLOGY_CONSTANT) {
        found->first = series.n > 0 ? series.entries : NULL;
    } else if (catalog->source->interpolate) {
        find_between(&series, valid_time_s, found);
    } else {
        find_exactly(&series, valid_time_s, found);
    }
    return found->first != NULL
               ? GAIA_OK
               : nothing_found(catalog, variable, level, valid_time_s, &series, err);
}
