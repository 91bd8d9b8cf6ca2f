// SPDX-License-Identifier: MIT
//
// The core's heap and map, against the standard library's, with random operations.
//
// Invariant: both answer as std::set and std::map would, after every operation.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

extern "C" {
#include "heap.h"
#include "map.h"
}

namespace
{

struct Item {
    struct heap_node node;
    int key;
    int id;
};

bool ItemLess(const struct heap_node *a, const struct heap_node *b)
{
    const Item *x = HEAP_OWNER_CONST(a, Item, node);
    const Item *y = HEAP_OWNER_CONST(b, Item, node);
    return x->key != y->key ? x->key < y->key : x->id < y->id;
}

TEST(Heap, AgreesWithASetUnderRandomOperations)
{
    std::mt19937 random(1);
    std::vector<Item> items(500);
    std::set<std::pair<int, int>> model;
    struct heap heap = {};
    heap.less = ItemLess;
    for (size_t i = 0; i < items.size(); i++) {
        items[i].id = static_cast<int>(i);
    }
    for (int step = 0; step < 20000; step++) {
        Item &item = items[random() % items.size()];
        if (item.node.slot == 0) {
            item.key = static_cast<int>(random() % 50);
            ASSERT_TRUE(heap_push(&heap, &item.node));
            model.insert({item.key, item.id});
        } else {
            heap_remove(&heap, &item.node);
            model.erase({item.key, item.id});
        }
        ASSERT_EQ(model.size(), heap.count);
        const struct heap_node *first = heap_first(&heap);
        ASSERT_EQ(model.empty(), first == nullptr);
        if (first != nullptr) {
            ASSERT_EQ(model.begin()->second, HEAP_OWNER_CONST(first, Item, node)->id);
        }
    }
    heap_fini(&heap);
}

TEST(Heap, LeavesANodeAloneThatIsInNone)
{
    struct heap heap = {};
    Item item = {};
    heap_remove(&heap, &item.node);
    EXPECT_EQ(nullptr, heap_first(&heap));
    heap_fini(&heap);
}

TEST(Map, AgreesWithAMapUnderRandomOperations)
{
    std::mt19937 random(2);
    std::vector<std::string> keys;
    std::map<std::string, void *> model;
    struct map map = {};
    for (int i = 0; i < 300; i++) {
        keys.push_back("key" + std::to_string(i));
    }
    for (int step = 0; step < 20000; step++) {
        const std::string &key = keys[random() % keys.size()];
        void *value = &keys[random() % keys.size()];
        const auto found = model.find(key);
        if (found == model.end()) {
            ASSERT_TRUE(map_put(&map, key.c_str(), value));
            model[key] = value;
        } else {
            map_remove(&map, key.c_str(), &model); // another's value: stays
            ASSERT_EQ(found->second, map_get(&map, key.c_str()));
            map_remove(&map, key.c_str(), found->second);
            model.erase(found);
        }
        ASSERT_EQ(model.size(), map.count);
        const std::string &other = keys[random() % keys.size()];
        const auto expected = model.find(other);
        ASSERT_EQ(expected != model.end() ? expected->second : nullptr,
                  map_get(&map, other.c_str()));
    }
    map_fini(&map);
}

TEST(Map, ThatIsEmptyHasNothing)
{
    struct map map = {};
    EXPECT_EQ(nullptr, map_get(&map, "a"));
    map_remove(&map, "a", nullptr);
    map_fini(&map);
}

} // namespace
