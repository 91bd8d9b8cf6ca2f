/* SPDX-License-Identifier: MIT
 *
 * Which fields a climatology is made of, which bins they fall into, and which bins it will have.
 *
 * Invariant: it depends on what the fields are, not on which files hold them in which order.
 */
#ifndef HOST_CLIMATOLOGY_BINS_H
#define HOST_CLIMATOLOGY_BINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gaia/status.h>

#include "arena.h"
#include "catalog.h"
#include "climatology.h"

enum climatology_weights { WINDOW_UNIFORM, WINDOW_TRIANGULAR, WINDOW_GAUSSIAN };

/* Days of the year before and after a day that a window may take in, and what it weighs them. */
enum { WINDOW_HALF_MAX = 182, CLIMATOLOGY_PARTS_MAX = 366, CLIMATOLOGY_HOURS_MAX = 24 };

/* What fields are taken and how they are divided. */
struct climatology_choice {
    enum climatology_kind kind;
    int window_days; /* odd: the day itself and as many before as after it; 1: no window */
    enum climatology_weights weights;
    bool has_years;
    int64_t first_year; /* of the valid time, both included */
    int64_t last_year;
    uint32_t hours; /* bit h: fields of hour h are taken; 0: of every hour */
    size_t n_levels;
    const double *levels; /* hPa; none: all */
};

/* The entries of one variable and level. */
struct climatology_series {
    size_t variable; /* in the catalog */
    double level;    /* NaN: none */
    size_t n_entries;
    const struct catalog_entry *entries; /* by valid time */
};

/* Bins are counted [n_parts][n_hours]: parts and hours that fields fall into. Where the kind has no
 * parts or no hours, one that is 0 stands for all. The climatology has n_out_parts [n_hours]. */
struct climatology_bins {
    enum gaia_calendar calendar; /* of the fields */
    int year_days;               /* of its longest year */
    struct climatology_choice choice;
    size_t n_series;
    struct climatology_series *series;
    size_t n_parts;
    int parts[CLIMATOLOGY_PARTS_MAX];
    size_t n_hours;
    int hours[CLIMATOLOGY_HOURS_MAX];
    size_t n_out_parts;
    int out_parts[CLIMATOLOGY_PARTS_MAX];
    uint64_t n_fields;                  /* that are taken */
    int half;                           /* of the window, without days that weigh nothing */
    double weight[WINDOW_HALF_MAX + 1]; /* by distance in days */
};

/* Chooses among the entries of a catalog of role SOURCE_TRUTH, which stays borrowed; the series are
 * of the arena. GAIA_LEVEL_MISSING, GAIA_TIME_MISSING (nothing is left; an hour that was asked for
 * is not there), GAIA_FORMAT_UNSUPPORTED (a variable with and without levels). */
GAIA_MUST_USE gaia_status climatology_bins_make(struct arena *arena, const struct catalog *catalog,
                                                const struct climatology_choice *choice,
                                                struct climatology_bins *bins, gaia_error *err);

/* The bins that a field of this valid time is added to, 0 to 2 of them: day 365 of a year of 365
 * days stands for day 366 too, as WeatherBench2 has it. */
size_t climatology_bins_at(const struct climatology_bins *bins, int64_t valid_time_s,
                           size_t index[2]);

/* Index in parts, or n_parts. */
size_t climatology_bins_part(const struct climatology_bins *bins, int part);

/* The day of the year `days` after `part`, around the cycle of the calendar's longest year. */
int climatology_day_after(const struct climatology_bins *bins, int part, int days);

#endif
