/* SPDX-License-Identifier: MIT
 *
 * Locks that say which process runs, and programs that find each other.
 */
#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

extern "C" {
#include "process.h"
}

namespace
{

class Files : public testing::Test
{
  protected:
    void SetUp() override
    {
        char made[] = "/tmp/gaia-node-XXXXXX";
        directory = mkdtemp(made);
    }

    void TearDown() override
    {
        std::filesystem::remove_all(directory);
    }

    std::string directory;
    gaia_error err = {};
};

TEST_F(Files, ALockHasOneHolder)
{
    const std::string path = directory + "/lock";
    bool taken = false;
    int fd = -1;
    ASSERT_EQ(GAIA_OK, lock_take(path.c_str(), &taken, &fd, &err));
    ASSERT_TRUE(taken);
    int other = -1;
    ASSERT_EQ(GAIA_OK, lock_take(path.c_str(), &taken, &other, &err));
    EXPECT_FALSE(taken);
    EXPECT_EQ(-1, other);
    close(fd);
    ASSERT_EQ(GAIA_OK, lock_take(path.c_str(), &taken, &other, &err));
    EXPECT_TRUE(taken);
    close(other);
}

TEST_F(Files, ALockOfSomethingThatIsNoFile)
{
    bool taken = true;
    int fd = -1;
    EXPECT_EQ(GAIA_DISK, lock_take((directory + "/none/lock").c_str(), &taken, &fd, &err));
    EXPECT_EQ(GAIA_DISK, lock_take(directory.c_str(), &taken, &fd, &err));
}

TEST_F(Files, ProgramsAreFoundBesideThisOne)
{
    char path[4096];
    EXPECT_EQ(GAIA_OK, program_beside("node_test", path, sizeof path, &err));
    EXPECT_EQ(0, access(path, X_OK));
    EXPECT_EQ(GAIA_FILE_MISSING, program_beside("no-such-program", path, sizeof path, &err));
    EXPECT_EQ(GAIA_FILE_MISSING, program_beside("node_test", path, 4, &err));
}

} // namespace
