// SPDX-License-Identifier: MIT
//
// Bands of latitude on grids: each row in one of them, with the bits of a box of the same rows,
// however they are asked for; and what is said of those that the grid lacks.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "brute_sums.h"
#include "emulated_backend.h"
#include "engine_run.h"

extern "C" {
#include "region.h"
#include "region_zonal.h"
}

namespace
{

std::vector<std::string> zonal_names(int width)
{
    std::vector<std::string> names;
    for (size_t i = 0; i < static_cast<size_t>(180 / width); i++) {
        const zonal_band band = zonal_band_at(width, i);
        char name[ZONAL_NAME_BYTES];
        zonal_band_name(&band, name);
        names.push_back(name);
    }
    return names;
}

// ---- Rows ----

// Of how many bands each row of the grid is, and how many bands have rows.
void expect_rows_once(int width, const std::vector<double> &lat, size_t n_bands_with_rows)
{
    const std::vector<double> lon = {0, 90, 180, 270};
    const gaia_grid grid = {lat.size(), lon.size(), lat.data(), lon.data()};
    const std::vector<std::string> names = zonal_names(width);
    std::vector<const char *> texts;
    for (const std::string &name : names) {
        texts.push_back(name.c_str());
    }
    const gaia_job job = {};
    gaia_error err = {};
    region_set set = {};
    arena memory;
    arena_init(&memory, 1 << 22);
    ASSERT_EQ(GAIA_OK, region_set_make(&memory, &job, nullptr, &grid, "truth.nc", texts.data(),
                                       texts.size(), nullptr, nullptr, &set, &err))
        << err.detail;
    EXPECT_EQ(n_bands_with_rows, set.n_regions);
    EXPECT_EQ(1u, set.n_intervals); // whole rows: bands cost the kernels nothing
    std::vector<int> seen(lat.size(), 0);
    for (size_t i = 0; i < set.n_bands; i++) {
        for (uint32_t r = 0; r < set.bands[i].n_rows; r++) {
            seen[set.bands[i].first_row + r]++;
        }
    }
    EXPECT_EQ(std::vector<int>(lat.size(), 1), seen) << width;
    arena_fini(&memory);
}

std::vector<double> rows_from(double first, double step, int n)
{
    std::vector<double> values;
    for (int i = 0; i < n; i++) {
        values.push_back(first - step * i);
    }
    return values;
}

TEST(ZonalRows, EachRowOfAGridIsInOneBand)
{
    expect_rows_once(5, rows_from(90, 0.25, 721), 36);
    expect_rows_once(1, rows_from(90, 0.25, 721), 180);
    expect_rows_once(20, rows_from(90, 1.5, 121), 9);
    expect_rows_once(5, rows_from(87.1875, 5.625, 32), 32); // cells between the poles
    expect_rows_once(5, rows_from(89.5, 1, 180), 36);
    expect_rows_once(5, rows_from(75, 0.5, 81), 9);     // 75 .. 35: the row at 75 is of 75 .. 80
    expect_rows_once(10, rows_from(4.75, 0.25, 39), 2); // about the equator
    expect_rows_once(5, rows_from(90, 5, 37), 35);      // rows on bounds alone: none is south of 0
}

// ---- Sums ----

class ZonalSums : public EngineFiles
{
  protected:
    void SetUp() override
    {
        sources_ = sources([](MadeFile &m) {
            m.n_lat = 73;
            m.n_lon = 48;
        });
    }

    Work open(const std::string &regions, unsigned n_threads = 1)
    {
        Sources s = sources_;
        s.regions = regions;
        return run_open(s, n_threads);
    }

