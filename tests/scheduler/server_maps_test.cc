// SPDX-License-Identifier: MIT
//
// Error maps go with the result that they belong to: what an executor has staged is its job's from
// the instant in which the scheduler takes the result, and never otherwise.
//
// Invariant: as in server_test.cc; nobody reads a map here, so any text is one.
#include <filesystem>
#include <fstream>
#include <set>

#include "fake_executor.h"

namespace
{

namespace fs = std::filesystem;

class ServerMaps : public ::testing::Test
{
  protected:
    Scheduler scheduler_{{"--batch-units", "1"}};
    FakeExecutor executor_{scheduler_, "e1"};
    const std::string results_ = scheduler_.directory / "results";
    std::string job_;

    // A job of one batch and one map a forecast, planned by the executor.
    void Plan(size_t n_forecasts)
    {
        executor_.Hello();
        job_ = scheduler_.Submit(n_forecasts);
        ASSERT_EQ("COMMITTED", executor_.SendPlan(executor_.Fetch().at(0),
                                                  executor_.PlanJson(n_forecasts, 2, {}, true)));
    }
    // The next lease, once there is one.
    WireLease Next()
    {
        for (int i = 0; i < 20; i++) {
            (void)executor_.Beat({});
            const std::vector<WireLease> leases = executor_.Fetch();
            if (!leases.empty()) {
                EXPECT_EQ("score", leases[0].kind);
                return leases[0];
            }
        }
        ADD_FAILURE() << "no lease";
        return {};
    }
    static std::string Unit(const WireLease &lease)
    {
        return std::to_string(lease.first_unit);
    }
    void Stage(const WireLease &lease, const std::string &text)
    {
        executor_.Stage(results_, lease, Unit(lease), text);
    }
    static std::string Name(const WireLease &lease)
    {
        return Unit(lease) + "-" + lease.attempt + ".gmap";
    }
    fs::path Staged(const WireLease &lease, const std::string &executor = "e1") const
    {
        return fs::path(results_) / ".staging" / executor / Name(lease);
    }
    std::set<std::string> Names() const
    {
        std::set<std::string> names;
        if (fs::exists(fs::path(results_) / job_)) {
            for (const auto &entry : fs::directory_iterator(fs::path(results_) / job_)) {
                names.insert(entry.path().filename());
            }
        }
        return names;
    }
    Answer Maps() const
    {
        return scheduler_.Http("GET", "/v1/jobs/" + job_ + "/maps");
    }
    std::string Attempts() const
    {
        return scheduler_.Http("GET", "/v1/jobs/" + job_ + "/attempts").body;
    }
};

TEST_F(ServerMaps, MoveWithTheirResult)
{
    Plan(2);
    const WireLease first = Next();
    Stage(first, "one ");
    EXPECT_EQ(409, Maps().status);
    ASSERT_EQ("COMMITTED", executor_.SendScores(first));
    EXPECT_EQ((std::set<std::string>{Name(first)}), Names());
    EXPECT_FALSE(fs::exists(Staged(first)));
    const WireLease second = Next();
    Stage(second, "two");
    ASSERT_EQ("COMMITTED", executor_.SendScores(second));
    scheduler_.Await(job_, "succeeded");
    EXPECT_EQ("one two", Maps().body);

    // Sent again it is a duplicate, and what is staged under its name is not taken.
    Stage(second, "another");
    EXPECT_EQ("DUPLICATE", executor_.SendScores(second));
    EXPECT_EQ("one two", Maps().body);
    EXPECT_EQ((std::set<std::string>{Name(first), Name(second)}), Names());
}

TEST_F(ServerMaps, OfAForecastThatFailedAreNotAsked)
{
    Plan(2);
    const WireLease first = Next();
    const std::vector<double> sums = FakeExecutor::Sums(first.first_unit, first.n_units);
    json_t *result = FakeExecutor::ScoreJson(first, sums.size());
    json_object_set_new(result, "failed",
                        json_pack("[{s:i, s:s, s:s}]", "forecast", 0, "status", "file_damaged",
                                  "detail", "f0.nc: cut short"));
    ASSERT_EQ("COMMITTED", executor_.Result(first, result, sums));
    const WireLease second = Next();
    Stage(second, "two");
    ASSERT_EQ("COMMITTED", executor_.SendScores(second));
    scheduler_.Await(job_, "succeeded");
    EXPECT_EQ("two", Maps().body);
    EXPECT_EQ((std::set<std::string>{Name(second)}), Names());
}

TEST_F(ServerMaps, ThatAreNoFilesMakeTheResultUnusable)
{
    Plan(1);
    WireLease lease = Next();
    Stage(lease, "one");
    fs::remove(Staged(lease));
    fs::create_symlink(scheduler_.directory / "secret", Staged(lease));
    ASSERT_EQ("COMMITTED", executor_.SendScores(lease)); // as a failure of the batch
    EXPECT_NE(std::string::npos, Attempts().find("unusable result: error map " + Name(lease)));
    EXPECT_NE(std::string::npos, scheduler_.Read("log").find("map_refused: "));
    EXPECT_EQ((std::set<std::string>{}), Names());

    // One that is not there may be elsewhere: what to do is said.
    lease = Next();
    fs::create_directories(Staged(lease, "e2").parent_path());
    std::ofstream(Staged(lease, "e2")) << "another executor's";
    ASSERT_EQ("COMMITTED", executor_.SendScores(lease));
    EXPECT_NE(std::string::npos, Attempts().find("(--results)")) << Attempts();
    EXPECT_TRUE(fs::exists(Staged(lease, "e2")));
    EXPECT_EQ((std::set<std::string>{}), Names());

    lease = Next();
    Stage(lease, "one");
    ASSERT_EQ("COMMITTED", executor_.SendScores(lease));
    scheduler_.Await(job_, "succeeded");
    EXPECT_EQ("one", Maps().body);
}

TEST_F(ServerMaps, OfALeaseThatIsOverStayWhereTheyAre)
{
    Plan(1);
    const WireLease lost = Next();
    Stage(lost, "late");
    // What an earlier scheduler has moved, but never committed.
    fs::create_directories(fs::path(results_) / job_);
    std::ofstream(fs::path(results_) / job_ / Name(lost)) << "orphan";
    for (int i = 0; i < 3; i++) {
        (void)executor_.Beat({}); // which no longer name it
    }
    const WireLease taken = Next();
    ASSERT_EQ(lost.batch, taken.batch);
    EXPECT_EQ("FENCED", executor_.SendScores(lost));
    EXPECT_TRUE(fs::exists(Staged(lost)));
    Stage(taken, "in time");
    ASSERT_EQ("COMMITTED", executor_.SendScores(taken));
    scheduler_.Await(job_, "succeeded");
    EXPECT_EQ("in time", Maps().body);
    EXPECT_EQ((std::set<std::string>{Name(taken)}), Names());
}

TEST_F(ServerMaps, AreRemovedWithTheJob)
{
    Plan(2);
    const WireLease lease = Next();
    Stage(lease, "one");
    ASSERT_EQ("COMMITTED", executor_.SendScores(lease));
    EXPECT_EQ(1u, Names().size());
    EXPECT_EQ(200, scheduler_.Http("DELETE", "/v1/jobs/" + job_).status);
    EXPECT_FALSE(fs::exists(fs::path(results_) / job_));
}

TEST_F(ServerMaps, OfAnExecutorThatIsGoneAreRemoved)
{
    scheduler_.End(SIGTERM);
    scheduler_.more.insert(scheduler_.more.end(),
                           {"--suspect", "2", "--lease", "2", "--session-time", "2"});
    scheduler_.Start();
    executor_.HangUp();
    executor_.Dial(scheduler_);
    Plan(1);
    const WireLease lease = Next();
    Stage(lease, "one");
    executor_.HangUp();
    for (int i = 0; i < 3000 && fs::exists(Staged(lease)); i++) {
        usleep(10000);
    }
    EXPECT_FALSE(fs::exists(Staged(lease)));
    EXPECT_TRUE(fs::exists(Staged(lease).parent_path())); // for its next process is bound to it
}

TEST_F(ServerMaps, OfThoseWhoWorkOutliveTheScheduler)
{
    Plan(1);
    const WireLease lease = Next();
    Stage(lease, "one");
    fs::create_directories(Staged(lease, "e9").parent_path());
    std::ofstream(Staged(lease, "e9")) << "of nobody";
    scheduler_.End(SIGKILL);
    scheduler_.Start();
    EXPECT_FALSE(fs::exists(Staged(lease, "e9")));
    EXPECT_TRUE(fs::exists(Staged(lease)));
    executor_.HangUp();
    executor_.Dial(scheduler_);
    executor_.Hello();
    ASSERT_EQ("COMMITTED", executor_.SendScores(lease));
    scheduler_.Await(job_, "succeeded");
    EXPECT_EQ("one", Maps().body);
}

TEST_F(ServerMaps, AFolderOfAnotherQueueIsRefused)
{
    Scheduler other;
    EXPECT_EQ(0, WEXITSTATUS(other.End(SIGTERM)));
    other.more = {"--results", results_};
    int status = 0;
    const pid_t child = other.Spawn();
    ASSERT_EQ(child, waitpid(child, &status, 0));
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) != 0);
    EXPECT_NE(std::string::npos,
              other.Read("log").find("/results: the results folder belongs to another queue"))
        << other.Read("log");
}

TEST_F(ServerMaps, AFolderThatCannotBeMarkedIsUsedAndNotSwept)
{
    scheduler_.End(SIGTERM);
    std::filesystem::remove(results_ + "/.store");
    std::filesystem::create_directory(results_ + "/.store");
    scheduler_.Start();
    EXPECT_NE(std::string::npos, scheduler_.Read("log").find("results_unmarked: "))
        << scheduler_.Read("log");
    executor_.HangUp();
    executor_.Dial(scheduler_);
    Plan(1);
    const WireLease lease = Next();
    Stage(lease, "one");
    ASSERT_EQ("COMMITTED", executor_.SendScores(lease));
    scheduler_.Await(job_, "succeeded");
    EXPECT_EQ("one", Maps().body);
}

} // namespace
