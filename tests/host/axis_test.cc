// SPDX-License-Identifier: MIT
//
// Levels as decimals, whatever type and unit they are stored in.

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>

extern "C" {
#include "axis.h"
}

namespace
{

// The text "whole * 10^exponent" as float64 and as float32.
double decimal(long whole, int exponent)
{
    return std::strtod((std::to_string(whole) + "e" + std::to_string(exponent)).c_str(), nullptr);
}

double narrow(long whole, int exponent)
{
    return static_cast<double>(
        std::strtof((std::to_string(whole) + "e" + std::to_string(exponent)).c_str(), nullptr));
}

TEST(AxisLevel, IsTheSameDecimalFromEitherTypeAndUnit)
{
    for (int exponent = -6; exponent <= 1; exponent++) {
        for (long whole = 1; whole < 110000; whole += whole < 2000 ? 1 : 37) {
            const double level = decimal(whole, exponent);
            ASSERT_EQ(axis_level_hpa(level, 1), level);
            ASSERT_EQ(axis_level_hpa(narrow(whole, exponent), 1), level);
            ASSERT_EQ(axis_level_hpa(decimal(whole, exponent + 2), 100), level);
            ASSERT_EQ(axis_level_hpa(narrow(whole, exponent + 2), 100), level);
        }
    }
    EXPECT_EQ(axis_level_hpa(0.0, 100), 0.0);
    EXPECT_EQ(axis_level_hpa(-0.5, 1), -0.5);
}

TEST(AxisLevel, NeighboursOfFloat32StayApartAndInOrder)
{
    for (const float from : {0.0009F, 0.1F, 0.7F, 8.9F, 100.0F, 1013.25F, 101325.0F}) {
        float at = from;
        for (int i = 0; i < 2000; i++) {
            const float next = std::nextafter(at, std::numeric_limits<float>::max());
            const double level = axis_level_hpa(static_cast<double>(at), 1);
            ASSERT_EQ(static_cast<float>(level), at);
            ASSERT_LT(level, axis_level_hpa(static_cast<double>(next), 1));
            at = next;
        }
    }
}

TEST(AxisLevel, WhatIsNoShortDecimalIsLeftAsItIs)
{
    EXPECT_EQ(axis_level_hpa(1.0 / 3, 1), 1.0 / 3);
    EXPECT_EQ(axis_level_hpa(1e300, 100), 1e300 / 100);
    EXPECT_EQ(axis_level_hpa(0x1p-60, 1), 0x1p-60);
}

} // namespace
