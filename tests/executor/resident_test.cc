/* SPDX-License-Identifier: MIT
 *
 * What an executor tells of itself: truths of late, and memory.
 */
#include <gtest/gtest.h>

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <string>

extern "C" {
#include "machine.h"
#include "resident.h"
}

namespace
{

constexpr uint64_t mib = 1 << 20;

class Resident : public testing::Test
{
  protected:
    void touch(const std::string &job)
    {
        json_t *json = json_loads(job.c_str(), 0, nullptr);
        resident_touch(&list, json);
        json_decref(json);
    }

    static std::string job(int truth)
    {
        return "{\"truth\":{\"files\":[\"/t" + std::to_string(truth) + ".nc\"]}}";
    }

    std::string key(size_t i)
    {
        json_t *json = resident_json(&list);
        const char *text = json_string_value(json_array_get(json, i));
        const std::string found = text != nullptr ? text : "";
        json_decref(json);
        return found;
    }

    resident list = {};
};

TEST_F(Resident, TheLatestTruthComesFirstAndOnce)
{
    EXPECT_EQ("", key(0));
    touch(job(1));
    const std::string first = key(0);
    EXPECT_EQ(16u, first.size());
    EXPECT_EQ(std::string::npos, first.find_first_not_of("0123456789abcdef"));
    touch(job(2));
    touch(job(3));
    EXPECT_EQ(first, key(2));
    touch(job(1));
    EXPECT_EQ(first, key(0));
    EXPECT_EQ(3u, list.n);
    EXPECT_NE(key(1), key(2));
}

TEST_F(Resident, IsBounded)
{
    touch(job(0));
    const std::string oldest = key(0);
    for (int i = 1; i <= RESIDENT_MAX; i++) {
        touch(job(i));
    }
    EXPECT_EQ(static_cast<size_t>(RESIDENT_MAX), list.n);
    for (size_t i = 0; i < list.n; i++) {
        EXPECT_NE(oldest, key(i));
        EXPECT_NE("", key(i));
    }
}

TEST_F(Resident, WorkWithoutATruthChangesNothing)
{
    touch("{\"task\":\"weather.hash.gfs_compute\"}");
    EXPECT_EQ(0u, list.n);
}

TEST_F(Resident, TheKeyIsThatOfTheTruthsFiles)
{
    const char *const files[] = {"/a.nc", "/b.nc"};
    char expected[TRUTH_KEY];
    char other[TRUTH_KEY];
    truth_key(files, 2, expected);
    touch("{\"name\":\"x\",\"truth\":{\"format\":\"netcdf\",\"files\":[\"/a.nc\",\"/b.nc\"]}}");
    EXPECT_EQ(expected, key(0));
    truth_key(files, 1, other);
    EXPECT_STRNE(expected, other);
    touch("{\"truth\":{\"files\":[\"/a.nc\",7]}}");
    touch("{\"truth\":{\"files\":[]}}");
    EXPECT_EQ(1u, list.n);
}

uint64_t free_bytes(uint64_t memory, uint64_t base)
{
    resident fresh = {};
    return resident_free_bytes(&fresh, memory, base, 0);
}

TEST(FreeMemory, IsWhatTheOptionLeavesOrTheMachineHas)
{
    constexpr uint64_t any = UINT64_MAX / 2;
    machine_memory machine = {};
    machine_memory_read("", &machine);
    EXPECT_EQ(mib, free_bytes(mib, process_rss_bytes(getpid())));
    EXPECT_GT(free_bytes(any, any), 0u);
    EXPECT_LE(free_bytes(any, any), machine.limit_bytes);
    /* What grew since the engine was opened is data that the next batch has anew. */
    EXPECT_GE(free_bytes(any, 0), process_rss_bytes(getpid()) / 2);
}

TEST(FreeMemory, IsMeasuredOnceASecond)
{
    resident list = {};
    list.measured = true;
    list.measured_ms = 5000;
    list.room_bytes = 12;
    EXPECT_EQ(12u, resident_free_bytes(&list, mib, 0, 5999));
    EXPECT_EQ(mib, resident_free_bytes(&list, mib, 0, 6000));
    EXPECT_EQ(6000, list.measured_ms);
}

} // namespace
