// SPDX-License-Identifier: MIT
//
// Regions and masks in a job: what names mean, and what is said of those that mean nothing.
#include <gtest/gtest.h>

#include <string>

#include <gaia/grid.h>
#include <gaia/job.h>

extern "C" {
#include "job_region.h"
}

namespace
{

std::string job_with(const std::string &regions, const std::string &masks = "")
{
    return R"({"schema": "gaia.job/1", "forecasts": [{"id": "a", "files": ["f.nc"]}],
        "truth": {"files": ["t.nc"]}, "regions": )" +
           regions + (masks.empty() ? "" : R"(, "masks": )" + masks) + "}";
}

// The error's status name and detail; "ok" if there is none.
std::string error_of(const std::string &regions, const std::string &masks = "")
{
    const std::string json = job_with(regions, masks);
    gaia_job *job = nullptr;
    gaia_error err = {};
    const gaia_status status = gaia_job_parse(json.data(), json.size(), &job, &err);
    gaia_job_free(job);
    return status == GAIA_OK ? "ok" : std::string(gaia_status_name(status)) + ": " + err.detail;
}

const std::string kLand = R"({"land": {"files": ["lsm.nc"]}})";

class JobRegion : public ::testing::Test
{
  protected:
    void TearDown() override
    {
        gaia_job_free(job_);
    }

    void parse(const std::string &regions, const std::string &masks = "")
    {
        const std::string json = job_with(regions, masks);
        gaia_error err = {};
        ASSERT_EQ(gaia_job_parse(json.data(), json.size(), &job_, &err), GAIA_OK) << err.detail;
    }

    region_shape find(const std::string &name) const
    {
        region_shape shape = {};
        gaia_error err = {};
        EXPECT_EQ(job_region_find(job_, name.c_str(), &shape, &err), GAIA_OK) << err.detail;
        EXPECT_EQ(std::string(shape.box.name), name);
        return shape;
    }

    gaia_job *job_ = nullptr;
};

TEST_F(JobRegion, EveryFormIsRead)
{
    parse(R"(["global", {"name": "alps", "box": {"north": 48, "south": 43, "west": 5, "east": 17}},
        {"name": "basin", "polygon": "basin.geojson"}, {"name": "inline", "polygon":
        {"type": "Polygon", "coordinates": [[[0.1, 0], [1, 0], [1, 1], [0.1, 0]]]}},
        {"name": "high", "region": "alps", "mask": "land"}, {"name": "all", "mask": "land"},
        "alps_land", "basin_sea", "europe_land", "extra-tropics_sea", "alps"])",
          kLand);
    EXPECT_EQ(job_->n_regions, 11u);
    ASSERT_EQ(job_->n_areas, 5u);
    EXPECT_STREQ(job_->areas[1].polygon_file, "basin.geojson");
    EXPECT_STREQ(job_->areas[2].polygon_json,
                 R"({"type":"Polygon","coordinates":[[[0.10000000000000001,0],[1,0],[1,1],)"
                 R"([0.10000000000000001,0]]]})");
    const region_shape alps = find("alps");
    EXPECT_EQ(alps.box.n_bands, 1u);
    EXPECT_EQ(alps.box.band[0].south, 43.0);
    EXPECT_EQ(alps.box.band[0].north, 48.0);
    EXPECT_EQ(alps.box.n_lon, 1u);
    EXPECT_EQ(alps.box.lon[0].west, 5.0);
    EXPECT_EQ(alps.box.lon[0].east, 17.0);
    EXPECT_EQ(alps.mask, nullptr);
    for (const char *name : {"high", "alps_land"}) {
        const region_shape shape = find(name);
        EXPECT_EQ(shape.box.lon[0].west, 5.0);
        ASSERT_NE(shape.mask, nullptr);
        EXPECT_STREQ(shape.mask->name, "land");
        EXPECT_FALSE(shape.is_inverted);
    }
    EXPECT_EQ(find("all").box.n_lon, 0u);
    EXPECT_EQ(find("basin_sea").polygon, &job_->areas[1]);
    EXPECT_TRUE(find("basin_sea").is_inverted);
    EXPECT_EQ(find("extra-tropics_sea").box.n_bands, 2u);
    EXPECT_EQ(find("europe_land").box.n_lon, 2u);
}

