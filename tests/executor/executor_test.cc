/* SPDX-License-Identifier: MIT
 *
 * The executor against a scheduler that does what the test says: over real sockets, with an engine
 * that is played (engine_double.h).
 */
#include "executor_stage.h"

#include <algorithm>
#include <memory>
#include <set>
#include <vector>

extern "C" {
#include "clock.h"
}

namespace
{

TEST_F(Executor, ProvesItselfWithTheNonceThatItIsGiven)
{
    Scheduler scheduler(state);
    start();
    ASSERT_TRUE(scheduler.until([&] { return scheduler.fetches > 0; }));
    leave();
    EXPECT_GT(scheduler.challenges, 0);
    EXPECT_TRUE(scheduler.proof_good);
}

TEST_F(Executor, ServesASchedulerOfTheVersionBefore)
{
    Scheduler scheduler(state, 1);
    start();
    ASSERT_TRUE(scheduler.until([&] { return scheduler.fetches > 0; }));
    leave();
    EXPECT_EQ(0, scheduler.challenges);
    EXPECT_TRUE(scheduler.proof_good);
}

TEST_F(Executor, TakesNoWorkFromWhoDoesNotKnowItsSecret)
{
    Scheduler scheduler(state);
    scheduler.set([&] { scheduler.rogue = true; });
    scheduler.lease("plan", "attempt-1");
    start();
    ASSERT_TRUE(scheduler.until([&] { return scheduler.hellos > 2; }));
    scheduler.set([&] {
        EXPECT_EQ(0, scheduler.fetches);
        scheduler.rogue = false;
    });
    ASSERT_TRUE(scheduler.until([&] { return scheduler.results.size() == 1; }));
}

TEST_F(Executor, PlansAndScoresAndReports)
{
    Scheduler scheduler(state);
    scheduler.lease("plan", "attempt-1");
    scheduler.lease("score", "attempt-2");
    start();
    ASSERT_TRUE(scheduler.until([&] { return scheduler.results.size() == 2; }));
    leave();
    EXPECT_EQ(GAIA_OK, status);
    EXPECT_TRUE(scheduler.proof_good);
    EXPECT_EQ("attempt-1", scheduler.results[0].attempt);
    EXPECT_EQ("ok", scheduler.results[0].status);
    EXPECT_TRUE(scheduler.results[0].has_plan);
    EXPECT_EQ("ok", scheduler.results[1].status) << scheduler.results[1].detail;
    const std::vector<double> &sums = scheduler.results[1].sums;
    ASSERT_EQ(2u * 2u * GAIA_MOMENT_COUNT, sums.size());
    for (size_t i = 0; i < sums.size(); i++) {
        const size_t row = i / GAIA_MOMENT_COUNT;
        EXPECT_EQ(engine_double_sum(row / 2, row % 2, i % GAIA_MOMENT_COUNT), sums[i]);
    }
}

TEST_F(Executor, RunsATaskAndReportsItsDocument)
{
    Scheduler scheduler(state);
    scheduler.lease("task", "attempt-1");
    start();
    ASSERT_TRUE(scheduler.until([&] { return scheduler.results.size() == 1; }));
    leave();
    EXPECT_EQ("attempt-1", scheduler.results[0].attempt);
    EXPECT_EQ("ok", scheduler.results[0].status) << scheduler.results[0].detail;
    EXPECT_EQ("weather.hash.gfs_compute", scheduler.results[0].task);
    EXPECT_TRUE(scheduler.results[0].sums.empty());
}

TEST_F(Executor, ReportsATaskThatFailed)
{
    engine_double_fail(GAIA_FILE_MISSING);
    Scheduler scheduler(state);
    scheduler.lease("task", "attempt-1");
    start();
    ASSERT_TRUE(scheduler.until([&] { return scheduler.results.size() == 1; }));
    EXPECT_EQ("file_missing", scheduler.results[0].status);
    EXPECT_EQ("", scheduler.results[0].task);
}

TEST_F(Executor, CountsFetchesUpFromOne)
{
    Scheduler scheduler(state);
    scheduler.lease("plan", "a");
    scheduler.lease("plan", "b");
    start();
    ASSERT_TRUE(scheduler.until([&] { return scheduler.fetches == 3; }));
    EXPECT_EQ((std::vector<json_int_t>{1, 2, 3}), scheduler.seqs);
}

TEST_F(Executor, GoesOnWithTheLeaseThatItsResultBrings)
{
    Scheduler scheduler(state);
    scheduler.generous = true;
    for (const char *attempt : {"a", "b", "c"}) {
        scheduler.lease("plan", attempt);
    }
    start();
    ASSERT_TRUE(
        scheduler.until([&] { return scheduler.results.size() == 3 && scheduler.fetches == 2; }));
    EXPECT_EQ(2, scheduler.results[0].wish);
    EXPECT_EQ(3, scheduler.results[1].wish);
    EXPECT_EQ(4, scheduler.results[2].wish);
    EXPECT_EQ("c", scheduler.results[2].attempt);
    EXPECT_EQ((std::vector<json_int_t>{1, 4}),
              scheduler.seqs); /* what brought nothing is asked again */
}

TEST_F(Executor, HoldsTheJobsThatItWorkedOnLast)
{
    Scheduler scheduler(state);
    for (const char *key : {"k1", "k2", "k3", "k4", "k5"}) {
        scheduler.lease("score", key, key);
    }
    scheduler.lease("score", "held", "k5", false);
    scheduler.lease("score", "gone", "k1", false);
    scheduler.lease("score", "without a key");
    start();
    ASSERT_TRUE(
        scheduler.until([&] { return scheduler.results.size() == 8 && scheduler.fetches == 9; }));
    const std::vector<Result> &results = scheduler.results;
    for (size_t i : {0u, 1u, 2u, 3u, 4u, 5u, 7u}) {
        EXPECT_EQ("ok", results[i].status) << results[i].attempt << ": " << results[i].detail;
        EXPECT_EQ(results[0].sums, results[i].sums);
    }
    EXPECT_EQ("protocol", results[6].status);
    EXPECT_EQ("lease.spec: an object is wanted", results[6].detail);
    std::sort(scheduler.held.begin(), scheduler.held.end());
    EXPECT_EQ((std::vector<std::string>{"k3", "k4", "k5"}), scheduler.held);
}

TEST_F(Executor, WaitsForASchedulerThatIsNotThereYet)
{
    start();
    clock_sleep_ms(50);
    Scheduler scheduler(state);
    EXPECT_TRUE(scheduler.until([&] { return scheduler.fetches == 1; }));
}

TEST_F(Executor, NamesItsLeaseInBeatsWhileItRuns)
{
    Scheduler scheduler(state);
    engine_double_hold(true);
    scheduler.lease("score", "attempt-1");
    start();
    ASSERT_TRUE(scheduler.until([&] { return scheduler.beaten.count("attempt-1") == 1; }));
    engine_double_hold(false);
    EXPECT_TRUE(scheduler.until([&] { return scheduler.results.size() == 1; }));
}

TEST_F(Executor, CancelsWhatTheBeatTakesBackAndReportsNothing)
{
    Scheduler scheduler(state);
    engine_double_hold(true);
    scheduler.lease("score", "attempt-1");
    start();
    ASSERT_TRUE(scheduler.until([&] { return scheduler.beaten.count("attempt-1") == 1; }));
    scheduler.set([&] { scheduler.cancel = "attempt-1"; });
    ASSERT_TRUE(scheduler.until([&] { return scheduler.fetches == 2; }));
    EXPECT_EQ(1, engine_double_cancelled());
    EXPECT_TRUE(scheduler.results.empty());
    /* The next lease is not touched by it. */
    engine_double_hold(false);
    scheduler.lease("score", "attempt-2");
    EXPECT_TRUE(scheduler.until([&] { return scheduler.results.size() == 1; }));
}

TEST_F(Executor, SaysWhatFailed)
{
    Scheduler scheduler(state);
    engine_double_fail(GAIA_FILE_DAMAGED);
    scheduler.lease("score", "attempt-1");
    scheduler.lease("conjure", "attempt-2");
    start();
    ASSERT_TRUE(scheduler.until([&] { return scheduler.results.size() == 2; }));
    EXPECT_EQ("file_damaged", scheduler.results[0].status);
    EXPECT_EQ("file ?: not there", scheduler.results[0].detail);
    EXPECT_EQ("protocol", scheduler.results[1].status);
}

TEST_F(Executor, LeavesWhenItHasSaidThatItsDeviceFailed)
{
    Scheduler scheduler(state);
    engine_double_fail(GAIA_DEVICE);
    scheduler.lease("score", "attempt-1");
    start();
    join();
    EXPECT_EQ(GAIA_OK, status) << err.detail;
    ASSERT_TRUE(scheduler.until([&] { return scheduler.results.size() == 1; }));
    EXPECT_EQ("device", scheduler.results[0].status);
    EXPECT_TRUE(scheduler.results[0].sums.empty());
}

TEST_F(Executor, SaysHelloAgainWhenItsSessionIsUnknown)
{
    Scheduler scheduler(state);
    start();
    ASSERT_TRUE(scheduler.until([&] { return scheduler.fetches == 1 && scheduler.beats > 0; }));
    scheduler.set([&] {
        scheduler.unknown = 1;
        scheduler.hellos = 0;
    });
    EXPECT_TRUE(scheduler.until([&] { return scheduler.hellos == 1; }));
    EXPECT_EQ(1u, scheduler.boots.size());
}

TEST_F(Executor, DeliversAResultUnderANewSession)
{
    Scheduler scheduler(state);
    engine_double_hold(true);
    scheduler.lease("score", "attempt-1");
    start();
    ASSERT_TRUE(scheduler.until([&] { return scheduler.beaten.count("attempt-1") == 1; }));
    scheduler.set([&] { scheduler.token = "s2"; });
    engine_double_hold(false);
    ASSERT_TRUE(scheduler.until([&] { return scheduler.results.size() == 1; }));
    EXPECT_EQ("attempt-1", scheduler.results[0].attempt);
    ASSERT_TRUE(scheduler.until([&] { return scheduler.fetches == 2; }));
    EXPECT_EQ(1, scheduler.seqs.back());
}

TEST_F(Executor, SendsAResultAgainUntilItIsAnswered)
{
    Scheduler scheduler(state);
    scheduler.silent_results = 1;
    scheduler.lease("score", "attempt-1");
    start();
    ASSERT_TRUE(scheduler.until([&] { return scheduler.results.size() == 2; }));
    EXPECT_EQ(scheduler.results[0].attempt, scheduler.results[1].attempt);
    EXPECT_EQ(scheduler.results[0].sums, scheduler.results[1].sums);
    EXPECT_EQ(1, engine_double_runs());
}

TEST_F(Executor, WaitsForAnAnswerAsLongAsItIsToldTo)
{
    Scheduler scheduler(state);
    scheduler.silent_results = 4;
    scheduler.lease("score", "attempt-1");
    options.result_ms = 200;
    const auto begin = std::chrono::steady_clock::now();
    start();
    ASSERT_TRUE(scheduler.until([&] { return scheduler.results.size() == 5; }));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20)); // not 4 x 10 s
}

