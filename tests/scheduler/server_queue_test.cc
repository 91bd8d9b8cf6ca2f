// SPDX-License-Identifier: MIT
//
// The queue through the whole scheduler as a process: keys, terms, dead batches and their replay,
// drains, schedules and a queue that is full, as users meet them over HTTP.
#include "fake_executor.h"

namespace
{

class ServerQueue : public ::testing::Test
{
  protected:
    static std::string Task(const std::string &queue)
    {
        return "{\"schema\": \"gaia.job/1\", \"task\": \"weather.hash.gfs_compute\", \"request\": "
               "{\"schema\": \"gaia.hash/1\", \"source\": {\"files\": [\"/data/gfs.nc\"]}}" +
               (queue.empty() ? "" : ", \"queue\": " + queue) + "}";
    }
    static std::string Done(FakeExecutor &executor, const WireLease &lease)
    {
        return executor.Result(lease, json_pack("{s:s, s:s, s:{s:s}}", "status", "ok", "detail", "",
                                                "document", "hash", "abc"));
    }
    static size_t Count(const Answer &answer, const char *key)
    {
        return json_array_size(json_object_get(answer.json.get(), key));
    }
    static const json_t *Item(const Answer &answer, const char *key, size_t i)
    {
        return json_array_get(json_object_get(answer.json.get(), key), i);
    }
};

TEST_F(ServerQueue, MakesOneJobOfOneKey)
{
    Scheduler scheduler;
    const std::string body = Task("{\"key\": \"run-7\", \"tenant\": \"a\"}");
    const Answer first = scheduler.Http("POST", "/v1/jobs", body);
    EXPECT_EQ(201, first.status) << first.body;
    const Answer second = scheduler.Http("POST", "/v1/jobs", body);
    EXPECT_EQ(200, second.status) << second.body;
    EXPECT_EQ(first.Get("id"), second.Get("id"));
    EXPECT_EQ("false", second.Get("is_new"));
    const Answer other =
        scheduler.Http("POST", "/v1/jobs", Task("{\"key\": \"run-7\", \"tenant\": \"b\"}"));
    EXPECT_EQ(201, other.status) << other.body;
    EXPECT_EQ(200, scheduler.Http("DELETE", "/v1/jobs/" + first.Get("id")).status);
    EXPECT_EQ(201, scheduler.Http("POST", "/v1/jobs", body).status) << "a cancelled job is no job";
}

TEST_F(ServerQueue, KnowsAJobByItsContent)
{
    Scheduler scheduler;
    const Answer first =
        scheduler.Http("POST", "/v1/jobs", Task("{\"key\": \"content\", \"priority\": 1}"));
    EXPECT_EQ(201, first.status) << first.body;
    const Answer same =
        scheduler.Http("POST", "/v1/jobs", Task("{ \"priority\":1,   \"key\":\"content\" }"));
    EXPECT_EQ(200, same.status) << same.body;
    const Answer other =
        scheduler.Http("POST", "/v1/jobs", Task("{\"key\": \"content\", \"priority\": 2}"));
    EXPECT_EQ(201, other.status) << other.body;
    EXPECT_EQ("2", scheduler.Job(other.Get("id")).Get("priority"));
}

TEST_F(ServerQueue, SaysWhatIsWrongWithTheTerms)
{
    Scheduler scheduler;
    const struct {
        const char *queue;
        const char *detail;
    } wrong[] = {
        {"[]", "job.queue: an object is wanted, not an array"},
        {"{\"prio\": 1}", "job.queue: unknown key 'prio'"},
        {"{\"priority\": 1001}", "job.queue.priority: 1001 is not from -1000 to 1000"},
        {"{\"tenant\": \"\"}",
         "job.queue.tenant: 1 to 63 bytes without control characters are wanted"},
        {"{\"resource\": \"tpu\"}",
         "job.queue.resource: 'any', 'cpu' or 'gpu' is wanted, not 'tpu'"},
        {"{\"not_before\": \"soon\"}",
         "job.queue.not_before: 'soon' is no time like 2026-01-31T06:00Z"},
        {"{\"run_within_s\": -1}", "job.queue.run_within_s: -1 is not from 0 to 315360000"},
    };
    for (const auto &one : wrong) {
        const Answer answer = scheduler.Http("POST", "/v1/jobs", Task(one.queue));
        EXPECT_EQ(400, answer.status) << one.queue;
        EXPECT_EQ(one.detail, answer.Get("detail"));
    }
}

TEST_F(ServerQueue, KeepsPriorityAndDelayAcrossARestart)
{
    Scheduler scheduler;
    const std::string later =
        scheduler.Http("POST", "/v1/jobs", Task("{\"not_before\": \"2100-01-01\"}")).Get("id");
    const std::string low =
        scheduler.Http("POST", "/v1/jobs", Task("{\"priority\": -5}")).Get("id");
    const std::string high =
        scheduler.Http("POST", "/v1/jobs", Task("{\"priority\": 5}")).Get("id");
    scheduler.End(SIGKILL);
    scheduler.Start();
    FakeExecutor executor(scheduler, "e1");
    executor.Hello();
    for (const std::string &wanted : {high, low}) {
        const std::vector<WireLease> leases = executor.Fetch();
        ASSERT_EQ(1u, leases.size());
        EXPECT_EQ(wanted, leases[0].job);
        EXPECT_EQ("COMMITTED", Done(executor, leases[0]));
    }
    EXPECT_TRUE(executor.Fetch().empty());
    EXPECT_EQ("queued", scheduler.Job(later).Get("state"));
}

TEST_F(ServerQueue, ReplaysAJobWhoseBatchIsDead)
{
    Scheduler scheduler;
    FakeExecutor executor(scheduler, "e1");
    executor.Hello();
    const std::string id = scheduler.Http("POST", "/v1/jobs", Task("")).Get("id");
    const Answer early = scheduler.Http("POST", "/v1/jobs/" + id + "/replay");
    EXPECT_EQ(409, early.status);
    EXPECT_EQ("job " + id + " is queued: only a failed one is taken up again", early.Get("detail"));
    for (int tries = 0; tries < 3; tries++) { // of class internal
        std::vector<WireLease> leases;
        for (int i = 0; i < 20 && leases.empty(); i++) {
            executor.Beat({});
            leases = executor.Fetch();
        }
        ASSERT_EQ(1u, leases.size());
        ASSERT_EQ("COMMITTED",
                  executor.Fail(leases[0], GAIA_INTERNAL, "it broke " + std::to_string(tries)));
    }
    EXPECT_EQ("failed", scheduler.Job(id).Get("state"));
    const Answer dead = scheduler.Http("GET", "/v1/batches?state=dead");
    ASSERT_EQ(1u, Count(dead, "batches")) << dead.body;
    EXPECT_EQ(id, Member(Item(dead, "batches", 0), "job"));
    EXPECT_EQ("3", Member(Item(dead, "batches", 0), "tries"));
    const Answer attempts = scheduler.Http("GET", "/v1/jobs/" + id + "/attempts");
    ASSERT_EQ(3u, Count(attempts, "attempts")) << attempts.body;
    EXPECT_EQ("it broke 2", Member(Item(attempts, "attempts", 2), "detail"));
    EXPECT_EQ("e1", Member(Item(attempts, "attempts", 2), "executor"));

    EXPECT_EQ(200, scheduler.Http("POST", "/v1/jobs/" + id + "/replay").status);
    EXPECT_EQ(0u, Count(scheduler.Http("GET", "/v1/batches?state=dead"), "batches"));
    const std::vector<WireLease> leases = executor.Fetch();
    ASSERT_EQ(1u, leases.size());
    EXPECT_EQ("COMMITTED", Done(executor, leases[0]));
    EXPECT_EQ("succeeded", scheduler.Job(id).Get("state"));
    EXPECT_EQ("null", scheduler.Job(id).Get("error"));
    EXPECT_EQ(404, scheduler.Http("POST", "/v1/jobs/none/replay").status);
}

TEST_F(ServerQueue, DoesNotReplayAJobThatAnotherHasTakenThePlaceOf)
{
    Scheduler scheduler;
    FakeExecutor executor(scheduler, "e1");
    executor.Hello();
    const std::string body = Task("{\"key\": \"run-7\"}");
    const std::string first = scheduler.Http("POST", "/v1/jobs", body).Get("id");
    ASSERT_EQ("COMMITTED", executor.Fail(executor.Fetch().at(0), GAIA_FILE_MISSING, "no file"));
    const std::string second = scheduler.Http("POST", "/v1/jobs", body).Get("id");
    EXPECT_NE(first, second);
    const Answer answer = scheduler.Http("POST", "/v1/jobs/" + first + "/replay");
    EXPECT_EQ(409, answer.status);
    EXPECT_EQ("job " + second + " has taken the place of job " + first, answer.Get("detail"));
    EXPECT_EQ(200, scheduler.Http("DELETE", "/v1/jobs/" + second).status);
    EXPECT_EQ(200, scheduler.Http("POST", "/v1/jobs/" + first + "/replay").status);
}

TEST_F(ServerQueue, ListsBatchesOfTheStateThatIsAskedFor)
{
    Scheduler scheduler;
    const std::string id = scheduler.Http("POST", "/v1/jobs", Task("")).Get("id");
    const Answer ready = scheduler.Http("GET", "/v1/batches?state=ready");
    ASSERT_EQ(1u, Count(ready, "batches")) << ready.body;
    EXPECT_EQ(id, Member(Item(ready, "batches", 0), "job"));
    EXPECT_EQ(0u, Count(scheduler.Http("GET", "/v1/batches?state=leased"), "batches"));
    for (const char *path : {"/v1/batches", "/v1/batches?state=odd"}) {
        const Answer answer = scheduler.Http("GET", path);
        EXPECT_EQ(400, answer.status) << path;
        EXPECT_EQ("?state= blocked, ready, leased, done, failed, dead or cancelled is wanted",
                  answer.Get("detail"));
        EXPECT_EQ("state", answer.Get("field"));
    }
    for (const char *query : {"?state=ready&stat=dead", "?state=ready&state=dead"}) {
        EXPECT_EQ(400, scheduler.Http("GET", std::string("/v1/batches") + query).status) << query;
    }
}

TEST_F(ServerQueue, TakesItsKeyFromTheHeaderWholeOrNotAtAll)
{
    Scheduler scheduler;
    const std::string longest(127, 'k');
    const Answer first = scheduler.Http("POST", "/v1/jobs", Task(""), "right", longest);
    EXPECT_EQ(201, first.status) << first.body;
    EXPECT_EQ(first.Get("id"),
              scheduler.Http("POST", "/v1/jobs", Task(""), "right", longest).Get("id"));
    const Answer beyond = scheduler.Http("POST", "/v1/jobs", Task(""), "right", longest + "a");
    EXPECT_EQ(400, beyond.status) << "cut off, two keys would be one";
    EXPECT_EQ("a key has at most 127 bytes", beyond.Get("detail"));
}

TEST_F(ServerQueue, DrainsAnExecutor)
{
    Scheduler scheduler;
    FakeExecutor executor(scheduler, "e1");
    executor.Hello();
    EXPECT_EQ(404, scheduler.Http("POST", "/v1/executors/e2/drain").status);
    EXPECT_EQ(200, scheduler.Http("POST", "/v1/executors/e1/drain").status);
    const Answer executors = scheduler.Http("GET", "/v1/executors");
    EXPECT_EQ("draining", Member(Item(executors, "executors", 0), "state")) << executors.body;
    const Json reply = executor.Call(false, executor.FetchHeader(1, 1));
    EXPECT_EQ("DRAIN", Member(reply.get(), "verb"));
}

TEST_F(ServerQueue, AnExecutorStaysDrainedUntilItIsResumedAcrossARestart)
{
    Scheduler scheduler;
    const auto state = [&] {
        return Member(Item(scheduler.Http("GET", "/v1/executors"), "executors", 0), "state");
    };
    {
        FakeExecutor executor(scheduler, "e1");
        executor.Hello();
        EXPECT_EQ(200, scheduler.Http("POST", "/v1/executors/e1/drain").status);
    }
    (void)scheduler.End(SIGKILL);
    scheduler.Start();
    EXPECT_EQ("drained", state()) << "nobody is there";
    FakeExecutor next(scheduler, "e1");
    next.boot = "boot-2";
    next.Hello();
    EXPECT_EQ("drained", state());
    EXPECT_EQ(201, scheduler.Http("POST", "/v1/jobs", Task("")).status);
    const Json none = next.Call(false, next.FetchHeader(1, 1));
    EXPECT_EQ("LEASES", Member(none.get(), "verb"));
    EXPECT_EQ(0u, json_array_size(json_object_get(none.get(), "leases")));
    next.Beat({});
    EXPECT_EQ(404, scheduler.Http("POST", "/v1/executors/e2/resume").status);
    EXPECT_EQ(200, scheduler.Http("POST", "/v1/executors/e1/resume").status);
    EXPECT_EQ("ready", state());
    const Json one = next.Call(false, next.FetchHeader(2, 1));
    EXPECT_EQ(1u, json_array_size(json_object_get(one.get(), "leases")));
}

TEST_F(ServerQueue, RunsASchedule)
{
    Scheduler scheduler;
    const Answer made = scheduler.Http("POST", "/v1/schedules",
                                       "{\"name\": \"often\", \"cron\": \"* * * * *\", \"zone\": "
                                       "\"Europe/Berlin\", \"job\": " +
                                           Task("{\"priority\": 3}") + "}");
    ASSERT_EQ(201, made.status) << made.body;
    const std::string id = made.Get("id");
    const Answer list = scheduler.Http("GET", "/v1/schedules");
    ASSERT_EQ(1u, Count(list, "schedules"));
    EXPECT_EQ("often", Member(Item(list, "schedules", 0), "name"));
    EXPECT_EQ("Europe/Berlin", Member(Item(list, "schedules", 0), "zone"));
    EXPECT_NE("null", Member(Item(list, "schedules", 0), "due_ms"));
    EXPECT_EQ(200, scheduler.Http("POST", "/v1/schedules/" + id + "/pause").status);
    EXPECT_EQ("true",
              Member(Item(scheduler.Http("GET", "/v1/schedules"), "schedules", 0), "paused"));
    EXPECT_EQ(200, scheduler.Http("POST", "/v1/schedules/" + id + "/resume").status);
    scheduler.End(SIGKILL); // at most a minute later it runs, also after a restart
    scheduler.Start();
    Answer jobs;
    for (int i = 0; i < 700 && Count(jobs, "jobs") == 0; i++) {
        usleep(100000);
        jobs = scheduler.Http("GET", "/v1/jobs");
    }
    ASSERT_EQ(1u, Count(jobs, "jobs"));
    EXPECT_EQ("3", Member(Item(jobs, "jobs", 0), "priority"));
    EXPECT_EQ(200, scheduler.Http("DELETE", "/v1/schedules/" + id).status);
    EXPECT_EQ(404, scheduler.Http("DELETE", "/v1/schedules/" + id).status);
    EXPECT_EQ(0u, Count(scheduler.Http("GET", "/v1/schedules"), "schedules"));
}

TEST_F(ServerQueue, SaysWhatIsWrongWithASchedule)
{
    Scheduler scheduler;
    const std::string job = Task("");
    const struct {
        std::string body;
        const char *detail;
        const char *field;
    } wrong[] = {
        {"{\"job\": " + job + "}", "schedule: key 'cron' is missing", "cron"},
        {"{\"cron\": \"x * * * *\", \"job\": " + job + "}",
         "schedule.cron: 'x' is no minute: 0 to 59, *, a-b, /n and commas", "cron"},
        {"{\"cron\": \"@daily\", \"zone\": \"Mars\", \"job\": " + job + "}",
         "schedule.zone: there is no time zone 'Mars'", "zone"},
        {"{\"cron\": \"@daily\"}", "schedule.job: a job is wanted", "job"},
        {"{\"cron\": \"@daily\", \"job\": {\"schema\": \"gaia.job/9\"}}",
         "schedule.job: job.schema: 'gaia.job/1' is wanted, not 'gaia.job/9'", "job.schema"},
    };
    for (const auto &one : wrong) {
        const Answer answer = scheduler.Http("POST", "/v1/schedules", one.body);
        EXPECT_EQ(400, answer.status) << one.body;
        EXPECT_EQ(one.detail, answer.Get("detail"));
        EXPECT_EQ(one.field, answer.Get("field"));
    }
}

TEST_F(ServerQueue, RefusesJobsWhenItIsFull)
{
    Scheduler scheduler({"--jobs-max", "2"});
    const std::string id = scheduler.Submit();
    const Answer taken = scheduler.Http("POST", "/v1/jobs", Task("{\"key\": \"k\"}"));
    EXPECT_EQ(201, taken.status);
    const Answer answer = scheduler.Http("POST", "/v1/jobs", Task(""));
    EXPECT_EQ(429, answer.status);
    EXPECT_EQ("1", answer.retry_after);
    EXPECT_EQ("there are 2 jobs in the queue, as many as may be", answer.Get("detail"));
    const Answer again = scheduler.Http("POST", "/v1/jobs", Task("{\"key\": \"k\"}"));
    EXPECT_EQ(200, again.status) << "it was taken before";
    EXPECT_EQ(taken.Get("id"), again.Get("id"));
    EXPECT_EQ(200, scheduler.Http("DELETE", "/v1/jobs/" + id).status);
    EXPECT_EQ(201, scheduler.Http("POST", "/v1/jobs", Task("")).status);
}

TEST_F(ServerQueue, SharesAsItIsTold)
{
    Scheduler scheduler({"--shares", "gold=3,tin=1"});
    for (int i = 0; i < 8; i++) {
        scheduler.Http("POST", "/v1/jobs", Task("{\"tenant\": \"gold\"}"));
        scheduler.Http("POST", "/v1/jobs", Task("{\"tenant\": \"tin\"}"));
    }
    FakeExecutor executor(scheduler, "e1");
    executor.Hello();
    int gold = 0;
    const std::vector<WireLease> leases = executor.Fetch(8);
    ASSERT_EQ(8u, leases.size());
    for (const WireLease &lease : leases) {
        gold += lease.spec.find("gold") != std::string::npos;
    }
    EXPECT_EQ(6, gold);
}

} // namespace
