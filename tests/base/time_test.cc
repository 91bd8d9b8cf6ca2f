// SPDX-License-Identifier: MIT
#include <cstdint>
#include <string>

#include <gtest/gtest.h>

#include <gaia/time.h>

extern "C" {
#include "calendar.h"
}

namespace
{

constexpr int64_t DAY_S = 86400;

std::string formatted(int64_t time_s)
{
    char text[GAIA_TIME_TEXT];
    gaia_time_format(time_s, text);
    return text;
}

int64_t parsed(const char *text)
{
    gaia_error err = {};
    int64_t time_s = INT64_MIN;
    EXPECT_EQ(gaia_time_parse(text, &time_s, &err), GAIA_OK) << err.detail;
    return time_s;
}

int month_days(int64_t year, int month, bool julian)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = year % 4 == 0 && (julian || year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

} // namespace

TEST(Calendar, GregorianDaysFollowOneAnotherFromYearMinus800To3000)
{
    int64_t expected = days_from_gregorian(-800, 1, 1);
    for (int64_t year = -800; year <= 3000; year++) {
        for (int month = 1; month <= 12; month++) {
            const int n = month_days(year, month, false);
            for (int day = 1; day <= n; day++) {
                ASSERT_EQ(days_from_gregorian(year, month, day), expected++)
                    << year << "-" << month << "-" << day;
                ASSERT_TRUE(gregorian_valid(year, month, day));
            }
            ASSERT_FALSE(gregorian_valid(year, month, n + 1));
        }
    }
}

TEST(Calendar, JulianDaysFollowOneAnotherFromYearMinus800To3000)
{
    int64_t expected = days_from_julian(-800, 1, 1);
    for (int64_t year = -800; year <= 3000; year++) {
        for (int month = 1; month <= 12; month++) {
            for (int day = 1; day <= month_days(year, month, true); day++) {
                const civil_time civil = civil_from_julian(expected * DAY_S + 3600);
                ASSERT_TRUE(civil.year == year && civil.month == month && civil.day == day)
                    << year << "-" << month << "-" << day;
                ASSERT_EQ(civil.day_of_year, expected - days_from_julian(year, 1, 1) + 1);
                ASSERT_EQ(civil.hour, 1);
                ASSERT_EQ(days_from_julian(year, month, day), expected++)
                    << year << "-" << month << "-" << day;
            }
        }
    }
}

TEST(Calendar, KnownDays)
{
    EXPECT_EQ(days_from_gregorian(1970, 1, 1), 0);
    EXPECT_EQ(days_from_gregorian(1969, 12, 31), -1);
    EXPECT_EQ(days_from_gregorian(2000, 2, 29), 11016);
    EXPECT_EQ(days_from_gregorian(1582, 10, 15), -141427);
    // The day after 4 October 1582 (Julian) was 15 October 1582 (Gregorian).
    EXPECT_EQ(days_from_julian(1582, 10, 4) + 1, days_from_gregorian(1582, 10, 15));
    // Noon of 1 January 4713 BC (Julian) is Julian day 0; 1 January 1970 begins at Julian day
    // 2440587.5.
    EXPECT_EQ(days_from_julian(-4712, 1, 1), -2440588);
}

TEST(Calendar, InvalidDates)
{
    EXPECT_FALSE(gregorian_valid(2017, 2, 29));
    EXPECT_FALSE(gregorian_valid(1900, 2, 29));
    EXPECT_TRUE(gregorian_valid(2000, 2, 29));
    EXPECT_TRUE(gregorian_valid(-4, 2, 29));
    EXPECT_FALSE(gregorian_valid(2017, 0, 1));
    EXPECT_FALSE(gregorian_valid(2017, 13, 1));
    EXPECT_FALSE(gregorian_valid(2017, 1, 0));
    EXPECT_FALSE(gregorian_valid(2017, 4, 31));
}

TEST(Time, WritesHoursAndSecondsOnlyWhereThereAreSome)
{
    EXPECT_EQ(formatted(0), "1970-01-01T00");
    EXPECT_EQ(formatted(1483272000), "2017-01-01T12");
    EXPECT_EQ(formatted(1483273800), "2017-01-01T12:30:00");
    EXPECT_EQ(formatted(1483272001), "2017-01-01T12:00:01");
    EXPECT_EQ(formatted(-1), "1969-12-31T23:59:59");
}

TEST(Time, WritesYearsBefore1582AndBelowZero)
{
    EXPECT_EQ(formatted(days_from_gregorian(1, 1, 1) * DAY_S), "0001-01-01T00");
    EXPECT_EQ(formatted(days_from_gregorian(0, 2, 29) * DAY_S), "0000-02-29T00");
    EXPECT_EQ(formatted(days_from_gregorian(-1, 12, 31) * DAY_S), "-0001-12-31T00");
    EXPECT_EQ(formatted(days_from_gregorian(-4712, 11, 24) * DAY_S + 43200), "-4712-11-24T12");
}

TEST(Time, FitsItsBufferForAnyValue)
{
    EXPECT_LT(formatted(INT64_MAX).size(), static_cast<size_t>(GAIA_TIME_TEXT));
    EXPECT_LT(formatted(INT64_MIN).size(), static_cast<size_t>(GAIA_TIME_TEXT));
}

TEST(Time, ReadsEachForm)
{
    EXPECT_EQ(parsed("2017-01-01"), 1483228800);
    EXPECT_EQ(parsed("2017-01-01T12"), 1483272000);
    EXPECT_EQ(parsed("2017-01-01T12:30"), 1483273800);
    EXPECT_EQ(parsed("2017-01-01T12:30:07"), 1483273807);
    EXPECT_EQ(parsed("2017-01-01T12:30:07Z"), 1483273807);
    EXPECT_EQ(parsed("2017-01-01T12Z"), 1483272000);
    EXPECT_EQ(parsed("2017-01-01Z"), 1483228800);
    EXPECT_EQ(parsed("1960-02-29T23:59:59"), -310435201);
}

TEST(Time, ReadsWhatItWrote)
{
    for (int64_t day = -2500000; day <= 800000; day += 997) {
        for (const int64_t second : {0, 43200, 45296, 86399}) {
            const int64_t time_s = day * DAY_S + second;
            ASSERT_EQ(parsed(formatted(time_s).c_str()), time_s) << formatted(time_s);
        }
    }
}

// Every date of 800 years, one day after the other, there and back.
TEST(Calendar, ModelsCalendarsCountEveryDayOnce)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    for (const gaia_calendar calendar : {GAIA_CALENDAR_NOLEAP, GAIA_CALENDAR_360_DAY}) {
        int64_t expected = calendar_days(calendar, 1600, 1, 1);
        for (int64_t year = 1600; year < 2400; year++) {
            for (int month = 1; month <= 12; month++) {
                const int n = calendar == GAIA_CALENDAR_360_DAY ? 30 : days[month - 1];
                for (int day = 1; day <= n; day++) {
                    int64_t y = 0;
                    int m = 0;
                    int d = 0;
                    ASSERT_TRUE(calendar_valid(calendar, year, month, day));
                    ASSERT_EQ(calendar_days(calendar, year, month, day), expected);
                    calendar_date(calendar, expected++, &y, &m, &d);
                    ASSERT_TRUE(y == year && m == month && d == day)
                        << year << "-" << month << "-" << day;
                }
                ASSERT_FALSE(calendar_valid(calendar, year, month, n + 1));
            }
        }
        EXPECT_EQ(calendar_days(calendar, 1970, 1, 1), 0);
        EXPECT_FALSE(calendar_valid(calendar, 2000, 0, 1));
        EXPECT_FALSE(calendar_valid(calendar, 2000, 13, 1));
        EXPECT_FALSE(calendar_valid(calendar, 2000, 1, 0));
    }
}

