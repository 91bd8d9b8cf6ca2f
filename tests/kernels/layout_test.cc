// SPDX-License-Identifier: MIT
//
// What layout_measure refuses, in which words, and what layout_make lays out, against a
// construction that looks everything up the slow way.
//
// Invariant: each test spoils one thing of a specification that is good without it.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "contract_fields.h"
#include "layout.h"

namespace
{

using contract::HostLayout;
using contract::HostRegion;
using contract::Random;

// A specification and what it borrows.
struct Spec {
    explicit Spec(const HostLayout &host) : layout(host)
    {
        spec.n_lat = layout.n_lat;
        spec.n_lon = layout.n_lon;
        spec.n_intervals = layout.intervals.size();
        spec.intervals = layout.intervals.data();
        for (const HostRegion &region : layout.regions) {
            regions.push_back({region.first_row, region.n_rows,
                               static_cast<uint32_t>(region.parts.size()), region.parts.data()});
        }
        spec.n_regions = regions.size();
        spec.regions = regions.data();
        for (const std::vector<double> &weighting : layout.weights) {
            weights.push_back(weighting.data());
        }
        spec.n_weights = weights.size();
        spec.weights = weights.data();
        values.resize(layout.n_points());
        for (const contract::HostField &plane : layout.planes) {
            planes.push_back(plane.view(values.data()));
        }
        spec.n_planes = planes.size();
        spec.planes = planes.data();
    }
    Spec(const Spec &) = delete;
    Spec &operator=(const Spec &) = delete;

