// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <string>
#include <vector>

extern "C" {
#include "metric.h"
#include "score_stream.h"
}

namespace
{

struct Got {
    std::string forecast;
    int64_t lead_time_s;
    int64_t init_time_s;
    bool all;
    std::string region;
    std::string metric;
    double value;
};

void take(void *context, const gaia_score *s)
{
    static_cast<std::vector<Got> *>(context)->push_back({s->forecast, s->lead_time_s,
                                                         s->init_time_s, s->all_times != 0,
                                                         s->region, s->metric, s->value});
}

// Two forecasts, one variable, two leads, two init times, two regions; mse of unit u in region r is
// u + 10 r + 1.
TEST(ScoreStream, TimesThenTheAggregateOfEachLead)
{
    plan_forecast forecasts[] = {{"a", GAIA_OK, ""}, {"b", GAIA_OK, ""}};
    const char *variables[] = {"z"};
    const char *regions[] = {"global", "europe"};
    const char *weights[] = {"cos"};
    std::vector<gaia_unit> units;
    for (uint32_t f = 0; f < 2; f++) {
        for (int64_t lead : {12, 24}) {
            for (int64_t init : {0, 100}) {
                units.push_back({f, 0, 500.0, lead * 3600, init});
            }
        }
    }
    plan p = {};
    p.n_forecasts = 2;
    p.forecasts = forecasts;
    p.n_variables = 1;
    p.variables = variables;
    p.n_regions = 2;
    p.regions = regions;
    p.n_weights = 1;
    p.weights = weights;
    p.metrics = UINT64_C(1) << METRIC_MSE | UINT64_C(1) << METRIC_N_TIMES;
    p.units = units.data();
    p.n_units = units.size();
    std::vector<Got> got;
    score_stream *stream = nullptr;
    ASSERT_EQ(score_stream_open(&p, take, &got, &stream, nullptr), GAIA_OK);
    for (size_t u = 0; u < units.size(); u++) {
        gaia_moments rows[2] = {};
        for (size_t r = 0; r < 2; r++) {
            rows[r].sum[GAIA_MOMENT_ERROR_N] = 4;
            rows[r].sum[GAIA_MOMENT_ERROR_W] = 2;
            rows[r].sum[GAIA_MOMENT_ERROR_D2] = 2.0 * static_cast<double>(u + 10 * r + 1);
        }
        score_stream_unit(stream, u, rows);
    }
    score_stream_end(stream);
    score_stream_close(stream);
    // A lead: 2 times x 2 regions x mse, then 2 regions x (mse, n_times).
    ASSERT_EQ(got.size(), 4u * (4 + 4));
    EXPECT_EQ(got[0].value, 1);
    EXPECT_EQ(got[1].region, "europe");
    EXPECT_EQ(got[1].value, 11);
    EXPECT_EQ(got[2].init_time_s, 100);
    EXPECT_TRUE(got[4].all);
    EXPECT_EQ(got[4].metric, "mse");
    EXPECT_EQ(got[4].value, 1.5);
    EXPECT_EQ(got[5].metric, "n_times");
    EXPECT_EQ(got[5].value, 2);
    EXPECT_EQ(got[6].value, 11.5);
    EXPECT_EQ(got[8].lead_time_s, 24 * 3600);
    EXPECT_FALSE(got[8].all);
    EXPECT_EQ(got[8].value, 3);
    EXPECT_EQ(got.back().forecast, "b");
    EXPECT_TRUE(got.back().all);
}

} // namespace
