// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

extern "C" {
#include "grid.h"
}

namespace
{

class Grid : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        arena_init(&arena_, 1 << 20);
    }
    void TearDown() override
    {
        arena_fini(&arena_);
    }

    gaia_status make(const std::vector<double> &lat, const std::vector<double> &lon)
    {
        return grid_make(&arena_, lat.data(), lat.size(), lon.data(), lon.size(), &grid_,
                         &placement_, &err_);
    }

    std::vector<double> lons() const
    {
        return {grid_.lon, grid_.lon + grid_.n_lon};
    }

    // Places a float field whose values are their own indices.
    std::vector<float> placed(const missing_rule &rule = {0, {}, -INFINITY, INFINITY})
    {
        gaia_field field = {};
        field.dtype = GAIA_FLOAT32;
        std::vector<float> raw(placement_.n_file_lat * placement_.n_file_lon);
        for (size_t i = 0; i < raw.size(); i++) {
            raw[i] = static_cast<float>(i);
        }
        std::vector<float> out(placement_.n_lat * placement_.n_lon);
        field_place(&placement_, &field, &rule, raw.data(), out.data());
        return out;
    }

    arena arena_ = {};
    gaia_grid grid_ = {};
    placement placement_ = {};
    gaia_error err_ = {};
};

TEST_F(Grid, NorthToSouthAndEastFromZero)
{
    ASSERT_EQ(make({-10, 0, 10}, {-180, -90, 0, 90}), GAIA_OK) << err_.detail;
    EXPECT_EQ(grid_.lat[0], 10);
    EXPECT_EQ(grid_.lat[2], -10);
    EXPECT_EQ(lons(), (std::vector<double>{0, 90, 180, 270}));
    EXPECT_EQ(placed(), (std::vector<float>{10, 11, 8, 9, 6, 7, 4, 5, 2, 3, 0, 1}));
}

TEST_F(Grid, LongitudeMayComeFirst)
{
    ASSERT_EQ(make({-10, 0, 10}, {-180, -90, 0, 90}), GAIA_OK) << err_.detail;
    placement_.lon_first = true;
    EXPECT_EQ(placement_rows(&placement_), 4u);
    EXPECT_EQ(placement_columns(&placement_), 3u);
    EXPECT_EQ(placed(), (std::vector<float>{8, 11, 2, 5, 7, 10, 1, 4, 6, 9, 0, 3}));
    ASSERT_EQ(make({50, 40}, {270, 180, 90, 0}), GAIA_OK); // westward
    placement_.lon_first = true;
    EXPECT_EQ(placed(), (std::vector<float>{6, 4, 2, 0, 7, 5, 3, 1}));
    const auto some = placed({1, {4}, 1, INFINITY});
    EXPECT_TRUE(std::isnan(some[1]));
    EXPECT_TRUE(std::isnan(some[3]));
    EXPECT_EQ(some[4], 7.0F);
}

TEST_F(Grid, ALimitedAreaBeginsAfterItsGap)
{
    ASSERT_EQ(make({50, 49}, {-10, -5, 0, 5}), GAIA_OK) << err_.detail;
    EXPECT_EQ(lons(), (std::vector<double>{350, 355, 0, 5}));
    EXPECT_EQ(placed(), (std::vector<float>{0, 1, 2, 3, 4, 5, 6, 7}));
}

TEST_F(Grid, ACyclicColumnIsDropped)
{
    ASSERT_EQ(make({50}, {0, 120, 240, 360}), GAIA_OK);
    EXPECT_EQ(lons(), (std::vector<double>{0, 120, 240}));
    EXPECT_EQ(placed(), (std::vector<float>{0, 1, 2}));
    ASSERT_EQ(make({50}, {-180, -60, 60, 180}), GAIA_OK);
    EXPECT_EQ(lons(), (std::vector<double>{60, 180, 300}));
}

