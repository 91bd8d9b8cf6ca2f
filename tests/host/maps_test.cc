// SPDX-License-Identifier: MIT
//
// Error maps: the sums at each grid point are those of the rule of score/map_file.h, to the bit,
// whatever the threads, the memory, the calls and the device, and however the same fields lie in
// their files.

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include <jansson.h>

#include "device_double.h"
#include "engine_run.h"

namespace
{

constexpr size_t kLat = 19;
constexpr size_t kLon = 36;
constexpr size_t kPoints = kLat * kLon;
constexpr uint64_t kMapBytes = MAP_PLANES * kPoints * sizeof(double);

// Forecast, level and lead time in hours.
using Key = std::tuple<uint32_t, double, int64_t>;
using Planes = std::vector<double>;
using Maps = std::map<Key, Planes>;

// How the maps of a job are made.
struct Way {
    unsigned n_threads = 1;
    uint64_t memory_bytes = 64 << 20;
    size_t slice = 100000; // units in one call
    const backend_ops *ops = nullptr;
};

// Adds the maps that are open, which hold the errors of the units that were read.
void maps_take(const map_sums *sums, Maps *maps)
{
    for (size_t i = 0; sums != nullptr && i < sums->n_series; i++) {
        const map_series &series = sums->series[i];
        const Key key = {series.first.forecast, series.first.level,
                         series.first.lead_time_s / 3600};
        EXPECT_EQ(maps->count(key), 0u);
        EXPECT_EQ(series.n_times, 2u);
        EXPECT_STREQ(series.units, "m2 s**-2");
        (*maps)[key] = Planes(series.planes, series.planes + MAP_PLANES * kPoints);
    }
}

// Every map of the job, range by range; *n_ranges is how many there were.
Maps maps_of(const Sources &sources, const Way &way, size_t *n_ranges = nullptr)
{
    Maps maps;
    size_t ranges = 0;
    Work run = run_open(sources, way.n_threads, way.memory_bytes, way.ops);
    const plan &p = *run.made;
    for (size_t at = 0, end = 0; at < p.n_units; at += end, ranges++) {
        const map_sums *sums = nullptr;
        gaia_error err = {};
        EXPECT_EQ(engine_maps_open(run.open.get(), run.job.get(), &p, p.units + at, p.n_units - at,
                                   &end, &sums, &err),
                  GAIA_OK)
            << err.detail;
        for (size_t i = at; i < at + end; i += way.slice) {
            Rows rows;
            EXPECT_EQ(run_units(run, i, std::min(way.slice, at + end - i), &rows, &err), GAIA_OK)
                << err.detail;
        }
        maps_take(sums, &maps);
        engine_maps_close(run.open.get());
    }
    if (n_ranges != nullptr) {
        *n_ranges = ranges;
    }
    return maps;
}

void expect_same_maps(const Maps &a, const Maps &b)
{
    ASSERT_EQ(a.size(), b.size());
    ASSERT_FALSE(a.empty());
    for (const auto &[key, planes] : a) {
        ASSERT_EQ(b.count(key), 1u);
        ASSERT_EQ(std::memcmp(planes.data(), b.at(key).data(), kMapBytes), 0)
            << "forecast " << std::get<0>(key) << ", level " << std::get<1>(key);
    }
}

// Every field of a file by level and hours of validity and of lead time.
std::map<std::tuple<double, double, double>, Planes> fields_of(const MadeFile &file)
{
    std::map<std::tuple<double, double, double>, Planes> fields;
    const std::vector<MadeAxis> axes = file.axes();
    file.each_field([&](const std::vector<size_t> &place, const std::vector<int16_t> &steps) {
        double level = NAN;
        double time = 0;
        double step = 0;
        for (size_t i = 0; i < place.size(); i++) {
            const double value = axes[i].values[place[i]];
            (axes[i].name == "time" ? time : axes[i].name == "level" ? level : step) = value;
        }
        Planes values;
        for (const int16_t whole : steps) {
            values.push_back(file.value(whole));
        }
        fields[{level, time + step, step}] = values;
    });
    return fields;
}

class ErrorMaps : public EngineFiles
{
  protected:
    Sources mapped(unsigned n, const char *maps = R"(["all"])")
    {
        Sources s = many(n);
        s.more = std::string(R"(, "maps": )") + maps;
        return s;
    }

