/* SPDX-License-Identifier: MIT
 *
 * Bins of climatologies, and entries held against their neighbours.
 */
#include "catalog_entry.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gaia/time.h>

#include "alias.h"
#include "climatology.h"
#include "error.h"
#include "level.h"

enum { HOUR_S = 3600 };

gaia_status catalog_bin_take(const char *path, const char *name, struct catalog_entry *entry,
                             gaia_error *err)
{
    static const enum climatology_kind kinds[3][2] = {
        {CLIMATOLOGY_CONSTANT, CLIMATOLOGY_HOUR},
        {CLIMATOLOGY_MONTH, CLIMATOLOGY_MONTH_HOUR},
        {CLIMATOLOGY_DAY, CLIMATOLOGY_DAY_HOUR},
    };
    const struct reader_field *field = &entry->field;
    const char *wrong =
        field->has_hour && field->hour < 0         ? "'hour' holds what is no hour of 0 .. 23"
        : field->has_day && field->day_of_year < 0 ? "'dayofyear' holds what is no day of 1 .. 366"
        : field->has_month && field->month < 0     ? "'month' holds what is no month of 1 .. 12"
                                                   : NULL;
    if (wrong != NULL) {
        return error_set(err, GAIA_AXIS_INVALID, "%s: variable '%s': axis %s", path, name, wrong);
    }
    /* Of a day and a month that are both there, the day says more. */
    const struct climatology_bin bin = {
        .kind = kinds[field->has_day     ? 2
                      : field->has_month ? 1
                                         : 0][field->has_hour],
        .part = field->has_day     ? field->day_of_year
                : field->has_month ? field->month
                                   : 0,
        .hour = field->has_hour ? field->hour : 0,
    };
    entry->time_s = climatology_key(bin);
    entry->lead_time_s = 0;
    return GAIA_OK;
}

void catalog_time_text(const struct catalog *catalog, const struct catalog_entry *entry, char *text)
{
    if (catalog->role == SOURCE_CLIMATOLOGY ||
        (catalog->role == SOURCE_MASK && !entry->field.has_time)) {
        climatology_bin_text(climatology_bin_of(entry->time_s), text);
    } else {
        gaia_calendar_format(catalog->calendar, entry->time_s, text);
    }
}

void catalog_level_text(double level, char *text)
{
    text[0] = '\0';
    if (!isnan(level)) {
        (void)snprintf(text, CATALOG_LEVEL_TEXT, ", level %g", level);
    }
}

static int level_compare(double a, double b)
{
    const double x = isnan(a) ? -(double)INFINITY : a;
    const double y = isnan(b) ? -(double)INFINITY : b;
    return (x > y) - (x < y);
}

int catalog_entry_compare(const void *a, const void *b)
{
    const struct catalog_entry *x = a;
    const struct catalog_entry *y = b;
    if (x->variable != y->variable) {
        return x->variable < y->variable ? -1 : 1;
    }
    if (level_compare(x->level, y->level) != 0) {
        return level_compare(x->level, y->level);
    }
    if (x->time_s != y->time_s) {
        return x->time_s < y->time_s ? -1 : 1;
    }
    return (x->lead_time_s > y->lead_time_s) - (x->lead_time_s < y->lead_time_s);
}

static gaia_status entry_twice(const struct catalog *catalog, const struct file_table *files,
                               const struct catalog_entry *a, const struct catalog_entry *b,
                               gaia_error *err)
{
    char time[CATALOG_TIME_TEXT];
    const char *path = files->files[b->file].path;
    const char *name = catalog->variables[b->variable].name;
    const struct reader_field *field = &b->field;
    if (catalog->role == SOURCE_CLIMATOLOGY && field->has_time && !field->has_day &&
        !field->has_month) {
        return error_set(err, GAIA_FORMAT_UNSUPPORTED,
                         "%s: variable '%s': the axes of a climatology are hour, dayofyear and "
                         "month, or a time axis of 12 months or 365 or 366 days with the attribute "
                         "'climatology'; this one has a time axis of another kind",
                         path, name);
    }
    if (catalog->role != SOURCE_CLIMATOLOGY && !field->has_lead &&
        (a->field.hour != field->hour || a->field.day_of_year != field->day_of_year ||
         a->field.month != field->month)) {
        return error_set(err, GAIA_FORMAT_UNSUPPORTED,
                         "%s: variable '%s': an axis of hours, days of the year or months is a "
                         "climatology's",
                         path, name);
    }
    char at_level[CATALOG_LEVEL_TEXT];
    char as[ALIAS_BYTES] = "";
    const char *other = catalog->parts[a->part].name;
    if (strcmp(other, catalog->parts[b->part].name) != 0) {
        name = catalog->parts[b->part].name;
        (void)snprintf(as, sizeof as, "as '%s' ", other);
    }
    catalog_time_text(catalog, b, time);
    catalog_level_text(b->level, at_level);
    return error_set(err, GAIA_AXIS_INVALID,
                     "%s: variable '%s'%s, time %s, lead %g h is there twice (also %sin %s)", path,
                     name, at_level, time, (double)b->lead_time_s / HOUR_S, as,
                     files->files[a->file].path);
}

static gaia_status kinds_differ(const struct catalog *catalog, const struct file_table *files,
                                const struct catalog_entry *a, const struct catalog_entry *b,
                                gaia_error *err)
{
    char first[CATALOG_TIME_TEXT];
    char second[CATALOG_TIME_TEXT];
    catalog_time_text(catalog, a, first);
    catalog_time_text(catalog, b, second);
    char at_level[CATALOG_LEVEL_TEXT];
    catalog_level_text(b->level, at_level);
    return error_set(err, GAIA_FORMAT_UNSUPPORTED,
                     "%s: variable '%s'%s: a climatology of two kinds: '%s' here, '%s' in "
                     "%s",
                     files->files[b->file].path, catalog->variables[b->variable].name, at_level,
                     second, first, files->files[a->file].path);
}

static bool series_same(const struct catalog_entry *a, const struct catalog_entry *b)
{
    return a->variable == b->variable && level_same(a->level, b->level);
}

gaia_status catalog_entries_sort(struct catalog *catalog, const struct file_table *files,
                                 gaia_error *err)
{
    if (catalog->n_entries > 0) {
        qsort(catalog->entries, catalog->n_entries, sizeof *catalog->entries,
              catalog_entry_compare);
    }
    for (size_t i = 1; i < catalog->n_entries; i++) {
        const struct catalog_entry *a = &catalog->entries[i - 1];
        const struct catalog_entry *b = &catalog->entries[i];
        if (!series_same(a, b)) {
            continue;
        }
        if (a->time_s == b->time_s && a->lead_time_s == b->lead_time_s) {
            return entry_twice(catalog, files, a, b, err);
        }
        if (catalog->role == SOURCE_CLIMATOLOGY &&
            climatology_bin_of(a->time_s).kind != climatology_bin_of(b->time_s).kind) {
            return kinds_differ(catalog, files, a, b, err);
        }
    }
    return GAIA_OK;
}
