// SPDX-License-Identifier: MIT
//
// The lead among schedulers of one PostgreSQL, at the store: one leads, and what another began
// before it lost the lead is never committed, wherever it was stopped.
//
// Invariant: two stores in this process stand for two schedulers; a lead of a millisecond is one
// that its holder let run out.
#include <thread>

#include "stores.h"

namespace
{

const int64_t kLong = 60000;
const int64_t kShort = 1;

class StoreLead : public ::testing::Test
{
  protected:
    const struct store_ops &ops_ = *store_postgres();
    StorePlace place_{store_postgres()};
    struct store *a_ = nullptr;
    struct store *b_ = nullptr;
    gaia_error err_ = {};

    void SetUp() override
    {
        ASSERT_EQ(GAIA_OK, ops_.open(place_.Path().c_str(), kStallMs, &a_, &err_)) << err_.detail;
        ASSERT_EQ(GAIA_OK, ops_.open(place_.Path().c_str(), kStallMs, &b_, &err_)) << err_.detail;
    }
    void TearDown() override
    {
        ops_.close(a_);
        ops_.close(b_);
    }
    bool Lead(struct store *store, const std::string &name, int64_t ttl_ms,
              std::string *leader = nullptr)
    {
        struct store_lead lead = {};
        EXPECT_EQ(GAIA_OK, ops_.lead(store, name.c_str(), ttl_ms, &lead, &err_)) << err_.detail;
        if (leader != nullptr) {
            *leader = lead.leader;
        }
        return lead.is_leader;
    }
    // An earlier leader's connection takes a moment to end.
    void AwaitLead(struct store *store, int64_t ttl_ms)
    {
        for (int i = 0; i < 3000; i++) {
            if (Lead(store, "next", ttl_ms)) {
                return;
            }
            usleep(10000);
        }
        FAIL() << "the lead was not taken over";
    }
    gaia_status Insert(struct store *store, const std::string &id)
    {
        struct store_job job = {};
        job.record = JobRecord(id);
        job.name = "";
        int64_t seq = 0;
        return ops_.job_insert(store, &job, "{}", &seq, &err_);
    }
    gaia_status Drop(struct store *store)
    {
        return ops_.session_drop(store, "none", &err_);
    }
    size_t Jobs(struct store *store)
    {
        Collected all;
        const struct store_visitor visitor = all.Visitor();
        EXPECT_EQ(GAIA_OK, ops_.load(store, &visitor, &err_)) << err_.detail;
        return all.jobs.size();
    }
    std::string Ask(const std::string &command)
    {
        return PostgresServer::Shared().Ask(place_.Path(), command);
    }
};

TEST_F(StoreLead, OneLeadsAndTheOtherKnowsWhich)
{
    std::string leader;
    EXPECT_TRUE(Lead(a_, "alpha", kLong));
    EXPECT_FALSE(Lead(b_, "beta", kLong, &leader));
    EXPECT_EQ("alpha", leader);
    EXPECT_TRUE(Lead(a_, "alpha", kLong));
    ops_.close(a_); // gives it back
    a_ = nullptr;
    EXPECT_TRUE(Lead(b_, "beta", kLong));
}

TEST_F(StoreLead, OnlyReadsWhereItDoesNotLead)
{
    ASSERT_TRUE(Lead(a_, "alpha", kLong));
    ASSERT_EQ(GAIA_OK, Insert(a_, "j1")) << err_.detail;
    EXPECT_EQ(1u, Jobs(b_));
    EXPECT_EQ(GAIA_STORE, Insert(b_, "j2"));
    EXPECT_EQ(GAIA_STORE, Drop(b_));
    EXPECT_EQ(1u, Jobs(b_));
}

TEST_F(StoreLead, ATurnBegunBeforeTheLeadWasLostIsNotCommitted)
{
    ASSERT_TRUE(Lead(a_, "alpha", kShort));
    ASSERT_EQ(GAIA_OK, ops_.begin(a_, &err_));
    ASSERT_EQ(GAIA_OK, Insert(a_, "late")) << err_.detail; // holds the lead's lock from here on
    AwaitLead(b_, kLong);
    EXPECT_EQ(GAIA_STORE, ops_.commit(a_, &err_));
    ops_.rollback(a_);
    EXPECT_EQ(0u, Jobs(b_));
    EXPECT_FALSE(Lead(a_, "alpha", kShort));
    ASSERT_EQ(GAIA_OK, Insert(b_, "j1")) << err_.detail;
    EXPECT_EQ(1u, Jobs(a_));
}

TEST_F(StoreLead, AQueuedTurnOfAnEarlierLeaderIsNotCommitted)
{
    ASSERT_TRUE(Lead(a_, "alpha", kShort));
    ASSERT_EQ(GAIA_OK, Insert(a_, "j1")) << err_.detail;
    ASSERT_EQ(GAIA_OK, ops_.begin(a_, &err_));
    ASSERT_EQ(GAIA_OK, Drop(a_)); // queued in the client, and perhaps sent: not answered yet
    AwaitLead(b_, kLong);
    EXPECT_EQ(GAIA_STORE, ops_.commit(a_, &err_));
    ops_.rollback(a_);
    EXPECT_EQ(GAIA_STORE, Insert(a_, "j2"));
}

// The fence alone, without the end of the connection that the next leader brings about.
TEST_F(StoreLead, TheEpochIsCheckedInEveryTurn)
{
    ASSERT_TRUE(Lead(a_, "alpha", kLong));
    ASSERT_EQ(GAIA_OK, Insert(a_, "j1")) << err_.detail;
    Ask("UPDATE leader SET epoch = epoch + 1, owner = 'someone', name = 'gamma'");
    ASSERT_EQ(GAIA_OK, ops_.begin(a_, &err_));
    const gaia_status sent = Drop(a_);
    EXPECT_EQ(GAIA_STORE, sent == GAIA_OK ? ops_.commit(a_, &err_) : sent);
    EXPECT_NE(nullptr, strstr(err_.detail, "took the lead")) << err_.detail;
    ops_.rollback(a_);
    EXPECT_EQ(GAIA_STORE, Insert(a_, "j2"));
    std::string leader;
    EXPECT_FALSE(Lead(a_, "alpha", kLong, &leader));
    EXPECT_EQ("gamma", leader);
    EXPECT_EQ(1u, Jobs(a_));
}

TEST_F(StoreLead, RenewingDoesNotWaitForATurn)
{
    ASSERT_TRUE(Lead(a_, "alpha", kLong));
    ASSERT_EQ(GAIA_OK, ops_.begin(a_, &err_));
    ASSERT_EQ(GAIA_OK, Insert(a_, "j1")) << err_.detail;
    Ask("SET lock_timeout = '5s'; UPDATE leader SET expires = clock_timestamp() + '1h'");
    EXPECT_EQ(GAIA_OK, ops_.commit(a_, &err_)) << err_.detail;
}

TEST_F(StoreLead, KeepsTheLeadOverALostConnection)
{
    ASSERT_TRUE(Lead(a_, "alpha", kLong));
    ASSERT_EQ(GAIA_OK, ops_.begin(a_, &err_));
    ASSERT_EQ(GAIA_OK, Insert(a_, "lost")) << err_.detail;
    Ask("SELECT pg_terminate_backend(pid::int) FROM leader");
    EXPECT_EQ(GAIA_STORE, ops_.commit(a_, &err_));
    ops_.rollback(a_);
    EXPECT_TRUE(Lead(a_, "alpha", kLong));
    EXPECT_FALSE(Lead(b_, "beta", kLong));
    EXPECT_EQ(0u, Jobs(a_));
    ASSERT_EQ(GAIA_OK, Insert(a_, "j1")) << err_.detail;
    Ask("SELECT pg_terminate_backend(pid::int) FROM leader"); // between turns
    EXPECT_TRUE(Lead(a_, "alpha", kLong));
    EXPECT_EQ(1u, Jobs(a_));
}

TEST_F(StoreLead, ComesBackWithTheServer)
{
    ASSERT_TRUE(Lead(a_, "alpha", kLong));
    ASSERT_EQ(GAIA_OK, Insert(a_, "j1")) << err_.detail;
    PostgresServer::Shared().Kill();
    struct store_lead lead = {};
    EXPECT_EQ(GAIA_STORE, ops_.lead(a_, "alpha", kLong, &lead, &err_));
    EXPECT_EQ(GAIA_STORE, ops_.begin(a_, &err_));
    PostgresServer::Shared().Start();
    EXPECT_TRUE(Lead(a_, "alpha", kLong));
    EXPECT_EQ(1u, Jobs(a_));
    EXPECT_EQ(GAIA_OK, Insert(a_, "j2")) << err_.detail;
}

// A result that the store foretells is still checked by the database.
TEST_F(StoreLead, NeverCommitsALeaseThatTheDatabaseDoesNotHold)
{
    ASSERT_TRUE(Lead(a_, "alpha", kLong));
    ASSERT_EQ(GAIA_OK, Insert(a_, "j1")) << err_.detail;
    const struct batch_record leased = BatchRecord(1, 1, BATCH_LEASED, "attempt", "session");
    ASSERT_EQ(GAIA_OK, ops_.batch_put(a_, &leased, &err_)) << err_.detail;
    Ask("UPDATE batches SET attempt = 'another'");
    struct store_result result = {};
    enum store_outcome outcome = STORE_FENCED;
    result.job = 1;
    result.batch = 1;
    result.attempt = "attempt";
    result.session = "session";
    result.ok = true;
    ASSERT_EQ(GAIA_OK, ops_.begin(a_, &err_));
    const gaia_status sent = ops_.result_commit(a_, &result, &outcome, &err_);
    EXPECT_EQ(GAIA_STORE, sent == GAIA_OK ? ops_.commit(a_, &err_) : sent);
    ops_.rollback(a_);
    ASSERT_EQ(GAIA_OK, ops_.begin(a_, &err_));
    ASSERT_EQ(GAIA_OK, ops_.result_commit(a_, &result, &outcome, &err_)) << err_.detail;
    EXPECT_EQ(STORE_FENCED, outcome);
    ASSERT_EQ(GAIA_OK, ops_.commit(a_, &err_));
}

// Whoever waits for a server that says nothing gives up, as soon as that was asked for.
TEST_F(StoreLead, ASilentServerIsGivenUpAfterItsTime)
{
    const std::string held = "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND "
                             "granted AND relation = 'leader'::regclass";
    struct store *hasty = nullptr;
    struct store_lead lead = {};
    ASSERT_EQ(GAIA_OK, ops_.open(place_.Path().c_str(), 1000, &hasty, &err_)) << err_.detail;
    std::thread holder([&] {
        PostgresServer::Shared().Ask(place_.Path(), "BEGIN; LOCK TABLE leader IN ACCESS EXCLUSIVE "
                                                    "MODE; SELECT pg_sleep(5)");
    });
    while (PostgresServer::Shared().Ask(place_.Path(), held) != "1") {
        usleep(10000);
    }
    EXPECT_EQ(GAIA_STORE, ops_.lead(hasty, "hasty", kLong, &lead, &err_));
    EXPECT_STREQ("PostgreSQL: no answer in time", err_.detail);
    EXPECT_TRUE(Lead(a_, "a", kLong)); // waits for what the other did not
    holder.join();
    ops_.close(hasty);
}

} // namespace
