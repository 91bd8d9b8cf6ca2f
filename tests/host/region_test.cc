// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

extern "C" {
#include "region.h"
#include "region_name.h"
}

namespace
{

class Region : public ::testing::Test
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

    gaia_status make(const std::vector<double> &lat, const std::vector<double> &lon,
                     const std::vector<const char *> &names)
    {
        const gaia_grid grid = {lat.size(), lon.size(), lat.data(), lon.data()};
        return region_set_make(&arena_, &job_, nullptr, &grid, "truth.nc", names.data(),
                               names.size(), nullptr, nullptr, &set_, nullptr);
    }

    arena arena_ = {};
    gaia_job job_ = {};
    region_set set_ = {};
};

std::vector<double> steps(double first, double step, int n)
{
    std::vector<double> values;
    for (int i = 0; i < n; i++) {
        values.push_back(first + step * i);
    }
    return values;
}

TEST_F(Region, BoundsAreInclusive)
{
    ASSERT_EQ(make(steps(90, -10, 19), steps(0, 10, 36), {"global", "n.hem", "tropics", "s.hem"}),
              GAIA_OK);
    ASSERT_EQ(set_.n_regions, 4u);
    EXPECT_EQ(set_.n_intervals, 1u); // the whole row, once
    EXPECT_EQ(set_.bands[1].first_row, 0u);
    EXPECT_EQ(set_.bands[1].n_rows, 8u); // 90 .. 20
    EXPECT_EQ(set_.bands[2].first_row, 7u);
    EXPECT_EQ(set_.bands[2].n_rows, 5u); // 20 .. -20
    EXPECT_EQ(set_.bands[3].first_row, 11u);
    EXPECT_EQ(set_.bands[3].n_rows, 8u);
}

// The same grid as float64 and as float32, some of whose values lie a little beyond what they stand
// for; and a first meridian that is a little west of 0.
TEST_F(Region, ACoordinateLiesOnABoundHoweverItIsStored)
{
    std::vector<double> lat = steps(40, -0.1, 101);
    std::vector<double> lon = steps(0, 0.1, 3600);
    for (const bool rounded : {false, true}) {
        if (rounded) {
            for (std::vector<double> *axis : {&lat, &lon}) {
                for (double &value : *axis) {
                    value = static_cast<double>(static_cast<float>(value));
                }
            }
        }
        for (int i = 1; i < 97; i += 7) {
            for (int j = 1; j < 3500; j += 97) {
                const region_box box =
                    region_box_make(40 - 0.1 * (i + 3), 40 - 0.1 * i, 0.1 * j, 0.1 * (j + 5));
                EXPECT_EQ(4, std::count_if(lat.begin(), lat.end(), [&](double value) {
                              return region_has_latitude(&box, 0, value);
                          }));
                EXPECT_EQ(6, std::count_if(lon.begin(), lon.end(), [&](double value) {
                              return region_has_longitude(&box, value);
                          }));
            }
        }
    }
    const region_box east = region_box_make(0, 10, 0, 10);
    const region_box west = region_box_make(0, 10, 350, 360);
    EXPECT_TRUE(region_has_longitude(&east, 360 - 1e-5));
    EXPECT_TRUE(region_has_longitude(&west, 1e-5));
    EXPECT_FALSE(region_has_longitude(&east, 360 - 2e-4));
    EXPECT_FALSE(region_has_longitude(&west, 2e-4));
}

