// SPDX-License-Identifier: MIT
//
// Levels of GRIB fields: pressures in hPa, and how a name says one.

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "made_grib.h"

namespace
{

TEST(GribLevel, LevelsInPascalAndOnTheGround)
{
    MadeGrib pascal = made_grib(2);
    pascal.set("typeOfLevel", "isobaricInPa").set("level", 50);
    GribRead got = read_messages({made_grib(2), pascal}, "z");
    ASSERT_EQ(got.fields.size(), 2U) << got.error;
    EXPECT_EQ(got.fields[0].level, 500);
    EXPECT_EQ(got.fields[1].level, 0.5);

    MadeGrib ground("regular_ll_sfc_grib2");
    ground.set("shortName", "2t");
    for (const char *name : {"2t", "167", "2t:heightAboveGround", "167:heightAboveGround:2"}) {
        got = read_messages({ground}, name);
        ASSERT_EQ(got.fields.size(), 1U) << got.error;
        EXPECT_TRUE(std::isnan(got.fields[0].level));
        EXPECT_EQ(got.units, "K");
        EXPECT_EQ(got.names[0], name);
    }
}

// The level of edition 2 is scaled * 10^-scale Pa; in hPa it is the float64 of that decimal.
TEST(GribLevel, PressureLevelsAreTheDecimalsThatTheyStandFor)
{
    const struct {
        long scale;
        long scaled;
        double hpa;
    } cases[] = {{0, 250, 2.5},        {0, 92550, 925.5}, {0, 200, 2},     {-2, 500, 500},
                 {2, 7, 0.0007},       {0, 30, 0.3},      {1, 305, 0.305}, {0, 33333, 333.33},
                 {3, 1, 0.00001},      {1, 7, 0.007},     {-2, 10, 10},    {3, 123456, 1.23456},
                 {0, 101325, 1013.25}, {2, 70, 0.007}};
    for (const auto &level : cases) {
        MadeGrib made = made_grib(2);
        made.set("scaleFactorOfFirstFixedSurface", level.scale);
        made.set("scaledValueOfFirstFixedSurface", level.scaled);
        const GribRead got = read_messages({made}, "z");
        ASSERT_EQ(got.fields.size(), 1U) << got.error;
        EXPECT_EQ(got.fields[0].level, level.hpa);
    }
    for (const long hpa : {1L, 850L, 1000L}) {
        EXPECT_EQ(read_messages({made_grib(1).set("level", hpa)}, "z").fields.at(0).level, hpa);
    }
    MadeGrib pascal = made_grib(1);
    pascal.set("indicatorOfTypeOfLevel", 210).set("level", 30);
    EXPECT_EQ(read_messages({pascal}, "129").fields.at(0).level, 0.3);
}

TEST(GribLevel, PressureLevelsAreNamedInHpaOrPa)
{
    std::vector<MadeGrib> levels;
    for (const long pascal : {200L, 250L, 30L}) {
        levels.push_back(made_grib(2));
        levels.back().set("scaleFactorOfFirstFixedSurface", 0);
        levels.back().set("scaledValueOfFirstFixedSurface", pascal);
    }
    EXPECT_EQ(read_messages(levels, "z").fields.size(), 3U);
    EXPECT_EQ(read_messages(levels, "z:isobaricInhPa").fields.size(), 3U);
    const std::pair<const char *, double> cases[] = {{"z:isobaricInhPa:2", 2},
                                                     {"z:isobaricInhPa:2.5", 2.5},
                                                     {"z:isobaricInPa:250", 2.5},
                                                     {"z:isobaricInhPa:0.3", 0.3},
                                                     {"z:isobaricInPa:30", 0.3}};
    for (const auto &[name, hpa] : cases) {
        const GribRead got = read_messages(levels, name);
        ASSERT_EQ(got.fields.size(), 1U) << name << ": " << got.error;
        EXPECT_EQ(got.fields[0].level, hpa) << name;
    }
}

} // namespace
