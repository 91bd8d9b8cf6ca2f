// SPDX-License-Identifier: MIT
#include <cstring>
#include <ctime>
#include <set>
#include <string>

#include <gtest/gtest.h>

extern "C" {
#include "clock.h"
}

TEST(Clock, MonotonicNeverGoesBackAndSleepLastsAtLeastAsAsked)
{
    const int64_t before = clock_monotonic_ms();
    clock_sleep_ms(20);
    EXPECT_GE(clock_monotonic_ms() - before, 19); // each end is rounded down
}

TEST(Clock, RealtimeIsMillisecondsSince1970)
{
    const auto now_s = static_cast<int64_t>(time(nullptr));
    EXPECT_NEAR(static_cast<double>(clock_realtime_ms()) / 1000, static_cast<double>(now_s), 2.0);
}

TEST(Clock, RandomHexIsTwoLowerCaseDigitsAByte)
{
    std::set<std::string> seen;
    for (int i = 0; i < 100; i++) {
        char out[34];
        memset(out, '#', sizeof out);
        random_hex(out, 16);
        ASSERT_EQ(strspn(out, "0123456789abcdef"), 32u);
        ASSERT_EQ(out[32], '\0');
        ASSERT_EQ(out[33], '#');
        seen.insert(out);
    }
    EXPECT_EQ(seen.size(), 100u);
}

TEST(Clock, RandomNextDependsOnItsStateOnly)
{
    uint64_t a = 42;
    uint64_t b = 42;
    uint64_t other = 43;
    for (int i = 0; i < 10; i++) {
        const uint64_t value = random_next(&a);
        EXPECT_EQ(value, random_next(&b));
        EXPECT_NE(value, random_next(&other));
    }
    // The published first output of splitmix64 from state 0.
    uint64_t zero = 0;
    EXPECT_EQ(random_next(&zero), 0xe220a8397b1dcdafu);
}
