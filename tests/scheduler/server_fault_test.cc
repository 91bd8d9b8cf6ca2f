// SPDX-License-Identifier: MIT
//
// A store that fails under a running server: nothing that failed is answered, the core is made
// anew, and work goes on from what was committed.
//
// Invariant: the server runs in this process, on a thread of its own, over a store whose commits
// and writes fail when they are told to.
#include <sqlite3.h>
#include <sys/eventfd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "fake_executor.h"

extern "C" {
#include "server.h"
}

namespace
{

const char kSecret[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const char kJob[] =
    "{\"schema\": \"gaia.job/1\", \"forecasts\": [{\"id\": \"f0\", \"files\": [\"f\"]}], "
    "\"truth\": {\"files\": [\"t\"]}}";

// How many of the next operations fail: the store's operations take no context of a test's.
std::atomic<int> commits_to_fail;
std::atomic<int> every_nth; // of writes of batches; 0: none
std::atomic<int> writes;
std::function<void()> when_commit_fails; // called by the scheduler's loop; null: nothing

gaia_status FailingCommit(struct store *store, gaia_error *err)
{
    if (commits_to_fail.load() > 0) {
        commits_to_fail--;
        if (when_commit_fails) {
            when_commit_fails();
        }
        return error_set(err, GAIA_STORE, "the disk is full");
    }
    return store_sqlite()->commit(store, err);
}

gaia_status FailingBatchPut(struct store *store, const struct batch_record *batch, gaia_error *err)
{
    const int n = every_nth.load();
    if (n > 0 && ++writes % n == 0) {
        return error_set(err, GAIA_STORE, "the disk is full");
    }
    return store_sqlite()->batch_put(store, batch, err);
}

const struct store_ops *FaultyStore();

gaia_status FaultyOpen(const char *path, int64_t stall_ms, struct store **store, gaia_error *err)
{
    const gaia_status status = store_sqlite()->open(path, stall_ms, store, err);
    if (status == GAIA_OK) {
        (*store)->ops = FaultyStore();
    }
    return status;
}

const struct store_ops *FaultyStore()
{
    static const struct store_ops ops = [] {
        struct store_ops made = *store_sqlite();
        made.open = FaultyOpen;
        made.commit = FailingCommit;
        made.batch_put = FailingBatchPut;
        return made;
    }();
    return &ops;
}

class ServerFault : public ::testing::Test
{
  protected:
    TemporaryDirectory directory_;
    struct server *server_ = nullptr;
    struct token_table *tokens_ = nullptr;
    struct token_record token_ = {}; // to be made
    struct caller admin_ = {};
    int stop_fd_ = -1;
    std::thread loop_;

    void SetUp() override
    {
        commits_to_fail = 0;
        every_nth = 0;
        writes = 0;
        when_commit_fails = nullptr;
        Start(0, 0);
    }
    // The first commits of the loop fail.
    void Start(int64_t retain_days, int n_to_fail)
    {
        const std::string path = directory_ / "db";
        const std::string results = directory_ / "results";
        gaia_error err = {};
        struct server_config config = {};
        config.core = core_config_default();
        config.store = FaultyStore();
        config.store_path = path.c_str();
        config.results_path = results.c_str();
        config.control_url = "tcp://127.0.0.1:0";
        config.work_url = "tcp://127.0.0.1:0";
        config.secret = kSecret;
        ASSERT_EQ(GAIA_OK, token_table_open(kSecret, &tokens_, &err)) << err.detail;
        config.tokens = tokens_;
        config.seed = 1;
        config.retry_ms = 20;
        config.retain_days = retain_days;
        ASSERT_EQ(GAIA_OK, server_open(&config, &server_, &err)) << err.detail;
        stop_fd_ = eventfd(0, 0);
        commits_to_fail = n_to_fail;
        loop_ = std::thread([this] { server_run(server_, stop_fd_); });
    }
    void TearDown() override
    {
        Stop();
    }
    void Stop()
    {
        const uint64_t one = 1;
        ASSERT_EQ(static_cast<ssize_t>(sizeof one), write(stop_fd_, &one, sizeof one));
        loop_.join();
        struct api_request late = {};
        late.verb = API_READY;
        late.caller = &admin_;
        server_ask(server_, &late); // nobody is there any more: refused, not waited for
        EXPECT_EQ(HTTP_UNAVAILABLE, late.http);
        server_close(server_);
        token_table_free(tokens_);
        close(stop_fd_);
    }
    // Asks the loop as a handler of the HTTP API does; returns the HTTP status.
    int Ask(enum api_verb verb, const std::string &id, std::string *answer)
    {
        struct api_request request = {};
        request.verb = verb;
        request.caller = &admin_;
        request.token = &token_;
        request.id = id.c_str();
        struct submission submission = {};
        submission.name = "";
        submission.spec = kJob;
        submission.spec_bytes = sizeof kJob - 1;
        request.submission = &submission;
        struct job_filter all = {};
        all.before = INT64_MAX;
        all.limit = 1000;
        request.jobs = &all;
        request.after = -1;
        server_ask(server_, &request);
        *answer = request.answer.s != nullptr ? request.answer.s : request.error.detail;
        text_fini(&request.answer);
        return request.http;
    }
    std::string AwaitSuccess(const std::string &id)
    {
        return Await(id, "succeeded");
    }
    std::string Await(const std::string &id, const std::string &state)
    {
        std::string answer;
        for (int i = 0; i < 1000; i++) {
            if (Ask(API_JOB, id, &answer) == HTTP_OK &&
                answer.find("\"" + state + "\"") != std::string::npos) {
                return answer;
            }
            usleep(10000);
        }
        ADD_FAILURE() << answer;
        return answer;
    }
    // Makes the stored sums of the job's first unit this many bytes long.
    void Damage(const std::string &id, int n_bytes)
    {
        Change("UPDATE moments SET sums = zeroblob(" + std::to_string(n_bytes) +
               ") WHERE unit = 0 AND job = (SELECT seq FROM jobs WHERE id = '" + id + "')");
    }
    // Changes a row of the database behind the scheduler's back.
    void Change(const std::string &change)
    {
        sqlite3 *db = nullptr;
        ASSERT_EQ(SQLITE_OK, sqlite3_open((directory_ / "db").c_str(), &db));
        EXPECT_EQ(SQLITE_OK, sqlite3_busy_timeout(db, 10000));
        EXPECT_EQ(SQLITE_OK, sqlite3_exec(db, change.c_str(), nullptr, nullptr, nullptr));
        EXPECT_EQ(1, sqlite3_changes(db));
        EXPECT_EQ(SQLITE_OK, sqlite3_close(db));
    }
    // The score rows that the finish wrote, as text.
    std::string Scores(const std::string &id)
    {
        std::string rows;
        sqlite3 *db = nullptr;
        sqlite3_stmt *statement = nullptr;
        EXPECT_EQ(SQLITE_OK, sqlite3_open((directory_ / "db").c_str(), &db));
        EXPECT_EQ(SQLITE_OK, sqlite3_busy_timeout(db, 10000));
        EXPECT_EQ(SQLITE_OK,
                  sqlite3_prepare_v2(db,
                                     "SELECT scores.seq, forecast, variable, lead_time_s, region,"
                                     " weighting, metric, quote(value) FROM scores JOIN jobs"
                                     " ON jobs.seq = job WHERE id = ? ORDER BY scores.seq",
                                     -1, &statement, nullptr));
        EXPECT_EQ(SQLITE_OK, sqlite3_bind_text(statement, 1, id.c_str(), -1, SQLITE_TRANSIENT));
        while (sqlite3_step(statement) == SQLITE_ROW) {
            for (int i = 0; i < sqlite3_column_count(statement); i++) {
                const unsigned char *cell = sqlite3_column_text(statement, i);
                rows += std::string(reinterpret_cast<const char *>(cell)) + ",";
            }
            rows += "\n";
        }
        EXPECT_EQ(SQLITE_OK, sqlite3_finalize(statement));
        EXPECT_EQ(SQLITE_OK, sqlite3_close(db));
        return rows;
    }
    std::string Submit()
    {
        std::string answer;
        EXPECT_EQ(HTTP_CREATED, Ask(API_SUBMIT, "", &answer)) << answer;
        return Member(ParseJson(answer).get(), "id");
    }
};

TEST_F(ServerFault, AnswersAFailedTurnWithUnavailableAndKeepsWhatWasCommitted)
{
    std::string answer;
    const std::string first = Submit();
    commits_to_fail = 1;
    EXPECT_EQ(HTTP_UNAVAILABLE, Ask(API_SUBMIT, "", &answer));
    EXPECT_EQ("the disk is full", answer);
    usleep(100000);
    EXPECT_EQ(HTTP_OK, Ask(API_JOBS, "", &answer));
    const Json jobs = ParseJson(answer);
    ASSERT_EQ(1u, json_array_size(json_object_get(jobs.get(), "jobs"))) << answer;
    EXPECT_NE(std::string::npos, answer.find(first));
    Submit();
}

TEST_F(ServerFault, CountsNothingOfATurnThatWasNotCommitted)
{
    std::string answer;
    const auto number = [&](enum metric metric, size_t i_series) {
        int64_t numbers[METRIC_NUMBERS] = {};
        metrics_read(server_metrics(server_), metric, i_series, numbers);
        return numbers[0];
    };
    Submit();
    EXPECT_EQ(1, number(METRIC_RUNS_SUBMITTED, 0));
    EXPECT_EQ(0, number(METRIC_ERRORS, METRIC_ERROR_TURN));
    EXPECT_EQ(1, number(METRIC_LEADS, 0));
    commits_to_fail = 1;
    EXPECT_EQ(HTTP_UNAVAILABLE, Ask(API_SUBMIT, "", &answer));
    for (int i = 0; i < 1000 && Ask(API_READY, "", &answer) != HTTP_OK; i++) {
        usleep(10000);
    }
    EXPECT_EQ(1, number(METRIC_RUNS_SUBMITTED, 0));
    EXPECT_EQ(1, number(METRIC_ERRORS, METRIC_ERROR_TURN));
    EXPECT_EQ(1, number(METRIC_RUNS_ACTIVE, JOB_QUEUED));
    EXPECT_EQ(0, number(METRIC_QUEUES, METRIC_QUEUE_LOOP));
    Submit();
    EXPECT_EQ(2, number(METRIC_RUNS_SUBMITTED, 0));
}

TEST_F(ServerFault, ATokenIsGoodOnceItsCommitHasHeldAndUntilItsEndHas)
{
    const std::string text = "gaia_test";
    struct caller caller = {};
    std::string answer;
    record_id_copy(token_.id, "t1");
    token_.scope = TOKEN_READ;
    ASSERT_TRUE(token_hash(text.c_str(), token_.hash));
    const auto found = [&] { return token_table_find(tokens_, text.c_str(), 1, &caller); };
    const auto settle = [&](enum api_verb verb, int http) {
        commits_to_fail = 1;
        EXPECT_EQ(HTTP_UNAVAILABLE, Ask(verb, "t1", &answer));
        const enum token_found after_failure = found();
        int got = HTTP_UNAVAILABLE;
        for (int i = 0; i < 1000 && got == HTTP_UNAVAILABLE; i++) {
            usleep(10000);
            got = Ask(verb, "t1", &answer);
        }
        EXPECT_EQ(http, got) << answer;
        return after_failure;
    };
    EXPECT_EQ(TOKEN_WRONG, found());
    EXPECT_EQ(TOKEN_WRONG, settle(API_TOKEN_ADD, HTTP_CREATED));
    EXPECT_EQ(TOKEN_GOOD, found());
    EXPECT_STREQ("t1", caller.id);
    EXPECT_EQ(TOKEN_GOOD, settle(API_TOKEN_DROP, HTTP_OK));
    EXPECT_EQ(TOKEN_WRONG, found());
}

TEST_F(ServerFault, DoesNothingForNobody)
{
    struct api_request request = {};
    request.verb = API_JOBS;
    server_ask(server_, &request);
    EXPECT_EQ(HTTP_INTERNAL, request.http);
}

TEST_F(ServerFault, StaysUnavailableWhileTheStoreFails)
{
    std::string answer;
    commits_to_fail = 1000000;
    EXPECT_EQ(HTTP_UNAVAILABLE, Ask(API_SUBMIT, "", &answer));
    usleep(100000);
    EXPECT_EQ(HTTP_UNAVAILABLE, Ask(API_READY, "", &answer));
    commits_to_fail = 0;
    for (int i = 0; i < 1000 && Ask(API_READY, "", &answer) != HTTP_OK; i++) {
        usleep(10000);
    }
    EXPECT_EQ(HTTP_OK, Ask(API_READY, "", &answer));
}

TEST_F(ServerFault, MapsOfAFailedTurnStayForWhoeverTriesAgain)
{
    std::string answer;
    FakeExecutor executor("e1");
    executor.patience_ms = 300;
    executor.Dial(server_control_url(server_), server_work_url(server_), kSecret);
    executor.Hello();
    const std::string job = Submit();
    const std::filesystem::path folder = std::filesystem::path(directory_ / "results") / job;
    ASSERT_EQ("COMMITTED",
              executor.SendPlan(executor.Fetch().at(0), executor.PlanJson(1, 2, {}, true)));
    std::vector<WireLease> leases = executor.Fetch();
    ASSERT_EQ(1u, leases.size());
    ASSERT_EQ("score", leases[0].kind);
    executor.Stage(directory_ / "results", leases[0], "0", "a map");
    executor.held = leases;
    commits_to_fail = 1;
    EXPECT_EQ("COMMITTED", executor.SendScores(leases[0]));
    EXPECT_GT(executor.n_sent_again, 0u); // for nothing of the first time was answered
    EXPECT_EQ(1, std::distance(std::filesystem::directory_iterator(folder), {}));
    AwaitSuccess(job);

    // A job is cancelled once that is committed: until then its maps may be wanted.
    const std::string other = Submit();
    const std::filesystem::path kept = std::filesystem::path(directory_ / "results") / other;
    std::filesystem::create_directory(kept);
    commits_to_fail = 1;
    EXPECT_EQ(HTTP_UNAVAILABLE, Ask(API_CANCEL, other, &answer));
    EXPECT_TRUE(std::filesystem::exists(kept));
    for (int i = 0; i < 1000 && Ask(API_CANCEL, other, &answer) != HTTP_OK; i++) {
        usleep(10000);
    }
    EXPECT_FALSE(std::filesystem::exists(kept)) << answer;
}

TEST_F(ServerFault, MapsOfAnotherAttemptStayUntilAResultIsCommitted)
{
    FakeExecutor executor("e1");
    executor.patience_ms = 300;
    executor.Dial(server_control_url(server_), server_work_url(server_), kSecret);
    executor.Hello();
    const std::string job = Submit();
    ASSERT_EQ("COMMITTED",
              executor.SendPlan(executor.Fetch().at(0), executor.PlanJson(1, 2, {}, true)));
    const WireLease lost = executor.Fetch().at(0);
    // Of a scheduler that leads meanwhile and has committed that attempt, say.
    const std::filesystem::path folder = std::filesystem::path(directory_ / "results") / job;
    const std::filesystem::path others = folder / ("0-" + lost.attempt + ".gmap");
    std::filesystem::create_directories(folder);
    std::ofstream(others) << "another attempt's";
    std::vector<WireLease> leases;
    for (int i = 0; i < 20 && leases.empty(); i++) {
        (void)executor.Beat({}); // which no longer names it
        leases = executor.Fetch();
    }
    ASSERT_EQ(1u, leases.size());
    executor.Stage(directory_ / "results", leases[0], "0", "a map");
    executor.held = leases;
    std::atomic<bool> stayed = false;
    when_commit_fails = [&] { stayed = std::filesystem::exists(others); };
    commits_to_fail = 1;
    EXPECT_EQ("COMMITTED", executor.SendScores(leases[0]));
    EXPECT_TRUE(stayed);
    AwaitSuccess(job);
    EXPECT_FALSE(std::filesystem::exists(others));
}

TEST_F(ServerFault, FoldersOfForgottenJobsStayUntilThatIsCommitted)
{
    std::string answer;
    const std::string job = Submit();
    EXPECT_EQ(HTTP_OK, Ask(API_CANCEL, job, &answer)) << answer;
    Stop();
    Change("UPDATE jobs SET submitted_ms = submitted_ms - 3 * 86400000");
    const std::filesystem::path folder = std::filesystem::path(directory_ / "results") / job;
    std::filesystem::create_directory(folder);
    std::atomic<bool> stayed = false;
    when_commit_fails = [&] { stayed = std::filesystem::exists(folder); };
    Start(1, 1); // the first turn forgets
    for (int i = 0; i < 1000 && std::filesystem::exists(folder); i++) {
        usleep(10000);
    }
    EXPECT_FALSE(std::filesystem::exists(folder));
    EXPECT_EQ(0, commits_to_fail);
    EXPECT_TRUE(stayed);
    EXPECT_EQ(HTTP_NOT_FOUND, Ask(API_JOB, job, &answer)) << answer;
}

TEST_F(ServerFault, FailsTheJobWhoseSumsWereDamagedAndNoOther)
{
    FakeExecutor executor("e1");
    executor.Dial(server_control_url(server_), server_work_url(server_), kSecret);
    executor.Hello();
    for (const int n_bytes : {0, 8, 9}) {
        const std::string damaged = Submit();
        std::vector<WireLease> leases = executor.Fetch();
        ASSERT_EQ(1u, leases.size());
        ASSERT_EQ("COMMITTED", executor.SendPlan(leases[0], executor.PlanJson(1, 300)));
        json_int_t units = 0;
        while (units < 300) {
            for (const WireLease &lease : executor.Fetch()) {
                units += lease.n_units;
                if (units == 300) { // the last result ends the job
                    Damage(damaged, n_bytes);
                }
                ASSERT_EQ("COMMITTED", executor.SendScores(lease));
            }
        }
        const std::string answer = Await(damaged, "failed");
        EXPECT_NE(std::string::npos, answer.find("the stored sums of field 0 are damaged"))
            << answer;
        int64_t errors[METRIC_NUMBERS] = {};
        metrics_read(server_metrics(server_), METRIC_ERRORS, METRIC_ERROR_TURN, errors);
        EXPECT_EQ(0, errors[0]) << "no turn was given up";
    }
    const std::string whole = Submit();
    executor.Work(1, 300);
    AwaitSuccess(whole);
}

TEST_F(ServerFault, FinishesEveryJobThoughWritesKeepFailing)
{
    FakeExecutor executor("e1");
    executor.patience_ms = 300;
    executor.Dial(server_control_url(server_), server_work_url(server_), kSecret);
    executor.Hello();
    const std::string undisturbed = Submit();
    executor.Work(1, 300);
    AwaitSuccess(undisturbed);
    const std::string disturbed = Submit();
    every_nth = 4; // a plan writes three batches in one turn
    json_int_t units = 300;
    for (int i = 0; i < 200 && units > 0; i++) {
        executor.held.clear();
        executor.Beat({});
        executor.held = executor.Fetch();
        for (const WireLease &lease : executor.held) {
            const uint64_t n_before = executor.n_sent_again;
            const std::string outcome = lease.kind == "plan"
                                            ? executor.SendPlan(lease, executor.PlanJson(1, 300))
                                            : executor.SendScores(lease);
            // A result whose answer took longer than the executor's patience is sent again.
            if (executor.n_sent_again == n_before || outcome != "DUPLICATE") {
                EXPECT_EQ("COMMITTED", outcome);
            }
            units -= lease.n_units;
        }
        every_nth = 4 + i % 3;
    }
    AwaitSuccess(disturbed);
    const std::string scores = Scores(undisturbed);
    EXPECT_GT(scores.size(), 1000u);
    EXPECT_EQ(scores, Scores(disturbed));
}

} // namespace
