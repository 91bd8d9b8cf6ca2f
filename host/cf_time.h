/* SPDX-License-Identifier: MIT
 *
 * Time units as the CF conventions write them ("hours since 1900-01-01 00:00:00.0").
 */
#ifndef HOST_CF_TIME_H
#define HOST_CF_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include <gaia/status.h>
#include <gaia/time.h>

/* value * unit_s + epoch_s is the time in seconds since 1970. */
struct cf_time {
    double unit_s;
    int64_t epoch_s;
    enum gaia_calendar calendar;
    bool is_mixed; /* calendar standard or gregorian, in which times before 1582-10-15 are Julian */
};

/* Reads the unit of a duration ("hours", "s", "days"); false if it is none. */
bool cf_duration_parse(const char *units, double *unit_s);

/* Reads "UNIT since DATE [TIME [ZONE]]". Calendars: standard and gregorian (Julian before
 * 1582-10-15), proleptic_gregorian, noleap and 365_day, 360_day. GAIA_AXIS_INVALID,
 * GAIA_FORMAT_UNSUPPORTED (another calendar).
 */
GAIA_MUST_USE gaia_status cf_time_parse(const char *units, const char *calendar,
                                        struct cf_time *time, gaia_error *err);

/* Whether the time is before 1582-10-15, where dates of the mixed calendar are Julian. */
bool cf_time_before_reform(int64_t time_s);

/* Rounds to whole seconds; false if it is not finite or farther than 30,000 years away. */
bool cf_time_value(const struct cf_time *time, double value, int64_t *time_s);

#endif
