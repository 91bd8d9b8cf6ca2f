/* SPDX-License-Identifier: MIT
 *
 * What coordinates mean, in every format: CF standard names, units and the common names tell the
 * kind of an axis, and its numbers become degrees, hPa, hours or seconds. A format brings the texts
 * and the numbers.
 *
 * Invariant: the same coordinate gives the same axis, or the same error, whatever file it is from.
 */
#ifndef HOST_AXIS_H
#define HOST_AXIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gaia/field.h>
#include <gaia/status.h>
#include <gaia/time.h>

#include "arena.h"
#include "grid.h"
#include "reader.h"

enum axis_kind {
    AXIS_OTHER,
    AXIS_LAT,
    AXIS_LON,
    AXIS_LEVEL,
    AXIS_TIME,
    AXIS_LEAD,
    AXIS_HOUR,
    AXIS_DAY_OF_YEAR,
    AXIS_MONTH
};

enum { AXIS_RANK_MAX = 8, AXIS_SCALARS = 6 };

/* The coordinate along one dimension, or a scalar one (n 1). value: degrees, hPa, hour, day of year
 * or month; time: seconds. */
struct axis {
    enum axis_kind kind;
    const char *name;
    size_t n;
    const double *value;
    const int64_t *time_s;
    bool bare;       /* the dimension has no coordinate */
    bool nominal;    /* a time axis of CF's climatologies: its 12 entries are months, its 365 or 366
                        days of the year */
    bool valid_time; /* times that are valid times where there are lead times too */
    bool init_time;  /* times that are init times by their name or standard name */
    enum gaia_calendar calendar; /* of times */
    bool is_mixed;               /* as of cf_time */
};

/* The axes of one variable. */
struct axis_set {
    int n_leading;
    struct axis leading[AXIS_RANK_MAX]; /* in the order of the dimensions */
    struct axis lat;
    struct axis lon;
    bool lon_first; /* the last dimension is latitude, and longitude the one before it */
    struct axis scalar[AXIS_SCALARS]; /* where no dimension has them: axis_scalar_kinds */
    struct axis init; /* the scalar init time of valid times without lead times; AXIS_OTHER: none */
};

extern const enum axis_kind axis_scalar_kinds[AXIS_SCALARS];

/* What a coordinate of these texts ("" where it has none) means: its standard name says so, else
 * its name or its units. x and y mean something by standard name or units alone, and those of a
 * projection or a rotated pole nothing. */
enum axis_kind axis_classify(const char *name, const char *standard_name, const char *units);

/* Sets valid_time and init_time of a coordinate of these texts; the standard name comes first. */
void axis_set_time_flags(const char *name, const char *standard_name, struct axis *axis);

/* How much the scalar coordinate of a variable's time is preferred to others: an init time beside
 * lead times, else one of which nothing is said; valid_time last. */
int axis_time_rank(const struct axis *axis, bool has_lead);

/* To be asked before a coordinate's numbers are read: GAIA_AXIS_INVALID where it has no units, by
 * attribute or by name (isobaricInhPa), is a latitude or longitude in radians or metres, or is too
 * long. axis has kind, name and n; path is for messages. */
GAIA_MUST_USE gaia_status axis_check(const char *path, const char *units, const struct axis *axis,
                                     gaia_error *err);

/* Unpacks a coordinate's stored numbers, value [axis->n], in place, as field_decode does a field's;
 * packed levels are rounded to float32, for axis_level_hpa.
 * GAIA_AXIS_INVALID: one that `missing` names. */
GAIA_MUST_USE gaia_status axis_unpack(const char *path, const struct gaia_field *layout,
                                      const struct missing_rule *missing, const struct axis *axis,
                                      double *value, gaia_error *err);

/* The level in hPa of a stored number, of which per_hpa (1 or 100) make one: that of the decimal
 * with the fewest places which the number is nearest to, as a float32 where it is one, else as a
 * float64. So 0.1 and 0.7 are the same levels in either type, and in Pa. */
double axis_level_hpa(double value, double per_hpa);

/* Gives axis its numbers, value [n] of the arena, which are changed in place. GAIA_AXIS_INVALID:
 * unreadable units, not finite, time or lead not monotonic. GAIA_FORMAT_UNSUPPORTED: calendar. */
GAIA_MUST_USE gaia_status axis_set_values(struct arena *arena, const char *path, const char *units,
                                          const char *calendar, double *value, struct axis *axis,
                                          gaia_error *err);

/* Whether the scalar coordinate `name` belongs to a variable with this CF attribute "coordinates"
 * ("": every one does). */
bool axis_scalar_belongs(const char *coordinates, const char *name);

/* Whether a leading dimension is of this kind. */
bool axis_set_has(const struct axis_set *axes, enum axis_kind kind);

/* Whether the variable has lead times, by dimension or scalar. */
bool axis_set_has_lead(const struct axis_set *axes);

/* Whether its times may be valid times beside a scalar init time, which is then to be looked for
 * and given to axis_set_take_init. */
bool axis_set_lacks_init(const struct axis_set *axes);

/* Takes the scalar of times `found` as the init time if it is one, in the calendar of the times. */
void axis_set_take_init(struct axis_set *axes, const struct axis *found);

/* Takes a variable's last two dimensions; false unless they are latitude and longitude, in either
 * order. */
bool axis_set_plane(struct axis_set *axes, const struct axis *last_but_one,
                    const struct axis *last);

/* Every leading dimension of more than one entry must mean something, and each thing once: else
 * GAIA_FORMAT_UNSUPPORTED. GAIA_VARIABLE_MISSING: one has no entries, so that there is no field of
 * it. where ("file: variable 'x'") is for the message. */
GAIA_MUST_USE gaia_status axis_set_check(const struct axis_set *axes, const char *where,
                                         gaia_error *err);

/* Makes the variable's grid, and how its fields are placed on it. The errors of grid_make, with
 * where before them. */
GAIA_MUST_USE gaia_status axis_set_grid(const struct axis_set *axes, const char *where,
                                        struct arena *arena, struct reader_variable *variable,
                                        gaia_error *err);

/* Reports every combination of the leading dimensions as a field of variable i_variable; offset
 * counts them, the last dimension fastest. Of a valid time and a lead time the field has the init
 * time, which is their difference. */
GAIA_MUST_USE gaia_status axis_set_report(const struct axis_set *axes, size_t i_variable,
                                          reader_found *found, void *context, gaia_error *err);

#endif