TEST_F(Executor, TellsItsEngineTheLimitsOfRequests)
{
    Scheduler scheduler(state);
    http_limits limits = {};
    limits.attempts = 9;
    options.remote = &limits;
    start();
    ASSERT_TRUE(scheduler.until([&] { return scheduler.fetches == 1; }));
    EXPECT_EQ(9u, engine_double_tries());
}

TEST_F(Executor, FindsASchedulerThatCameBackElsewhere)
{
    auto first = std::make_unique<Scheduler>(state);
    engine_double_hold(true);
    first->lease("score", "attempt-1");
    start();
    ASSERT_TRUE(first->until([&] { return first->beaten.count("attempt-1") == 1; }));
    const std::set<std::string> boots = first->boots;
    first.reset();
    engine_double_hold(false);
    Scheduler second(state);
    ASSERT_TRUE(second.until([&] { return second.results.size() == 1; }));
    EXPECT_EQ("attempt-1", second.results[0].attempt);
    EXPECT_EQ(boots, second.boots);
    EXPECT_TRUE(second.until([&] { return second.fetches == 1; }));
}

TEST_F(Executor, LeavesWhenDrained)
{
    Scheduler scheduler(state);
    scheduler.drain_fetch = true;
    start();
    join();
    EXPECT_EQ(GAIA_OK, status);
}

