/* SPDX-License-Identifier: MIT
 *
 * Memory of machine, container and process: from made trees of /proc and /sys, and from this one.
 */
#include <gtest/gtest.h>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

extern "C" {
#include "machine.h"
}

namespace
{

constexpr uint64_t mib = 1 << 20;

class Machine : public testing::Test
{
  protected:
    void SetUp() override
    {
        char made[] = "/tmp/gaia-machine-XXXXXX";
        root = mkdtemp(made);
    }

    void TearDown() override
    {
        std::filesystem::remove_all(root);
    }

    void put(const std::string &path, const std::string &text)
    {
        std::filesystem::create_directories(std::filesystem::path(root + path).parent_path());
        std::ofstream(root + path) << text;
    }

    void put_meminfo()
    {
        put("/proc/meminfo", "MemTotal:       4194304 kB\nMemFree:  1 kB\n"
                             "MemAvailable:   2097152 kB\n");
    }

    machine_memory read()
    {
        machine_memory memory = {};
        machine_memory_read(root.c_str(), &memory);
        return memory;
    }

    std::string root;
};

TEST_F(Machine, NothingThatCanBeReadLimitsNothing)
{
    EXPECT_EQ(UINT64_MAX, read().limit_bytes);
    EXPECT_EQ(UINT64_MAX, read().free_bytes);
}

TEST_F(Machine, WithoutCgroupsItIsTheMachines)
{
    put_meminfo();
    EXPECT_EQ(4096 * mib, read().limit_bytes);
    EXPECT_EQ(2048 * mib, read().free_bytes);
}

TEST_F(Machine, TheLeastLimitOnTheWayUpCountsInVersion2)
{
    put_meminfo();
    put("/proc/self/cgroup", "0::/a.slice/b.scope\n");
    put("/sys/fs/cgroup/a.slice/b.scope/memory.max", "max\n");
    put("/sys/fs/cgroup/a.slice/b.scope/memory.current", "1\n");
    put("/sys/fs/cgroup/a.slice/memory.max", std::to_string(1024 * mib) + "\n");
    put("/sys/fs/cgroup/a.slice/memory.current", std::to_string(600 * mib) + "\n");
    put("/sys/fs/cgroup/a.slice/memory.stat",
        "anon 5\ninactive_file " + std::to_string(100 * mib) + "\nactive_file 7\n");
    EXPECT_EQ(1024 * mib, read().limit_bytes);
    EXPECT_EQ(524 * mib, read().free_bytes);
}

TEST_F(Machine, AContainersMountIsItsOwnGroupInVersion1)
{
    put_meminfo();
    put("/proc/self/cgroup",
        "9:name=systemd:/docker/1234\n5:cpu,memory:/docker/1234\n2:cpuset:/\n");
    put("/sys/fs/cgroup/memory/memory.limit_in_bytes", std::to_string(512 * mib) + "\n");
    put("/sys/fs/cgroup/memory/memory.usage_in_bytes", std::to_string(500 * mib) + "\n");
    put("/sys/fs/cgroup/memory/memory.stat",
        "inactive_file 1\ntotal_inactive_file " + std::to_string(20 * mib) + "\n");
    EXPECT_EQ(512 * mib, read().limit_bytes);
    EXPECT_EQ(32 * mib, read().free_bytes);
}

TEST_F(Machine, ALimitBeyondTheMachineIsNone)
{
    put_meminfo();
    put("/proc/self/cgroup", "4:memory:/\nno line\n");
    put("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    put("/sys/fs/cgroup/memory/memory.usage_in_bytes", "1\n");
    EXPECT_EQ(4096 * mib, read().limit_bytes);
    EXPECT_EQ(2048 * mib, read().free_bytes);
}

TEST_F(Machine, AGroupThatIsFullHasNothingFree)
{
    put_meminfo();
    put("/proc/self/cgroup", "0::/\n");
    put("/sys/fs/cgroup/memory.max", std::to_string(64 * mib) + "\n");
    put("/sys/fs/cgroup/memory.current", std::to_string(65 * mib) + "\n");
    EXPECT_EQ(0u, read().free_bytes);
}

TEST_F(Machine, ThisMachineHasMemory)
{
    machine_memory memory = {};
    machine_memory_read("", &memory);
    EXPECT_GT(memory.limit_bytes, 64 * mib);
    EXPECT_LT(memory.limit_bytes, UINT64_MAX);
    EXPECT_GT(memory.free_bytes, 0u);
    EXPECT_LE(memory.free_bytes, memory.limit_bytes);
}

TEST(ProcessRss, GrowsWithThePagesThatAreTouched)
{
    constexpr size_t n_bytes = 64 * mib;
    const uint64_t before = process_rss_bytes(getpid());
    const uint64_t exact_before = process_rss_exact_bytes(getpid());
    EXPECT_GT(before, 0u);
    void *block =
        mmap(nullptr, n_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(MAP_FAILED, block);
    memset(block, 1, n_bytes);
    EXPECT_GE(process_rss_bytes(getpid()), before + n_bytes - 8 * mib);
    EXPECT_GE(process_rss_exact_bytes(getpid()), exact_before + n_bytes);
    munmap(block, n_bytes);
}

TEST(ProcessRss, IsNothingForAProcessThatIsGone)
{
    const pid_t pid = fork();
    if (pid == 0) {
        _exit(0);
    }
    ASSERT_EQ(pid, waitpid(pid, nullptr, 0));
    EXPECT_EQ(0u, process_rss_bytes(pid));
    EXPECT_EQ(0u, process_rss_exact_bytes(pid));
}

} // namespace
