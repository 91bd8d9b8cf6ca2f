/* SPDX-License-Identifier: MIT
 *
 * The stack when its processes are killed or frozen: a job is delayed by it and nothing else.
 */
#include <signal.h>
#include <unistd.h>

#include <string>

#include "stack.h"

namespace
{

/* Enough work that a process can be caught at it: dozens of batches on any machine. */
constexpr int n_forecasts = 80;

class Failure : public Stack
{
  protected:
    /* Submits the large job and returns its id. */
    std::string submit(const std::string &path)
    {
        const Ended ended = gaia({"submit", path});
        EXPECT_EQ(0, ended.status) << ended.err;
        return ended.out.substr(0, ended.out.find('\n'));
    }

    /* Expects that the job succeeds with the scores that `gaia score` gives. */
    void expect_scores(const std::string &id, const std::string &path)
    {
        const auto ended = [&] {
            const std::string now = state_of(id);
            return now == "succeeded" || now == "failed" || now == "cancelled";
        };
        EXPECT_TRUE(wait_until(ended));
        EXPECT_EQ("succeeded", state_of(id)) << gaia({"job", id}).out;
        EXPECT_TRUE(expected(path) == gaia({"scores", id, "--format", "csv"}).out);
    }
};

TEST_F(Failure, AKilledExecutorIsReplacedAndItsBatchDoneAgain)
{
    up(1);
    const std::string path = job("uk_2019_t2m", n_forecasts);
    const std::string id = submit(path);
    const pid_t scheduler = children("gaia-scheduler").at(0);
    const pid_t stopped = executor_stop_in_lease(id);
    ASSERT_GT(stopped, 0);
    ASSERT_EQ(0, kill(stopped, SIGKILL));
    expect_scores(id, path);
    const std::string log = log_text();
    EXPECT_NE(std::string::npos, log.find("was killed by signal 9")) << log;
    ASSERT_EQ(1u, children("gaia-executor").size());
    EXPECT_NE(stopped, children("gaia-executor")[0]);
    EXPECT_EQ(scheduler, children("gaia-scheduler").at(0));
}

TEST_F(Failure, AKilledSchedulerComesBackAndTheJobGoesOn)
{
    up(2);
    const std::string path = job("uk_2019_t2m", n_forecasts);
    const Running waiting = gaia_start({"submit", path, "--wait", "--format", "csv"});
    std::string id;
    ASSERT_TRUE(wait_until([&] {
        const std::string jobs = gaia({"jobs"}).out;
        const size_t line = jobs.find('\n');
        id =
            line == std::string::npos ? "" : jobs.substr(line + 1, jobs.find(' ', line) - line - 1);
        return !id.empty() && state_of(id) == "running";
    }));
    const std::vector<pid_t> executors = children("gaia-executor");
    const pid_t scheduler = children("gaia-scheduler").at(0);
    ASSERT_EQ(0, kill(scheduler, SIGKILL));
    const Ended ended = gaia_wait(waiting);
    EXPECT_EQ(0, ended.status) << ended.err;
    EXPECT_TRUE(expected(path) == ended.out);
    EXPECT_NE(scheduler, children("gaia-scheduler").at(0));
    EXPECT_EQ(executors, children("gaia-executor"));
}

TEST_F(Failure, AKilledNodeTakesItsChildrenWithIt)
{
    up(2);
    const std::string path = job("uk_2019_t2m", n_forecasts);
    const std::string id = submit(path);
    ASSERT_TRUE(wait_until([&] { return state_of(id) == "running"; }));
    const std::vector<pid_t> before = children("gaia-executor");
    const pid_t killed = node();
    ASSERT_EQ(0, kill(killed, SIGKILL));
    ASSERT_TRUE(wait_until([&] {
        bool gone = true;
        for (const pid_t pid : before) {
            gone = gone && file_text("/proc/" + std::to_string(pid) + "/cmdline").empty();
        }
        return gone;
    }));
    const Ended down = gaia({"down"});
    EXPECT_NE(std::string::npos, down.out.find("not up")) << down.out;
    up(2);
    EXPECT_NE(killed, node());
    expect_scores(id, path);
}

TEST_F(Failure, AFrozenExecutorLosesItsBatchToAnother)
{
    up(2);
    const std::string path = job("uk_2019_t2m", n_forecasts);
    const std::string id = submit(path);
    const pid_t stopped = executor_stop_in_lease(id);
    ASSERT_GT(stopped, 0);
    expect_scores(id, path);
    /* `gaia down` ends it all the same: SIGTERM cannot, SIGKILL does. */
    EXPECT_EQ(0, gaia({"down"}).status);
    EXPECT_NE(0, kill(stopped, 0));
}

TEST_F(Failure, AFrozenExecutorThatWakesUpIsFenced)
{
    up(2);
    const std::string path = job("uk_2019_t2m", n_forecasts);
    const std::string id = submit(path);
    const pid_t stopped = executor_stop_in_lease(id);
    ASSERT_GT(stopped, 0);
    ASSERT_TRUE(wait_until([&] { return leases("executor-1") < 1; }));
    ASSERT_EQ(0, kill(stopped, SIGCONT));
    expect_scores(id, path);
}

TEST_F(Failure, ACancelledJobStops)
{
    up(1);
    const std::string path = job("uk_2019_t2m", n_forecasts);
    const Running waiting = gaia_start({"submit", path, "--wait"});
    std::string id;
    ASSERT_TRUE(wait_until([&] {
        const std::string jobs = gaia({"jobs"}).out;
        const size_t line = jobs.find('\n');
        id =
            line == std::string::npos ? "" : jobs.substr(line + 1, jobs.find(' ', line) - line - 1);
        return !id.empty() && state_of(id) == "running";
    }));
    EXPECT_EQ(0, gaia({"cancel", id}).status);
    EXPECT_EQ("cancelled", state_of(id));
    const Ended ended = gaia_wait(waiting);
    EXPECT_EQ(3, ended.status);
    EXPECT_TRUE(ended.out.empty());
    EXPECT_NE(std::string::npos, ended.err.find("cancelled")) << ended.err;
    ASSERT_TRUE(wait_until([&] { return leases("executor-1") == 0; }));
    const std::string small = job("era5_2017_persistence", 1);
    EXPECT_TRUE(expected(small) == gaia({"submit", small, "--wait", "--format", "csv"}).out);
}

} // namespace