TEST_F(JobRegion, MasksAreRead)
{
    parse(R"(["global_land", "global_sea"])",
          R"({"land": {"files": ["a.nc", "b.nc"], "variable": "lsm", "threshold": 0.5},
              "sea": {"files": ["s.zarr"], "format": "zarr", "classes": [1, 2.5], "invert": true,
                      "missing": "outside", "select": {"init": "2017-01-01T00"}}})");
    ASSERT_EQ(job_->n_masks, 2u);
    const gaia_mask &land = job_->masks[0];
    EXPECT_STREQ(land.name, "land");
    EXPECT_EQ(land.source.n_files, 2u);
    EXPECT_STREQ(land.source.format, "auto");
    EXPECT_STREQ(land.variable, "lsm");
    EXPECT_TRUE(land.has_threshold);
    EXPECT_EQ(land.threshold, 0.5);
    EXPECT_FALSE(land.is_inverted);
    const gaia_mask &sea = job_->masks[1];
    EXPECT_STREQ(sea.source.format, "zarr");
    EXPECT_STREQ(sea.source.select_init, "2017-01-01T00");
    EXPECT_EQ(sea.variable, nullptr);
    ASSERT_EQ(sea.n_classes, 2u);
    EXPECT_EQ(sea.classes[1], 2.5);
    EXPECT_TRUE(sea.is_inverted);
    EXPECT_TRUE(sea.missing_is_outside);
    // With a mask of its own the sea is not what the land leaves.
    EXPECT_EQ(find("global_sea").mask, &sea);
    EXPECT_FALSE(find("global_sea").is_inverted);
}

TEST_F(JobRegion, ANameThatIsOfTheJobGoesBeforeTheShortForm)
{
    parse(R"([{"name": "europe_land", "box": {"north": 9, "south": 1, "west": 2, "east": 3}}])",
          kLand);
    EXPECT_EQ(find("europe_land").mask, nullptr);
    EXPECT_EQ(find("europe_land").box.band[0].north, 9.0);
}

TEST(Region, WhatTwoProjectsCallTheSameIsTheSame)
{
    const struct {
        const char *one, *other;
    } pairs[] = {{"n.hem", "northern-hemisphere"}, {"s.hem", "southern-hemisphere"}};
    for (const auto &p : pairs) {
        region_box a = {};
        region_box b = {};
        ASSERT_TRUE(region_find(p.one, &a) && region_find(p.other, &b));
        EXPECT_EQ(a.band[0].south, b.band[0].south);
        EXPECT_EQ(a.band[0].north, b.band[0].north);
    }
    region_box europe = {};
    ASSERT_TRUE(region_find("europe", &europe));
    EXPECT_EQ(europe.lon[0].west, 347.5);
    EXPECT_EQ(europe.lon[1].east, 42.5);
    EXPECT_STREQ(gaia_region_name(4), "europe"); // their order does not change
    EXPECT_STREQ(gaia_region_name(20), "zonal");
    EXPECT_EQ(gaia_region_name(21), nullptr);
}

TEST(Region, BoxesAcrossAnyMeridian)
{
    const struct {
        double west, east;
        size_t n;
        double first_west, first_east, second_east;
    } boxes[] = {
        {5, 17, 1, 5, 17, 0},        {-10, 20, 2, 350, 360, 20}, {350, 380 - 360, 2, 350, 360, 20},
        {170, -170, 1, 170, 190, 0}, {-180, 180, 0, 0, 0, 0},    {0, 360, 0, 0, 0, 0},
        {20, 10, 2, 20, 360, 10},    {350, 360, 2, 350, 360, 0}, {-0.1, 0.1, 2, 359.9, 360, 0.1},
        {7, 7, 1, 7, 7, 0}};
    for (const auto &b : boxes) {
        const region_box box = region_box_make(-1, 1, b.west, b.east);
        EXPECT_EQ(box.n_lon, b.n) << b.west << " " << b.east;
        EXPECT_EQ(box.lon[0].west, b.first_west);
        EXPECT_EQ(box.lon[0].east, b.first_east);
        EXPECT_EQ(box.lon[1].west, 0.0);
        EXPECT_EQ(box.lon[1].east, b.second_east);
    }
}

