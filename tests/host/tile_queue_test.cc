// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

extern "C" {
#include "tile_queue.h"
}

namespace
{

class TileQueue : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        ASSERT_EQ(tile_queue_init(&queue_, 4, nullptr), GAIA_OK);
    }
    void TearDown() override
    {
        tile_queue_fini(&queue_);
    }

    // A tile that is known by its first unit.
    bool push(size_t unit, size_t n_forecasts)
    {
        queued_tile tile = {};
        tile.units[0] = unit;
        tile.n_forecasts = n_forecasts;
        return tile_queue_push(&queue_, &tile);
    }

    std::vector<size_t> take(size_t n_tiles_max, size_t n_forecasts_max)
    {
        std::vector<queued_tile> tiles(n_tiles_max);
        std::vector<size_t> units;
        tiles.resize(tile_queue_take(&queue_, n_tiles_max, n_forecasts_max, tiles.data()));
        for (const queued_tile &tile : tiles) {
            units.push_back(tile.units[0]);
        }
        return units;
    }

    tile_queue queue_ = {};
};

using Units = std::vector<size_t>;

TEST_F(TileQueue, GivesAsManyAsThereIsRoomForInTheirOrder)
{
    EXPECT_TRUE(push(1, 3) && push(2, 2) && push(3, 4) && push(4, 1));
    EXPECT_EQ(take(8, 5), (Units{1, 2}));
    EXPECT_TRUE(push(5, 1) && push(6, 1)); // around the ring's end
    EXPECT_EQ(take(1, 64), (Units{3}));
    EXPECT_EQ(take(2, 64), (Units{4, 5}));
    EXPECT_EQ(take(8, 64), (Units{6}));
    tile_queue_close(&queue_);
    EXPECT_EQ(take(8, 64), (Units{}));
}

TEST_F(TileQueue, APushWaitsForRoomAndADrainForWhatWasTaken)
{
    std::atomic<int> step{0};
    EXPECT_TRUE(push(1, 1) && push(2, 1) && push(3, 1) && push(4, 1));
    std::thread reader([&] {
        EXPECT_TRUE(push(5, 1));
        step = 1;
        tile_queue_drain(&queue_);
        step = 2;
    });
    EXPECT_EQ(step, 0);
    EXPECT_EQ(take(4, 64).size(), 4u);
    EXPECT_EQ(take(4, 64), (Units{5}));
    tile_queue_done(&queue_, 4);
    EXPECT_NE(step, 2);
    tile_queue_done(&queue_, 1);
    reader.join();
    EXPECT_EQ(step, 2);
}

TEST_F(TileQueue, TurnsComeInTheOrderOfThePushesWhoeverTook)
{
    enum { TILES = 200 };
    Units turns; // written by whose turn it is alone
    std::vector<std::thread> takers;
    for (int i = 0; i < 3; i++) {
        takers.emplace_back([&] {
            std::vector<queued_tile> tiles(2);
            size_t n = 0;
            while ((n = tile_queue_take(&queue_, 2, 64, tiles.data())) > 0) {
                for (size_t k = 0; k < n; k++) {
                    tile_queue_turn_wait(&queue_, tiles[k].turn);
                    turns.push_back(tiles[k].units[0]);
                    tile_queue_turn_end(&queue_);
                }
                tile_queue_done(&queue_, n);
            }
        });
    }
    Units pushed;
    for (size_t unit = 0; unit < TILES; unit++) {
        EXPECT_TRUE(push(unit, 1));
        pushed.push_back(unit);
    }
    tile_queue_close(&queue_);
    for (std::thread &taker : takers) {
        taker.join();
    }
    EXPECT_EQ(turns, pushed);
}

TEST_F(TileQueue, AfterAnErrorNothingIsPushedAndTheFirstOneIsKept)
{
    gaia_error first = {GAIA_DEVICE, "first"};
    gaia_error second = {GAIA_INTERNAL, "second"};
    EXPECT_TRUE(push(1, 1));
    tile_queue_fail(&queue_, &first);
    tile_queue_fail(&queue_, &second);
    EXPECT_FALSE(push(2, 1));
    EXPECT_STREQ(queue_.error.detail, "first");
    EXPECT_EQ(take(4, 64), (Units{1}));
}

TEST_F(TileQueue, AnErrorEndsTheWaitForRoom)
{
    gaia_error error = {GAIA_DEVICE, "lost"};
    EXPECT_TRUE(push(1, 1) && push(2, 1) && push(3, 1) && push(4, 1));
    std::thread reader([&] { EXPECT_FALSE(push(5, 1)); });
    tile_queue_fail(&queue_, &error);
    reader.join();
}

} // namespace
