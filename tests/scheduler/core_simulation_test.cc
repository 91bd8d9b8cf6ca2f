// SPDX-License-Identifier: MIT
//
// The core in the world of core_world.h: nothing acknowledged is lost, nothing is committed twice,
// everything ends once faults stop; and every run replays from its seed.
//
// GAIA_SIMULATION_SEEDS, or GAIA_SIMULATION_SECONDS, makes it longer; GAIA_SIMULATION_FIRST begins
// elsewhere.
#include <gtest/gtest.h>

#include <cstdlib>

#include "core_world.h"

namespace
{

uint64_t Environment(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text != nullptr ? strtoull(text, nullptr, 10) : otherwise;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr uint64_t kSeeds = 100;
#else
constexpr uint64_t kSeeds = 10000;
#endif

TEST(Simulation, LosesNothingAndCommitsEveryUnitOnce)
{
    const uint64_t first = Environment("GAIA_SIMULATION_FIRST", 1);
    const uint64_t seeds = Environment("GAIA_SIMULATION_SEEDS", kSeeds);
    const uint64_t seconds = Environment("GAIA_SIMULATION_SECONDS", 0);
    const int64_t until_ms = clock_monotonic_ms() + static_cast<int64_t>(seconds) * 1000;
    uint64_t n = 0;
    size_t jobs = 0;
    int crashes = 0;
    int replays = 0;
    int runs = 0;
    while ((seconds > 0 ? clock_monotonic_ms() < until_ms : n < seeds) && !HasFailure()) {
        SCOPED_TRACE("seed " + std::to_string(first + n));
        World world(first + n, 2 + static_cast<int>((first + n) % 4));
        world.Run(1000);
        jobs += world.JobCount();
        crashes += world.crashes;
        replays += world.replays;
        runs += world.runs;
        n++;
    }
    printf("%llu seeds: %zu jobs, %d crashes, %d replays, %d runs of schedules\n",
           static_cast<unsigned long long>(n), jobs, crashes, replays, runs);
    EXPECT_GT(jobs, n * 4);
    EXPECT_GT(static_cast<uint64_t>(crashes), n * 20);
    EXPECT_GT(replays, 0);
    EXPECT_GT(runs, 0);
}

TEST(Simulation, ReplaysFromItsSeed)
{
    std::string traces[2];
    for (std::string &trace : traces) {
        World world(77, 4);
        world.Run(1500);
        trace = world.Trace();
    }
    EXPECT_GT(traces[0].size(), 1000u);
    EXPECT_EQ(traces[0], traces[1]);
}

} // namespace
