/* SPDX-License-Identifier: MIT
 *
 * The sandbox's files: what a process bound by Landlock can no longer write, run or bind, and what
 * it still can.
 */
#include <signal.h>
#include <sys/stat.h>

#include <future>
#include <sstream>
#include <thread>

#include "sandbox_harness.h"

namespace
{

TEST(SandboxRights, GrowWithTheVersion)
{
    EXPECT_EQ(0u, sandbox_rights_of(0).files);
    for (int version = 1; version < 10; version++) {
        const struct sandbox_rights before = sandbox_rights_of(version - 1);
        const struct sandbox_rights now = sandbox_rights_of(version);
        EXPECT_EQ(before.files, before.files & now.files);
        EXPECT_EQ(0u, now.files & (1 << 2 | 1 << 3)) << "reading is never limited";
        EXPECT_EQ(now.files, now.files & ((1u << 16) - 1));
        EXPECT_EQ(version >= 4 ? 1u : 0u, now.ports);
        EXPECT_EQ(version >= 6 ? 3u : 0u, now.scopes);
    }
    EXPECT_EQ(0x1fffu & ~0xcu, sandbox_rights_of(1).files);
    EXPECT_EQ(0xffffu & ~0xcu, sandbox_rights_of(5).files);
}

class Landlock : public Sandbox
{
  protected:
    void SetUp() override
    {
        Sandbox::SetUp();
        if (sandbox_landlock_version() == 0) {
            GTEST_SKIP() << "this kernel has no Landlock";
        }
    }

    std::string logged(const std::function<int()> &body);