TEST(Calendar, TimesAreWrittenAndReadInTheirCalendar)
{
    const struct {
        gaia_calendar calendar;
        const char *start;
        int64_t hours;
        const char *end;
    } rows[] = {{GAIA_CALENDAR_360_DAY, "2018-02-28T00", 48, "2018-02-30T00"},
                {GAIA_CALENDAR_360_DAY, "2018-02-30T12", 12, "2018-03-01T00"},
                {GAIA_CALENDAR_NOLEAP, "2020-02-28T18", 6, "2020-03-01T00"},
                {GAIA_CALENDAR_NOLEAP, "1969-12-31T18", 6, "1970-01-01T00"},
                {GAIA_CALENDAR_STANDARD, "2020-02-28T18", 6, "2020-02-29T00"},
                {GAIA_CALENDAR_360_DAY, "0001-01-01T00", -1, "0000-12-30T23"}};
    for (const auto &row : rows) {
        gaia_error err = {};
        int64_t time_s = 0;
        char text[GAIA_TIME_TEXT];
        ASSERT_EQ(gaia_calendar_parse(row.calendar, row.start, &time_s, &err), GAIA_OK);
        gaia_calendar_format(row.calendar, time_s, text);
        EXPECT_STREQ(text, row.start);
        gaia_calendar_format(row.calendar, time_s + row.hours * 3600, text);
        EXPECT_STREQ(text, row.end);
    }
    gaia_error err = {};
    int64_t time_s = 0;
    EXPECT_EQ(gaia_calendar_parse(GAIA_CALENDAR_360_DAY, "2018-01-31", &time_s, &err), GAIA_USAGE);
    EXPECT_STREQ(err.detail,
                 "'2018-01-31': a time such as 2017-01-01T12 is wanted in calendar 360_day");
}

