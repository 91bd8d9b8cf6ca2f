// SPDX-License-Identifier: MIT
//
// Maps on their way to a page: blocks of any grid, averages by area, and numbers that come back
// from their text.

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include <unistd.h>

#include <jansson.h>

extern "C" {
#include "report_coarse.h"
#include "report_maps.h"
}

namespace
{

std::vector<double> even(double first, double step, size_t n)
{
    std::vector<double> values;
    for (size_t i = 0; i < n; i++) {
        values.push_back(std::fmod(first + step * static_cast<double>(i) + 360.0, 360.0));
    }
    return values;
}

std::vector<double> down(double first, double step, size_t n)
{
    std::vector<double> values;
    for (size_t i = 0; i < n; i++) {
        values.push_back(first - step * static_cast<double>(i));
    }
    return values;
}

// A grid, its blocks and planes to fill.
class Blocks : public ::testing::Test
{
  protected:
    void make(std::vector<double> lat, std::vector<double> lon, size_t rows, size_t columns)
    {
        lat_ = std::move(lat);
        lon_ = std::move(lon);
        grid_ = {lat_.size(), lon_.size(), lat_.data(), lon_.data()};
        gaia_error err = {};
        ASSERT_EQ(report_blocks_make(&grid_, rows, columns, &arena_, &blocks_, &err), GAIA_OK);
        planes_.assign(MAP_PLANES * lat_.size() * lon_.size(), 0.0);
    }

    void SetUp() override
    {
        arena_init(&arena_, SIZE_MAX);
    }

    void TearDown() override
    {
        arena_fini(&arena_);
    }

    // Two times with errors that make this mean error and RMSE.
    void put(size_t row, size_t column, double error, double rmse)
    {
        const size_t n = lat_.size() * lon_.size();
        const size_t at = row * lon_.size() + column;
        planes_[MAP_COUNT * n + at] = 2;
        planes_[MAP_ERROR * n + at] = 2 * error;
        planes_[MAP_SQUARE * n + at] = 2 * rmse * rmse;
    }

    void fill()
    {
        gaia_error err = {};
        ASSERT_EQ(report_blocks_fill(&grid_, &blocks_, planes_.data(), &arena_, measured_,
                                     &n_missing_, &err),
                  GAIA_OK);
    }

