// SPDX-License-Identifier: MIT
//
// What is asked for is not in the files. The message says what is.
#include "program.h"

class Selection : public Program
{
};

TEST_F(Selection, MissingVariable)
{
    expect_refused(score({forecast(), truth(), "--variables", "q"}), {".nc", "'q'", "t"});
    Sample sample = truth_sample();
    sample.variable = "q";
    expect_refused(score({forecast(), write(sample, "q.nc"), "--variables", "q"}),
                   {forecast(), "'q'", "t"});
}

TEST_F(Selection, VariableMissingInTruthOnly)
{
    Sample sample = truth_sample();
    sample.variable = "z";
    expect_refused(score({forecast(), write(sample, "z.nc"), "--variables", "t"}),
                   {path("z.nc"), "'t'", "z"});
}

TEST_F(Selection, NoVariableInCommon)
{
    Sample sample = truth_sample();
    sample.variable = "z";
    expect_refused(score({forecast(), write(sample, "z.nc")}), {forecast(), path("z.nc")});
}

TEST_F(Selection, NameInTheFileThatIsNotThere)
{
    const std::string names = "\"names\": {\"t\": \"temperature\"}, ";
    expect_refused(
        score_job(source(forecast(), "a", names), source(truth()), ", \"variables\": [\"t\"]"),
        {forecast(), "temperature"});
}

TEST_F(Selection, MissingLevel)
{
    expect_refused(score({forecast(), truth(), "--levels", "500,300"}),
                   {forecast(), "300", "500", "850"});
}

TEST_F(Selection, LevelMissingInTruthOnly)
{
    Sample sample = truth_sample();
    sample.axis("level").value = {500, 300};
    expect_refused(score({forecast(), write(sample, "other.nc"), "--levels", "850"}),
                   {path("other.nc"), "850", "300"});
}

TEST_F(Selection, MissingLead)
{
    expect_refused(score({forecast(), truth(), "--leads", "12,36"}),
                   {forecast(), "36", "12", "24"});
}

TEST_F(Selection, MissingInitTime)
{
    const std::string select = "\"select\": {\"init\": \"2017-02-01T00\"}, ";
    expect_refused(score_job(source(forecast(), "a", select), source(truth())),
                   {forecast(), "2017-02-01T00"});
}

TEST_F(Selection, NoOverlapOfValidTimes)
{
    Sample sample = truth_sample();
    sample.axis("time").units = "hours since 2018-06-01";
    expect_refused(score({forecast(), write(sample, "later.nc")}),
                   {forecast(), path("later.nc"), "2017-01-01T12", "2018-06-01T12"});
}

TEST_F(Selection, ClimatologyWithoutTheHour)
{
    Sample sample = climatology_sample();
    sample.axis("hour").value = {3, 9};
    expect_refused(score({forecast(), truth(), write(sample, "hours.nc")}),
                   {path("hours.nc"), "hour"});
}

TEST_F(Selection, UnknownRegion)
{
    const Result result = score({forecast(), truth(), "--regions", "global,atlantis"});
    expect_refused(result, {"'atlantis'", "global", "tropics"});
    expect_refused(
        score_job(source(forecast(), "a"), source(truth()), ", \"regions\": [\"atlantis\"]"),
        {"'atlantis'", "tropics", "job.json"});
}

TEST_F(Selection, UnknownMetric)
{
    expect_refused(score({forecast(), truth(), "--metrics", "rmse,rmsf"}), {"'rmsf'", "rmse"});
    expect_refused(score_job(source(forecast(), "a"), source(truth()), ", \"metrics\": [\"rmsf\"]"),
                   {"'rmsf'", "rmse", "job.json"});
}

TEST_F(Selection, UnknownWeighting)
{
    expect_refused(score({forecast(), truth(), "--weights", "sin"}), {"'sin'", "cos"});
}
