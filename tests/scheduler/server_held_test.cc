// SPDX-License-Identifier: MIT
//
// What keeps small batches cheap, seen by an executor: a RESULT that asks for the next lease, and
// leases that do not bring again what the executor holds.
//
// Invariant: as in server_test.cc.
#include "fake_executor.h"

namespace
{

class ServerHeld : public ::testing::Test
{
  protected:
    Scheduler scheduler_{{"--batch-units", "1"}};
    FakeExecutor executor_{scheduler_, "e1"};
    std::string job_;

    // A job of so many batches, and the first of them leased.
    WireLease Begin(size_t n_units)
    {
        executor_.Hello();
        job_ = scheduler_.Submit();
        std::vector<WireLease> leases = executor_.Fetch();
        EXPECT_EQ("COMMITTED", executor_.SendPlan(leases.at(0), executor_.PlanJson(1, n_units)));
        leases = executor_.Fetch();
        EXPECT_EQ(1u, leases.size());
        return leases.at(0);
    }
    static std::string Outcome(const Json &reply)
    {
        EXPECT_EQ("RESULTS", Member(reply.get(), "verb")) << Member(reply.get(), "detail");
        const char *outcome =
            json_string_value(json_array_get(json_object_get(reply.get(), "outcomes"), 0));
        return outcome != nullptr ? outcome : "";
    }
};

TEST_F(ServerHeld, AResultBringsTheNextLease)
{
    WireLease lease = Begin(3);
    for (int i = 0; i < 2; i++) {
        executor_.seq++;
        const Json reply = executor_.SendScoresAndFetch(lease);
        EXPECT_EQ("COMMITTED", Outcome(reply));
        const std::vector<WireLease> next = FakeExecutor::LeasesOf(reply.get());
        ASSERT_EQ(1u, next.size());
        EXPECT_NE(lease.attempt, next[0].attempt);
        lease = next[0];
    }
    executor_.seq++; // nothing is left: the answer does not wait for what may come
    const Json reply = executor_.SendScoresAndFetch(lease);
    EXPECT_EQ("COMMITTED", Outcome(reply));
    EXPECT_EQ(nullptr, json_object_get(reply.get(), "leases"));
    scheduler_.Await(job_, "succeeded");
    scheduler_.Submit();
    EXPECT_EQ(1u, executor_.Fetch(1, true).size()); // that seq was not answered yet
}

TEST_F(ServerHeld, AResultSentAgainBringsTheSameLease)
{
    const WireLease lease = Begin(3);
    executor_.seq++;
    const Json first = executor_.SendScoresAndFetch(lease);
    const Json second = executor_.SendScoresAndFetch(lease);
    EXPECT_EQ("COMMITTED", Outcome(first));
    EXPECT_EQ("DUPLICATE", Outcome(second));
    const std::vector<WireLease> next = FakeExecutor::LeasesOf(first.get());
    const std::vector<WireLease> again = FakeExecutor::LeasesOf(second.get());
    ASSERT_EQ(1u, next.size());
    ASSERT_EQ(1u, again.size());
    EXPECT_EQ(next[0].attempt, again[0].attempt);
    executor_.seq--; // a seq that was answered long ago: no lease, and no error either
    const Json late = executor_.SendScoresAndFetch(lease);
    EXPECT_EQ("DUPLICATE", Outcome(late));
    EXPECT_EQ(nullptr, json_object_get(late.get(), "leases"));
}

TEST_F(ServerHeld, AWishThatIsNoneRefusesTheWholeMessage)
{
    const WireLease lease = Begin(2);
    const std::vector<double> sums = FakeExecutor::Sums(lease.first_unit, lease.n_units);
    for (json_t *wish : {json_string("more"), json_pack("{s:i, s:i}", "seq", 0, "credits", 1)}) {
        json_t *message =
            executor_.ResultHeader(lease, FakeExecutor::ScoreJson(lease, sums.size()));
        json_object_set_new(message, "fetch", wish);
        const Json reply = executor_.Call(false, message, sums);
        EXPECT_EQ("ERROR", Member(reply.get(), "verb"));
        EXPECT_NE(std::string::npos, Member(reply.get(), "detail").find("RESULT.fetch"));
    }
    EXPECT_EQ("COMMITTED", executor_.SendScores(lease)); // nothing of it was taken
}

TEST_F(ServerHeld, ADrainedExecutorGetsItsOutcomeAndNoMore)
{
    const WireLease lease = Begin(2);
    ASSERT_EQ(200, scheduler_.Http("POST", "/v1/executors/e1/drain").status);
    executor_.seq++;
    const Json reply = executor_.SendScoresAndFetch(lease);
    EXPECT_EQ("COMMITTED", Outcome(reply));
    EXPECT_EQ(nullptr, json_object_get(reply.get(), "leases"));
    const Json drain = executor_.Call(false, executor_.FetchHeader(executor_.seq, 1));
    EXPECT_EQ("DRAIN", Member(drain.get(), "verb"));
}

TEST_F(ServerHeld, AJobThatIsHeldIsNotSentAgain)
{
    WireLease lease = Begin(4);
    EXPECT_EQ(32u, lease.key.size());
    EXPECT_NE("", lease.spec);
    EXPECT_NE("", lease.plan);
    executor_.held_keys = {lease.key};
    executor_.seq++;
    WireLease next = FakeExecutor::LeasesOf(executor_.SendScoresAndFetch(lease).get()).at(0);
    EXPECT_EQ(lease.key, next.key);
    EXPECT_EQ("", next.spec);
    EXPECT_EQ("", next.plan);
    EXPECT_EQ(1, next.n_units);
    ASSERT_EQ("COMMITTED", executor_.SendScores(next));

    // What is odd, too much or not the job's is as good as nothing.
    executor_.held_keys = {"", lease.key + "0", std::string(32, '0')};
    executor_.held_keys.insert(executor_.held_keys.end(), 100, std::string(32, 'f'));
    next = executor_.Fetch().at(0);
    EXPECT_NE("", next.spec);
    ASSERT_EQ("COMMITTED", executor_.SendScores(next));

    // A scheduler that was started again has made another key.
    executor_.held_keys = {lease.key};
    scheduler_.End(SIGKILL);
    scheduler_.Start();
    executor_.HangUp();
    executor_.Dial(scheduler_);
    executor_.Hello();
    next = executor_.Fetch().at(0);
    EXPECT_NE(lease.key, next.key);
    EXPECT_NE("", next.spec);
    ASSERT_EQ("COMMITTED", executor_.SendScores(next));
    scheduler_.Await(job_, "succeeded");
}

} // namespace
