// SPDX-License-Identifier: MIT
//
// Bands of latitude: each latitude in exactly one, names that read back, families in lists.
#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>
#include <vector>

#include <gaia/grid.h>
#include <gaia/job.h>

extern "C" {
#include "arena.h"
#include "region_name.h"
#include "region_zonal.h"
}

namespace
{

const int kWidths[] = {1, 2, 3, 4, 5, 6, 9, 10, 12, 15, 18, 20, 30};

const char kWhatThereIs[] =
    "'zonal:WIDTH' asks for all bands of 1, 2, 3, 4, 5, 6, 9, 10, 12, 15, 18, 20, 30 degrees "
    "('zonal': of 5), and 'zonal_40n_45n' or 'zonal_45s_40s' for one";

std::string name_at(int width, size_t i)
{
    const zonal_band band = zonal_band_at(width, i);
    char name[ZONAL_NAME_BYTES];
    zonal_band_name(&band, name);
    return name;
}

// The bands of a family that a latitude lies in, by the boxes that regions are cut by.
std::vector<std::string> bands_with(int width, double latitude)
{
    std::vector<std::string> found;
    for (size_t i = 0; i < static_cast<size_t>(180 / width); i++) {
        region_box box = {};
        EXPECT_TRUE(region_find(name_at(width, i).c_str(), &box));
        if (region_has_latitude(&box, 0, latitude)) {
            found.push_back(name_at(width, i));
        }
    }
    return found;
}

std::vector<std::string> expanded(const std::vector<const char *> &names)
{
    arena memory;
    arena_init(&memory, 1 << 24);
    const char *const *list = nullptr;
    size_t n = 0;
    gaia_error err = {};
    EXPECT_EQ(GAIA_OK, zonal_expand(&memory, "list", names.data(), names.size(), &list, &n, &err))
        << err.detail;
    const std::vector<std::string> copy(list, list + n);
    arena_fini(&memory);
    return copy;
}

// The regions of a job with this list, or its error.
std::vector<std::string> job_regions(const std::string &regions)
{
    const std::string json = R"({"schema": "gaia.job/1", "forecasts": [{"id": "a", "files":
        ["f.nc"]}], "truth": {"files": ["t.nc"]}, "masks": {"land": {"files": ["l.nc"]}},
        "regions": )" + regions +
                             "}";
    gaia_job *job = nullptr;
    gaia_error err = {};
    const gaia_status status = gaia_job_parse(json.data(), json.size(), &job, &err);
    std::vector<std::string> names = {std::string(gaia_status_name(status)) + ": " + err.detail};
    if (status == GAIA_OK) {
        names.assign(job->regions, job->regions + job->n_regions);
    }
    gaia_job_free(job);
    return names;
}

TEST(Zonal, EveryLatitudeIsInOneBand)
{
    for (const int width : kWidths) {
        for (int quarter = -360; quarter <= 360; quarter++) {
            const double latitude = quarter / 4.0;
            EXPECT_EQ(1u, bands_with(width, latitude).size()) << width << " " << latitude;
        }
        for (int i = 1; i < 180 / width; i++) { // next to the bounds, and where they end
            const double bound = 90.0 - i * width;
            const std::vector<std::string> on = bands_with(width, bound);
            for (const double toward : {100.0, -100.0}) {
                EXPECT_EQ(on, bands_with(width, std::nextafter(bound, toward)));
                EXPECT_EQ(on, bands_with(width, std::nextafterf(static_cast<float>(bound),
                                                                static_cast<float>(toward))));
                double end = toward > 0 ? bound + REGION_SLACK : bound - REGION_SLACK;
                for (int k = 0; k < 3; k++) {
                    EXPECT_EQ(1u, bands_with(width, end).size()) << width << " " << end;
                    end = std::nextafter(end, bound + toward);
                    EXPECT_EQ(1u, bands_with(width, 2 * bound - end).size()) << width;
                }
            }
        }
    }
}

TEST(Zonal, ABoundBelongsToTheBandTowardsThePole)
{
    const struct {
        int width;
        double latitude;
        const char *band;
    } rows[] = {
        {5, 90, "zonal_85n_90n"},   {5, 85, "zonal_85n_90n"},  {5, 84.75, "zonal_80n_85n"},
        {5, 5, "zonal_5n_10n"},     {5, 0, "zonal_0n_5n"},     {5, -0.25, "zonal_5s_0s"},
        {5, -5, "zonal_10s_5s"},    {5, -85, "zonal_90s_85s"}, {5, -90, "zonal_90s_85s"},
        {20, 10, "zonal_10n_30n"},  {20, 0, "zonal_10s_10n"},  {20, 9.75, "zonal_10s_10n"},
        {20, -10, "zonal_30s_10s"}, {30, 60, "zonal_60n_90n"}, {30, -60, "zonal_90s_60s"},
        {1, -0.5, "zonal_1s_0s"},   {4, 2, "zonal_2n_6n"},     {4, -2, "zonal_6s_2s"},
    };
    for (const auto &row : rows) {
        EXPECT_EQ(std::vector<std::string>{row.band}, bands_with(row.width, row.latitude))
            << row.width << " " << row.latitude;
    }
}

