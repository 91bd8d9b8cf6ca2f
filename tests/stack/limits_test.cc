/* SPDX-License-Identifier: MIT
 *
 * Single limits of executors in a running stack: who passes one is replaced, and its neighbour
 * notices nothing.
 */
#include <signal.h>

#include <fstream>
#include <string>

#include "faulty.h"

namespace
{

using Limits = Faulty;

std::string status_line(pid_t pid, const std::string &key)
{
    std::istringstream lines(file_text("/proc/" + std::to_string(pid) + "/status"));
    for (std::string line; std::getline(lines, line);) {
        if (line.compare(0, key.size() + 1, key + ":") == 0) {
            return line.substr(line.find_first_not_of(" \t", key.size() + 1));
        }
    }
    return "";
}

TEST_F(Limits, ExecutorsAreInTheSandboxUnlessToldOtherwise)
{
    up(2);
    ASSERT_TRUE(wait_until([&] { return leases("executor-1") == 0 && leases("executor-2") == 0; }));
    for (const pid_t pid : children("gaia-executor")) {
        EXPECT_EQ("1", status_line(pid, "NoNewPrivs"));
        EXPECT_EQ("2", status_line(pid, "Seccomp"));
    }
    EXPECT_EQ(2u, log_count("] sandbox_seccomp: ")) << log_text();
    ASSERT_EQ(0, gaia({"down"}).status);
    up(1, {"--no-sandbox"});
    ASSERT_TRUE(wait_until([&] { return leases("executor-1") == 0; }));
    EXPECT_EQ("0", status_line(children("gaia-executor").at(0), "Seccomp"));
    EXPECT_EQ(1u, log_count("] sandbox_off: "));
}

TEST_F(Limits, AfterItsBatchesAnExecutorIsReplacedAtOnce)
{
    binaries = GAIA_BINARIES;
    up(1, {"--batches", "4", "--lifetime-min", "1"});
    const pid_t before = children("gaia-executor").at(0);
    const std::string path = job("uk_2019_t2m", 40);
    const Ended ended = gaia({"submit", path, "--wait", "--format", "csv"});
    EXPECT_EQ(0, ended.status) << ended.err;
    EXPECT_TRUE(expected(path) == ended.out);
    ASSERT_TRUE(wait_until([&] {
        /* Young executors do not leave, so it may take a batch more. */
        gaia({"submit", path, "--wait"});
        return ends_for("left of its own accord") > 0;
    })) << log_text();
    ASSERT_TRUE(wait_until([&] { return children("gaia-executor").size() == 1; }));
    EXPECT_NE(before, children("gaia-executor").at(0));
    EXPECT_GT(log_count("reason=\"left of its own accord\" recycles=1 "), 0u);
}

TEST_F(Limits, AnOldExecutorIsReplaced)
{
    up(1, {"--lifetime", "2", "--lifetime-min", "1"});
    EXPECT_TRUE(wait_until([&] { return ends_for("lifetime over") >= 2; })) << log_text();
    /* The next process says it to the scheduler. */
    EXPECT_TRUE(wait_until([&] {
        return metric("gaia_executor_recycles_total{reason=\"lifetime\"}") >= 2;
    })) << log_text();
    EXPECT_EQ(0, metric("gaia_executor_recycles_total{reason=\"failed\"}"));
    for (const EndLine &end : ends()) {
        EXPECT_EQ("ended with status 0", end.how);
    }
}

TEST_F(Limits, DeviceMemoryIsLimitedWhereTheDriverIs)
{
    setenv("LD_LIBRARY_PATH", GAIA_BINARIES "/nvml_double", 1);
    setenv("NVML_DOUBLE_PROCESSES", (directory + "/processes").c_str(), 1);
    up(2, {"--gpu-soft", "100MiB", "--gpu-hard", "200MiB", "--lifetime-min", "1"});
    unsetenv("LD_LIBRARY_PATH");
    unsetenv("NVML_DOUBLE_PROCESSES");
    ASSERT_TRUE(wait_until([&] { return leases("executor-1") == 0 && leases("executor-2") == 0; }));
    const std::vector<pid_t> before = children("gaia-executor");
    ASSERT_EQ(2u, before.size());
    file_put(directory + "/new", std::to_string(before[0]) + " 150000000\n" +
                                     std::to_string(before[1]) + " 90000000\n");
    std::filesystem::rename(directory + "/new", directory + "/processes");
    ASSERT_TRUE(wait_until([&] { return ends_for("device memory above its soft limit") == 1; }))
        << log_text();
    ASSERT_EQ(1u, ends().size());
    EXPECT_EQ(before[0], ends()[0].pid);
    EXPECT_EQ("ended with status 0", ends()[0].how);
    EXPECT_EQ(0, kill(before[1], 0));
}

TEST_F(Limits, WithoutADriverDeviceMemoryIsNotLimited)
{
    up(1, {"--gpu-soft", "100MiB"});
    EXPECT_EQ(1u, log_count("] gpu_memory_unknown: ")) << log_text();
}

TEST_F(Limits, WhoIsAboveItsHardLimitAndDoesNotReactIsKilled)
{
    const int base_mib = sanitized() ? 1200 : 300;
    setenv("FAULTY_SWELL_MIB", std::to_string(base_mib + 2).c_str(), 1);
    up(1, {"--rss-hard", std::to_string(base_mib) + "MiB", "--rss-soft", "0"});
    const std::string id = submit("freeze", 1);
    ASSERT_TRUE(wait_for_end(id));
    EXPECT_EQ("succeeded", state_of(id)) << log_text();
    ASSERT_EQ(1u, ends().size()) << log_text();
    EXPECT_EQ("resident memory above its hard limit", ends()[0].reason);
    EXPECT_EQ("was killed by signal 9 (Killed)", ends()[0].how);
}

TEST_F(Limits, ABatchOverItsTimeFailsAndItsExecutorLives)
{
    up(1, {"--batch-time", "1"});
    const pid_t before = children("gaia-executor").at(0);
    const std::string id = submit("slow", 1);
    ASSERT_TRUE(wait_for_end(id));
    EXPECT_EQ("failed", state_of(id));
    EXPECT_NE(std::string::npos, gaia({"job", id}).out.find("--batch-time"))
        << gaia({"job", id}).out;
    EXPECT_EQ(before, children("gaia-executor").at(0));
    const std::string good = submit("good", 1);
    ASSERT_TRUE(wait_for_end(good));
    EXPECT_EQ("succeeded", state_of(good));
}

TEST_F(Limits, LimitsThatContradictAreToldAtOnce)
{
    const Ended ended = gaia({"up", "--rss-soft", "3GiB", "--rss-hard", "1GiB"});
    EXPECT_EQ(2, ended.status);
    EXPECT_NE(std::string::npos,
              ended.err.find("rss-soft '3GiB' and rss-hard '1GiB': rss-hard must "
                             "be at least rss-soft"))
        << ended.err;
}

} // namespace
