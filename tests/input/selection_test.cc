// SPDX-License-Identifier: MIT
//
// What is asked for is not in the files. The message says what is.
#include <netcdf.h>

#include "program.h"
#include "there_are.h"

class Selection : public Program
{
  protected:
    // Adds a variable of these dimensions; one that the file lacks gets three entries.
    static void add_variable(const std::string &file, const char *name,
                             const std::vector<std::string> &dimensions)
    {
        int id = 0;
        int variable = 0;
        std::vector<int> ids;
        ASSERT_EQ(nc_open(file.c_str(), NC_WRITE, &id), NC_NOERR);
        ASSERT_EQ(nc_redef(id), NC_NOERR);
        for (const auto &dimension : dimensions) {
            ids.push_back(-1);
            if (nc_inq_dimid(id, dimension.c_str(), &ids.back()) != NC_NOERR) {
                ASSERT_EQ(nc_def_dim(id, dimension.c_str(), 3, &ids.back()), NC_NOERR);
            }
        }
        ASSERT_EQ(
            nc_def_var(id, name, NC_FLOAT, static_cast<int>(ids.size()), ids.data(), &variable),
            NC_NOERR);
        ASSERT_EQ(nc_close(id), NC_NOERR);
    }

    // Expects the scores of `t` and, on stderr, one warning a line: "fields left out: " and these.
    static void expect_warned(const Result &result, const std::vector<std::string> &reasons)
    {
        std::string all;
        for (const auto &reason : reasons) {
            all += "gaia: warning: fields left out: " + reason + "\n";
        }
        EXPECT_EQ(result.status, 0);
        EXPECT_NE(result.out.find(",t,500,12,"), std::string::npos);
        EXPECT_EQ(result.out.find(",msl,"), std::string::npos);
        EXPECT_EQ(result.err, all);
    }
};

const char *const of_columns =
    ": its last two dimensions must be latitude and longitude with coordinates";
const char *const of_members =
    ": dimension 'number' (3) has no coordinate variable that says which of time, step, level, "
    "hour, dayofyear, month it is";

TEST_F(Selection, AVariableOfAnotherShapeIsNamed)
{
    add_variable(forecast(), "msl", {"time", "latitude", "longitude", "step"});
    expect_warned(score({forecast(), truth()}), {}); // the truth has none
    add_variable(truth(), "prmsl", {"time", "latitude", "longitude"});
    const std::string reason = forecast() + ": variable 'msl'" + of_columns;
    expect_warned(score({forecast(), truth()}), {reason});
    expect_warned(score({forecast(), truth(), "--variables", "t"}), {});
    expect_refused(score({forecast(), truth(), "--variables", "t,msl"}), reason);
}

// As ERA5's and WeatherBench2's stores have masks and heights beside their fields.
TEST_F(Selection, WhatNeverChangesIsPassedOver)
{
    for (const auto &file : {forecast(), truth()}) {
        add_variable(file, "land_sea_mask", {"latitude", "longitude"});
        add_variable(file, "area", {"longitude", "latitude"});
    }
    expect_warned(score({forecast(), truth()}), {});
    add_variable(forecast(), "q", {"time", "step", "latitude", "longitude"});
    add_variable(truth(), "q", {"latitude", "longitude"}); // its field is meant, and has no time
    expect_warned(score({forecast(), truth()}),
                  {truth() + ": variable 'q' has no time coordinate"});
    expect_refused(score({forecast(), truth(), "--variables", "area"}),
                   truth() + ": variable 'area' has no time coordinate");
}

TEST_F(Selection, AVariableOfTheTruthWithMembersIsNamed)
{
    add_variable(forecast(), "msl", {"time", "step", "latitude", "longitude"});
    add_variable(truth(), "msl", {"time", "number", "latitude", "longitude"});
    expect_warned(score({forecast(), truth()}), {truth() + ": variable 'msl'" + of_members});
}

