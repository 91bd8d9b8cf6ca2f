// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <string>

#include <gaia/job.h>

namespace
{

const std::string kGood = R"({"schema": "gaia.job/1", "name": "n",
  "forecasts": [{"id": "a", "files": ["f.nc"], "names": {"z": "geo"}, "select": {"init": "2017-10-18T00"},
                 "step_override": 12, "format": "netcdf", "manifest": "m.json", "manifest_hash": "00",
                 "token_file": "token", "ca_file": "ca.pem"}],
  "truth": {"files": ["t1.nc", "t2.nc"], "as": "truth"}, "levels": [500, 850], "leads": [12, 1.5],
  "regions": ["europe"], "weights": ["none"], "metrics": ["rmse"], "missing": "propagate"})";

// The error's status name and detail.
std::string error_of(const std::string &json)
{
    gaia_job *job = nullptr;
    gaia_error err = {};
    const gaia_status status = gaia_job_parse(json.data(), json.size(), &job, &err);
    EXPECT_NE(status, GAIA_OK);
    EXPECT_EQ(job, nullptr);
    gaia_job_free(job);
    return std::string(gaia_status_name(status)) + ": " + err.detail;
}

std::string replaced(std::string text, const std::string &from, const std::string &to)
{
    const size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

TEST(Job, ReadsEverything)
{
    gaia_job *job = nullptr;
    gaia_error err = {};
    ASSERT_EQ(gaia_job_parse(kGood.data(), kGood.size(), &job, &err), GAIA_OK) << err.detail;
    EXPECT_STREQ(job->name, "n");
    ASSERT_EQ(job->n_forecasts, 1u);
    EXPECT_STREQ(job->forecasts[0].id, "a");
    EXPECT_STREQ(job->forecasts[0].names[0].in_file, "geo");
    EXPECT_STREQ(job->forecasts[0].select_init, "2017-10-18T00");
    EXPECT_EQ(job->forecasts[0].init, nullptr);
    EXPECT_EQ(job->forecasts[0].step_override_s, 12 * 3600);
    EXPECT_STREQ(job->forecasts[0].format, "netcdf");
    EXPECT_STREQ(job->forecasts[0].manifest, "m.json");
    EXPECT_STREQ(job->forecasts[0].manifest_hash, "00");
    EXPECT_STREQ(job->forecasts[0].token_file, "token");
    EXPECT_STREQ(job->forecasts[0].ca_file, "ca.pem");
    ASSERT_EQ(job->truth.n_files, 2u);
    EXPECT_STREQ(job->truth.format, "auto");
    EXPECT_EQ(job->truth.manifest, nullptr);
    EXPECT_TRUE(job->truth.as_truth);
    EXPECT_FALSE(job->has_climatology);
    EXPECT_EQ(job->levels[1], 850);
    EXPECT_EQ(job->leads_s[1], 5400);
    EXPECT_EQ(job->missing, GAIA_MISSING_PROPAGATE);
    EXPECT_EQ(std::string(job->json, job->json_length), kGood);
    gaia_job_free(job);
}

TEST(Job, MalformedJsonHasLineAndColumn)
{
    EXPECT_EQ(error_of("{\"schema\": \"gaia.job/1\",\n  oops}"),
              "job_invalid: job: line 2, column 6: string or '}' expected");
}

TEST(Job, UnknownKeysAreNamedWithTheirPath)
{
    EXPECT_EQ(error_of(replaced(kGood, "\"levels\"", "\"levles\"")),
              "job_invalid: job: unknown key 'levles'");
    EXPECT_EQ(error_of(replaced(kGood, "\"step_override\"", "\"step\"")),
              "job_invalid: job.forecasts[0]: unknown key 'step'");
    EXPECT_EQ(error_of(replaced(kGood, "\"init\"", "\"time\"")),
              "job_invalid: job.forecasts[0].select: unknown key 'time'");
}

TEST(Job, InitIsOfForecastsAndContradictsOtherTimes)
{
    const std::string init = "\"init\": \"2017-10-18\"";
    EXPECT_EQ(error_of(replaced(kGood, "\"step_override\": 12", init)),
              "job_invalid: job.forecasts[0]: 'init' and 'select' contradict each other");
    EXPECT_EQ(error_of(replaced(kGood, "\"as\": \"truth\"", init)),
              "job_invalid: job.truth.init: only forecasts have an init time");
    EXPECT_EQ(
        error_of(replaced(kGood, "\"levels\"",
                          "\"climatology\": {\"files\": [\"c.nc\"], " + init + "}, \"levels\"")),
        "job_invalid: job.climatology.init: only forecasts have an init time");
    EXPECT_EQ(error_of(replaced(kGood, "\"step_override\": 12", "\"init\": 12")),
              "job_invalid: job.forecasts[0].init: a string is wanted, not an integer");
}

TEST(Job, WrongValuesAreNamedWithTheirPath)
{
    EXPECT_EQ(error_of(replaced(kGood, "[\"f.nc\"]", "\"f.nc\"")),
              "job_invalid: job.forecasts[0].files: an array is wanted, not a string");
    EXPECT_EQ(error_of(replaced(kGood, "[500, 850]", "[500, \"x\"]")),
              "job_invalid: job.levels[1]: a number is wanted, not a string");
    EXPECT_EQ(error_of(replaced(kGood, "propagate", "ignore")),
              "job_invalid: job.missing: 'pairwise' or 'propagate' is wanted, not 'ignore'");
    EXPECT_EQ(error_of(replaced(kGood, "gaia.job/1", "gaia.job/2")),
              "job_invalid: job.schema: 'gaia.job/1' is wanted, not 'gaia.job/2'");
    EXPECT_EQ(error_of(replaced(kGood, "\"id\": \"a\", ", "")),
              "job_invalid: job.forecasts[0]: key 'id' is missing");
    EXPECT_EQ(error_of(replaced(kGood, "\"id\": \"a\"", "\"id\": \"\"")),
              "job_invalid: job.forecasts[0].id: it is empty");
    EXPECT_EQ(error_of(replaced(kGood, "\"id\": \"a\"", "\"id\": \"a\\u202eb\"")),
              "job_invalid: job.forecasts[0].id: 'a?b' has control characters, or others that are "
              "not seen");
    EXPECT_EQ(error_of("[]"), "job_invalid: job: an object is wanted, not an array");
    EXPECT_EQ(error_of(replaced(kGood, "2017-10-18T00", "yesterday")),
              "job_invalid: job.forecasts[0].select.init: 'yesterday': a time such as "
              "2017-01-01T12 is wanted");
}

TEST(Job, UnknownNamesListWhatThereIs)
{
    EXPECT_EQ(error_of(replaced(kGood, "europe", "atlantis")),
              "region_unknown: job.regions: no such region 'atlantis'; there are: global, n.hem, "
              "tropics, s.hem, europe, extra-tropics, northern-hemisphere, southern-hemisphere, "
              "north-america, north-atlantic, north-pacific, east-asia, ausnz, arctic, antarctic, "
              "northern-africa, southern-africa, south-america, west-asia, south-east-asia, zonal");
    EXPECT_EQ(error_of(replaced(kGood, "\"none\"", "\"sin\"")),
              "weighting_unknown: job.weights: no such weighting 'sin'; there are: cos, area_wb2, "
              "area_wbx, none");
    EXPECT_EQ(
        error_of(replaced(kGood, "\"rmse\"", "\"rsme\"")),
        "metric_unknown: job.metrics: no such metric 'rsme'; there are: n_valid, mse, rmse, mae, "
        "bias, bcrmse, bcrmse_unweighted_bias, pearson, acc_uncentred, acc_centred, mse_clim, "
        "msess_clim, mse_ref, msess_ref, msess_ref_common, n_times, rmse_mean_of_sqrt, "
        "pearson_mean, acc_centred_mean, acc_uncentred_mean, acc_uncentred_pooled, msess_ref_mean");
    EXPECT_EQ(error_of(replaced(kGood, "\"rmse\"", "\"msess_ref\"")),
              "job_invalid: job.metrics: 'msess_ref' needs a reference, which the job lacks");
    EXPECT_EQ(error_of(replaced(kGood, "\"rmse\"", "\"acc_centred\"")),
              "job_invalid: job.metrics: 'acc_centred' needs a climatology, which the job lacks");
}

TEST(Job, ForecastIdsAreDistinct)
{
    EXPECT_EQ(error_of(R"({"schema": "gaia.job/1", "truth": {"files": ["t"]},
        "forecasts": [{"id": "a", "files": ["x"]}, {"id": "a", "files": ["y"]}]})"),
              "job_invalid: job.forecasts[1].id: 'a' is taken by forecasts[0]");
}

} // namespace
