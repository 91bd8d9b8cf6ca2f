// SPDX-License-Identifier: MIT
//
// What every store promises (store.h), as one suite that runs over each implementation.
//
// Invariant: nothing here knows SQL or which store it talks to.
#include <cmath>
#include <cstring>
#include <limits>

#include "stores.h"

namespace
{

class StoreContract : public ::testing::TestWithParam<const struct store_ops *>
{
  protected:
    StorePlace place_{GetParam()};
    struct store *store_ = nullptr;
    gaia_error err_ = {};

    const struct store_ops &Ops() const
    {
        return *GetParam();
    }
    void SetUp() override
    {
        Open();
    }
    void TearDown() override
    {
        Ops().close(store_);
    }
    void Open()
    {
        ASSERT_EQ(GAIA_OK, place_.Open(&store_, &err_)) << err_.detail;
    }
    void Reopen()
    {
        Ops().close(store_);
        store_ = nullptr;
        Open();
    }
    void Begin()
    {
        ASSERT_EQ(GAIA_OK, Ops().begin(store_, &err_)) << err_.detail;
    }
    void Commit()
    {
        ASSERT_EQ(GAIA_OK, Ops().commit(store_, &err_)) << err_.detail;
    }
    int64_t InsertJob(const std::string &id, const std::string &name = "a job",
                      const std::string &spec = "{}")
    {
        struct store_job job = {};
        job.record = JobRecord(id);
        job.name = name.c_str();
        job.spec_bytes = spec.size();
        int64_t seq = 0;
        EXPECT_EQ(GAIA_OK, Ops().job_insert(store_, &job, spec.c_str(), &seq, &err_))
            << err_.detail;
        return seq;
    }
    void Put(const struct batch_record &batch)
    {
        ASSERT_EQ(GAIA_OK, Ops().batch_put(store_, &batch, &err_)) << err_.detail;
    }
    // A job with one leased score batch of two units.
    int64_t LeasedJob()
    {
        const int64_t job = InsertJob("j1");
        Put(BatchRecord(job, 0, BATCH_DONE));
        Put(BatchRecord(job, 1, BATCH_LEASED, "attempt", "session"));
        return job;
    }
    enum store_outcome Report(int64_t job, const std::string &attempt, const std::string &session,
                              const std::vector<double> &sums, bool ok = true,
                              const bool *absent = nullptr)
    {
        struct store_result result = {};
        result.job = job;
        result.batch = 1;
        result.attempt = attempt.c_str();
        result.session = session.c_str();
        result.ok = ok;
        result.n_units = 2;
        result.unit_doubles = sums.size() / 2;
        result.sums = sums.data();
        result.is_absent = absent;
        enum store_outcome outcome = STORE_FENCED;
        EXPECT_EQ(GAIA_OK, Ops().result_commit(store_, &result, &outcome, &err_)) << err_.detail;
        return outcome;
    }
    Collected Loaded()
    {
        Collected all;
        const struct store_visitor visitor = all.Visitor();
        EXPECT_EQ(GAIA_OK, Ops().load(store_, &visitor, &err_)) << err_.detail;
        return all;
    }
    Collected Moments(int64_t job, uint64_t first = 0, uint64_t n = 1000)
    {
        Collected all;
        const struct store_visitor visitor = all.Visitor();
        EXPECT_EQ(GAIA_OK, Ops().moments_read(store_, job, first, n, &visitor, &err_));
        return all;
    }
    Collected Scores(int64_t job, int64_t after = -1, int64_t limit = 1000)
    {
        Collected all;
        const struct store_visitor visitor = all.Visitor();
        EXPECT_EQ(GAIA_OK, Ops().scores_read(store_, job, after, limit, &visitor, &err_));
        return all;
    }
    void AddScore(int64_t job, int64_t seq, double value, bool all_times = false)
    {
        struct store_score row = {};
        row.seq = seq;
        row.score.forecast = "f,\"1\"";
        row.score.variable = "z";
        row.score.level = seq % 2 == 0 ? 500 : std::nan("");
        row.score.lead_time_s = 3600;
        row.score.init_time_s = -7;
        row.score.valid_time_s = 3593;
        row.score.all_times = all_times;
        row.score.region = "global";
        row.score.weighting = "cos";
        row.score.metric = "rmse";
        row.score.value = value;
        ASSERT_EQ(GAIA_OK, Ops().score_add(store_, job, &row, &err_)) << err_.detail;
    }
};

TEST_P(StoreContract, KeepsJobsBatchesAndSessionsAcrossReopening)
{
    Begin();
    const int64_t job = InsertJob("j1", "näme", "{\"schema\": \"gaia.job/1\"}");
    struct batch_record batch = BatchRecord(job, 1, BATCH_LEASED, "attempt", "session");
    batch.tries = 2;
    batch.losses = 3;
    batch.seq = 77;
    Put(BatchRecord(job, 0, BATCH_DONE));
    Put(batch);
    struct session_record session = {};
    record_id_copy(session.session, "session");
    record_name_copy(session.executor, "executor-1");
    record_name_copy(session.boot, "boot");
    record_name_copy(session.device, "cpu");
    session.pid = 42;
    session.is_drained = true;
    ASSERT_EQ(GAIA_OK, Ops().session_put(store_, &session, &err_));
    Commit();
    Reopen();
    const Collected all = Loaded();
    ASSERT_EQ(1u, all.jobs.size());
    EXPECT_EQ(job, all.jobs[0].seq);
    EXPECT_STREQ("j1", all.jobs[0].id);
    EXPECT_EQ("näme", all.names[0]);
    EXPECT_EQ(24u, all.spec_bytes[0]);
    EXPECT_EQ(1700000000000, all.jobs[0].submitted_ms);
    ASSERT_EQ(2u, all.batches.size());
    EXPECT_EQ(BATCH_DONE, all.batches[0].state);
    EXPECT_EQ(BATCH_KIND_PLAN, all.batches[0].kind);
    EXPECT_EQ(BATCH_LEASED, all.batches[1].state);
    EXPECT_STREQ("attempt", all.batches[1].attempt);
    EXPECT_STREQ("session", all.batches[1].session);
    EXPECT_EQ(2u, all.batches[1].tries);
    EXPECT_EQ(3u, all.batches[1].losses);
    EXPECT_EQ(77u, all.batches[1].seq);
    ASSERT_EQ(1u, all.sessions.size());
    EXPECT_STREQ("boot", all.sessions[0].boot);
    EXPECT_TRUE(all.sessions[0].pid == 42 && all.sessions[0].is_drained);
    char *spec = nullptr;
    ASSERT_EQ(GAIA_OK, Ops().spec_read(store_, job, &spec, &err_));
    EXPECT_STREQ("{\"schema\": \"gaia.job/1\"}", spec);
    free(spec);
}

TEST_P(StoreContract, RollsBackWhole)
{
    Begin();
    const int64_t job = LeasedJob();
    Commit();
    Begin();
    EXPECT_EQ(STORE_COMMITTED, Report(job, "attempt", "session", {1, 2}));
    InsertJob("j2");
    Ops().rollback(store_);
    EXPECT_EQ(1u, Loaded().jobs.size());
    EXPECT_EQ(BATCH_LEASED, Loaded().batches[1].state);
    EXPECT_TRUE(Moments(job).units.empty());
    Ops().rollback(store_); // nothing to undo: no harm
}

TEST_P(StoreContract, LosesWhatWasNotCommitted)
{
    Begin();
    const int64_t job = LeasedJob();
    Commit();
    Begin();
    EXPECT_EQ(STORE_COMMITTED, Report(job, "attempt", "session", {1, 2}));
    Reopen();
    EXPECT_EQ(BATCH_LEASED, Loaded().batches[1].state);
    EXPECT_TRUE(Moments(job).units.empty());
}

TEST_P(StoreContract, LoadsOnlyJobsThatAreNotOver)
{
    Begin();
    const int64_t job = InsertJob("j1");
    InsertJob("j2");
    struct job_record record = JobRecord("j1");
    record.seq = job;
    record.state = JOB_FAILED;
    record.finished_ms = 12;
    record.units_total = 9;
    record.units_done = 4;
    const gaia_error error = {GAIA_FILE_MISSING, "no such file"};
    record.error = &error;
    ASSERT_EQ(GAIA_OK, Ops().job_update(store_, &record, &err_));
    Commit();
    const Collected live = Loaded();
    ASSERT_EQ(1u, live.jobs.size());
    EXPECT_STREQ("j2", live.jobs[0].id);
    Collected found;
    const struct store_visitor visitor = found.Visitor();
    ASSERT_EQ(GAIA_OK, Ops().job_find(store_, "j1", &visitor, &err_));
    EXPECT_EQ(JOB_FAILED, found.jobs[0].state);
    EXPECT_EQ(GAIA_FILE_MISSING, found.errors[0].status);
    EXPECT_STREQ("no such file", found.errors[0].detail);
    EXPECT_EQ(12, found.jobs[0].finished_ms);
    EXPECT_EQ(9u * 100 + 4u, found.jobs[0].units_total * 100 + found.jobs[0].units_done);
    EXPECT_EQ(GAIA_NOT_FOUND, Ops().job_find(store_, "j'; DROP TABLE jobs; --", &visitor, &err_));
}

TEST_P(StoreContract, ListsJobsNewestFirstInPages)
{
    Begin();
    for (int i = 0; i < 5; i++) {
        InsertJob("j" + std::to_string(i));
    }
    Commit();
    Collected first;
    struct store_visitor visitor = first.Visitor();
    struct job_filter page = {false, JOB_QUEUED, nullptr, nullptr, INT64_MAX, 3};
    ASSERT_EQ(GAIA_OK, Ops().jobs_list(store_, &page, &visitor, &err_));
    ASSERT_EQ(3u, first.jobs.size());
    EXPECT_STREQ("j4", first.jobs[0].id);
    Collected second;
    visitor = second.Visitor();
    page.before = first.jobs[2].seq;
    ASSERT_EQ(GAIA_OK, Ops().jobs_list(store_, &page, &visitor, &err_));
    ASSERT_EQ(2u, second.jobs.size());
    EXPECT_STREQ("j0", second.jobs[1].id);
}

TEST_P(StoreContract, RefusesASecondJobOfTheSameId)
{
    Begin();
    InsertJob("j1");
    struct store_job job = {};
    job.record = JobRecord("j1");
    job.name = "";
    int64_t seq = 0;
    EXPECT_EQ(GAIA_STORE, Ops().job_insert(store_, &job, "{}", &seq, &err_));
    Ops().rollback(store_);
}

TEST_P(StoreContract, CommitsAResultOnceAndKnowsItAgain)
{
    Begin();
    const int64_t job = LeasedJob();
    EXPECT_EQ(STORE_COMMITTED, Report(job, "attempt", "session", {1, 2, 3, 4}));
    EXPECT_EQ(STORE_DUPLICATE, Report(job, "attempt", "session", {5, 6, 7, 8}));
    Commit();
    Reopen();
    EXPECT_EQ(STORE_DUPLICATE, Report(job, "attempt", "session", {5, 6, 7, 8}));
    const Collected moments = Moments(job);
    ASSERT_EQ((std::vector<uint64_t>{0, 1}), moments.units);
    EXPECT_EQ((std::vector<double>{1, 2}), moments.moments[0]);
    EXPECT_EQ((std::vector<double>{3, 4}), moments.moments[1]);
    EXPECT_EQ(BATCH_DONE, Loaded().batches[1].state);
    EXPECT_STREQ("", Loaded().batches[1].attempt);
}

TEST_P(StoreContract, FencesWhoeverDoesNotHoldTheLease)
{
    Begin();
    const int64_t job = LeasedJob();
    EXPECT_EQ(STORE_FENCED, Report(job, "another", "session", {1, 2}));
    EXPECT_EQ(STORE_FENCED, Report(job, "attempt", "another", {1, 2}));
    EXPECT_EQ(STORE_FENCED, Report(job, "", "", {1, 2}));
    EXPECT_EQ(STORE_FENCED, Report(job + 1, "attempt", "session", {1, 2}));
    Put(BatchRecord(job, 1, BATCH_READY)); // the lease was lost
    EXPECT_EQ(STORE_FENCED, Report(job, "attempt", "session", {1, 2}));
    Put(BatchRecord(job, 1, BATCH_LEASED, "attempt-2", "session"));
    EXPECT_EQ(STORE_FENCED, Report(job, "attempt", "session", {1, 2}));
    EXPECT_TRUE(Moments(job).units.empty());
    EXPECT_EQ(STORE_COMMITTED, Report(job, "attempt-2", "session", {1, 2}));
    Commit();
}

TEST_P(StoreContract, FencesResultsOfBatchesThatWereStopped)
{
    Begin();
    const int64_t job = LeasedJob();
    ASSERT_EQ(GAIA_OK, Ops().batches_stop(store_, job, &err_));
    EXPECT_EQ(STORE_FENCED, Report(job, "attempt", "session", {1, 2}));
    Commit();
    EXPECT_EQ(BATCH_DONE, Loaded().batches[0].state);
    EXPECT_EQ(BATCH_CANCELLED, Loaded().batches[1].state);
}

TEST_P(StoreContract, KnowsARepeatedFailureUntilTheBatchIsLeasedAgain)
{
    Begin();
    const int64_t job = LeasedJob();
    EXPECT_EQ(STORE_COMMITTED, Report(job, "attempt", "session", {}, false));
    EXPECT_EQ(BATCH_FAILED, Loaded().batches[1].state);
    Put(BatchRecord(job, 1, BATCH_READY));
    EXPECT_EQ(STORE_DUPLICATE, Report(job, "attempt", "session", {}, false));
    Put(BatchRecord(job, 1, BATCH_LEASED, "attempt-2", "session"));
    EXPECT_EQ(STORE_COMMITTED, Report(job, "attempt-2", "session", {1, 2}));
    Commit();
    EXPECT_EQ(2u, Moments(job).units.size());
}

TEST_P(StoreContract, KeepsEveryBitOfMoments)
{
    uint64_t payload_bits = 0x7ff8000000c0ffeeu; // a quiet NaN with a payload
    double payload = 0;
    memcpy(&payload, &payload_bits, sizeof payload);
    const double inf = std::numeric_limits<double>::infinity();
    const std::vector<double> sums = {payload, -0.0, inf, -inf, 5e-324, 0.1};
    Begin();
    const int64_t job = LeasedJob();
    EXPECT_EQ(STORE_COMMITTED, Report(job, "attempt", "session", sums));
    Commit();
    Reopen();
    const Collected moments = Moments(job);
    ASSERT_EQ(2u, moments.moments.size());
    for (size_t i = 0; i < sums.size(); i++) {
        EXPECT_EQ(0, memcmp(&sums[i], &moments.moments[i / 3][i % 3], sizeof(double))) << i;
    }
}

TEST_P(StoreContract, LeavesOutUnitsThatAreAbsent)
{
    const bool absent[] = {true, false};
    Begin();
    const int64_t job = LeasedJob();
    EXPECT_EQ(STORE_COMMITTED, Report(job, "attempt", "session", {1, 2}, true, absent));
    Commit();
    EXPECT_EQ((std::vector<uint64_t>{1}), Moments(job).units);
}

TEST_P(StoreContract, ReadsMomentsByRangeAndInOrder)
{
    Begin();
    const int64_t job = InsertJob("j1");
    const int64_t other = InsertJob("j2");
    for (uint32_t number : {3u, 1u, 2u}) {
        for (int64_t of : {job, other}) {
            Put(BatchRecord(of, number, BATCH_LEASED, "a" + std::to_string(number), "session"));
            struct store_result result = {};
            const std::string attempt = "a" + std::to_string(number);
            const double sums[] = {static_cast<double>(of), static_cast<double>(number)};
            result.job = of;
            result.batch = number;
            result.attempt = attempt.c_str();
            result.session = "session";
            result.ok = true;
            result.first_unit = (number - 1) * 2;
            result.n_units = 2;
            result.unit_doubles = 1;
            result.sums = sums;
            enum store_outcome outcome = STORE_FENCED;
            ASSERT_EQ(GAIA_OK, Ops().result_commit(store_, &result, &outcome, &err_));
        }
    }
    Commit();
    EXPECT_EQ((std::vector<uint64_t>{0, 1, 2, 3, 4, 5}), Moments(job).units);
    const Collected slice = Moments(job, 1, 3);
    EXPECT_EQ((std::vector<uint64_t>{1, 2, 3}), slice.units);
    EXPECT_EQ(static_cast<double>(job), slice.moments[1][0]);
}

TEST_P(StoreContract, KeepsTheFirstFailureOfAForecastAndAllWarnings)
{
    Begin();
    const int64_t job = InsertJob("j1");
    const struct store_forecast rows[] = {{1, "b", GAIA_OK, ""},
                                          {0, "a", GAIA_FILE_MISSING, "first"},
                                          {1, "b", GAIA_FILE_DAMAGED, "then"},
                                          {0, "a", GAIA_FILE_DAMAGED, "later"}};
    for (const struct store_forecast &row : rows) {
        ASSERT_EQ(GAIA_OK, Ops().forecast_put(store_, job, &row, &err_));
    }
    ASSERT_EQ(GAIA_OK, Ops().warning_add(store_, job, "one", &err_));
    ASSERT_EQ(GAIA_OK, Ops().warning_add(store_, job, "two", &err_));
    ASSERT_EQ(GAIA_OK, Ops().plan_put(store_, job, "{\"units\": []}", &err_));
    Commit();
    Collected forecasts;
    struct store_visitor visitor = forecasts.Visitor();
    ASSERT_EQ(GAIA_OK, Ops().forecasts_read(store_, job, &visitor, &err_));
    EXPECT_EQ((std::vector<uint32_t>{0, 1}), forecasts.forecasts);
    EXPECT_EQ((std::vector<gaia_status>{GAIA_FILE_MISSING, GAIA_FILE_DAMAGED}), forecasts.statuses);
    EXPECT_EQ((std::vector<std::string>{"a: first", "b: then"}), forecasts.texts);
    Collected warnings;
    visitor = warnings.Visitor();
    ASSERT_EQ(GAIA_OK, Ops().warnings_read(store_, job, &visitor, &err_));
    EXPECT_EQ((std::vector<std::string>{"one", "two"}), warnings.texts);
    char *plan = nullptr;
    ASSERT_EQ(GAIA_OK, Ops().plan_read(store_, job, &plan, &err_));
    EXPECT_STREQ("{\"units\": []}", plan);
    free(plan);
    EXPECT_EQ(GAIA_NOT_FOUND, Ops().plan_read(store_, job + 1, &plan, &err_));
}

TEST_P(StoreContract, KeepsScoresInOrderWithEveryValue)
{
    const double inf = std::numeric_limits<double>::infinity();
    const std::vector<double> values = {0.1, std::nan(""), -0.0, inf, -inf, 5, 1e300};
    Begin();
    const int64_t job = InsertJob("j1");
    for (size_t i = 0; i < values.size(); i++) {
        AddScore(job, static_cast<int64_t>(i), values[i], i == 1);
    }
    Commit();
    Reopen();
    const Collected all = Scores(job);
    ASSERT_EQ(values.size(), all.scores.size());
    for (size_t i = 0; i < values.size(); i++) {
        const struct gaia_score &score = all.scores[i].score;
        EXPECT_EQ(static_cast<int64_t>(i), all.scores[i].seq);
        EXPECT_EQ(std::isnan(values[i]), std::isnan(score.value));
        EXPECT_EQ(std::signbit(values[i]), std::signbit(score.value)) << i;
        EXPECT_TRUE(std::isnan(values[i]) || values[i] == score.value) << i;
        EXPECT_EQ(i % 2 != 0, std::isnan(score.level));
        EXPECT_EQ(i == 1 ? 1 : 0, score.all_times);
        EXPECT_EQ("f,\"1\"/z/global/cos/rmse", all.texts[i]);
    }
    EXPECT_EQ(-7, all.scores[0].score.init_time_s);
    EXPECT_EQ(3593, all.scores[0].score.valid_time_s);
    const Collected page = Scores(job, 1, 2);
    ASSERT_EQ(2u, page.scores.size());
    EXPECT_EQ(2, page.scores[0].seq);
}

TEST_P(StoreContract, DeletesScoresInSlices)
{
    Begin();
    const int64_t job = InsertJob("j1");
    const int64_t other = InsertJob("j2");
    for (int64_t i = 0; i < 10; i++) {
        AddScore(job, i, 1);
        AddScore(other, i, 1);
    }
    bool more = false;
    int slices = 0;
    do {
        ASSERT_EQ(GAIA_OK, Ops().scores_delete(store_, job, 4, &more, &err_));
        slices++;
    } while (more);
    Commit();
    EXPECT_EQ(4, slices);
    EXPECT_TRUE(Scores(job).scores.empty());
    EXPECT_EQ(10u, Scores(other).scores.size());
}

TEST_P(StoreContract, KeepsTheLastCompositeOfEachForecastInOrder)
{
    const int64_t job = InsertJob("j1");
    for (const struct store_composite &composite :
         {store_composite{1, "b", "xxh3-128:1", "{\"score\":0.5,\n \"ä\":[]}"},
          store_composite{0, "a,\"", "xxh3-128:1", "{\"score\":0.1}"},
          store_composite{0, "a,\"", "xxh3-128:2", "{\"score\":0.2}"}}) {
        ASSERT_EQ(GAIA_OK, Ops().composite_put(store_, job, &composite, &err_)) << err_.detail;
    }
    Collected all;
    const auto visitor = all.Visitor();
    ASSERT_EQ(GAIA_OK, Ops().composites_read(store_, job, &visitor, &err_));
    EXPECT_EQ(all.texts, (std::vector<std::string>{"0/a,\"/xxh3-128:2/{\"score\":0.2}",
                                                   "1/b/xxh3-128:1/{\"score\":0.5,\n \"ä\":[]}"}));
}

TEST_P(StoreContract, FailsToOpenWhatIsNoDatabase)
{
    struct store *none = nullptr;
    for (const std::string &path : place_.BadPaths()) {
        EXPECT_EQ(GAIA_STORE, Ops().open(path.c_str(), kStallMs, &none, &err_)) << path;
        EXPECT_NE(std::string(), err_.detail);
        EXPECT_EQ(std::string::npos, std::string(err_.detail).find("s3cret")) << err_.detail;
    }
    EXPECT_EQ(nullptr, none);
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreContract, ::testing::ValuesIn(AllStores()),
                         [](const auto &tested) { return StoreName(tested); });

} // namespace