    // What engine_plan says of these wishes.
    std::string refusal(const char *maps)
    {
        gaia_error err = {};
        plan *made = nullptr;
        Sources s = many(1);
        Work run = run_open(s, 1);
        s.more = std::string(R"(, "maps": )") + maps;
        const std::string json = job_json(s);
        gaia_job *job = nullptr;
        EXPECT_EQ(gaia_job_parse(json.data(), json.size(), &job, &err), GAIA_OK) << err.detail;
        EXPECT_EQ(engine_plan(run.open.get(), job, &made, &err), GAIA_JOB_INVALID);
        plan_free(made);
        gaia_job_free(job);
        return err.detail;
    }
};

TEST_F(ErrorMaps, AreTheSumsOfTheRule)
{
    const Maps maps = maps_of(mapped(1), {});
    MadeFile forecast;
    forecast.salt = 10;
    forecast.holes = 0.03;
    MadeFile truth;
    truth.role = Role::Truth;
    truth.salt = 21;
    truth.holes = 0.03;
    truth.times = {12, 24, 36};
    const auto f = fields_of(forecast);
    const auto o = fields_of(truth);
    ASSERT_EQ(maps.size(), 4u); // two levels, two lead times
    size_t n_missing = 0;
    for (const auto &[key, planes] : maps) {
        const double level = std::get<1>(key);
        const auto lead = static_cast<double>(std::get<2>(key));
        for (size_t i = 0; i < kPoints; i++) {
            double sums[MAP_PLANES] = {0.0, 0.0, 0.0};
            for (const double init : {0.0, 12.0}) {
                const double d =
                    f.at({level, init + lead, lead})[i] - o.at({level, init + lead, 0})[i];
                if (std::isfinite(d)) {
                    sums[MAP_COUNT] += 1;
                    sums[MAP_ERROR] += d;
                    sums[MAP_SQUARE] += d * d;
                }
            }
            for (size_t k = 0; k < MAP_PLANES; k++) {
                ASSERT_EQ(planes[k * kPoints + i], sums[k]) << "plane " << k << ", point " << i;
            }
            n_missing += sums[MAP_COUNT] < 2;
        }
    }
    EXPECT_GT(n_missing, kPoints / 10); // holes were met
}

TEST_F(ErrorMaps, HaveTheSameBitsHoweverTheyAreMade)
{
    const Sources sources = mapped(5);
    const Maps maps = maps_of(sources, {});
    ASSERT_EQ(maps.size(), 20u);
    for (const unsigned n_threads : {2u, 5u}) {
        expect_same_maps(maps_of(sources, {n_threads}), maps);
    }
    for (const size_t slice : {1u, 3u, 7u}) {
        expect_same_maps(maps_of(sources, {2, 64 << 20, slice}), maps);
    }
    size_t n_ranges = 0;
    expect_same_maps(maps_of(sources, {2, 13 * kMapBytes}, &n_ranges), maps); // room for three maps
    EXPECT_EQ(n_ranges, 7u);
    device_double_reset();
    expect_same_maps(maps_of(sources, {1, 64 << 20, 3, device_double()}), maps);
}

TEST_F(ErrorMaps, HaveTheSameBitsHoweverFieldsLieInFiles)
{
    const Maps maps = maps_of(mapped(2), {});
    void (*const ways[])(MadeFile &) = {[](MadeFile &file) { file.ascending = true; },
                                        [](MadeFile &file) { file.roll = 7; },
                                        [](MadeFile &file) { file.west = true; },
                                        [](MadeFile &file) { file.cyclic = true; },
                                        [](MadeFile &file) { file.type = 3; }, // NC_SHORT
                                        [](MadeFile &file) {
                                            file.chunk = {1, 1, 1, 5, 7};
                                        },
                                        [](MadeFile &file) {
                                            if (file.role == Role::Forecast) {
                                                file.ascending = true;
                                                file.type = 6; // NC_DOUBLE
                                            }
                                        }};
    for (const auto change : ways) {
        Sources s = many(2, change);
        s.more = R"(, "maps": ["z"])";
        expect_same_maps(maps_of(s, {2}), maps);
    }
}

TEST_F(ErrorMaps, AreOfTheFieldsThatAreAskedFor)
{
    EXPECT_EQ(maps_of(mapped(1, R"(["z500"])"), {}).size(), 2u);
    EXPECT_EQ(maps_of(mapped(1, R"(["z850", "z500", "z850"])"), {}).size(), 4u);
    EXPECT_EQ(maps_of(mapped(1, R"(["geopotential500"])"), {}).size(), 2u); // by its meaning
    EXPECT_EQ(maps_of(many(1), {}).size(), 0u);                             // none by default
    EXPECT_EQ(refusal(R"(["z500", "z300"])"),
              "job.maps: no field 'z300' is scored; \"all\", a variable, or one of: z500, z850");
    EXPECT_NE(refusal(R"(["50"])").find("'50'"), std::string::npos);
}

TEST_F(ErrorMaps, DoNotDisturbTheOtherSums)
{
    const Rows plain = sums(many(3));
    Work run = run_open(mapped(3), 2);
    const map_sums *maps = nullptr;
    size_t end = 0;
    gaia_error err = {};
    ASSERT_EQ(engine_maps_open(run.open.get(), run.job.get(), run.made.get(), run.made->units,
                               run.made->n_units, &end, &maps, &err),
              GAIA_OK);
    expect_same(run_sums(run, 5), plain);
}

TEST_F(ErrorMaps, NeedRoomForOneAtLeast)
{
    Work run = run_open(mapped(1), 1, 4 * kMapBytes - 1);
    const map_sums *maps = nullptr;
    size_t end = 0;
    gaia_error err = {};
    EXPECT_EQ(engine_maps_open(run.open.get(), run.job.get(), run.made.get(), run.made->units,
                               run.made->n_units, &end, &maps, &err),
              GAIA_LIMIT);
    EXPECT_NE(std::string(err.detail).find("maps of 19 x 36 points need"), std::string::npos);
    EXPECT_EQ(maps, nullptr);
}

TEST_F(ErrorMaps, TravelWithThePlan)
{
    const Work run = run_open(mapped(1, R"(["z500"])"), 1);
    gaia_error err = {};
    plan *read = nullptr;
    json_t *json = plan_to_json(run.made.get());
    ASSERT_EQ(plan_from_json(json, &read, &err), GAIA_OK) << err.detail;
    ASSERT_EQ(read->n_maps, 1u);
    for (size_t i = 0; i < read->n_units; i++) {
        EXPECT_EQ(plan_is_mapped(read, &read->units[i]), read->units[i].level == 500.0);
    }
    plan_free(read);
    for (const char *wrong : {"[[1, 500]]", "[[-1, 500]]", "[[0]]", "[0]", "[[0, \"500\"]]"}) {
        read = nullptr;
        json_object_set_new(json, "maps", json_loads(wrong, 0, nullptr));
        EXPECT_EQ(plan_from_json(json, &read, &err), GAIA_PROTOCOL) << wrong;
        EXPECT_EQ(read, nullptr);
    }
    json_decref(json);
}

} // namespace
