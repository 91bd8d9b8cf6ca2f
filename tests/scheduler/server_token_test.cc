// SPDX-License-Identifier: MIT
//
// Tokens on a real scheduler: what each may do, whose jobs it sees, how it ends, and that its text
// is kept nowhere.
#include <filesystem>

#include "fake_executor.h"

namespace
{

class Token : public ::testing::Test
{
  protected:
    Scheduler scheduler_;

    struct Made {
        std::string id;
        std::string text;
    };
    Made Make(const std::string &members)
    {
        const Answer answer =
            scheduler_.Http("POST", "/v1/tokens", "{\"name\": \"a test's\", " + members + "}");
        EXPECT_EQ(201, answer.status) << answer.body;
        return {answer.Get("id"), answer.Get("token")};
    }
    Answer Submit(const std::string &token, const std::string &queue = "{}")
    {
        return scheduler_.Http("POST", "/v1/jobs",
                               "{\"schema\": \"gaia.job/1\", \"forecasts\": [{\"id\": \"f\", "
                               "\"files\": [\"/f.nc\"]}], \"truth\": {\"files\": [\"/t.nc\"]}, "
                               "\"queue\": " +
                                   queue + "}",
                               token);
    }
    std::vector<std::string> Listed(const std::string &token)
    {
        const Answer answer = scheduler_.Http("GET", "/v1/jobs", "", token);
        EXPECT_EQ(200, answer.status) << answer.body;
        std::vector<std::string> ids;
        const json_t *jobs = json_object_get(answer.json.get(), "jobs");
        for (size_t i = 0; i < json_array_size(jobs); i++) {
            ids.push_back(Member(json_array_get(jobs, i), "id"));
        }
        return ids;
    }
};

TEST_F(Token, OfATenantSeesAndMakesItsJobsOnly)
{
    const Made lab = Make("\"scope\": \"submit\", \"tenant\": \"lab\"");
    const std::string theirs = scheduler_.Submit();
    const Answer made = Submit(lab.text);
    ASSERT_EQ(201, made.status) << made.body;
    EXPECT_EQ("lab", scheduler_.Job(made.Get("id")).Get("tenant"));
    EXPECT_EQ(201, Submit(lab.text, "{\"tenant\": \"lab\"}").status);
    const Answer wrong = Submit(lab.text, "{\"tenant\": \"guest\"}");
    EXPECT_EQ(403, wrong.status) << wrong.body;
    EXPECT_EQ("forbidden", wrong.Get("code"));
    EXPECT_EQ("queue.tenant", wrong.Get("field"));

    EXPECT_EQ(2u, Listed(lab.text).size());
    EXPECT_EQ(3u, Listed(scheduler_.secret).size());
    for (const char *part :
         {"", "/events", "/scores", "/moments", "/composite", "/result", "/attempts"}) {
        EXPECT_EQ(404, scheduler_.Http("GET", "/v1/jobs/" + theirs + part, "", lab.text).status)
            << part;
    }
    for (const char *query : {"tenant=guest", "tenant="}) { // a filter does not lead out of it
        EXPECT_EQ(
            "[]",
            scheduler_.Http("GET", std::string("/v1/jobs?") + query, "", lab.text).Get("jobs"));
        EXPECT_EQ("[]",
                  scheduler_.Http("GET", std::string("/v1/leaderboard?") + query, "", lab.text)
                      .Get("leaderboard"));
    }
    EXPECT_EQ(404, scheduler_.Http("POST", "/v1/jobs/" + theirs + "/replay", "", lab.text).status);
    const Answer kept = scheduler_.Http("DELETE", "/v1/jobs/" + theirs, "", lab.text);
    EXPECT_EQ(404, kept.status);
    EXPECT_EQ(scheduler_.Http("DELETE", "/v1/jobs/none", "", lab.text).Get("code"),
              kept.Get("code")); // as if it were not there
    EXPECT_EQ("queued", scheduler_.Job(theirs).Get("state"));
    EXPECT_EQ(200, scheduler_.Http("DELETE", "/v1/jobs/" + made.Get("id"), "", lab.text).status);
}

TEST_F(Token, OfOneTenantDoesNotMeetTheKeysOfAnother)
{
    const Made a = Make("\"scope\": \"submit\", \"tenant\": \"a\"");
    const Made b = Make("\"scope\": \"submit\", \"tenant\": \"b\"");
    const Answer first = Submit(a.text, "{\"key\": \"k\"}");
    const Answer second = Submit(b.text, "{\"key\": \"k\"}");
    EXPECT_EQ(201, first.status);
    EXPECT_EQ(201, second.status);
    EXPECT_EQ(first.Get("id"), Submit(a.text, "{\"key\": \"k\"}").Get("id"));
}

TEST_F(Token, IsGoodForNothingOnceItIsRevoked)
{
    const Made made = Make("\"scope\": \"admin\"");
    EXPECT_EQ(200, scheduler_.Http("GET", "/v1/tokens", "", made.text).status);
    EXPECT_EQ(200, scheduler_.Http("DELETE", "/v1/tokens/" + made.id, "", made.text).status);
    EXPECT_EQ(401, scheduler_.Http("GET", "/v1/jobs", "", made.text).status);
    EXPECT_EQ(404, scheduler_.Http("DELETE", "/v1/tokens/" + made.id).status);
    EXPECT_EQ("[]", scheduler_.Http("GET", "/v1/tokens").Get("tokens"));
}

TEST_F(Token, Expires)
{
    timespec now = {};
    ASSERT_EQ(0, clock_gettime(CLOCK_REALTIME, &now));
    const int64_t end_ms = now.tv_sec * INT64_C(1000) + 2500;
    const Made made = Make("\"scope\": \"read\", \"expires_ms\": " + std::to_string(end_ms));
    Answer answer = scheduler_.Http("GET", "/v1/jobs", "", made.text);
    for (int i = 0; i < 3000 && answer.status == 200; i++) {
        usleep(10000);
        answer = scheduler_.Http("GET", "/v1/jobs", "", made.text);
    }
    EXPECT_EQ(401, answer.status);
    EXPECT_NE(std::string::npos, answer.Get("detail").find("expired")) << answer.body;
    ASSERT_EQ(0, clock_gettime(CLOCK_REALTIME, &now));
    EXPECT_GE(now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000, end_ms);
    const Answer past =
        scheduler_.Http("POST", "/v1/tokens",
                        "{\"name\": \"n\", \"scope\": \"read\", \"expires_ms\": 1700000000000}");
    EXPECT_EQ(400, past.status);
    EXPECT_EQ("expires_ms", past.Get("field"));
}

TEST_F(Token, OfAnAdminIsBoundToNoTenant)
{
    const Answer answer = scheduler_.Http(
        "POST", "/v1/tokens", "{\"name\": \"n\", \"scope\": \"admin\", \"tenant\": \"lab\"}");
    EXPECT_EQ(400, answer.status) << answer.body;
    EXPECT_EQ("tenant", answer.Get("field"));
}

TEST_F(Token, OutlivesTheScheduler)
{
    const Made made = Make("\"scope\": \"read\"");
    const Made revoked = Make("\"scope\": \"read\"");
    ASSERT_EQ(200, scheduler_.Http("DELETE", "/v1/tokens/" + revoked.id).status);
    scheduler_.End(SIGKILL);
    scheduler_.Start();
    EXPECT_EQ(200, scheduler_.Http("GET", "/v1/jobs", "", made.text).status);
    EXPECT_EQ(401, scheduler_.Http("GET", "/v1/jobs", "", revoked.text).status);
}

TEST_F(Token, IsKeptAsAHash)
{
    const Made made = Make("\"scope\": \"read\"");
    EXPECT_EQ(0u, made.text.rfind("gaia_", 0));
    EXPECT_EQ(69u, made.text.size());
    char hash[TOKEN_HASH];
    ASSERT_TRUE(token_hash(made.text.c_str(), hash));
    const std::string list = scheduler_.Http("GET", "/v1/tokens").body;
    EXPECT_NE(std::string::npos, list.find(made.id));
    EXPECT_EQ(std::string::npos, list.find(hash)) << "what is kept is not told either";
    const std::string digits = made.text.substr(5);
    bool found = false;
    for (const auto &file : std::filesystem::directory_iterator(scheduler_.directory.Path())) {
        const std::string bytes = scheduler_.Read(file.path().filename());
        EXPECT_EQ(std::string::npos, bytes.find(digits)) << file.path();
        found = found || bytes.find(hash) != std::string::npos;
    }
    EXPECT_TRUE(found) << "the hash was looked for in the wrong place";
    EXPECT_NE(made.text, Make("\"scope\": \"read\"").text);
}

TEST_F(Token, IsComparedAsAWhole)
{
    const Made made = Make("\"scope\": \"read\"");
    for (const std::string &wrong :
         {made.text.substr(0, 68), made.text + "0", made.text.substr(5), made.id,
          std::string("gaia_"), made.text.substr(0, 68) + (made.text[68] == '0' ? "1" : "0")}) {
        EXPECT_EQ(401, scheduler_.Http("GET", "/v1/jobs", "", wrong).status) << wrong;
    }
}

} // namespace
