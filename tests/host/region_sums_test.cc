// SPDX-License-Identifier: MIT
//
// Sums over regions by name, boxes, polygons and masks against plain sums in long double, and the
// same bits however they are asked for.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include <netcdf.h>

#include "brute_sums.h"
#include "emulated_backend.h"
#include "engine_run.h"
#include "made_mask.h"

namespace
{

// Whether lon lies between west and east going east; all in 0 .. 360.
bool between(double lon, double west, double east)
{
    return west <= east ? lon >= west && lon <= east : lon >= west || lon <= east;
}

struct Named {
    const char *name;
    double south, north, west, east;
};

// As WeatherBench2 (the first 13) and WeatherBench-X publish them, west and east in 0 .. 360.
const Named kNamed[] = {
    {"global", -90, 90, 0, 360},
    {"tropics", -20, 20, 0, 360},
    {"extra-tropics", -90, 90, 0, 360}, // without the tropics, see below
    {"northern-hemisphere", 20, 90, 0, 360},
    {"southern-hemisphere", -90, -20, 0, 360},
    {"europe", 35, 75, 347.5, 42.5},
    {"north-america", 25, 60, 240, 285},
    {"north-atlantic", 25, 65, 290, 350},
    {"north-pacific", 25, 60, 145, 230},
    {"east-asia", 25, 60, 102.5, 150},
    {"ausnz", -45, -12.5, 120, 175},
    {"arctic", 60, 90, 0, 360},
    {"antarctic", -90, -60, 0, 360},
    {"northern-africa", 5, 32.5, 347.5, 37.5},
    {"southern-africa", -30, 5, 12.5, 37.5},
    {"south-america", -40, 5, 285, 315},
    {"west-asia", 15, 60, 42.5, 102.5},
    {"south-east-asia", -12.5, 25, 95, 125},
};

class RegionSums : public EngineFiles
{
  protected:
    // Sources on a grid of 2.5 degrees, with holes.
    void SetUp() override
    {
        sources_ = sources([](MadeFile &m) {
            m.n_lat = 73;
            m.n_lon = 144;
        });
        mask_.n_lat = 73;
        mask_.n_lon = 144;
        mask_.value = made_share;
    }

    // Writes the mask and makes it the job's mask of this name.
    void mask(const std::string &name, const std::string &more = "")
    {
        const std::string path = scratch_.path("mask-" + name + ".nc");
        mask_.write(path);
        sources_.more += (sources_.more.empty() ? "" : ", ") + std::string("\"") + name +
                         R"(": {"files": [")" + path + R"("])" + more + "}";
    }

    Work open(const std::string &regions, unsigned n_threads = 1)
    {
        Sources s = sources_;
        s.regions = regions;
        s.more = sources_.more.empty() ? "" : R"(, "masks": {)" + sources_.more + "}";
        return run_open(s, n_threads);
    }

    Rows all(const std::string &regions, unsigned n_threads = 1, size_t batch = 100000)
    {
        Work run = open(regions, n_threads);
        return run_sums(run, batch);
    }

    // The sums of this one region are those over points that count as m says.
    void expect_sums(const std::string &region, const PointWeight &m)
    {
        Work run = open("[" + region + "]");
        const Rows have = run_sums(run, 100000);
        const plan &made = *run.made;
        ASSERT_EQ(made.n_regions, 1u) << region;
        SCOPED_TRACE(region);
        expect_near(rows_of(made, have, 0, 0), brute_sums(sources_, made, m, brute_cos));
        expect_near(rows_of(made, have, 0, 2),
                    brute_sums(sources_, made, m, [](double) { return 1.0L; }));
    }

    Sources sources_;
    MadeMask mask_;
};

TEST_F(RegionSums, PredefinedOnes)
{
    for (const Named &n : kNamed) {
        const bool without_tropics = std::string(n.name) == "extra-tropics";
        expect_sums(std::string("\"") + n.name + "\"", [&](double lat, double lon) {
            const bool inside = lat >= n.south && lat <= n.north && between(lon, n.west, n.east) &&
                                !(without_tropics && std::fabs(lat) < 20);
            return inside ? 1.0 : 0.0;
        });
    }
}

