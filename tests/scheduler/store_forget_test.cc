// SPDX-License-Identifier: MIT
//
// Old jobs are forgotten with all that they left, in every store; and text that no database should
// have to take is taken.
#include "stores.h"

#ifdef GAIA_POSTGRES
#include <libpq-fe.h>
#endif

namespace
{

const int64_t kDayMs = 86400000;
const int64_t kToday = 20000 * kDayMs;

class StoreForget : public ::testing::TestWithParam<const struct store_ops *>
{
  protected:
    const struct store_ops &ops_ = *GetParam();
    StorePlace place_{GetParam()};
    struct store *store_ = nullptr;
    gaia_error err_ = {};

    void SetUp() override
    {
        ASSERT_EQ(GAIA_OK, place_.Open(&store_, &err_)) << err_.detail;
    }
    void TearDown() override
    {
        ops_.close(store_);
    }
    // A job with a row in every table, submitted then and in this state.
    int64_t Job(const std::string &id, int64_t submitted_ms, enum job_state state)
    {
        struct store_job job = {};
        int64_t seq = 0;
        job.record = JobRecord(id);
        job.record.submitted_ms = submitted_ms;
        job.record.state = state;
        job.name = "a job";
        EXPECT_EQ(GAIA_OK, ops_.begin(store_, &err_));
        EXPECT_EQ(GAIA_OK, ops_.job_insert(store_, &job, "{}", &seq, &err_)) << err_.detail;
        Fill(seq);
        EXPECT_EQ(GAIA_OK, ops_.commit(store_, &err_)) << err_.detail;
        return seq;
    }
    void Fill(int64_t job)
    {
        const double sums[] = {1, 2};
        const struct store_attempt attempt = {job, 1, 5, "e", GAIA_DEVICE, "gone"};
        const struct store_forecast forecast = {0, "f", GAIA_OK, ""};
        const struct store_composite composite = {0, "f", "p", "{}", "n", "{}", 0.5};
        const struct batch_record leased = BatchRecord(job, 1, BATCH_LEASED, "a", "s");
        enum store_outcome outcome = STORE_FENCED;
        struct store_result result = {};
        result.job = job;
        result.batch = 1;
        result.attempt = "a";
        result.session = "s";
        result.ok = true;
        result.n_units = 2;
        result.unit_doubles = 1;
        result.sums = sums;
        struct store_score score = {};
        score.score.forecast = score.score.variable = score.score.region = "x";
        score.score.weighting = score.score.metric = "y";
        ASSERT_EQ(GAIA_OK, ops_.batch_put(store_, &leased, &err_));
        ASSERT_EQ(GAIA_OK, ops_.result_commit(store_, &result, &outcome, &err_));
        ASSERT_EQ(STORE_COMMITTED, outcome);
        ASSERT_EQ(GAIA_OK, ops_.attempt_add(store_, &attempt, &err_));
        ASSERT_EQ(GAIA_OK, ops_.plan_put(store_, job, "{}", &err_));
        ASSERT_EQ(GAIA_OK, ops_.forecast_put(store_, job, &forecast, &err_));
        ASSERT_EQ(GAIA_OK, ops_.warning_add(store_, job, "w", &err_));
        ASSERT_EQ(GAIA_OK, ops_.composite_put(store_, job, &composite, &err_));
        ASSERT_EQ(GAIA_OK, ops_.document_put(store_, job, "{}", &err_));
        ASSERT_EQ(GAIA_OK, ops_.score_add(store_, job, &score, &err_));
    }
    void Forget(int64_t before_ms)
    {
        bool more = true;
        for (int i = 0; more; i++) {
            ASSERT_LT(i, 1000);
            ASSERT_EQ(GAIA_OK, ops_.begin(store_, &err_));
            ASSERT_EQ(GAIA_OK, ops_.jobs_forget(store_, before_ms, &more, &err_)) << err_.detail;
            ASSERT_EQ(GAIA_OK, ops_.commit(store_, &err_)) << err_.detail;
        }
    }
    // How many rows the job has left in all tables but that of jobs.
    size_t Rows(int64_t job)
    {
        Collected all;
        const struct store_visitor visitor = all.Visitor();
        char *text = nullptr;
        size_t n = 0;
        for (auto read : {ops_.spec_read, ops_.plan_read, ops_.document_read}) {
            n += read(store_, job, &text, &err_) == GAIA_OK;
            free(text);
            text = nullptr;
        }
        EXPECT_EQ(GAIA_OK, ops_.attempts_read(store_, job, &visitor, &err_));
        EXPECT_EQ(GAIA_OK, ops_.forecasts_read(store_, job, &visitor, &err_));
        EXPECT_EQ(GAIA_OK, ops_.warnings_read(store_, job, &visitor, &err_));
        EXPECT_EQ(GAIA_OK, ops_.composites_read(store_, job, &visitor, &err_));
        EXPECT_EQ(GAIA_OK, ops_.composites_unranked(store_, 100, &visitor, &err_));
        EXPECT_EQ(GAIA_OK, ops_.moments_read(store_, job, 0, 10, &visitor, &err_));
        EXPECT_EQ(GAIA_OK, ops_.scores_read(store_, job, -1, 10, &visitor, &err_));
        EXPECT_EQ(GAIA_OK, ops_.batches_list(store_, BATCH_DONE, job, -1, 10, &visitor, &err_));
        for (const struct batch_record &batch : all.batches) {
            n += batch.job == job;
        }
        return n + all.texts.size() - all.batches.size() + all.units.size();
    }
    std::vector<std::string> Ids()
    {
        Collected all;
        std::vector<std::string> ids;
        const struct store_visitor visitor = all.Visitor();
        EXPECT_EQ(GAIA_OK, ops_.jobs_list(store_, &kAllJobs, &visitor, &err_));
        for (const struct job_record &job : all.jobs) {
            ids.insert(ids.begin(), job.id);
        }
        return ids;
    }
};

TEST_P(StoreForget, ForgetsWholeJobsOfEarlierDaysThatAreOver)
{
    const int64_t old = Job("old", kToday - 2 * kDayMs, JOB_SUCCEEDED);
    Job("failed", kToday - 2 * kDayMs + 7, JOB_FAILED);
    const int64_t live = Job("live", kToday - 2 * kDayMs, JOB_RUNNING);
    Job("cancelled", kToday - kDayMs - 1, JOB_CANCELLED);
    const int64_t young = Job("young", kToday - kDayMs, JOB_SUCCEEDED);
    const size_t rows = Rows(old);
    EXPECT_EQ(11u, rows);
    Forget(kToday - kDayMs + kDayMs / 2); // within the day of `young`
    EXPECT_EQ((std::vector<std::string>{"live", "young"}), Ids());
    EXPECT_EQ(0u, Rows(old));
    EXPECT_EQ(rows, Rows(live));
    EXPECT_EQ(rows, Rows(young));
    Forget(kToday + 10 * kDayMs);
    EXPECT_EQ((std::vector<std::string>{"live"}), Ids());
    EXPECT_EQ(rows, Rows(live));
}

TEST_P(StoreForget, TakesJobsOfADayThatWasForgotten)
{
    Job("old", kToday, JOB_SUCCEEDED);
    Forget(kToday + kDayMs);
    EXPECT_TRUE(Ids().empty());
    const int64_t late = Job("late", kToday, JOB_RUNNING);
    EXPECT_EQ(11u, Rows(late));
}

TEST_P(StoreForget, TakesManyJobsInSlices)
{
    for (int i = 0; i < 250; i++) {
        Job("j" + std::to_string(i), kToday + i % 3 * kDayMs, JOB_SUCCEEDED);
    }
    const int64_t last = Job("last", kToday + 5 * kDayMs, JOB_SUCCEEDED);
    Forget(kToday + 5 * kDayMs);
    EXPECT_EQ((std::vector<std::string>{"last"}), Ids());
    EXPECT_EQ(11u, Rows(last));
}

TEST_P(StoreForget, GivesTheKeyOfAForgottenJobFree)
{
    struct store_job job = {};
    int64_t seq = 0;
    job.record = JobRecord("a");
    job.record.submitted_ms = kToday;
    job.record.state = JOB_SUCCEEDED;
    job.name = "";
    job.key = "k";
    ASSERT_EQ(GAIA_OK, ops_.job_insert(store_, &job, "{}", &seq, &err_)) << err_.detail;
    Forget(kToday + kDayMs);
    record_id_copy(job.record.id, "b");
    EXPECT_EQ(GAIA_OK, ops_.job_insert(store_, &job, "{}", &seq, &err_)) << err_.detail;
}

// A detail that was cut in the middle of a character must not make every later turn fail.
TEST_P(StoreForget, TakesTextThatIsNotUtf8)
{
    const int64_t job = Job("j", kToday, JOB_RUNNING);
    const struct store_attempt attempt = {job, 1, 5, "e", GAIA_DEVICE, "cut \xc3"};
    struct store_score score = {};
    score.seq = 1;
    score.score.forecast = score.score.variable = score.score.region = "bad \xff name";
    score.score.weighting = score.score.metric = "y";
    ASSERT_EQ(GAIA_OK, ops_.begin(store_, &err_));
    ASSERT_EQ(GAIA_OK, ops_.attempt_add(store_, &attempt, &err_)) << err_.detail;
    ASSERT_EQ(GAIA_OK, ops_.score_add(store_, job, &score, &err_)) << err_.detail;
    ASSERT_EQ(GAIA_OK, ops_.commit(store_, &err_)) << err_.detail;
    Collected all;
    const struct store_visitor visitor = all.Visitor();
    ASSERT_EQ(GAIA_OK, ops_.attempts_read(store_, job, &visitor, &err_)) << err_.detail;
    ASSERT_EQ(GAIA_OK, ops_.scores_read(store_, job, 0, 10, &visitor, &err_)) << err_.detail;
    ASSERT_EQ(3u, all.texts.size());
    EXPECT_NE(std::string::npos, all.texts[1].find("/cut "));
    EXPECT_EQ(0u, all.texts[2].find("bad "));
}

#ifdef GAIA_POSTGRES
// A reader of all sums and scores, as pg_dump is one for hours.
class Reader
{
  public:
    explicit Reader(const std::string &conninfo) : conn_(PQconnectdb(conninfo.c_str()))
    {
        for (const char *command : {"BEGIN", "LOCK TABLE moments, scores IN ACCESS SHARE MODE"}) {
            PGresult *result = PQexec(conn_, command);
            EXPECT_EQ(PGRES_COMMAND_OK, PQresultStatus(result)) << PQerrorMessage(conn_);
            PQclear(result);
        }
    }
    ~Reader()
    {
        PQfinish(conn_);
    }
    Reader(const Reader &) = delete;
    Reader &operator=(const Reader &) = delete;