TEST_F(Selection, AVariableThatNeitherHasFieldsOfIsNamedUnlessItIsNone)
{
    for (const auto &file : {forecast(), truth()}) {
        add_variable(file, "msl", {"number", "latitude", "longitude"});
        add_variable(file, "latitude_bounds", {"latitude", "bounds"});
        add_variable(file, "time_bounds", {"time", "bounds"});
        add_variable(file, "crs", {});
    }
    expect_warned(score({forecast(), truth()}), {forecast() + ": variable 'msl'" + of_members,
                                                 truth() + ": variable 'msl'" + of_members});
}

// Where one file of several has fields of it, it is scored as far as they go.
TEST_F(Selection, AFileWhereAVariableHasAnotherShapeIsNamed)
{
    const std::string first = write(forecast_sample(), "first.nc");
    Sample sample = forecast_sample();
    sample.axis("time").value = {-24, -12};
    sample.variable = "q";
    const std::string second = write(sample, "second.nc");
    add_variable(second, "t", {"time", "latitude", "longitude", "step"});
    const std::string files = R"({"id": "f", "files": [")" + first + R"(", ")" + second + R"("]})";
    expect_warned(score_job(files, source(truth())), {second + ": variable 't'" + of_columns});
}

TEST_F(Selection, MissingVariable)
{
    expect_refused(score({forecast(), truth(), "--variables", "q"}),
                   truth() + ": no variable 'q'; there are: t");
    Sample sample = truth_sample();
    sample.variable = "q";
    expect_refused(score({forecast(), write(sample, "q.nc"), "--variables", "q"}),
                   forecast() + ": no variable 'q'; there are: t");
}

// A variable of a record dimension that nothing was written to is there, without fields.
TEST_F(Selection, AVariableOfLengthZeroIsToldAsSuch)
{
    Sample sample = forecast_sample();
    sample.record = true;
    sample.axis("time").value = {};
    const std::string empty = write(sample, "empty.nc");
    const std::string said = ": variable 't' has no fields: its dimension 'time' has length 0";
    expect_refused(score({empty, truth()}), empty + said);
    expect_refused(score({empty, truth(), "--variables", "t"}), empty + said);
    add_variable(empty, "q", {"step", "latitude", "longitude"});
    expect_refused(score_job(source(empty, "f"), source(truth()), R"(, "variables": ["t"])"),
                   empty + said);
    // One file of several may be.
    const std::string files =
        R"({"id": "f", "files": [")" + empty + R"(", ")" + forecast() + R"("]})";
    for (const std::string variables : {"", R"(, "variables": ["t"])"}) {
        const Result result = score_job(files, source(truth()), variables);
        EXPECT_EQ(result.status, 0) << result.err;
        EXPECT_EQ(rows(result).size(), rows(score({forecast(), truth()})).size());
    }
}

TEST_F(Selection, VariableMissingInTruthOnly)
{
    Sample sample = truth_sample();
    sample.variable = "z";
    expect_refused(score({forecast(), write(sample, "z.nc"), "--variables", "t"}),
                   path("z.nc") + ": no variable 't'; there are: z");
}

TEST_F(Selection, NoVariableInCommon)
{
    Sample sample = truth_sample();
    sample.variable = "z";
    expect_refused(score({forecast(), write(sample, "z.nc")}),
                   forecast() + " and " + path("z.nc") + " have no variable in common");
}

TEST_F(Selection, NameInTheFileThatIsNotThere)
{
    const std::string names = "\"names\": {\"t\": \"temperature\"}, ";
    expect_refused(
        score_job(source(forecast(), "a", names), source(truth()), ", \"variables\": [\"t\"]"),
        forecast() + ": no variable 'temperature'; there are: t");
}

TEST_F(Selection, MissingLevel)
{
    expect_refused(score({forecast(), truth(), "--levels", "500,300"}),
                   forecast() + ": variable 't' has no level 300 hPa; there are: 500, 850");
}

TEST_F(Selection, LevelMissingInTruthOnly)
{
    Sample sample = truth_sample();
    sample.axis("level").value = {500, 300};
    expect_refused(score({forecast(), write(sample, "other.nc"), "--levels", "850"}),
                   path("other.nc") + ": variable 't' has no level 850 hPa; there are: 300, 500");
}

