// SPDX-License-Identifier: MIT
//
// Whose batch is next: shares of tenants, priority and age, what executors can do and hold, times
// and deadlines.
#include <map>

#include "core_harness.h"

namespace
{

constexpr uint32_t kPipe = 11;

struct job_terms Of(const char *tenant, int32_t priority = 0)
{
    struct job_terms terms = {};
    record_tenant_copy(terms.tenant, tenant);
    terms.priority = priority;
    return terms;
}

TEST(Priority, GoesFirstAndAgeMakesUpForIt)
{
    struct core_config config = core_config_default();
    config.session_ms = INT64_MAX / 4;
    Harness h(config);
    const std::string old = h.Submit(true, Of("a", 0));
    h.now_ms += config.ageing_ms - 1;
    const std::string urgent = h.Submit(true, Of("a", 1));
    h.now_ms += 2;
    const std::string late = h.Submit(true, Of("a", 1));
    const std::string session = h.Hello("a", kPipe);
    h.Fetch(session, 1);
    EXPECT_EQ(urgent, h.Given());
    h.Fetch(session, 2);
    EXPECT_EQ(old, h.Given()) << "it has waited for more than one step of priority";
    h.Fetch(session, 3);
    EXPECT_EQ(late, h.Given());
}

TEST(Share, IsTheSameForTenantsThatAreNotNamed)
{
    Harness h;
    for (int i = 0; i < 20; i++) {
        h.Submit(true, Of("greedy", 1000));
    }
    for (int i = 0; i < 4; i++) {
        h.Submit(true, Of("modest", -1000));
    }
    const std::string session = h.Hello("a", kPipe);
    std::map<std::string, int> given;
    for (uint64_t seq = 1; seq <= 8; seq++) {
        h.Fetch(session, seq);
        given[h.Leases().at(0).job->terms.tenant]++;
    }
    EXPECT_EQ(4, given["greedy"]);
    EXPECT_EQ(4, given["modest"]);
}

TEST(Share, IsWhatTheConfigurationSays)
{
    const struct core_share shares[] = {{"gold", 3}};
    struct core_config config = core_config_default();
    config.shares = shares;
    config.n_shares = 1;
    Harness h(config);
    for (int i = 0; i < 50; i++) {
        h.Submit(true, Of("gold"));
        h.Submit(true, Of("tin"));
    }
    const std::string session = h.Hello("a", kPipe);
    std::map<std::string, int> given;
    for (uint64_t seq = 1; seq <= 40; seq++) {
        h.Fetch(session, seq);
        given[h.Leases().at(0).job->terms.tenant]++;
    }
    EXPECT_EQ(30, given["gold"]);
    EXPECT_EQ(10, given["tin"]);
}

TEST(Share, IsNotSavedUpByWhoHasNothingToDo)
{
    Harness h;
    h.Submit(true, Of("late"));
    const std::string session = h.Hello("a", kPipe);
    h.Fetch(session, 1);
    for (int i = 0; i < 40; i++) {
        h.Submit(true, Of("busy"));
    }
    for (uint64_t seq = 2; seq < 22; seq++) {
        h.Fetch(session, seq);
    }
    for (int i = 0; i < 20; i++) {
        h.Submit(true, Of("late"));
    }
    int late = 0;
    for (uint64_t seq = 22; seq < 32; seq++) {
        h.Fetch(session, seq);
        late += std::string(h.Leases().at(0).job->terms.tenant) == "late";
    }
    EXPECT_LE(late, 6);
    EXPECT_GE(late, 4);
}

TEST(Resource, IsWhatTheJobAsksFor)
{
    Harness h;
    struct job_terms terms = {};
    terms.resource = JOB_RESOURCE_GPU;
    const std::string gpu = h.Submit(true, terms);
    terms.resource = JOB_RESOURCE_CPU;
    const std::string cpu = h.Submit(true, terms);
    const std::string any = h.Submit(true);
    const std::string with = h.Hello("with", kPipe, "cuda:0 NVIDIA H200");
    const std::string without = h.Hello("without", kPipe + 1);
    h.Fetch(without, 1);
    EXPECT_EQ(cpu, h.Given());
    h.Fetch(with, 1);
    EXPECT_EQ(gpu, h.Given());
    h.Fetch(with, 2);
    EXPECT_EQ(any, h.Given());
    h.Fetch(with, 3);
    terms.resource = JOB_RESOURCE_CPU;
    const std::string other = h.Submit(true, terms);
    EXPECT_EQ("", h.Given()) << "a parked executor with a GPU is no one without";
    h.Fetch(without, 2);
    EXPECT_EQ(other, h.Given());
}

TEST(Resource, OfMemoryGoesToWhoHasIt)
{
    Harness h;
    struct job_terms terms = {};
    terms.memory_bytes = UINT64_C(8) << 30;
    const std::string large = h.Submit(true, terms);
    const std::string small = h.Submit(true);
    const std::string little = h.Hello("little", kPipe, "cpu", (UINT64_C(8) << 30) - 1);
    const std::string enough = h.Hello("enough", kPipe + 1, "cpu", UINT64_C(8) << 30);
    h.Fetch(little, 1);
    EXPECT_EQ(small, h.Given());
    h.Fetch(little, 2);
    EXPECT_EQ("", h.Given());
    h.Fetch(enough, 1);
    EXPECT_EQ(large, h.Given());
}

TEST(Affinity, PrefersAJobWhoseTruthIsHeldUnlessItIsMuchYounger)
{
    struct core_config config = core_config_default();
    config.session_ms = INT64_MAX / 4;
    Harness h(config);
    struct job_terms held = {};
    snprintf(held.truth, sizeof held.truth, "00000000000000aa");
    const std::string session = h.Hello("a", kPipe);
    const std::string first = h.Submit(true);
    const std::string near = h.Submit(true, held);
    h.Fetch(session, 1, 1, 900, {"00000000000000bb", "00000000000000aa"});
    EXPECT_EQ(near, h.Given());
    h.now_ms += config.affinity_ms + 1;
    h.Beat(session, kPipe, {});
    h.Submit(true, held);
    h.Fetch(session, 2, 1, 900, {"00000000000000aa"});
    EXPECT_EQ(first, h.Given());
}

TEST(Delay, HoldsAJobUntilItsTime)
{
    Harness h;
    struct job_terms terms = {};
    terms.not_before_ms = h.WallMs() + 5000;
    const std::string session = h.Hello("a", kPipe);
    const std::string job = h.Submit(true, terms);
    h.Fetch(session, 1);
    EXPECT_EQ("", h.Given());
    EXPECT_LE(core_wake_ms(h.core), h.now_ms + 5000);
    h.Beat(session, kPipe, {});
    h.Tick(2500);
    h.Beat(session, kPipe, {});
    h.Tick(2499);
    EXPECT_EQ("", h.Given());
    h.Fetch(session, 2);
    h.Beat(session, kPipe, {});
    h.Tick(1);
    EXPECT_EQ(job, h.Given());
}

TEST(Deadline, ToStartFailsAJobThatNobodyTook)
{
    Harness h;
    struct job_terms terms = {};
    terms.start_by_ms = h.WallMs() + 1000;
    const std::string job = h.Submit(true, terms);
    h.Tick(999);
    EXPECT_TRUE(h.Lives(job));
    h.Tick(1);
    ASSERT_FALSE(h.Lives(job));
    EXPECT_EQ(GAIA_TIMEOUT, h.Find(CORE_STORE_JOB)->job->error->status);
    EXPECT_STREQ("no executor began the job by the time it asked for",
                 h.Find(CORE_STORE_JOB)->job->error->detail);
}

TEST(Deadline, ToStartIsMetByTheFirstLease)
{
    Harness h;
    struct job_terms terms = {};
    terms.start_by_ms = h.WallMs() + 1000;
    const std::string job = h.Submit(true, terms);
    const std::string session = h.Hello("a", kPipe);
    h.Fetch(session, 1);
    EXPECT_EQ(h.WallMs(), h.Find(CORE_STORE_JOB)->job->started_ms);
    h.Tick(2000);
    EXPECT_TRUE(h.Lives(job));
}

TEST(Deadline, ToRunFailsAJobAndTakesItsLeasesBack)
{
    Harness h;
    struct job_terms terms = {};
    terms.run_ms = 2000;
    const std::string job = h.Submit(true, terms);
    const std::string session = h.Hello("a", kPipe);
    h.Tick(500);
    h.Beat(session, kPipe, {});
    h.Fetch(session, 1);
    const std::string attempt = h.Leases().at(0).attempt;
    h.Tick(1999);
    EXPECT_TRUE(h.Lives(job));
    h.Tick(1);
    ASSERT_FALSE(h.Lives(job));
    EXPECT_STREQ("the job was not done 2 s after it began, as it asked to be",
                 h.Find(CORE_STORE_JOB)->job->error->detail);
    h.Beat(session, kPipe, {attempt});
    EXPECT_EQ(std::vector<std::string>{attempt}, h.Cancelled());
}

TEST(Drain, AnswersAParkedFetchAndGrantsNothingMore)
{
    Harness h;
    const std::string session = h.Hello("a", kPipe);
    void *request = h.Fetch(session, 1);
    h.Change(CORE_DRAIN, "executor-a");
    ASSERT_NE(nullptr, h.Find(CORE_REPLY_DRAIN));
    EXPECT_EQ(request, h.Find(CORE_REPLY_DRAIN)->request);
    const std::string job = h.Submit(true);
    EXPECT_EQ("", h.Given());
    h.Beat(session, kPipe, {});
    EXPECT_TRUE(h.Find(CORE_REPLY_BEAT)->drain);
    h.Fetch(session, 2);
    EXPECT_NE(nullptr, h.Find(CORE_REPLY_DRAIN));
    EXPECT_EQ(BATCH_READY, h.StateOf(job, 0));
    EXPECT_TRUE(core_executor_known(h.core, "executor-a"));
    EXPECT_FALSE(core_executor_known(h.core, "executor-b"));
}

TEST(Drain, IsOfTheNameAndLastsUntilItIsResumed)
{
    Harness h;
    h.Hello("a", kPipe);
    h.Change(CORE_DRAIN, "executor-a");
    ASSERT_NE(nullptr, h.Find(CORE_STORE_SESSION));
    EXPECT_TRUE(h.Find(CORE_STORE_SESSION)->session->is_drained);
    h.PipeGone(CORE_CONTROL, kPipe);
    h.Tick(10 * core_config_default().session_ms);
    EXPECT_EQ(nullptr, h.Find(CORE_DROP_SESSION)) << "its name is kept";
    EXPECT_TRUE(core_executor_known(h.core, "executor-a"));
    const std::string next = h.Hello("b", kPipe + 1, "cpu", 0, "executor-a");
    EXPECT_TRUE(h.Find(CORE_STORE_SESSION)->session->is_drained);
    const std::string job = h.Submit(true);
    h.Fetch(next, 1);
    EXPECT_EQ(nullptr, h.Find(CORE_REPLY_DRAIN)) << "it has not to leave, too";
    EXPECT_EQ("", h.Given());
    h.Beat(next, kPipe + 1, {});
    EXPECT_FALSE(h.Find(CORE_REPLY_BEAT)->drain);
    h.Change(CORE_UNDRAIN, "executor-a");
    EXPECT_EQ(job, h.Given());
    h.Change(CORE_UNDRAIN, "executor-a");
    EXPECT_EQ(nullptr, h.Find(CORE_STORE_SESSION)) << "nothing is changed";
}

TEST(Replay, TakesUpAJobThatWasOver)
{
    Harness h;
    struct job_record record = {};
    record.seq = 40;
    record_id_copy(record.id, "again");
    record.state = JOB_RUNNING;
    record.batches_total = 2;
    record.units_total = 3;
    struct batch_record batches[2] = {};
    batches[0].job = batches[1].job = 40;
    batches[0].state = BATCH_DONE;
    batches[1].number = 1;
    batches[1].kind = BATCH_KIND_SCORE;
    batches[1].state = BATCH_READY;
    batches[1].n_units = 3;
    const std::string session = h.Hello("a", kPipe);
    h.Fetch(session, 1);
    struct core_event event = Harness::Event(CORE_ADOPT_JOB);
    event.u.job.record = &record;
    ASSERT_EQ(GAIA_OK, h.Step(event));
    for (const struct batch_record &batch : batches) {
        event = Harness::Event(CORE_ADOPT_BATCH);
        event.u.batch = &batch;
        ASSERT_EQ(GAIA_OK, h.Step(event));
        EXPECT_EQ("", h.Given()) << "not before all of it is there";
    }
    ASSERT_EQ(GAIA_OK, h.Step(Harness::Event(CORE_ADOPT_END)));
    ASSERT_EQ("again", h.Given());
    ASSERT_EQ(GAIA_OK, h.Result("again", 1, h.Leases().at(0).attempt, GAIA_OK));
    EXPECT_NE(nullptr, h.Find(CORE_FINISH));
}

TEST(Full, IsWhenThereAreAsManyJobsAsMayBe)
{
    struct core_config config = core_config_default();
    config.jobs_max = 2;
    Harness h(config);
    const std::string job = h.Submit(true);
    EXPECT_FALSE(core_is_full(h.core));
    h.Submit(true);
    EXPECT_TRUE(core_is_full(h.core));
    h.Cancel(job);
    EXPECT_FALSE(core_is_full(h.core));
}

TEST(Plan, IsCutByThePaceOfBatches)
{
    struct core_config config = core_config_default();
    config.batch_bytes_min = 1 << 20;
    config.batch_ms = 2000;
    Harness h(config);
    const std::string session = h.Hello("a", kPipe);
    const std::string job = h.Plan(session, 1, 100); // of 1 MiB each: one batch, no pace is known
    ASSERT_EQ(2u, h.JobOf(job).batches_total);
    h.Fetch(session, 2);
    const std::string attempt = h.Leases().at(0).attempt;
    for (int i = 0; i < 20; i++) {
        h.now_ms += 1000;
        h.Beat(session, kPipe, {attempt});
    }
    ASSERT_EQ(GAIA_OK, h.Result(job, 1, attempt, GAIA_OK)); // 5 MiB a second
    const std::string next = h.Plan(session, 3, 100);
    EXPECT_EQ(1u + 12u, h.JobOf(next).batches_total); // of 9 units: 10 would take 2000.04 ms
}

TEST(Oldest, IsTheBatchThatMayHaveBeenLeasedLongest)
{
    struct core_config config = core_config_default();
    config.session_ms = INT64_MAX / 4;
    Harness h(config);
    struct job_terms later = Of("a");
    EXPECT_EQ(-1, core_count(h.core).ready_since_ms);
    later.not_before_ms = h.WallMs() + 10000;
    const std::string held = h.Submit(true, later);
    EXPECT_EQ(-1, core_count(h.core).ready_since_ms) << "its time has not come";
    h.now_ms += 1000;
    const int64_t first_ms = h.now_ms;
    const std::string first = h.Submit(true, Of("a", -5));
    h.now_ms += 1000;
    const std::string second = h.Submit(true, Of("b", 5));
    EXPECT_EQ(first_ms, core_count(h.core).ready_since_ms);
    h.now_ms += 8000;
    const int64_t due_ms = h.now_ms;
    h.Tick();
    EXPECT_EQ(first_ms, core_count(h.core).ready_since_ms);
    h.Cancel(first);
    EXPECT_EQ(first_ms + 1000, core_count(h.core).ready_since_ms);
    h.Cancel(second);
    EXPECT_EQ(due_ms, core_count(h.core).ready_since_ms) << "it waits since its time has come";
    const std::string session = h.Hello("a", kPipe);
    h.Fetch(session, 1);
    ASSERT_EQ(held, h.Given());
    EXPECT_EQ(-1, core_count(h.core).ready_since_ms);
    enum batch_kind kind = BATCH_KIND_PLAN;
    int64_t age_ms = -1;
    const std::string attempt = h.Leases().at(0).attempt;
    ASSERT_TRUE(core_lease_get(h.core, attempt.c_str(), h.now_ms + 70, &kind, &age_ms));
    EXPECT_EQ(BATCH_KIND_TASK, kind);
    EXPECT_EQ(70, age_ms);
    EXPECT_FALSE(core_lease_get(h.core, "none", h.now_ms, &kind, &age_ms));
    h.now_ms += 500;
    h.PipeGone(CORE_CONTROL, kPipe);
    const struct core_action *lost = h.Find(CORE_STORE_ATTEMPT);
    ASSERT_NE(nullptr, lost);
    EXPECT_EQ(CORE_LOSS_ENDED, lost->loss);
}

TEST(Remaining, IsToldByThePaceOfTheJob)
{
    Harness h(SmallBatches(2));
    const std::string session = h.Hello("a", kPipe);
    const std::string job = h.Plan(session, 1, 10);
    struct core_job_view view = {};
    ASSERT_TRUE(core_job_get(h.core, job.c_str(), &view));
    EXPECT_EQ(-1, view.remaining_ms);
    h.Fetch(session, 2);
    const std::string attempt = h.Leases().at(0).attempt;
    h.now_ms += 1000;
    ASSERT_EQ(GAIA_OK, h.Result(job, 1, attempt, GAIA_OK));
    ASSERT_TRUE(core_job_get(h.core, job.c_str(), &view));
    EXPECT_EQ(4000, view.remaining_ms); // two of ten in a second
}

} // namespace
