// SPDX-License-Identifier: MIT
//
// Jobs that are malformed. The message names the job's file and the place in it.
#include "program.h"

class JobInput : public Program
{
  protected:
    void expect_job_refused(const std::string &job, const std::string &said) const
    {
        put("job.json", job);
        expect_of_job(score({"--job", path("job.json")}), said);
    }

    void expect_of_job(const Result &result, const std::string &said) const
    {
        expect_refused(result, path("job.json") + ": job" + said);
    }
};

TEST_F(JobInput, MalformedJsonGivesLineAndColumn)
{
    expect_job_refused("{\n  \"schema\": \"gaia.job/1\",\n  \"forecasts\": }\n",
                       ": line 3, column 16: unexpected token");
    expect_job_refused("", ": line 1, column 0: '[' or '{' expected near end of file");
    expect_job_refused("{\"schema\": \"gaia.job/1\"",
                       ": line 1, column 23: '}' expected near end of file");
}

TEST_F(JobInput, UnknownKeyIsNamed)
{
    const std::string good = source(forecast(), "a");
    expect_of_job(score_job(good, source(truth()), ", \"region\": [\"global\"]"),
                  ": unknown key 'region'");
    expect_of_job(score_job(source(forecast(), "a", "\"step\": 12, "), source(truth())),
                  ".forecasts[0]: unknown key 'step'");
    expect_of_job(score_job(good, source(truth(), "", "\"file\": \"x\", ")),
                  ".truth: unknown key 'file'");
}

TEST_F(JobInput, MissingKeyIsNamed)
{
    expect_job_refused("{}", ": key 'schema' is missing");
    expect_job_refused("{\"schema\": \"gaia.job/1\"}", ": key 'forecasts' is missing");
    expect_job_refused("{\"schema\": \"gaia.job/1\", \"forecasts\": [" + source(forecast(), "a") +
                           "]}",
                       ": key 'truth' is missing");
}

TEST_F(JobInput, AnotherSchemaIsNamed)
{
    expect_job_refused("{\"schema\": \"gaia.job/99\"}",
                       ".schema: 'gaia.job/1' is wanted, not 'gaia.job/99'");
}

TEST_F(JobInput, WrongTypesAreNamedWithBothSides)
{
    const std::string good = source(forecast(), "a");
    expect_of_job(score_job(good, source(truth()), ", \"levels\": [\"500\"]"),
                  ".levels[0]: a number is wanted, not a string");
    expect_of_job(score_job(good, source(truth()), ", \"variables\": \"t\""),
                  ".variables: an array is wanted, not a string");
    expect_of_job(score_job("42", source(truth())),
                  ".forecasts[0]: an object is wanted, not an integer");
    expect_of_job(score_job("", source(truth())), ".forecasts: at least one is wanted");
    expect_of_job(score_job(good, source(truth()), ", \"missing\": \"ignore\""),
                  ".missing: 'pairwise' or 'propagate' is wanted, not 'ignore'");
}

TEST_F(JobInput, ForecastsWithOneIdAreNamed)
{
    expect_of_job(
        score_job(source(forecast(), "a") + ", " + source(forecast(), "a"), source(truth())),
        ".forecasts[1].id: 'a' is taken by forecasts[0]");
}

TEST_F(JobInput, TimesThatAreNoTimes)
{
    expect_of_job(score_job(source(forecast(), "a", "\"select\": {\"init\": \"yesterday\"}, "),
                            source(truth())),
                  ".forecasts[0].select.init: 'yesterday': a time such as 2017-01-01T12 is wanted");
}

TEST_F(JobInput, AnUnknownFormatIsNamed)
{
    expect_refused(
        score_job(source(forecast(), "a", "\"format\": \"punched cards\", "), source(truth())),
        forecast() + ": format 'punched cards' is not supported; there are: netcdf, grib, zarr");
}

TEST_F(JobInput, MissingJobFile)
{
    expect_refused(score({"--job", path("gone.json")}),
                   path("gone.json") + ": No such file or directory");
}

TEST_F(JobInput, PathsAreRelativeToWhereTheProgramRuns)
{
    expect_refused(score_job(source("no/such/forecast.nc", "a"), source(truth())),
                   "no/such/forecast.nc: No such file or directory");
}
