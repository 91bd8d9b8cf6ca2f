/* SPDX-License-Identifier: MIT
 *
 * Civil dates and seconds: proleptic Gregorian, by counting days from 0000-03-01 in 400-year cycles.
 */
#include <gaia/time.h>

#include <stdio.h>

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

static void gregorian_from_days(int64_t days, int64_t *year, int *month, int *day)
{
    const int64_t z = days + 719468;
    const int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    const int64_t doe = z - era * 146097;
    const int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    const int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    const int64_t mp = (5 * doy + 2) / 153;
    *day = (int)(doy - (153 * mp + 2) / 5 + 1);
    *month = (int)(mp < 10 ? mp + 3 : mp - 9);
    *year = yoe + era * 400 + (*month <= 2 ? 1 : 0);
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

void gaia_time_format(int64_t time_s, char *text)
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
    gregorian_from_days(days, &year, &month, &day);
    if (second % 3600 == 0) {
        (void)snprintf(text, GAIA_TIME_TEXT, "%04lld-%02d-%02dT%02d", (long long)year, month, day,
                       (int)(second / 3600));
    } else {
        (void)snprintf(text, GAIA_TIME_TEXT, "%04lld-%02d-%02dT%02d:%02d:%02d", (long long)year, month,
                       day, (int)(second / 3600), (int)(second / 60 % 60), (int)(second % 60));
    }
}

gaia_status gaia_time_parse(const char *text, int64_t *time_s, gaia_error *err)
{
    int year = 0;
    int field[5] = {1, 1, 0, 0, 0}; /* month, day, hour, minute, second */
    int used = 0;
    const char *rest = text;
    bool good = sscanf(rest, "%4d-%2d-%2d%n", &year, &field[0], &field[1], &used) == 3 && used == 10;
    rest += good ? used : 0;
    for (int i = 2; good && i < 5 && *rest != '\0' && *rest != 'Z'; i++) {
        const bool separated = i == 2 ? (*rest == 'T' || *rest == ' ') : *rest == ':';
        good = separated && sscanf(rest + 1, "%2d%n", &field[i], &used) == 1 && used == 2;
        rest += good ? 3 : 0;
    }
    good = good && (*rest == '\0' || (*rest == 'Z' && rest[1] == '\0')) &&
           gregorian_valid(year, field[0], field[1]) && field[2] >= 0 && field[2] < 24 &&
           field[3] >= 0 && field[3] < 60 && field[4] >= 0 && field[4] < 60;
    if (!good) {
        return error_set(err, GAIA_USAGE, "'%s': a time such as 2017-01-01T12 is wanted", text);
    }
    *time_s = days_from_gregorian(year, field[0], field[1]) * DAY_S + field[2] * 3600 +
              field[3] * 60 + field[4];
    return GAIA_OK;
}
