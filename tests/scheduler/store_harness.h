// SPDX-License-Identifier: MIT
//
// A store in a directory of its own, and shorthands for its operations. Used by the store tests.
//
// Invariant: the directory is removed with the harness, whatever the test did.
#ifndef STORE_HARNESS_H
#define STORE_HARNESS_H

#include <gtest/gtest.h>

#include <stdlib.h>

#include <filesystem>
#include <string>
#include <vector>

extern "C" {
#include "error.h"
#include "store.h"
}

// As store_ops.open takes it; longer than any test waits.
const int64_t kStallMs = 10000;

class TemporaryDirectory
{
  public:
    TemporaryDirectory()
    {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "gaia-test-XXXXXX").string();
        path_ = mkdtemp(pattern.data());
    }
    ~TemporaryDirectory()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryDirectory(const TemporaryDirectory &) = delete;
    TemporaryDirectory &operator=(const TemporaryDirectory &) = delete;
    std::string operator/(const std::string &name) const
    {
        return path_ + "/" + name;
    }
    const std::string &Path() const
    {
        return path_;
    }

  private:
    std::string path_;
};

inline struct job_record JobRecord(const std::string &id)
{
    struct job_record record = {};
    record_id_copy(record.id, id.c_str());
    record.batches_total = 1;
    record.submitted_ms = 1700000000000;
    return record;
}

inline struct batch_record BatchRecord(int64_t job, uint32_t number, enum batch_state state,
                                       const std::string &attempt = "",
                                       const std::string &session = "")
{
    struct batch_record record = {};
    record.job = job;
    record.number = number;
    record.kind = number == 0 ? BATCH_KIND_PLAN : BATCH_KIND_SCORE;
    record.state = state;
    record.first_unit = number == 0 ? 0 : (number - 1) * 2;
    record.n_units = number == 0 ? 0 : 2;
    record_id_copy(record.attempt, attempt.c_str());
    record_id_copy(record.session, session.c_str());
    return record;
}

// A list of all jobs.
inline constexpr struct job_filter kAllJobs = {false,   JOB_QUEUED, nullptr,
                                               nullptr, INT64_MAX,  10000};

// Everything that a visitor can be handed, collected.
struct Collected {
    std::vector<struct session_record> sessions;
    std::vector<struct job_record> jobs;
    std::vector<gaia_error> errors;
    std::vector<std::string> keys;
    std::vector<struct schedule_record> schedules;
    std::vector<struct token_record> tokens;
    std::vector<std::string> names;
    std::vector<uint64_t> spec_bytes;
    std::vector<struct batch_record> batches;
    std::vector<uint32_t> forecasts;
    std::vector<gaia_status> statuses;
    std::vector<std::string> texts;
    std::vector<uint64_t> units;
    std::vector<std::vector<double>> moments;
    std::vector<struct store_score> scores;

    struct store_visitor Visitor()
    {
        struct store_visitor visitor = {};
        visitor.context = this;
        visitor.session = [](void *c, const struct session_record *s) {
            Of(c)->sessions.push_back(*s);
        };
        visitor.job = [](void *c, const struct store_job *job) {
            Of(c)->jobs.push_back(job->record);
            Of(c)->jobs.back().error = nullptr; /* it is borrowed */
            Of(c)->errors.push_back(job->record.error != nullptr ? *job->record.error
                                                                 : gaia_error{});
            Of(c)->keys.push_back(job->key != nullptr ? job->key : "(none)");
            Of(c)->names.push_back(job->name);
            Of(c)->spec_bytes.push_back(job->spec_bytes);
        };
        visitor.batch = [](void *c, const struct batch_record *b) { Of(c)->batches.push_back(*b); };
        visitor.schedule = [](void *c, const struct store_schedule *schedule) {
            Of(c)->schedules.push_back(schedule->record);
            Of(c)->names.push_back(schedule->name);
        };
        visitor.token = [](void *c, const struct token_record *t) { Of(c)->tokens.push_back(*t); };
        visitor.attempt = [](void *c, const struct store_attempt *attempt) {
            Of(c)->texts.push_back(std::to_string(attempt->job) + "/" +
                                   std::to_string(attempt->batch) + "/" +
                                   std::to_string(attempt->at_ms) + "/" + attempt->executor + "/" +
                                   gaia_status_name(attempt->status) + "/" + attempt->detail);
        };
        visitor.listed = [](void *c, const struct store_batch *batch) {
            Of(c)->batches.push_back(batch->record);
            Of(c)->texts.push_back(std::string(batch->id) + "/" + batch->name);
        };
        visitor.forecast = [](void *c, const struct store_forecast *f) {
            Of(c)->forecasts.push_back(f->index);
            Of(c)->statuses.push_back(f->status);
            Of(c)->texts.push_back(std::string(f->id) + ": " + f->detail);
        };
        visitor.warning = [](void *c, const char *text) { Of(c)->texts.push_back(text); };
        visitor.moments = [](void *c, uint64_t unit, const double *sums, size_t n) {
            Of(c)->units.push_back(unit);
            Of(c)->moments.emplace_back(sums, sums + n);
        };
        visitor.score = [](void *c, const struct store_score *score) {
            Of(c)->scores.push_back(*score);
            Of(c)->texts.push_back(std::string(score->score.forecast) + "/" +
                                   score->score.variable + "/" + score->score.region + "/" +
                                   score->score.weighting + "/" + score->score.metric);
        };
        visitor.unranked = [](void *c, int64_t job, const struct store_composite *composite) {
            Of(c)->texts.push_back(std::to_string(job) + "/" + std::to_string(composite->index) +
                                   "/" + composite->forecast + "/" + composite->profile + "/" +
                                   composite->json);
        };
        visitor.standing = [](void *c, const struct store_standing *standing) {
            Of(c)->texts.push_back(std::string(standing->job) + "/" + standing->name + "/" +
                                   standing->tenant + "/" + standing->head);
        };
        visitor.composite = [](void *c, const struct store_composite *composite) {
            Of(c)->texts.push_back(std::to_string(composite->index) + "/" + composite->forecast +
                                   "/" + composite->profile + "/" + composite->json);
        };
        return visitor;
    }
    static Collected *Of(void *context)
    {
        return static_cast<Collected *>(context);
    }
};

#endif