TEST_F(Grid, WestwardLongitudesTurnRound)
{
    ASSERT_EQ(make({50}, {270, 180, 90, 0}), GAIA_OK);
    EXPECT_EQ(lons(), (std::vector<double>{0, 90, 180, 270}));
    EXPECT_EQ(placed(), (std::vector<float>{3, 2, 1, 0}));
}

TEST_F(Grid, OnePointAndOneColumn)
{
    ASSERT_EQ(make({50}, {-1}), GAIA_OK);
    EXPECT_EQ(lons(), (std::vector<double>{359}));
}

TEST_F(Grid, MissingValuesBecomeNaN)
{
    ASSERT_EQ(make({50}, {0, 90, 180, 270}), GAIA_OK);
    const auto fill = placed({1, {2}, -INFINITY, INFINITY});
    EXPECT_EQ(fill[1], 1.0F);
    EXPECT_TRUE(std::isnan(fill[2]));
    const auto range = placed({0, {}, 1, 2});
    EXPECT_TRUE(std::isnan(range[0]));
    EXPECT_EQ(range[2], 2.0F);
    EXPECT_TRUE(std::isnan(range[3]));
}

TEST_F(Grid, BadAxesNameTheIndex)
{
    EXPECT_EQ(make({10, 0, 5}, {0, 1}), GAIA_AXIS_INVALID);
    EXPECT_STREQ(err_.detail, "latitude is not monotonic: [2] = 5 after [1] = 0");
    EXPECT_EQ(make({10, 100}, {0, 1}), GAIA_AXIS_INVALID);
    EXPECT_STREQ(err_.detail, "latitude[1] = 100 is not within -90 .. 90");
    EXPECT_EQ(make({10, NAN}, {0, 1}), GAIA_AXIS_INVALID);
    EXPECT_STREQ(err_.detail, "latitude[1] = nan is not within -90 .. 90");
    EXPECT_EQ(make({10}, {0, 10, 5}), GAIA_AXIS_INVALID);
    EXPECT_STREQ(err_.detail, "longitude is not monotonic: [2] = 5 after [1] = 10");
    EXPECT_EQ(make({10}, {0, 120, 240, 360, 480}), GAIA_AXIS_INVALID);
    EXPECT_STREQ(err_.detail, "longitude goes round more than once: 0 .. 480");
    EXPECT_EQ(make({10}, {0, INFINITY}), GAIA_AXIS_INVALID);
    EXPECT_STREQ(err_.detail, "longitude[1] = inf is no longitude");
    EXPECT_EQ(make({}, {0}), GAIA_AXIS_INVALID);
    EXPECT_STREQ(err_.detail, "the grid is empty: 0 x 1");
}

TEST_F(Grid, CompareShowsBothSides)
{
    const std::vector<double> lat = {10, 0};
    const std::vector<double> other = {10, 0.5};
    const std::vector<double> lon = {0, 90, 180, 359.9999};
    const std::vector<double> near = {0, 90, 180, 0.0 + 359.99995};
    const gaia_grid a = {2, 4, lat.data(), lon.data()};
    const gaia_grid b = {2, 4, other.data(), lon.data()};
    const gaia_grid c = {2, 4, lat.data(), near.data()};
    const gaia_grid d = {2, 3, lat.data(), lon.data()};
    EXPECT_EQ(grid_compare(&a, "a.nc", &c, "c.nc", &err_), GAIA_OK) << err_.detail;
    EXPECT_EQ(grid_compare(&a, "a.nc", &b, "b.nc", &err_), GAIA_GRID_MISMATCH);
    EXPECT_STREQ(err_.detail, "different grids: latitude[1] is 0 in a.nc and 0.5 in b.nc");
    EXPECT_EQ(grid_compare(&a, "a.nc", &d, "d.nc", &err_), GAIA_GRID_MISMATCH);
    EXPECT_STREQ(err_.detail, "different grids: a.nc has 2 latitudes (10 .. 0) x 4 longitudes (0 "
                              ".. 359.9999), d.nc has 2 (10 .. 0) x 3 (0 .. 180)");
}

} // namespace