TEST_F(RegionSums, BoxesAcrossTheOriginAndTheDateLine)
{
    const struct {
        const char *box;
        double south, north, west, east;
    } boxes[] = {
        {R"("north": 48, "south": 43, "west": 5, "east": 17)", 43, 48, 5, 17},
        {R"("north": 60, "south": 40, "west": -10, "east": 20)", 40, 60, 350, 20},
        {R"("north": 60, "south": 40, "west": 350, "east": 20)", 40, 60, 350, 20},
        {R"("north": 10, "south": -10, "west": 170, "east": -170)", -10, 10, 170, 190},
        {R"("north": 10, "south": -10, "west": 170, "east": 190)", -10, 10, 170, 190},
        {R"("north": 85, "south": 85, "west": -180, "east": 180)", 85, 85, 0, 360},
        {R"("north": 5, "south": -5, "west": 20, "east": 10)", -5, 5, 20, 10},
        {R"("north": 5, "south": -5, "west": 350, "east": 360)", -5, 5, 350, 0},
        {R"("north": 5, "south": -5, "west": 2.5, "east": 2.5)", -5, 5, 2.5, 2.5},
    };
    for (const auto &b : boxes) {
        expect_sums(
            std::string(R"({"name": "box", "box": {)") + b.box + "}}", [&](double lat, double lon) {
                return lat >= b.south && lat <= b.north && between(lon, b.west, b.east) ? 1.0 : 0.0;
            });
    }
}

TEST_F(RegionSums, MasksOfEveryKind)
{
    mask("share");
    mask("half", R"(, "threshold": 0.5)");
    mask("not", R"(, "invert": true)");
    mask_.type = NC_SHORT;
    mask_.value = [](double lat, double lon) { return std::fmod(lat + 90 + lon, 7); };
    mask("kinds", R"(, "classes": [1, 3, 6])");
    mask_.type = NC_FLOAT;
    mask_.value = [](double lat, double lon) {
        return lon > 180 ? std::nan("") : made_share(lat, lon);
    };
    mask("holes", R"(, "missing": "outside", "invert": true)");
    expect_sums("\"global_share\"", made_share);
    expect_sums("\"europe_share\"", [](double lat, double lon) {
        return lat >= 35 && lat <= 75 && between(lon, 347.5, 42.5) ? made_share(lat, lon) : 0.0;
    });
    expect_sums("\"extra-tropics_half\"", [](double lat, double lon) {
        return std::fabs(lat) >= 20 && made_share(lat, lon) >= 0.5 ? 1.0 : 0.0;
    });
    expect_sums("\"tropics_not\"", [](double lat, double lon) {
        return std::fabs(lat) <= 20 ? 1.0 - made_share(lat, lon) : 0.0;
    });
    expect_sums("\"global_kinds\"", [](double lat, double lon) {
        const int kind = static_cast<short>(std::fmod(lat + 90 + lon, 7));
        return kind == 1 || kind == 3 || kind == 6 ? 1.0 : 0.0;
    });
    expect_sums("\"global_holes\"", [](double lat, double lon) {
        return lon > 180 ? 0.0
                         : 1.0 - static_cast<double>(static_cast<float>(made_share(lat, lon)));
    });
}

TEST_F(RegionSums, LandAndSeaMakeTheWhole)
{
    mask("land", R"(, "threshold": 0.5)");
    const auto land = [](double lat, double lon) { return made_share(lat, lon) >= 0.5; };
    expect_sums("\"ausnz_sea\"", [&](double lat, double lon) {
        return lat >= -45 && lat <= -12.5 && lon >= 120 && lon <= 175 && !land(lat, lon) ? 1.0
                                                                                         : 0.0;
    });
    Work run = open(R"(["global", "global_land", "global_sea"])");
    const Rows rows = run_sums(run, 100000);
    for (size_t u = 0; u < rows.size(); u += 9) {
        for (const int i : {GAIA_MOMENT_POINTS, GAIA_MOMENT_ERROR_N, GAIA_MOMENT_TRUTH_MISSING}) {
            EXPECT_EQ(rows[u].sum[i], rows[u + 3].sum[i] + rows[u + 6].sum[i]);
        }
    }
}

