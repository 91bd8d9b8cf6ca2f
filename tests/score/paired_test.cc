// SPDX-License-Identifier: MIT
//
// Student's t against printed tables, and paired statistics against series whose numbers are known.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

extern "C" {
#include "paired.h"
#include "student.h"
}

namespace
{

// Two-sided 95 %: NIST/SEMATECH e-Handbook of Statistical Methods, table 1.3.6.7.2.
TEST(Student, AsInTables)
{
    const struct {
        uint64_t n;
        double t;
    } table[] = {{1, 12.706}, {2, 4.303},  {3, 3.182},  {4, 2.776},  {5, 2.571},   {9, 2.262},
                 {10, 2.228}, {29, 2.045}, {30, 2.042}, {60, 2.000}, {100, 1.984}, {1000, 1.962}};
    for (const auto &row : table) {
        EXPECT_NEAR(row.t, student_t95(row.n), 5.1e-4) << row.n;
    }
    EXPECT_TRUE(std::isnan(student_t95(0)));
}

// One and two degrees of freedom have a closed form: tan(pi p / 2), and p sqrt(2 / (1 - p^2)).
TEST(Student, ClosedForms)
{
    EXPECT_NEAR(std::tan(M_PI_2 * 0.95), student_t95(1), 1e-11);
    EXPECT_NEAR(0.95 * std::sqrt(2.0 / (1.0 - 0.95 * 0.95)), student_t95(2), 1e-13);
}

// Both ways of computing it meet where one takes over: the slope there is that between neighbours.
TEST(Student, NoStepBetweenTheTwoWays)
{
    const double before = student_t95(199) - student_t95(200);
    const double across = student_t95(200) - student_t95(201);
    const double after = student_t95(201) - student_t95(202);
    EXPECT_NEAR(across, 0.5 * (before + after), 1e-8);
    EXPECT_NEAR(1.959963984540054, student_t95(UINT64_MAX), 1e-14);
}

struct Series {
    std::vector<double> forecast;
    std::vector<double> against;
    std::vector<int64_t> time_s;

    paired_stats stats() const
    {
        return paired_statistics(forecast.data(), against.data(), time_s.data(), forecast.size());
    }
};

Series series(const std::vector<double> &d, const std::vector<int64_t> &time_s)
{
    Series made;
    for (size_t i = 0; i < d.size(); i++) {
        made.forecast.push_back(2.0 + d[i]);
        made.against.push_back(2.0);
        made.time_s.push_back(time_s[i]);
    }
    return made;
}

// d = 1 2 3 4 5: mean 3, s^2 2.5; deviations -2 -1 0 1 2 give r1 = (2 + 0 + 0 + 2) / 10 = 0.4, so
// the variance of the mean is 2.5 / 5 * 1.4 / 0.6 = 7/6.
TEST(Paired, ATrendIsNoEvidence)
{
    const paired_stats stats = series({1, 2, 3, 4, 5}, {0, 12, 24, 36, 48}).stats();
    EXPECT_EQ(5u, stats.n);
    EXPECT_DOUBLE_EQ(5, stats.mean_forecast);
    EXPECT_DOUBLE_EQ(2, stats.mean_against);
    EXPECT_DOUBLE_EQ(3, stats.difference);
    EXPECT_NEAR(0.4, stats.autocorrelation, 1e-15);
    EXPECT_NEAR(std::sqrt(7.0 / 6.0), stats.standard_error, 1e-14);
    EXPECT_NEAR(3 - 2.7764451051977987 * std::sqrt(7.0 / 6.0), stats.low, 1e-9);
    EXPECT_NEAR(3 + 2.7764451051977987 * std::sqrt(7.0 / 6.0), stats.high, 1e-9);
    EXPECT_TRUE(stats.is_significant);
}

// The same numbers in a zigzag: r1 is negative, and an interval is never narrowed by that.
TEST(Paired, ANegativeAutocorrelationCountsAsNone)
{
    const paired_stats stats = series({1, 5, 2, 4, 3}, {0, 12, 24, 36, 48}).stats();
    EXPECT_EQ(0, stats.autocorrelation);
    EXPECT_NEAR(std::sqrt(0.5), stats.standard_error, 1e-15);
}

// Only the first two and the last two are neighbours: (2 + 2) / 10 over two pairs instead of four.
TEST(Paired, AGapIsNoNeighbourhood)
{
    const paired_stats stats = series({1, 2, 3, 4, 5}, {0, 12, 240, 480, 492}).stats();
    EXPECT_NEAR(0.8, stats.autocorrelation, 1e-15);
}

TEST(Paired, FewEvents)
{
    EXPECT_TRUE(std::isnan(series({}, {}).stats().difference));
    const paired_stats one = series({1}, {0}).stats();
    EXPECT_EQ(1, one.difference);
    EXPECT_TRUE(std::isnan(one.standard_error));
    EXPECT_FALSE(one.is_significant);
    const paired_stats two = series({1, 3}, {0, 12}).stats();
    EXPECT_NEAR(1, two.standard_error, 1e-15);
    EXPECT_FALSE(two.is_significant);
}

TEST(Paired, TheSameForecastTwice)
{
    const paired_stats stats = series({0, 0, 0}, {0, 12, 24}).stats();
    EXPECT_EQ(0, stats.difference);
    EXPECT_EQ(0, stats.standard_error);
    EXPECT_FALSE(stats.is_significant);
}

TEST(Paired, TruthsAreToldApartByTheirSums)
{
    gaia_moments a = {};
    a.sum[GAIA_MOMENT_POINTS] = 10;
    a.sum[GAIA_MOMENT_ERROR_N] = 10;
    a.sum[GAIA_MOMENT_ERROR_O] = 7;
    gaia_moments b = a;
    EXPECT_TRUE(paired_truth_same(&a, &b));
    b.sum[GAIA_MOMENT_ERROR_D2] = 3; /* another forecast */
    EXPECT_TRUE(paired_truth_same(&a, &b));
    b.sum[GAIA_MOMENT_ERROR_O] = std::nextafter(7, 8);
    EXPECT_FALSE(paired_truth_same(&a, &b));
    b.sum[GAIA_MOMENT_FORECAST_MISSING] = 1; /* sums over fewer points say nothing */
    EXPECT_TRUE(paired_truth_same(&a, &b));
    b.sum[GAIA_MOMENT_POINTS] = 11;
    EXPECT_FALSE(paired_truth_same(&a, &b));
}

} // namespace