TEST(Calendar, NamesAreThoseOfTheConventions)
{
    const struct {
        const char *name;
        gaia_calendar calendar;
    } rows[] = {
        {"standard", GAIA_CALENDAR_STANDARD}, {"Gregorian", GAIA_CALENDAR_STANDARD},
        {"noleap", GAIA_CALENDAR_NOLEAP},     {"365_day", GAIA_CALENDAR_NOLEAP},
        {"360_day", GAIA_CALENDAR_360_DAY},   {"proleptic_gregorian", GAIA_CALENDAR_STANDARD}};
    for (const auto &row : rows) {
        gaia_calendar found = GAIA_CALENDAR_360_DAY;
        EXPECT_TRUE(gaia_calendar_find(row.name, &found)) << row.name;
        EXPECT_EQ(found, row.calendar) << row.name;
        EXPECT_TRUE(gaia_calendar_find(gaia_calendar_name(row.calendar), &found));
        EXPECT_EQ(found, row.calendar);
    }
    gaia_calendar found = GAIA_CALENDAR_NOLEAP;
    EXPECT_FALSE(gaia_calendar_find("julian", &found));
    EXPECT_FALSE(gaia_calendar_find("", &found));
    EXPECT_EQ(found, GAIA_CALENDAR_NOLEAP);
}

TEST(Time, RefusesEverythingElse)
{
    for (const char *text : {"",
                             "x",
                             "2017",
                             "2017-01",
                             "2017-1-1",
                             "17-01-01",
                             " 2017-01-01",
                             " 201-01-01",
                             "+201-01-01",
                             "2017-+1-01",
                             "2017- 1-01",
                             "2017-01-01T",
                             "2017-01-01T1",
                             "2017-01-01T+1",
                             "2017-01-01T24",
                             "2017-01-01T12:60",
                             "2017-01-01T12:00:60",
                             "2017-01-01T12:",
                             "2017-01-01T12:3",
                             "2017-02-29",
                             "2017-00-10",
                             "2017-13-01",
                             "2017-01-32",
                             "2017-01-01T12ZZ",
                             "2017-01-01T12 ",
                             "2017-01-01x12",
                             "2017/01/01",
                             "2017-01-01T12:30:00.5",
                             "20170101",
                             "99999999999-01-01",
                             "--2017-01-01"}) {
        gaia_error err = {};
        int64_t time_s = 42;
        EXPECT_EQ(gaia_time_parse(text, &time_s, &err), GAIA_USAGE) << text;
        EXPECT_EQ(time_s, 42) << text;
        EXPECT_NE(std::string(err.detail).find(std::string("'") + text + "'"), std::string::npos);
    }
}
