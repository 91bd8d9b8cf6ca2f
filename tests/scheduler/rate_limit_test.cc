// SPDX-License-Identifier: MIT
//
// Limits of requests: bursts, even rates, keys apart from each other, and a table that does not
// grow.
#include <gtest/gtest.h>

#include <string>

extern "C" {
#include "rate_limit.h"
}

namespace
{

class RateLimit : public ::testing::Test
{
  protected:
    struct rate_limit *limit_ = nullptr;

    void TearDown() override
    {
        rate_limit_free(limit_);
    }
    void Open(uint64_t number, int64_t period_ms, uint64_t burst, size_t n_keys = 64)
    {
        gaia_error err = {};
        rate_limit_free(limit_);
        const struct rate_limit_config config = {number, period_ms, burst, n_keys, 7};
        ASSERT_EQ(GAIA_OK, rate_limit_open(&config, &limit_, &err)) << err.detail;
    }
    int64_t Take(const std::string &key, int64_t now_ms)
    {
        return rate_limit_take(limit_, key.data(), key.size(), now_ms);
    }
    // How many of so many requests at this time are let through.
    int Let(const std::string &key, int64_t now_ms, int n)
    {
        int let = 0;
        for (int i = 0; i < n; i++) {
            let += Take(key, now_ms) == 0;
        }
        return let;
    }
};

TEST_F(RateLimit, LetsABurstThroughAndThenTheRate)
{
    Open(10, 1000, 5);
    EXPECT_EQ(5, Let("a", 1000, 100));
    EXPECT_EQ(0, Let("a", 1099, 100));
    EXPECT_EQ(1, Let("a", 1100, 100));
    EXPECT_EQ(3, Let("a", 1400, 100));
    EXPECT_EQ(5, Let("a", 9000, 100)); // a pause saves up a burst and no more
    int let = 0;
    for (int64_t now_ms = 9001; now_ms <= 19000; now_ms++) {
        let += Let("a", now_ms, 3);
    }
    EXPECT_EQ(100, let);
}

TEST_F(RateLimit, SaysWhenToComeAgain)
{
    Open(6, 60000, 1);
    EXPECT_EQ(0, Take("a", 500));
    EXPECT_EQ(10000, Take("a", 500));
    EXPECT_EQ(1, Take("a", 10499));
    EXPECT_EQ(0, Take("a", 10500)); // what was refused was not counted
    EXPECT_EQ(10000, Take("a", 10500));
}

TEST_F(RateLimit, KeepsKeysApart)
{
    Open(1, 1000, 2);
    EXPECT_EQ(2, Let("a", 1, 9));
    EXPECT_EQ(2, Let("b", 1, 9));
    EXPECT_EQ(2, Let("", 1, 9));
    EXPECT_EQ(2, Let(std::string("a\0", 2), 1, 9));
    EXPECT_EQ(0, Let("a", 1, 9));
}

TEST_F(RateLimit, LimitsNothingWithoutANumber)
{
    Open(0, 1000, 1);
    EXPECT_EQ(1000, Let("a", 1, 1000));
}

TEST_F(RateLimit, TakesRatesBeyondItsClock)
{
    Open(UINT64_C(1) << 40, 1000, 1);
    EXPECT_EQ(0, Take("a", 1));
    Open(1, 1000, UINT64_C(1) << 31);
    EXPECT_EQ(1000, Let("a", 1, 1000));
}

TEST_F(RateLimit, DoesNotGrowUnderAFlood)
{
    Open(1, 1000, 1, 1000);
    const size_t bytes = rate_limit_bytes(limit_);
    EXPECT_GE(bytes, 1000u * 24);
    EXPECT_LT(bytes, 2100u * 24);
    for (int i = 0; i < 200000; i++) {
        EXPECT_EQ(0, Take("address " + std::to_string(i), 1000)); // a newcomer is never refused
    }
    EXPECT_EQ(bytes, rate_limit_bytes(limit_));
}

TEST_F(RateLimit, RemembersWhoIsBusyBeforeWhoWasIdle)
{
    Open(1, 60000, 1, 8); // one row of eight
    EXPECT_EQ(0, Take("busy", 100000));
    for (int i = 0; i < 7; i++) {
        EXPECT_EQ(0, Take("idle " + std::to_string(i), 1)); // long over by 100000
    }
    for (int i = 0; i < 7; i++) {
        EXPECT_EQ(0, Take("new " + std::to_string(i), 100000));
    }
    EXPECT_NE(0, Take("busy", 100001));
}

} // namespace
