// SPDX-License-Identifier: MIT
//
// What becomes of batches that were lost with their executor, and of one that kills them.
#include "core_harness.h"

namespace
{

constexpr uint32_t kPipe = 11;

TEST(Quarantine, IsAfterExactlyThreeFreshExecutors)
{
    Harness h;
    const std::string job = h.Submit(true);
    for (uint32_t i = 0; i < 3; i++) {
        ASSERT_TRUE(h.Lives(job)) << i;
        const std::string session = h.Hello("boot" + std::to_string(i), kPipe + i);
        h.Fetch(session, 1);
        ASSERT_EQ(job, h.Given());
        h.PipeGone(CORE_CONTROL, kPipe + i);
        EXPECT_NE(nullptr, h.Find(CORE_STORE_ATTEMPT));
    }
    ASSERT_FALSE(h.Lives(job));
    EXPECT_EQ(3u, h.Find(CORE_STORE_BATCH)->batch.kills);
    EXPECT_EQ(BATCH_DEAD, h.Find(CORE_STORE_BATCH)->batch.state);
    EXPECT_STREQ("batch 0 is quarantined: 3 executors that had run nothing else ended under it",
                 h.Find(CORE_STORE_JOB)->job->error->detail);
}

TEST(Quarantine, DoesNotBlameWhatCameLastToAWornOutExecutor)
{
    Harness h;
    const std::string good = h.Submit(true);
    const std::string session = h.Hello("a", kPipe);
    h.Fetch(session, 1);
    ASSERT_EQ(GAIA_OK, h.Result(good, 0, h.Leases().at(0).attempt, GAIA_OK));
    const std::string job = h.Submit(true);
    h.Fetch(session, 2);
    ASSERT_EQ(job, h.Given());
    h.PipeGone(CORE_CONTROL, kPipe);
    EXPECT_EQ(0u, h.Find(CORE_STORE_BATCH)->batch.kills);
    EXPECT_EQ(1u, h.Find(CORE_STORE_BATCH)->batch.losses);
}

TEST(Quarantine, BlamesOnlyTheBatchThatWasWorkedOn)
{
    Harness h(SmallBatches(1));
    const std::string planner = h.Hello("planner", kPipe + 7);
    const std::string job = h.Plan(planner, 1, 3);
    const std::string session = h.Hello("a", kPipe);
    h.Fetch(session, 1, 3);
    ASSERT_EQ(3u, h.Leases().size());
    const uint32_t first = h.Leases()[0].batch;
    h.PipeGone(CORE_CONTROL, kPipe);
    for (uint32_t number = 1; number <= 3; number++) {
        struct batch_record batch = {};
        ASSERT_TRUE(core_batch_get(h.core, job.c_str(), number, &batch));
        EXPECT_EQ(number == first ? 1u : 0u, batch.kills) << number;
    }
}

TEST(Quarantine, WaitsForAFreshExecutorAndNotForEver)
{
    struct core_config config = core_config_default();
    Harness h(config);
    const std::string good = h.Submit(true);
    const std::string old = h.Hello("old", kPipe);
    h.Fetch(old, 1);
    ASSERT_EQ(GAIA_OK, h.Result(good, 0, h.Leases().at(0).attempt, GAIA_OK));
    const std::string suspect = h.Submit(true);
    const std::string fresh = h.Hello("fresh", kPipe + 1);
    h.Fetch(fresh, 1);
    ASSERT_EQ(suspect, h.Given());
    h.PipeGone(CORE_CONTROL, kPipe + 1);
    h.Fetch(old, 2);
    EXPECT_EQ("", h.Given());
    const int64_t until_ms = h.now_ms + config.fresh_wait_ms;
    while (h.now_ms < until_ms - 1000) {
        h.now_ms += 1000;
        h.Beat(old, kPipe, {});
        ASSERT_EQ("", h.Given());
    }
    h.Fetch(old, 3);
    h.Beat(old, kPipe, {});
    h.Tick(999);
    ASSERT_EQ("", h.Given());
    h.Tick(1);
    EXPECT_EQ(suspect, h.Given());
}

// A dead machine's batches wait for another of its kind; meanwhile what others can do is theirs.
TEST(Quarantine, OfWhatNobodyHereCanRunKeepsNothingElse)
{
    for (const bool by_memory : {false, true}) {
        Harness h;
        struct job_terms foreign = {};
        foreign.resource = by_memory ? JOB_RESOURCE_ANY : JOB_RESOURCE_GPU;
        foreign.memory_bytes = by_memory ? 1000000 : 0;
        for (uint32_t i = 0; i < 40; i++) {
            const std::string job = h.Submit(true, foreign);
            const std::string big = h.Hello("big" + std::to_string(i), kPipe + i,
                                            by_memory ? "cpu" : "cuda", 2 * foreign.memory_bytes);
            h.Fetch(big, 1);
            ASSERT_EQ(job, h.Given());
        }
        for (uint32_t i = 0; i < 40; i++) {
            h.PipeGone(CORE_CONTROL, kPipe + i);
        }
        h.now_ms++;
        const std::string job = h.Submit(true);
        const std::string lost = h.Hello("lost", kPipe + 100);
        h.Fetch(lost, 1);
        ASSERT_EQ(job, h.Given());
        h.PipeGone(CORE_CONTROL, kPipe + 100);
        const std::string fresh = h.Hello("fresh", kPipe + 101);
        h.Fetch(fresh, 1);
        EXPECT_EQ(job, h.Given());
        EXPECT_EQ(40u, core_count(h.core).n_suspect);
    }
}

// Of two kinds that wait, each is due in its own time.
TEST(Quarantine, WaitsAreOfEachKindOnTheirOwn)
{
    const struct core_config config = core_config_default();
    Harness h(config);
    struct job_terms gpu = {};
    gpu.resource = JOB_RESOURCE_GPU;
    h.Submit(true, gpu);
    h.Fetch(h.Hello("gpu", kPipe, "cuda"), 1);
    h.PipeGone(CORE_CONTROL, kPipe);
    const std::string good = h.Submit(true);
    const std::string old = h.Hello("old", kPipe + 1);
    h.Fetch(old, 1);
    ASSERT_EQ(GAIA_OK, h.Result(good, 0, h.Leases().at(0).attempt, GAIA_OK));
    h.Tick(config.fresh_wait_ms - 500);
    const std::string job = h.Submit(true);
    h.Fetch(h.Hello("lost", kPipe + 2), 1);
    ASSERT_EQ(job, h.Given());
    h.PipeGone(CORE_CONTROL, kPipe + 2);
    const int64_t due_ms = h.now_ms + config.fresh_wait_ms;
    h.Beat(old, kPipe + 1, {});
    h.Fetch(old, 2);
    ASSERT_EQ("", h.Given());
    while (h.now_ms < due_ms) {
        const int64_t wake_ms = core_wake_ms(h.core);
        ASSERT_EQ("", h.Given());
        ASSERT_LE(wake_ms, due_ms) << "it is not waited beyond that";
        h.now_ms = wake_ms;
        h.Beat(old, kPipe + 1, {});
    }
    EXPECT_EQ(job, h.Given());
}

} // namespace
