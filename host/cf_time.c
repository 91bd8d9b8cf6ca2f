/* SPDX-License-Identifier: MIT
 *
 * Time units and calendars, CF conventions 1.10, section 4.4.
 */
#include "cf_time.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "calendar.h"
#include "error.h"

static const double TIME_LIMIT_S = 1e12;

bool cf_duration_parse(const char *units, double *unit_s)
{
    static const struct {
        const char *name;
        double seconds;
    } table[] = {
        {"nanoseconds", 1e-9},  {"nanosecond", 1e-9}, {"ns", 1e-9},     {"microseconds", 1e-6},
        {"milliseconds", 1e-3}, {"ms", 1e-3},         {"seconds", 1.0}, {"second", 1.0},
        {"secs", 1.0},          {"sec", 1.0},         {"s", 1.0},       {"minutes", 60.0},
        {"minute", 60.0},       {"mins", 60.0},       {"min", 60.0},    {"hours", 3600.0},
        {"hour", 3600.0},       {"hrs", 3600.0},      {"hr", 3600.0},   {"h", 3600.0},
        {"days", 86400.0},      {"day", 86400.0},     {"d", 86400.0},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (strcasecmp(units, table[i].name) == 0) {
            *unit_s = table[i].seconds;
            return true;
        }
    }
    return false;
}

/* Reads the zone behind a time: nothing, Z, UTC, GMT, +hh:mm, -h. */
static bool zone_parse(const char *text, int *offset_s)
{
    int hours = 0;
    int minutes = 0;
    while (*text == ' ') {
        text++;
    }
    if (*text == '\0' || strcasecmp(text, "Z") == 0 || strcasecmp(text, "UTC") == 0 ||
        strcasecmp(text, "GMT") == 0) {
        *offset_s = 0;
        return true;
    }
    const int sign = *text == '-' ? -1 : 1;
    if ((*text != '-' && *text != '+') || sscanf(text + 1, "%2d:%2d", &hours, &minutes) < 1) {
        return false;
    }
    *offset_s = sign * (hours * 3600 + minutes * 60);
    return true;
}

/* Reads " hh:mm:ss.f ZONE" in whatever part is there. */
static bool clock_parse(const char *text, double *second)
{
    int hour = 0;
    int minute = 0;
    double s = 0.0;
    int used = 0;
    int offset_s = 0;
    const char *rest = text;
    while (*rest == ' ' || *rest == 'T') {
        rest++;
    }
    if (sscanf(rest, "%2d:%2d:%lf%n", &hour, &minute, &s, &used) == 3 ||
        sscanf(rest, "%2d:%2d%n", &hour, &minute, &used) == 2 ||
        sscanf(rest, "%2d%n", &hour, &used) == 1) {
        rest += used;
    }
    if (hour < 0 || hour > 24 || minute < 0 || minute > 59 || !(s >= 0.0 && s < 61.0) ||
        !zone_parse(rest, &offset_s)) {
        return false;
    }
    *second = hour * 3600.0 + minute * 60.0 + s - offset_s;
    return true;
}

static gaia_status calendar_check(const char *name, enum gaia_calendar *calendar, gaia_error *err)
{
    return gaia_calendar_find(name, calendar)
               ? GAIA_OK
               : error_set(err, GAIA_FORMAT_UNSUPPORTED,
                           "calendar '%s' is not supported (standard, gregorian, "
                           "proleptic_gregorian, noleap, 365_day, 360_day)",
                           name);
}

/* The first of these calendar days that both kinds of standard calendar share is 1582-10-15. */
static bool before_reform(int year, int month, int day)
{
    return year < 1582 || (year == 1582 && (month < 10 || (month == 10 && day < 15)));
}

gaia_status cf_time_parse(const char *units, const char *calendar, struct cf_time *time,
                          gaia_error *err)
{
    char unit[32];
    int year = 0;
    int month = 0;
    int day = 0;
    int used = 0;
    double second = 0.0;
    const bool mixed = strcasecmp(calendar, "proleptic_gregorian") != 0;
    const gaia_status status = calendar_check(calendar, &time->calendar, err);
    if (status != GAIA_OK) {
        return status;
    }
    if (sscanf(units, "%31s since %d-%d-%d%n", unit, &year, &month, &day, &used) != 4 ||
        !cf_duration_parse(unit, &time->unit_s) ||
        !calendar_valid(time->calendar, year, month, day) || !clock_parse(units + used, &second)) {
        return error_set(err, GAIA_AXIS_INVALID,
                         "units '%s' are not of the form 'hours since 1900-01-01 00:00'", units);
    }
    time->is_mixed = mixed && time->calendar == GAIA_CALENDAR_STANDARD;
    const bool julian = time->is_mixed && before_reform(year, month, day);
    const int64_t days = julian ? days_from_julian(year, month, day)
                                : calendar_days(time->calendar, year, month, day);
    time->epoch_s = days * 86400 + llround(second);
    return GAIA_OK;
}

bool cf_time_before_reform(int64_t time_s)
{
    const int64_t reform_day = -141427; /* days_from_gregorian(1582, 10, 15) */
    return time_s < reform_day * 86400;
}

bool cf_time_value(const struct cf_time *time, double value, int64_t *time_s)
{
    const double offset = value * time->unit_s;
    if (!(fabs(offset) < TIME_LIMIT_S)) {
        return false;
    }
    *time_s = time->epoch_s + llround(offset);
    return true;
}
