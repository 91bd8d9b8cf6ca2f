// SPDX-License-Identifier: MIT
//
// What the lines say of odd fields; their numbers are held to fields in tests/oracle/stat_test.py.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <map>
#include <sstream>
#include <string>
#include <vector>

extern "C" {
#include "met_stat.h"
}

namespace
{

enum { MODEL = 1, LEAD = 3, VALID_BEGIN = 4, VALID_END = 5, VARIABLE = 9, LEVEL = 11, MASK = 16 };
enum { TYPE = 23, TOTAL = 24, FBAR, MAE = 30, CNT_CELLS = 124, PARTIAL_CELLS = 31 };

// One forecast, variable, region and weighting; a field of 4 points, all there, every sum 8.
class Lines
{
  public:
    Lines()
    {
        p.n_forecasts = p.n_variables = p.n_regions = p.n_weights = p.n_units = 1;
        p.forecasts = &forecast;
        p.variables = variables;
        p.regions = &region;
        p.weights = &weight;
        p.units = &unit;
        p.has_climatology = true;
        for (double &sum : row.sum) {
            sum = 8.0;
        }
        for (int i : {GAIA_MOMENT_POINTS, GAIA_MOMENT_ERROR_N, GAIA_MOMENT_ERROR_W,
                      GAIA_MOMENT_ANOMALY_N, GAIA_MOMENT_ANOMALY_W}) {
            row.sum[i] = 4.0;
        }
        row.sum[GAIA_MOMENT_FORECAST_MISSING] = row.sum[GAIA_MOMENT_TRUTH_MISSING] = 0.0;
    }

    // Type -> cells.
    std::map<std::string, std::vector<std::string>> cells() const
    {
        text out = {};
        met_stat_unit(&p, &unit, &row, &out);
        std::map<std::string, std::vector<std::string>> found;
        std::istringstream lines(out.s);
        text_fini(&out);
        for (std::string line; std::getline(lines, line);) {
            std::istringstream words(line);
            std::vector<std::string> cells;
            for (std::string word; words >> word;) {
                cells.push_back(word);
            }
            found[cells.at(TYPE)] = cells;
        }
        return found;
    }

    std::string refused(gaia_status wanted) const
    {
        gaia_error err = {};
        EXPECT_EQ(met_stat_check(&p, &err), wanted);
        return err.detail;
    }