TEST_F(Executor, LeavesWhenABeatDrainsItWhileItWaitsForWork)
{
    Scheduler scheduler(state);
    start();
    ASSERT_TRUE(scheduler.until([&] { return scheduler.fetches == 1; }));
    scheduler.set([&] { scheduler.drain_beat = true; });
    const int64_t begin_ms = clock_monotonic_ms();
    join();
    EXPECT_EQ(GAIA_OK, status);
    EXPECT_LT(clock_monotonic_ms() - begin_ms, 10000);
}

TEST_F(Executor, FinishesItsLeaseAtTheFirstSignal)
{
    Scheduler scheduler(state);
    engine_double_hold(true);
    scheduler.lease("score", "attempt-1");
    scheduler.lease("score", "attempt-2");
    start();
    ASSERT_TRUE(scheduler.until([&] { return scheduler.beaten.count("attempt-1") == 1; }));
    kill(getpid(), SIGTERM);
    sigset_t pending;
    do { // until the executor has heard of it, in the middle of its lease
        clock_sleep_ms(10);
        sigpending(&pending);
    } while (sigismember(&pending, SIGTERM) == 1);
    clock_sleep_ms(50);
    engine_double_hold(false);
    join();
    EXPECT_EQ(GAIA_OK, status);
    ASSERT_EQ(1u, scheduler.results.size());
    EXPECT_EQ("ok", scheduler.results[0].status);
}

