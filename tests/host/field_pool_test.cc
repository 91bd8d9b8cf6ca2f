// SPDX-License-Identifier: MIT
//
// A field stays in its slot under its key: an entry, or two entries and a weight.

#include <gtest/gtest.h>

extern "C" {
#include "backend.h"
#include "field_pool.h"
}

namespace
{

class FieldPool : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        gaia_error err = {};
        const backend_config config = {};
        ASSERT_EQ(backend_cpu.open(&config, &backend_, &err), GAIA_OK) << err.detail;
        ASSERT_EQ(field_pool_init(&pool_, &backend_cpu, backend_, 3, 3, 64, &err), GAIA_OK);
    }
    void TearDown() override
    {
        field_pool_fini(&pool_);
        backend_cpu.close(backend_);
    }

    // Whether the field of this key had to be made.
    bool fresh(const void *first, const void *second = nullptr, double weight = 0.0,
               slot_state state = SLOT_KEPT)
    {
        gaia_error err = {};
        field_slot *slot = nullptr;
        bool is_fresh = false;
        EXPECT_EQ(field_pool_take(&pool_, {first, second, weight}, &slot, &is_fresh, &err),
                  GAIA_OK);
        field_pool_return(&pool_, slot, state);
        return is_fresh;
    }

    backend *backend_ = nullptr;
    field_pool pool_ = {};
    int a_ = 0;
    int b_ = 0;
};

TEST_F(FieldPool, AFieldOfTwoIsKeptUnderBothAndTheirWeight)
{
    EXPECT_TRUE(fresh(&a_, &b_, 0.25));
    EXPECT_FALSE(fresh(&a_, &b_, 0.25));
    EXPECT_TRUE(fresh(&a_));
    EXPECT_TRUE(fresh(&a_, &b_, 0.5));
    EXPECT_FALSE(fresh(&a_));
    EXPECT_FALSE(fresh(&a_, &b_, 0.25));
    EXPECT_TRUE(fresh(&b_, &a_, 0.25)); // and the one used longest ago has gone
    EXPECT_FALSE(fresh(&a_, &b_, 0.25));
    EXPECT_TRUE(fresh(&a_, &b_, 0.5));
}

TEST_F(FieldPool, ASpoiledFieldIsNotFoundAgain)
{
    EXPECT_TRUE(fresh(&a_, &b_, 0.25, SLOT_SPOILED));
    EXPECT_TRUE(fresh(&a_, &b_, 0.25));
    EXPECT_FALSE(fresh(&a_, &b_, 0.25));
}

} // namespace
