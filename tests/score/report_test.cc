// SPDX-License-Identifier: MIT
#include <algorithm>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <vector>

extern "C" {
#include "report.h"
}

namespace
{

gaia_score score(const char *metric, double value, bool all = false)
{
    gaia_score s = {};
    s.forecast = "a, \"b\"";
    s.variable = "z";
    s.level = 500;
    s.lead_time_s = 12 * 3600;
    s.init_time_s = 1483228800;
    s.valid_time_s = s.init_time_s + s.lead_time_s;
    s.all_times = all;
    s.region = "n.hem";
    s.weighting = "cos";
    s.metric = metric;
    s.value = value;
    return s;
}

std::string take(text *out)
{
    const std::string s = out->length > 0 ? out->s : "";
    text_fini(out);
    return s;
}

TEST(Report, CsvRow)
{
    text out = {};
    gaia_score s = score("rmse", 0.1);
    report_csv_header(&out);
    report_csv_row(&out, &s);
    s.all_times = 1;
    s.level = std::nan("");
    s.lead_time_s = 5400;
    s.value = std::nan("");
    report_csv_row(&out, &s);
    EXPECT_EQ(
        take(&out),
        "forecast,variable,level,lead_hours,init_time,valid_time,region,weighting,metric,value\n"
        "\"a, \"\"b\"\"\",z,500,12,2017-01-01T00,2017-01-01T12,n.hem,cos,rmse,0.1\n"
        "\"a, \"\"b\"\"\",z,,1.5,all,all,n.hem,cos,rmse,nan\n");
}

TEST(Report, CsvReadsBackTheSameBits)
{
    std::mt19937_64 rng(3);
    for (int i = 0; i < 20000; i++) {
        const uint64_t bits = rng();
        double value = 0;
        std::memcpy(&value, &bits, sizeof value);
        const gaia_score s = score("rmse", value, i % 3 == 0);
        text out = {};
        report_csv_row(&out, &s);
        std::string line = take(&out);
        line.pop_back();
        gaia_score back = {};
        gaia_error err = {};
        ASSERT_EQ(report_csv_parse(line.data(), &back, &err), GAIA_OK) << err.detail;
        ASSERT_STREQ(back.forecast, s.forecast);
        ASSERT_STREQ(back.metric, s.metric);
        ASSERT_EQ(back.all_times, s.all_times);
        ASSERT_EQ(back.lead_time_s, s.lead_time_s);
        if (std::isnan(value)) {
            ASSERT_TRUE(std::isnan(back.value));
        } else {
            ASSERT_EQ(back.value, value);
        }
        if (!s.all_times) {
            ASSERT_EQ(back.valid_time_s, s.valid_time_s);
        }
    }
}

TEST(Report, RowsOfAModelsCalendarAreReadAsTheyAreWritten)
{
    gaia_score s = score("rmse", 3);
    s.calendar = GAIA_CALENDAR_360_DAY;
    s.init_time_s = INT64_C(86400) * (48 * 360 + 57); // 28 February 2018, 00 UTC
    s.valid_time_s = s.init_time_s + INT64_C(48) * 3600;
    text out = {};
    report_csv_row(&out, &s);
    const std::string line = take(&out);
    EXPECT_NE(line.find(",2018-02-28T00,2018-02-30T00,"), std::string::npos) << line;
    std::string cut = line.substr(0, line.size() - 1);
    gaia_score back = {};
    gaia_error err = {};
    ASSERT_EQ(report_csv_parse(cut.data(), &back, &err), GAIA_OK) << err.detail;
    report_csv_row(&out, &back);
    EXPECT_EQ(take(&out), line);
}

TEST(Report, BrokenRowsAreErrors)
{
    for (const char *bad :
         {"", "a,b", "\"a,z,500,12,all,all,g,cos,rmse,1", "a,z,x,12,all,all,g,cos,rmse,1",
          "a,z,500,12,all,all,g,cos,rmse,one", "a,z,500,12,then,now,g,cos,rmse,1"}) {
        std::string line = bad;
        gaia_score back = {};
        EXPECT_EQ(report_csv_parse(line.data(), &back, nullptr), GAIA_PROTOCOL) << bad;
    }
}

std::string reported(report_format format, const std::vector<gaia_score> &scores)
{
    text out = {};
    report *made = nullptr;
    EXPECT_EQ(report_open(format, &out, &made, nullptr), GAIA_OK);
    for (const gaia_score &s : scores) {
        report_row(made, &s);
    }
    report_end(made);
    report_close(made);
    return take(&out);
}

TEST(Report, TablesShowNoHiddenCharacters)
{
    gaia_score s = score("rmse", 3, true);
    s.forecast = "a\xe2\x80\xae\x1b[31m";
    const std::string table = reported(REPORT_TABLE, {s, s});
    EXPECT_NE(table.find("\na? [31m"), std::string::npos) << table;
    EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 2) << table; // the head and one row
}

TEST(Report, TableShowsAggregatesWithMetricsAsColumns)
{
    EXPECT_EQ(reported(REPORT_TABLE,
                       {score("rmse", 3), score("rmse", 2.5, true), score("n_times", 4, true)}),
              "forecast  variable  level  lead h  region  weights  rmse  n_times\n"
              "a, \"b\"    z           500      12  n.hem   cos       2.5        4\n");
}

TEST(Report, JsonHasNullForNoValue)
{
    EXPECT_EQ(
        reported(REPORT_JSON, {score("rmse", std::nan(""), true)}),
        "[\n {\"forecast\":\"a, \\\"b\\\"\",\"variable\":\"z\",\"level\":500,\"lead_hours\":12,"
        "\"init_time\":\"all\",\"valid_time\":\"all\",\"region\":\"n.hem\",\"weighting\":\"cos\","
        "\"metric\":\"rmse\",\"value\":null}\n]\n");
    EXPECT_EQ(reported(REPORT_JSON, {}), "[]\n");
}

} // namespace
