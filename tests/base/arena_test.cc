// SPDX-License-Identifier: MIT
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include <gtest/gtest.h>

extern "C" {
#include "arena.h"
}

class Arena : public ::testing::Test
{
  protected:
    void TearDown() override
    {
        arena_fini(&arena);
    }

    struct arena arena = {};
};

TEST_F(Arena, GivesZeroedMemoryAlignedForAnyType)
{
    arena_init(&arena, 1 << 20);
    for (size_t size = 1; size < 300; size++) {
        auto *memory = static_cast<unsigned char *>(arena_alloc(&arena, 1, size));
        ASSERT_NE(memory, nullptr);
        EXPECT_EQ(reinterpret_cast<uintptr_t>(memory) % alignof(max_align_t), 0u);
        for (size_t i = 0; i < size; i++) {
            ASSERT_EQ(memory[i], 0);
        }
        memset(memory, 0xff, size);
    }
}

TEST_F(Arena, AllocationsDoNotOverlap)
{
    arena_init(&arena, 64 << 20);
    std::vector<unsigned char *> taken;
    for (size_t i = 0; i < 2000; i++) {
        const size_t bytes = 1 + i * 7 % 5000;
        auto *memory = static_cast<unsigned char *>(arena_alloc(&arena, bytes, 1));
        ASSERT_NE(memory, nullptr);
        memset(memory, static_cast<int>(i & 0xff), bytes);
        taken.push_back(memory);
    }
    for (size_t i = 0; i < taken.size(); i++) {
        const size_t bytes = 1 + i * 7 % 5000;
        ASSERT_EQ(taken[i][0], i & 0xff);
        ASSERT_EQ(taken[i][bytes - 1], i & 0xff);
    }
}

TEST_F(Arena, StopsAtItsLimitAndGoesOnBelowIt)
{
    arena_init(&arena, 4096);
    EXPECT_EQ(arena_alloc(&arena, 1, 4097), nullptr);
    EXPECT_NE(arena_alloc(&arena, 1, 4000), nullptr);
    EXPECT_EQ(arena_alloc(&arena, 1, 200), nullptr);
    EXPECT_NE(arena_alloc(&arena, 1, 96), nullptr);
    EXPECT_EQ(arena_alloc(&arena, 1, 1), nullptr);
    EXPECT_LE(arena.used_bytes, arena.limit_bytes);
}

TEST_F(Arena, RefusesSizesThatOverflow)
{
    arena_init(&arena, SIZE_MAX);
    EXPECT_EQ(arena_alloc(&arena, SIZE_MAX, 2), nullptr);
    EXPECT_EQ(arena_alloc(&arena, SIZE_MAX / 2 + 1, 1), nullptr);
    EXPECT_EQ(arena_alloc(&arena, size_t{1} << 33, size_t{1} << 33), nullptr);
}

TEST_F(Arena, NothingTakesNothing)
{
    arena_init(&arena, 16);
    EXPECT_NE(arena_alloc(&arena, 0, 8), nullptr);
    EXPECT_NE(arena_alloc(&arena, 8, 0), nullptr);
    EXPECT_EQ(arena.used_bytes, 0u);
}

TEST_F(Arena, IsUsableAgainAfterFini)
{
    arena_init(&arena, 4096);
    EXPECT_NE(arena_alloc(&arena, 1, 4096), nullptr);
    arena_fini(&arena);
    EXPECT_EQ(arena.used_bytes, 0u);
    EXPECT_NE(arena_alloc(&arena, 1, 4096), nullptr);
}

TEST_F(Arena, CopiesText)
{
    arena_init(&arena, 16);
    char text[] = "z500";
    char *copy = arena_strdup(&arena, text);
    text[0] = 'x';
    EXPECT_STREQ(copy, "z500");
    EXPECT_EQ(arena_strdup(&arena, "does not fit into sixteen"), nullptr);
}
