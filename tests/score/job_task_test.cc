// SPDX-License-Identifier: MIT
//
// Jobs with a task: what each may say, and what comes of it.
#include <gtest/gtest.h>

#include <string>

#include <gaia/job.h>

extern "C" {
#include "job_task.h"
#include "profile.h"
}

namespace
{

const std::string hash_request =
    R"("request": {"schema": "gaia.hash/1", "source": {"files": ["f.nc"]}})";

std::string task_job(const std::string &task, const std::string &rest)
{
    return R"({"schema": "gaia.job/1", "name": "n", "task": ")" + task + "\", " + rest + "}";
}

std::string error_of(const std::string &json)
{
    gaia_job *job = nullptr;
    gaia_error err = {};
    const gaia_status status = gaia_job_parse(json.data(), json.size(), &job, &err);
    EXPECT_NE(GAIA_OK, status) << json;
    gaia_job_free(job);
    return std::string(gaia_status_name(status)) + ": " + err.detail;
}

void expect_said(const std::string &json, const std::string &said)
{
    EXPECT_EQ("job_invalid: " + said, error_of(json));
}

TEST(JobTask, TheSixNames)
{
    size_t n = 0;
    for (; job_task_name(n) != nullptr; n++) {
        job_task task = JOB_TASK_COUNT;
        EXPECT_TRUE(job_task_find(job_task_name(n), &task));
        EXPECT_EQ(n, static_cast<size_t>(task));
    }
    EXPECT_EQ(6u, n);
}

TEST(JobTask, ADocumentTaskIsItsRequest)
{
    const std::string json = task_job("weather.hash.forecast_verify",
                                      hash_request + R"(, "claimed": "gaia-content/1 sha256:ab")");
    gaia_job *job = nullptr;
    gaia_error err = {};
    ASSERT_EQ(GAIA_OK, gaia_job_parse(json.data(), json.size(), &job, &err)) << err.detail;
    EXPECT_TRUE(job->has_document);
    EXPECT_STREQ("n", job->name);
    EXPECT_STREQ("weather.hash.forecast_verify", job->task);
    EXPECT_STREQ("gaia-content/1 sha256:ab", job->claimed);
    EXPECT_NE(std::string::npos, std::string(job->request, job->request_length).find("f.nc"));
    EXPECT_EQ(0u, job->n_forecasts);
    gaia_job_free(job);
}

TEST(JobTask, AScoringTaskHasItsProfile)
{
    const std::string sources =
        R"("forecasts": [{"id": "a", "files": ["f.nc"]}], "truth": {"files": ["t.nc"]},
           "climatology": {"files": ["c.nc"]}, "reference": {"files": ["r.nc"]})";
    const struct {
        const char *task;
        const char *profile;
    } wanted[] = {{"weather.scoring.day1_compute", "gaia-day1"},
                  {"weather.scoring.era5_final_compute", "gaia-era5"}};
    for (const auto &one : wanted) {
        gaia_job *job = nullptr;
        gaia_error err = {};
        const std::string json = task_job(one.task, sources);
        ASSERT_EQ(GAIA_OK, gaia_job_parse(json.data(), json.size(), &job, &err)) << err.detail;
        EXPECT_FALSE(job->has_document);
        ASSERT_NE(nullptr, job->profile);
        EXPECT_STREQ(one.profile, job->profile->name);
        gaia_job_free(job);
    }
    expect_said(
        task_job("weather.scoring.day1_compute", sources + R"(, "profile": "gaia-era5")"),
        "job.profile: task weather.scoring.day1_compute has profile 'gaia-day1', not 'gaia-era5'");
    expect_said(task_job("weather.scoring.day1_compute", hash_request),
                "job: unknown key 'request'");
}

TEST(JobTask, WhatIsWrongIsNamed)
{
    const std::string hash = "weather.hash.gfs_compute";
    expect_said(task_job("weather.moon", hash_request),
                "job.task: no such task 'weather.moon'; there are: weather.scoring.day1_compute, "
                "weather.scoring.era5_final_compute, weather.hash.gfs_compute, "
                "weather.hash.verification_compute, weather.hash.forecast_verify, "
                "weather.scoring.forecast_verification");
    expect_said(task_job(hash, R"("request": 3)"),
                "job.request: task weather.hash.gfs_compute wants an object, not an integer");
    expect_said(task_job(hash, R"("forecasts": [])"), "job: unknown key 'forecasts'");
    expect_said(task_job(hash, R"("request": {"schema": "gaia.hash/1"})"),
                "job.request: request: key 'source' is missing");
    expect_said(task_job(hash, hash_request + R"(, "claimed": "x")"), "job: unknown key 'claimed'");
    expect_said(task_job("weather.hash.forecast_verify", hash_request),
                "job: key 'claimed' is missing");
    expect_said(task_job("weather.scoring.forecast_verification", hash_request),
                "job.request: request.schema: 'gaia.verify/1' is wanted, not 'gaia.hash/1'");
    expect_said(R"({"schema": "gaia.job/2", "task": ")" + hash + "\", " + hash_request + "}",
                "job.schema: 'gaia.job/1' is wanted, not 'gaia.job/2'");
    expect_said(R"({"schema": "gaia.job/1", "task": 5})",
                "job.task: a string is wanted, not an integer");
}

} // namespace