TEST(JobRegions, UnknownNamesSayWhatThereIsOrHowToGiveIt)
{
    EXPECT_EQ(error_of(R"(["europe_land"])"),
              "region_unknown: job.regions: 'europe_land' needs a mask of the land: \"masks\": "
              "{\"land\": {\"files\": [FILE]}} gives one (gaia score: --land FILE)");
    EXPECT_EQ(error_of(R"(["arctic_sea"])"),
              "region_unknown: job.regions: 'arctic_sea' needs a mask of the land: \"masks\": "
              "{\"land\": {\"files\": [FILE]}} gives one (gaia score: --land FILE)");
    const std::string known =
        "; there are: global, n.hem, tropics, s.hem, europe, extra-tropics, northern-hemisphere, "
        "southern-hemisphere, north-america, north-atlantic, north-pacific, east-asia, ausnz, "
        "arctic, antarctic, northern-africa, southern-africa, south-america, west-asia, "
        "south-east-asia, zonal";
    EXPECT_EQ(error_of(R"(["europe_hills"])"),
              "region_unknown: job.regions: no such region 'europe_hills'" + known);
    for (const char *name : {"atlantis_land", "europe_land_land", "_land"}) {
        EXPECT_EQ(error_of(std::string("[\"") + name + "\"]", kLand),
                  std::string("region_unknown: job.regions: no such region '") + name + "'" +
                      known);
    }
    EXPECT_EQ(error_of(R"([{"name": "a", "region": "b"}, {"name": "b", "region": "global"}])"),
              "region_unknown: job.regions: no such region 'b'" + known +
                  ", and those that the job makes");
}

TEST(JobRegions, WrongRegionsAreNamedWithTheirPath)
{
    const std::string box = R"("box": {"north": 48, "south": 43, "west": 5, "east": 17})";
    EXPECT_EQ(error_of("[7]"),
              "job_invalid: job.regions[0]: a text or an object is wanted, not an integer");
    EXPECT_EQ(error_of(R"(["global", ""])"),
              "job_invalid: job.regions[1]: a text or an object is wanted, not an empty text");
    EXPECT_EQ(error_of("[{" + box + "}]"), "job_invalid: job.regions[0]: key 'name' is missing");
    EXPECT_EQ(error_of(R"([{"name": "x"}])"),
              "job_invalid: job.regions[0]: one of 'box', 'polygon' and 'region' is wanted, or a "
              "'mask' alone");
    EXPECT_EQ(error_of(R"([{"name": "x", "region": "europe", )" + box + "}]"),
              "job_invalid: job.regions[0]: one of 'box', 'polygon' and 'region' is wanted, or a "
              "'mask' alone");
    EXPECT_EQ(error_of(R"([{"name": "europe", )" + box + "}]"),
              "job_invalid: job.regions[0].name: 'europe' is a predefined region");
    EXPECT_EQ(error_of(R"([{"name": "x", )" + box + R"(}, {"name": "x", )" + box + "}]"),
              "job_invalid: job.regions[1].name: 'x' is taken by regions[0]");
    for (const std::string &name : {std::string(), std::string(128, 'x'), std::string("a\\nb")}) {
        EXPECT_EQ(error_of("[{\"name\": \"" + name + "\", " + box + "}]"),
                  "job_invalid: job.regions[0].name: 1 to 127 bytes without control characters are "
                  "wanted");
    }
    EXPECT_EQ(error_of(R"([{"name": "x", "boxes": 1}])"),
              "job_invalid: job.regions[0]: unknown key 'boxes'");
    EXPECT_EQ(error_of(R"([{"name": "x", "polygon": 7}])"),
              "job_invalid: job.regions[0].polygon: a file's name or a GeoJSON object is wanted, "
              "not an integer");
    EXPECT_EQ(error_of(R"([{"name": "x", "mask": "land"}])"),
              "job_invalid: job.regions: 'x' is under a mask 'land', which job.masks lacks");
    EXPECT_EQ(error_of(R"([{"name": "x", "region": "europe", "mask": "land"}])"),
              "job_invalid: job.regions: 'x' is under a mask 'land', which job.masks lacks");
    EXPECT_EQ(error_of(R"([{"name": "x", "mask": "land"}, "x_sea"])", kLand),
              "job_invalid: job.regions: 'x_sea' is under two masks, 'land' and 'land'; one is "
              "possible");
}

