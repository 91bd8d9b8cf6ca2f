/* SPDX-License-Identifier: MIT
 *
 * Civil dates and seconds. Proleptic Gregorian by counting days from 0000-03-01 in 400-year cycles;
 * models' calendars by plain division.
 */
#include <gaia/time.h>

#include <stdio.h>
#include <strings.h>

#include "calendar.h"
#include "error.h"

enum { DAY_S = 86400 };

int64_t days_from_gregorian(int64_t year, int month, int day)
{
    const int64_t y = month <= 2 ? year - 1 : year;
    const int64_t era = (y >= 0 ? y : y - 399) / 400;
    const int64_t year_of_era = y - era * 400;
    const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           719468;
}

int64_t days_from_julian(int64_t year, int month, int day)
{
    const int64_t y = month <= 2 ? year - 1 : year;
    const int64_t era = (y >= 0 ? y : y - 3) / 4;
    const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 1461 + (y - era * 4) * 365 + day_of_year - 719470;
}

/* The date of a day of a year that begins on 1 March. */
static void date_from_march(int64_t year_of_march, int64_t day_of_year, int64_t *year, int *month,
                            int *day)
{
    const int64_t mp = (5 * day_of_year + 2) / 153;
    *day = (int)(day_of_year - (153 * mp + 2) / 5 + 1);
    *month = (int)(mp < 10 ? mp + 3 : mp - 9);
    *year = year_of_march + (*month <= 2 ? 1 : 0);
}

static void julian_from_days(int64_t days, int64_t *year, int *month, int *day)
{
    const int64_t z = days + 719470;
    const int64_t era = (z >= 0 ? z : z - 1460) / 1461;
    const int64_t day_of_era = z - era * 1461;
    const int64_t year_of_era = (day_of_era - day_of_era / 1460) / 365;
    date_from_march(year_of_era + era * 4, day_of_era - 365 * year_of_era, year, month, day);
}

static void gregorian_from_days(int64_t days, int64_t *year, int *month, int *day)
{
    const int64_t z = days + 719468;
    const int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    const int64_t doe = z - era * 146097;
    const int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    const int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    date_from_march(yoe + era * 400, doy, year, month, day);
}

bool gregorian_valid(int64_t year, int month, int day)
{
    static const int month_days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month < 1 || month > 12 || day < 1 || day > month_days[month - 1]) {
        return false;
    }
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month != 2 || day <= 28 || leap;
}

/* Days before each month of a year without a leap day. */
static const int noleap_before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};

int64_t calendar_days(enum gaia_calendar calendar, int64_t year, int month, int day)
{
    switch (calendar) {
    case GAIA_CALENDAR_NOLEAP:
        return (year - 1970) * 365 + noleap_before[month - 1] + day - 1;
    case GAIA_CALENDAR_360_DAY:
        return (year - 1970) * 360 + (month - 1) * 30 + day - 1;
    case GAIA_CALENDAR_STANDARD:
        break;
    }
    return days_from_gregorian(year, month, day);
}

bool calendar_valid(enum gaia_calendar calendar, int64_t year, int month, int day)
{
    if (month < 1 || month > 12 || day < 1) {
        return false;
    }
    switch (calendar) {
    case GAIA_CALENDAR_NOLEAP:
        return day <= noleap_before[month] - noleap_before[month - 1];
    case GAIA_CALENDAR_360_DAY:
        return day <= 30;
    case GAIA_CALENDAR_STANDARD:
        break;
    }
    return gregorian_valid(year, month, day);
}

void calendar_date(enum gaia_calendar calendar, int64_t days, int64_t *year, int *month, int *day)
{
    if (calendar == GAIA_CALENDAR_STANDARD) {
        gregorian_from_days(days, year, month, day);
        return;
    }
    const int64_t length = calendar == GAIA_CALENDAR_NOLEAP ? 365 : 360;
    const int64_t years = (days >= 0 ? days : days - (length - 1)) / length;
    const int rest = (int)(days - years * length);
    *year = 1970 + years;
    if (calendar == GAIA_CALENDAR_360_DAY) {
        *month = rest / 30 + 1;
        *day = rest % 30 + 1;
        return;
    }
    *month = 1;
    while (noleap_before[*month] <= rest) {
        (*month)++;
    }
    *day = rest - noleap_before[*month - 1] + 1;
}

const char *gaia_calendar_name(enum gaia_calendar calendar)
{
    static const char *const names[] = {"standard", "noleap", "360_day"};
    return (unsigned)calendar < GAIA_CALENDAR_COUNT ? names[calendar] : "standard";
}

