// SPDX-License-Identifier: MIT
//
// Jobs that are tasks, through the whole scheduler as a process: as safe as scores are, and with a
// document for a result.
#include "fake_executor.h"

namespace
{

class ServerTask : public ::testing::Test
{
  protected:
    Scheduler scheduler_;

    std::string Submit(const std::string &task = "weather.hash.gfs_compute") const
    {
        const Answer answer =
            scheduler_.Http("POST", "/v1/jobs",
                            "{\"schema\": \"gaia.job/1\", \"task\": \"" + task +
                                "\", \"request\": {\"schema\": \"gaia.hash/1\", \"source\": "
                                "{\"files\": [\"/data/gfs.nc\"]}}}");
        EXPECT_EQ(201, answer.status) << answer.body;
        return answer.Get("id");
    }
    static std::string Send(FakeExecutor &executor, const WireLease &lease, json_t *document)
    {
        return executor.Result(lease, json_pack("{s:s, s:s, s:o}", "status", "ok", "detail", "",
                                                "document", document));
    }
    Answer Result(const std::string &id) const
    {
        return scheduler_.Http("GET", "/v1/jobs/" + id + "/result");
    }
};

TEST_F(ServerTask, GivesADocumentAndNoScores)
{
    FakeExecutor executor(scheduler_, "e1");
    executor.Hello();
    const std::string id = Submit();
    EXPECT_EQ(409, Result(id).status);
    const std::vector<WireLease> leases = executor.Fetch();
    ASSERT_EQ(1u, leases.size());
    EXPECT_EQ("task", leases[0].kind);
    EXPECT_NE(std::string::npos, leases[0].spec.find("/data/gfs.nc"));
    EXPECT_EQ("running", scheduler_.Job(id).Get("state"));
    ASSERT_EQ("COMMITTED", Send(executor, leases[0], json_pack("{s:s}", "hash", "abc")));
    EXPECT_EQ("succeeded", scheduler_.Job(id).Get("state"));
    EXPECT_EQ("{\"hash\":\"abc\"}\n", Result(id).body);
    EXPECT_EQ("application/json", Result(id).type);
    for (const char *other : {"/scores", "/moments", "/composite"}) {
        EXPECT_EQ(409, scheduler_.Http("GET", "/v1/jobs/" + id + other).status) << other;
    }
    EXPECT_EQ(404, Result("0123456789abcdef").status);
    EXPECT_EQ(405, scheduler_.Http("DELETE", "/v1/jobs/" + id + "/result").status);
}

TEST_F(ServerTask, ScoresAreNoDocument)
{
    FakeExecutor executor(scheduler_, "e1");
    executor.Hello();
    const std::string id = scheduler_.Submit();
    executor.Work(1, 2);
    scheduler_.Await(id, "succeeded");
    EXPECT_EQ(409, Result(id).status);
    EXPECT_EQ(200, scheduler_.Http("GET", "/v1/jobs/" + id + "/moments").status);
}

TEST_F(ServerTask, IsCommittedOnceAndSurvivesAKill)
{
    FakeExecutor executor(scheduler_, "e1");
    executor.Hello();
    const std::string id = Submit();
    const std::vector<WireLease> leases = executor.Fetch();
    ASSERT_EQ(1u, leases.size());

    scheduler_.End(SIGKILL);
    executor.HangUp();
    scheduler_.Start();
    executor.Dial(scheduler_);
    EXPECT_TRUE(executor.Beat(leases).empty());
    EXPECT_EQ("COMMITTED", Send(executor, leases[0], json_pack("{s:i}", "n", 1)));

    scheduler_.End(SIGKILL);
    executor.HangUp();
    scheduler_.Start();
    executor.Dial(scheduler_);
    EXPECT_EQ("DUPLICATE", Send(executor, leases[0], json_pack("{s:i}", "n", 2)));
    EXPECT_EQ("{\"n\":1}\n", Result(id).body);
    EXPECT_EQ("succeeded", scheduler_.Job(id).Get("state"));
}

TEST_F(ServerTask, AnAttemptThatLostItsLeaseIsFenced)
{
    FakeExecutor first(scheduler_, "e1");
    FakeExecutor second(scheduler_, "e2");
    first.Hello();
    const std::string id = Submit();
    const std::vector<WireLease> lost = first.Fetch();
    ASSERT_EQ(1u, lost.size());
    for (int i = 0; i < 2; i++) { // half a beat apart, or they count as one
        usleep(600000);
        first.Beat({});
    }
    second.Hello();
    const std::vector<WireLease> won = second.Fetch();
    ASSERT_EQ(1u, won.size());
    EXPECT_NE(lost[0].attempt, won[0].attempt);
    EXPECT_EQ("FENCED", Send(first, lost[0], json_pack("{s:s}", "from", "first")));
    EXPECT_EQ("COMMITTED", Send(second, won[0], json_pack("{s:s}", "from", "second")));
    EXPECT_EQ("{\"from\":\"second\"}\n", Result(id).body);
}

TEST_F(ServerTask, AnUnusableDocumentIsTriedAgain)
{
    FakeExecutor executor(scheduler_, "e1");
    executor.Hello();
    const std::string id = Submit();
    std::vector<WireLease> leases = executor.Fetch();
    ASSERT_EQ(1u, leases.size());
    EXPECT_EQ("COMMITTED", Send(executor, leases[0], json_array()));
    leases = executor.Fetch();
    ASSERT_EQ(1u, leases.size());
    EXPECT_EQ("COMMITTED", Send(executor, leases[0], json_object()));
    EXPECT_EQ("{}\n", Result(id).body);
}

TEST_F(ServerTask, ACancelledTaskHasNone)
{
    FakeExecutor executor(scheduler_, "e1");
    executor.Hello();
    const std::string id = Submit();
    const std::vector<WireLease> leases = executor.Fetch();
    ASSERT_EQ(1u, leases.size());
    EXPECT_EQ(200, scheduler_.Http("DELETE", "/v1/jobs/" + id).status);
    EXPECT_EQ(1u, executor.Beat(leases).size());
    EXPECT_EQ("FENCED", Send(executor, leases[0], json_object()));
    EXPECT_EQ(409, Result(id).status);
}

TEST_F(ServerTask, ATaskThatIsNoneIsRefused)
{
    const Answer answer = scheduler_.Http(
        "POST", "/v1/jobs",
        "{\"schema\": \"gaia.job/1\", \"task\": \"weather.make\", \"request\": {}}");
    EXPECT_EQ(400, answer.status);
    EXPECT_NE(std::string::npos, answer.body.find("weather.hash.gfs_compute"));
}

} // namespace
