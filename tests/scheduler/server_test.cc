// SPDX-License-Identifier: MIT
//
// The whole scheduler as a process: jobs go in over HTTP, a scripted executor works on them over
// the wire, scores come out; processes and connections end when they should not.
//
// Invariant: what is checked is what a user or an executor can see; nothing looks into the
// database.
#include <random>
#include <thread>

#include "fake_executor.h"

extern "C" {
#include "clock.h"
}

namespace
{

class Server : public ::testing::Test
{
  protected:
    Scheduler scheduler_;

    std::string Scores(const std::string &id)
    {
        const Answer answer = scheduler_.Http("GET", "/v1/jobs/" + id + "/scores");
        EXPECT_EQ(200, answer.status) << answer.body;
        EXPECT_EQ("text/csv; charset=utf-8", answer.type);
        return answer.body;
    }
    static size_t Lines(const std::string &text)
    {
        return static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
    }
};

TEST_F(Server, TakesAJobFromSubmissionToScores)
{
    FakeExecutor executor(scheduler_, "e1");
    executor.Hello();
    const std::string id = scheduler_.Submit();
    std::vector<WireLease> leases = executor.Fetch();
    ASSERT_EQ(1u, leases.size());
    EXPECT_EQ("plan", leases[0].kind);
    EXPECT_EQ(id, leases[0].job);
    EXPECT_NE(std::string::npos, leases[0].spec.find("/data/f0.nc"));
    EXPECT_EQ("planning", scheduler_.Job(id).Get("state"));
    ASSERT_EQ("COMMITTED", executor.SendPlan(leases[0], executor.PlanJson(1, 5)));
    leases = executor.Fetch();
    ASSERT_EQ(1u, leases.size());
    EXPECT_EQ("score", leases[0].kind);
    EXPECT_EQ(5, leases[0].n_units);
    EXPECT_NE(std::string::npos, leases[0].plan.find("n.hem"));
    EXPECT_EQ(std::string::npos, leases[0].plan.find("\"units\""));
    EXPECT_TRUE(executor.Beat(leases, 3).empty());
    Answer job = scheduler_.Job(id);
    EXPECT_EQ("running", job.Get("state"));
    EXPECT_EQ("3", job.Get("units_done"));
    EXPECT_EQ("5", job.Get("units_total"));
    EXPECT_NE(std::string::npos, job.Get("executors").find("\"e1\""));
    ASSERT_EQ("COMMITTED", executor.SendScores(leases[0]));
    job = scheduler_.Await(id, "succeeded");
    EXPECT_EQ("5", job.Get("units_done"));
    EXPECT_EQ("2", job.Get("batches_done"));
    EXPECT_EQ("[]", job.Get("executors"));
    EXPECT_EQ("[\"something was left out\"]", job.Get("warnings"));
    EXPECT_NE("null", job.Get("finished_ms"));
    const std::string csv = Scores(id);
    EXPECT_EQ(0u, csv.find("forecast,variable,level,lead_hours,init_time,valid_time,region,"
                           "weighting,metric,value"));
    EXPECT_NE(std::string::npos, csv.find("f0,z,500,1,1970-01-01T04,1970-01-01T05,n.hem,cos,"));
    EXPECT_NE(std::string::npos, csv.find(",all,"));
    EXPECT_NE(std::string::npos, scheduler_.Http("GET", "/v1/executors").body.find("\"e1\""));
}

TEST_F(Server, SharesAJobAmongExecutorsAndSendsScoresInPages)
{
    FakeExecutor a(scheduler_, "e1");
    FakeExecutor b(scheduler_, "e2");
    a.Hello();
    b.Hello();
    const std::string id = scheduler_.Submit(3);
    std::vector<WireLease> leases = a.Fetch();
    ASSERT_EQ("COMMITTED", a.SendPlan(leases[0], a.PlanJson(3, 400)));
    size_t units = 0;
    for (int i = 0; units < 1200; i++) {
        FakeExecutor &executor = i % 2 == 0 ? a : b;
        executor.Beat({});
        leases = executor.Fetch(2);
        ASSERT_FALSE(leases.empty());
        for (const WireLease &lease : leases) {
            EXPECT_LE(lease.n_units, 600);
            ASSERT_EQ("COMMITTED", executor.SendScores(lease));
            units += static_cast<size_t>(lease.n_units);
        }
    }
    scheduler_.Await(id, "succeeded");
    const std::string csv = Scores(id);
    // Each unit has two regions, and as many metrics as the plan's bits that are of one time.
    const size_t per_time = Lines(csv.substr(0, csv.find("1970-01-01T02")));
    EXPECT_GT(per_time, 2u);
    EXPECT_GT(Lines(csv), 1200u * 2u);
    EXPECT_EQ(csv, Scores(id));
}

TEST_F(Server, KeepsGoingAfterItIsKilled)
{
    FakeExecutor executor(scheduler_, "e1");
    executor.Hello();
    const std::string id = scheduler_.Submit();
    std::vector<WireLease> leases = executor.Fetch();
    ASSERT_EQ("COMMITTED", executor.SendPlan(leases[0], executor.PlanJson(1, 4)));
    leases = executor.Fetch();
    ASSERT_EQ(1u, leases.size());
    const std::string session = executor.session;

    scheduler_.End(SIGKILL);
    executor.HangUp();
    scheduler_.Start();
    executor.Dial(scheduler_);

    EXPECT_TRUE(executor.Beat(leases).empty()); // the session and the lease are known
    executor.Hello();
    EXPECT_EQ(session, executor.session);
    const std::vector<WireLease> again = executor.Fetch(1, true); // as if the reply had been lost
    ASSERT_EQ(1u, again.size());
    EXPECT_EQ(leases[0].attempt, again[0].attempt);
    EXPECT_EQ("COMMITTED", executor.SendScores(leases[0]));
    scheduler_.Await(id, "succeeded");
    const std::string csv = Scores(id);

    scheduler_.End(SIGKILL);
    executor.HangUp();
    scheduler_.Start();
    executor.Dial(scheduler_);
    EXPECT_EQ("DUPLICATE", executor.SendScores(leases[0])); // its answer had been lost
    EXPECT_EQ(csv, Scores(id));
}

TEST_F(Server, FinishesAfterBeingKilledWhileItWritesScores)
{
    FakeExecutor executor(scheduler_, "e1");
    executor.Hello();
    const std::string id = scheduler_.Submit();
    executor.Work(1, 6000);
    usleep(30000);
    scheduler_.End(SIGKILL);
    EXPECT_EQ(std::string::npos, scheduler_.Read("log").find("succeeded")) << "killed too late";
    executor.HangUp();
    scheduler_.Start();
    scheduler_.Await(id, "succeeded");
    const std::string csv = Scores(id);

    executor.Dial(scheduler_);
    const std::string other = scheduler_.Submit();
    executor.Beat({});
    executor.Work(1, 6000);
    scheduler_.Await(other, "succeeded");
    EXPECT_EQ(csv, Scores(other));
}

TEST_F(Server, LosesAndDoublesNothingWhenKilledAtRandomInstants)
{
    FakeExecutor executor(scheduler_, "e1");
    executor.Hello();
    const std::string undisturbed = scheduler_.Submit();
    executor.Work(1, 1500);
    scheduler_.Await(undisturbed, "succeeded");
    const std::string disturbed = scheduler_.Submit();
    std::mt19937 random(9);
    int kills = 0;
    // Makes a call while the scheduler is killed, some time in the next milliseconds.
    const auto in_danger = [&](auto call) {
        const useconds_t delay_us = static_cast<useconds_t>(random() % 12000);
        std::thread killer([&] {
            usleep(delay_us);
            kill(scheduler_.pid, SIGKILL);
        });
        executor.lossy = true;
        call();
        executor.lossy = false;
        killer.join();
        scheduler_.End(SIGKILL);
        executor.HangUp();
        scheduler_.Start();
        executor.Dial(scheduler_);
        kills++;
    };
    json_int_t units = 1500;
    for (int i = 0; i < 300 && units > 0 && !HasFailure(); i++) {
        if (i % 4 == 0) {
            in_danger([&] { executor.held = executor.Fetch(); });
            executor.Beat({});
            executor.held = executor.Fetch(1, true); // the same leases, or new ones
        } else {
            executor.Beat({});
            executor.held = executor.Fetch();
        }
        for (const WireLease &lease : executor.held) {
            const auto send = [&] {
                return lease.kind == "plan" ? executor.SendPlan(lease, executor.PlanJson(1, 1500))
                                            : executor.SendScores(lease);
            };
            std::string outcome;
            in_danger([&] { outcome = send(); });
            const std::string again = send();
            EXPECT_TRUE(again == "DUPLICATE" || (again == "COMMITTED" && outcome != again))
                << outcome << ", then " << again;
            units -= lease.n_units;
        }
    }
    EXPECT_GT(kills, 12);
    scheduler_.Await(disturbed, "succeeded");
    EXPECT_EQ(Scores(undisturbed), Scores(disturbed));
}

TEST_F(Server, RequeuesWhatAnExecutorHeldThatIsGone)
{
    FakeExecutor survivor(scheduler_, "e2");
    std::vector<WireLease> first;
    const std::string id = scheduler_.Submit();
    {
        FakeExecutor victim(scheduler_, "e1");
        victim.Hello();
        first = victim.Fetch();
        ASSERT_EQ(1u, first.size());
    }
    survivor.Hello();
    const int64_t start_ms = clock_monotonic_ms();
    const std::vector<WireLease> second = survivor.Fetch();
    EXPECT_LT(clock_monotonic_ms() - start_ms, 2000);
    ASSERT_EQ(1u, second.size());
    EXPECT_NE(first[0].attempt, second[0].attempt);
    EXPECT_EQ("FENCED", survivor.SendPlan(first[0], survivor.PlanJson(1, 1)));
    EXPECT_EQ("COMMITTED", survivor.SendPlan(second[0], survivor.PlanJson(1, 1)));
    EXPECT_EQ("DUPLICATE", survivor.SendPlan(second[0], survivor.PlanJson(1, 1)));
    survivor.WorkScores(1);
    scheduler_.Await(id, "succeeded");
}

TEST_F(Server, LetsAFetchWaitUntilAJobComes)
{
    FakeExecutor executor(scheduler_, "e1");
    executor.Hello();
    std::vector<WireLease> leases;
    int64_t answered_ms = 0;
    std::thread waiting([&] {
        leases = executor.Fetch();
        answered_ms = clock_monotonic_ms();
    });
    usleep(300000);
    const int64_t submitted_ms = clock_monotonic_ms();
    scheduler_.Submit();
    waiting.join();
    EXPECT_EQ(1u, leases.size());
    EXPECT_LT(answered_ms - submitted_ms, 1000);
}

TEST_F(Server, FailsAJobOnAnErrorThatNoRetryMends)
{
    FakeExecutor executor(scheduler_, "e1");
    executor.Hello();
    const std::string id = scheduler_.Submit();
    const std::vector<WireLease> leases = executor.Fetch();
    std::string detail(1200, 'a'); // cut in the middle of a character when it is stored
    for (size_t i = 0; i + 2 < detail.size(); i += 2) {
        detail.replace(i, 2, "\xc3\xa4");
    }
    detail = "x" + detail;
    EXPECT_EQ("COMMITTED", executor.Fail(leases[0], GAIA_FILE_MISSING, detail));
    const Answer job = scheduler_.Await(id, "failed");
    const json_t *error = json_object_get(job.json.get(), "error");
    EXPECT_EQ("file_missing", Member(error, "code"));
    EXPECT_EQ(0u, Member(error, "detail").find("x\xc3\xa4"));
    const Answer scores = scheduler_.Http("GET", "/v1/jobs/" + id + "/scores");
    EXPECT_EQ(409, scores.status);
    EXPECT_EQ("file_missing", scores.Get("code"));
}

TEST_F(Server, RetriesAnErrorThatMayPass)
{
    FakeExecutor executor(scheduler_, "e1");
    executor.Hello();
    const std::string id = scheduler_.Submit();
    std::vector<WireLease> leases = executor.Fetch();
    const std::string attempt = leases[0].attempt;
    EXPECT_EQ("COMMITTED", executor.Fail(leases[0], GAIA_OUT_OF_MEMORY, "too large"));
    EXPECT_EQ("planning", scheduler_.Job(id).Get("state"));
    leases = executor.Fetch(); // parks until the backoff is over
    ASSERT_EQ(1u, leases.size());
    EXPECT_NE(attempt, leases[0].attempt);
}

TEST_F(Server, ListsForecastsThatFailedAndScoresTheOthers)
{
    FakeExecutor executor(scheduler_, "e1");
    executor.Hello();
    const std::string id = scheduler_.Submit(3);
    std::vector<WireLease> leases = executor.Fetch();
    ASSERT_EQ("COMMITTED", executor.SendPlan(leases[0], executor.PlanJson(3, 2, {1})));
    leases = executor.Fetch();
    ASSERT_EQ(4, leases[0].n_units);
    const std::vector<double> sums = executor.Sums(0, 4);
    json_t *result = executor.ScoreJson(leases[0], sums.size());
    json_object_set_new(result, "failed",
                        json_pack("[{s:i, s:s, s:s}]", "forecast", 0, "status", "file_damaged",
                                  "detail", "f0.nc: truncated"));
    ASSERT_EQ("COMMITTED", executor.Result(leases[0], result, sums));
    const Answer job = scheduler_.Await(id, "succeeded");
    const json_t *forecasts = json_object_get(job.json.get(), "forecasts");
    ASSERT_EQ(3u, json_array_size(forecasts));
    EXPECT_EQ("file_damaged", Member(json_array_get(forecasts, 0), "status"));
    EXPECT_EQ("f0.nc: truncated", Member(json_array_get(forecasts, 0), "detail"));
    EXPECT_EQ("file_missing", Member(json_array_get(forecasts, 1), "status"));
    EXPECT_EQ("ok", Member(json_array_get(forecasts, 2), "status"));
    const std::string csv = Scores(id);
    EXPECT_EQ(std::string::npos, csv.find("\nf0,"));
    EXPECT_EQ(std::string::npos, csv.find("\nf1,"));
    EXPECT_NE(std::string::npos, csv.find("\nf2,"));
}

TEST_F(Server, FailsAJobWhoseForecastsAllFailed)
{
    FakeExecutor executor(scheduler_, "e1");
    executor.Hello();
    const std::string id = scheduler_.Submit(2);
    const std::vector<WireLease> leases = executor.Fetch();
    ASSERT_EQ("COMMITTED", executor.SendPlan(leases[0], executor.PlanJson(2, 2, {0, 1})));
    const Answer job = scheduler_.Await(id, "failed");
    EXPECT_EQ("file_missing", Member(json_object_get(job.json.get(), "error"), "code"));
}

TEST_F(Server, CancelsAJob)
{
    FakeExecutor executor(scheduler_, "e1");
    executor.Hello();
    const std::string id = scheduler_.Submit();
    std::vector<WireLease> leases = executor.Fetch();
    ASSERT_EQ("COMMITTED", executor.SendPlan(leases[0], executor.PlanJson(1, 4)));
    leases = executor.Fetch();
    const Answer answer = scheduler_.Http("DELETE", "/v1/jobs/" + id);
    EXPECT_EQ(200, answer.status);
    EXPECT_EQ("cancelled", answer.Get("state"));
    EXPECT_EQ(std::vector<std::string>{leases[0].attempt}, executor.Beat(leases));
    EXPECT_EQ("FENCED", executor.SendScores(leases[0]));
    EXPECT_EQ(409, scheduler_.Http("DELETE", "/v1/jobs/" + id).status);
    EXPECT_EQ("cancelled", Member(json_object_get(scheduler_.Job(id).json.get(), "error"), "code"));
}

TEST_F(Server, AnswersNonsenseWithAnErrorAndGoesOn)
{
    FakeExecutor executor(scheduler_, "e1");
    executor.Hello();
    const std::string session = executor.session;
    for (const std::string &bytes :
         {std::string("x"), std::string(100, '\0'), std::string("GAS1")}) {
        const Json reply = executor.CallBytes(false, bytes);
        EXPECT_EQ("ERROR", Member(reply.get(), "verb"));
        EXPECT_EQ("protocol", Member(reply.get(), "status"));
    }
    const std::vector<std::string> headers = {
        "{}",
        "{\"verb\": 5}",
        "{\"verb\": \"NONSENSE\"}",
        "{\"verb\": \"HELLO\"}", // on the work connection
        "{\"verb\": \"FETCH\"}",
        "{\"verb\": \"FETCH\", \"session\": \"SESSION\", \"seq\": 0, \"credits\": 1}",
        "{\"verb\": \"FETCH\", \"session\": \"SESSION\", \"seq\": 1, \"credits\": -1}",
        "{\"verb\": \"FETCH\", \"session\": \"SESSION\", \"seq\": \"1\", \"credits\": 1}",
        "{\"verb\": \"RESULT\", \"session\": \"SESSION\"}",
        "{\"verb\": \"RESULT\", \"session\": \"SESSION\", \"results\": [5]}",
        "{\"verb\": \"RESULT\", \"session\": \"SESSION\", \"results\": [{\"job\": \"j\", "
        "\"batch\": -1, \"attempt\": \"a\", \"status\": \"ok\"}]}"};
    for (std::string text : headers) {
        const size_t at = text.find("SESSION");
        if (at != std::string::npos) {
            text.replace(at, 7, session);
        }
        const Json reply = executor.Call(false, json_loads(text.c_str(), 0, nullptr));
        EXPECT_EQ("ERROR", Member(reply.get(), "verb")) << text;
    }
    const Json unknown = executor.Call(
        false, json_pack("{s:s, s:s, s:[]}", "verb", "RESULT", "session", "nobody", "results"));
    EXPECT_EQ("UNKNOWN_SESSION", Member(unknown.get(), "verb"));
    const std::string id = scheduler_.Submit();
    executor.Work(1, 3);
    scheduler_.Await(id, "succeeded");
}

TEST_F(Server, GivesABatchToAnotherAfterAnUnusableResult)
{
    FakeExecutor executor(scheduler_, "e1");
    executor.Hello();
    const std::string id = scheduler_.Submit();
    std::vector<WireLease> leases = executor.Fetch();
    json_t *plan = executor.PlanJson(1, 3);
    json_object_set_new(plan, "variables", json_array()); // units name a variable that is not there
    EXPECT_EQ("COMMITTED", executor.SendPlan(leases[0], plan));
    leases = executor.Fetch();
    ASSERT_EQ(1u, leases.size());
    EXPECT_EQ("plan", leases[0].kind);
    ASSERT_EQ("COMMITTED", executor.SendPlan(leases[0], executor.PlanJson(2, 3))); // of another job
    leases = executor.Fetch();
    ASSERT_EQ("COMMITTED", executor.SendPlan(leases[0], executor.PlanJson(1, 3)));
    leases = executor.Fetch();
    ASSERT_EQ("score", leases[0].kind);
    const std::vector<double> sums = executor.Sums(0, 3);
    json_t *result = executor.ScoreJson(leases[0], sums.size());
    json_object_set_new(result, "offset", json_integer(1)); // reaches beyond the message
    ASSERT_EQ("COMMITTED", executor.Result(leases[0], result, sums));
    leases = executor.Fetch();
    result = executor.ScoreJson(leases[0], sums.size() - 1);
    ASSERT_EQ("COMMITTED", executor.Result(leases[0], result, sums));
    executor.WorkScores(3);
    scheduler_.Await(id, "succeeded");
}

TEST_F(Server, IsTheOnlyOneInItsDirectory)
{
    int status = 0;
    const pid_t second = scheduler_.Spawn();
    ASSERT_EQ(second, waitpid(second, &status, 0));
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(5, WEXITSTATUS(status));
    EXPECT_NE(std::string::npos, scheduler_.Read("log").find("another scheduler runs"));
    EXPECT_EQ(200, scheduler_.Http("GET", "/readyz").status);
}

TEST_F(Server, StopsCleanlyOnSigterm)
{
    FakeExecutor executor(scheduler_, "e1");
    executor.Hello();
    scheduler_.Submit();
    executor.Fetch();
    executor.FetchInVain(200); // it stays parked while the scheduler stops
    const int64_t start_ms = clock_monotonic_ms();
    const int status = scheduler_.End(SIGTERM);
    EXPECT_LT(clock_monotonic_ms() - start_ms, 3000);
    ASSERT_TRUE(WIFEXITED(status)) << status;
    EXPECT_EQ(0, WEXITSTATUS(status)) << scheduler_.Read("log");
    EXPECT_EQ("", scheduler_.Read("scheduler.json"));
    executor.HangUp();
    scheduler_.Start();
    EXPECT_EQ(200, scheduler_.Http("GET", "/readyz").status);
}

} // namespace
