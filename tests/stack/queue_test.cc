/* SPDX-License-Identifier: MIT
 *
 * The operator's commands about the queue, on a running stack.
 */
#include <cstring>
#include <string>

#include "stack.h"

namespace
{

class Queue : public Stack
{
  protected:
    std::string task(const std::string &file)
    {
        const std::string path = directory + "/task.json";
        file_put(path, "{\"schema\":\"gaia.job/1\",\"name\":\"the day's\",\"task\":"
                       "\"weather.hash.gfs_compute\",\"request\":{\"schema\":\"gaia.hash/1\","
                       "\"source\":{\"files\":[\"" +
                           file + "\"]}}}");
        return path;
    }
    static std::string line(const std::string &text)
    {
        return text.substr(0, text.find('\n'));
    }
};

TEST_F(Queue, TakesAFailedJobUpAgainOnceTheFileIsThere)
{
    const std::string file = directory + "/late.nc";
    const std::string path = task(file);
    up(1);
    const std::string id = line(gaia({"submit", path}).out);
    ASSERT_TRUE(wait_until([&] { return state_of(id) == "failed"; }));
    const Ended dead = gaia({"dead", id});
    EXPECT_EQ(0, dead.status) << dead.err;
    EXPECT_NE(std::string::npos, dead.out.find("      0  executor-1  file_missing: " + file +
                                               ": No such file or directory\n"))
        << dead.out;
    file_put(file, file_text(std::string(GAIA_TEST_DATA) + "/ens_2012_z500/forecast.nc"));
    EXPECT_EQ(0, gaia({"replay", id}).status);
    EXPECT_TRUE(wait_until([&] { return state_of(id) == "succeeded"; })) << state_of(id);
    const Ended again = gaia({"replay", "nothing"});
    EXPECT_EQ(3, again.status);
    EXPECT_EQ("gaia: there is no job 'nothing'\n", again.err);
}

TEST_F(Queue, KeepsSchedules)
{
    const std::string path = task("/nowhere.nc");
    up(1);
    const Ended added = gaia({"schedule", "add", path, "--cron", "30 6 1 1 *", "--zone",
                              "Europe/Berlin", "--name", "yearly"});
    ASSERT_EQ(0, added.status) << added.err;
    const std::string id = line(added.out);
    const std::string list = gaia({"schedule", "list"}).out;
    EXPECT_EQ(list.find('\n') + 1, list.find(id)) << list; // behind the headings
    EXPECT_NE(std::string::npos, list.find("T05:30:00  30 6 1 1 *  Europe/Berlin  yearly\n"))
        << list;
    EXPECT_EQ(0, gaia({"schedule", "pause", id}).status);
    EXPECT_NE(std::string::npos, gaia({"schedule", "list"}).out.find("yearly  (paused)\n"));
    EXPECT_EQ(0, gaia({"schedule", "resume", id}).status);
    EXPECT_EQ(0, gaia({"schedule", "remove", id}).status);
    EXPECT_EQ("", gaia({"schedule", "list"}).out);
    const Ended gone = gaia({"schedule", "remove", id});
    EXPECT_EQ("gaia: there is no schedule '" + id + "'\n", gone.err);
    const Ended wrong = gaia({"schedule", "add", path, "--cron", "0 25 * * *"});
    EXPECT_EQ(2, wrong.status);
    EXPECT_EQ("gaia: schedule.cron: '25' is no hour: 0 to 23, *, a-b, /n and commas\n", wrong.err);
}

TEST_F(Queue, MakesListsAndRevokesTokens)
{
    up(1);
    const Ended made = gaia(
        {"token", "create", "the lab's", "--scope", "submit", "--tenant", "lab", "--days", "90"});
    ASSERT_EQ(0, made.status) << made.err;
    EXPECT_EQ(70u, made.out.size()) << made.out;
    EXPECT_EQ(0u, made.out.find("gaia_")) << made.out;
    const std::string id = made.err.substr(strlen("gaia: this is token "), 16);
    EXPECT_EQ("gaia: this is token " + id + "; it is not shown again\n", made.err);
    const std::string list = gaia({"token", "list"}).out;
    EXPECT_EQ(0u, list.find(id + "  submit  20")) << list;
    EXPECT_NE(std::string::npos, list.find("lab           the lab's\n")) << list;
    EXPECT_EQ(std::string::npos, list.find(line(made.out)));
    EXPECT_NE(std::string::npos, gaia({"token", "list", "--json"}).out.find("\"id\":\"" + id));
    EXPECT_EQ(0, gaia({"token", "revoke", id}).status);
    EXPECT_EQ("", gaia({"token", "list"}).out);
    const Ended gone = gaia({"token", "revoke", id});
    EXPECT_EQ(3, gone.status);
    EXPECT_EQ("gaia: there is no token '" + id + "'\n", gone.err);
    EXPECT_EQ(2, gaia({"token", "create", "n"}).status);
    const Ended wrong = gaia({"token", "create", "n", "--scope", "root"});
    EXPECT_EQ(2, wrong.status);
    EXPECT_EQ("gaia: token.scope: read, submit or admin is wanted\n", wrong.err);
}

TEST_F(Queue, DrainsAnExecutorAndTheOneThatItsNodeStarts)
{
    up(2);
    const auto before = children("gaia-executor");
    ASSERT_EQ(2u, before.size());
    const auto ready = [&](const std::string &name) {
        return gaia({"executors"}).out.find(name + "  ready") != std::string::npos;
    };
    ASSERT_TRUE(wait_until([&] { return ready("executor-1") && ready("executor-2"); }));
    EXPECT_EQ(0, gaia({"executors", "drain", "executor-1"}).status);
    ASSERT_TRUE(wait_until([&] {
        const auto now = children("gaia-executor");
        return now.size() == 2 && now != before;
    }));
    const auto is = [&](const std::string &name, const std::string &as) {
        return gaia({"executors"}).out.find(name + "  " + as) != std::string::npos;
    };
    ASSERT_TRUE(wait_until([&] { return is("executor-1", "drained"); }));
    EXPECT_EQ(0, gaia({"executors", "resume", "executor-1"}).status);
    EXPECT_TRUE(wait_until([&] { return is("executor-1", "ready"); }));
    const Ended unknown = gaia({"executors", "drain", "executor-9"});
    EXPECT_EQ("gaia: there is no executor 'executor-9'\n", unknown.err);
    EXPECT_TRUE(ready("executor-2"));
}

} // namespace
