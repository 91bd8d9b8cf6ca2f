/* SPDX-License-Identifier: MIT
 *
 * What parts of the year and of the day a climatology's fields are for, and which of them stand for
 * a valid time: one, or two between which the value lies.
 *
 * A climatology is constant, or per hour of day, month, month and hour, day of year, or day of year
 * and hour. Invariant: which fields, and with what weight, depends on the valid time and on what
 * the climatology has, and on nothing else.
 */
#ifndef HOST_CLIMATOLOGY_H
#define HOST_CLIMATOLOGY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gaia/status.h>
#include <gaia/time.h>

#include "catalog.h"

enum climatology_kind {
    CLIMATOLOGY_CONSTANT,
    CLIMATOLOGY_HOUR,
    CLIMATOLOGY_MONTH,
    CLIMATOLOGY_MONTH_HOUR,
    CLIMATOLOGY_DAY,
    CLIMATOLOGY_DAY_HOUR,
    CLIMATOLOGY_KINDS
};

static inline bool climatology_has_hour(enum climatology_kind kind)
{
    return kind == CLIMATOLOGY_HOUR || kind == CLIMATOLOGY_MONTH_HOUR ||
           kind == CLIMATOLOGY_DAY_HOUR;
}

static inline bool climatology_has_month(enum climatology_kind kind)
{
    return kind == CLIMATOLOGY_MONTH || kind == CLIMATOLOGY_MONTH_HOUR;
}

static inline bool climatology_has_day(enum climatology_kind kind)
{
    return kind == CLIMATOLOGY_DAY || kind == CLIMATOLOGY_DAY_HOUR;
}

/* What one field is for. part: the day of the year or the month, 0 where the kind has neither;
 * hour: of the day, 0 where the kind has none. */
struct climatology_bin {
    enum climatology_kind kind;
    int part;
    int hour;
};

/* The bin as the time of a catalog entry, ascending by part, then hour; and back. */
int64_t climatology_key(struct climatology_bin bin);
struct climatology_bin climatology_bin_of(int64_t key);

/* The bin that a valid time falls into: its date, and its hour without minutes. */
struct climatology_bin climatology_bin_at(enum gaia_calendar calendar, enum climatology_kind kind,
                                          int64_t valid_time_s);

/* "dayofyear-hour" and so on; false: no such kind. */
bool climatology_kind_parse(const char *name, enum climatology_kind *kind);

/* Writes "day of year 60, 12 UTC", "month 2", "12 UTC" or "constant". */
enum { CLIMATOLOGY_TEXT = 48 };
void climatology_bin_text(struct climatology_bin bin, char *text);

/* The field for a valid time: first, or where second is not NULL first + weight * (second - first)
 * at every point, weight in (0, 1). */
struct climatology_found {
    const struct catalog_entry *first;
    const struct catalog_entry *second;
    double weight;
    bool day_366_by_365; /* the climatology has no day 366, and this valid time is on one */
};

/* Finds the field of this variable and level for a valid time.
 *
 * Without "interpolate" in the source: the bin that the valid time falls into (the same day of the
 * year, month and hour, as WeatherBench2 selects them), except that day 366 takes day 365 of a
 * climatology without day 366 at this level.
 *
 * With it: linearly between the nearest entries before and after, in the cycle of the year (of the
 * day for kind hour). A day without hours is centred on 12 UTC, a month on its middle; of month and
 * hour the hour must be there. Day 366 counts in leap years only. Entries farther apart than 31
 * days, or for months not neighbours, have nothing between them.
 *
 * Dates are those of the catalog's calendar, which is the truth's (sources.c).
 *
 * GAIA_TIME_MISSING names file, variable, level and time, and says what there is. */
GAIA_MUST_USE gaia_status climatology_find(const struct catalog *catalog, size_t variable,
                                           double level, int64_t valid_time_s,
                                           struct climatology_found *found, gaia_error *err);

#endif
