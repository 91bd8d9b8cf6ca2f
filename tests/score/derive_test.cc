// SPDX-License-Identifier: MIT
//
// Choices among stored moments, and one forecast's held against another's.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "moments_case.h"

extern "C" {
#include "compare.h"
#include "compare_report.h"
#include "derive.h"
#include "metric.h"
}

namespace
{

class Derive : public testing::Test
{
  protected:
    void open()
    {
        ASSERT_EQ(GAIA_OK, moments_open(made.bytes(), &file, &err)) << err.detail;
    }
    void TearDown() override
    {
        moments_file_close(file);
        moments_file_close(other);
    }

    // The scores as lines of "forecast variable region weighting metric value".
    std::vector<std::string> scores(const derive_filter &filter)
    {
        std::vector<std::string> lines;
        derive *chosen = nullptr;
        EXPECT_EQ(GAIA_OK, derive_open(file, &filter, &chosen, &err)) << err.detail;
        const auto take = [](void *context, const gaia_score *s) {
            static_cast<std::vector<std::string> *>(context)->push_back(
                std::string(s->forecast) + " " + s->variable + " " + s->region + " " +
                s->weighting + " " + s->metric + " " + std::to_string(s->value));
        };
        EXPECT_EQ(GAIA_OK, derive_scores(file, chosen, take, &lines, &err)) << err.detail;
        derive_close(chosen);
        return lines;
    }

    void expect_refused(const derive_filter &filter, gaia_status wanted, const char *said)
    {
        derive *chosen = nullptr;
        EXPECT_EQ(wanted, derive_open(file, &filter, &chosen, &err));
        EXPECT_STREQ(said, err.detail);
    }

    // In the calendar that the times are counts of.
    enum gaia_calendar calendar(const derive_filter &filter)
    {
        enum gaia_calendar seen = GAIA_CALENDAR_STANDARD;
        derive *chosen = nullptr;
        EXPECT_EQ(GAIA_OK, derive_open(file, &filter, &chosen, &err)) << err.detail;
        const auto take = [](void *context, const gaia_score *s) {
            *static_cast<enum gaia_calendar *>(context) = s->calendar;
        };
        EXPECT_EQ(GAIA_OK, derive_scores(file, chosen, take, &seen, &err)) << err.detail;
        derive_close(chosen);
        return seen;
    }

    struct Kept {
        std::vector<compare_row> rows; /* metrics and names outlive the run where they are static */
        std::vector<std::string> keys;
    };
    gaia_status compare(const compare_request &request, Kept *kept)
    {
        const auto take = [](void *context, const compare_row *row) {
            Kept *to = static_cast<Kept *>(context);
            to->rows.push_back(*row);
            to->keys.push_back(std::string(row->forecast) + " " + row->variable + " " +
                               row->region + " " + row->weighting + " " + row->metric);
        };
        return compare_run(&request, take, kept, &err);
    }

