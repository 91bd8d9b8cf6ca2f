/* SPDX-License-Identifier: MIT
 *
 * A stack that a file, the environment and arguments configure together: every process has its part
 * of it, as arguments, and neither looks into the environment again.
 */
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <regex>
#include <string>
#include <vector>

#include "stack.h"

namespace
{

using Configured = Stack;

/* The texts of a file in /proc that ends each with a zero. */
std::vector<std::string> proc_texts(pid_t pid, const std::string &name)
{
    std::vector<std::string> texts;
    const std::string all = file_text("/proc/" + std::to_string(pid) + "/" + name);
    for (size_t at = 0; at < all.size(); at = all.find('\0', at) + 1) {
        texts.emplace_back(all.c_str() + at);
    }
    return texts;
}

bool has(const std::vector<std::string> &texts, const std::string &text)
{
    return std::find(texts.begin(), texts.end(), text) != texts.end();
}

TEST_F(Configured, EachProcessHasItsPartAsArguments)
{
    const std::string file = directory + "/gaia.conf";
    file_put(file, "memory = 96MiB\nthreads = 3\nbeat = 700ms\ntenant-jobs = 9\ndevice = cpu\n"
                   "store-file = here/postgres\nstore = sqlite\n");
    setenv("GAIA_CONFIG", file.c_str(), 1);
    setenv("GAIA_MEMORY", "128MiB", 1);
    setenv("GAIA_SOMETHING_ELSE", "1", 1);
    const Ended ended = gaia({"up", "--executors", "2", "--threads=1"});
    for (const char *name : {"GAIA_CONFIG", "GAIA_MEMORY", "GAIA_SOMETHING_ELSE"}) {
        unsetenv(name);
    }
    ASSERT_EQ(0, ended.status) << ended.err;
    const auto scheduler = proc_texts(children("gaia-scheduler").at(0), "cmdline");
    for (const char *argument : {"--beat=700ms", "--tenant-jobs=9", "--store=sqlite"}) {
        EXPECT_TRUE(has(scheduler, argument)) << argument;
    }
    EXPECT_TRUE(has(scheduler, "--store-file=" + directory + "/here/postgres"));
    EXPECT_FALSE(has(scheduler, "--memory=128MiB"));
    for (const char *program : {"gaia-scheduler", "gaia-executor"}) {
        for (const std::string &variable : proc_texts(children(program).at(0), "environ")) {
            EXPECT_NE(0u, variable.rfind("GAIA_", 0)) << variable;
        }
    }
    ASSERT_EQ(2u, children("gaia-executor").size());
    const auto executor = proc_texts(children("gaia-executor").at(1), "cmdline");
    for (const char *argument : {"--memory=128MiB", "--threads=1", "--device=cpu"}) {
        EXPECT_TRUE(has(executor, argument)) << argument;
    }
    EXPECT_FALSE(has(executor, "--threads=3"));
    EXPECT_FALSE(has(executor, "--beat=700ms"));
    const std::string log = log_text();
    EXPECT_NE(std::string::npos, log.find("] variable_ignored: ")) << log;
    EXPECT_TRUE(wait_until([&] { return leases("executor-1") == 0; }));
}

TEST_F(Configured, WhatKeepsFailingIsStartedAsRarelyAsItIsSaid)
{
    up(1, {"--lifetime-min=1h", "--restart-failures=1", "--restart-broken=20min"});
    ASSERT_EQ(0, kill(children("gaia-executor").at(0), SIGKILL));
    std::smatch said;
    std::string log;
    const std::regex ended(
        "process=executor-1 [^\n]* again_in_s=([0-9]+)[^\n]* keeps_failing=true");
    ASSERT_TRUE(wait_until([&] {
        log = log_text();
        return std::regex_search(log, said, ended);
    })) << log;
    EXPECT_GE(std::stoi(said[1]), 900); // by chance less a quarter
    EXPECT_TRUE(children("gaia-executor").empty());
}

TEST_F(Configured, WhatIsWrongIsToldBeforeAnythingStarts)
{
    const std::string file = directory + "/gaia.conf";
    file_put(file, "beat = soon\nmemroy = 1GiB\n");
    const Ended ended = gaia({"up", "--config", file});
    EXPECT_EQ(2, ended.status);
    EXPECT_EQ("gaia: " + file +
                  ":1: beat 'soon': a time such as 10s from 100ms to 1min is wanted "
                  "(and 1 more: gaia config check)\n",
              ended.err);
    EXPECT_EQ("", file_text(state + "/log/node.log"));
}

} // namespace
