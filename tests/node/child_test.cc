/* SPDX-License-Identifier: MIT
 *
 * Processes that the node starts: how they end, and what they are started with.
 */
#include <gtest/gtest.h>

#include <poll.h>

#include <csignal>
#include <string>

extern "C" {
#include "child.h"
#include "process.h"
}

namespace
{

class Child : public testing::Test
{
  protected:
    /* Runs the shell's command. */
    void start(const char *command)
    {
        one.handle = -1;
        one.arguments[0] = "/bin/sh";
        one.arguments[1] = "-c";
        one.arguments[2] = command;
        ASSERT_EQ(GAIA_OK, child_start(&one, 7, &err)) << err.detail;
        EXPECT_EQ(7, one.started_ms);
    }

    child_end wait()
    {
        child_end end = {};
        pollfd gone = {one.handle, POLLIN, 0};
        EXPECT_EQ(1, poll(&gone, 1, 60000));
        EXPECT_TRUE(child_collect(&one, &end));
        EXPECT_EQ(0, one.pid);
        EXPECT_FALSE(child_collect(&one, &end));
        return end;
    }

    child one = {};
    gaia_error err = {};
};

TEST_F(Child, EndsWell)
{
    start("exit 0");
    const child_end end = wait();
    EXPECT_TRUE(end.well);
    EXPECT_FALSE(end.overtime);
    EXPECT_STREQ("ended with status 0", end.how);
}

TEST_F(Child, SaysThatItsBatchWasOverItsTime)
{
    start(("exit " + std::to_string(PROGRAM_OVERTIME)).c_str());
    const child_end end = wait();
    EXPECT_FALSE(end.well);
    EXPECT_TRUE(end.overtime);
}

TEST_F(Child, IsSignalled)
{
    start("while :; do sleep 1; done");
    child_signal(&one, SIGKILL);
    const child_end end = wait();
    EXPECT_FALSE(end.well);
    EXPECT_STREQ("was killed by signal 9 (Killed)", end.how);
    child_signal(&one, SIGKILL); /* nobody is there to get it */
}

TEST_F(Child, HasTheAddressSpaceThatItIsGiven)
{
    one.address_bytes = UINT64_C(512) << 20;
    start("test \"$(ulimit -v)\" = 524288 && test \"$(ulimit -H -v)\" = 524288");
    EXPECT_TRUE(wait().well);
    one.address_bytes = 0;
    start("test \"$(ulimit -v)\" != 524288");
    EXPECT_TRUE(wait().well);
}

TEST_F(Child, WithoutAProgram)
{
    one.handle = -1;
    one.arguments[0] = "/nowhere/gaia-executor";
    ASSERT_EQ(GAIA_OK, child_start(&one, 0, &err));
    EXPECT_STREQ("could not be executed (/nowhere/gaia-executor)", wait().how);
}

} // namespace