    struct log log = {};
};

TEST_F(Landlock, NothingIsWrittenOutsideOfTheScratchFolder)
{
    EXPECT_EQ(EACCES, files([&] { return write_at(outside, 0); }));
    EXPECT_EQ(EACCES, files([&] { return write_at(directory + "/new", O_CREAT); }));
    EXPECT_EQ(EACCES, files([&] { return error_of(unlink(outside.c_str())); }));
    EXPECT_EQ(EACCES, files([&] { return error_of(mkdir((directory + "/d").c_str(), 0700)); }));
    EXPECT_EQ(EACCES, files([&] { return error_of(rmdir(scratch.c_str())); }));
    EXPECT_EQ(EACCES, files([&] {
                  return error_of(symlink(outside.c_str(), (directory + "/link").c_str()));
              }));
    EXPECT_NE(
        0, files([&] { return error_of(rename(outside.c_str(), (scratch + "/stolen").c_str())); }));
    if (sandbox_landlock_version() >= 3) {
        EXPECT_EQ(EACCES, files([&] { return error_of(truncate(outside.c_str(), 0)); }));
    }
    EXPECT_EQ(4u, std::filesystem::file_size(outside));
}

TEST_F(Landlock, ALinkOutOfTheScratchFolderIsNoWayOut)
{
    ASSERT_EQ(0, symlink(outside.c_str(), (scratch + "/link").c_str()));
    EXPECT_EQ(EACCES, files([&] { return write_at(scratch + "/link", 0); }));
}

TEST_F(Landlock, TheScratchFolderIsUsedAsAnyOther)
{
    EXPECT_EQ(0, files([&] {
                  const std::string sub = scratch + "/sub";
                  const std::string file = sub + "/file";
                  int failed = error_of(mkdir(sub.c_str(), 0700));
                  failed = failed != 0 ? failed : write_at(file, O_CREAT | O_EXCL);
                  failed = failed != 0 ? failed : write_at(file, O_TRUNC);
                  const std::string other = scratch + "/other";
                  failed = failed != 0 || sandbox_landlock_version() < 2
                               ? failed
                               : error_of(rename(file.c_str(), other.c_str()));
                  failed = failed != 0 ? failed : error_of(symlink("other", file.c_str()));
                  failed = failed != 0 ? failed : error_of(unlink(file.c_str()));
                  return failed != 0 ? failed : error_of(rmdir(sub.c_str()));
              }));
}

// As error maps are written: a file of another name, renamed; and nothing but files. What belongs
// to a job, or to another executor, is out of reach.
TEST_F(Landlock, TheStagingFolderTakesFilesAndNothingBesideIsTouched)
{
    const std::string results = directory + "/results";
    const std::string own = results + "/.staging/e1";
    const std::string mine = own + "/0-aa.gmap";
    const auto staging = [&](const std::function<int()> &body) {
        return ask([&] { sandbox_files(nullptr, own.c_str(), nullptr, &quiet); }, body);
    };
    std::filesystem::create_directories(own);
    EXPECT_EQ(0, staging([&] {
                  const std::string temporary = mine + ".x";
                  const int failed = write_at(temporary, O_CREAT | O_EXCL);
                  return failed != 0 ? failed : error_of(rename(temporary.c_str(), mine.c_str()));
              }));
    EXPECT_EQ(EACCES, staging([&] { return error_of(mkdir((own + "/d").c_str(), 0700)); }));
    EXPECT_EQ(EACCES, staging([&] { return error_of(symlink("x", (own + "/l").c_str())); }));
    EXPECT_EQ(EACCES, staging([&] { return error_of(mkfifo((own + "/f").c_str(), 0600)); }));
    EXPECT_EQ(EACCES, staging([&] { return error_of(rmdir(own.c_str())); }));
    EXPECT_EQ(EACCES, staging([&] { return write_at(scratch + "/file", O_CREAT); }));

    const std::set<int> refusals = {EACCES, EXDEV};
    for (const std::string &folder : {results + "/00ff", results + "/.staging/e2", results}) {
        std::filesystem::create_directories(folder);
        const std::string theirs = folder + "/0-bb.gmap";
        const std::string made = folder + "/1-bb.gmap";
        std::ofstream(theirs) << "a map";
        EXPECT_EQ(EACCES, staging([&] { return write_at(theirs, 0); }));
        EXPECT_EQ(EACCES, staging([&] { return write_at(made, O_CREAT); }));
        EXPECT_EQ(EACCES, staging([&] { return error_of(unlink(theirs.c_str())); }));
        if (sandbox_landlock_version() >= 3) {
            EXPECT_EQ(EACCES, staging([&] { return error_of(truncate(theirs.c_str(), 0)); }));
        }
        for (const auto &[from, to] :
             {std::pair(mine, theirs), std::pair(mine, made), std::pair(theirs, mine)}) {
            const auto renamed = [&, from = from, to = to] {
                return error_of(rename(from.c_str(), to.c_str()));
            };
            EXPECT_EQ(1u, refusals.count(staging(renamed))) << from << " to " << to;
        }
        for (const auto &[from, to] : {std::pair(mine, made), std::pair(theirs, own + "/l")}) {
            const auto linked = [&, from = from, to = to] {
                return error_of(link(from.c_str(), to.c_str()));
            };
            EXPECT_EQ(1u, refusals.count(staging(linked))) << from << " to " << to;
        }
        std::stringstream text;
        text << std::ifstream(theirs).rdbuf();
        EXPECT_EQ("a map", text.str());
        EXPECT_FALSE(std::filesystem::exists(made));
    }
}

TEST_F(Landlock, WithoutAScratchFolderNothingIsWritten)
{
    EXPECT_EQ(EACCES, ask([] { sandbox_files(nullptr, nullptr, nullptr, &quiet); },
                          [&] { return write_at(scratch + "/file", O_CREAT); }));
}

TEST_F(Landlock, ReadingGoesOnAndTheNullDeviceTakesAll)
{
    EXPECT_EQ(0, files([&] { return error_of(open(outside.c_str(), O_RDONLY | O_CLOEXEC)); }));
    EXPECT_EQ(0, files([] { return error_of(open("/proc/meminfo", O_RDONLY | O_CLOEXEC)); }));
    EXPECT_EQ(0, files([] { return write_at("/dev/null", 0); }));
}

// NVIDIA's driver does not start without. A thread that is there before the sandbox, and one that
// is made in it, are named by another; what is another process's is not written.
TEST_F(Landlock, TheProcessNamesItsOwnThreads)
{
    const auto name_another = [] {
        std::promise<void> end;
        std::thread other([&] { end.get_future().wait(); });
        const int failed = pthread_setname_np(other.native_handle(), "named");
        end.set_value();
        other.join();
        return failed;
    };
    EXPECT_EQ(0, files(name_another));
    EXPECT_EQ(0, ask(
                     [this] {
                         sandbox_files(scratch.c_str(), nullptr, nullptr, &quiet);
                         sandbox_calls(&quiet);
                     },
                     name_another));
    EXPECT_EQ(EACCES,
              files([] { return write_at("/proc/" + std::to_string(getppid()) + "/comm", 0); }));
    EXPECT_EQ(EACCES, files([] { return write_at("/proc/self/comm", 0); }));
}

TEST_F(Landlock, NoProgramIsRunAndNoPortBound)
{
    EXPECT_EQ(EACCES, files(exec_true));
    if (sandbox_landlock_version() >= 4) {
        EXPECT_EQ(EACCES, files([] { return bind_loopback(SOCK_STREAM); }));
    }
    if (sandbox_landlock_version() >= 6) {
        EXPECT_EQ(EPERM, files([] { return error_of(kill(getppid(), 0)); }));
    }
}

/* What is in the security log of an executor that has gone into the sandbox and then done this. */
std::string Landlock::logged(const std::function<int()> &body)
{
    logger_config config = logger_config_default("gaia-executor");
    config.directory = directory.c_str();
    config.name = "e1";
    config.file_bytes = 4096;
    EXPECT_EQ(GAIA_OK, logger_open(&config, &log.logger, nullptr));
    EXPECT_EQ(0,
              ask([&] { sandbox_files(scratch.c_str(), nullptr, logger_folder(log.logger), &log); },
                  body));
    logger_close(log.logger);
    std::stringstream text;
    text << std::ifstream(directory + "/e1/security.log").rdbuf();
    return text.str();
}

TEST_F(Landlock, IsToldOfInTheLog)
{
    const std::string line = logged([] { return 0; });
    EXPECT_NE(std::string::npos, line.find("] sandbox_landlock: ")) << line;
    EXPECT_NE(std::string::npos, line.find(" scratch=" + scratch + " ")) << line;
}

TEST_F(Landlock, TheLogIsStillWrittenAndRotated)
{
    const std::string lines = logged([this] {
        const log_site site = {LOG_SECURITY, LOG_INFO, "after", "a line in the sandbox"};
        for (int i = 0; i < 100; i++) {
            log_write(&log, &site, nullptr);
        }
        return std::filesystem::exists(directory + "/e1/security.log.2") ? 0 : 1;
    });
    EXPECT_NE(std::string::npos, lines.find("] after: a line in the sandbox")) << lines;
}

} // namespace