TEST_F(Executor, GivesUpAResultWhenItHasToLeaveAndNobodyListens)
{
    auto scheduler = std::make_unique<Scheduler>(state);
    engine_double_hold(true);
    scheduler->lease("score", "attempt-1");
    start();
    ASSERT_TRUE(scheduler->until([&] { return scheduler->beaten.count("attempt-1") == 1; }));
    scheduler.reset();
    const int64_t begin_ms = clock_monotonic_ms();
    leave();
    EXPECT_EQ(GAIA_OK, status);
    EXPECT_LT(clock_monotonic_ms() - begin_ms, patience_ms);
}

TEST_F(Executor, TellsWhatItHasWhenItAsksForWork)
{
    Scheduler scheduler(state);
    start();
    ASSERT_TRUE(scheduler.until([&] { return scheduler.fetches == 1; }));
    EXPECT_EQ(1 << 20, scheduler.free_bytes);
    EXPECT_TRUE(scheduler.resident.empty());
    scheduler.lease("score", "attempt-1");
    ASSERT_TRUE(scheduler.until([&] { return scheduler.fetches == 2; }));
    EXPECT_EQ(1u, scheduler.resident.size());
    scheduler.lease("score", "attempt-2");
    scheduler.lease("task", "attempt-3");
    ASSERT_TRUE(scheduler.until([&] { return scheduler.fetches == 4; }));
    ASSERT_EQ(1u, scheduler.resident.size());
    EXPECT_EQ(16u, scheduler.resident[0].size());
}

TEST_F(Executor, LeavesAfterItsBatches)
{
    Scheduler scheduler(state);
    scheduler.generous = true;
    options.batches_max = 2;
    for (const char *attempt : {"a", "b", "c"}) {
        scheduler.lease("score", attempt);
    }
    start();
    join();
    EXPECT_EQ(GAIA_OK, status) << err.detail;
    ASSERT_EQ(2u, scheduler.results.size());
    EXPECT_EQ(2, engine_double_runs());
    EXPECT_EQ(0, scheduler.results[1].wish); /* it takes nothing that it would leave undone */
}

TEST_F(Executor, DoesNotLeaveAfterItsBatchesBeforeItsTime)
{
    Scheduler scheduler(state);
    options.batches_max = 1;
    options.life_min_ms = 3600000;
    scheduler.lease("score", "a");
    scheduler.lease("score", "b");
    start();
    EXPECT_TRUE(scheduler.until([&] { return scheduler.results.size() == 2; }));
}

TEST_F(Executor, ReportsABatchOverItsTimeAndGoesOn)
{
    Scheduler scheduler(state);
    options.batch_ms = 100;
    engine_double_hold(true);
    scheduler.lease("score", "a");
    start();
    ASSERT_TRUE(scheduler.until([&] { return scheduler.results.size() == 1; }));
    EXPECT_EQ("a", scheduler.results[0].attempt);
    EXPECT_EQ("limit", scheduler.results[0].status);
    EXPECT_NE(std::string::npos, scheduler.results[0].detail.find("--batch-time"));
    EXPECT_EQ(1, engine_double_cancelled());
    engine_double_hold(false);
    scheduler.lease("score", "b");
    ASSERT_TRUE(scheduler.until([&] { return scheduler.results.size() == 2; }));
    EXPECT_EQ("ok", scheduler.results[1].status);
}

TEST_F(Executor, EndsWhenItIsRefused)
{
    Scheduler scheduler(state);
    scheduler.refuse = true;
    start();
    join();
    EXPECT_EQ(GAIA_DENIED, status);
    EXPECT_NE(nullptr, strstr(err.detail, "no"));
}

} // namespace