int gaia_calendar_find(const char *name, enum gaia_calendar *calendar)
{
    static const struct {
        const char *name;
        enum gaia_calendar calendar;
    } table[] = {
        {"standard", GAIA_CALENDAR_STANDARD},
        {"gregorian", GAIA_CALENDAR_STANDARD},
        {"proleptic_gregorian", GAIA_CALENDAR_STANDARD},
        {"noleap", GAIA_CALENDAR_NOLEAP},
        {"365_day", GAIA_CALENDAR_NOLEAP},
        {"360_day", GAIA_CALENDAR_360_DAY},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (strcasecmp(name, table[i].name) == 0) {
            *calendar = table[i].calendar;
            return 1;
        }
    }
    return 0;
}

struct civil_time civil_from_time(enum gaia_calendar calendar, int64_t time_s)
{
    struct civil_time civil;
    const int64_t days = time_s / DAY_S - (time_s % DAY_S < 0);
    calendar_date(calendar, days, &civil.year, &civil.month, &civil.day);
    civil.day_of_year = (int)(days - calendar_days(calendar, civil.year, 1, 1)) + 1;
    civil.hour = (int)((time_s - days * DAY_S) / 3600);
    return civil;
}

struct civil_time civil_from_julian(int64_t time_s)
{
    struct civil_time civil;
    const int64_t days = time_s / DAY_S - (time_s % DAY_S < 0);
    julian_from_days(days, &civil.year, &civil.month, &civil.day);
    civil.day_of_year = (int)(days - days_from_julian(civil.year, 1, 1)) + 1;
    civil.hour = (int)((time_s - days * DAY_S) / 3600);
    return civil;
}

void gaia_time_format(int64_t time_s, char *text)
{
    gaia_calendar_format(GAIA_CALENDAR_STANDARD, time_s, text);
}

void gaia_calendar_format(enum gaia_calendar calendar, int64_t time_s, char *text)
{
    int64_t days = time_s / DAY_S;
    int64_t second = time_s % DAY_S;
    if (second < 0) {
        second += DAY_S;
        days--;
    }
    int64_t year = 0;
    int month = 0;
    int day = 0;
    calendar_date(calendar, days, &year, &month, &day);
    const char *sign = year < 0 ? "-" : "";
    const long long shown = year < 0 ? -year : year;
    const int hour = (int)(second / 3600);
    if (second % 3600 == 0) {
        (void)snprintf(text, GAIA_TIME_TEXT, "%s%04lld-%02d-%02dT%02d", sign, shown, month, day,
                       hour);
    } else {
        (void)snprintf(text, GAIA_TIME_TEXT, "%s%04lld-%02d-%02dT%02d:%02d:%02d", sign, shown,
                       month, day, hour, (int)(second / 60 % 60), (int)(second % 60));
    }
}

/* Reads n_min to n_max digits and steps over them; -1 if there are fewer. */
static int64_t digits_read(const char **at, int n_min, int n_max)
{
    int64_t value = 0;
    int n = 0;
    for (; n < n_max && (*at)[n] >= '0' && (*at)[n] <= '9'; n++) {
        value = value * 10 + ((*at)[n] - '0');
    }
    *at += n;
    return n >= n_min ? value : -1;
}

gaia_status gaia_time_parse(const char *text, int64_t *time_s, gaia_error *err)
{
    return gaia_calendar_parse(GAIA_CALENDAR_STANDARD, text, time_s, err);
}

gaia_status gaia_calendar_parse(enum gaia_calendar calendar, const char *text, int64_t *time_s,
                                gaia_error *err)
{
    static const char marks[] = {'-', '-', 'T', ':',
                                 ':'}; /* before month, day, hour, minute, second */
    int64_t field[5] = {1, 1, 0, 0, 0};
    const char *at = *text == '-' ? text + 1 : text;
    int64_t year = digits_read(&at, 4, 9);
    bool good = year >= 0;
    year = *text == '-' ? -year : year;
    for (int i = 0; good && i < 5 && (i < 2 || (*at != '\0' && *at != 'Z')); i++) {
        good = *at == marks[i] || (i == 2 && *at == ' ');
        at += good ? 1 : 0;
        field[i] = good ? digits_read(&at, 2, 2) : -1;
        good = field[i] >= 0;
    }
    good = good && (*at == '\0' || (*at == 'Z' && at[1] == '\0')) &&
           calendar_valid(calendar, year, (int)field[0], (int)field[1]) && field[2] < 24 &&
           field[3] < 60 && field[4] < 60;
    if (!good) {
        return error_set(err, GAIA_USAGE, "'%s': a time such as 2017-01-01T12 is wanted%s%s", text,
                         calendar != GAIA_CALENDAR_STANDARD ? " in calendar " : "",
                         calendar != GAIA_CALENDAR_STANDARD ? gaia_calendar_name(calendar) : "");
    }
    *time_s = calendar_days(calendar, year, (int)field[0], (int)field[1]) * DAY_S +
              field[2] * 3600 + field[3] * 60 + field[4];
    return GAIA_OK;
}