TEST_F(Selection, MissingLead)
{
    expect_refused(score({forecast(), truth(), "--leads", "12,36"}),
                   forecast() + ": variable 't' has no lead time 36 h; there are: 12, 24");
}

TEST_F(Selection, MissingInitTime)
{
    const std::string select = "\"select\": {\"init\": \"2017-02-01T00\"}, ";
    expect_refused(score_job(source(forecast(), "a", select), source(truth())),
                   forecast() + ": no field of init time 2017-02-01T00, which select names");
}

TEST_F(Selection, NoOverlapOfValidTimes)
{
    Sample sample = truth_sample();
    sample.axis("time").units = "hours since 2018-06-01";
    expect_refused(score({forecast(), write(sample, "later.nc")}),
                   "no valid time in common: " + forecast() +
                       " is valid 2017-01-01T12 .. 2017-01-02T12, " + path("later.nc") +
                       " is valid 2018-06-01T12 .. 2018-06-02T12");
}

TEST_F(Selection, ClimatologyWithoutTheHour)
{
    Sample sample = climatology_sample();
    sample.axis("hour").value = {3, 9};
    expect_refused(score({forecast(), truth(), write(sample, "hours.nc")}),
                   path("hours.nc") + ": variable 't', level 500: no climatology for 2017-01-01T12 "
                                      "(12 UTC); there are: hours 3, 9");
}

TEST_F(Selection, UnknownRegion)
{
    const std::string unknown = "regions: no such region 'atlantis'; there are: " + kRegions;
    expect_failed(score({forecast(), truth(), "--regions", "global,atlantis"}), 2, "--" + unknown);
    expect_refused(
        score_job(source(forecast(), "a"), source(truth()), ", \"regions\": [\"atlantis\"]"),
        path("job.json") + ": job." + unknown);
}

TEST_F(Selection, UnknownMetric)
{
    const std::string unknown = "metrics: no such metric 'rmsf'; there are: " + kMetrics;
    expect_failed(score({forecast(), truth(), "--metrics", "rmse,rmsf"}), 2, "--" + unknown);
    expect_refused(score_job(source(forecast(), "a"), source(truth()), ", \"metrics\": [\"rmsf\"]"),
                   path("job.json") + ": job." + unknown);
}

TEST_F(Selection, MetricsWithoutTheirSource)
{
    expect_failed(score({forecast(), truth(), "--metrics", "msess_ref"}), 2,
                  "--metrics: 'msess_ref' needs a reference, which the job lacks");
    expect_failed(score({forecast(), truth(), "--metrics", "acc_centred,mse_clim"}), 2,
                  "--metrics: 'acc_centred' needs a climatology, which the job lacks");
}

TEST_F(Selection, SumsOfWhatWasNotScored)
{
    const std::string sums = path("sums.gm");
    ASSERT_EQ(score({forecast(), truth(), "--moments-out", sums}).status, 0);
    expect_failed(gaia({"scores", sums, "--metrics", "msess_ref"}), 2,
                  sums + ": metric 'msess_ref' needs a reference, of which there are no sums");
    expect_refused(gaia({"scores", sums, "--levels", "300"}),
                   sums + ": no sums of level 300 hPa; there are: 500, 850");
    expect_refused(gaia({"scores", sums, "--leads", "36"}),
                   sums + ": no sums of lead time 36 hours; there are: 12, 24");
    expect_refused(gaia({"scores", sums, "--regions", "europe"}),
                   sums + ": no sums of region 'europe'; there are: global, n.hem, tropics, s.hem");
    expect_refused(gaia({"scores", path("gone.gm")}),
                   path("gone.gm") + ": No such file or directory");
}

TEST_F(Selection, UnknownWeighting)
{
    expect_failed(score({forecast(), truth(), "--weights", "sin"}), 2,
                  "--weights: no such weighting 'sin'; there are: cos, area_wb2, area_wbx, none");
}
