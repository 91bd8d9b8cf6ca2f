// SPDX-License-Identifier: MIT
//
// Lists that are asked for in part, against every store: jobs by state, tenant and name, and
// forecasts ranked by their composites.
//
// Invariant: a filter is held against what is stored as it is; nothing of it is a pattern.
#include <cmath>

#include "stores.h"

namespace
{

class StoreList : public ::testing::TestWithParam<const struct store_ops *>
{
  protected:
    StorePlace place_{GetParam()};
    struct store *store_ = nullptr;
    gaia_error err_ = {};

    void SetUp() override
    {
        ASSERT_EQ(GAIA_OK, place_.Open(&store_, &err_)) << err_.detail;
    }
    void TearDown() override
    {
        GetParam()->close(store_);
    }
    const struct store_ops &Ops()
    {
        return *GetParam();
    }
    int64_t Insert(const std::string &id, const std::string &tenant, const std::string &name,
                   enum job_state state)
    {
        struct store_job job = {};
        int64_t seq = 0;
        job.record = JobRecord(id);
        job.record.state = state;
        record_tenant_copy(job.record.terms.tenant, tenant.c_str());
        job.name = name.c_str();
        EXPECT_EQ(GAIA_OK, Ops().job_insert(store_, &job, "{}", &seq, &err_)) << err_.detail;
        return seq;
    }
    std::string Jobs(const struct job_filter &filter)
    {
        Collected all;
        std::string ids;
        const struct store_visitor visitor = all.Visitor();
        EXPECT_EQ(GAIA_OK, Ops().jobs_list(store_, &filter, &visitor, &err_)) << err_.detail;
        for (const struct job_record &job : all.jobs) {
            ids += std::string(job.id) + " ";
        }
        return ids;
    }
    void Put(int64_t job, uint32_t index, const char *forecast, double score, const char *head,
             const char *profile = "day1")
    {
        const std::string hash = std::string("hash of ") + profile;
        const struct store_composite composite = {index,   forecast, hash.c_str(), "{}",
                                                  profile, head,     score};
        ASSERT_EQ(GAIA_OK, Ops().composite_put(store_, job, &composite, &err_)) << err_.detail;
    }
    std::string Ranked(const struct rank_filter &filter)
    {
        Collected all;
        std::string heads;
        const struct store_visitor visitor = all.Visitor();
        EXPECT_EQ(GAIA_OK, Ops().standings_list(store_, &filter, &visitor, &err_)) << err_.detail;
        for (const std::string &text : all.texts) {
            heads += text + " ";
        }
        return heads;
    }
    std::vector<std::string> Unranked()
    {
        Collected all;
        const struct store_visitor visitor = all.Visitor();
        EXPECT_EQ(GAIA_OK, Ops().composites_unranked(store_, 10, &visitor, &err_)) << err_.detail;
        return all.texts;
    }
};

TEST_P(StoreList, OfJobsByStateTenantAndName)
{
    Insert("a", "", "x", JOB_QUEUED);
    Insert("b", "lab", "x", JOB_FAILED);
    Insert("c", "lab", "", JOB_QUEUED);
    Insert("d", "lab", "%", JOB_QUEUED);
    struct job_filter filter = kAllJobs;
    EXPECT_EQ("d c b a ", Jobs(filter));
    filter.tenant = "lab";
    EXPECT_EQ("d c b ", Jobs(filter));
    filter.has_state = true;
    filter.state = JOB_QUEUED;
    EXPECT_EQ("d c ", Jobs(filter));
    filter.name = "";
    EXPECT_EQ("c ", Jobs(filter));
    filter.tenant = filter.name = "%";
    EXPECT_EQ("", Jobs(filter));
    filter.tenant = "";
    filter.name = "x";
    EXPECT_EQ("a ", Jobs(filter));
    filter.name = "x' OR 1=1 --";
    EXPECT_EQ("", Jobs(filter));
    filter = kAllJobs;
    filter.name = "x";
    filter.limit = 1;
    EXPECT_EQ("b ", Jobs(filter));
}

TEST_P(StoreList, OfForecastsByTheirScores)
{
    const int64_t first = Insert("a", "lab", "x", JOB_SUCCEEDED);
    const int64_t second = Insert("b", "", "y", JOB_SUCCEEDED);
    const int64_t running = Insert("c", "lab", "x", JOB_RUNNING);
    Put(first, 0, "f", 0.25, "1");
    Put(first, 1, "g", NAN, "2");
    Put(first, 2, "h", -INFINITY, "3");
    Put(second, 0, "f", 0.5, "4", "era5");
    Put(second, 1, "g", 0.25, "5");
    Put(second, 2, "h", std::nextafter(0.5, 1.0), "6");
    Put(second, 3, "damaged", 0.7, "");
    Put(running, 0, "f", 0.9, "7");
    struct rank_filter filter = {};
    filter.limit = 100;
    EXPECT_EQ("b/y//6 b/y//4 a/x/lab/1 b/y//5 a/x/lab/3 a/x/lab/2 ", Ranked(filter));
    filter.limit = 2;
    EXPECT_EQ("b/y//6 b/y//4 ", Ranked(filter));
    filter.limit = 100;
    filter.tenant = "lab";
    EXPECT_EQ("a/x/lab/1 a/x/lab/3 a/x/lab/2 ", Ranked(filter));
    filter.forecast = "g";
    EXPECT_EQ("a/x/lab/2 ", Ranked(filter));
    filter.tenant = nullptr;
    filter.name = "y";
    EXPECT_EQ("b/y//5 ", Ranked(filter));
    filter.forecast = nullptr;
    for (const char *profile : {"era5", "hash of era5"}) {
        filter.profile = profile;
        EXPECT_EQ("b/y//4 ", Ranked(filter));
    }
    filter.profile = "era_";
    EXPECT_EQ("", Ranked(filter));
}

TEST_P(StoreList, KnowsWhatIsNotRankedYet)
{
    const int64_t job = Insert("a", "", "", JOB_SUCCEEDED);
    Put(job, 0, "f", 0.25, "1");
    Put(job, 1, "g", 0.5, nullptr); // as an older program writes it
    const std::string left = std::to_string(job) + "/1/g/hash of day1/{}";
    EXPECT_EQ(std::vector<std::string>{left}, Unranked());
    struct rank_filter filter = {};
    filter.limit = 100;
    EXPECT_EQ("a///1 ", Ranked(filter));
    Put(job, 1, "g", 0.5, "2");
    EXPECT_TRUE(Unranked().empty());
    EXPECT_EQ("a///2 a///1 ", Ranked(filter));
    Put(job, 0, "f", NAN, nullptr); // what is ranked is what is stored
    EXPECT_EQ("a///2 ", Ranked(filter));
    EXPECT_EQ(1u, Unranked().size());
    Put(job, 1, "g", NAN, ""); // damaged: not looked at again
    EXPECT_EQ("", Ranked(filter));
    EXPECT_EQ(1u, Unranked().size());
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreList, ::testing::ValuesIn(AllStores()),
                         [](const auto &tested) { return StoreName(tested); });

} // namespace
