/* SPDX-License-Identifier: MIT
 *
 * From the table of options to the executor's parts: its defaults are theirs, and each option
 * changes its own member.
 */
#include <string>

#include <gtest/gtest.h>

#include "config_rows.h"

extern "C" {
#include "settings.h"
}

namespace
{

struct Settings {
    explicit Settings(const std::string &text = "")
    {
        const ConfigOf of(text);
        executor = settings_executor(&of.config);
        remote = settings_remote(&of.config);
    }

    executor_options executor; /* its texts have ended with config */
    http_limits remote;
};

#define MEMBER(member) [](const Settings &of) { return static_cast<uint64_t>(of.member); }

const ConfigRow<Settings> rows[] = {
    {"threads", "3", 3, MEMBER(executor.engine.n_threads)},
    {"memory", "64MiB", 64 << 20, MEMBER(executor.engine.memory_bytes)},
    {"gpu-memory", "32MiB", 32 << 20, MEMBER(executor.engine.gpu_memory_bytes)},
    {"gpu", "5", 5, MEMBER(executor.engine.gpu)},
    {"batches", "7", 7, MEMBER(executor.batches_max)},
    {"lifetime-min", "3s", 3000, MEMBER(executor.life_min_ms)},
    {"batch-time", "2min", 120000, MEMBER(executor.batch_ms)},
    {"batch-cpu", "5s", 5000, MEMBER(executor.batch_cpu_ms)},
    {"result-time", "7s", 7000, MEMBER(executor.result_ms)},
    {"no-sandbox", "yes", 0, MEMBER(executor.sandbox)},
    {"remote-parallel", "3", 3, MEMBER(remote.parallel)},
    {"remote-tries", "7", 7, MEMBER(remote.attempts)},
    {"remote-connect", "2s", 2000, MEMBER(remote.connect_ms)},
    {"remote-stall", "1500ms", 2, MEMBER(remote.stall_s)},
    {"remote-time", "5s", 5000, MEMBER(remote.total_ms)},
    {"remote-pause", "3s", 3000, MEMBER(remote.backoff_max_ms)},
    {"remote-busy", "4s", 4000, MEMBER(remote.retry_after_max_ms)},
};

} // namespace

TEST(ExecutorSettings, RequestsHaveTheLimitsThatNobodyConfigured)
{
    const Settings settings;
    const http_limits limits = http_limits_default();
    EXPECT_EQ(limits.parallel, settings.remote.parallel);
    EXPECT_EQ(limits.attempts, settings.remote.attempts);
    EXPECT_EQ(limits.redirects, settings.remote.redirects);
    EXPECT_EQ(limits.connect_ms, settings.remote.connect_ms);
    EXPECT_EQ(limits.stall_s, settings.remote.stall_s);
    EXPECT_EQ(limits.total_ms, settings.remote.total_ms);
    EXPECT_EQ(limits.backoff_max_ms, settings.remote.backoff_max_ms);
    EXPECT_EQ(limits.retry_after_max_ms, settings.remote.retry_after_max_ms);
}

TEST(ExecutorSettings, EachOptionChangesItsOwnMember)
{
    ExpectEachSetsItsOwn(rows);
}
