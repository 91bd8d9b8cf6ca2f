// SPDX-License-Identifier: MIT
//
// What is wrong with a mask, a polygon's file or their grid is told when the job is planned, by
// file, variable and index.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <string>

#include <netcdf.h>

#include "engine_run.h"
#include "made_mask.h"

namespace
{

class Mask : public EngineFiles
{
  protected:
    void SetUp() override
    {
        sources_ = sources();
        mask_.value = made_share;
        path_ = scratch_.path("lsm.nc");
    }

    // Plans the job with this mask and these regions: the error's status name and detail.
    std::string error_of(const std::string &more = "",
                         const std::string &regions = R"(["europe_land"])")
    {
        if (!is_made_) {
            mask_.write(path_);
        }
        sources_.regions = regions;
        sources_.more = R"(, "masks": {"land": {"files": [")" + path_ + "\"]" + more + "}}";
        const std::string json = job_json(sources_);
        const gaia_engine_options options = {"cpu", 1, 64 << 20, 0, 0};
        gaia_error err = {};
        gaia_job *job = nullptr;
        engine *opened = nullptr;
        plan *made = nullptr;
        EXPECT_EQ(gaia_job_parse(json.data(), json.size(), &job, &err), GAIA_OK) << err.detail;
        EXPECT_EQ(engine_open(&options, &opened, &err), GAIA_OK);
        const gaia_status status = engine_plan(opened, job, &made, &err);
        plan_free(made);
        engine_close(opened);
        gaia_job_free(job);
        return std::string(gaia_status_name(status)) + (status != GAIA_OK ? ": " : "") + err.detail;
    }

    Sources sources_;
    MadeMask mask_;
    std::string path_;
    bool is_made_ = false; // the file lies there already
};

TEST_F(Mask, ValuesThatAreNoWeightsAreNamedAsTheFileCounts)
{
    mask_.value = [](double lat, double lon) { return lat == 50 && lon == 70 ? 1.5 : 0.5; };
    EXPECT_EQ(error_of(), "job_invalid: mask 'land': " + path_ +
                              ": variable 'lsm'[4][7] (latitude 50, longitude 70): 1.5 is no "
                              "weight of 0 .. 1; \"threshold\" or \"classes\" makes one");
    mask_.ascending = true;
    mask_.roll = 30;
    EXPECT_EQ(error_of(), "job_invalid: mask 'land': " + path_ +
                              ": variable 'lsm'[14][13] (latitude 50, longitude 70): 1.5 is no "
                              "weight of 0 .. 1; \"threshold\" or \"classes\" makes one");
    mask_.value = [](double, double lon) { return lon == 0 ? -1e-9 : 1.0; };
    EXPECT_EQ(error_of(), "job_invalid: mask 'land': " + path_ +
                              ": variable 'lsm'[18][6] (latitude 90, longitude 0): -1e-09 is no "
                              "weight of 0 .. 1; \"threshold\" or \"classes\" makes one");
    EXPECT_EQ(error_of(R"(, "threshold": 0.5)"), "ok");
    EXPECT_EQ(error_of(R"(, "classes": [1])"), "ok");
}

TEST_F(Mask, AMissingValueIsNamed)
{
    mask_.value = [](double lat, double lon) {
        return lat == -90 && lon == 350 ? std::nan("") : 1.0;
    };
    const std::string why = "job_invalid: mask 'land': " + path_ +
                            ": variable 'lsm'[18][35] (latitude -90, longitude 350): missing; "
                            "\"missing\": \"outside\" leaves such points out";
    EXPECT_EQ(error_of(), why);
    EXPECT_EQ(error_of(R"(, "threshold": 0.5)"), why);
    EXPECT_EQ(error_of(R"(, "missing": "outside")"), "ok");
}

TEST_F(Mask, AnotherGridShowsBothSides)
{
    mask_.n_lon = 72;
    EXPECT_EQ(error_of(), "grid_mismatch: mask 'land': different grids: " + path_ +
                              " has 19 latitudes (90 .. -90) x 72 longitudes (0 .. 355), " +
                              sources_.truth + " has 19 (90 .. -90) x 36 (0 .. 350)");
}

TEST_F(Mask, TheVariableIsTheOnlyOneOrTheOneThatIsNamed)
{
    EXPECT_EQ(error_of(R"(, "variable": "lsm")"), "ok");
    EXPECT_EQ(error_of(R"(, "variable": "land")"),
              "variable_missing: mask 'land': " + path_ + ": no variable 'land'; there are: lsm");
    mask_.n_times = 2;
    EXPECT_EQ(error_of(), "job_invalid: mask 'land': " + path_ +
                              ": variable 'lsm' has 2 fields, of which one is wanted (\"select\": "
                              "{\"init\": TIME} takes those of a time)");
    EXPECT_EQ(error_of(R"(, "select": {"init": "2017-01-01T12"})"), "ok");
    EXPECT_EQ(error_of(R"(, "select": {"init": "2018-01-01T12"})"),
              "job_invalid: mask 'land': " + path_ +
                  ": variable 'lsm' has 0 fields, of which one is wanted (\"select\": {\"init\": "
                  "TIME} takes those of a time)");
}

TEST_F(Mask, AFileThatIsNotThereOrIsDamaged)
{
    EXPECT_EQ(error_of(R"(, "format": "punched cards")"),
              "format_unsupported: mask 'land': " + path_ +
                  ": format 'punched cards' is not supported; there are: netcdf, grib, zarr");
    is_made_ = true;
    std::ofstream(path_) << "no NetCDF";
    EXPECT_EQ(error_of(), "file_damaged: mask 'land': " + path_ + ": not a NetCDF file");
    path_ = scratch_.path("none.nc");
    EXPECT_EQ(error_of(), "file_missing: mask 'land': " + path_ + ": No such file or directory");
}

TEST_F(Mask, AMaskThatNoRegionUsesIsNotRead)
{
    mask_.value = [](double, double) { return 7.0; };
    EXPECT_EQ(error_of("", R"(["europe"])"), "ok");
}

TEST_F(Mask, PolygonsAreNamedWithTheirRegionAndFile)
{
    const std::string file = scratch_.path("basin.geojson");
    const std::string region = R"([{"name": "basin", "polygon": ")" + file + "\"}]";
    EXPECT_EQ(error_of("", region),
              "file_missing: region 'basin': " + file + ": No such file or directory");
    std::ofstream(file) << R"({"type": "Polygon", "coordinates": [[[0,0],[9,0],[9,9],[0,9]]]})";
    EXPECT_EQ(error_of("", region),
              "file_damaged: region 'basin': " + file +
                  ": polygon 0, ring 0: it is not closed: it begins at [0, 0] and ends at [0, 9]");
    EXPECT_EQ(error_of("", R"([{"name": "basin", "polygon": {"type": "Point"}}])"),
              "file_damaged: region 'basin': its polygon: a Polygon or MultiPolygon is wanted, not "
              "a Point");
}

} // namespace
