// SPDX-License-Identifier: MIT
//
// The HTTP API from outside: tokens, paths, sizes, problems.
//
// Invariant: every error is a problem (RFC 9457) that names a gaia_status.
#include <sqlite3.h>
#include <sys/stat.h>

#include <atomic>
#include <thread>

#include "fake_executor.h"

namespace
{

class Http : public ::testing::Test
{
  protected:
    Scheduler scheduler_;
    std::atomic<bool> is_told_ = false;

    void ExpectProblem(const Answer &answer, long status, const std::string &code)
    {
        EXPECT_EQ(status, answer.status) << answer.body;
        EXPECT_EQ("application/problem+json", answer.type);
        EXPECT_EQ(code, answer.Get("code")) << answer.body;
        EXPECT_EQ("/problems/" + code, answer.Get("type"));
        EXPECT_EQ(std::to_string(status), answer.Get("status"));
        EXPECT_NE("", answer.Get("title"));
        EXPECT_NE("", answer.Get("detail"));
    }
};

TEST_F(Http, SaysWithoutATokenWhetherItLivesAndIsReady)
{
    EXPECT_EQ(200, scheduler_.Http("GET", "/livez", "", "").status);
    EXPECT_EQ(200, scheduler_.Http("GET", "/readyz", "", "").status);
}

TEST_F(Http, LivesWithoutItsDatabase)
{
    sqlite3 *db = nullptr;
    ASSERT_EQ(SQLITE_OK, sqlite3_open((scheduler_.directory / "gaia.sqlite").c_str(), &db));
    ASSERT_EQ(SQLITE_OK, sqlite3_busy_timeout(db, 10000));
    ASSERT_EQ(SQLITE_OK, sqlite3_exec(db, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr));
    std::thread probe([this] { // every turn of the loop begins with a transaction
        EXPECT_EQ(200, scheduler_.Http("GET", "/readyz", "", "").status);
        is_told_ = true;
    });
    usleep(200000);
    for (const char *path : {"/livez", "/v1/profiles", "/v1/profiles/wmo"}) {
        EXPECT_EQ(200, scheduler_.Http("GET", path).status) << path;
    }
    EXPECT_FALSE(is_told_) << "the database was not away";
    EXPECT_EQ(SQLITE_OK, sqlite3_exec(db, "ROLLBACK", nullptr, nullptr, nullptr));
    probe.join();
    ASSERT_EQ(SQLITE_OK, sqlite3_close(db));
}

TEST_F(Http, ShowsTheProfilesThatShip)
{
    const Answer list = scheduler_.Http("GET", "/v1/profiles");
    const json_t *profiles = json_object_get(list.json.get(), "profiles");
    ASSERT_EQ(4u, json_array_size(profiles)) << list.body;
    for (size_t i = 0; i < json_array_size(profiles); i++) {
        const std::string name = Member(json_array_get(profiles, i), "name");
        const Answer one = scheduler_.Http("GET", "/v1/profiles/" + name);
        std::ifstream file(std::string(GAIA_SOURCE "/host/score/profiles/") + name + ".json");
        std::ostringstream text;
        text << file.rdbuf();
        EXPECT_EQ(text.str(), one.body);
        EXPECT_EQ("application/json", one.type);
        EXPECT_EQ(one.Get("description"), Member(json_array_get(profiles, i), "description"));
    }
    ExpectProblem(scheduler_.Http("GET", "/v1/profiles/none"), 404, "not_found");
    ExpectProblem(scheduler_.Http("GET", "/v1/profiles/..%2fwmo"), 404, "not_found");
    ExpectProblem(scheduler_.Http("GET", "/v1/profiles", "", ""), 401, "denied");
    ExpectProblem(scheduler_.Http("POST", "/v1/profiles"), 405, "method_not_allowed");
}

TEST_F(Http, WantsTheRightToken)
{
    std::string wrong = scheduler_.secret;
    wrong[63] = wrong[63] == '0' ? '1' : '0';
    for (const std::string &token : {std::string(), wrong, wrong.substr(0, 63), std::string("x")}) {
        ExpectProblem(scheduler_.Http("GET", "/v1/jobs", "", token), 401, "denied");
        ExpectProblem(scheduler_.Http("POST", "/v1/jobs", "{}", token), 401, "denied");
        ExpectProblem(scheduler_.Http("GET", "/v1/nothing", "", token), 401, "denied");
    }
}

TEST_F(Http, KeepsItsSecretToItsOwner)
{
    struct stat info = {};
    for (const char *name : {"secret", "scheduler.json", "gaia.sqlite", "gaia.sqlite-wal"}) {
        ASSERT_EQ(0, stat((scheduler_.directory / name).c_str(), &info)) << name;
        EXPECT_EQ(0600u, info.st_mode & 0777u) << name;
    }
    EXPECT_EQ(64u, scheduler_.secret.size());
    EXPECT_EQ(std::string::npos, scheduler_.Read("log").find(scheduler_.secret));
}

TEST_F(Http, ExplainsABadJob)
{
    Answer answer = scheduler_.Http("POST", "/v1/jobs", "{\"schema\": \"gaia.job/1\",\n  oops}");
    ExpectProblem(answer, 400, "job_invalid");
    EXPECT_NE(std::string::npos, answer.Get("detail").find("line 2")) << answer.body;
    answer = scheduler_.Http("POST", "/v1/jobs", "{\"schema\": \"gaia.job/1\", \"forcasts\": []}");
    ExpectProblem(answer, 400, "job_invalid");
    EXPECT_NE(std::string::npos, answer.Get("detail").find("forcasts")) << answer.body;
    ExpectProblem(scheduler_.Http("POST", "/v1/jobs", ""), 400, "job_invalid");
    answer = scheduler_.Http("POST", "/v1/jobs",
                             "{\"schema\": \"gaia.job/1\", \"forecasts\": [{\"id\": \"a\", "
                             "\"files\": [\"f\"]}], \"truth\": {\"files\": [\"t\"]}, \"regions\": "
                             "[\"atlantis\"]}");
    ExpectProblem(answer, 400, "region_unknown");
    EXPECT_EQ("[]", scheduler_.Http("GET", "/v1/jobs").Get("jobs"));
}

TEST_F(Http, NamesTheFieldThatAProblemIsAbout)
{
    const std::string head = "{\"schema\": \"gaia.job/1\", \"forecasts\": [{\"id\": \"a\", "
                             "\"files\": [\"f\"]}], \"truth\": ";
    const struct {
        std::string body;
        const char *code;
        const char *field; // "": none
    } wrong[] = {
        {"[]", "job_invalid", ""},
        {"{\"schema\": ", "job_invalid", ""},
        {"{}", "job_invalid", "schema"},
        {"{\"schema\": 1}", "job_invalid", "schema"},
        {"{\"it's: 'odd'\": 1}", "job_invalid", "it's: 'odd'"},
        {head + "{}}", "job_invalid", "truth.files"},
        {head + "{\"files\": [7]}}", "job_invalid", "truth.files[0]"},
        {head + "{\"files\": [\"t\"]}, \"levels\": [500, \"x\"]}", "job_invalid", "levels[1]"},
        {head + "{\"files\": [\"t\"]}, \"regions\": [\"a: b\"]}", "region_unknown", "regions"},
        {head + "{\"files\": [\"t\"]}, \"queue\": {\"priority\": 2000}}", "job_invalid",
         "queue.priority"},
        {head + "{\"files\": [\"t\"]}, \"queue\": {\"prio\": 2}}", "job_invalid", "queue.prio"},
        {"{\"schema\": \"gaia.job/1\", \"task\": \"weather.hash.gfs_compute\", \"request\": {}}",
         "job_invalid", "request.schema"},
    };
    for (const auto &one : wrong) {
        const Answer answer = scheduler_.Http("POST", "/v1/jobs", one.body);
        ExpectProblem(answer, 400, one.code);
        EXPECT_EQ(one.field, answer.Get("field")) << answer.body;
        EXPECT_EQ(one.field[0] != '\0', json_object_get(answer.json.get(), "field") != nullptr);
    }
}

TEST_F(Http, RefusesParametersAndBodiesThatARouteDoesNotHave)
{
    const Answer answer = scheduler_.Http("GET", "/v1/schedules?limit=7");
    ExpectProblem(answer, 400, "usage");
    EXPECT_EQ("limit", answer.Get("field"));
    ExpectProblem(scheduler_.Http("GET", "/v1/jobs?%ff%00=7"), 400, "usage");
    ExpectProblem(scheduler_.Http("POST", "/v1/executors/e1/drain", "{}"), 400, "usage");
    ExpectProblem(scheduler_.Http("POST", "/v1/executors/e1/drain", ""), 404, "not_found");
}

TEST_F(Http, TakesAnEscapedNulForNoEndOfAPath)
{
    const std::string id = scheduler_.Submit();
    for (const char *tail : {"%00", "%00%2e%2e", "%2f", "%2F..%2fx", "%", "%0", "%zz"}) {
        ExpectProblem(scheduler_.Http("DELETE", "/v1/jobs/" + id + tail), 404, "not_found");
    }
    EXPECT_EQ("queued", scheduler_.Job(id).Get("state"));
    EXPECT_EQ(200, scheduler_.Http("GET", "/v1/%6aobs/" + id).status);
}

TEST_F(Http, KnowsNoOtherPathsMethodsAndIds)
{
    ExpectProblem(scheduler_.Http("GET", "/v1/jobs/0123456789abcdef"), 404, "not_found");
    ExpectProblem(scheduler_.Http("GET", "/v1/jobs/0123456789abcdef/scores"), 404, "not_found");
    ExpectProblem(scheduler_.Http("DELETE", "/v1/jobs/0123456789abcdef"), 404, "not_found");
    ExpectProblem(scheduler_.Http("GET", "/v1/jobs/" + std::string(300, 'a')), 404, "not_found");
    ExpectProblem(scheduler_.Http("GET", "/v1/jobs/a/b"), 404, "not_found");
    ExpectProblem(scheduler_.Http("GET", "/jobs"), 404, "not_found");
    ExpectProblem(scheduler_.Http("PUT", "/v1/jobs"), 405, "method_not_allowed");
    ExpectProblem(scheduler_.Http("DELETE", "/v1/executors"), 405, "method_not_allowed");
}

TEST_F(Http, ShowsPeopleAPageAndScorecardsOfWhatIsOver)
{
    const Answer page = scheduler_.Http("GET", "/");
    EXPECT_EQ(200, page.status);
    EXPECT_EQ(0u, page.body.find("<!DOCTYPE html>"));
    ExpectProblem(scheduler_.Http("GET", "/v1/jobs/0123456789abcdef/report"), 404, "not_found");
    const std::string id = scheduler_.Submit(2);
    EXPECT_EQ(409, scheduler_.Http("GET", "/v1/jobs/" + id + "/report").status);
}

TEST_F(Http, RefusesABodyThatIsTooLarge)
{
    const std::string large((64u << 20) + 1, ' ');
    ExpectProblem(scheduler_.Http("POST", "/v1/jobs", large), 413, "limit");
    EXPECT_EQ(200, scheduler_.Http("GET", "/readyz").status);
}

TEST_F(Http, TakesALargeJob)
{
    std::string files;
    for (int i = 0; i < 20000; i++) {
        files += (i > 0 ? ", \"" : "\"") + std::string(100, 'x') + std::to_string(i) + ".nc\"";
    }
    const Answer answer = scheduler_.Http(
        "POST", "/v1/jobs",
        "{\"schema\": \"gaia.job/1\", \"forecasts\": [{\"id\": \"a\", \"files\": [" + files +
            "]}], \"truth\": {\"files\": [\"t\"]}}");
    ASSERT_EQ(201, answer.status) << answer.body;
    FakeExecutor executor(scheduler_, "e1");
    executor.Hello();
    const std::vector<WireLease> leases = executor.Fetch();
    ASSERT_EQ(1u, leases.size());
    EXPECT_GT(leases[0].spec.size(), 2000000u);
}

TEST_F(Http, ShowsAJobAsItIsSubmitted)
{
    const std::string id = scheduler_.Submit(2);
    const Answer job = scheduler_.Job(id);
    EXPECT_EQ(200, job.status);
    EXPECT_EQ("application/json", job.type);
    EXPECT_EQ(id, job.Get("id"));
    EXPECT_EQ("a test", job.Get("name"));
    EXPECT_EQ("queued", job.Get("state"));
    EXPECT_EQ("0", job.Get("units_total"));
    EXPECT_EQ("1", job.Get("batches_total"));
    EXPECT_EQ("null", job.Get("finished_ms"));
    EXPECT_EQ("null", job.Get("error"));
    EXPECT_GT(std::stoll(job.Get("submitted_ms")), 1700000000000);
    const std::string second = scheduler_.Submit();
    const Answer list = scheduler_.Http("GET", "/v1/jobs");
    const json_t *jobs = json_object_get(list.json.get(), "jobs");
    ASSERT_EQ(2u, json_array_size(jobs));
    EXPECT_EQ(second, Member(json_array_get(jobs, 0), "id"));
    EXPECT_EQ(id, Member(json_array_get(jobs, 1), "id"));
    ExpectProblem(scheduler_.Http("GET", "/v1/jobs/" + id + "/scores"), 409, "usage");
    ExpectProblem(scheduler_.Http("GET", "/v1/jobs/" + id + "/composite"), 409, "usage");
    ExpectProblem(scheduler_.Http("POST", "/v1/jobs/" + id + "/composite"), 405,
                  "method_not_allowed");
    ExpectProblem(scheduler_.Http("GET", "/v1/jobs/none/composite"), 404, "not_found");
}

} // namespace
