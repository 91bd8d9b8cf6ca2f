/* SPDX-License-Identifier: MIT
 *
 * Limits of executors: their defaults, and the way from a limit that is passed to a process that is
 * gone, by a clock that the test holds.
 */
#include <gtest/gtest.h>

#include <csignal>
#include <set>

extern "C" {
#include "recycle.h"
}

namespace
{

constexpr uint64_t mib = 1 << 20;
constexpr uint64_t gib = 1 << 30;

limits example()
{
    limits of = {};
    of.rss_soft_bytes = 100;
    of.rss_hard_bytes = 200;
    of.gpu_soft_bytes = 1000;
    of.gpu_hard_bytes = 2000;
    of.life_min_ms = 10;
    of.batch_ms = 5000;
    return of;
}

struct Process {
    explicit Process(const limits &of) : limit(of)
    {
        recycle_begin(&way, &limit, 0);
    }

    int at(int64_t now_ms, uint64_t rss, uint64_t gpu = 0)
    {
        const usage measured = {rss, gpu, now_ms};
        return recycle_step(&way, &limit, &measured, now_ms);
    }

    limits limit;
    recycle way = {};
};

TEST(Recycle, StaysBelowItsLimits)
{
    Process process(example());
    EXPECT_EQ(0, process.at(20, 100, 1000));
    EXPECT_EQ(0, process.at(1000000, 100, 1000));
    EXPECT_EQ(RECYCLE_STAYS, process.way.stage);
    EXPECT_EQ(RECYCLE_LEFT, recycle_end(&process.way, true, false));
    EXPECT_EQ(RECYCLE_OVERTIME, recycle_end(&process.way, false, true));
    EXPECT_EQ(RECYCLE_FAILED, recycle_end(&process.way, false, false));
}

TEST(Recycle, ASoftLimitDrainsOnceAndNotBeforeTheMinimumLifetime)
{
    Process process(example());
    EXPECT_EQ(0, process.at(9, 150));
    EXPECT_EQ(SIGTERM, process.at(10, 150));
    EXPECT_EQ(RECYCLE_DRAINS, process.way.stage);
    EXPECT_EQ(0, process.at(11, 150));
    EXPECT_EQ(0, process.at(12, 50));
    EXPECT_EQ(RECYCLE_RSS_SOFT, recycle_end(&process.way, true, false));
}

TEST(Recycle, DeviceMemoryHasLimitsOfItsOwn)
{
    Process soft(example());
    EXPECT_EQ(SIGTERM, soft.at(20, 0, 1001));
    EXPECT_EQ(RECYCLE_GPU_SOFT, soft.way.reason);
    EXPECT_EQ(SIGTERM, soft.at(21, 0, 2001));
    EXPECT_EQ(RECYCLE_GPU_HARD, soft.way.reason);
    EXPECT_EQ(RECYCLE_ENDS, soft.way.stage);
}

TEST(Recycle, AHardLimitTermsThenKillsAfterFiveSeconds)
{
    Process process(example());
    EXPECT_EQ(SIGTERM, process.at(0, 201)); /* at any age */
    EXPECT_EQ(RECYCLE_ENDS, process.way.stage);
    EXPECT_EQ(0, process.at(LIMITS_END_MS - 1, 201));
    EXPECT_EQ(SIGKILL, process.at(LIMITS_END_MS, 201));
    EXPECT_EQ(0, process.at(LIMITS_END_MS + 1, 201));
    EXPECT_EQ(RECYCLE_RSS_HARD, recycle_end(&process.way, false, false));
}

TEST(Recycle, WhoGrowsOnIsKilledAtOnce)
{
    Process process(example());
    EXPECT_EQ(SIGTERM, process.at(100, 201));
    EXPECT_EQ(0, process.at(150, 204));
    EXPECT_EQ(SIGKILL, process.at(200, 205));
    /* Also one that was told and then asks for much more. */
    Process hasty(example());
    EXPECT_EQ(SIGTERM, hasty.at(100, 1000));
    EXPECT_EQ(SIGKILL, hasty.at(101, 1000));
}

TEST(Recycle, WhoDrainsForLongerThanABatchMayTakeIsEnded)
{
    Process process(example());
    EXPECT_EQ(SIGTERM, process.at(1000, 150));
    const int64_t late_ms = 1000 + 5000 + LIMITS_DRAIN_MARGIN_MS;
    EXPECT_EQ(0, process.at(late_ms - 1, 150));
    EXPECT_EQ(SIGTERM, process.at(late_ms, 150));
    EXPECT_EQ(RECYCLE_STUCK, process.way.reason);
    EXPECT_EQ(SIGKILL, process.at(late_ms + LIMITS_END_MS, 150));
    /* Without a limit of batches it has all the time. */
    limits of = example();
    of.batch_ms = 0;
    Process patient(of);
    EXPECT_EQ(SIGTERM, patient.at(1000, 150));
    EXPECT_EQ(0, patient.at(1000000000, 150));
}

TEST(Recycle, ALifetimeEndsAQuarterEarlierAtMost)
{
    limits of = {};
    of.lifetime_ms = 1000;
    std::set<int64_t> drawn;
    for (uint64_t random = 0; random < 1000; random++) {
        recycle way = {};
        recycle_begin(&way, &of, random * 0x9e3779b97f4a7c15u);
        EXPECT_GE(way.lifetime_ms, 750);
        EXPECT_LE(way.lifetime_ms, 1000);
        drawn.insert(way.lifetime_ms);
    }
    EXPECT_GT(drawn.size(), 100u);
    Process process(of);
    EXPECT_EQ(0, process.at(999, 0));
    EXPECT_EQ(SIGTERM, process.at(1000, 0));
    EXPECT_EQ(RECYCLE_LIFETIME, process.way.reason);
}

TEST(Recycle, ZeroIsNoLimit)
{
    Process process({});
    EXPECT_EQ(0, process.at(INT64_MAX / 2, UINT64_MAX, UINT64_MAX));
    EXPECT_EQ(0u, limits_jitter(0, 12345));
    EXPECT_EQ(1u, limits_jitter(1, 12345));
}

TEST(Recycle, EveryReasonHasATextOfItsOwn)
{
    std::set<std::string> texts;
    for (int i = 0; i < RECYCLE_REASONS; i++) {
        texts.insert(recycle_reason_text(static_cast<recycle_reason>(i)));
    }
    EXPECT_EQ(static_cast<size_t>(RECYCLE_REASONS), texts.size());
}

TEST(Limits, DefaultsLeaveRoomForDataWhereTheMachineHasIt)
{
    const limits_basis basis = {2 * gib, 0, 256 * gib, 8};
    const limits of = limits_default(&basis);
    EXPECT_EQ(5 * gib, of.rss_hard_bytes);
    EXPECT_GT(of.rss_soft_bytes, 2 * gib);
    EXPECT_LT(of.rss_soft_bytes, of.rss_hard_bytes);
    EXPECT_EQ(0u, of.gpu_hard_bytes);
}

TEST(Limits, DefaultsFitTheContainer)
{
    for (const uint64_t machine : {256 * mib, gib, 3 * gib, 16 * gib}) {
        for (unsigned n = 1; n <= 16; n *= 2) {
            const limits_basis basis = {2 * gib, 0, machine, n};
            const limits of = limits_default(&basis);
            EXPECT_LT(n * of.rss_hard_bytes, machine) << machine << " " << n;
            EXPECT_LE(n * of.rss_hard_bytes, n * limits_share_bytes(machine, n));
            EXPECT_GT(of.rss_soft_bytes, 0u);
            EXPECT_LT(of.rss_soft_bytes, of.rss_hard_bytes);
        }
    }
}

TEST(Limits, AMachineThatIsNotKnownLimitsNothing)
{
    const limits_basis basis = {2 * gib, 8 * gib, UINT64_MAX, 4};
    const limits of = limits_default(&basis);
    EXPECT_EQ(5 * gib, of.rss_hard_bytes);
    EXPECT_GT(of.gpu_soft_bytes, 8 * gib);
    EXPECT_GT(of.gpu_hard_bytes, of.gpu_soft_bytes);
}

} // namespace