  private:
    PGconn *conn_;
};

TEST_P(StoreForget, NeitherANewDayNorAnOldOneWaitsForReaders)
{
    if (std::string(ops_.name) != "postgres") {
        return; // there a reader is in nobody's way
    }
    Job("old", kToday, JOB_SUCCEEDED);
    const auto partitions = [&] {
        return PostgresServer::Shared().Ask(place_.Path(),
                                            "SELECT count(*) FROM pg_inherits WHERE inhparent IN"
                                            " ('moments'::regclass, 'scores'::regclass)");
    };
    EXPECT_EQ("2", partitions());
    {
        const Reader reader(place_.Path());
        const int64_t young = Job("young", kToday + kDayMs, JOB_SUCCEEDED);
        EXPECT_EQ(11u, Rows(young));
        EXPECT_EQ("4", partitions());
        Forget(kToday + kDayMs); // ends, and leaves the day for later
        EXPECT_EQ((std::vector<std::string>{"young"}), Ids());
        EXPECT_EQ("4", partitions());
        EXPECT_EQ(11u, Rows(young));
    }
    PostgresServer::Shared().Ask(place_.Path(), "DROP TABLE scores_20241004"); // whoever did that
    for (int i = 0; i < 1000 && partitions() != "2"; i++) { // the reader's end is on its way
        Forget(kToday + kDayMs);
        usleep(10000);
    }
    EXPECT_EQ("2", partitions());
    EXPECT_EQ("e", PostgresServer::Shared().Ask(place_.Path(),
                                                "SELECT DISTINCT attstorage FROM pg_attribute"
                                                " WHERE attname = 'sums' AND attrelid IN (SELECT"
                                                " inhrelid FROM pg_inherits)"));
}
#endif

INSTANTIATE_TEST_SUITE_P(Stores, StoreForget, ::testing::ValuesIn(AllStores()),
                         [](const auto &tested) { return StoreName(tested); });

} // namespace