TEST_F(Region, ARangeAcrossTheOriginIsTwoIntervals)
{
    ASSERT_EQ(make(steps(90, -2.5, 73), steps(0, 2.5, 144), {"europe"}), GAIA_OK);
    ASSERT_EQ(set_.n_intervals, 2u);
    EXPECT_EQ(set_.intervals[0].first_column, 0u);
    EXPECT_EQ(set_.intervals[0].n_columns, 18u); // 0 .. 42.5
    EXPECT_EQ(set_.intervals[1].first_column, 139u);
    EXPECT_EQ(set_.intervals[1].n_columns, 5u); // 347.5 .. 357.5
    EXPECT_EQ(set_.intervals[0].first_row, 6u); // 75
    EXPECT_EQ(set_.intervals[0].n_rows, 17u);   // 75 .. 35
    EXPECT_EQ(set_.regions[0].n_points, 23.0 * 17.0);
    ASSERT_EQ(set_.bands[0].n_parts, 2u); // west to east
    EXPECT_EQ(set_.bands[0].parts[0], 0u);
    EXPECT_EQ(set_.bands[0].parts[1], 1u);
}

TEST_F(Region, WholeRowsComeFirst)
{
    ASSERT_EQ(make(steps(90, -2.5, 73), steps(0, 2.5, 144), {"europe", "tropics", "europe"}),
              GAIA_OK);
    ASSERT_EQ(set_.n_intervals, 3u);
    EXPECT_EQ(set_.intervals[0].n_columns, 144u);
    EXPECT_EQ(set_.intervals[1].n_columns, 18u);
    EXPECT_EQ(set_.intervals[2].n_columns, 5u);
    for (size_t k = 0; k < 3; k++) {
        EXPECT_EQ(set_.intervals[k].plane, LAYOUT_NO_PLANE);
    }
    ASSERT_EQ(set_.n_regions, 3u);
    EXPECT_EQ(set_.bands[1].parts[0], 0u);
    for (const size_t r : {0u, 2u}) {
        ASSERT_EQ(set_.bands[r].n_parts, 2u);
        EXPECT_EQ(set_.bands[r].parts[0], 1u);
        EXPECT_EQ(set_.bands[r].parts[1], 2u);
    }
}

TEST_F(Region, TwoBandsAreTwoOfTheLayout)
{
    ASSERT_EQ(make(steps(90, -10, 19), steps(0, 10, 36), {"extra-tropics", "arctic"}), GAIA_OK);
    ASSERT_EQ(set_.n_regions, 2u);
    ASSERT_EQ(set_.n_bands, 3u);
    EXPECT_EQ(set_.n_intervals, 1u);
    EXPECT_EQ(set_.regions[0].n_bands, 2u);
    EXPECT_EQ(set_.regions[0].n_points, 16.0 * 36.0);
    EXPECT_EQ(set_.bands[0].first_row, 0u); // north to south
    EXPECT_EQ(set_.bands[0].n_rows, 8u);
    EXPECT_EQ(set_.bands[1].first_row, 11u);
    EXPECT_EQ(set_.bands[1].n_rows, 8u);
    EXPECT_EQ(set_.regions[1].first_band, 2u);
    EXPECT_EQ(set_.bands[2].n_rows, 4u);
    // Of a grid that has one of the bands alone, that is the region.
    ASSERT_EQ(make(steps(-10, -10, 9), steps(0, 10, 36), {"extra-tropics"}), GAIA_OK);
    ASSERT_EQ(set_.n_bands, 1u);
    EXPECT_EQ(set_.bands[0].first_row, 1u);
}

TEST_F(Region, WithoutPointsThereIsNone)
{
    ASSERT_EQ(make(steps(-30, -1, 5), steps(100, 1, 5), {"n.hem", "europe", "s.hem"}), GAIA_OK);
    ASSERT_EQ(set_.n_regions, 1u);
    EXPECT_STREQ(set_.regions[0].name, "s.hem");
    EXPECT_EQ(make({0}, {0}, {"atlantis"}), GAIA_REGION_UNKNOWN);
}

TEST_F(Region, ALimitedAreaAcrossTheOriginIsOneRun)
{
    ASSERT_EQ(make(steps(58, -1, 9), {350, 355, 0, 2}, {"global", "europe"}), GAIA_OK);
    EXPECT_EQ(set_.n_intervals, 1u);
    EXPECT_EQ(set_.regions[1].n_points, 9.0 * 4.0);
}

} // namespace
