// SPDX-License-Identifier: MIT
#include <cstring>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include <gaia/status.h>

extern "C" {
#include "error.h"
}

TEST(Status, EveryCodeHasANameATextAClassAndAnExitStatus)
{
    std::set<std::string> names;
    for (int i = 0; i < GAIA_STATUS_COUNT; i++) {
        const auto status = static_cast<gaia_status>(i);
        const char *name = gaia_status_name(status);
        ASSERT_NE(name, nullptr);
        EXPECT_EQ(strspn(name, "abcdefghijklmnopqrstuvwxyz_"), strlen(name)) << name;
        EXPECT_TRUE(names.insert(name).second) << name << " is there twice";
        EXPECT_GT(strlen(gaia_status_text(status)), 0u) << name;
        EXPECT_EQ(gaia_status_from_name(name), status);
        EXPECT_EQ(gaia_status_class(status) == GAIA_CLASS_NONE, status == GAIA_OK) << name;
        EXPECT_EQ(gaia_status_exit(status) == 0, status == GAIA_OK) << name;
    }
}

TEST(Status, ExitStatusTellsUsageInputInternalAndTheRestApart)
{
    EXPECT_EQ(gaia_status_exit(GAIA_OK), 0);
    EXPECT_EQ(gaia_status_exit(GAIA_USAGE), 2);
    EXPECT_EQ(gaia_status_exit(GAIA_INTERNAL), 4);
    for (int i = 0; i < GAIA_STATUS_COUNT; i++) {
        const auto status = static_cast<gaia_status>(i);
        const enum gaia_class kind = gaia_status_class(status);
        if (kind == GAIA_CLASS_INVALID && status != GAIA_USAGE) {
            EXPECT_EQ(gaia_status_exit(status), 3) << gaia_status_name(status);
        }
        if (kind == GAIA_CLASS_UNAVAILABLE || kind == GAIA_CLASS_RESOURCE) {
            EXPECT_EQ(gaia_status_exit(status), 5) << gaia_status_name(status);
        }
    }
}

TEST(Status, UnknownValuesReadAsInternal)
{
    for (const int value : {-1, static_cast<int>(GAIA_STATUS_COUNT), 1 << 20}) {
        // Through memory: a value outside of the enumeration may not be cast to it.
        gaia_status status;
        static_assert(sizeof status == sizeof value, "an enumeration is an int here");
        memcpy(&status, &value, sizeof status);
        EXPECT_STREQ(gaia_status_name(status), "internal");
        EXPECT_EQ(gaia_status_class(status), GAIA_CLASS_INTERNAL);
        EXPECT_EQ(gaia_status_exit(status), 4);
    }
    EXPECT_EQ(gaia_status_from_name("no such"), GAIA_INTERNAL);
    EXPECT_EQ(gaia_status_from_name(""), GAIA_INTERNAL);
    EXPECT_EQ(gaia_status_from_name(nullptr), GAIA_INTERNAL);
}

TEST(Error, SetFormatsAndReturnsTheStatus)
{
    gaia_error err = {};
    EXPECT_EQ(error_set(&err, GAIA_FILE_MISSING, "%s: index %d", "a.nc", 3), GAIA_FILE_MISSING);
    EXPECT_EQ(err.status, GAIA_FILE_MISSING);
    EXPECT_STREQ(err.detail, "a.nc: index 3");
}

TEST(Error, PrefixGoesBeforeWhatIsThere)
{
    gaia_error err = {};
    (void)error_set(&err, GAIA_LIMIT, "inner");
    EXPECT_EQ(error_prefix(&err, GAIA_LIMIT, "forecast %d", 2), GAIA_LIMIT);
    EXPECT_STREQ(err.detail, "forecast 2: inner");
}

TEST(Error, LongDetailsAreCutNotOverrun)
{
    gaia_error err = {};
    const std::string text(3000, 'x');
    (void)error_set(&err, GAIA_LIMIT, "%s", text.c_str());
    EXPECT_EQ(strlen(err.detail), sizeof err.detail - 1);
    (void)error_prefix(&err, GAIA_LIMIT, "%s", std::string(3000, 'y').c_str());
    EXPECT_EQ(strlen(err.detail), sizeof err.detail - 1);
    EXPECT_EQ(err.detail[0], 'y');
    EXPECT_EQ(err.detail[sizeof err.detail - 2], 'x');
}

TEST(Error, NoErrorWantedIsAllowed)
{
    EXPECT_EQ(error_set(nullptr, GAIA_DISK, "text"), GAIA_DISK);
    EXPECT_EQ(error_prefix(nullptr, GAIA_DISK, "text"), GAIA_DISK);
    EXPECT_EQ(error_restate(nullptr, GAIA_DISK), GAIA_DISK);
    EXPECT_EQ(error_memory(nullptr, 5), GAIA_OUT_OF_MEMORY);
}

TEST(Error, RestateKeepsTheDetail)
{
    gaia_error err = {};
    (void)error_set(&err, GAIA_JOB_INVALID, "detail");
    EXPECT_EQ(error_restate(&err, GAIA_PROTOCOL), GAIA_PROTOCOL);
    EXPECT_EQ(err.status, GAIA_PROTOCOL);
    EXPECT_STREQ(err.detail, "detail");
}

TEST(Error, VersionIsThreeNumbers)
{
    int part[3] = {-1, -1, -1};
    EXPECT_EQ(sscanf(gaia_version(), "%d.%d.%d", &part[0], &part[1], &part[2]), 3);
}
