// SPDX-License-Identifier: MIT
// Asking other programs: what they print comes back, and whatever they do, there is an end.
#include <gtest/gtest.h>

#include <chrono>
#include <string>

extern "C" {
#include "error.h"
#include "process.h"
}

namespace
{

struct Answer {
    gaia_status status;
    std::string printed;
    std::string detail;
};

Answer ask(const char *script, int64_t timeout_ms)
{
    const char *const arguments[] = {"sh", "-c", script, nullptr};
    text out = {};
    gaia_error err = {};
    Answer answer = {program_output("/bin/sh", arguments, timeout_ms, &out, &err), "", ""};
    answer.printed = std::string(out.s != nullptr ? out.s : "", out.length);
    answer.detail = err.detail;
    text_fini(&out);
    return answer;
}

TEST(Process, WhatAProgramPrintsComesBack)
{
    const Answer answer = ask("echo one; echo two >&2; cat", 60000);
    EXPECT_EQ(answer.status, GAIA_OK);
    EXPECT_EQ(answer.printed, "one\ntwo\n");
}

TEST(Process, AFailureIsToldInTheProgramsWords)
{
    const Answer answer = ask("echo no such library >&2; echo more; exit 3", 60000);
    EXPECT_EQ(answer.status, GAIA_FILE_UNREADABLE);
    EXPECT_EQ(answer.detail, "/bin/sh: no such library");
    EXPECT_EQ(ask("kill -9 $$", 60000).detail, "/bin/sh: it ended at once");
}

TEST(Process, AProgramThatDoesNotEndIsEnded)
{
    const auto before = std::chrono::steady_clock::now();
    const Answer answer = ask("exec sleep 600", 50);
    EXPECT_EQ(answer.status, GAIA_TIMEOUT);
    EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(300));
}

TEST(Process, OutputHasALimit)
{
    const Answer answer = ask("head -c 200000 /dev/zero | tr '\\0' x", 60000);
    EXPECT_EQ(answer.status, GAIA_OK);
    EXPECT_EQ(answer.printed, std::string(PROGRAM_OUTPUT_BYTES, 'x'));
}

TEST(Process, AProgramThatIsNotThere)
{
    const char *const arguments[] = {"none", nullptr};
    text out = {};
    gaia_error err = {};
    EXPECT_EQ(program_output("/nowhere/none", arguments, 1000, &out, &err), GAIA_FILE_UNREADABLE);
    EXPECT_STREQ(err.detail, "/nowhere/none: No such file or directory");
    text_fini(&out);
}

} // namespace
