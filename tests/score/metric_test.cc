// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

extern "C" {
#include "metric.h"
}

namespace
{

struct Point {
    double w, f, o, c, r;
};

// Moments by plain sums over points that are all present.
gaia_moments moments_of(const std::vector<Point> &points)
{
    gaia_moments m = {};
    auto add = [&](gaia_moment i, double x) { m.sum[i] += x; };
    for (const Point &p : points) {
        const double d = p.f - p.o;
        const double a = p.f - p.c;
        const double b = p.o - p.c;
        add(GAIA_MOMENT_POINTS, 1);
        for (gaia_moment n : {GAIA_MOMENT_ERROR_N, GAIA_MOMENT_ANOMALY_N, GAIA_MOMENT_REFERENCE_N,
                              GAIA_MOMENT_TRUTH_CLIMATOLOGY_N, GAIA_MOMENT_TRUTH_REFERENCE_N}) {
            add(n, 1);
            add(static_cast<gaia_moment>(n + 1), p.w);
        }
        add(GAIA_MOMENT_ERROR_D, p.w * d);
        add(GAIA_MOMENT_ERROR_D2, p.w * d * d);
        add(GAIA_MOMENT_ERROR_ABS_D, p.w * std::fabs(d));
        add(GAIA_MOMENT_ERROR_OD, p.w * p.o * d);
        add(GAIA_MOMENT_ERROR_O, p.w * p.o);
        add(GAIA_MOMENT_ERROR_O2, p.w * p.o * p.o);
        add(GAIA_MOMENT_ERROR_D_PLAIN, d);
        add(GAIA_MOMENT_ANOMALY_A, p.w * a);
        add(GAIA_MOMENT_ANOMALY_A2, p.w * a * a);
        add(GAIA_MOMENT_ANOMALY_AB, p.w * a * b);
        add(GAIA_MOMENT_ANOMALY_B, p.w * b);
        add(GAIA_MOMENT_ANOMALY_B2, p.w * b * b);
        add(GAIA_MOMENT_REFERENCE_D, p.w * d);
        add(GAIA_MOMENT_REFERENCE_D2, p.w * d * d);
        add(GAIA_MOMENT_REFERENCE_RO2, p.w * (p.r - p.o) * (p.r - p.o));
        add(GAIA_MOMENT_REFERENCE_FR2, p.w * (p.f - p.r) * (p.f - p.r));
        add(GAIA_MOMENT_TRUTH_CLIMATOLOGY_B, p.w * b);
        add(GAIA_MOMENT_TRUTH_CLIMATOLOGY_B2, p.w * b * b);
        add(GAIA_MOMENT_TRUTH_REFERENCE_RO, p.w * (p.r - p.o));
        add(GAIA_MOMENT_TRUTH_REFERENCE_RO2, p.w * (p.r - p.o) * (p.r - p.o));
    }
    return m;
}

std::vector<double> values_of(const gaia_moments &m, gaia_missing missing = GAIA_MISSING_PAIRWISE)
{
    std::vector<double> value(METRIC_TIME_COUNT);
    metric_values(&m, missing, value.data());
    return value;
}

TEST(Metric, AWorkedExample)
{
    // Weights 1 and 3; errors 2 and -1.
    const auto v = values_of(moments_of({{1, 5, 3, 2, 4}, {3, 1, 2, 2.5, 2}}));
    EXPECT_DOUBLE_EQ(v[METRIC_N_VALID], 2);
    EXPECT_DOUBLE_EQ(v[METRIC_MSE], 7.0 / 4);
    EXPECT_DOUBLE_EQ(v[METRIC_RMSE], std::sqrt(7.0 / 4));
    EXPECT_DOUBLE_EQ(v[METRIC_MAE], 5.0 / 4);
    EXPECT_DOUBLE_EQ(v[METRIC_BIAS], -1.0 / 4);
    EXPECT_DOUBLE_EQ(v[METRIC_BCRMSE], std::sqrt(7.0 / 4 - 1.0 / 16));
    EXPECT_DOUBLE_EQ(v[METRIC_BCRMSE_UNWEIGHTED_BIAS], std::sqrt((1.5 * 1.5 + 3 * 1.5 * 1.5) / 4));
    EXPECT_DOUBLE_EQ(v[METRIC_PEARSON], 1.0); // two points, both rise
    // a = 3, -1.5; b = 1, -0.5
    EXPECT_DOUBLE_EQ(v[METRIC_ACC_UNCENTRED],
                     (3 + 3 * 0.75) / std::sqrt((9 + 3 * 2.25) * (1 + 3 * 0.25)));
    EXPECT_DOUBLE_EQ(v[METRIC_ACC_CENTRED], 1.0);
    EXPECT_DOUBLE_EQ(v[METRIC_MSE_CLIM], (1 + 3 * 0.25) / 4);
    EXPECT_DOUBLE_EQ(v[METRIC_MSESS_CLIM], 1 - 7 / 1.75);
    EXPECT_DOUBLE_EQ(v[METRIC_MSE_REF], 1.0 / 4);
    EXPECT_DOUBLE_EQ(v[METRIC_MSESS_REF], 1 - 7.0);
    EXPECT_DOUBLE_EQ(v[METRIC_MSESS_REF_COMMON], 1 - 7.0);
}

TEST(Metric, NothingPresentIsNaN)
{
    const auto v = values_of(gaia_moments{});
    EXPECT_EQ(v[METRIC_N_VALID], 0);
    for (int i = METRIC_MSE; i < METRIC_TIME_COUNT; i++) {
        EXPECT_TRUE(std::isnan(v[static_cast<size_t>(i)])) << i;
    }
}

TEST(Metric, ZeroDenominatorsAreNaN)
{
    // Reference and climatology equal the truth; the truth is constant.
    const auto v = values_of(moments_of({{1, 5, 3, 3, 3}, {1, 4, 3, 3, 3}}));
    for (auto i : {METRIC_PEARSON, METRIC_ACC_CENTRED, METRIC_ACC_UNCENTRED, METRIC_MSESS_CLIM,
                   METRIC_MSESS_REF, METRIC_MSESS_REF_COMMON}) {
        EXPECT_TRUE(std::isnan(v[i])) << i;
    }
    EXPECT_EQ(v[METRIC_MSE_REF], 0);
}

TEST(Metric, RoundingIsNoCorrelation)
{
    std::vector<Point> points;
    for (int i = 0; i < 1000; i++) {
        const double o = 1e8 + 1e-9 * (i % 7);
        points.push_back({0.1 + i * 1e-3, 280.0 + i, o, 0, 0});
    }
    EXPECT_TRUE(std::isnan(values_of(moments_of(points))[METRIC_PEARSON]));
}

TEST(Metric, PropagateMakesAGroupWithHolesNaN)
{
    gaia_moments m = moments_of({{1, 5, 3, 2, 4}, {3, 1, 2, 2.5, 2}});
    m.sum[GAIA_MOMENT_REFERENCE_N] = 1;
    m.sum[GAIA_MOMENT_TRUTH_REFERENCE_N] = 1;
    const auto v = values_of(m, GAIA_MISSING_PROPAGATE);
    EXPECT_FALSE(std::isnan(v[METRIC_MSE]));
    EXPECT_FALSE(std::isnan(v[METRIC_MSESS_CLIM]));
    EXPECT_TRUE(std::isnan(v[METRIC_MSE_REF]));
    EXPECT_TRUE(std::isnan(v[METRIC_MSESS_REF]));
    EXPECT_TRUE(std::isnan(v[METRIC_MSESS_REF_COMMON]));
    m.sum[GAIA_MOMENT_ERROR_N] = 1;
    const auto w = values_of(m, GAIA_MISSING_PROPAGATE);
    EXPECT_TRUE(std::isnan(w[METRIC_MSE]));
    EXPECT_TRUE(std::isnan(w[METRIC_MSESS_CLIM]));
    EXPECT_EQ(w[METRIC_N_VALID], 1);
}

double aggregate_of(const std::vector<gaia_moments> &times, gaia_missing missing, metric which)
{
    metric_aggregate aggregate = {};
    aggregate.missing = missing;
    for (const gaia_moments &m : times) {
        metric_aggregate_add(&aggregate, &m, values_of(m, missing).data());
    }
    return metric_aggregate_value(&aggregate, which);
}

TEST(Metric, AggregatesWeighTimesEqually)
{
    const auto one = moments_of({{1, 5, 3, 2, 4}, {3, 1, 2, 2.5, 2}}); // mse 7/4
    const auto two = moments_of({{2, 1, 2, 3, 3}, {2, 7, 4, 3, 3}});   // mse 5
    const std::vector<gaia_moments> times = {one, gaia_moments{}, two};
    const auto all = [&](metric which) {
        return aggregate_of(times, GAIA_MISSING_PAIRWISE, which);
    };
    EXPECT_DOUBLE_EQ(all(METRIC_N_TIMES), 2);
    EXPECT_DOUBLE_EQ(all(METRIC_MSE), (1.75 + 5) / 2);
    EXPECT_DOUBLE_EQ(all(METRIC_RMSE), std::sqrt((1.75 + 5) / 2));
    EXPECT_DOUBLE_EQ(all(METRIC_RMSE_MEAN_OF_SQRT), (std::sqrt(1.75) + std::sqrt(5)) / 2);
    EXPECT_DOUBLE_EQ(all(METRIC_MSESS_REF), 1 - (1.75 + 5) / (0.25 + 1));
    EXPECT_DOUBLE_EQ(all(METRIC_MSESS_REF_MEAN), ((1 - 7.0) + (1 - 5.0)) / 2);
    const double ab = 3 + 3 * 0.75 + 2 * 2 + 2 * 4;
    const double a2 = 9 + 3 * 2.25 + 2 * 4 + 2 * 16;
    const double b2 = 1 + 3 * 0.25 + 2 + 2;
    EXPECT_DOUBLE_EQ(all(METRIC_ACC_UNCENTRED_POOLED), ab / std::sqrt(a2 * b2));
    EXPECT_TRUE(std::isnan(aggregate_of(times, GAIA_MISSING_PROPAGATE, METRIC_MSE)));
    EXPECT_TRUE(std::isnan(aggregate_of({}, GAIA_MISSING_PAIRWISE, METRIC_RMSE)));
}

TEST(Metric, AConstantForecastHasNoCorrelationHoweverSmall)
{
    for (const double f : {0.0, 0.1, 0.3, 1e-5, 3.3e-4, 280.1, 1e9}) {
        std::vector<Point> points;
        for (int i = 0; i < 500; i++) {
            points.push_back({1 + 0.1 * (i % 7), f, 270 + 0.37 * (i % 61), 0, 0});
        }
        EXPECT_TRUE(std::isnan(values_of(moments_of(points))[METRIC_PEARSON])) << f;
        points[7].f += std::max(1.0, f / 10); // and is not blind
        EXPECT_FALSE(std::isnan(values_of(moments_of(points))[METRIC_PEARSON])) << f;
    }
}

// Of few points each brings several roundings: of the square, the weight, the sum and the quotient.
TEST(Metric, FewPointsOfAConstantHaveNoCorrelation)
{
    std::mt19937 random(7);
    const auto share = [&] { return static_cast<double>(random()) / 4294967296.0; };
    for (const double size : {1.0, 280.0, 5e4}) {
        for (const size_t n : {1u, 2u, 3u, 4u, 12u}) {
            for (int i = 0; i < 5000; i++) {
                const double f = size * (0.5 + share());
                const double o = size * (0.5 + share());
                const double c = size * share();
                std::vector<Point> forecast;
                std::vector<Point> truth;
                for (size_t k = 0; k < n; k++) {
                    const double w = std::cos(share());
                    const double other = n == 1 ? o : size * share();
                    forecast.push_back({w, f, other, c, 0});
                    truth.push_back({w, other, o, c, 0});
                }
                for (const std::vector<Point> &points : {forecast, truth}) {
                    const auto v = values_of(moments_of(points));
                    ASSERT_TRUE(std::isnan(v[METRIC_PEARSON])) << n << " points about " << size;
                    ASSERT_TRUE(std::isnan(v[METRIC_ACC_CENTRED])) << n << " points, " << size;
                }
            }
        }
    }
}

// Two neighbours in float32 are told apart.
TEST(Metric, TheLeastVariationOfFloat32IsNoRounding)
{
    const double more = static_cast<double>(std::nextafter(280.0F, 281.0F));
    const auto v = values_of(moments_of({{1, 280, 270, 260, 0}, {1, more, 275, 260, 0}}));
    EXPECT_FALSE(std::isnan(v[METRIC_PEARSON]));
    EXPECT_NEAR(v[METRIC_ACC_CENTRED], 1.0, 0.1);
}

TEST(Metric, ACorrelationIsAtMostOne)
{
    for (const double sign : {1.0, -1.0}) {
        std::vector<Point> points;
        for (int i = 0; i < 500; i++) {
            const double o = 270 + 0.37 * (i % 61);
            points.push_back({0.3 + 0.1 * (i % 7), sign * o + 1.0 / 3, o, 0, 0});
        }
        const double r = values_of(moments_of(points))[METRIC_PEARSON];
        EXPECT_LE(std::fabs(r), 1.0);
        EXPECT_NEAR(r, sign, 1e-9);
    }
}

// The reference is the forecast, as far as it goes; the time that it lacks is a hard one.
TEST(Metric, ASkillOverTimesIsOfTimesThatHaveBothErrors)
{
    const double none = std::nan("");
    const gaia_moments m = {};
    metric_aggregate aggregate = {};
    const double errors[][2] = {{1, 1}, {3, 3}, {100, none}, {2, 2}};
    for (const double *error : errors) {
        std::vector<double> value(METRIC_TIME_COUNT, none);
        value[METRIC_N_VALID] = 7;
        value[METRIC_MSE] = error[0];
        value[METRIC_MSE_REF] = error[1];
        value[METRIC_MSE_CLIM] = 2 * error[1];
        metric_aggregate_add(&aggregate, &m, value.data());
    }
    EXPECT_EQ(0.0, metric_aggregate_value(&aggregate, METRIC_MSESS_REF));
    EXPECT_EQ(0.5, metric_aggregate_value(&aggregate, METRIC_MSESS_CLIM));
    EXPECT_EQ(26.5, metric_aggregate_value(&aggregate, METRIC_MSE));
    EXPECT_EQ(2.0, metric_aggregate_value(&aggregate, METRIC_MSE_REF));
    EXPECT_EQ(4.0, metric_aggregate_value(&aggregate, METRIC_N_TIMES));
}

TEST(Metric, SetsFollowNamesAndSources)
{
    uint64_t set = 0;
    const char *unknown = nullptr;
    const char *rmse[] = {"rmse"};
    ASSERT_TRUE(metric_set(rmse, 1, true, true, &set, &unknown));
    EXPECT_EQ(set, UINT64_C(1) << METRIC_RMSE | UINT64_C(1) << METRIC_RMSE_MEAN_OF_SQRT);
    const char *all[] = {"all"};
    ASSERT_TRUE(metric_set(all, 1, true, true, &set, &unknown));
    EXPECT_EQ(set, (UINT64_C(1) << METRIC_COUNT) - 1);
    ASSERT_TRUE(metric_set(all, 1, false, false, &set, &unknown));
    EXPECT_EQ(set >> METRIC_MSE_CLIM & 1, 0u);
    EXPECT_EQ(set >> METRIC_ACC_CENTRED_MEAN & 1, 0u);
    EXPECT_EQ(set >> METRIC_MSESS_REF_MEAN & 1, 0u);
    const char *bad[] = {"rmse", "nonsense"};
    EXPECT_FALSE(metric_set(bad, 2, true, true, &set, &unknown));
    EXPECT_STREQ(unknown, "nonsense");
}

TEST(Metric, PropagateSeesAMissingPointOfNextToNoWeight)
{
    // Counts that are sums of a mask's weights, of which the missing one is lost to rounding.
    gaia_moments m = moments_of({{1, 5, 3, 2, 4}, {3, 1, 2, 2.5, 2}});
    ASSERT_FALSE(std::isnan(values_of(m, GAIA_MISSING_PROPAGATE)[METRIC_MSE]));
    m.sum[GAIA_MOMENT_FORECAST_MISSING] = 1e-30;
    const auto v = values_of(m, GAIA_MISSING_PROPAGATE);
    EXPECT_TRUE(std::isnan(v[METRIC_MSE]));
    EXPECT_TRUE(std::isnan(v[METRIC_ACC_CENTRED]));
    EXPECT_FALSE(std::isnan(v[METRIC_MSE_CLIM])); // is not of the forecast
    EXPECT_FALSE(std::isnan(v[METRIC_MSE_REF]));
    m.sum[GAIA_MOMENT_TRUTH_MISSING] = 1e-30;
    EXPECT_TRUE(std::isnan(values_of(m, GAIA_MISSING_PROPAGATE)[METRIC_MSE_CLIM]));
    EXPECT_FALSE(std::isnan(values_of(m)[METRIC_MSE])); // pairwise leaves it out
}

TEST(Metric, AConstantUnderFractionsHasNoCorrelation)
{
    // Three points of a third each, say: their count is less than their number.
    gaia_moments m = {};
    const double share = 1.0 / 3.0 - 0.01;
    const double truth = 281.3;
    for (const double f : {280.7, 281.9, 283.1}) {
        const double d = f - truth;
        m.sum[GAIA_MOMENT_ERROR_N] += share;
        m.sum[GAIA_MOMENT_ERROR_W] += share;
        m.sum[GAIA_MOMENT_ERROR_D] += share * d;
        m.sum[GAIA_MOMENT_ERROR_D2] += share * d * d;
        m.sum[GAIA_MOMENT_ERROR_OD] += share * d * truth;
        m.sum[GAIA_MOMENT_ERROR_O] += share * truth;
        m.sum[GAIA_MOMENT_ERROR_O2] += share * truth * truth;
    }
    EXPECT_TRUE(std::isnan(values_of(m)[METRIC_PEARSON]));
}

} // namespace
