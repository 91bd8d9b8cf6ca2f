// SPDX-License-Identifier: MIT
//
// The embedded store where the disk or the memory fails it: for N = 1, 2, ... the Nth write, sync
// or allocation of a small history of jobs fails, once or from then on, or the disk is full after N
// bytes. Nothing crashes, what was acknowledged is there, what was not is there whole or not at
// all, and the file is sound.
//
// Invariant: faults are off while the outcome is looked at.
#include <cstdlib>
#include <cstring>
#include <set>

#include <unistd.h>

#include "sqlite_faults.h"
#include "store_harness.h"

extern "C" {
#include "store_sqlite_backup.h"
}

namespace
{

using sqlite_faults::Kind;

const int kJobs = 6;

// How far apart the calls are that fail in turn. Of allocations, of which there are thousands, CI
// takes some, under a sanitizer of writes too, and fewer where threads are looked at, of which this
// has one. GAIA_LONG=1 takes all. A disk is full after so many bytes more each time.
struct Strides {
    int64_t write, allocation, space;
};

Strides StridesOfThisRun()
{
    const char *wish = getenv("GAIA_LONG");
    if (wish != nullptr && strcmp(wish, "1") == 0) {
        return {1, 1, 9973};
    }
#if defined(__SANITIZE_THREAD__)
    return {31, 311, 49999};
#elif defined(__SANITIZE_ADDRESS__)
    return {5, 29, 9973};
#else
    return {1, 29, 9973};
#endif
}

class StoreFault : public ::testing::Test
{
  protected:
    const struct store_ops &ops_ = *store_sqlite();
    const Strides strides_ = StridesOfThisRun();
    gaia_error err_ = {};
    std::set<std::string> acknowledged_;