    MomentsCase made;
    moments_file *file = nullptr;
    moments_file *other = nullptr;
    gaia_error err = {};
};

TEST_F(Derive, TimesStayInTheFilesCalendar)
{
    made.p.calendar = GAIA_CALENDAR_NOLEAP;
    open();
    EXPECT_EQ(calendar(derive_filter{}), GAIA_CALENDAR_NOLEAP);
}

TEST_F(Derive, AllOfItUnlessSaid)
{
    open();
    // 24 units of 4 rows with one metric, and rmse and its aggregates of 4 leads.
    const std::vector<std::string> lines = scores({});
    ASSERT_EQ(24u * 4 + 4 * 4, lines.size());
    EXPECT_EQ("a z global cos rmse 1.000000", lines[0]);
    EXPECT_EQ("a z europe none rmse 2.000000", lines[3]);
}

TEST_F(Derive, InTheOrderAskedFor)
{
    open();
    const char *variables[] = {"t", "z"};
    const char *regions[] = {"europe", "global"};
    const char *weights[] = {"none"};
    const char *forecasts[] = {"b"};
    const char *metrics[] = {"mse", "rmse_mean_of_sqrt"};
    derive_filter filter = {};
    filter.n_variables = 2;
    filter.variables = variables;
    filter.n_regions = 2;
    filter.regions = regions;
    filter.n_weights = 1;
    filter.weights = weights;
    filter.n_forecasts = 1;
    filter.forecasts = forecasts;
    filter.n_metrics = 2;
    filter.metrics = metrics;
    const std::vector<std::string> lines = scores(filter);
    // Unit 18 is the first of b's t; row 3 is (europe, none), row 1 (global, none).
    ASSERT_EQ(2u * (6 * 2 + 2 * 2), lines.size());
    EXPECT_EQ("b t europe none mse " + std::to_string(18.0 * 18 + 4), lines[0]);
    EXPECT_EQ("b t global none mse " + std::to_string(18.0 * 18 + 2), lines[1]);
    EXPECT_EQ(0u, lines[13].find("b t europe none rmse_mean_of_sqrt"));
    EXPECT_EQ("b z europe none mse " + std::to_string(12.0 * 12 + 4), lines[16]);
}

TEST_F(Derive, TheOtherRuleForMissingPoints)
{
    made.row(0, 0).sum[GAIA_MOMENT_ERROR_N] = 9;
    open();
    derive_filter filter = {};
    EXPECT_EQ("a z global cos rmse 1.000000", scores(filter)[0]);
    filter.has_missing = true;
    filter.missing = GAIA_MISSING_PROPAGATE;
    EXPECT_EQ("a z global cos rmse nan", scores(filter)[0]);
}

TEST_F(Derive, LevelsDoNotConcernFieldsWithoutLevel)
{
    open();
    const double level = 500;
    derive_filter filter = {};
    filter.n_levels = 1;
    filter.levels = &level;
    EXPECT_EQ(scores({}), scores(filter));
}

TEST_F(Derive, OfAFamilyOfBandsThoseThatWereSummed)
{
    const char *summed[] = {"zonal_0n_30n", "global", "zonal_90s_60s"};
    made.p.regions = summed; // the last has no rows in this file, so two are left
    open();
    const char *regions[] = {"zonal:30", "zonal_0n_30n"};
    derive_filter filter = {};
    filter.n_regions = 1;
    filter.regions = regions;
    const std::vector<std::string> lines = scores(filter);
    ASSERT_EQ(24u * 2 + 4 * 2, lines.size());
    EXPECT_EQ("a z zonal_0n_30n cos rmse 1.000000", lines[0]);
    filter.n_regions = 2;
    EXPECT_EQ(lines, scores(filter)); // a band that is named besides comes once
    regions[0] = "zonal";             // of whatever width
    EXPECT_EQ(lines, scores(filter));
    filter.n_regions = 1;
    EXPECT_EQ(lines, scores(filter));
    regions[0] = "zonal:5";
    expect_refused(filter, GAIA_REGION_UNKNOWN,
                   "sums.gm: no sums of region 'zonal:5'; there are: zonal_0n_30n, global");
    regions[0] = "zonal:7";
    expect_refused(filter, GAIA_REGION_UNKNOWN,
                   "sums.gm: no such bands of latitude 'zonal:7'; 'zonal:WIDTH' asks for all bands "
                   "of 1, 2, 3, 4, 5, 6, 9, 10, 12, 15, 18, 20, 30 degrees ('zonal': of 5), and "
                   "'zonal_40n_45n' or 'zonal_45s_40s' for one");
}

TEST_F(Derive, ZonalStandsForBandsOfEveryWidth)
{
    const char *summed[] = {"zonal_60s_30s", "zonal_0n_5n"};
    made.p.regions = summed;
    open();
    const char *regions[] = {"zonal", "zonal_60s_30s", "zonal:5"};
    const char *named[] = {"zonal_60s_30s", "zonal_0n_5n"};
    derive_filter wanted = {};
    wanted.n_regions = 2;
    wanted.regions = named;
    derive_filter filter = {};
    filter.regions = regions;
    for (filter.n_regions = 1; filter.n_regions <= 3; filter.n_regions++) {
        EXPECT_EQ(scores(wanted), scores(filter));
    }
}

TEST_F(Derive, ZonalWithoutBandsIsRefused)
{
    open();
    const char *zonal = "zonal";
    derive_filter filter = {};
    filter.n_regions = 1;
    filter.regions = &zonal;
    expect_refused(filter, GAIA_REGION_UNKNOWN,
                   "sums.gm: no sums of region 'zonal'; there are: global, europe");
}

TEST_F(Derive, WhatWasNotSummedIsNamed)
{
    open();
    const char *name = "moon";
    const char *twice[] = {"cos", "cos"};
    const double level = 850;
    const int64_t lead_s = 3600;
    derive_filter filter = {};
    filter.n_regions = 1;
    filter.regions = &name;
    expect_refused(filter, GAIA_REGION_UNKNOWN,
                   "sums.gm: no sums of region 'moon'; there are: global, europe");
    filter = {};
    filter.n_weights = 1;
    filter.weights = &name;
    expect_refused(filter, GAIA_WEIGHTING_UNKNOWN,
                   "sums.gm: no sums of weighting 'moon'; there are: cos, none");
    filter.n_weights = 2;
    filter.weights = twice;
    expect_refused(filter, GAIA_USAGE, "weighting 'cos' is asked for twice");
    filter = {};
    filter.n_variables = 1;
    filter.variables = &name;
    expect_refused(filter, GAIA_VARIABLE_MISSING,
                   "sums.gm: no sums of variable 'moon'; there are: z, t");
    filter = {};
    filter.n_forecasts = 1;
    filter.forecasts = &name;
    expect_refused(filter, GAIA_NOT_FOUND, "sums.gm: no sums of forecast 'moon'; there are: a, b");
    filter = {};
    filter.n_metrics = 1;
    filter.metrics = &name;
    expect_refused(
        filter, GAIA_METRIC_UNKNOWN,
        "no such metric 'moon'; there are: n_valid, mse, rmse, mae, bias, bcrmse, "
        "bcrmse_unweighted_bias, pearson, acc_uncentred, acc_centred, mse_clim, msess_clim, "
        "mse_ref, msess_ref, msess_ref_common, n_times, rmse_mean_of_sqrt, pearson_mean, "
        "acc_centred_mean, acc_uncentred_mean, acc_uncentred_pooled, msess_ref_mean");
    filter = {};
    filter.n_levels = 1;
    filter.levels = &level;
    expect_refused(filter, GAIA_LEVEL_MISSING, "sums.gm: no sums of level 850 hPa; there are: 500");
    filter = {};
    filter.n_leads = 1;
    filter.leads_s = &lead_s;
    expect_refused(filter, GAIA_LEAD_MISSING,
                   "sums.gm: no sums of lead time 1 hours; there are: 24");
}

TEST_F(Derive, SkillAgainstWhatWasNotSummedIsAnError)
{
    const char *names[] = {"msess_ref", "acc_centred"};
    derive_filter filter = {};
    made.p.has_reference = false;
    open();
    filter.n_metrics = 2;
    filter.metrics = names;
    expect_refused(filter, GAIA_USAGE,
                   "sums.gm: metric 'msess_ref' needs a reference, of which there are no sums");
    filter.n_metrics = 1;
    filter.metrics = &names[1];
    expect_refused(filter, GAIA_USAGE,
                   "sums.gm: metric 'acc_centred' needs a climatology, of which there are no sums");
}

TEST_F(Derive, TwoForecastsOfOneFile)
{
    open();
    Kept kept;
    compare_request request = {};
    request.file = file;
    request.against_file = file;
    request.against = "b";
    request.against_label = "b";
    ASSERT_EQ(GAIA_OK, compare(request, &kept)) << err.detail;
    // a only: 2 variables, 4 rows, mse and msess, rmse, mae, bias (there is no climatology).
    ASSERT_EQ(2u * 4 * 5, kept.rows.size());
    EXPECT_EQ("a z global cos mse", kept.keys[0]);
    double mean_a = 0;
    double mean_b = 0;
    for (int u = 0; u < 6; u++) {
        mean_a += (u * u + 1) / 6.0;
        mean_b += ((u + 12) * (u + 12) + 1) / 6.0;
    }
    EXPECT_EQ(6u, kept.rows[0].stats.n);
    EXPECT_NEAR(mean_a - mean_b, kept.rows[0].stats.difference, 1e-12);
    EXPECT_STREQ("msess", kept.rows[1].metric);
    EXPECT_NEAR(1 - mean_a / mean_b, kept.rows[1].stats.difference, 1e-15);
    EXPECT_STREQ("bias", kept.rows[4].metric);
    EXPECT_NEAR(-12.0 / 5, kept.rows[4].stats.difference, 1e-15);
    EXPECT_TRUE(kept.rows[4].stats.is_significant);
}

// Of six events of each side one is lacking here, one there, one has no value, one another truth.
TEST_F(Derive, EventsThatDoNotPairAreLeftOutAndCounted)
{
    open();
    made.units[0].init_time_s = -43200;           /* the other side lacks 0 */
    made.row(1, 0).sum[GAIA_MOMENT_ERROR_W] = 0;  /* no value */
    made.row(2, 0).sum[GAIA_MOMENT_ERROR_O] += 1; /* another truth */
    ASSERT_EQ(GAIA_OK, moments_open(made.bytes(), &other, &err)) << err.detail;
    Kept kept;
    compare_request request = {};
    request.file = file;
    request.against_file = other;
    request.against = "a";
    request.against_label = "other:a";
    const char *forecast = "b";
    const char *metric = "mse";
    request.filter.n_forecasts = 1;
    request.filter.forecasts = &forecast;
    request.filter.n_metrics = 1;
    request.filter.metrics = &metric;
    // b of the first file has the same truth as a: event by event, row by row.
    made.row(1, 0).sum[GAIA_MOMENT_ERROR_W] = 0;
    ASSERT_EQ(GAIA_OK, compare(request, &kept)) << err.detail;
    EXPECT_EQ("b z global cos mse", kept.keys[0]);
    // ERROR_W is compared as a sum of the truth's points, so that event counts as another truth.
    EXPECT_EQ(3u, kept.rows[0].stats.n);
    EXPECT_EQ(2u, kept.rows[0].n_lacking);
    EXPECT_EQ(2u, kept.rows[0].n_other_truth);
    EXPECT_EQ("b z global none mse", kept.keys[2]);
    EXPECT_EQ(5u, kept.rows[2].stats.n);
    EXPECT_EQ(2u, kept.rows[2].n_lacking);
    EXPECT_EQ(0u, kept.rows[2].n_other_truth);
    EXPECT_STREQ("other:a", kept.rows[2].against);
}

TEST_F(Derive, ScoresRelativeToOtherBaselinesAreNotPaired)
{
    made.p.has_climatology = true;
    for (size_t u = 0; u < made.units.size(); u++) {
        for (size_t i = 0; i < 4; i++) {
            gaia_moments &r = made.row(u, i);
            r.sum[GAIA_MOMENT_ANOMALY_N] = r.sum[GAIA_MOMENT_TRUTH_CLIMATOLOGY_N] = 10;
            r.sum[GAIA_MOMENT_ANOMALY_W] = r.sum[GAIA_MOMENT_TRUTH_CLIMATOLOGY_W] = 5;
            r.sum[GAIA_MOMENT_ANOMALY_A2] = 5;
            r.sum[GAIA_MOMENT_ANOMALY_AB] = 3;
            r.sum[GAIA_MOMENT_ANOMALY_B2] = r.sum[GAIA_MOMENT_TRUTH_CLIMATOLOGY_B2] = 5;
        }
    }
    open();
    made.row(0, 0).sum[GAIA_MOMENT_TRUTH_CLIMATOLOGY_B2] = 6; // another climatology, the same truth
    ASSERT_EQ(GAIA_OK, moments_open(made.bytes(), &other, &err)) << err.detail;
    const char *forecast = "a";
    const char *metrics[] = {"mse", "acc_uncentred"};
    compare_request request = {};
    request.file = file;
    request.against_file = other;
    request.against = "a";
    request.against_label = "other:a";
    request.filter.n_forecasts = 1;
    request.filter.forecasts = &forecast;
    request.filter.n_metrics = 2;
    request.filter.metrics = metrics;
    Kept kept;
    ASSERT_EQ(GAIA_OK, compare(request, &kept)) << err.detail;
    for (size_t i = 0; i < kept.keys.size(); i++) {
        const bool first = kept.keys[i].rfind("a z global cos ", 0) == 0;
        const bool relative = kept.keys[i].find("acc_uncentred") != std::string::npos;
        EXPECT_EQ(kept.rows[i].stats.n, first && relative ? 5u : 6u) << kept.keys[i];
        EXPECT_EQ(kept.rows[i].n_lacking, first && relative ? 1u : 0u) << kept.keys[i];
        EXPECT_EQ(kept.rows[i].n_other_truth, 0u) << kept.keys[i];
    }
    EXPECT_EQ("a z global cos acc_uncentred", kept.keys[2]);
}

TEST_F(Derive, TimesOfTwoCalendarsAreNotCompared)
{
    open();
    made.p.calendar = GAIA_CALENDAR_360_DAY;
    ASSERT_EQ(GAIA_OK, moments_open(made.bytes(), &other, &err)) << err.detail;
    compare_request request = {};
    request.file = file;
    request.against_file = other;
    request.against = "a";
    Kept kept;
    EXPECT_EQ(GAIA_AXIS_INVALID, compare(request, &kept));
    EXPECT_STREQ("the times of sums.gm are in calendar 'standard', those of sums.gm in '360_day'",
                 err.detail);
    EXPECT_TRUE(kept.rows.empty());
}

TEST_F(Derive, NothingInCommonIsAnError)
{
    open();
    for (size_t u = 0; u < made.units.size(); u++) {
        for (size_t i = 0; i < 4; i++) {
            made.row(u, i).sum[GAIA_MOMENT_ERROR_O] += 1;
        }
    }
    ASSERT_EQ(GAIA_OK, moments_open(made.bytes(), &other, &err));
    Kept kept;
    compare_request request = {};
    request.file = file;
    request.against_file = other;
    request.against = "a";
    request.against_label = "a";
    EXPECT_EQ(GAIA_NO_OVERLAP, compare(request, &kept));
    EXPECT_STREQ("sums.gm and a have no event in common: their truths differ", err.detail);
    request.against = "c";
    EXPECT_EQ(GAIA_NOT_FOUND, compare(request, &kept));
    EXPECT_STREQ("sums.gm: no sums of forecast 'c'; there are: a, b", err.detail);
    const char *metric = "n_valid";
    request.against = "a";
    request.filter.n_metrics = 1;
    request.filter.metrics = &metric;
    EXPECT_EQ(GAIA_USAGE, compare(request, &kept));
    EXPECT_STREQ("sums.gm and a: none of the metrics has a value for each event of both",
                 err.detail);
}

std::string reported(report_format format)
{
    compare_row row = {};
    row.forecast = "a,1";
    row.against = "b";
    row.variable = "z";
    row.level = std::nan("");
    row.lead_time_s = 43200;
    row.region = "global";
    row.weighting = "cos";
    row.metric = "rmse";
    row.stats = {3, 0.1, 0.3, -0.2, 0.25, -1, 0.5, 0, true};
    row.n_lacking = 2;
    text out = {};
    compare_report *report = nullptr;
    EXPECT_EQ(GAIA_OK, compare_report_open(format, &out, &report, nullptr));
    compare_report_row(report, &row);
    row.stats.standard_error = std::nan("");
    row.stats.is_significant = false;
    compare_report_row(report, &row);
    compare_report_end(report);
    compare_report_close(report);
    const std::string all(out.s, out.length);
    text_fini(&out);
    return all;
}

TEST(CompareReport, Csv)
{
    EXPECT_EQ("forecast,against,variable,level,lead_hours,region,weighting,metric,n,n_lacking,"
              "n_other_truth,mean,mean_against,difference,standard_error,low_95,high_95,"
              "autocorrelation,significant\n"
              "\"a,1\",b,z,,12,global,cos,rmse,3,2,0,0.1,0.3,-0.2,0.25,-1,0.5,0,yes\n"
              "\"a,1\",b,z,,12,global,cos,rmse,3,2,0,0.1,0.3,-0.2,nan,-1,0.5,0,no\n",
              reported(REPORT_CSV));
}

TEST(CompareReport, TableAndJson)
{
    const std::string table = reported(REPORT_TABLE);
    EXPECT_NE(std::string::npos, table.find("0.5 *\n")) << table;
    EXPECT_NE(std::string::npos, table.find("0.5\n")) << table;
    const std::string json = reported(REPORT_JSON);
    EXPECT_NE(std::string::npos, json.find("\"standard_error\":null")) << json;
    EXPECT_NE(std::string::npos, json.find("\"significant\":true")) << json;
    EXPECT_NE(std::string::npos, json.find("\"lead_hours\":12,")) << json;
}

} // namespace
