// SPDX-License-Identifier: MIT
//
// The core's rules of jobs, plans, results and restarts, one by one, in virtual time.
//
// Invariant: no test sleeps, and each names the rule that it holds the core to.
#include <set>

#include "core_harness.h"

namespace
{

const uint32_t kPipe = 11;

TEST(Job, GoesFromQueuedOverPlanningAndRunningToSucceeded)
{
    Harness h(SmallBatches(2));
    const std::string job = h.Submit();
    EXPECT_EQ(JOB_QUEUED, h.JobOf(job).state);
    const std::string session = h.Hello("a", kPipe);
    h.Fetch(session, 1);
    EXPECT_EQ(JOB_PLANNING, h.JobOf(job).state);
    ASSERT_EQ(1u, h.Leases().size());
    EXPECT_EQ(BATCH_KIND_PLAN, h.Leases()[0].kind);
    const struct core_plan plan = {4, 100, 280, 500, 0, nullptr};
    ASSERT_EQ(GAIA_OK, h.Result(job, 0, h.Leases()[0].attempt, GAIA_OK, &plan));
    EXPECT_EQ(JOB_RUNNING, h.JobOf(job).state);
    EXPECT_EQ(3u, h.JobOf(job).batches_total);
    EXPECT_EQ(4u, h.JobOf(job).units_total);
    h.Fetch(session, 2, 2);
    const std::vector<struct core_lease> leases = h.Leases();
    ASSERT_EQ(2u, leases.size());
    EXPECT_EQ(0u, leases[0].first_unit);
    EXPECT_EQ(2u, leases[1].first_unit);
    ASSERT_EQ(GAIA_OK, h.Result(job, 1, leases[0].attempt, GAIA_OK));
    EXPECT_EQ(nullptr, h.Find(CORE_FINISH));
    EXPECT_EQ(2u, h.JobOf(job).units_done);
    ASSERT_EQ(GAIA_OK, h.Result(job, 2, leases[1].attempt, GAIA_OK));
    EXPECT_NE(nullptr, h.Find(CORE_FINISH));
    EXPECT_EQ(JOB_RUNNING, h.JobOf(job).state);
    h.Finished(job, GAIA_OK);
    ASSERT_NE(nullptr, h.Find(CORE_STORE_JOB));
    EXPECT_EQ(JOB_SUCCEEDED, h.Find(CORE_STORE_JOB)->job->state);
    EXPECT_NE(0, h.Find(CORE_STORE_JOB)->job->finished_ms);
    EXPECT_FALSE(h.Lives(job));
}

TEST(Job, OfATaskIsOneBatchAndThenDone)
{
    Harness h;
    const std::string job = h.Submit(true);
    const std::string session = h.Hello("a", kPipe);
    h.Fetch(session, 1);
    EXPECT_EQ(JOB_RUNNING, h.JobOf(job).state);
    ASSERT_EQ(1u, h.Leases().size());
    EXPECT_EQ(BATCH_KIND_TASK, h.Leases()[0].kind);
    ASSERT_EQ(GAIA_OK, h.Result(job, 0, h.Leases()[0].attempt, GAIA_OK));
    EXPECT_EQ(nullptr, h.Find(CORE_FINISH));
    ASSERT_NE(nullptr, h.Find(CORE_STORE_JOB));
    EXPECT_EQ(JOB_SUCCEEDED, h.Find(CORE_STORE_JOB)->job->state);
    EXPECT_EQ(1u, h.Find(CORE_STORE_JOB)->job->batches_done);
    EXPECT_FALSE(h.Lives(job));
}

TEST(Job, OfATaskIsTriedAgainAsOthersAre)
{
    Harness h;
    const std::string job = h.Submit(true);
    const std::string session = h.Hello("a", kPipe);
    h.Fetch(session, 1);
    ASSERT_EQ(GAIA_OK, h.Result(job, 0, h.Leases()[0].attempt, GAIA_OUT_OF_MEMORY));
    EXPECT_TRUE(h.Lives(job));
    h.Fetch(session, 2);
    h.Tick(1000);
    ASSERT_EQ(1u, h.Leases().size());
    ASSERT_EQ(GAIA_OK, h.Result(job, 0, h.Leases()[0].attempt, GAIA_JOB_INVALID));
    EXPECT_EQ(JOB_FAILED, h.Find(CORE_STORE_JOB)->job->state);
    EXPECT_FALSE(h.Lives(job));
}

TEST(Job, WithoutUnitsIsFinishedAtOnce)
{
    Harness h;
    const std::string session = h.Hello("a", kPipe);
    const std::string job = h.Plan(session, 1, 0);
    EXPECT_NE(nullptr, h.Find(CORE_FINISH));
    h.Finished(job, GAIA_VARIABLE_MISSING);
    EXPECT_EQ(JOB_FAILED, h.Find(CORE_STORE_JOB)->job->state);
    EXPECT_EQ(GAIA_VARIABLE_MISSING, h.Find(CORE_STORE_JOB)->job->error->status);
}

TEST(Plan, IsCutIntoContiguousRangesThatCoverItOnce)
{
    struct core_config config = core_config_default();
    config.batch_bytes = 10 << 20; // ten fields of a MiB
    config.batch_bytes_min = 1;
    Harness h(config);
    const std::string session = h.Hello("a", kPipe);
    const std::string job = h.Plan(session, 1, 33);
    ASSERT_EQ(5u, h.JobOf(job).batches_total);
    uint64_t next = 0;
    for (uint32_t i = 1; i < 5; i++) {
        struct batch_record batch = {};
        ASSERT_TRUE(core_batch_get(h.core, job.c_str(), i, &batch));
        EXPECT_EQ(next, batch.first_unit);
        EXPECT_LE(batch.n_units, 10u);
        next += batch.n_units;
    }
    EXPECT_EQ(33u, next);
}

// The first units of the batches of a plan of 20 units, of which 4 make a batch.
std::vector<uint64_t> cuts(const std::vector<core_range> &whole)
{
    Harness h(SmallBatches(4));
    const std::string job = h.Plan(h.Hello("a", kPipe), 1, 20, whole);
    std::vector<uint64_t> first;
    uint64_t next = 0;
    for (uint32_t i = 1; i < h.JobOf(job).batches_total; i++) {
        struct batch_record batch = {};
        EXPECT_TRUE(core_batch_get(h.core, job.c_str(), i, &batch));
        EXPECT_EQ(next, batch.first_unit);
        first.push_back(batch.first_unit);
        next += batch.n_units;
    }
    EXPECT_EQ(20u, next);
    return first;
}

TEST(Plan, IsNotCutWhereAMapIs)
{
    using Cuts = std::vector<uint64_t>;
    EXPECT_EQ((Cuts{0, 4, 8, 12, 16}), cuts({}));
    EXPECT_EQ((Cuts{0, 4, 8, 12, 16}), cuts({{0, 4}, {4, 6}, {6, 8}, {17, 20}}));
    EXPECT_EQ((Cuts{0, 10, 14, 18}), cuts({{0, 10}}));      // longer than a batch
    EXPECT_EQ((Cuts{0, 2, 7, 11, 15, 19}), cuts({{2, 7}})); // one before it, and one of its own
    EXPECT_EQ((Cuts{0, 3, 6, 10, 14, 18}), cuts({{0, 3}, {3, 6}, {6, 9}}));
    EXPECT_EQ((Cuts{0, 4, 8, 12}), cuts({{12, 20}}));
    EXPECT_EQ((Cuts{0}), cuts({{0, 20}}));
}

TEST(Plan, GivesEveryExecutorABatch)
{
    Harness h;
    const std::string session = h.Hello("a", kPipe);
    h.Hello("b", kPipe + 1);
    h.Hello("c", kPipe + 2);
    const std::string job = h.Plan(session, 1, 7);
    EXPECT_EQ(1u + 3u, h.JobOf(job).batches_total);
}

TEST(Plan, RespectsTheSizeOfResults)
{
    struct core_config config = core_config_default();
    config.result_bytes = 1000; // three units of 280 bytes
    Harness h(config);
    const std::string session = h.Hello("a", kPipe);
    const std::string job = h.Plan(session, 1, 9);
    EXPECT_EQ(1u + 3u, h.JobOf(job).batches_total);
}

TEST(Result, OfClassInvalidIsNotRetried)
{
    Harness h;
    const std::string job = h.Submit();
    const std::string session = h.Hello("a", kPipe);
    h.Fetch(session, 1);
    ASSERT_EQ(GAIA_OK, h.Result(job, 0, h.Leases()[0].attempt, GAIA_FILE_MISSING));
    EXPECT_FALSE(h.Lives(job));
    EXPECT_EQ(BATCH_FAILED, h.Find(CORE_STORE_BATCH)->batch.state);
    const struct job_record *record = h.Find(CORE_STORE_JOB)->job;
    EXPECT_EQ(JOB_FAILED, record->state);
    EXPECT_EQ(GAIA_FILE_MISSING, record->error->status);
    EXPECT_STREQ("it went wrong", record->error->detail);
    EXPECT_NE(nullptr, h.Find(CORE_STOP_BATCHES));
}

TEST(Result, OfOtherClassesIsRetriedUntilTheBatchIsDead)
{
    for (gaia_status status : {GAIA_TIMEOUT, GAIA_OUT_OF_MEMORY, GAIA_INTERNAL}) {
        struct core_config config = core_config_default();
        config.session_ms = INT64_MAX / 4;
        Harness h(config);
        const std::string job = h.Submit();
        const std::string session = h.Hello("a", kPipe);
        uint32_t tries = 0;
        for (uint64_t seq = 1; h.Lives(job); seq++) {
            h.Beat(session, kPipe, {});
            h.Fetch(session, seq);
            ASSERT_EQ(1u, h.Leases().size());
            ASSERT_EQ(GAIA_OK, h.Result(job, 0, h.Leases()[0].attempt, status));
            tries++;
            if (h.Lives(job)) {
                h.Tick(config.retry[gaia_status_class(status)].longest_ms);
            }
        }
        EXPECT_EQ(config.retry[gaia_status_class(status)].tries_max, tries);
        EXPECT_EQ(BATCH_DEAD, h.Find(CORE_STORE_BATCH)->batch.state);
        EXPECT_EQ(status, h.Find(CORE_STORE_JOB)->job->error->status);
    }
}

TEST(Result, ThatGivesTheLeaseBackIsNoError)
{
    Harness h;
    const std::string job = h.Submit();
    const std::string session = h.Hello("a", kPipe);
    h.Fetch(session, 1);
    ASSERT_EQ(GAIA_OK, h.Result(job, 0, h.Leases()[0].attempt, GAIA_CANCELLED));
    EXPECT_EQ(BATCH_READY, h.StateOf(job, 0));
}

TEST(Result, ThatIsADuplicateOrFencedChangesNothing)
{
    Harness h(SmallBatches(1));
    const std::string session = h.Hello("a", kPipe);
    const std::string job = h.Plan(session, 1, 2);
    h.Fetch(session, 2);
    const std::string attempt = h.Leases()[0].attempt;
    ASSERT_EQ(GAIA_OK, h.Result(job, 1, attempt, GAIA_OK, nullptr, CORE_FENCED));
    EXPECT_EQ(0u, h.actions.count);
    EXPECT_EQ(BATCH_LEASED, h.StateOf(job, 1));
    ASSERT_EQ(GAIA_OK, h.Result(job, 1, attempt, GAIA_OK));
    ASSERT_EQ(GAIA_OK, h.Result(job, 1, attempt, GAIA_OK, nullptr, CORE_DUPLICATE));
    EXPECT_EQ(0u, h.actions.count);
    EXPECT_EQ(1u, h.JobOf(job).units_done);
}

TEST(Result, ThatTheStoreTookWithoutALeaseHereIsAContradiction)
{
    Harness h(SmallBatches(1));
    const std::string session = h.Hello("a", kPipe);
    const std::string job = h.Plan(session, 1, 2);
    EXPECT_EQ(GAIA_STORE, h.Result(job, 1, "no such attempt", GAIA_OK));
}

std::vector<int64_t> BackoffDelays(uint64_t seed)
{
    struct core_config config = core_config_default();
    config.retry[GAIA_CLASS_INTERNAL] = {12, 100, 2000};
    config.session_ms = INT64_MAX / 4;
    Harness h(config, seed);
    const std::string job = h.Submit();
    const std::string session = h.Hello("a", kPipe);
    std::vector<int64_t> delays;
    for (uint64_t seq = 1; seq < 12; seq++) {
        h.Beat(session, kPipe, {});
        h.Fetch(session, seq);
        EXPECT_EQ(1u, h.Leases().size());
        EXPECT_EQ(GAIA_OK, h.Result(job, 0, h.Leases()[0].attempt, GAIA_INTERNAL));
        const int64_t start_ms = h.now_ms;
        while (h.StateOf(job, 0) == BATCH_READY && h.now_ms - start_ms <= 2000) {
            struct core_event tick = Harness::Event(CORE_TICK);
            EXPECT_EQ(GAIA_OK, h.Step(tick));
            const int64_t wake_ms = core_wake_ms(h.core);
            if (wake_ms > start_ms + 2000) {
                break; // nothing waits for its backoff any more
            }
            h.now_ms = wake_ms;
        }
        delays.push_back(h.now_ms - start_ms);
    }
    return delays;
}

TEST(Backoff, IsBoundedJitteredAndReplayable)
{
    const std::vector<int64_t> delays = BackoffDelays(5);
    EXPECT_EQ(delays, BackoffDelays(5));
    EXPECT_NE(delays, BackoffDelays(6));
    std::set<int64_t> distinct(delays.begin(), delays.end());
    EXPECT_GT(distinct.size(), delays.size() / 2);
    int64_t bound_ms = 100;
    for (int64_t delay : delays) {
        EXPECT_GE(delay, 0);
        EXPECT_LT(delay, bound_ms);
        bound_ms = std::min<int64_t>(2 * bound_ms, 2000);
    }
}

TEST(Cancel, EndsReadyAndLeasedBatches)
{
    Harness h(SmallBatches(1));
    const std::string session = h.Hello("a", kPipe);
    const std::string job = h.Plan(session, 1, 4);
    h.Fetch(session, 2);
    const std::string attempt = h.Leases()[0].attempt;
    h.Cancel(job);
    EXPECT_FALSE(h.Lives(job));
    EXPECT_NE(nullptr, h.Find(CORE_STOP_BATCHES));
    EXPECT_EQ(JOB_CANCELLED, h.Find(CORE_STORE_JOB)->job->state);
    h.Beat(session, kPipe, {attempt});
    EXPECT_EQ(std::vector<std::string>{attempt}, h.Cancelled());
    h.Fetch(session, 3, 4);
    EXPECT_TRUE(h.Leases().empty());
    h.Cancel(job);
    EXPECT_EQ(0u, h.actions.count);
}

TEST(Progress, CountsWhatBeatsReport)
{
    Harness h;
    const std::string session = h.Hello("a", kPipe);
    const std::string job = h.Plan(session, 1, 8);
    h.Fetch(session, 2);
    const std::string attempt = h.Leases()[0].attempt;
    struct core_job_view view = {};
    h.Beat(session, kPipe, {attempt}, 3);
    ASSERT_TRUE(core_job_get(h.core, job.c_str(), &view));
    EXPECT_EQ(3u, view.units_running);
    h.Beat(session, kPipe, {attempt}, 1000); // more than there are: believed up to the batch's size
    ASSERT_TRUE(core_job_get(h.core, job.c_str(), &view));
    EXPECT_EQ(8u, view.units_running);
    h.PipeGone(CORE_CONTROL, kPipe);
    ASSERT_TRUE(core_job_get(h.core, job.c_str(), &view));
    EXPECT_EQ(0u, view.units_running);
}

// Hands the records of a running job with one batch in each state to a new core.
void Restore(Harness *h, const char *session)
{
    struct session_record hello = {};
    record_id_copy(hello.session, session);
    record_name_copy(hello.boot, "a");
    struct core_event event = Harness::Event(CORE_RESTORE_SESSION);
    event.u.hello = &hello;
    ASSERT_EQ(GAIA_OK, h->Step(event));
    struct job_record job = {};
    job.seq = 9;
    record_id_copy(job.id, "job9");
    job.state = JOB_RUNNING;
    job.units_total = 3;
    job.batches_total = 4;
    event = Harness::Event(CORE_RESTORE_JOB);
    event.u.job.record = &job;
    ASSERT_EQ(GAIA_OK, h->Step(event));
    const enum batch_state states[] = {BATCH_DONE, BATCH_DONE, BATCH_LEASED, BATCH_READY};
    for (uint32_t i = 0; i < 4; i++) {
        struct batch_record batch = {};
        batch.job = 9;
        batch.number = i;
        batch.kind = i == 0 ? BATCH_KIND_PLAN : BATCH_KIND_SCORE;
        batch.state = states[i];
        batch.first_unit = i == 0 ? 0 : i - 1;
        batch.n_units = i == 0 ? 0 : 1;
        if (batch.state == BATCH_LEASED) {
            record_id_copy(batch.attempt, "attempt2");
            record_id_copy(batch.session, "session-a");
            batch.seq = 5;
        }
        event = Harness::Event(CORE_RESTORE_BATCH);
        event.u.batch = &batch;
        ASSERT_EQ(GAIA_OK, h->Step(event));
    }
    ASSERT_EQ(GAIA_OK, h->Step(Harness::Event(CORE_RESTORE_END)));
}

TEST(Restore, KeepsSessionsLeasesAndTheirAttempts)
{
    Harness h;
    Restore(&h, "session-a");
    EXPECT_EQ("session-a", h.Hello("a", kPipe));
    EXPECT_EQ(BATCH_LEASED, h.StateOf("job9", 2));
    EXPECT_EQ(1u, h.JobOf("job9").units_done);
    h.Beat("session-a", kPipe, {"attempt2"});
    EXPECT_TRUE(h.Cancelled().empty());
    h.Fetch("session-a", 5); // its reply was lost with the old scheduler
    ASSERT_EQ(1u, h.Leases().size());
    EXPECT_STREQ("attempt2", h.Leases()[0].attempt);
    ASSERT_EQ(GAIA_OK, h.Result("job9", 2, "attempt2", GAIA_OK));
    h.Fetch("session-a", 6);
    ASSERT_EQ(1u, h.Leases().size());
    EXPECT_EQ(3u, h.Leases()[0].batch);
    ASSERT_EQ(GAIA_OK, h.Result("job9", 3, h.Leases()[0].attempt, GAIA_OK));
    EXPECT_NE(nullptr, h.Find(CORE_FINISH));
}

TEST(Restore, RequeuesWhatAForgottenSessionHeld)
{
    Harness h;
    Restore(&h, "session-z");
    EXPECT_EQ(BATCH_READY, h.StateOf("job9", 2));
}

TEST(Restore, FinishesAJobWhoseBatchesWereAllDone)
{
    Harness h;
    struct job_record job = {};
    job.seq = 1;
    job.state = JOB_RUNNING;
    job.batches_total = 1;
    record_id_copy(job.id, "job1");
    struct core_event event = Harness::Event(CORE_RESTORE_JOB);
    event.u.job.record = &job;
    ASSERT_EQ(GAIA_OK, h.Step(event));
    struct batch_record batch = {};
    batch.job = 1;
    batch.state = BATCH_DONE;
    event = Harness::Event(CORE_RESTORE_BATCH);
    event.u.batch = &batch;
    ASSERT_EQ(GAIA_OK, h.Step(event));
    ASSERT_EQ(GAIA_OK, h.Step(Harness::Event(CORE_RESTORE_END)));
    EXPECT_NE(nullptr, h.Find(CORE_FINISH));
}

TEST(Restore, RefusesRecordsThatContradictEachOther)
{
    Harness h;
    struct job_record job = {};
    job.seq = 1;
    job.batches_total = 2;
    struct core_event event = Harness::Event(CORE_RESTORE_JOB);
    event.u.job.record = &job;
    ASSERT_EQ(GAIA_OK, h.Step(event));
    EXPECT_EQ(GAIA_STORE, h.Step(Harness::Event(CORE_RESTORE_END)));
}

} // namespace