    HostLayout layout;
    std::vector<region_spec> regions;
    std::vector<const double *> weights;
    std::vector<double> values;
    std::vector<gaia_field> planes;
    layout_spec spec = {};
};

// 6 x 10 points, a box, two parts about the origin, one plane, two weightings.
HostLayout good_layout()
{
    HostLayout layout = contract::layout_whole(6, 10, 2);
    layout.planes = {contract::field_of(GAIA_FLOAT32, 60, 1.0)};
    contract::region_add(&layout, 2, 5, 1, 3, 0);
    const uint32_t west = contract::interval_add(&layout, 0, 2, 1, 4);
    const uint32_t east = contract::interval_add(&layout, 8, 2, 0, 6);
    layout.regions.push_back({2, 3, {west, east}});
    return layout;
}

void expect_fault(const layout_spec &spec, const std::string &text)
{
    gaia_error err = {};
    size_t bytes = 77;
    EXPECT_EQ(layout_measure(&spec, &bytes, &err), GAIA_USAGE);
    EXPECT_EQ(err.status, GAIA_USAGE);
    EXPECT_EQ(err.detail, text);
    EXPECT_EQ(bytes, 77U);
    EXPECT_EQ(layout_measure(&spec, &bytes, nullptr), GAIA_USAGE);
}

class LayoutMeasure : public ::testing::Test
{
  protected:
    Spec good_{good_layout()};
};

TEST_F(LayoutMeasure, TakesWhatIsWhole)
{
    gaia_error err = {};
    size_t bytes = 0;
    EXPECT_EQ(layout_measure(&good_.spec, &bytes, &err), GAIA_OK) << err.detail;
    EXPECT_GT(bytes, sizeof(struct layout));
    good_.spec.n_weights = 0;
    good_.spec.weights = nullptr;
    EXPECT_EQ(layout_measure(&good_.spec, &bytes, &err), GAIA_OK) << err.detail;
}

TEST_F(LayoutMeasure, RefusesGridsWithoutPointsOrWithTooMany)
{
    const struct {
        size_t n_lat;
        size_t n_lon;
    } grids[] = {{0, 10},
                 {6, 0},
                 {0, 0},
                 {65537, 65536},
                 {SIZE_MAX, 2},
                 {2, SIZE_MAX},
                 {SIZE_MAX, SIZE_MAX},
                 {size_t{1} << 32, size_t{1} << 32},
                 {1, (size_t{1} << 31) + 1}};
    for (const auto &grid : grids) {
        good_.spec.n_lat = grid.n_lat;
        good_.spec.n_lon = grid.n_lon;
        expect_fault(good_.spec, "a grid of " + std::to_string(grid.n_lat) + " x " +
                                     std::to_string(grid.n_lon) +
                                     " points: 1 to 2^31 can be summed");
    }
}

TEST_F(LayoutMeasure, RefusesMoreThanItHolds)
{
    good_.spec.n_intervals = LAYOUT_INTERVALS_MAX + 1;
    expect_fault(good_.spec, "4097 intervals: 1 to 4096 can be summed at once");
    good_.spec.n_intervals = 0;
    expect_fault(good_.spec, "0 intervals: 1 to 4096 can be summed at once");
    good_.spec.n_intervals = SIZE_MAX;
    expect_fault(good_.spec, "18446744073709551615 intervals: 1 to 4096 can be summed at once");
    good_.spec.n_intervals = good_.layout.intervals.size();
    good_.spec.n_regions = LAYOUT_REGIONS_MAX + 1;
    expect_fault(good_.spec, "1025 regions: 1 to 1024 can be summed at once");
    good_.spec.n_regions = 0;
    expect_fault(good_.spec, "0 regions: 1 to 1024 can be summed at once");
    good_.spec.n_regions = good_.regions.size();
    good_.spec.n_weights = LAYOUT_WEIGHTS_MAX + 1;
    expect_fault(good_.spec, "65 weightings: 0 to 64 can be summed at once");
    good_.spec.n_weights = 2;
    good_.spec.n_planes = LAYOUT_PLANES_MAX + 1;
    expect_fault(good_.spec, "257 planes: 0 to 256 can be summed at once");
}

TEST_F(LayoutMeasure, RefusesNullAndMisalignedPointers)
{
    const layout_spec good = good_.spec;
    const char *bytes = reinterpret_cast<const char *>(good.intervals);
    layout_spec spec = good;
    spec.intervals = nullptr;
    expect_fault(spec, "the intervals are a null or misaligned pointer");
    spec.intervals = reinterpret_cast<const interval *>(bytes + 1);
    expect_fault(spec, "the intervals are a null or misaligned pointer");
    spec = good;
    spec.regions = nullptr;
    expect_fault(spec, "the regions are a null or misaligned pointer");
    spec = good;
    spec.weights = nullptr;
    expect_fault(spec, "the weightings are a null or misaligned pointer");
    spec = good;
    spec.planes = nullptr;
    expect_fault(spec, "the planes are a null or misaligned pointer");
    good_.regions[2].parts = nullptr;
    expect_fault(good, "region 2 has no points");
}

TEST_F(LayoutMeasure, RefusesIntervalsOutsideTheGrid)
{
    const struct {
        interval in;
        const char *which;
    } outside[] = {
        {{0, 10, 0, 0, LAYOUT_NO_PLANE}, "rows 0 + 0, columns 0 + 10"},
        {{0, 0, 0, 6, LAYOUT_NO_PLANE}, "rows 0 + 6, columns 0 + 0"},
        {{1, 10, 0, 6, LAYOUT_NO_PLANE}, "rows 0 + 6, columns 1 + 10"},
        {{0, 11, 0, 6, LAYOUT_NO_PLANE}, "rows 0 + 6, columns 0 + 11"},
        {{0, 10, 1, 6, LAYOUT_NO_PLANE}, "rows 1 + 6, columns 0 + 10"},
        {{10, 1, 0, 6, LAYOUT_NO_PLANE}, "rows 0 + 6, columns 10 + 1"},
        {{4294967295U, 2, 0, 6, LAYOUT_NO_PLANE}, "rows 0 + 6, columns 4294967295 + 2"},
        {{0, 10, 4294967295U, 2, LAYOUT_NO_PLANE}, "rows 4294967295 + 2, columns 0 + 10"},
    };
    for (const auto &one : outside) {
        good_.layout.intervals[1] = one.in;
        expect_fault(good_.spec, std::string("interval 1 (") + one.which +
                                     ") does not lie in the grid of 6 x 10 points");
    }
}

TEST_F(LayoutMeasure, RefusesPlanesThatAreNone)
{
    good_.layout.intervals[1].plane = 1;
    expect_fault(good_.spec, "interval 1 is under plane 1 of 1");
    good_.layout.intervals[1].plane = -2;
    expect_fault(good_.spec, "interval 1 is under plane -2 of 1");
    good_.layout.intervals[1].plane = 0;
    const gaia_field good = good_.planes[0];
    const std::string text = "plane 0 is null, misaligned or of no known type";
    good_.planes[0].data = nullptr;
    expect_fault(good_.spec, text);
    good_.planes[0].data = reinterpret_cast<const char *>(good.data) + 2;
    expect_fault(good_.spec, text);
    good_.planes[0] = good;
    good_.planes[0].dtype = static_cast<gaia_dtype>(3);
    expect_fault(good_.spec, text);
}

TEST_F(LayoutMeasure, RefusesRegionsThatTheirPartsDoNotCover)
{
    good_.regions[2].first_row = 0; // its first part begins at row 1
    expect_fault(good_.spec, "region 2: part 0, interval 2, does not cover its rows");
    good_.regions[2].first_row = 3; // and ends with row 4
    expect_fault(good_.spec, "region 2: part 0, interval 2, does not cover its rows");
    good_.regions[2].first_row = 4294967295U;
    expect_fault(good_.spec, "region 2: part 0, interval 2, does not cover its rows");
    good_.regions[2].first_row = 2;
    good_.layout.regions[2].parts[1] = 4;
    expect_fault(good_.spec, "region 2: part 1, interval 4, does not cover its rows");
    good_.layout.regions[2].parts[1] = 4294967295U;
    expect_fault(good_.spec, "region 2: part 1, interval 4294967295, does not cover its rows");
    good_.regions[2].n_rows = 0;
    expect_fault(good_.spec, "region 2 has no points");
    good_.regions[2].n_rows = 3;
    good_.regions[2].n_parts = 0;
    expect_fault(good_.spec, "region 2 has no points");
}

TEST_F(LayoutMeasure, RefusesWeightsThatAreNotFinite)
{
    const std::string text = "weighting 1 is null or not finite in every row";
    const double infinity = std::numeric_limits<double>::infinity();
    for (const double bad : {std::nan(""), infinity, -infinity}) {
        good_.layout.weights[1][5] = bad;
        expect_fault(good_.spec, text);
    }
    good_.layout.weights[1][5] = 0.0;
    good_.weights[1] = nullptr;
    expect_fault(good_.spec, text);
}

TEST(LayoutMeasureLarge, RefusesMoreStripsThanCanBeCounted)
{
    HostLayout layout;
    layout.n_lat = 1U << 20;
    layout.n_lon = 1;
    for (size_t k = 0; k < 257; k++) {
        contract::interval_add(&layout, 0, 1, 0, layout.n_lat);
    }
    layout.regions.push_back({0, 1, {0}});
    const Spec many_strips(layout);
    const std::string text =
        "the regions cut the grid into more than 2^28 strips: too many at once";
    expect_fault(many_strips.spec, text);
    layout.intervals.resize(1);
    layout.regions[0] = {0, 1U << 20, std::vector<uint32_t>(257, 0)};
    const Spec many_indices(layout);
    expect_fault(many_indices.spec, text);
}

// ---- What is laid out ----

class LayoutMake : public ::testing::Test
{
  protected:
    const struct layout *make(const Spec &spec)
    {
        gaia_error err = {};
        size_t bytes = 0;
        EXPECT_EQ(layout_measure(&spec.spec, &bytes, &err), GAIA_OK) << err.detail;
        memory_.assign((bytes + sizeof(double) - 1) / sizeof(double) + 1, -7.5);
        layout_make(&spec.spec, memory_.data());
        const double guard = -7.5;
        EXPECT_EQ(std::memcmp(&memory_.back(), &guard, sizeof guard), 0) << "wrote beyond its end";
        const auto *made = reinterpret_cast<const struct layout *>(memory_.data());
        EXPECT_EQ(made->bytes, bytes);
        return made;
    }

