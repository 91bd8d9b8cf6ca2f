// SPDX-License-Identifier: MIT
//
// What is asked for is not in the files. The message says what is.
#include "program.h"
#include "there_are.h"

class Selection : public Program
{
};

TEST_F(Selection, MissingVariable)
{
    expect_refused(score({forecast(), truth(), "--variables", "q"}),
                   truth() + ": no variable 'q'; there are: t");
    Sample sample = truth_sample();
    sample.variable = "q";
    expect_refused(score({forecast(), write(sample, "q.nc"), "--variables", "q"}),
                   forecast() + ": no variable 'q'; there are: t");
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
    const std::string unknown = "job.regions: no such region 'atlantis'; there are: " + kRegions;
    const Result result = score({forecast(), truth(), "--regions", "global,atlantis"});
    expect_refused(result, unknown);
    expect_refused(
        score_job(source(forecast(), "a"), source(truth()), ", \"regions\": [\"atlantis\"]"),
        path("job.json") + ": " + unknown);
}

TEST_F(Selection, UnknownMetric)
{
    const std::string unknown = "job.metrics: no such metric 'rmsf'; there are: " + kMetrics;
    expect_refused(score({forecast(), truth(), "--metrics", "rmse,rmsf"}), unknown);
    expect_refused(score_job(source(forecast(), "a"), source(truth()), ", \"metrics\": [\"rmsf\"]"),
                   path("job.json") + ": " + unknown);
}

TEST_F(Selection, MetricsWithoutTheirSource)
{
    expect_refused(score({forecast(), truth(), "--metrics", "msess_ref"}),
                   "job.metrics: 'msess_ref' needs a reference, which the job lacks");
    expect_refused(score({forecast(), truth(), "--metrics", "acc_centred,mse_clim"}),
                   "job.metrics: 'acc_centred' needs a climatology, which the job lacks");
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
    expect_refused(
        score({forecast(), truth(), "--weights", "sin"}),
        "job.weights: no such weighting 'sin'; there are: cos, area_wb2, area_wbx, none");
}
