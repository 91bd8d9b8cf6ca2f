// SPDX-License-Identifier: MIT
//
// What a store keeps of tokens, and the jobs of one tenant. Runs over every store.
#include "stores.h"

namespace
{

class StoreToken : public ::testing::TestWithParam<const struct store_ops *>
{
  protected:
    StorePlace place_{GetParam()};
    struct store *store_ = nullptr;
    gaia_error err_ = {};

    const struct store_ops &Ops() const
    {
        return *GetParam();
    }
    void SetUp() override
    {
        ASSERT_EQ(GAIA_OK, place_.Open(&store_, &err_)) << err_.detail;
    }
    void TearDown() override
    {
        Ops().close(store_);
    }
    static struct token_record Token(const std::string &id, const std::string &text)
    {
        struct token_record token = {};
        record_id_copy(token.id, id.c_str());
        EXPECT_TRUE(token_hash(text.c_str(), token.hash));
        token.scope = TOKEN_SUBMIT;
        token.created_ms = 1700000000000;
        return token;
    }
    // The jobs of a tenant.
    gaia_status List(const char *tenant, int64_t before, int64_t limit,
                     const struct store_visitor *visitor)
    {
        struct job_filter filter = {};
        filter.tenant = tenant;
        filter.before = before;
        filter.limit = limit;
        return Ops().jobs_list(store_, &filter, visitor, &err_);
    }
    // Adds it in a transaction of its own.
    gaia_status Add(const struct token_record &token)
    {
        gaia_status status = Ops().begin(store_, &err_);
        if (status == GAIA_OK) {
            status = Ops().token_add(store_, &token, &err_);
        }
        if (status == GAIA_OK) {
            status = Ops().commit(store_, &err_);
        }
        if (status != GAIA_OK) {
            Ops().rollback(store_);
        }
        return status;
    }
    std::vector<struct token_record> All()
    {
        Collected all;
        const struct store_visitor visitor = all.Visitor();
        EXPECT_EQ(GAIA_OK, Ops().tokens_list(store_, &visitor, &err_)) << err_.detail;
        return all.tokens;
    }
};

TEST_P(StoreToken, KeepsTokens)
{
    struct token_record token = Token("t2", "secret");
    record_name_copy(token.name, "the validator's, \"ä\"");
    record_tenant_copy(token.tenant, "lab");
    token.scope = TOKEN_READ;
    token.expires_ms = 1800000000000;
    ASSERT_EQ(GAIA_OK, Add(token)) << err_.detail;
    ASSERT_EQ(GAIA_OK, Add(Token("t1", "another"))) << err_.detail;
    Ops().close(store_);
    ASSERT_EQ(GAIA_OK, place_.Open(&store_, &err_)) << err_.detail;
    const std::vector<struct token_record> kept = All();
    ASSERT_EQ(2u, kept.size());
    EXPECT_STREQ("t1", kept[0].id);
    EXPECT_EQ(TOKEN_SUBMIT, kept[0].scope);
    EXPECT_STREQ("", kept[0].tenant);
    EXPECT_EQ(0, kept[0].expires_ms);
    EXPECT_STREQ(token.id, kept[1].id);
    EXPECT_STREQ(token.name, kept[1].name);
    EXPECT_STREQ("2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b", kept[1].hash);
    EXPECT_EQ(TOKEN_READ, kept[1].scope);
    EXPECT_STREQ("lab", kept[1].tenant);
    EXPECT_EQ(1700000000000, kept[1].created_ms);
    EXPECT_EQ(1800000000000, kept[1].expires_ms);
}

TEST_P(StoreToken, DropsATokenAndNoOther)
{
    ASSERT_EQ(GAIA_OK, Add(Token("t1", "one")));
    ASSERT_EQ(GAIA_OK, Add(Token("t2", "two")));
    ASSERT_EQ(GAIA_OK, Ops().begin(store_, &err_));
    ASSERT_EQ(GAIA_OK, Ops().token_drop(store_, "t1", &err_)) << err_.detail;
    ASSERT_EQ(GAIA_OK, Ops().token_drop(store_, "none", &err_)) << err_.detail;
    EXPECT_EQ(1u, All().size()); // also within the transaction
    ASSERT_EQ(GAIA_OK, Ops().commit(store_, &err_)) << err_.detail;
    ASSERT_EQ(1u, All().size());
    EXPECT_STREQ("t2", All()[0].id);
}

TEST_P(StoreToken, RollsBackWhatWasNotCommitted)
{
    const struct token_record token = Token("t1", "one");
    ASSERT_EQ(GAIA_OK, Ops().begin(store_, &err_));
    ASSERT_EQ(GAIA_OK, Ops().token_add(store_, &token, &err_)) << err_.detail;
    Ops().rollback(store_);
    EXPECT_TRUE(All().empty());
}

TEST_P(StoreToken, RefusesASecondTokenOfOneIdOrHash)
{
    ASSERT_EQ(GAIA_OK, Add(Token("t1", "one")));
    EXPECT_EQ(GAIA_STORE, Add(Token("t1", "two")));
    EXPECT_EQ(GAIA_STORE, Add(Token("t2", "one")));
    EXPECT_EQ(1u, All().size());
}

TEST_P(StoreToken, ListsTheJobsOfOneTenant)
{
    ASSERT_EQ(GAIA_OK, Ops().begin(store_, &err_));
    for (int i = 0; i < 9; i++) {
        struct store_job job = {};
        int64_t seq = 0;
        job.record = JobRecord("j" + std::to_string(i));
        record_tenant_copy(job.record.terms.tenant, i % 3 == 0 ? "lab" : "");
        job.name = "";
        ASSERT_EQ(GAIA_OK, Ops().job_insert(store_, &job, "{}", &seq, &err_)) << err_.detail;
    }
    Collected page;
    const struct store_visitor visitor = page.Visitor();
    ASSERT_EQ(GAIA_OK, List("lab", INT64_MAX, 2, &visitor));
    ASSERT_EQ(2u, page.jobs.size());
    EXPECT_STREQ("j6", page.jobs[0].id);
    EXPECT_STREQ("j3", page.jobs[1].id);
    ASSERT_EQ(GAIA_OK, List("lab", page.jobs[1].seq, 2, &visitor));
    ASSERT_EQ(3u, page.jobs.size());
    EXPECT_STREQ("j0", page.jobs[2].id);
    ASSERT_EQ(GAIA_OK, List("", INT64_MAX, 100, &visitor));
    EXPECT_EQ(9u, page.jobs.size());
    ASSERT_EQ(GAIA_OK, List("lab' OR 1=1", INT64_MAX, 9, &visitor));
    EXPECT_EQ(9u, page.jobs.size());
    Ops().rollback(store_);
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreToken, ::testing::ValuesIn(AllStores()),
                         [](const auto &tested) { return StoreName(tested); });

} // namespace
