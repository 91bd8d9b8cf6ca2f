// SPDX-License-Identifier: MIT
//
// The core's rules of leases, FETCHes and sessions, one by one, in virtual time.
//
// Invariant: no test sleeps, and each names the rule that it holds the core to.
#include "core_harness.h"

namespace
{

const uint32_t kPipe = 11;

TEST(Lease, IsStoredBeforeItIsGranted)
{
    Harness h;
    h.Submit();
    const std::string session = h.Hello("a", kPipe);
    h.Fetch(session, 1);
    size_t stored = SIZE_MAX;
    size_t replied = SIZE_MAX;
    for (size_t i = 0; i < h.actions.count; i++) {
        if (h.actions.items[i].kind == CORE_STORE_BATCH) {
            stored = i;
            EXPECT_EQ(BATCH_LEASED, h.actions.items[i].batch.state);
            EXPECT_EQ(session, h.actions.items[i].batch.session);
        }
        if (h.actions.items[i].kind == CORE_REPLY_LEASES) {
            replied = i;
        }
    }
    ASSERT_NE(SIZE_MAX, replied);
    EXPECT_LT(stored, replied);
}

TEST(Lease, ExpiresAtDeadlineNotBefore)
{
    Harness h;
    const struct core_config config = core_config_default();
    const std::string job = h.Submit();
    const std::string session = h.Hello("a", kPipe);
    h.Fetch(session, 1);
    h.Tick(config.lease_ms - 1);
    EXPECT_EQ(BATCH_LEASED, h.StateOf(job, 0));
    h.Tick(1);
    EXPECT_EQ(BATCH_READY, h.StateOf(job, 0));
}

TEST(Lease, IsRenewedByABeatThatNamesIt)
{
    Harness h;
    const struct core_config config = core_config_default();
    const std::string job = h.Submit();
    const std::string session = h.Hello("a", kPipe);
    h.Fetch(session, 1);
    const std::string attempt = h.Leases()[0].attempt;
    h.Tick(config.lease_ms - 1);
    h.Beat(session, kPipe, {attempt});
    EXPECT_TRUE(h.Cancelled().empty());
    h.Tick(config.lease_ms - 1);
    EXPECT_EQ(BATCH_LEASED, h.StateOf(job, 0));
}

TEST(Lease, MissingFromTwoBeatsIsRequeued)
{
    Harness h;
    const struct core_config config = core_config_default();
    const std::string job = h.Submit();
    const std::string session = h.Hello("a", kPipe);
    const auto beat = [&](const std::vector<std::string> &attempts) {
        h.now_ms += config.beat_ms;
        h.Beat(session, kPipe, attempts);
    };
    h.Fetch(session, 1);
    const std::string attempt = h.Leases()[0].attempt;
    beat({});
    EXPECT_EQ(BATCH_LEASED, h.StateOf(job, 0));
    beat({attempt}); // named again: the count starts anew
    beat({});
    EXPECT_EQ(BATCH_LEASED, h.StateOf(job, 0));
    beat({});
    EXPECT_EQ(BATCH_READY, h.StateOf(job, 0));
    beat({attempt});
    EXPECT_EQ(std::vector<std::string>{attempt}, h.Cancelled());
}

// The loop stood still: what an executor sent meanwhile it sent before it had the lease.
TEST(Lease, IsNotLostByBeatsThatGathered)
{
    Harness h;
    const struct core_config config = core_config_default();
    const std::string session = h.Hello("a", kPipe);
    h.Fetch(session, 1);
    const std::string job = h.Submit();
    const std::string attempt = h.Leases().at(0).attempt;
    for (int i = 0; i < 8; i++) {
        h.Beat(session, kPipe, {});
    }
    h.now_ms += 10 * config.beat_ms; // so long took the commit
    for (int i = 0; i < 8; i++) {
        h.Beat(session, kPipe, {});
    }
    EXPECT_EQ(BATCH_LEASED, h.StateOf(job, 0));
    h.Beat(session, kPipe, {attempt});
    EXPECT_TRUE(h.Cancelled().empty());
    EXPECT_EQ(BATCH_LEASED, h.StateOf(job, 0));
}

TEST(Lease, OfAnotherSessionIsNotRenewed)
{
    Harness h;
    h.Submit();
    const std::string a = h.Hello("a", kPipe);
    const std::string b = h.Hello("b", kPipe + 1);
    h.Fetch(a, 1);
    const std::string attempt = h.Leases()[0].attempt;
    h.Beat(b, kPipe + 1, {attempt});
    EXPECT_EQ(std::vector<std::string>{attempt}, h.Cancelled());
}

TEST(Lease, IsRequeuedAtOnceWhenTheControlPipeEnds)
{
    Harness h;
    const std::string job = h.Submit();
    const std::string a = h.Hello("a", kPipe);
    const std::string b = h.Hello("b", kPipe + 1);
    h.Fetch(a, 1);
    const std::string first = h.Leases()[0].attempt;
    h.Fetch(b, 1);
    EXPECT_TRUE(h.Leases().empty());
    h.PipeGone(CORE_CONTROL, kPipe);
    const std::vector<struct core_lease> leases = h.Leases(); // in the same step
    ASSERT_EQ(1u, leases.size());
    EXPECT_NE(first, leases[0].attempt);
    EXPECT_EQ(BATCH_LEASED, h.StateOf(job, 0));
}

TEST(Lease, SurvivesTheEndOfAPipeThatWasReplaced)
{
    Harness h;
    const std::string job = h.Submit();
    const std::string a = h.Hello("a", kPipe);
    h.Fetch(a, 1);
    const std::string attempt = h.Leases()[0].attempt;
    h.Beat(a, kPipe + 5, {attempt}); // dialled again before the old end was noticed
    h.PipeGone(CORE_CONTROL, kPipe);
    EXPECT_EQ(BATCH_LEASED, h.StateOf(job, 0));
    h.PipeGone(CORE_CONTROL, kPipe + 5);
    EXPECT_EQ(BATCH_READY, h.StateOf(job, 0));
}

TEST(Lease, OfABatchLostTooOftenFailsTheJob)
{
    struct core_config config = core_config_default();
    config.losses_max = 3;
    config.kills_max = 4;
    Harness h(config);
    const std::string job = h.Submit();
    for (uint32_t i = 0; i < 3; i++) {
        ASSERT_TRUE(h.Lives(job));
        const std::string session = h.Hello("boot" + std::to_string(i), kPipe + i);
        h.Fetch(session, 1);
        ASSERT_EQ(1u, h.Leases().size());
        h.PipeGone(CORE_CONTROL, kPipe + i);
    }
    EXPECT_FALSE(h.Lives(job));
    EXPECT_EQ(BATCH_DEAD, h.Find(CORE_STORE_BATCH)->batch.state);
    EXPECT_EQ(GAIA_UNREACHABLE, h.Find(CORE_STORE_JOB)->job->error->status);
}

TEST(Fetch, WithTheSameSeqGetsTheSameReply)
{
    Harness h(SmallBatches(1));
    const std::string session = h.Hello("a", kPipe);
    h.Plan(session, 1, 5);
    h.Fetch(session, 2, 2);
    const std::vector<struct core_lease> once = h.Leases();
    void *request = h.Fetch(session, 2, 2);
    const std::vector<struct core_lease> again = h.Leases();
    ASSERT_EQ(2u, once.size());
    ASSERT_EQ(2u, again.size());
    for (size_t i = 0; i < 2; i++) {
        EXPECT_STREQ(once[i].attempt, again[i].attempt);
        EXPECT_EQ(once[i].batch, again[i].batch);
    }
    EXPECT_EQ(request, h.Find(CORE_REPLY_LEASES)->request);
    EXPECT_EQ(nullptr, h.Find(CORE_STORE_BATCH));
    h.Fetch(session, 1);
    EXPECT_NE(nullptr, h.Find(CORE_REPLY_STALE));
}

TEST(Fetch, ParksAndIsAnsweredAsSoonAsSomethingIsReady)
{
    Harness h;
    const std::string session = h.Hello("a", kPipe);
    void *request = h.Fetch(session, 1);
    EXPECT_EQ(0u, h.actions.count);
    const std::string job = h.Submit();
    ASSERT_EQ(1u, h.Leases().size());
    EXPECT_EQ(request, h.Find(CORE_REPLY_LEASES)->request);
    EXPECT_EQ(job, h.Leases()[0].job->id);
}

TEST(Fetch, ThatParksIsAnsweredEmptyAfterParkMsNotBefore)
{
    Harness h;
    const struct core_config config = core_config_default();
    const std::string session = h.Hello("a", kPipe);
    void *request = h.Fetch(session, 1);
    EXPECT_EQ(h.now_ms + config.park_ms, core_wake_ms(h.core));
    h.Tick(config.park_ms - 1);
    EXPECT_EQ(0u, h.actions.count);
    h.Tick(1);
    ASSERT_NE(nullptr, h.Find(CORE_REPLY_LEASES));
    EXPECT_EQ(request, h.Find(CORE_REPLY_LEASES)->request);
    EXPECT_EQ(0u, h.Find(CORE_REPLY_LEASES)->count);
}

TEST(Fetch, RepeatedWhileParkedReplacesTheFirst)
{
    Harness h;
    const std::string session = h.Hello("a", kPipe);
    void *first = h.Fetch(session, 1);
    void *second = h.Fetch(session, 1);
    ASSERT_NE(nullptr, h.Find(CORE_DROP_REQUEST));
    EXPECT_EQ(first, h.Find(CORE_DROP_REQUEST)->request);
    h.Submit();
    EXPECT_EQ(second, h.Find(CORE_REPLY_LEASES)->request);
}

TEST(Fetch, IsDroppedWithItsPipeAndNothingIsLeasedToIt)
{
    Harness h;
    const std::string session = h.Hello("a", kPipe);
    h.Fetch(session, 1, 1, 33);
    h.PipeGone(CORE_WORK, 33);
    EXPECT_NE(nullptr, h.Find(CORE_DROP_REQUEST));
    h.Fetch(session, 1, 1, 33); // handed up after the end of its pipe
    EXPECT_NE(nullptr, h.Find(CORE_DROP_REQUEST));
    const std::string job = h.Submit();
    EXPECT_EQ(BATCH_READY, h.StateOf(job, 0));
}

TEST(Fetch, BeyondTheLimitOfParkedOnesAnswersTheOldest)
{
    struct core_config config = core_config_default();
    config.parked_max = 1;
    Harness h(config);
    const std::string a = h.Hello("a", kPipe);
    const std::string b = h.Hello("b", kPipe + 1);
    void *first = h.Fetch(a, 1);
    h.Fetch(b, 1);
    ASSERT_NE(nullptr, h.Find(CORE_REPLY_LEASES));
    EXPECT_EQ(first, h.Find(CORE_REPLY_LEASES)->request);
}

TEST(Fetch, RespectsCreditsAndReplySize)
{
    struct core_config config = SmallBatches(1);
    config.reply_bytes = 3000; // a lease's payload is 1500
    Harness h(config);
    const std::string session = h.Hello("a", kPipe);
    h.Plan(session, 1, 10);
    h.Fetch(session, 2, 1);
    EXPECT_EQ(1u, h.Leases().size());
    h.Fetch(session, 3, 8);
    EXPECT_EQ(2u, h.Leases().size());
}

TEST(Session, IsTheSameForTheSameBoot)
{
    Harness h;
    const std::string once = h.Hello("a", kPipe);
    EXPECT_EQ(once, h.Hello("a", kPipe + 1));
    EXPECT_NE(once, h.Hello("b", kPipe + 2));
}

TEST(Session, EndsWhenAnotherProcessOfItsExecutorComes)
{
    Harness h;
    const std::string old = h.Hello("a", kPipe);
    const std::string job = h.Submit();
    h.Fetch(old, 1);
    ASSERT_EQ(1u, h.Leases().size());
    struct session_record hello = {}; // its end was not noticed
    record_name_copy(hello.executor, "executor-a");
    record_name_copy(hello.boot, "another");
    record_id_copy(hello.session, "new");
    struct core_event event = Harness::Event(CORE_HELLO);
    event.u.hello = &hello;
    event.pipe = kPipe + 1;
    ASSERT_EQ(GAIA_OK, h.Step(event));
    EXPECT_EQ(BATCH_READY, h.StateOf(job, 0));
    EXPECT_FALSE(core_session_known(h.core, old.c_str()));
    h.Fetch("new", 1);
    EXPECT_EQ(job, h.Given());
}

TEST(Session, ThatIsUnknownIsToldSo)
{
    Harness h;
    h.Fetch("nobody", 1);
    EXPECT_NE(nullptr, h.Find(CORE_REPLY_UNKNOWN));
    h.Beat("nobody", kPipe, {});
    EXPECT_NE(nullptr, h.Find(CORE_REPLY_UNKNOWN));
    EXPECT_FALSE(core_session_known(h.core, "nobody"));
}

TEST(Session, ThatIsSuspectGetsNoLeaseUntilItBeats)
{
    Harness h;
    const struct core_config config = core_config_default();
    const std::string session = h.Hello("a", kPipe);
    h.Tick(config.suspect_ms);
    const std::string job = h.Submit();
    h.Fetch(session, 1);
    EXPECT_TRUE(h.Leases().empty());
    h.Beat(session, kPipe, {});
    EXPECT_EQ(1u, h.Leases().size());
}

TEST(Session, IsForgottenAfterSessionMs)
{
    Harness h;
    const struct core_config config = core_config_default();
    const std::string session = h.Hello("a", kPipe);
    h.Tick(config.session_ms - 1);
    EXPECT_TRUE(core_session_known(h.core, session.c_str()));
    h.Tick(1);
    EXPECT_NE(nullptr, h.Find(CORE_DROP_SESSION));
    EXPECT_FALSE(core_session_known(h.core, session.c_str()));
    EXPECT_NE(session, h.Hello("a", kPipe));
}

} // namespace