TEST_F(RegionSums, PolygonsAndPolygonsUnderMasks)
{
    mask("land");
    // A ring of odd numbers with a hole; no grid point lies on an edge, so this is plain.
    const std::string polygon =
        R"("polygon": {"type": "Polygon", "coordinates": [
          [[-31.1, 20.3], [51.3, 11.9], [70.7, 61.1], [3.3, 39.7], [-44.9, 70.1], [-31.1, 20.3]],
          [[0.1, 25.1], [20.3, 26.3], [11.1, 33.3], [0.1, 25.1]]]})";
    const std::vector<std::vector<std::pair<long double, long double>>> rings = {
        {{-31.1L, 20.3L}, {51.3L, 11.9L}, {70.7L, 61.1L}, {3.3L, 39.7L}, {-44.9L, 70.1L}},
        {{0.1L, 25.1L}, {20.3L, 26.3L}, {11.1L, 33.3L}}};
    const auto inside = [&](double lat, double lon) {
        const long double x = lon > 180 ? lon - 360 : lon;
        bool in = false;
        for (const auto &ring : rings) {
            for (size_t i = 0, j = ring.size() - 1; i < ring.size(); j = i++) {
                if ((ring[i].second > lat) != (ring[j].second > lat) &&
                    x < ring[i].first + (ring[j].first - ring[i].first) * (lat - ring[i].second) /
                                            (ring[j].second - ring[i].second)) {
                    in = !in;
                }
            }
        }
        return in ? 1.0 : 0.0;
    };
    expect_sums(R"({"name": "basin", )" + polygon + "}", inside);
    expect_sums(R"({"name": "basin", )" + polygon + R"(, "mask": "land"})",
                [&](double lat, double lon) { return inside(lat, lon) * made_share(lat, lon); });
    std::ofstream(scratch_.path("basin.geojson"))
        << "{" << polygon.substr(polygon.find("\"type\""));
    const Rows inline_rows = all(R"([{"name": "basin", )" + polygon + "}]");
    expect_same(inline_rows, all(R"([{"name": "basin", "polygon": ")" +
                                 scratch_.path("basin.geojson") + "\"}]"));
}

TEST_F(RegionSums, AloneOrAmongOthersOnAnyThreadsInAnyBatches)
{
    mask("land");
    mask("hills", R"(, "threshold": 0.6, "invert": true)");
    const std::vector<std::string> each = {
        "\"extra-tropics\"",
        "\"europe_land\"",
        R"({"name": "box", "box": {"north": 60, "south": 40, "west": -10, "east": 20}})",
        "\"box_hills\"",
        R"({"name": "poly", "polygon": {"type": "Polygon", "coordinates":
          [[[10, 10], [60, 10], [60, 55], [10, 10]]]}})",
        "\"global\"",
        "\"poly_land\"",
        "\"extra-tropics_sea\"",
    };
    std::string together;
    for (const std::string &region : each) {
        together += (together.empty() ? "[" : ", ") + region;
    }
    together += "]";
    Work run = open(together);
    const Rows every = run_sums(run, 100000);
    expect_same(every, all(together, 2));
    expect_same(every, all(together, 2, 3));
    for (size_t r = 0; r < each.size(); r++) {
        SCOPED_TRACE(each[r]);
        // A region that lies in another needs that one.
        const std::string before = each[r].find("_hills") != std::string::npos  ? each[2] + ", "
                                   : each[r].find("poly_") != std::string::npos ? each[4] + ", "
                                                                                : "";
        Work one = open("[" + before + each[r] + "]");
        const Rows rows = run_sums(one, 1);
        for (size_t w = 0; w < 3; w++) {
            expect_same(rows_of(*one.made, rows, one.made->n_regions - 1, w),
                        rows_of(*run.made, every, r, w));
        }
    }
}

TEST_F(RegionSums, TheDeviceGivesTheSameBits)
{
    mask("land");
    Sources s = sources_;
    s.more = R"(, "masks": {)" + sources_.more + "}";
    s.regions = R"(["global_land", "extra-tropics", {"name": "tri", "polygon": {"type": "Polygon",
        "coordinates": [[[10, 10], [60, 10], [60, 55], [10, 10]]]}}, "global"])";
    Work cpu = run_open(s, 1);
    emulation_reset();
    Rows device_rows;
    {
        Work device = run_open(s, 1, 64 << 20, emulated_backend());
        device_rows = run_sums(device, 100000);
    }
    expect_same(run_sums(cpu, 100000), device_rows);
    EXPECT_EQ(emulation_live(), 0u);
    EXPECT_EQ(emulation_faults(), 0u);
}