TEST(Zonal, NamesReadBackAndGoFromNorthToSouth)
{
    std::set<std::string> seen;
    for (const int width : kWidths) {
        int before = 90;
        for (size_t i = 0; i < static_cast<size_t>(180 / width); i++) {
            const std::string name = name_at(width, i);
            zonal_band band = {};
            ASSERT_TRUE(zonal_band_find(name.c_str(), &band)) << name;
            EXPECT_EQ(before, band.north) << name;
            EXPECT_EQ(width, band.north - band.south) << name;
            before = band.south;
            EXPECT_TRUE(seen.insert(name).second) << name;
        }
        EXPECT_EQ(-90, before);
    }
    EXPECT_EQ("zonal_85n_90n", name_at(5, 0));
    EXPECT_EQ("zonal_0n_5n", name_at(5, 17));
    EXPECT_EQ("zonal_5s_0s", name_at(5, 18));
    EXPECT_EQ("zonal_10s_10n", name_at(20, 4));
    zonal_band band = {};
    for (const char *name :
         {"zonal",         "zonal_",        "zonal_5n",        "zonal_5n_",        "zonal_5n_10",
          "zonal_5n_10nn", "zonal_05n_10n", "zonal_5N_10N",    "zonal_10n_5n",     "zonal_5s_10s",
          "zonal_5s_0n",   "zonal_0s_5n",   "zonal_3n_8n",     "zonal_0n_7n",      "zonal_0n_90n",
          "zonal_0n_45n",  "zonal_90n_95n", "zonal_100n_105n", "zonal_5n_5n",      "zonal_-5n_0n",
          "zonal_5n-10n",  "zonal_5n_10n ", " zonal_5n_10n",   "zonal_0005n_0010n"}) {
        EXPECT_FALSE(zonal_band_find(name, &band)) << name;
    }
}

TEST(Zonal, FamiliesStandForTheirBands)
{
    EXPECT_EQ(
        (std::vector<std::string>{"global", "zonal_60n_90n", "zonal_30n_60n", "zonal_0n_30n",
                                  "zonal_30s_0s", "zonal_60s_30s", "zonal_90s_60s", "arctic"}),
        expanded({"global", "zonal:30", "arctic"}));
    EXPECT_EQ(36u, expanded({"zonal"}).size());
    EXPECT_EQ(expanded({"zonal"}), expanded({"zonal:5"}));
    // What stands before does not come again; what is named twice is left to whoever reads the
    // list.
    EXPECT_EQ(36u + 18, expanded({"zonal", "zonal:5", "zonal:10"}).size());
    EXPECT_EQ(
        (std::vector<std::string>{"zonal_0n_30n", "zonal_0n_30n", "zonal_60n_90n", "zonal_30n_60n",
                                  "zonal_30s_0s", "zonal_60s_30s", "zonal_90s_60s", "zonal_0n_5n"}),
        expanded({"zonal_0n_30n", "zonal_0n_30n", "zonal:30", "zonal_0n_30n", "zonal_0n_5n"}));
    EXPECT_EQ(std::vector<std::string>{}, expanded({}));
}

TEST(Zonal, JobsHaveBandsByFamilyOneByOneAndUnderMasks)
{
    EXPECT_EQ(181u, job_regions(R"(["zonal:1", "global"])").size());
    EXPECT_EQ((std::vector<std::string>{"zonal_85n_90n", "zonal_10s_10n", "zonal_0n_5n_land",
                                        "zonal_0n_5n_sea"}),
              job_regions(
                  R"(["zonal_85n_90n", "zonal_10s_10n", "zonal_0n_5n_land", "zonal_0n_5n_sea"])"));
    const std::string north = R"({"name": "north", "region": "zonal_60n_90n", "mask": "land"})";
    EXPECT_EQ(std::vector<std::string>{"north"}, job_regions("[" + north + "]"));
    // Bands count as regions do.
    std::string many = "[\"zonal:1\"";
    for (int i = 0; i < 844; i++) {
        many += ", \"global\"";
    }
    EXPECT_EQ(1024u, job_regions(many + "]").size());
    EXPECT_EQ(std::vector<std::string>{"job_invalid: job.regions: 1025 regions with the bands of "
                                       "latitude; 1024 at most"},
              job_regions(many + ", \"global\"]"));
}

TEST(Zonal, WrongWidthsAndBandsSayWhatThereIs)
{
    for (const char *name :
         {"zonal:7", "zonal:0", "zonal:05", "zonal:-5", "zonal:2.5", "zonal:45", "zonal:180",
          "zonal:", "zonal: 5", "zonal:5 ", "zonal:5x", "zonal:99999999999999999999", "zonal_0n_7n",
          "zonal_90n", "zonal_land", "zonally"}) {
        EXPECT_EQ(std::vector<std::string>{std::string("region_unknown: job.regions: no such bands "
                                                       "of latitude '") +
                                           name + "'; " + kWhatThereIs},
                  job_regions("[\"" + std::string(name) + "\"]"));
    }
    const std::string box = R"("box": {"north": 1, "south": 0, "west": 0, "east": 1})";
    for (const char *name : {"zonal", "zonal:5", "zonal:7", "zonal_0n_5n"}) {
        EXPECT_EQ(
            std::vector<std::string>{std::string("job_invalid: job.regions[1].name: '") + name +
                                     "' is a predefined region"},
            job_regions("[\"zonal\", {\"name\": \"" + std::string(name) + "\", " + box + "}]"));
    }
}

} // namespace
