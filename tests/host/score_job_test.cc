// SPDX-License-Identifier: MIT
//
// What a caller of the library may get wrong is answered with a status and a sentence.

#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include <gaia/engine.h>

#include "engine_run.h"

namespace
{

class ScoreJob : public EngineFiles
{
  protected:
    void SetUp() override
    {
        const std::string json = job_json(sources());
        gaia_job *job = nullptr;
        ASSERT_EQ(gaia_job_parse(json.data(), json.size(), &job, nullptr), GAIA_OK);
        job_.reset(job);
        observer_.context = this;
        observer_.score = [](void *context, const gaia_score *) {
            static_cast<ScoreJob *>(context)->n_scores_++;
        };
        observer_.warned = [](void *context, const char *text) {
            static_cast<ScoreJob *>(context)->warnings_.emplace_back(text);
        };
    }

    // The detail of a call that is refused with this status and reports nothing.
    std::string refused(gaia_status status, const gaia_job *job, const gaia_engine_options *options,
                        const gaia_observer *observer)
    {
        gaia_error err = {};
        EXPECT_EQ(gaia_score_job(job, options, observer, &err), status) << err.detail;
        EXPECT_EQ(gaia_score_job(job, options, observer, nullptr), status);
        EXPECT_EQ(n_scores_, 0u);
        return err.detail;
    }

    std::unique_ptr<gaia_job, JobFree> job_;
    gaia_observer observer_ = {};
    gaia_engine_options options_ = {"cpu", 0, 0, 0, 0};
    size_t n_scores_ = 0;
    std::vector<std::string> warnings_;
};

TEST_F(ScoreJob, ZerosAreDefaults)
{
    gaia_error err = {};
    options_.device = nullptr;
    ASSERT_EQ(gaia_score_job(job_.get(), &options_, &observer_, &err), GAIA_OK) << err.detail;
    EXPECT_GT(n_scores_, 0u);
    EXPECT_LE(warnings_.size(), 1u); // of a GPU that cannot be used, where there is its library
    n_scores_ = 0;
    options_ = {"cpu", 100000, UINT64_MAX, UINT64_MAX, 7};
    ASSERT_EQ(gaia_score_job(job_.get(), &options_, &observer_, nullptr), GAIA_OK);
    EXPECT_GT(n_scores_, 0u);
}

TEST_F(ScoreJob, NullPointersAreNamed)
{
    const gaia_job empty = {};
    EXPECT_EQ(refused(GAIA_USAGE, nullptr, &options_, &observer_),
              "gaia_score_job: job is a null pointer");
    EXPECT_EQ(refused(GAIA_USAGE, job_.get(), nullptr, &observer_),
              "gaia_score_job: options is a null pointer");
    EXPECT_EQ(refused(GAIA_USAGE, job_.get(), &options_, nullptr),
              "gaia_score_job: observer is a null pointer");
    EXPECT_EQ(refused(GAIA_USAGE, &empty, &options_, &observer_),
              "gaia_score_job: job is not one of gaia_job_parse");
}

TEST_F(ScoreJob, UnknownAndAbsentDevicesAreNamed)
{
    options_.device = "abacus";
    EXPECT_EQ(refused(GAIA_USAGE, job_.get(), &options_, &observer_),
              "device 'abacus': auto, cpu or cuda is wanted");
    options_.device = "cuda";
    options_.gpu = 1000; // there is none, or not as many
    EXPECT_NE(refused(GAIA_DEVICE, job_.get(), &options_, &observer_).find("cuda"),
              std::string::npos);
}

TEST_F(ScoreJob, TooLittleMemoryIsALimit)
{
    options_.memory_bytes = 1;
    options_.n_threads = 1;
    EXPECT_EQ(refused(GAIA_LIMIT, job_.get(), &options_, &observer_),
              "fields of 19 x 36 points need 35037 bytes of memory at least; the limit is 1");
}

TEST_F(ScoreJob, JobsOfNothingAreNoJobs)
{
    gaia_error err = {};
    gaia_job *job = nullptr;
    EXPECT_EQ(gaia_job_parse(nullptr, 0, &job, &err), GAIA_USAGE);
    EXPECT_STREQ(err.detail, "gaia_job_parse: json is a null pointer");
    EXPECT_EQ(gaia_job_parse("{}", 2, nullptr, &err), GAIA_USAGE);
    EXPECT_STREQ(err.detail, "gaia_job_parse: job is a null pointer");
    EXPECT_EQ(gaia_job_parse("{}", 0, &job, &err), GAIA_JOB_INVALID);
    EXPECT_STREQ(err.detail, "job: line 1, column 0: '[' or '{' expected near end of file");
    EXPECT_EQ(gaia_job_parse("", 0, &job, nullptr), GAIA_JOB_INVALID);
    EXPECT_EQ(job, nullptr);
    gaia_job_free(nullptr);
}

} // namespace