    std::vector<double> memory_;
};

void expect_counts(const struct layout *made, const Spec &spec)
{
    EXPECT_EQ(made->n_lat, spec.layout.n_lat);
    EXPECT_EQ(made->n_lon, spec.layout.n_lon);
    EXPECT_EQ(made->n_intervals, spec.layout.intervals.size());
    EXPECT_EQ(made->n_regions, spec.layout.regions.size());
    EXPECT_EQ(made->n_weights, spec.layout.weights.size());
    EXPECT_EQ(made->n_planes, spec.layout.planes.size());
    EXPECT_EQ(layout_n_sums(made), spec.layout.n_sums());
}

// Every interval has one strip in each of its rows, and rows follow each other.
void expect_strips(const struct layout *made, const HostLayout &layout)
{
    std::set<std::pair<uint32_t, uint32_t>> want;
    for (uint32_t k = 0; k < layout.intervals.size(); k++) {
        for (uint32_t i = 0; i < layout.intervals[k].n_rows; i++) {
            want.insert({layout.intervals[k].first_row + i, k});
        }
    }
    const strip *strips = layout_strips(made);
    std::set<std::pair<uint32_t, uint32_t>> have;
    for (uint32_t s = 0; s < made->n_strips; s++) {
        have.insert({strips[s].row, strips[s].interval});
        EXPECT_GE(s, layout_row_strips(made)[strips[s].row]);
        EXPECT_LT(s, layout_row_strips(made)[strips[s].row + 1]);
    }
    EXPECT_EQ(have, want);
    EXPECT_EQ(made->n_strips, want.size());
    EXPECT_EQ(layout_row_strips(made)[0], 0U);
    EXPECT_EQ(layout_row_strips(made)[layout.n_lat], made->n_strips);
}

void expect_regions(const struct layout *made, const HostLayout &layout)
{
    size_t n_indices = 0;
    for (size_t r = 0; r < layout.regions.size(); r++) {
        const HostRegion &want = layout.regions[r];
        const layout_region &have = layout_regions(made)[r];
        ASSERT_EQ(have.first_row, want.first_row);
        ASSERT_EQ(have.n_rows, want.n_rows);
        ASSERT_EQ(have.n_parts, want.parts.size());
        for (uint32_t i = 0; i < want.n_rows; i++) {
            for (uint32_t p = 0; p < have.n_parts; p++) {
                const uint32_t at = layout_indices(made)[have.first_index + i * have.n_parts + p];
                ASSERT_LT(at, made->n_strips);
                EXPECT_EQ(layout_strips(made)[at].row, want.first_row + i);
                EXPECT_EQ(layout_strips(made)[at].interval, want.parts[p]);
                n_indices++;
            }
        }
    }
    EXPECT_EQ(made->n_indices, n_indices);
}

void expect_contents(const struct layout *made, const Spec &spec)
{
    for (size_t k = 0; k < spec.layout.intervals.size(); k++) {
        EXPECT_EQ(
            std::memcmp(&layout_intervals(made)[k], &spec.layout.intervals[k], sizeof(interval)),
            0);
    }
    for (size_t w = 0; w < spec.layout.weights.size(); w++) {
        for (size_t i = 0; i < spec.layout.n_lat; i++) {
            EXPECT_EQ(layout_weights(made)[w * spec.layout.n_lat + i], spec.layout.weights[w][i]);
        }
    }
    for (size_t i = 0; i < spec.planes.size(); i++) {
        EXPECT_EQ(layout_planes(made)[i].data, spec.planes[i].data);
        EXPECT_EQ(layout_planes(made)[i].dtype, spec.planes[i].dtype);
    }
}

TEST_F(LayoutMake, HoldsWhatWasAskedFor)
{
    const Spec spec(good_layout());
    const struct layout *made = make(spec);
    expect_counts(made, spec);
    expect_strips(made, spec.layout);
    expect_regions(made, spec.layout);
    expect_contents(made, spec);
}

TEST_F(LayoutMake, HoldsAnything)
{
    for (size_t seed = 0; seed < 200; seed++) {
        Random random(seed);
        HostLayout layout;
        layout.n_lat = 1 + random.below(12);
        layout.n_lon = 1 + random.below(30);
        contract::weights_add(&layout, random.below(4));
        for (size_t i = random.below(3); i > 0; i--) {
            layout.planes.push_back(contract::field_of(GAIA_INT16, layout.n_points(), 1.0));
        }
        for (size_t k = 1 + random.below(9); k > 0; k--) {
            const size_t column = random.below(layout.n_lon);
            const size_t row = random.below(layout.n_lat);
            contract::region_add(&layout, column, 1 + random.below(layout.n_lon - column), row,
                                 1 + random.below(layout.n_lat - row),
                                 static_cast<int>(random.below(layout.planes.size() + 1)) - 1);
            HostRegion &region = layout.regions.back();
            region.parts.push_back(region.parts[0]);
            region.first_row += region.n_rows - 1;
            region.n_rows = 1;
        }
        const Spec spec(layout);
        const struct layout *made = make(spec);
        expect_counts(made, spec);
        expect_strips(made, spec.layout);
        expect_regions(made, spec.layout);
        expect_contents(made, spec);
    }
}

// Host and device hold the same bytes at other addresses.
TEST_F(LayoutMake, MayBeCopied)
{
    const Spec spec(good_layout());
    const struct layout *made = make(spec);
    const std::vector<double> copy = memory_;
    const auto *copied = reinterpret_cast<const struct layout *>(copy.data());
    EXPECT_NE(copied, made);
    memory_.assign(memory_.size(), 0.0);
    expect_strips(copied, spec.layout);
    expect_regions(copied, spec.layout);
}

TEST_F(LayoutMake, AlignsItsPartsForDoubles)
{
    HostLayout layout = contract::layout_whole(5, 7, 3);
    layout.planes = {contract::field_of(GAIA_FLOAT32, 35, 1.0)};
    const Spec spec(layout);
    const struct layout *made = make(spec);
    for (const uint64_t at : made->at) {
        EXPECT_EQ(at % 16, 0U);
        EXPECT_LE(at, made->bytes);
    }
}

} // namespace