    plan p = {};
    plan_forecast forecast = {"run", GAIA_OK, ""};
    const char *variables[2] = {"z", ""};
    const char *region = "global";
    const char *weight = "cos";
    gaia_unit unit = {0, 0, 500.0, 12 * 3600, 0};
    gaia_moments row = {};
};

TEST(MetStat, HasEveryColumnOfItsType)
{
    Lines lines;
    auto cells = lines.cells();
    ASSERT_EQ(cells.size(), 3u);
    EXPECT_EQ(cells["CNT"].size(), size_t{CNT_CELLS});
    EXPECT_EQ(cells["SL1L2"].size(), size_t{PARTIAL_CELLS});
    EXPECT_EQ(cells["SAL1L2"].size(), size_t{PARTIAL_CELLS});
    EXPECT_EQ(cells["SL1L2"][TOTAL], "4");
    EXPECT_EQ(cells["SL1L2"][FBAR], "4"); // (8 + 8)/4
    lines.p.has_climatology = false;
    EXPECT_EQ(lines.cells().count("SAL1L2"), 0u);
}

TEST(MetStat, WritesTimesLeadAndLevel)
{
    Lines lines;
    auto cells = lines.cells()["CNT"];
    EXPECT_EQ(cells[LEAD], "120000");
    EXPECT_EQ(cells[VALID_BEGIN], "19700101_120000");
    EXPECT_EQ(cells[VALID_END], "19700101_120000");
    EXPECT_EQ(cells[LEVEL], "P500");
    lines.unit.level = std::nan("");
    lines.unit.lead_time_s = 240 * 3600 + 61;
    cells = lines.cells()["CNT"];
    EXPECT_EQ(cells[LEAD], "2400101");
    EXPECT_EQ(cells[VALID_BEGIN], "19700111_000101");
    EXPECT_EQ(cells[LEVEL], "NA");
    lines.unit.lead_time_s = -1800;
    EXPECT_EQ(lines.cells()["CNT"][LEAD], "-003000");
}

TEST(MetStat, HasNoErrorOfAnomaliesOverOtherPoints)
{
    Lines lines;
    EXPECT_EQ(lines.cells()["SAL1L2"][MAE], "2");
    lines.row.sum[GAIA_MOMENT_ANOMALY_N] = 3.0;
    const auto cells = lines.cells()["SAL1L2"];
    EXPECT_EQ(cells[MAE], "NA");
    EXPECT_EQ(cells[TOTAL], "3");
    EXPECT_EQ(cells[FBAR], "2");
}

TEST(MetStat, WithholdsWhatTheRuleForMissingPointsDoes)
{
    Lines lines;
    lines.row.sum[GAIA_MOMENT_ANOMALY_N] = 3.0;
    lines.p.missing = GAIA_MISSING_PROPAGATE;
    auto cells = lines.cells();
    EXPECT_EQ(cells["SL1L2"][FBAR], "4");
    EXPECT_EQ(cells["SAL1L2"][FBAR], "NA");
    EXPECT_EQ(cells["SAL1L2"][TOTAL], "3");
}

TEST(MetStat, CountsSharesOfPointsInWholePoints)
{
    Lines lines;
    lines.row.sum[GAIA_MOMENT_ERROR_N] = 0.25;
    lines.row.sum[GAIA_MOMENT_ANOMALY_N] = 3.75;
    auto cells = lines.cells();
    EXPECT_EQ(cells["SL1L2"][TOTAL], "1");
    EXPECT_EQ(cells["SAL1L2"][TOTAL], "4");
    memset(&lines.row, 0, sizeof lines.row);
    cells = lines.cells();
    for (const char *type : {"CNT", "SL1L2", "SAL1L2"}) {
        EXPECT_EQ(cells[type][TOTAL], "0");
        for (size_t i = TOTAL + 1; i < cells[type].size(); i++) {
            EXPECT_EQ(cells[type][i], "NA") << type << " " << i;
        }
    }
}

TEST(MetStat, KeepsNamesInOneCellAndApart)
{
    Lines lines;
    lines.forecast.id = "a run\tof mine";
    lines.variables[0] = "";
    EXPECT_EQ(lines.refused(GAIA_OK), "");
    const auto cells = lines.cells()["CNT"];
    EXPECT_EQ(cells[MODEL], "a_run_of_mine");
    EXPECT_EQ(cells[VARIABLE], "NA");
    EXPECT_EQ(cells[MASK], "global");
    lines.p.n_variables = 2;
    lines.variables[0] = "u wind";
    lines.variables[1] = "u_wind";
    EXPECT_EQ(lines.refused(GAIA_USAGE),
              "format stat has no blanks in names: variables 'u wind' and 'u_wind' would be one");
}

TEST(MetStat, RefusesTimesThatItCannotWrite)
{
    Lines lines;
    lines.p.calendar = GAIA_CALENDAR_360_DAY;
    EXPECT_NE(lines.refused(GAIA_FORMAT_UNSUPPORTED).find("360_day"), std::string::npos);
    lines.p.calendar = GAIA_CALENDAR_NOLEAP;
    EXPECT_EQ(lines.refused(GAIA_OK), "");
    for (int64_t year : {-2000, 9000}) { // about so many years from 1970
        lines.unit.init_time_s = year * 365 * 86400;
        EXPECT_NE(lines.refused(GAIA_USAGE).find("variable 'z' is valid at"), std::string::npos);
    }
}

} // namespace
