// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <algorithm>
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

// Latitudes of a Gaussian grid of n rows, north to south: the zeros of the Legendre polynomial, by
// Newton's method in long double.
std::vector<double> gaussian(int n)
{
    std::vector<double> lat;
    for (int i = 1; i <= n; i++) {
        long double x = cosl(kPi * (i - 0.25L) / (n + 0.5L));
        for (int step = 0; step < 20; step++) {
            long double p0 = 1;
            long double p1 = x;
            for (int k = 2; k <= n; k++) {
                const long double p2 = ((2 * k - 1) * x * p1 - (k - 1) * p0) / k;
                p0 = p1;
                p1 = p2;
            }
            x -= p1 * (x * x - 1) / (n * (x * p1 - p0));
        }
        lat.push_back(static_cast<double>(asinl(x) * 180 / kPi));
    }
    return lat;
}

// The area of row i by its definition: between the parallels midway to its neighbours, or, at the
// edges, the given ones.
long double area_of(const std::vector<double> &lat, size_t i, long double first, long double last)
{
    const auto middle = [&](size_t a) {
        return (static_cast<long double>(lat[a]) + lat[a + 1]) / 2;
    };
    const long double north = i == 0 ? first : middle(i - 1);
    const long double south = i + 1 == lat.size() ? last : middle(i);
    return sinl(north * kPi / 180) - sinl(south * kPi / 180);
}

void expect_areas(const std::vector<double> &lat)
{
    const size_t n = lat.size();
    const auto wb2 = weights(WEIGHTING_AREA_WB2, lat);
    const auto wbx = weights(WEIGHTING_AREA_WBX, lat);
    const auto cosine = weights(WEIGHTING_COS, lat);
    const long double half_north = (static_cast<long double>(lat[0]) - lat[1]) / 2;
    const long double half_south = (static_cast<long double>(lat[n - 2]) - lat[n - 1]) / 2;
    const long double north = std::min(90.0L, lat[0] + half_north);
    const long double south = std::max(-90.0L, lat[n - 1] - half_south);
    for (size_t i = 0; i < n; i++) {
        EXPECT_NEAR(wb2[i], static_cast<double>(area_of(lat, i, 90, -90)), 2e-16) << i;
        EXPECT_NEAR(wbx[i], static_cast<double>(area_of(lat, i, north, south)), 2e-16) << i;
        EXPECT_NEAR(cosine[i], static_cast<double>(cosl(lat[i] * kPi / 180)), 2e-16) << i;
    }
}

TEST(Weights, GaussianGridsByDefinition)
{
    for (const int n : {32, 64, 160, 320}) {
        const auto lat = gaussian(n);
        ASSERT_LT(lat[0], 90.0);
        EXPECT_NEAR(lat[0], -lat[static_cast<size_t>(n) - 1], 1e-13);
        expect_areas(lat);
        double total = 0;
        for (const double w : weights(WEIGHTING_AREA_WB2, lat)) {
            total += w;
        }
        EXPECT_NEAR(total, 2.0, 1e-14); // the sphere, though no row is at a pole
        // Half a spacing beyond the last row does not reach the pole: the caps are left out.
        EXPECT_LT(weights(WEIGHTING_AREA_WBX, lat)[0], weights(WEIGHTING_AREA_WB2, lat)[0]);
    }
    EXPECT_NEAR(gaussian(64)[0], 87.8637988392326, 1e-12); // of the T42 grid, as published
}

TEST(Weights, LimitedAreasByDefinition)
{
    expect_areas({58.0, 57.75, 57.5, 57.25, 57.0});
    expect_areas({90.0, 89.5, 88.75, 87.0}); // uneven, with a pole
    expect_areas({-60.0, -61.0, -89.9, -90.0});
    expect_areas({3.5, -3.5});
    auto lat = gaussian(64);
    lat.resize(20); // the northern part of a Gaussian grid
    expect_areas(lat);
    // 89.9 + 0.05 is still on the sphere, 89.9 + 0.5 is not.
    expect_areas({89.9, 89.8});
    expect_areas({89.9, 88.9});
}

} // namespace
