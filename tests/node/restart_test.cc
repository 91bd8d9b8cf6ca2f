/* SPDX-License-Identifier: MIT
 *
 * The restart policy: quick at first, slower each time, and the breaker.
 */
#include <gtest/gtest.h>

extern "C" {
#include "restart.h"
}

namespace
{

constexpr int64_t life_min_ms = 10000;

TEST(Restart, DoublesUntilTheLongestThenTheBreakerOpens)
{
    restart policy = {};
    int64_t expected_ms = RESTART_FIRST_MS;
    for (unsigned i = 1; i < RESTART_BREAKER; i++) {
        EXPECT_FALSE(restart_broken(&policy));
        EXPECT_EQ(expected_ms, restart_delay_ms(&policy, life_min_ms, 0, false, 0)) << i;
        expected_ms = std::min<int64_t>(2 * expected_ms, RESTART_LONGEST_MS);
    }
    EXPECT_EQ(RESTART_BROKEN_MS, restart_delay_ms(&policy, life_min_ms, 0, false, 0));
    EXPECT_TRUE(restart_broken(&policy));
    EXPECT_EQ(RESTART_BROKEN_MS, restart_delay_ms(&policy, life_min_ms, 0, false, 0));
}

TEST(Restart, ALongLifeForgivesEarlierFailures)
{
    restart policy = {};
    for (int i = 0; i < 20; i++) {
        (void)restart_delay_ms(&policy, life_min_ms, 0, false, 0);
    }
    EXPECT_EQ(RESTART_FIRST_MS, restart_delay_ms(&policy, life_min_ms, life_min_ms, false, 0));
    EXPECT_FALSE(restart_broken(&policy));
}

TEST(Restart, WhoEndsWellAfterALifeIsStartedAtOnce)
{
    restart policy = {};
    EXPECT_EQ(0, restart_delay_ms(&policy, life_min_ms, life_min_ms, true, 0));
    EXPECT_EQ(0u, policy.failures);
    /* A short life is a failure even if it ended well. */
    EXPECT_EQ(RESTART_FIRST_MS, restart_delay_ms(&policy, life_min_ms, life_min_ms - 1, true, 0));
}

TEST(Restart, JitterTakesAQuarterAtMost)
{
    for (uint64_t random = 0; random < 1000; random++) {
        restart policy = {};
        const int64_t delay_ms =
            restart_delay_ms(&policy, life_min_ms, 0, false, random * 0x9e3779b97f4a7c15u);
        EXPECT_GE(delay_ms, RESTART_FIRST_MS * 3 / 4);
        EXPECT_LE(delay_ms, RESTART_FIRST_MS);
    }
}

} // namespace