    void SetUp() override
    {
        sqlite_faults::Install();
    }
    void TearDown() override
    {
        sqlite_faults::Arm(sqlite_faults::kKinds, 0, false);
    }
    static bool IsFault(gaia_status status)
    {
        return status == GAIA_STORE || status == GAIA_OUT_OF_MEMORY;
    }
    // A job whose batch is done, with moments and scores, in one transaction.
    gaia_status JobWrite(struct store *store, const std::string &id)
    {
        const std::vector<double> sums(2000, 1.5);
        const struct store_forecast forecast = {0, "f", GAIA_OK, ""};
        struct store_job job = {};
        struct store_result result = {};
        struct store_score score = {};
        enum store_outcome outcome = STORE_FENCED;
        int64_t seq = 0;
        job.record = JobRecord(id);
        job.name = "a job";
        gaia_status status = ops_.begin(store, &err_);
        if (status == GAIA_OK) {
            status = ops_.job_insert(store, &job, "{}", &seq, &err_);
        }
        const struct batch_record batch = BatchRecord(seq, 1, BATCH_LEASED, "a", "s");
        if (status == GAIA_OK) {
            status = ops_.batch_put(store, &batch, &err_);
        }
        result.job = seq;
        result.batch = 1;
        result.attempt = "a";
        result.session = "s";
        result.ok = true;
        result.n_units = 2;
        result.unit_doubles = 1000;
        result.sums = sums.data();
        if (status == GAIA_OK) {
            status = ops_.result_commit(store, &result, &outcome, &err_);
        }
        if (status == GAIA_OK) {
            EXPECT_EQ(STORE_COMMITTED, outcome);
            status = ops_.forecast_put(store, seq, &forecast, &err_);
        }
        score.score.forecast = score.score.variable = score.score.region = "x";
        score.score.weighting = score.score.metric = "y";
        if (status == GAIA_OK) {
            status = ops_.score_add(store, seq, &score, &err_);
        }
        struct token_record token = {};
        record_id_copy(token.id, id.c_str());
        record_id_copy(token.hash, id.c_str());
        if (status == GAIA_OK) {
            status = ops_.token_add(store, &token, &err_);
        }
        return status == GAIA_OK ? ops_.commit(store, &err_) : status;
    }
    // Opens, writes jobs and reads in between, as a server does that rolls back what failed.
    void History(const std::string &path)
    {
        struct store *store = nullptr;
        gaia_status status = ops_.open(path.c_str(), kStallMs, &store, &err_);
        if (status != GAIA_OK) {
            EXPECT_TRUE(IsFault(status)) << err_.detail;
            EXPECT_EQ(nullptr, store);
            return;
        }
        for (int i = 0; i < kJobs; i++) {
            const std::string id = "j" + std::to_string(i);
            status = JobWrite(store, id);
            if (status == GAIA_OK) {
                acknowledged_.insert(id);
            } else {
                EXPECT_TRUE(IsFault(status)) << err_.detail;
                ops_.rollback(store);
            }
            Collected all;
            const struct store_visitor visitor = all.Visitor();
            status = ops_.load(store, &visitor, &err_);
            EXPECT_TRUE(IsFault(status) || all.jobs.size() >= acknowledged_.size());
            EXPECT_TRUE(IsFault(status) || status == GAIA_OK) << err_.detail;
        }
        ops_.close(store);
    }
    void Verify(const std::string &path)
    {
        struct store *store = nullptr;
        ASSERT_EQ(GAIA_OK, ops_.open(path.c_str(), kStallMs, &store, &err_)) << err_.detail;
        Collected all;
        const struct store_visitor visitor = all.Visitor();
        ASSERT_EQ(GAIA_OK, ops_.load(store, &visitor, &err_)) << err_.detail;
        std::set<std::string> found;
        for (const struct job_record &job : all.jobs) {
            Collected of;
            const struct store_visitor rows = of.Visitor();
            found.insert(job.id);
            ASSERT_EQ(GAIA_OK, ops_.moments_read(store, job.seq, 0, 10, &rows, &err_));
            ASSERT_EQ(GAIA_OK, ops_.forecasts_read(store, job.seq, &rows, &err_));
            ASSERT_EQ(GAIA_OK, ops_.scores_read(store, job.seq, -1, 10, &rows, &err_));
            EXPECT_EQ(2u, of.moments.size());
            EXPECT_EQ(1u, of.forecasts.size());
            EXPECT_EQ(1u, of.scores.size());
        }
        ASSERT_EQ(GAIA_OK, ops_.tokens_list(store, &visitor, &err_)) << err_.detail;
        EXPECT_EQ(all.jobs.size(), all.tokens.size());
        EXPECT_EQ(all.jobs.size(), all.batches.size());
        for (const std::string &id : acknowledged_) {
            EXPECT_EQ(1u, found.count(id)) << id;
        }
        EXPECT_EQ(GAIA_OK, JobWrite(store, "after")) << err_.detail;
        ops_.close(store);
        EXPECT_EQ("ok", Integrity(path));
    }
    static std::string Integrity(const std::string &path)
    {
        return Ask(path, "PRAGMA integrity_check; PRAGMA foreign_key_check");
    }
    static std::string Ask(const std::string &path, const char *sql)
    {
        sqlite3 *db = nullptr;
        std::string said;
        EXPECT_EQ(SQLITE_OK, sqlite3_open(path.c_str(), &db));
        EXPECT_EQ(SQLITE_OK, sqlite3_exec(
                                 db, sql,
                                 [](void *out, int, char **values, char **) {
                                     *static_cast<std::string *>(out) += values[0];
                                     return 0;
                                 },
                                 &said, nullptr));
        sqlite3_close(db);
        return said;
    }
    // One history in which this call fails; false if there were not that many.
    bool Run(Kind kind, int64_t n, bool lasting)
    {
        TemporaryDirectory directory;
        const std::string path = directory / "db";
        acknowledged_.clear();
        sqlite_faults::Arm(kind, n, lasting);
        History(path);
        const bool has_failed = sqlite_faults::HasFailed();
        sqlite_faults::Arm(kind, 0, false);
        Verify(path);
        EXPECT_TRUE(has_failed || acknowledged_.size() == kJobs);
        return has_failed;
    }
    static bool Never(void *)
    {
        return false;
    }
    // One backup in which this call fails, while the store is open; false if there were not that
    // many. Each is whole or is none, and leaves nothing beside the store.
    bool BackUp(const std::string &directory, Kind kind, int64_t n)
    {
        const std::string path = directory + "/db";
        int fd = -1;
        sqlite_faults::Arm(kind, n, true);
        const gaia_status status = sqlite_backup(path.c_str(), Never, nullptr, &fd, &err_);
        const bool has_failed = sqlite_faults::HasFailed();
        sqlite_faults::Arm(kind, 0, false);
        EXPECT_EQ(0, access((path + ".backup").c_str(), F_OK) == 0);
        EXPECT_TRUE(status == GAIA_OK || IsFault(status)) << err_.detail;
        if (status == GAIA_OK) {
            const std::string copy = directory + "/copy";
            std::filesystem::copy("/proc/self/fd/" + std::to_string(fd), copy);
            EXPECT_EQ("ok", Integrity(copy));
            EXPECT_EQ(Rows(path), Rows(copy));
            close(fd);
            std::filesystem::remove(copy);
        }
        EXPECT_TRUE(has_failed || status == GAIA_OK);
        return has_failed;
    }
    static std::string Rows(const std::string &path)
    {
        return Ask(path, "SELECT count(*) FROM moments; SELECT sum(seq) FROM jobs");
    }
    void RunAll(Kind kind, int64_t stride, int64_t n_least)
    {
        for (const bool lasting : {false, true}) {
            int64_t n = 1;
            while (Run(kind, n, lasting)) {
                ASSERT_FALSE(HasFailure()) << "the " << n << "th, lasting " << lasting;
                n += stride;
            }
            EXPECT_GT(n, n_least); // else nothing was tried
        }
    }
};

TEST_F(StoreFault, SurvivesAFailureOfEveryWrite)
{
    RunAll(sqlite_faults::kWrite, strides_.write, 60);
}

TEST_F(StoreFault, SurvivesAFailureOfEverySync)
{
    RunAll(sqlite_faults::kSync, 1, 8);
}

TEST_F(StoreFault, SurvivesAFailureOfEveryAllocation)
{
    RunAll(sqlite_faults::kAllocation, strides_.allocation, 1000);
}

TEST_F(StoreFault, ABackupIsWholeOrNone)
{
    TemporaryDirectory directory;
    History(directory / "db");
    struct store *store = nullptr;
    ASSERT_EQ(GAIA_OK, ops_.open((directory / "db").c_str(), kStallMs, &store, &err_));
    ASSERT_EQ(GAIA_OK, JobWrite(store, "in the log")) << err_.detail;
    const struct {
        Kind kind;
        int64_t first, stride, n_least;
    } faults[] = {{sqlite_faults::kWrite, 1, 1, 20},
                  {sqlite_faults::kAllocation, 1, strides_.allocation, 100},
                  {sqlite_faults::kSpace, 1, strides_.space, 50000}};
    for (const auto &fault : faults) {
        int64_t n = fault.first;
        while (BackUp(directory.Path(), fault.kind, n)) {
            ASSERT_FALSE(HasFailure()) << "fault " << fault.kind << ", the " << n << "th";
            n += fault.stride;
        }
        EXPECT_GT(n, fault.n_least);
    }
    int fd = -1;
    const auto stop = [](void *) { return true; };
    EXPECT_EQ(GAIA_CANCELLED, sqlite_backup((directory / "db").c_str(), stop, nullptr, &fd, &err_));
    EXPECT_EQ(GAIA_OK, JobWrite(store, "later")) << err_.detail;
    ops_.close(store);
    Verify(directory / "db");
}

TEST_F(StoreFault, SurvivesAFullDisk)
{
    for (int64_t bytes = 1; Run(sqlite_faults::kSpace, bytes, true); bytes += strides_.space) {
        ASSERT_FALSE(HasFailure()) << bytes << " bytes";
    }
}

} // namespace
