// SPDX-License-Identifier: MIT
//
// Two schedulers on one PostgreSQL, real processes all: the one that stands by takes over from one
// that was killed or stopped, nothing acknowledged is lost, nothing late is taken; and a database
// that goes away and comes back.
//
// Invariant: the times that are promised are checked on this machine's clock; everything else is
// waited for.
#include <atomic>
#include <chrono>
#include <filesystem>
#include <set>
#include <thread>

#include "fake_executor.h"
#include "stores.h"

namespace
{

const auto kTakeover = std::chrono::seconds(15);

class Failover : public ::testing::Test
{
  protected:
    StorePlace place_{store_postgres()};
    TemporaryDirectory directory_;
    std::vector<std::string> options_ = {"--store-file", directory_ / "store"};

    void SetUp() override
    {
        std::ofstream(directory_ / "store") << place_.Path() << '\n';
    }
    // Waits until the scheduler takes jobs; how long that was.
    static std::chrono::steady_clock::duration AwaitReady(const Scheduler &scheduler)
    {
        const auto begin = std::chrono::steady_clock::now();
        while (scheduler.Http("GET", "/readyz").status != 200 &&
               std::chrono::steady_clock::now() - begin < 10 * kTakeover) {
            usleep(50000);
        }
        const auto waited = std::chrono::steady_clock::now() - begin;
        RecordProperty("ready_after_ms",
                       static_cast<int>(
                           std::chrono::duration_cast<std::chrono::milliseconds>(waited).count()));
        return waited;
    }
    static std::set<std::string> Ids(const Scheduler &scheduler)
    {
        std::set<std::string> ids;
        const Answer answer = scheduler.Http("GET", "/v1/jobs");
        EXPECT_EQ(200, answer.status) << answer.body;
        const json_t *jobs = json_object_get(answer.json.get(), "jobs");
        for (size_t i = 0; i < json_array_size(jobs); i++) {
            ids.insert(Member(json_array_get(jobs, i), "id"));
        }
        return ids;
    }
    static std::string Verb(FakeExecutor *executor, json_t *message)
    {
        const Json reply = executor->Call(true, message);
        return Member(reply.get(), "verb");
    }
    // Whether a line of its metrics is this one.
    static bool Says(const Scheduler &scheduler, const std::string &line)
    {
        const Answer metrics = scheduler.Http("GET", "/metrics");
        EXPECT_EQ(200, metrics.status) << metrics.body;
        return metrics.body.find("\n" + line + "\n") != std::string::npos;
    }
    static Answer TrySubmit(const Scheduler &scheduler, const std::string &name)
    {
        return scheduler.Http("POST", "/v1/jobs",
                              "{\"schema\": \"gaia.job/1\", \"name\": \"" + name +
                                  "\", \"forecasts\": [{\"id\": \"f0\", \"files\": [\"/f.nc\"]}],"
                                  " \"truth\": {\"files\": [\"/t.nc\"]}}");
    }
};

TEST_F(Failover, TheOneThatStandsByGoesOnWhereAKilledLeaderWas)
{
    Scheduler a(options_);
    Scheduler b(options_);
    FakeExecutor executor(a, "e1");
    executor.Hello();
    const std::string session = executor.session;
    const std::string id = a.Submit();
    std::vector<WireLease> leases = executor.Fetch();
    ASSERT_EQ(1u, leases.size());
    ASSERT_EQ("COMMITTED", executor.SendPlan(leases[0], executor.PlanJson(1, 5)));
    leases = executor.Fetch();
    ASSERT_EQ(1u, leases.size());

    const Answer refused = TrySubmit(b, "at the wrong one");
    EXPECT_EQ(503, refused.status) << refused.body;
    EXPECT_EQ("unreachable", refused.Get("code")) << refused.body;
    EXPECT_NE(std::string::npos, refused.body.find(a.directory.Path())) << refused.body;
    FakeExecutor lost(b, "e1");
    EXPECT_EQ("REFUSED", Verb(&lost, lost.HelloWithoutProof()));
    EXPECT_TRUE(Says(a, "gaia_scheduler_leads 1"));
    EXPECT_TRUE(Says(b, "gaia_scheduler_leads 0"));
    EXPECT_TRUE(Says(b, "gaia_weather_runs_active{status=\"running\"} 0")); // it does not know

    a.End(SIGKILL);
    EXPECT_LT(AwaitReady(b), kTakeover) << b.Read("log");
    executor.HangUp();
    executor.Dial(b);
    executor.Hello();
    EXPECT_EQ(session, executor.session); // known to the new leader too
    EXPECT_EQ("COMMITTED", executor.SendScores(leases[0]));
    b.Await(id, "succeeded");
    EXPECT_TRUE(Says(b, "gaia_scheduler_leads 1"));
    EXPECT_TRUE(Says(b, "gaia_weather_runs_finished_total{status=\"succeeded\"} 1"));
    a.Start();
    EXPECT_EQ(503, a.Http("GET", "/readyz").status);
}

TEST_F(Failover, TheOneThatStandsByKnowsTheTokensOnceItLeads)
{
    Scheduler a(options_);
    Scheduler b(options_);
    const std::string make = "{\"name\": \"n\", \"scope\": \"read\"}";
    const std::string good = a.Http("POST", "/v1/tokens", make).Get("token");
    const Answer revoked = a.Http("POST", "/v1/tokens", make);
    ASSERT_EQ(200, a.Http("DELETE", "/v1/tokens/" + revoked.Get("id")).status);
    EXPECT_EQ(200, a.Http("GET", "/v1/jobs", "", good).status);
    const Answer unsure = b.Http("GET", "/v1/profiles", "", good);
    EXPECT_EQ(503, unsure.status); // it cannot know what was revoked
    EXPECT_EQ("unreachable", unsure.Get("code")) << unsure.body;
    EXPECT_NE("", unsure.retry_after);
    EXPECT_EQ(401, b.Http("GET", "/v1/profiles", "", "").status);
    // Whoever watches it sees it all the same, by the tokens as it last read them.
    const std::string bound =
        a.Http("POST", "/v1/tokens", "{\"name\": \"n\", \"scope\": \"read\", \"tenant\": \"t\"}")
            .Get("token");
    const auto scrape = [&](const std::string &token) {
        return b.Http("GET", "/metrics", "", token).status;
    };
    for (int i = 0; i < 1000 && scrape(bound) == 503; i++) {
        usleep(20000);
    }
    EXPECT_EQ(403, scrape(bound));
    EXPECT_EQ(200, scrape(good));
    EXPECT_EQ(503, scrape(revoked.Get("token")));
    EXPECT_EQ(503, scrape("another"));
    EXPECT_EQ(401, scrape(""));
    EXPECT_EQ(503, b.Http("GET", "/v1/profiles", "", good).status);
    EXPECT_EQ(503, b.Http("GET", "/v1/executors", "", good).status);
    const Answer dropped = a.Http("POST", "/v1/tokens", make);
    for (int i = 0; i < 1000 && scrape(dropped.Get("token")) != 200; i++) {
        usleep(20000);
    }
    ASSERT_EQ(200, a.Http("DELETE", "/v1/tokens/" + dropped.Get("id")).status);
    for (int i = 0; i < 1000 && scrape(dropped.Get("token")) == 200; i++) {
        usleep(20000);
    }
    EXPECT_EQ(503, scrape(dropped.Get("token")));
    a.End(SIGKILL);
    EXPECT_LT(AwaitReady(b), kTakeover) << b.Read("log");
    EXPECT_EQ(200, b.Http("GET", "/v1/jobs", "", good).status);
    EXPECT_EQ(401, b.Http("GET", "/v1/jobs", "", revoked.Get("token")).status);
    EXPECT_EQ(403, b.Http("GET", "/v1/tokens", "", good).status);
    a.Start();
    EXPECT_EQ(503, a.Http("GET", "/v1/jobs", "", good).status);
}

TEST_F(Failover, ALeaderThatWasStoppedWritesNothingMore)
{
    Scheduler a(options_);
    Scheduler b(options_);
    FakeExecutor executor(a, "e1");
    executor.lossy = true;
    executor.Hello();
    const std::string held = a.Submit();
    const std::vector<WireLease> leases = executor.Fetch();
    ASSERT_EQ(1u, leases.size());

    // Submissions all the while, so that it is stopped somewhere in a turn.
    std::atomic<bool> over{false};
    std::atomic<bool> stopped{false};
    std::vector<std::string> taken;
    size_t n_refused = 0;
    std::thread user([&] {
        for (int i = 0; !over; i++) {
            const Answer answer = TrySubmit(a, "job " + std::to_string(i));
            if (answer.status == 201) {
                taken.push_back(answer.Get("id"));
            } else {
                n_refused += stopped && answer.status == 503;
                usleep(20000);
            }
        }
    });
    usleep(500000);
    ASSERT_EQ(0, kill(a.pid, SIGSTOP));
    EXPECT_LT(AwaitReady(b), kTakeover) << b.Read("log");
    const std::string after = b.Submit();
    const std::set<std::string> known = Ids(b);
    stopped = true;
    ASSERT_EQ(0, kill(a.pid, SIGCONT));
    // What the stopped one leased is now the new leader's to give; its result is not taken there.
    EXPECT_NE("COMMITTED", executor.SendPlan(leases[0], executor.PlanJson(1, 5)));
    for (int i = 0; i < 3000 && a.Http("GET", "/readyz").status != 503; i++) {
        usleep(10000);
    }
    usleep(300000);
    over = true;
    user.join();
    EXPECT_GT(n_refused, 0u);
    EXPECT_GT(taken.size(), 0u);
    EXPECT_EQ(known, Ids(b)); // nothing came after the takeover
    for (const std::string &id : taken) {
        EXPECT_EQ(1u, known.count(id)) << id;
    }
    EXPECT_EQ(1u, known.count(after));
    EXPECT_EQ(1u, known.count(held));
    EXPECT_NE(std::string::npos,
              a.Read("log").find("lead_changed: who leads has changed leads=false"))
        << a.Read("log");
}

TEST_F(Failover, AStoppingLeaderHandsOverAtOnce)
{
    Scheduler a(options_);
    Scheduler b(options_);
    const std::string id = a.Submit();
    a.End(SIGTERM);
    EXPECT_LT(AwaitReady(b), std::chrono::seconds(8));
    EXPECT_EQ("queued", b.Job(id).Get("state"));
}

// A real executor that is given both schedulers' state directories.
class Executor
{
  public:
    Executor(const Scheduler &a, const Scheduler &b)
    {
        const std::string program = std::string(GAIA_BINARIES) + "/gaia-executor";
        const std::string log = a.directory / "executor.log";
        std::string states = b.directory.Path() + "," + a.directory.Path();
        std::vector<std::string> arguments = {"gaia-executor", "--state", states, "--id", "e1",
                                              "--threads",     "1"};
        std::vector<char *> argv;
        for (std::string &argument : arguments) {
            argv.push_back(argument.data());
        }
        argv.push_back(nullptr);
        posix_spawn_file_actions_t files;
        posix_spawn_file_actions_init(&files);
        posix_spawn_file_actions_addopen(&files, 2, log.c_str(), O_WRONLY | O_CREAT | O_APPEND,
                                         0600);
        EXPECT_EQ(0, posix_spawn(&pid_, program.c_str(), &files, nullptr, argv.data(), environ));
        posix_spawn_file_actions_destroy(&files);
    }
    ~Executor()
    {
        int status = 0;
        kill(pid_, SIGTERM);
        waitpid(pid_, &status, 0);
        EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
    }

