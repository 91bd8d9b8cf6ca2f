// SPDX-License-Identifier: MIT
//
// Jobs that are malformed. The message names the job's file and the place in it.
#include "program.h"

class JobInput : public Program
{
  protected:
    void expect_job_refused(const std::string &job, std::vector<std::string> said) const
    {
        put("job.json", job);
        said.push_back(path("job.json"));
        expect_refused(score({"--job", path("job.json")}), said);
    }
};

TEST_F(JobInput, MalformedJsonGivesLineAndColumn)
{
    expect_job_refused("{\n  \"schema\": \"gaia.job/1\",\n  \"forecasts\": }\n",
                       {"line 3", "column 16"});
    expect_job_refused("", {"line 1"});
    expect_job_refused("{\"schema\": \"gaia.job/1\"", {"line 1"});
}

TEST_F(JobInput, UnknownKeyIsNamed)
{
    const std::string good = source(forecast(), "a");
    expect_refused(score_job(good, source(truth()), ", \"region\": [\"global\"]"),
                   {path("job.json"), "'region'"});
    expect_refused(score_job(source(forecast(), "a", "\"step\": 12, "), source(truth())),
                   {path("job.json"), "forecasts[0]", "'step'"});
    expect_refused(score_job(good, source(truth(), "", "\"file\": \"x\", ")),
                   {path("job.json"), "truth", "'file'"});
}

TEST_F(JobInput, MissingKeyIsNamed)
{
    expect_job_refused("{}", {"'schema'"});
    expect_job_refused("{\"schema\": \"gaia.job/1\"}", {"'forecasts'"});
    expect_job_refused("{\"schema\": \"gaia.job/1\", \"forecasts\": [" + source(forecast(), "a") +
                           "]}",
                       {"'truth'"});
}

TEST_F(JobInput, AnotherSchemaIsNamed)
{
    expect_job_refused("{\"schema\": \"gaia.job/99\"}", {"gaia.job/1", "gaia.job/99"});
}

TEST_F(JobInput, WrongTypesAreNamedWithBothSides)
{
    const std::string good = source(forecast(), "a");
    expect_refused(score_job(good, source(truth()), ", \"levels\": [\"500\"]"),
                   {"levels[0]", "a number", "a string"});
    expect_refused(score_job(good, source(truth()), ", \"variables\": \"t\""),
                   {"variables", "an array", "a string"});
    expect_refused(score_job("42", source(truth())), {"forecasts[0]", "an object", "an integer"});
    expect_refused(score_job("", source(truth())), {"forecasts"});
    expect_refused(score_job(good, source(truth()), ", \"missing\": \"ignore\""),
                   {"missing", "pairwise", "'ignore'"});
}

TEST_F(JobInput, ForecastsWithOneIdAreNamed)
{
    expect_refused(
        score_job(source(forecast(), "a") + ", " + source(forecast(), "a"), source(truth())),
        {"forecasts[1]", "'a'"});
}

TEST_F(JobInput, TimesThatAreNoTimes)
{
    expect_refused(score_job(source(forecast(), "a", "\"select\": {\"init\": \"yesterday\"}, "),
                             source(truth())),
                   {"select", "'yesterday'"});
}

TEST_F(JobInput, AnUnknownFormatIsNamed)
{
    expect_refused(
        score_job(source(forecast(), "a", "\"format\": \"punched cards\", "), source(truth())),
        {"punched cards"});
}

TEST_F(JobInput, MissingJobFile)
{
    expect_refused(score({"--job", path("gone.json")}), {path("gone.json"), "No such file"});
}

TEST_F(JobInput, PathsAreRelativeToWhereTheProgramRuns)
{
    expect_refused(score_job(source("no/such/forecast.nc", "a"), source(truth())),
                   {"no/such/forecast.nc"});
}
