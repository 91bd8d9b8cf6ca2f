// SPDX-License-Identifier: MIT
//
// Units: spellings that mean the same, conversions that are exact, and texts that nobody should
// believe.
extern "C" {
#include "units.h"
}

#include <string>

#include <gtest/gtest.h>

namespace
{

// What `value` in units `from` is in units `to`; -9e99 if it cannot be said.
double converted(double value, const char *from, const char *to, const char *name = "x",
                 const char *other = "x")
{
    units_conversion c = {};
    return units_convert(from, to, name, other, &c) ? value * c.scale + c.offset : -9e99;
}

bool convertible(const char *from, const char *to)
{
    units_conversion c = {};
    return units_convert(from, to, "x", "x", &c);
}

bool changes(const char *from, const char *to)
{
    units_conversion c = {};
    return !units_convert(from, to, "x", "x", &c) || units_conversion_changes(&c);
}

TEST(Units, OneSpellingOfManyIsEnough)
{
    for (const char *text : {"m s-1", "m s**-1", "m s^-1", "m/s", "m.s-1", "m * s**-1", "m s-1 ",
                             "metre second-1", "meters/second"}) {
        EXPECT_FALSE(changes(text, "m s-1")) << text;
    }
    for (const char *text : {"m2 s-2", "m**2 s**-2", "m^2/s^2", "m2/s2", "J kg-1", "J/kg"}) {
        EXPECT_FALSE(changes(text, "m**2 s**-2")) << text;
    }
    for (const char *text : {"1", "-", "(0 - 1)", "dimensionless", "kg kg-1", "kg kg**-1", "kg/kg",
                             "Numeric", "fraction"}) {
        EXPECT_FALSE(changes(text, "1")) << text;
    }
    EXPECT_FALSE(changes("gpm", "m"));
    EXPECT_FALSE(changes("hPa", "millibars"));
}

TEST(Units, ConvertsWhatWeatherIsMeasuredIn)
{
    EXPECT_EQ(converted(1013.25, "hPa", "Pa"), 101325.0);
    EXPECT_EQ(converted(500, "mb", "Pa"), 50000.0);
    EXPECT_DOUBLE_EQ(converted(101325, "Pa", "hPa"), 1013.25);
    EXPECT_EQ(converted(0, "degC", "K"), 273.15);
    EXPECT_EQ(converted(0, "K", "degC"), -273.15);
    EXPECT_DOUBLE_EQ(converted(212, "degF", "degC"), 100.0);
    EXPECT_DOUBLE_EQ(converted(12, "mm", "m"), 0.012);
    EXPECT_DOUBLE_EQ(converted(7, "g kg-1", "kg kg**-1"), 0.007);
    EXPECT_DOUBLE_EQ(converted(7, "g/kg", "1"), 0.007);
    EXPECT_DOUBLE_EQ(converted(55, "%", "(0 - 1)"), 0.55);
    EXPECT_DOUBLE_EQ(converted(0.55, "1", "%"), 55.0);
    EXPECT_DOUBLE_EQ(converted(3600, "knots", "m s-1"), 1852.0);
    EXPECT_DOUBLE_EQ(converted(36, "km h-1", "m/s"), 10.0);
    EXPECT_DOUBLE_EQ(converted(24, "mm day-1", "m s-1"), 24e-3 / 86400);
    EXPECT_EQ(converted(3, "100 Pa", "hPa"), 3.0);
    EXPECT_EQ(converted(552, "dam", "m"), 5520.0);
    EXPECT_EQ(converted(2, "10^2 Pa", "Pa"), 200.0);
}

TEST(Units, OnlyTheKindOfVariableLeadsFromGeopotentialToHeight)
{
    EXPECT_DOUBLE_EQ(converted(5500, "gpm", "m**2 s**-2", "gh", "z"), 5500 * 9.80665);
    EXPECT_DOUBLE_EQ(converted(5500 * 9.80665, "m2 s-2", "m", "z", "hgtprs"), 5500);
    EXPECT_DOUBLE_EQ(converted(550, "dam", "m2 s-2", "geopotential", "?"), 5500 * 9.80665);
    EXPECT_DOUBLE_EQ(converted(5500, "m", "m2 s-2", "?", "geopotential"), 5500 * 9.80665);
    EXPECT_EQ(converted(1, "m", "m2 s-2", "snow", "snow"), -9e99);
    EXPECT_EQ(converted(1, "m2 s-2", "m", "t", "t"), -9e99);
    EXPECT_EQ(converted(1, "K", "m", "z", "gh"), -9e99);
    EXPECT_EQ(converted(1, "m2 s-2", "m2 s-2", "z", "gh"), 1);
}

TEST(Units, OnlyPrecipitationIsWater)
{
    EXPECT_DOUBLE_EQ(converted(3, "kg m-2", "m", "tp", "tp"), 0.003);
    EXPECT_DOUBLE_EQ(converted(0.003, "m", "kg m**-2", "tp", "apcpsfc"), 3);
    EXPECT_DOUBLE_EQ(converted(3, "kg m-2", "mm", "tp", "tp"), 3);
    EXPECT_FALSE(convertible("kg m-2", "m"));
}

TEST(Units, WhatNobodySaysIsNotConverted)
{
    EXPECT_FALSE(changes("", "K"));
    EXPECT_FALSE(changes("hPa", ""));
    EXPECT_FALSE(changes("", ""));
}

TEST(Units, WhatIsNotUnderstoodAgreesWithItselfAlone)
{
    EXPECT_FALSE(changes("PVU**2", "PVU^2"));
    EXPECT_FALSE(changes("code table 4.201", "code table 4.201"));
    EXPECT_FALSE(convertible("sverdrup", "m3 s-1"));
    EXPECT_FALSE(convertible("K", "Pa"));
    EXPECT_FALSE(convertible("kg m-2", "Pa"));
    EXPECT_FALSE(convertible("m", "1"));
}

TEST(Units, HostileTextsAreNoUnits)
{
    units u = {};
    for (const char *text : {"",         " ",
                             "/",        "m/",
                             "m//s",     "m-",
                             "m^",       "m**",
                             "m**-",     "m^99",
                             "m^-",      "s12",
                             "m9 m9",    "0",
                             "0 m",      "-1",
                             "1e400 m",  "1e-400 m",
                             "1e99 m",   "nan",
                             "inf",      "m(s)",
                             "m\ns",     "m\x01",
                             "\xff\xfe", "m since 2000",
                             "1 degC",   "degC 2",
                             "@(#)%n%s", "kilogrammmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm"}) {
        EXPECT_FALSE(units_parse(text, &u)) << '"' << text << '"';
    }
    EXPECT_FALSE(units_parse(std::string(200, 'm').c_str(), &u));
    EXPECT_FALSE(units_parse((std::string(126, ' ') + "mm").c_str(), &u));
    std::string many;
    for (int i = 0; i < 60; i++) {
        many += "K ";
    }
    EXPECT_FALSE(units_parse(many.c_str(), &u));
    EXPECT_FALSE(units_parse("1e29 1e29 1e29 K", &u)); // a factor beyond all reason
    const std::string name(5000, 'x');
    EXPECT_FALSE(convertible(name.c_str(), "K"));
    EXPECT_FALSE(convertible((name + "a").c_str(), (name + "b").c_str()));
    EXPECT_TRUE(convertible(name.c_str(), name.c_str()));
}

} // namespace