  private:
    pid_t pid_ = -1;
};

std::string SubmitReal(const Scheduler &scheduler)
{
    const std::string folder = std::string(GAIA_TEST_DATA) + "/era5_2017_persistence/";
    const Answer answer = scheduler.Http(
        "POST", "/v1/jobs",
        "{\"schema\": \"gaia.job/1\", \"forecasts\": [{\"id\": \"f\", \"files\": [\"" + folder +
            "forecast.nc\"]}], \"truth\": {\"files\": [\"" + folder +
            "truth.nc\"]}, \"variables\": [\"z\"], \"levels\": [500]}");
    EXPECT_EQ(201, answer.status) << answer.body;
    return answer.Get("id");
}

TEST_F(Failover, ExecutorsFollowTheLead)
{
    Scheduler a(options_);
    Scheduler b(options_);
    const Executor executor(a, b);
    const std::string before = SubmitReal(a);
    a.Await(before, "succeeded");
    EXPECT_TRUE(std::filesystem::exists(b.directory / "scratch/e1"));
    EXPECT_FALSE(std::filesystem::exists(b.directory.Path() + ",")); // a list is no folder
    ASSERT_EQ(0, kill(a.pid, SIGSTOP)); // it still accepts connections and never answers
    EXPECT_LT(AwaitReady(b), kTakeover) << b.Read("log");
    const std::string after = SubmitReal(b);
    b.Await(after, "succeeded");
    const std::string path = "/v1/jobs/" + before + "/scores";
    const std::string scores = b.Http("GET", path).body;
    EXPECT_GT(scores.size(), 1000u);
    EXPECT_EQ(scores, b.Http("GET", "/v1/jobs/" + after + "/scores").body);
    ASSERT_EQ(0, kill(a.pid, SIGCONT));
}

TEST_F(Failover, ADatabaseThatGoesAwayLosesNothing)
{
    Scheduler a(options_);
    FakeExecutor executor(a, "e1");
    executor.lossy = true;
    executor.patience_ms = 2000;
    executor.Hello();
    const std::string id = a.Submit();
    std::vector<WireLease> leases = executor.Fetch();
    ASSERT_EQ(1u, leases.size());
    const std::string reader =
        a.Http("POST", "/v1/tokens", "{\"name\": \"n\", \"scope\": \"read\"}").Get("token");
    PostgresServer::Shared().Kill();
    EXPECT_EQ(503, TrySubmit(a, "meanwhile").status);
    EXPECT_EQ(503, a.Http("GET", "/readyz").status);
    usleep(1500000);
    EXPECT_EQ(503, a.Http("GET", "/v1/profiles", "", reader).status);
    EXPECT_EQ(200, a.Http("GET", "/metrics", "", reader).status); // what is seen of an outage
    EXPECT_TRUE(Says(a, "gaia_scheduler_leads 0"));
    EXPECT_FALSE(Says(a, "gaia_errors_total{kind=\"lead\"} 0"));
    EXPECT_EQ(503, TrySubmit(a, "meanwhile").status);
    PostgresServer::Shared().Start();
    AwaitReady(a);
    EXPECT_EQ(std::set<std::string>{id}, Ids(a));
    executor.HangUp();
    executor.Dial(a);
    executor.Hello();
    // The lease may have run out meanwhile; then it is given again.
    if (executor.SendPlan(leases[0], executor.PlanJson(1, 5)) != "COMMITTED") {
        leases = executor.Fetch();
        ASSERT_EQ(1u, leases.size());
        ASSERT_EQ("COMMITTED", executor.SendPlan(leases[0], executor.PlanJson(1, 5)));
    }
    leases = executor.Fetch();
    ASSERT_EQ(1u, leases.size());
    ASSERT_EQ("COMMITTED", executor.SendScores(leases[0]));
    a.Await(id, "succeeded");
}

} // namespace
