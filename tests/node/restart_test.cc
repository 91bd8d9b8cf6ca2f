/* SPDX-License-Identifier: MIT
 *
 * The restart policy: quick at first, slower each time, and the breaker.
 */
#include <string>

#include <gtest/gtest.h>

extern "C" {
#include "restart.h"
#include "settings.h"
}

namespace
{

constexpr int64_t life_min_ms = 10000;
constexpr restart_policy policy = {5000, 12, 60000};

TEST(Restart, DoublesUntilTheLongestThenTheBreakerOpens)
{
    restart child = {};
    int64_t expected_ms = RESTART_FIRST_MS;
    for (unsigned i = 1; i < policy.breaker; i++) {
        EXPECT_FALSE(restart_broken(&child, &policy));
        EXPECT_EQ(expected_ms, restart_delay_ms(&child, &policy, life_min_ms, 0, false, 0)) << i;
        expected_ms = std::min<int64_t>(2 * expected_ms, policy.longest_ms);
    }
    EXPECT_EQ(policy.broken_ms, restart_delay_ms(&child, &policy, life_min_ms, 0, false, 0));
    EXPECT_TRUE(restart_broken(&child, &policy));
    EXPECT_EQ(policy.broken_ms, restart_delay_ms(&child, &policy, life_min_ms, 0, false, 0));
}

TEST(Restart, ALongLifeForgivesEarlierFailures)
{
    restart child = {};
    for (int i = 0; i < 20; i++) {
        (void)restart_delay_ms(&child, &policy, life_min_ms, 0, false, 0);
    }
    EXPECT_EQ(RESTART_FIRST_MS,
              restart_delay_ms(&child, &policy, life_min_ms, life_min_ms, false, 0));
    EXPECT_FALSE(restart_broken(&child, &policy));
}

TEST(Restart, WhoEndsWellAfterALifeIsStartedAtOnce)
{
    restart child = {};
    EXPECT_EQ(0, restart_delay_ms(&child, &policy, life_min_ms, life_min_ms, true, 0));
    EXPECT_EQ(0u, child.failures);
    /* A short life is a failure even if it ended well. */
    EXPECT_EQ(RESTART_FIRST_MS,
              restart_delay_ms(&child, &policy, life_min_ms, life_min_ms - 1, true, 0));
}

TEST(Restart, JitterTakesAQuarterAtMost)
{
    for (uint64_t random = 0; random < 1000; random++) {
        restart child = {};
        const int64_t delay_ms =
            restart_delay_ms(&child, &policy, life_min_ms, 0, false, random * 0x9e3779b97f4a7c15u);
        EXPECT_GE(delay_ms, RESTART_FIRST_MS * 3 / 4);
        EXPECT_LE(delay_ms, RESTART_FIRST_MS);
    }
}

TEST(Restart, IsAsTheOptionsSay)
{
    const std::string text = "restart-longest = 7s\nrestart-failures = 3\nrestart-broken = 9s\n";
    for (const std::string &given : {std::string(), text}) {
        struct config config;
        config_init(&config);
        config_take_text(&config, "test", "/", given.data(), given.size());
        EXPECT_EQ(0u, config.n_faults);
        const restart_policy made = settings_restart(&config);
        EXPECT_EQ(given.empty() ? policy.longest_ms : 7000, made.longest_ms);
        EXPECT_EQ(given.empty() ? policy.breaker : 3, made.breaker);
        EXPECT_EQ(given.empty() ? policy.broken_ms : 9000, made.broken_ms);
        config_fini(&config);
    }
}

TEST(Restart, IsAsPatientAsItsPolicy)
{
    const restart_policy other = {300, 4, 7000};
    restart child = {};
    for (const int64_t expected_ms : {100, 200, 300, 7000, 7000}) {
        EXPECT_EQ(expected_ms, restart_delay_ms(&child, &other, life_min_ms, 0, false, 0));
    }
    EXPECT_TRUE(restart_broken(&child, &other));
    EXPECT_FALSE(restart_broken(&child, &policy));
}

} // namespace
