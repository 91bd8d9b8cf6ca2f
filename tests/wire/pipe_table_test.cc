/* SPDX-License-Identifier: MIT
 *
 * The table of connections against a map, and who has to go first.
 */
#include <gtest/gtest.h>

#include <map>

extern "C" {
#include "clock.h"
#include "pipe_table.h"
}

namespace
{

const peer_key peer = {};

TEST(PipeTable, HoldsWhatAMapHolds)
{
    pipe_table table = {};
    std::map<uint32_t, bool> model;
    uint64_t seed = 7;
    for (int i = 0; i < 200000; i++) {
        const uint32_t id = static_cast<uint32_t>(random_next(&seed) % 3000 + 1);
        pipe_entry was = {};
        pipe_entry *entry = pipe_table_find(&table, id);
        ASSERT_EQ(model.count(id) == 1, entry != nullptr);
        if (entry == nullptr) {
            ASSERT_TRUE(pipe_table_add(&table, id, &peer));
            model[id] = false;
        } else if (random_next(&seed) % 2 == 0) {
            ASSERT_TRUE(pipe_table_remove(&table, id, &was));
            ASSERT_EQ(id, was.id);
            ASSERT_EQ(model[id], was.trusted);
            model.erase(id);
        } else {
            entry->trusted = model[id] = true;
        }
        ASSERT_EQ(model.size(), table.n);
    }
    for (const auto &[id, trusted] : model) {
        ASSERT_NE(nullptr, pipe_table_find(&table, id));
        EXPECT_EQ(trusted, pipe_table_find(&table, id)->trusted);
    }
    pipe_table_fini(&table);
}

TEST(PipeTable, TheOldestStrangerGoesFirst)
{
    pipe_table table = {};
    EXPECT_EQ(nullptr, pipe_table_stranger(&table));
    for (const uint32_t id : {50u, 3u, 99u}) {
        ASSERT_TRUE(pipe_table_add(&table, id, &peer));
    }
    pipe_table_find(&table, 50)->trusted = true;
    EXPECT_EQ(3u, pipe_table_stranger(&table)->id);
    pipe_entry was = {};
    EXPECT_TRUE(pipe_table_remove(&table, 3, &was));
    EXPECT_FALSE(pipe_table_remove(&table, 3, &was));
    EXPECT_EQ(99u, pipe_table_stranger(&table)->id);
    pipe_table_find(&table, 99)->trusted = true;
    EXPECT_EQ(nullptr, pipe_table_stranger(&table));
    pipe_table_fini(&table);
}

} // namespace
