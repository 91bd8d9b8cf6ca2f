// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <vector>

extern "C" {
#include "weights.h"
}

namespace
{

constexpr long double kPi = 3.14159265358979323846264338327950288L;

std::vector<double> weights(weighting which, const std::vector<double> &lat)
{
    const double lon = 0;
    const gaia_grid grid = {lat.size(), 1, lat.data(), &lon};
    std::vector<double> w(lat.size());
    weights_make(which, &grid, w.data());
    return w;
}

double ulps(double have, long double want)
{
    const double nearest = static_cast<double>(want);
    const double ulp = std::nextafter(std::fabs(nearest), INFINITY) - std::fabs(nearest);
    return std::fabs(static_cast<double>((have - want) / static_cast<long double>(ulp)));
}

TEST(Weights, SinAndCosAreWithinAnUlp)
{
    for (int i = -20000; i <= 20000; i++) {
        const double x = i * (1.5707963267948966 / 20000);
        ASSERT_LT(ulps(sin_exact(x), sinl(x)), 0.51) << x;
        ASSERT_LT(ulps(cos_exact(x), cosl(x)), 0.51) << x;
    }
    EXPECT_EQ(sin_exact(0.0), 0.0);
    EXPECT_EQ(cos_exact(0.0), 1.0);
}

TEST(Weights, TheBitsAreFixed)
{
    const auto w = weights(WEIGHTING_COS, {90.0, 60.0, 45.0, 0.0, -89.75});
    EXPECT_EQ(w[0], 0x1.1a62633145c07p-54);
    EXPECT_EQ(w[1], 0x1.0000000000001p-1);
    EXPECT_EQ(w[2], 0x1.6a09e667f3bcdp-1);
    EXPECT_EQ(w[3], 1.0);
    EXPECT_GT(w[4], 0.0);
}

TEST(Weights, AreasCoverTheSphere)
{
    std::vector<double> lat;
    for (int i = 0; i < 61; i++) {
        lat.push_back(90.0 - 3.0 * i);
    }
    double total = 0;
    for (double w : weights(WEIGHTING_AREA_WB2, lat)) {
        total += w;
    }
    EXPECT_NEAR(total, 2.0, 1e-15);
    EXPECT_EQ(weights(WEIGHTING_AREA_WB2, lat), weights(WEIGHTING_AREA_WBX, lat));
    for (double w : weights(WEIGHTING_NONE, lat)) {
        EXPECT_EQ(w, 1.0);
    }
}

TEST(Weights, EdgeRowsOfALimitedArea)
{
    std::vector<double> lat;
    for (int i = 0; i < 33; i++) {
        lat.push_back(58.0 - 0.25 * i);
    }
    const auto wb2 = weights(WEIGHTING_AREA_WB2, lat);
    const auto wbx = weights(WEIGHTING_AREA_WBX, lat);
    const long double degree = kPi / 180;
    EXPECT_NEAR(wb2[0], static_cast<double>(1 - sinl(57.875L * degree)), 1e-15);
    EXPECT_NEAR(wbx[0], static_cast<double>(sinl(58.125L * degree) - sinl(57.875L * degree)),
                1e-16);
    EXPECT_NEAR(wb2[32], static_cast<double>(sinl(50.125L * degree) + 1), 1e-15);
    EXPECT_EQ(wb2[16], wbx[16]);
}

TEST(Weights, OneRowIsTheWholeSphere)
{
    EXPECT_EQ(weights(WEIGHTING_AREA_WB2, {10.0})[0], 2.0);
    EXPECT_EQ(weights(WEIGHTING_AREA_WBX, {10.0})[0], 2.0);
}

} // namespace
