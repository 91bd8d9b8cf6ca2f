/* SPDX-License-Identifier: MIT
 *
 * Times are int64 seconds since 1970-01-01T00:00:00 UTC without leap seconds: a linear count of the
 * days of a calendar. What date a count is, the calendar says; differences need none.
 *
 * Every function here is thread-safe, and sets its result only on success.
 */
#ifndef GAIA_TIME_H
#define GAIA_TIME_H

#include <stddef.h>
#include <stdint.h>

#include <gaia/status.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { GAIA_TIME_TEXT = 32 };

/* STANDARD: proleptic Gregorian. NOLEAP: every year has 365 days. 360_DAY: every month has 30. */
enum gaia_calendar { GAIA_CALENDAR_STANDARD, GAIA_CALENDAR_NOLEAP, GAIA_CALENDAR_360_DAY };
enum { GAIA_CALENDAR_COUNT = 3 };

/* The calendar's name in the CF conventions: "standard", "noleap", "360_day". Static. */
GAIA_API const char *gaia_calendar_name(enum gaia_calendar calendar);

/* The calendar that a CF name means in whatever case ("gregorian" and "proleptic_gregorian" are
 * standard, "365_day" is noleap). 0: there is none. *calendar is set only on success. */
GAIA_API int gaia_calendar_find(const char *name, enum gaia_calendar *calendar);

/* As gaia_time_format and gaia_time_parse, in the calendar: 2018-02-30 is a date of 360_day, and
 * GAIA_USAGE in others. */
GAIA_API void gaia_calendar_format(enum gaia_calendar calendar, int64_t time_s, char *text);
GAIA_API GAIA_MUST_USE gaia_status gaia_calendar_parse(enum gaia_calendar calendar,
                                                       const char *text, int64_t *time_s,
                                                       gaia_error *err);

/* In the standard calendar: writes "2017-01-01T12" where minutes and seconds are zero, else
 * "2017-01-01T12:30:00". text: at least GAIA_TIME_TEXT bytes. Thread-safe. */
GAIA_API void gaia_time_format(int64_t time_s, char *text);

/* In the standard calendar: reads "2017-01-01", "2017-01-01T12", "2017-01-01T12:30" or
 * "2017-01-01T12:30:00", optional Z at the end. Returns GAIA_USAGE for anything else; *time_s is
 * set only on success. */
GAIA_API GAIA_MUST_USE gaia_status gaia_time_parse(const char *text, int64_t *time_s,
                                                   gaia_error *err);

#ifdef __cplusplus
}
#endif
#endif