    arena arena_ = {};
    std::vector<double> lat_;
    std::vector<double> lon_;
    gaia_grid grid_ = {};
    report_blocks blocks_ = {};
    std::vector<double> planes_;
    report_measured measured_[REPORT_MEASURES] = {};
    size_t n_missing_ = 0;
};

TEST_F(Blocks, OfAGlobeEndAtThePolesAndGoRoundOnce)
{
    make(down(90, 1.5, 121), even(0, 1.5, 240), 181, 360);
    EXPECT_EQ(blocks_.n_rows, 121u); // small enough as it is
    EXPECT_EQ(blocks_.n_columns, 240u);
    EXPECT_EQ(blocks_.lat[0], 90.0);
    EXPECT_EQ(blocks_.lat[1], 89.25);
    EXPECT_EQ(blocks_.lat[121], -90.0);
    EXPECT_EQ(blocks_.lon[0], -0.75);
    EXPECT_EQ(blocks_.lon[240], 359.25);
}

TEST_F(Blocks, OfAFineGridAreADegreeOrLarger)
{
    make(down(90, 0.25, 721), even(0, 0.25, 1440), 181, 360);
    EXPECT_EQ(blocks_.n_rows, 181u);
    EXPECT_EQ(blocks_.n_columns, 360u);
    EXPECT_EQ(blocks_.row_points, 4u);
    EXPECT_EQ(blocks_.lat[1], 89.125);
    EXPECT_EQ(blocks_.lat[181], -90.0);
    EXPECT_EQ(blocks_.lon[360], 359.875);
}

TEST_F(Blocks, OfAnAreaAcrossTheOriginAscend)
{
    make(down(60, 1, 11), even(350, 2, 10), 181, 360);
    EXPECT_EQ(blocks_.lat[0], 60.5);
    EXPECT_EQ(blocks_.lat[11], 49.5);
    EXPECT_EQ(blocks_.lon[0], 349.0);
    EXPECT_EQ(blocks_.lon[10], 369.0);
    make({10}, {20}, 181, 360);
    EXPECT_EQ(blocks_.lat[0], 10.5);
    EXPECT_EQ(blocks_.lat[1], 9.5);
    EXPECT_EQ(blocks_.lon[1], 20.5);
}

TEST_F(Blocks, OfColumnsWithAWideGapGoRoundOnce)
{
    make({10}, {2, 0, 1}, 181, 360); // the cell of the first reaches half-way back to the last
    EXPECT_EQ(blocks_.lon[0], -177.0);
    EXPECT_EQ(blocks_.lon[1], 181.0);
    EXPECT_EQ(blocks_.lon[2], 183.0);
    EXPECT_EQ(blocks_.lon[3], 183.0);
}

TEST_F(Blocks, AreAveragedByArea)
{
    make({45, -45}, even(0, 90, 4), 1, 2); // cells from pole to equator: one block of both rows
    put(0, 0, 3, 5);
    put(0, 1, 1, 1);
    put(1, 0, -2, 4);
    put(1, 2, 10, 10);
    fill();
    EXPECT_EQ(n_missing_, 4u);
    EXPECT_NEAR(measured_[REPORT_MEAN_ERROR].values[0], 2.0 / 3, 1e-15);
    EXPECT_NEAR(measured_[REPORT_RMSE].values[0], std::sqrt((25 + 1 + 16) / 3.0), 1e-15);
    EXPECT_NEAR(measured_[REPORT_MEAN_ERROR].values[1], 10.0, 1e-15);
    EXPECT_NEAR(measured_[REPORT_MEAN_ERROR].mean, 3.0, 1e-15);
    EXPECT_NEAR(measured_[REPORT_RMSE].mean, std::sqrt((25 + 1 + 16 + 100) / 4.0), 1e-15);
    EXPECT_EQ(measured_[REPORT_MEAN_ERROR].low.value, -2.0);
    EXPECT_EQ(measured_[REPORT_MEAN_ERROR].low.lat, -45.0);
    EXPECT_EQ(measured_[REPORT_RMSE].high.lon, 180.0);
}

TEST_F(Blocks, WeighRowsByTheirArea)
{
    make(down(75, 30, 6), {0}, 1, 1);
    for (size_t row = 0; row < 6; row++) {
        put(row, 0, row == 0 ? 1 : 0, 1);
    }
    fill();
    EXPECT_NEAR(measured_[REPORT_MEAN_ERROR].mean, (1 - std::sqrt(0.75)) / 2, 1e-15);
}

TEST_F(Blocks, WithoutATimeHaveNoValue)
{
    make({45, -45}, {0, 180}, 181, 360);
    put(0, 1, 1, 2);
    fill();
    EXPECT_TRUE(std::isnan(measured_[REPORT_MEAN_ERROR].values[0]));
    EXPECT_EQ(measured_[REPORT_MEAN_ERROR].values[1], 1.0);
    EXPECT_TRUE(std::isnan(measured_[REPORT_RMSE].values[3]));
    planes_.assign(planes_.size(), 0.0);
    fill();
    EXPECT_TRUE(std::isnan(measured_[REPORT_RMSE].mean));
    EXPECT_TRUE(std::isnan(measured_[REPORT_RMSE].low.value));
    EXPECT_EQ(n_missing_, 4u);
}

TEST_F(Blocks, DoNotTakeWhatIsNoError)
{
    make({45, -45}, {0, 180}, 1, 1);
    put(0, 0, 1, 2);
    put(0, 1, 1e308, 1e153);
    put(1, 0, 1, 1e153);
    fill();
    EXPECT_EQ(n_missing_, 3u);
    EXPECT_EQ(measured_[REPORT_MEAN_ERROR].mean, 1.0);
    EXPECT_EQ(measured_[REPORT_RMSE].mean, 2.0);
    EXPECT_EQ(measured_[REPORT_RMSE].high.value, 2.0);
}

// The member "maps" of a page for one forecast, variable, level and lead time.
class Member : public ::testing::Test
{
  protected:
    // A map of one time on a row of points.
    void map(std::vector<double> lon, const std::vector<double> &errors)
    {
        const double lat = 45;
        map_head head = {};
        head.forecast = "f";
        head.variable = "z";
        head.units = "m2 s-2";
        head.level = 500;
        head.lead_time_s = 43200;
        head.n_times = 1;
        head.grid = {1, lon.size(), &lat, lon.data()};
        std::vector<double> planes(lon.size(), 1.0);
        planes.insert(planes.end(), errors.begin(), errors.end());
        for (const double error : errors) {
            planes.push_back(error * error);
        }
        gaia_error err = {};
        ASSERT_EQ(map_write(stream_, &head, planes.data(), &err), GAIA_OK) << err.detail;
    }

