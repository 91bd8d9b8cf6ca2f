// SPDX-License-Identifier: MIT
//
// Streams of a job's events: from its beginning to its end, resumed, too many, too slow, and
// through the end of the scheduler.
//
// Invariant: whoever reads a stream to its end knows how the job ended.
#include <sqlite3.h>

#include <filesystem>
#include <set>

#include "event_stream.h"
#include "fake_executor.h"

namespace
{

enum { STREAMS_MAX = 32 };

class Events : public ::testing::Test
{
  protected:
    Scheduler scheduler_;

    size_t Threads() const
    {
        size_t n = 0;
        const std::string folder = "/proc/" + std::to_string(scheduler_.pid) + "/task";
        for (const auto &entry : std::filesystem::directory_iterator(folder)) {
            n += entry.is_directory();
        }
        return n;
    }
};

TEST_F(Events, TellAJobFromItsBeginningToItsEnd)
{
    const std::string id = scheduler_.Submit();
    EventStream stream(scheduler_, id);
    ASSERT_EQ(200, stream.Status()) << stream.head;
    EXPECT_NE(std::string::npos, stream.head.find("Content-Type: text/event-stream"));
    EXPECT_NE(std::string::npos, stream.head.find("Cache-Control: no-store"));
    StreamEvent event;
    ASSERT_TRUE(stream.Next(&event));
    EXPECT_EQ("state", event.name);
    EXPECT_EQ("queued", event.Get("state"));
    EXPECT_EQ("1", event.Get("batches_total"));
    FakeExecutor executor(scheduler_, "e1");
    executor.Hello();
    const std::vector<WireLease> first = executor.Fetch();
    ASSERT_EQ(1u, first.size());
    EXPECT_EQ("COMMITTED", executor.Fail(first[0], GAIA_UNREACHABLE, "a share is away"));
    for (std::vector<WireLease> leases = {}; leases.empty();) { // after its backoff
        leases = executor.Fetch();
        if (!leases.empty()) {
            ASSERT_EQ("COMMITTED", executor.SendPlan(leases[0], executor.PlanJson(1, 300)));
        }
    }
    executor.WorkScores(300);
    std::vector<std::string> states = {"queued"};
    std::set<std::string> ids = {event.id};
    long long done = 0;
    while (stream.Next(&event)) {
        EXPECT_TRUE(ids.insert(event.id).second) << event.id;
        EXPECT_EQ(event.Get("state") != states.back(), event.name == "state") << event.id;
        if (event.Get("state") != states.back()) {
            states.push_back(event.Get("state"));
        }
        EXPECT_LE(done, std::stoll(event.Get("units_done")));
        done = std::stoll(event.Get("units_done"));
    }
    EXPECT_EQ("succeeded", states.back());
    EXPECT_EQ(300, done);
    EXPECT_EQ("300", event.Get("units_total"));
    EXPECT_EQ(event.Get("batches_total"), event.Get("batches_done"));
    EXPECT_EQ("1", event.Get("attempts_failed"));
    EXPECT_EQ("null", event.Get("error"));
    EXPECT_GT(std::stod(event.Get("rate")), 0.0);
    EventStream late(scheduler_, id); // of a job that is over: one event
    ASSERT_EQ(200, late.Status());
    ASSERT_TRUE(late.Next(&event));
    EXPECT_EQ("succeeded", event.Get("state"));
    EXPECT_FALSE(late.Next(&event));
}

TEST_F(Events, GoOnWhereAReaderWas)
{
    const std::string id = scheduler_.Submit();
    StreamEvent event;
    std::string last;
    {
        EventStream stream(scheduler_, id);
        ASSERT_EQ(200, stream.Status());
        ASSERT_TRUE(stream.Next(&event));
        last = event.id;
    }
    EventStream stream(scheduler_, id, last);
    ASSERT_EQ(200, stream.Status());
    EXPECT_EQ(": still here", stream.Block()); // what is known is not said again
    EXPECT_EQ(200, scheduler_.Http("DELETE", "/v1/jobs/" + id).status);
    ASSERT_TRUE(stream.Next(&event));
    EXPECT_EQ("cancelled", event.Get("state"));
    EXPECT_EQ("", stream.Rest());
    EXPECT_EQ("cancelled", Member(json_object_get(event.data.get(), "error"), "code"));
    EventStream nothing(scheduler_, id, event.id);
    EXPECT_EQ(204, nothing.Status()) << nothing.head;
    EXPECT_EQ("", nothing.Rest());
    for (const std::string &odd : {std::string("none"), std::string(2000, 'x'), last}) {
        EventStream all(scheduler_, id, odd);
        ASSERT_EQ(200, all.Status());
        ASSERT_TRUE(all.Next(&event));
        EXPECT_EQ("cancelled", event.Get("state"));
    }
}

TEST_F(Events, HaveNoThreadsAndABound)
{
    const std::string id = scheduler_.Submit();
    std::vector<EventStream> streams;
    scheduler_.Job(id);
    const size_t before = Threads();
    for (int i = 0; i < STREAMS_MAX; i++) {
        streams.emplace_back(scheduler_, id);
        ASSERT_EQ(200, streams.back().Status());
    }
    EXPECT_EQ(before, Threads());
    EventStream refused(scheduler_, id);
    EXPECT_EQ(503, refused.Status());
    EXPECT_NE(std::string::npos, refused.head.find("Retry-After: "));
    EXPECT_EQ("limit", Member(ParseJson(refused.Rest()).get(), "code"));
    EXPECT_EQ(200, scheduler_.Job(id).status);
    streams.pop_back();
    int status = 503; // until the end of the one that left is seen
    for (int i = 0; i < 600 && status == 503; i++) {
        usleep(100000);
        EventStream again(scheduler_, id);
        status = again.Status();
    }
    EXPECT_EQ(200, status);
}

TEST_F(Events, AreOfAJobThatIsThere)
{
    const Answer answer = scheduler_.Http("GET", "/v1/jobs/none/events");
    EXPECT_EQ(404, answer.status);
    EXPECT_EQ("not_found", answer.Get("code"));
    EXPECT_EQ(404, scheduler_.Http("GET", "/v1/jobs/" + std::string(127, 'a') + "/events").status);
    EXPECT_EQ(401, scheduler_.Http("GET", "/v1/jobs/none/events", "", "wrong").status);
    EXPECT_EQ(405, scheduler_.Http("POST", "/v1/jobs/none/events").status);
    for (int i = 0; i < 2 * STREAMS_MAX; i++) { // what was refused holds no place
        EXPECT_EQ(404, scheduler_.Http("GET", "/v1/jobs/none/events").status);
    }
}

// One that never reads holds up neither the job nor another reader.
TEST_F(Events, WaitForNoReader)
{
    const std::string id = scheduler_.Submit();
    EventStream idle(scheduler_, id);
    EventStream stream(scheduler_, id);
    ASSERT_EQ(200, stream.Status());
    FakeExecutor executor(scheduler_, "e1");
    executor.Hello();
    executor.Work(1, 300);
    scheduler_.Await(id, "succeeded");
    StreamEvent event;
    while (stream.Next(&event)) {
    }
    EXPECT_EQ("succeeded", event.Get("state"));
    ASSERT_EQ(200, idle.Status());
    while (idle.Next(&event)) {
    }
    EXPECT_EQ("succeeded", event.Get("state"));
}

TEST_F(Events, EndWithTheTokenOfTheirReader)
{
    const auto make = [&](const char *name) {
        const Answer made = scheduler_.Http(
            "POST", "/v1/tokens", std::string("{\"name\": \"") + name + "\", \"scope\": \"read\"}");
        EXPECT_EQ(201, made.status) << made.body;
        return std::make_pair(made.Get("id"), made.Get("token"));
    };
    const std::string id = scheduler_.Submit();
    const auto kept = make("kept");
    const auto revoked = make("revoked");
    EventStream stays(scheduler_, id, "", kept.second);
    EventStream ends(scheduler_, id, "", revoked.second);
    StreamEvent event;
    for (EventStream *stream : {&stays, &ends}) {
        ASSERT_EQ(200, stream->Status()) << stream->head;
        ASSERT_TRUE(stream->Next(&event));
    }
    ASSERT_EQ(200, scheduler_.Http("DELETE", "/v1/tokens/" + revoked.first).status);
    ASSERT_EQ(200, scheduler_.Http("DELETE", "/v1/jobs/" + id).status);
    EXPECT_FALSE(ends.Next(&event)) << event.Get("state");
    ASSERT_TRUE(stays.Next(&event));
    EXPECT_EQ("cancelled", event.Get("state"));
    // One that has nothing to tell ends too.
    const std::string waiting = scheduler_.Submit();
    EventStream silent(scheduler_, waiting, "", kept.second);
    ASSERT_EQ(200, silent.Status()) << silent.head;
    ASSERT_TRUE(silent.Next(&event));
    ASSERT_EQ(200, scheduler_.Http("DELETE", "/v1/tokens/" + kept.first).status);
    EXPECT_FALSE(silent.Next(&event));
}

TEST_F(Events, EndWithTheScheduler)
{
    const std::string id = scheduler_.Submit();
    FakeExecutor executor(scheduler_, "e1");
    executor.Hello();
    const std::vector<WireLease> leases = executor.Fetch();
    ASSERT_EQ(1u, leases.size());
    EXPECT_EQ("COMMITTED", executor.Fail(leases[0], GAIA_UNREACHABLE, "a share is away"));
    EventStream stream(scheduler_, id);
    StreamEvent event;
    ASSERT_EQ(200, stream.Status());
    ASSERT_TRUE(stream.Next(&event));
    EXPECT_EQ("1", event.Get("attempts_failed"));
    const int status = scheduler_.End(SIGTERM);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << scheduler_.Read("log");
    EXPECT_EQ("", stream.Rest());
    scheduler_.Start();
    EventStream again(scheduler_, id, event.id);
    ASSERT_EQ(200, again.Status());
    EXPECT_EQ(200, scheduler_.Http("DELETE", "/v1/jobs/" + id).status);
    ASSERT_TRUE(again.Next(&event));
    EXPECT_EQ("cancelled", event.Get("state"));
}

// A scheduler that has lost its store may have lost the lead too: it must not keep readers waiting.
TEST_F(Events, EndWhenTheStoreIsLost)
{
    const std::string id = scheduler_.Submit();
    EventStream stream(scheduler_, id);
    StreamEvent event;
    ASSERT_EQ(200, stream.Status());
    ASSERT_TRUE(stream.Next(&event));
    sqlite3 *db = nullptr;
    ASSERT_EQ(SQLITE_OK, sqlite3_open((scheduler_.directory / "gaia.sqlite").c_str(), &db));
    ASSERT_EQ(SQLITE_OK, sqlite3_busy_timeout(db, 10000));
    ASSERT_EQ(SQLITE_OK,
              sqlite3_exec(db, "ALTER TABLE jobs RENAME TO jobs_away", nullptr, nullptr, nullptr));
    EXPECT_EQ(503, scheduler_.Http("GET", "/v1/jobs").status);
    stream.Rest();
    EXPECT_EQ(SQLITE_OK,
              sqlite3_exec(db, "ALTER TABLE jobs_away RENAME TO jobs", nullptr, nullptr, nullptr));
    ASSERT_EQ(SQLITE_OK, sqlite3_close(db));
}

} // namespace