TEST_F(RegionSums, AMaskFlippedRolledOrOfOneTimeIsTheSameMask)
{
    mask("land");
    const Rows plain = all(R"(["europe_land"])");
    sources_.more.clear();
    mask_.ascending = true;
    mask_.roll = 31;
    mask_.n_times = 1;
    mask("land", R"(, "variable": "lsm", "format": "netcdf")");
    expect_same(plain, all(R"(["europe_land"])"));
    sources_.more.clear();
    mask_.n_times = 3;
    mask("land", R"(, "select": {"init": "2017-01-01T12"})");
    expect_same(plain, all(R"(["europe_land"])"));
}

TEST_F(RegionSums, OnesAreNoMask)
{
    mask_.value = [](double, double) { return 1.0; };
    mask("land");
    Work run = open(R"(["europe", "europe_land"])");
    const Rows rows = run_sums(run, 100000);
    expect_same(rows_of(*run.made, rows, 0, 0), rows_of(*run.made, rows, 1, 0));
}

TEST_F(RegionSums, CountsAreTheRegionsWhereNothingIsMissing)
{
    sources_ = sources(
        [](MadeFile &m) {
            m.n_lat = 73;
            m.n_lon = 144;
            m.holes = 0;
        },
        "whole");
    mask("land");
    for (const char *region : {"global_land", "europe_land", "extra-tropics_land"}) {
        for (const gaia_moments &row : all(std::string("[\"") + region + "\"]")) {
            EXPECT_EQ(row.sum[GAIA_MOMENT_POINTS], row.sum[GAIA_MOMENT_ERROR_N]) << region;
            EXPECT_EQ(row.sum[GAIA_MOMENT_POINTS], row.sum[GAIA_MOMENT_TRUTH_REFERENCE_N]);
            EXPECT_EQ(row.sum[GAIA_MOMENT_FORECAST_MISSING], 0.0);
        }
    }
}

TEST_F(RegionSums, WithoutWeightARegionIsLeftOutWithAWarning)
{
    mask_.value = [](double lat, double) { return lat > 30 ? 1.0 : 0.0; };
    mask("land");
    Work run = open(R"(["global", "ausnz_land", {"name": "dot", "polygon": {"type": "Polygon",
        "coordinates": [[[1, 1], [2, 1], [2, 2], [1, 1]]]}}, "europe_land"])");
    ASSERT_EQ(run.made->n_regions, 2u);
    EXPECT_STREQ(run.made->regions[1], "europe_land");
    ASSERT_EQ(run.made->n_warnings, 2u);
    EXPECT_EQ(std::string(run.made->warnings[0]),
              "region ausnz_land is left out: no grid point of " + sources_.truth + " lies in it");
    EXPECT_EQ(std::string(run.made->warnings[1]),
              "region dot is left out: no grid point of " + sources_.truth + " lies in it");
    EXPECT_EQ(run_sums(run, 100000).size(), run.made->n_units * 2 * 3);
}

TEST_F(RegionSums, LittleMemoryChangesNothingAndTooLittleSaysHowMuch)
{
    mask("land");
    Sources s = sources_;
    s.more = R"(, "masks": {)" + sources_.more + "}";
    s.regions = R"(["global_land", "global"])";
    Work much = run_open(s, 1);
    Work small = run_open(s, 2, 1536 << 10);
    expect_same(run_sums(much, 100000), run_sums(small, 100000));
    Work tiny = run_open(s, 1, 50000);
    Rows rows;
    gaia_error err = {};
    EXPECT_EQ(run_units(tiny, 0, 1, &rows, &err), GAIA_LIMIT);
    EXPECT_STREQ(err.detail, "1 masks and polygons of 10512 points take 84096 bytes of memory and "
                             "more; the limit is 50000");
}

} // namespace
