// SPDX-License-Identifier: MIT
//
// GRIB files against each other by what their variables mean: heights against geopotential, in one
// job.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include <gaia/engine.h>
#include <gaia/job.h>

extern "C" {
#include "alias.h"
}

#include "made_file.h"
#include "made_grib.h"

namespace
{

std::string grib_file(const Scratch &scratch, const std::string &name,
                      const std::vector<MadeGrib> &messages)
{
    write_messages(scratch.path(name), messages);
    return scratch.path(name);
}

struct Found {
    gaia_status status;
    std::string alias;
    std::string error;
};

Found find(const std::string &path, const char *name)
{
    reader *opened = nullptr;
    gaia_error err = {};
    char alias[ALIAS_BYTES] = "";
    EXPECT_EQ(reader_grib.open(path.c_str(), &opened, &err), GAIA_OK) << err.detail;
    const gaia_status status = alias_find(&reader_grib, opened, "FILE", name, alias, &err);
    reader_grib.close(opened);
    return {status, alias, err.detail};
}

MadeGrib named(const char *name)
{
    MadeGrib made = made_grib(2);
    made.set("shortName", name);
    return made;
}

TEST(GribAlias, ShortNamesAreFoundByEveryOtherName)
{
    Scratch scratch;
    const std::string path = grib_file(scratch, "a.grib", {named("t"), named("gh")});
    for (const char *name : {"temperature", "tmpprs", "TA"}) {
        EXPECT_EQ(find(path, name).alias, "t") << name;
    }
    EXPECT_EQ(find(path, "hgtprs").alias, "gh");
    EXPECT_EQ(find(path, "geopotential").alias, "gh"); // related, by gravity
    EXPECT_EQ(find(path, "specific_humidity").alias, "");
    EXPECT_EQ(find(path, "unheard_of").alias, "");
    EXPECT_EQ(find(path, "unheard_of").status, GAIA_OK);
}

TEST(GribAlias, TwoOfOneMeaningAreAnError)
{
    Scratch scratch;
    MadeGrib msl("regular_ll_sfc_grib2");
    msl.set("shortName", "msl");
    MadeGrib prmsl("regular_ll_sfc_grib2");
    prmsl.set("shortName", "prmsl");
    const std::string path = grib_file(scratch, "a.grib", {msl, prmsl});
    const Found found = find(path, "mean_sea_level_pressure");
    EXPECT_EQ(found.status, GAIA_JOB_INVALID);
    EXPECT_EQ(found.error, "FILE: variables 'msl' and 'prmsl' both mean 'mean_sea_level_pressure'; "
                           "\"names\" says which one is meant");
}

void score_collect(void *context, const gaia_score *score)
{
    auto *values = static_cast<std::vector<double> *>(context);
    if (std::string(score->metric) == "rmse" && !score->all_times) {
        EXPECT_STREQ(score->variable, "gh");
        values->push_back(score->value);
    }
}

TEST(GribAlias, HeightsAreScoredAgainstGeopotential)
{
    Scratch scratch;
    std::vector<double> height;
    std::vector<double> geopotential;
    for (int i = 0; i < 12; i++) {
        height.push_back(5500 + 8 * i);
        geopotential.push_back((5500 + 8 * i + 3) * 9.80665);
    }
    MadeGrib forecast = named("gh");
    forecast.set("dataDate", 20170101).set("dataTime", 0).set("stepRange", "12").values(height);
    MadeGrib truth = named("z");
    truth.set("dataDate", 20170101).set("dataTime", 1200).set("bitsPerValue", 24);
    truth.values(geopotential);
    const std::string json =
        R"({"schema": "gaia.job/1", "forecasts": [{"id": "f", "format": "grib", "files": [")" +
        grib_file(scratch, "f.grib", {forecast}) +
        R"("]}], "truth": {"format": "grib", "files": [")" + grib_file(scratch, "t.grib", {truth}) +
        R"("]}, "regions": ["global"]})";
    gaia_job *job = nullptr;
    gaia_error err = {};
    std::vector<double> values;
    const gaia_engine_options options = {"cpu", 1, 64 << 20, 0, 0};
    gaia_observer observer = {};
    observer.score = score_collect;
    observer.context = &values;
    ASSERT_EQ(gaia_job_parse(json.data(), json.size(), &job, &err), GAIA_OK) << err.detail;
    EXPECT_EQ(gaia_score_job(job, &options, &observer, &err), GAIA_OK) << err.detail;
    ASSERT_EQ(values.size(), 1U);
    EXPECT_NEAR(values[0], 3 * 9.80665, 0.01);
    gaia_job_free(job);
}

} // namespace
