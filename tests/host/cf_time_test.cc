// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <string>

#include <gaia/time.h>

extern "C" {
#include "cf_time.h"
}

namespace
{

std::string at(const char *units, double value, const char *calendar = "standard")
{
    cf_time time = {};
    gaia_error err = {};
    int64_t seconds = 0;
    char text[GAIA_TIME_TEXT];
    if (cf_time_parse(units, calendar, &time, &err) != GAIA_OK) {
        return gaia_status_name(err.status);
    }
    if (!cf_time_value(&time, value, &seconds)) {
        return "no time";
    }
    gaia_calendar_format(time.calendar, seconds, text);
    return text;
}

TEST(CfTime, UnitsAndDates)
{
    EXPECT_EQ(at("hours since 1900-01-01 00:00:00.0", 1090656), "2024-06-03T00");
    EXPECT_EQ(at("days since 2019-03-01", 0.5), "2019-03-01T12");
    EXPECT_EQ(at("seconds since 1970-01-01T00:00:00Z", 1), "1970-01-01T00:00:01");
    EXPECT_EQ(at("minutes since 2000-2-29 6:30", 30), "2000-02-29T07");
    EXPECT_EQ(at("hours since 2000-01-01 00:00 +02:00", 2), "2000-01-01T00");
    EXPECT_EQ(at("nanoseconds since 1970-01-01", 1.5e18), "2017-07-14T02:40:00");
}

TEST(CfTime, TheMixedCalendarIsJulianBefore1582)
{
    // 1 January 1 of the Julian calendar is 30 December 0 of the proleptic Gregorian one.
    EXPECT_EQ(at("hours since 1-1-1 00:00:0.0", 0), "0000-12-30T00");
    EXPECT_EQ(at("hours since 1-1-1 00:00:0.0", 0, "proleptic_gregorian"), "0001-01-01T00");
    EXPECT_EQ(at("days since 1582-10-04", 1, "gregorian"), "1582-10-15T00");
}

// What cftime.num2date(value, units, calendar) gives.
TEST(CfTime, EpochsOfYearOneGiveTheDatesOfCftime)
{
    EXPECT_EQ(at("days since 0001-01-01", 736697), "2018-01-02T00");
    EXPECT_EQ(at("hours since 1-1-1 00:00:0.0", 17680728, "gregorian"), "2018-01-02T00");
    EXPECT_EQ(at("days since 0001-01-01", 736697, "proleptic_gregorian"), "2018-01-04T00");
    EXPECT_EQ(at("days since 0001-01-01", 577737), "1582-10-15T00");
}

// 4 October 1582 was the last Julian day.
TEST(CfTime, TheReformIsToldFromTheTime)
{
    for (const char *calendar : {"standard", "gregorian", "proleptic_gregorian", "noleap"}) {
        cf_time time = {};
        gaia_error err = {};
        int64_t seconds = 0;
        ASSERT_EQ(GAIA_OK, cf_time_parse("days since 0001-01-01", calendar, &time, &err));
        EXPECT_EQ(calendar[0] == 's' || calendar[0] == 'g', time.is_mixed) << calendar;
        ASSERT_EQ(GAIA_OK, cf_time_parse("days since 0001-01-01", "standard", &time, &err));
        ASSERT_TRUE(cf_time_value(&time, 577736.99, &seconds));
        EXPECT_TRUE(cf_time_before_reform(seconds));
        ASSERT_TRUE(cf_time_value(&time, 577737, &seconds));
        EXPECT_FALSE(cf_time_before_reform(seconds));
    }
}

TEST(CfTime, ModelsHaveCalendarsOfTheirOwn)
{
    EXPECT_EQ(at("hours since 2000-02-28", 24, "noleap"), "2000-03-01T00");
    EXPECT_EQ(at("days since 1900-01-01", 365 * 119, "365_day"), "2019-01-01T00");
    EXPECT_EQ(at("hours since 2018-02-28", 48, "360_day"), "2018-02-30T00");
    EXPECT_EQ(at("days since 1850-01-30", 360 * 150 + 30, "360_day"), "2000-02-30T00");
    EXPECT_EQ(at("days since 0001-01-01", 0, "360_DAY"), "0001-01-01T00");
}

TEST(CfTime, WhatIsNoTimeIsAnError)
{
    EXPECT_EQ(at("fortnights since 1900-01-01", 0), "axis_invalid");
    EXPECT_EQ(at("hours", 0), "axis_invalid");
    EXPECT_EQ(at("hours since 1900-13-01", 0), "axis_invalid");
    EXPECT_EQ(at("hours since 1900-01-01 25:00", 0), "axis_invalid");
    EXPECT_EQ(at("hours since 1900-01-01 00:00 somewhere", 0), "axis_invalid");
    EXPECT_EQ(at("hours since 1900-01-01", 0, "julian"), "format_unsupported");
    EXPECT_EQ(at("hours since 2000-02-29", 0, "noleap"), "axis_invalid");
    EXPECT_EQ(at("hours since 2000-01-31", 0, "360_day"), "axis_invalid");
    EXPECT_EQ(at("hours since 1900-01-01", 1e300), "no time");
    EXPECT_EQ(at("hours since 1900-01-01", std::stod("nan")), "no time");
}

} // namespace