TEST(JobRegions, WrongBoxesAreNamedWithTheirNumbers)
{
    const auto of = [](const std::string &box) {
        return error_of(R"([{"name": "x", "box": )" + box + "}]");
    };
    EXPECT_EQ(of("7"), "job_invalid: job.regions[0].box: an object is wanted, not an integer");
    EXPECT_EQ(of(R"({"north": 1, "south": 0, "west": 0})"),
              "job_invalid: job.regions[0].box: key 'east' is missing");
    EXPECT_EQ(of(R"({"north": 91, "south": 0, "west": 0, "east": 1})"),
              "job_invalid: job.regions[0].box.north: 91 is not within -90 .. 90");
    EXPECT_EQ(of(R"({"north": 1, "south": 0, "west": -361, "east": 1})"),
              "job_invalid: job.regions[0].box.west: -361 is not within -360 .. 360");
    EXPECT_EQ(of(R"({"north": 1, "south": 2, "west": 0, "east": 1})"),
              "job_invalid: job.regions[0].box: south 2 lies north of north 1");
}

TEST(JobRegions, WrongMasksAreNamedWithTheirPath)
{
    const auto of = [](const std::string &mask) {
        return error_of(R"(["global"])", R"({"land": )" + mask + "}");
    };
    EXPECT_EQ(error_of(R"(["global"])", "[]"),
              "job_invalid: job.masks: an object of at most 64 masks is wanted, not an array");
    EXPECT_EQ(of("7"), "job_invalid: job.masks.land: an object is wanted, not an integer");
    EXPECT_EQ(of("{}"), "job_invalid: job.masks.land: key 'files' is missing or empty");
    EXPECT_EQ(of(R"({"files": ["a"], "names": {}})"),
              "job_invalid: job.masks.land: unknown key 'names'");
    EXPECT_EQ(of(R"({"files": ["a"], "threshold": "x"})"),
              "job_invalid: job.masks.land.threshold: a number is wanted, not a string");
    EXPECT_EQ(of(R"({"files": ["a"], "threshold": 0.5, "classes": [1]})"),
              "job_invalid: job.masks.land: 'threshold' or 'classes', not both");
    EXPECT_EQ(of(R"({"files": ["a"], "classes": []})"),
              "job_invalid: job.masks.land.classes: 0 entries; 1 to 4096 are possible");
    EXPECT_EQ(of(R"({"files": ["a"], "classes": [1, "x"]})"),
              "job_invalid: job.masks.land.classes[1]: a number is wanted, not a string");
    EXPECT_EQ(of(R"({"files": ["a"], "invert": 1})"),
              "job_invalid: job.masks.land.invert: a boolean is wanted, not an integer");
    EXPECT_EQ(of(R"({"files": ["a"], "missing": "inside"})"),
              "job_invalid: job.masks.land.missing: 'outside' is wanted, not 'inside'");
    EXPECT_EQ(
        error_of(R"(["global"])", R"({"a_b": {"files": ["a"]}})"),
        "job_invalid: job.masks.a_b: a mask's name has 1 to 127 bytes and no '_', which joins "
        "it to a region's");
}

TEST(JobRegions, AreBounded)
{
    std::string many = "[\"global\"";
    for (int i = 1; i < JOB_REGIONS_MAX; i++) {
        many += ", \"global\"";
    }
    EXPECT_EQ(error_of(many + "]"), "ok");
    EXPECT_EQ(error_of(many + ", \"global\"]"),
              "job_invalid: job.regions: 1025 entries; 1024 at most");
    // Areas within areas.
    const auto chain = [](int n) {
        std::string text =
            R"([{"name": "r0", "box": {"north": 1, "south": 0, "west": 0, "east": 1}})";
        for (int i = 1; i < n; i++) {
            text += R"(, {"name": "r)" + std::to_string(i) + R"(", "region": "r)" +
                    std::to_string(i - 1) + "\"}";
        }
        return text + "]";
    };
    EXPECT_EQ(error_of(chain(JOB_STEPS_MAX)), "ok");
    EXPECT_EQ(error_of(chain(JOB_STEPS_MAX + 1)),
              "job_invalid: job.regions: 'r0' has regions in it, one within another, more than 7 "
              "deep");
}

} // namespace