    Sources sources_;
};

TEST_F(ZonalSums, HaveTheBitsOfABoxOfTheSameRows)
{
    std::string boxes;
    for (const std::string &name : zonal_names(10)) {
        zonal_band band = {};
        ASSERT_TRUE(zonal_band_find(name.c_str(), &band));
        // Rows are 2.5 degrees apart: a bound that the band lacks is left out by one degree.
        const int south = band.south < 0 && band.south > -90 ? band.south + 1 : band.south;
        const int north = band.north >= 0 && band.north < 90 ? band.north - 1 : band.north;
        boxes += (boxes.empty() ? "[" : ", ") + std::string(R"({"name": "box )") + name +
                 R"(", "box": {"south": )" + std::to_string(south) + R"(, "north": )" +
                 std::to_string(north) + R"(, "west": 0, "east": 360}})";
    }
    Work bands = open(R"(["zonal:10"])");
    Work same = open(boxes + "]");
    ASSERT_EQ(18u, bands.made->n_regions);
    ASSERT_EQ(18u, same.made->n_regions);
    const Rows rows = run_sums(bands, 100000);
    expect_same(rows, run_sums(same, 100000));
    // Other threads and batches, and one band at a time.
    Work threads = open(R"(["zonal:10"])", 2);
    expect_same(rows, run_sums(threads, 3));
    for (const size_t r : {0u, 8u, 9u, 17u}) {
        Work one = open(std::string("[\"") + bands.made->regions[r] + "\"]");
        const Rows alone = run_sums(one, 100000);
        for (size_t w = 0; w < 3; w++) {
            expect_same(rows_of(*one.made, alone, 0, w), rows_of(*bands.made, rows, r, w));
        }
    }
}

TEST_F(ZonalSums, AreSumsOfTheirRows)
{
    Work run = open(R"(["zonal:20"])");
    const Rows rows = run_sums(run, 100000);
    const struct {
        size_t region;
        double above, below; // neither is in it
    } bands[] = {{0, 91, 67.5}, {4, 10, -10}, {5, -7.5, -30}, {8, -67.5, -91}};
    for (const auto &b : bands) {
        SCOPED_TRACE(run.made->regions[b.region]);
        const auto inside = [&](double lat, double) {
            return lat < b.above && lat > b.below ? 1.0 : 0.0;
        };
        Work one = open(std::string("[\"") + run.made->regions[b.region] + "\"]");
        expect_near(rows_of(*run.made, rows, b.region, 0),
                    brute_sums(sources_, *one.made, inside, brute_cos));
    }
}

TEST_F(ZonalSums, CountEveryPointOnce)
{
    Work run = open(R"(["global", "zonal"])");
    const size_t n_regions = run.made->n_regions;
    ASSERT_EQ(37u, n_regions);
    const Rows rows = run_sums(run, 100000);
    for (size_t u = 0; u < run.made->n_units; u++) {
        for (const int i : {GAIA_MOMENT_POINTS, GAIA_MOMENT_ERROR_N, GAIA_MOMENT_TRUTH_MISSING}) {
            double sum = 0.0;
            for (size_t r = 1; r < n_regions; r++) {
                sum += rows[(u * n_regions + r) * 3].sum[i];
            }
            EXPECT_EQ(rows[u * n_regions * 3].sum[i], sum);
        }
    }
}

TEST_F(ZonalSums, TheDeviceGivesTheSameBits)
{
    Sources s = sources_;
    s.regions = R"(["zonal:4", "global"])";
    Work cpu = run_open(s, 1);
    Rows device_rows;
    emulation_reset();
    {
        Work device = run_open(s, 1, 64 << 20, emulated_backend());
        device_rows = run_sums(device, 100000);
    }
    expect_same(run_sums(cpu, 100000), device_rows);
    EXPECT_EQ(emulation_live(), 0u);
    EXPECT_EQ(emulation_faults(), 0u);
}

TEST_F(ZonalSums, BandsThatTheGridLacksAreLeftOutAndToldOfOnce)
{
    sources_ = sources(
        [](MadeFile &m) {
            m.n_lat = 13; // 15 degrees apart
            m.n_lon = 12;
        },
        "coarse");
    Work run = open(R"(["global", "zonal"])");
    ASSERT_EQ(1u + 13, run.made->n_regions);
    EXPECT_STREQ("zonal_85n_90n", run.made->regions[1]);
    EXPECT_STREQ("zonal_75n_80n", run.made->regions[2]);
    EXPECT_STREQ("zonal_0n_5n", run.made->regions[7]);
    EXPECT_STREQ("zonal_90s_85s", run.made->regions[13]);
    ASSERT_EQ(1u, run.made->n_warnings);
    EXPECT_EQ("23 bands of latitude, zonal_80n_85n to zonal_85s_80s, are left out: no grid point "
              "of " +
                  sources_.truth + " lies in them",
              std::string(run.made->warnings[0]));
    Work one = open(R"(["zonal_80n_85n", "global"])");
    ASSERT_EQ(1u, one.made->n_warnings);
    EXPECT_EQ("region zonal_80n_85n is left out: no grid point of " + sources_.truth +
                  " lies in it",
              std::string(one.made->warnings[0]));
}

} // namespace
