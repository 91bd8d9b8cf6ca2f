// SPDX-License-Identifier: MIT
//
// A process that commits results and is killed, and a server that is killed under it: whatever was
// said to be committed must be there.
//
// Invariant: the child is forked before any thread exists, and speaks through a pipe only after
// commit.
#include <signal.h>
#include <sys/wait.h>

#include <functional>
#include <random>
#include <set>

#include "stores.h"

namespace
{

const uint32_t kBatches = 100000;
const size_t kDoubles = 140; // of a unit: four rows of moments
const int64_t kLeadMs = 1;   // so that the next one need not wait for the lead of one killed

void Check(gaia_status status, const gaia_error &err)
{
    if (status != GAIA_OK) {
        fprintf(stderr, "child: %s\n", err.detail);
        _exit(1);
    }
}

// Leases and commits one batch after another, and writes each one's number once it is committed.
[[noreturn]] void CommitForever(const struct store_ops &ops, const StorePlace &place, int64_t job,
                                uint32_t first, int acknowledged)
{
    struct store *store = nullptr;
    gaia_error err = {};
    Check(place.Open(&store, &err, kLeadMs), err);
    for (uint32_t number = first; number < kBatches; number++) {
        const std::string attempt = "attempt" + std::to_string(number);
        const struct batch_record leased =
            BatchRecord(job, number, BATCH_LEASED, attempt, "session");
        const std::vector<double> sums(2 * kDoubles, number);
        struct store_result result = {};
        result.job = job;
        result.batch = number;
        result.attempt = attempt.c_str();
        result.session = "session";
        result.ok = true;
        result.first_unit = leased.first_unit;
        result.n_units = 2;
        result.unit_doubles = kDoubles;
        result.sums = sums.data();
        enum store_outcome outcome = STORE_FENCED;
        Check(ops.begin(store, &err), err);
        Check(ops.batch_put(store, &leased, &err), err);
        Check(ops.result_commit(store, &result, &outcome, &err), err);
        Check(ops.commit(store, &err), err);
        if (outcome != STORE_COMMITTED ||
            write(acknowledged, &number, sizeof number) != sizeof number) {
            _exit(2);
        }
    }
    _exit(0);
}

class StoreCrash : public ::testing::TestWithParam<const struct store_ops *>
{
  protected:
    const struct store_ops &ops_ = *GetParam();
    StorePlace place_{GetParam()};
    std::mt19937 random_{3};
    std::set<uint32_t> acknowledged_;
    int64_t job_ = 0;
    uint32_t next_ = 1;

    void SetUp() override
    {
        gaia_error err = {};
        struct store *store = nullptr;
        ASSERT_EQ(GAIA_OK, place_.Open(&store, &err, kLeadMs)) << err.detail;
        struct store_job submitted = {};
        submitted.record = JobRecord("j1");
        submitted.name = "";
        ASSERT_EQ(GAIA_OK, ops_.begin(store, &err));
        ASSERT_EQ(GAIA_OK, ops_.job_insert(store, &submitted, "{}", &job_, &err)) << err.detail;
        ASSERT_EQ(GAIA_OK, ops_.commit(store, &err));
        ops_.close(store);
    }
    // Lets a child commit for a while, disturbs it, and notes what it said.
    void Round(const std::function<void(pid_t)> &disturb)
    {
        int fds[2];
        ASSERT_EQ(0, pipe(fds));
        const pid_t child = fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            close(fds[0]);
            CommitForever(ops_, place_, job_, next_, fds[1]);
        }
        close(fds[1]);
        uint32_t number = 0;
        const uint32_t wanted = 1 + static_cast<uint32_t>(random_() % 40);
        for (uint32_t n = 0; n < wanted && read(fds[0], &number, sizeof number) == sizeof number;
             n++) {
            acknowledged_.insert(number);
        }
        usleep(static_cast<useconds_t>(random_() % 3000));
        disturb(child);
        int status = 0;
        while (read(fds[0], &number, sizeof number) == sizeof number) {
            acknowledged_.insert(number); // said before the end
        }
        ASSERT_EQ(child, waitpid(child, &status, 0));
        EXPECT_FALSE(WIFEXITED(status) && WEXITSTATUS(status) != 1) << WEXITSTATUS(status);
        close(fds[0]);
    }
    void Verify()
    {
        gaia_error err = {};
        struct store *store = nullptr;
        ASSERT_EQ(GAIA_OK, place_.Open(&store, &err, kLeadMs)) << err.detail;
        Collected all;
        const struct store_visitor visitor = all.Visitor();
        ASSERT_EQ(GAIA_OK, ops_.load(store, &visitor, &err)) << err.detail;
        ASSERT_EQ(GAIA_OK, ops_.moments_read(store, job_, 0, 2 * kBatches, &visitor, &err));
        std::set<uint32_t> done;
        for (const struct batch_record &batch : all.batches) {
            EXPECT_EQ(BATCH_DONE, batch.state); // lease and commit are one transaction here
            done.insert(batch.number);
        }
        for (uint32_t one : acknowledged_) {
            EXPECT_EQ(1u, done.count(one)) << one;
        }
        ASSERT_EQ(2 * done.size(),
                  all.units.size()); // moments come with their commit or not at all
        for (size_t i = 0; i < all.units.size(); i++) {
            EXPECT_EQ(std::vector<double>(kDoubles, static_cast<double>(all.units[i] / 2 + 1)),
                      all.moments[i]);
        }
        next_ = done.empty() ? 1 : *done.rbegin() + 1;
        ops_.close(store);
    }
};

TEST_P(StoreCrash, KeepsEveryAcknowledgedCommitWhenItIsKilled)
{
    for (int round = 0; round < 12; round++) {
        Round([](pid_t child) { ASSERT_EQ(0, kill(child, SIGKILL)); });
        Verify();
    }
    EXPECT_GT(acknowledged_.size(), 50u);
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreCrash, ::testing::ValuesIn(AllStores()),
                         [](const auto &tested) { return StoreName(tested); });

#ifdef GAIA_POSTGRES
using StoreServerCrash = StoreCrash;

TEST_P(StoreServerCrash, KeepsEveryAcknowledgedCommitWhenTheServerIsKilled)
{
    for (int round = 0; round < 6; round++) {
        Round([](pid_t) { PostgresServer::Shared().Kill(); });
        PostgresServer::Shared().Start();
        Verify();
    }
    EXPECT_GT(acknowledged_.size(), 20u);
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreServerCrash, ::testing::Values(store_postgres()),
                         [](const auto &tested) { return StoreName(tested); });
#endif

} // namespace