    void SetUp() override
    {
        stream_ = std::tmpfile();
        ASSERT_NE(stream_, nullptr);
    }

    void TearDown() override
    {
        (void)std::fclose(stream_);
        json_decref(json_);
        json_decref(warnings_);
    }

    void write(size_t n_maps)
    {
        plan_forecast forecast = {"f", GAIA_OK, ""};
        const char *variable = "z";
        const char *region = "global";
        const char *weighting = "cos";
        double level = 500;
        int64_t lead_s = 43200;
        plan plan = {};
        plan.n_forecasts = plan.n_variables = plan.n_regions = plan.n_weights = 1;
        plan.forecasts = &forecast;
        plan.variables = &variable;
        plan.regions = &region;
        plan.weights = &weighting;
        const report_axes axes = {&plan, &level, 1, &lead_s, 1};
        report_maps *maps = nullptr;
        map_file *file = nullptr;
        text out = {};
        gaia_error err = {};
        ASSERT_EQ(std::fflush(stream_), 0);
        ASSERT_EQ(map_file_open_fd(dup(fileno(stream_)), "made", &file, &err), GAIA_OK)
            << err.detail;
        ASSERT_EQ(report_maps_open(n_maps, &maps, &err), GAIA_OK);
        ASSERT_EQ(report_maps_add(maps, file, &err), GAIA_OK) << err.detail;
        report_maps_write(maps, &axes, warnings_, &out);
        const std::string member = "{" + std::string(out.s + 1) + "}";
        json_t *read = json_loads(member.c_str(), 0, nullptr);
        json_ = json_incref(json_object_get(read, "maps"));
        ASSERT_NE(json_, nullptr) << member;
        json_decref(read);
        text_fini(&out);
        report_maps_close(maps);
        map_file_close(file);
    }

    json_t *of(const char *measure, const char *what) const
    {
        const json_t *map = json_array_get(json_object_get(json_, "list"), 0);
        return json_object_get(json_object_get(map, measure), what);
    }

    FILE *stream_ = nullptr;
    json_t *json_ = nullptr;
    json_t *warnings_ = json_array();
};

TEST_F(Member, SpreadsValuesFromTheLeastToTheGreatest)
{
    map({0, 90, 180}, {-1, 0, 3});
    write(1);
    EXPECT_EQ(json_number_value(of("mean_error", "low")), -1.0);
    EXPECT_EQ(json_number_value(of("mean_error", "high")), 3.0);
    EXPECT_STREQ(json_string_value(of("mean_error", "data")), "AAAAQP7/"); // 0, 16384, 65534
}

// The least numbers that there are have no 65534th part.
TEST_F(Member, SpreadsValuesThatAreNearlyOne)
{
    map({0, 90, 180}, {0, 0, 1e-320});
    write(1);
    EXPECT_STREQ(json_string_value(of("mean_error", "data")), "AAAAAP7/"); // 0, 0, 65534
    EXPECT_STREQ(json_string_value(of("rmse", "data")), "AAAAAAAA");
}

TEST_F(Member, HasNoMoreGridsThanCanBeLookedThrough)
{
    for (int i = 0; i < 1002; i++) {
        map({i * 0.25}, {1});
    }
    map({0}, {1}); // of one that is there
    write(1003);
    EXPECT_EQ(json_array_size(json_object_get(json_, "grids")), 1000u);
    EXPECT_EQ(json_array_size(json_object_get(json_, "list")), 1001u);
    EXPECT_STREQ(json_string_value(json_array_get(warnings_, 0)),
                 "2 error maps are left out: the page would be too large.");
}

} // namespace
