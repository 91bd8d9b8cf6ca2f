/* SPDX-License-Identifier: MIT
 *
 * Days since 1970-01-01 of civil dates.
 */
#ifndef BASE_CALENDAR_H
#define BASE_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

#include <gaia/time.h>

/* The date must be valid; months count from 1. */
int64_t days_from_gregorian(int64_t year, int month, int day);
int64_t days_from_julian(int64_t year, int month, int day);

/* The same of any calendar. */
int64_t calendar_days(enum gaia_calendar calendar, int64_t year, int month, int day);
bool calendar_valid(enum gaia_calendar calendar, int64_t year, int month, int day);
void calendar_date(enum gaia_calendar calendar, int64_t days, int64_t *year, int *month, int *day);

bool gregorian_valid(int64_t year, int month, int day);

/* A time's date and hour in the calendar; days of the year count from 1. */
struct civil_time {
    int64_t year;
    int month;
    int day;
    int day_of_year;
    int hour;
};

struct civil_time civil_from_time(enum gaia_calendar calendar, int64_t time_s);

/* The same in the Julian calendar. */
struct civil_time civil_from_julian(int64_t time_s);

#endif
