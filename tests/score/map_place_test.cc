// SPDX-License-Identifier: MIT
//
// Names of error maps and of executors' folders: nothing leads out of a folder, and no two are one.
#include <gtest/gtest.h>

#include <set>
#include <string>

extern "C" {
#include "map_place.h"
}

namespace
{

const char kAttempt[] = "00ff12";

std::string staging(const std::string &executor)
{
    char name[MAP_NAME];
    gaia_error err = {};
    return map_staging_make(executor.c_str(), name, &err) == GAIA_OK ? name : "";
}

TEST(MapPlace, IsNamedByWhatTheSchedulerMadeAlone)
{
    char path[MAP_PATH];
    char name[MAP_NAME];
    gaia_error err = {};
    ASSERT_EQ(GAIA_OK, map_path_make("/r", 7, kAttempt, path, &err));
    EXPECT_STREQ("/r/7-00ff12.gmap", path);
    ASSERT_EQ(GAIA_OK, map_name_make(UINT64_MAX, std::string(39, 'a').c_str(), name, &err));
    for (const std::string &wrong :
         {std::string(""), std::string(".."), std::string("00/.."), std::string("a b"),
          std::string("00FF"), std::string("00ff\n"), std::string(65, '0')}) {
        EXPECT_EQ(GAIA_PROTOCOL, map_path_make("/r", 0, wrong.c_str(), path, &err)) << wrong;
        EXPECT_FALSE(map_id_is_sound(wrong.c_str())) << wrong;
    }
    EXPECT_EQ(GAIA_LIMIT, map_path_make(std::string(5000, 'r').c_str(), 0, "00", path, &err));
}

TEST(MapPlace, TellsMapsOfOtherAttempts)
{
    EXPECT_TRUE(map_name_is_of_other("7-aa.gmap", 5, 8, kAttempt));
    EXPECT_TRUE(map_name_is_of_other("7-aa.gmap.x1y2z3", 5, 8, kAttempt));
    EXPECT_FALSE(map_name_is_of_other("7-00ff12.gmap", 5, 8, kAttempt));
    EXPECT_FALSE(map_name_is_of_other("8-aa.gmap", 5, 8, kAttempt));
    EXPECT_FALSE(map_name_is_of_other("4-aa.gmap", 5, 8, kAttempt));
    EXPECT_FALSE(map_name_is_of_other("notes", 0, 8, kAttempt));
    EXPECT_FALSE(map_name_is_of_other("-aa.gmap", 0, 8, kAttempt));
    EXPECT_FALSE(map_name_is_of_other("7", 5, 8, kAttempt));
}

TEST(MapPlace, EachExecutorHasAFolder)
{
    EXPECT_EQ("executor-1", staging("executor-1"));
    EXPECT_EQ("gpu1%2Fhost.example-12", staging("gpu1/host.example-12"));
    EXPECT_EQ("%2E.", staging(".."));
    EXPECT_EQ("", staging(""));
    EXPECT_EQ("", staging(std::string(127, '/')));
    std::set<std::string> folders;
    const std::set<std::string> ids = {"a/b", "a_b",  "a%2Fb", "a%2fb", "a.b",
                                       ".a",  "%2Ea", "A/b",   "a b",   "a\x7f"};
    for (const std::string &id : ids) {
        const std::string folder = staging(id);
        char executor[MAP_NAME];
        EXPECT_EQ(std::string::npos, folder.find('/')) << id;
        EXPECT_NE('.', folder[0]) << id;
        EXPECT_TRUE(map_staging_parse(folder.c_str(), executor)) << folder;
        EXPECT_EQ(id, executor);
        folders.insert(folder);
    }
    EXPECT_EQ(ids.size(), folders.size());
}

TEST(MapPlace, AFolderOfAnyOtherNameIsNobodys)
{
    char executor[MAP_NAME];
    for (const std::string &name :
         {std::string(""), std::string("."), std::string(".a"), std::string("a%"),
          std::string("a%2"), std::string("a%2f"), std::string("a%41"), std::string("a%00b"),
          std::string("a% 2"), std::string("a b"), std::string(300, 'a')}) {
        EXPECT_FALSE(map_staging_parse(name.c_str(), executor)) << name;
    }
}

} // namespace
