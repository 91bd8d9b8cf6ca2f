/* SPDX-License-Identifier: MIT
 *
 * What a process in the sandbox can no longer do, and what it still can: each in a process of its
 * own, against the kernel that is there.
 */
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>
#include <string>
#include <thread>

extern "C" {
#include "clock.h"
#include "file.h"
#include "logger.h"
#include "sandbox.h"
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED 1
#else
#define IS_SANITIZED 0
#endif

namespace
{

const struct log quiet = {};

/* Runs the body in a new process that `confine` was called in, and returns its answer, which is an
 * errno, or 128 + the signal that it died of. */
int ask(const std::function<void()> &confine, const std::function<int()> &body)
{
    int how = 0;
    const pid_t pid = fork();
    if (pid == 0) {
        confine();
        _exit(body());
    }
    EXPECT_EQ(pid, waitpid(pid, &how, 0));
    return WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
}

/* 0 if the call has succeeded, else its errno. */
int error_of(long result)
{
    return result >= 0 ? 0 : errno;
}

class Sandbox : public testing::Test
{
  protected:
    void SetUp() override
    {
        char made[] = "/tmp/gaia-sandbox-XXXXXX";
        directory = mkdtemp(made);
        scratch = directory + "/scratch";
        outside = directory + "/outside";
        std::filesystem::create_directory(scratch);
        std::ofstream(outside) << "text";
    }

    void TearDown() override
    {
        std::filesystem::remove_all(directory);
    }

    int both(const std::function<int()> &body) const
    {
        return ask(
            [&] {
                sandbox_files(scratch.c_str(), nullptr, nullptr, &quiet);
                sandbox_calls(&quiet);
            },
            body);
    }

    int files(const std::function<int()> &body) const
    {
        return ask([&] { sandbox_files(scratch.c_str(), nullptr, nullptr, &quiet); }, body);
    }

    static int calls(const std::function<int()> &body)
    {
        return ask([] { sandbox_calls(&quiet); }, body);
    }

    std::string directory;
    std::string scratch;
    std::string outside;
};

int write_at(const std::string &path, int flags)
{
    const int fd = open(path.c_str(), O_WRONLY | flags, 0600);
    if (fd < 0) {
        return errno;
    }
    const ssize_t n = write(fd, "x", 1);
    close(fd);
    return n == 1 ? 0 : EIO;
}

int bind_loopback(int type)
{
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    return fd < 0 ? 255
                  : error_of(bind(fd, reinterpret_cast<sockaddr *>(&address), sizeof address));
}

int exec_true()
{
    char program[] = "/bin/true";
    char *arguments[] = {program, nullptr};
    char *environment[] = {nullptr};
    return error_of(execve(program, arguments, environment));
}

TEST_F(Sandbox, WithoutItTheseThingsWork)
{
    const auto nothing = [] {};
    EXPECT_EQ(0, ask(nothing, [&] { return write_at(outside, 0); }));
    EXPECT_EQ(0, ask(nothing, [] { return bind_loopback(SOCK_STREAM); }));
    EXPECT_EQ(0, ask(nothing, exec_true));
    EXPECT_EQ(0, ask(nothing, [] { return error_of(kill(getppid(), 0)); }));
}

/* ---- Landlock ---- */

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

/* ---- seccomp ---- */

TEST_F(Sandbox, NoSocketIsReached)
{
    EXPECT_EQ(EPERM, calls([] { return bind_loopback(SOCK_STREAM); }));
    EXPECT_EQ(EPERM, calls([] { return bind_loopback(SOCK_DGRAM); }));
    EXPECT_EQ(EPERM, calls([] {
                  return error_of(listen(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), 1));
              }));
    EXPECT_EQ(EPERM, calls([] { return error_of(accept4(0, nullptr, nullptr, 0)); }));
    EXPECT_EQ(EPERM, calls([] { return error_of(accept(0, nullptr, nullptr)); }));
}

TEST_F(Sandbox, OthersAreStillDialled)
{
    sockaddr_in address = {};
    socklen_t length = sizeof address;
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sockaddr *plain = reinterpret_cast<sockaddr *>(&address);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT_EQ(0, bind(fd, plain, length));
    ASSERT_EQ(0, listen(fd, 1));
    ASSERT_EQ(0, getsockname(fd, plain, &length));
    EXPECT_EQ(0, both([&] {
                  const int dialled = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
                  return error_of(connect(dialled, plain, length));
              }));
    close(fd);
}

TEST_F(Sandbox, NoProgramIsRun)
{
    EXPECT_EQ(EPERM, calls(exec_true));
    EXPECT_EQ(EPERM, both(exec_true));
}

TEST_F(Sandbox, TheSystemIsLeftAlone)
{
    EXPECT_EQ(EPERM, calls([] { return error_of(mount("none", "/mnt", "tmpfs", 0, nullptr)); }));
    EXPECT_EQ(EPERM, calls([] { return error_of(unshare(CLONE_NEWUSER)); }));
    EXPECT_EQ(EPERM, calls([] { return error_of(chroot("/")); }));
    EXPECT_EQ(EPERM, calls([] {
                  return error_of(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0));
              }));
    EXPECT_EQ(EPERM, calls([] { return error_of(syscall(SYS_io_uring_setup, 1, nullptr)); }));
    EXPECT_EQ(EPERM, calls([] { return error_of(syscall(SYS_bpf, 0, nullptr, 0)); }));
}

TEST_F(Sandbox, NoFileIsGivenAwayOrClosed)
{
    const char *path = outside.c_str();
    const auto opened = [&] { return open(path, O_RDONLY | O_CLOEXEC); };
    EXPECT_EQ(EPERM, calls([&] { return error_of(chmod(path, 0)); }));
    EXPECT_EQ(EPERM, calls([&] { return error_of(fchmod(opened(), 0)); }));
    EXPECT_EQ(EPERM, calls([&] { return error_of(fchmodat(AT_FDCWD, path, 0, 0)); }));
    EXPECT_EQ(EPERM, calls([&] { return error_of(syscall(452, AT_FDCWD, path, 0, 0)); }));
    EXPECT_EQ(EPERM, calls([&] { return error_of(chown(path, getuid(), getgid())); }));
    EXPECT_EQ(EPERM, calls([&] { return error_of(lchown(path, getuid(), getgid())); }));
    EXPECT_EQ(EPERM, calls([&] { return error_of(fchown(opened(), getuid(), getgid())); }));
    EXPECT_EQ(EPERM, calls([&] { return error_of(setxattr(path, "user.a", "b", 1, 0)); }));
    EXPECT_EQ(EPERM, calls([&] { return error_of(fsetxattr(opened(), "user.a", "b", 1, 0)); }));
    /* Files that nobody else may read are made without. */
    EXPECT_EQ(0, both([&] {
                  gaia_error err = {};
                  return static_cast<int>(
                      file_write((scratch + "/made").c_str(), "x", 1, 0600, &err));
              }));
}

TEST_F(Sandbox, OtherProcessesAreLeftAlone)
{
    if (IS_SANITIZED) {
        GTEST_SKIP() << "sanitizers trace and signal at exit";
    }
    EXPECT_EQ(EPERM, calls([] { return error_of(kill(getppid(), 0)); }));
    EXPECT_EQ(EPERM, calls([] { return error_of(kill(0, 0)); }));
    EXPECT_EQ(EPERM, calls([] { return error_of(syscall(SYS_tgkill, getppid(), getppid(), 0)); }));
    EXPECT_EQ(EPERM,
              calls([] { return error_of(ptrace(PTRACE_ATTACH, getppid(), nullptr, nullptr)); }));
    EXPECT_EQ(0, calls([] { return error_of(kill(getpid(), 0)); }));
}

TEST_F(Sandbox, AProcessMayStillAbortAndStartThreads)
{
    EXPECT_EQ(128 + SIGABRT, both([] {
                  signal(SIGABRT, SIG_DFL);
                  abort();
                  return 0;
              }));
    EXPECT_EQ(0, both([] {
                  int ran = 1;
                  std::thread([&] { ran = 0; }).join();
                  return ran;
              }));
}

TEST_F(Sandbox, AThreadThatRunsAlreadyIsBoundToo)
{
    std::atomic<int> stage{0};
    int answer = -1;
    EXPECT_EQ(EPERM, ask([] {},
                         [&] {
                             std::thread earlier([&] {
                                 stage = 1;
                                 while (stage != 2) {
                                     clock_sleep_ms(1);
                                 }
                                 answer = bind_loopback(SOCK_STREAM);
                             });
                             while (stage != 1) {
                                 clock_sleep_ms(1);
                             }
                             sandbox_calls(&quiet);
                             stage = 2;
                             earlier.join();
                             return answer;
                         }));
}

TEST_F(Sandbox, NoPrivilegesAreGained)
{
    EXPECT_EQ(1, files([] { return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0); }));
    EXPECT_EQ(1, calls([] { return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0); }));
}

#if defined(__x86_64__)
TEST_F(Sandbox, CallsByOtherNumbersEndTheProcess)
{
    EXPECT_EQ(128 + SIGSYS, calls([] { return error_of(syscall(0x40000000 | SYS_getpid)); }));
    /* Where the kernel has no 32-bit calls at all they are a fault of the process. */
    const std::set<int> deaths = {128 + SIGSYS, 128 + SIGSEGV};
    EXPECT_EQ(1u, deaths.count(calls([] {
        signal(SIGSEGV, SIG_DFL);
        long result = 20; /* getpid of i386 */
        __asm__ volatile("int $0x80" : "+a"(result) : : "memory");
        return 0;
    })));
}
#endif

TEST(SandboxFilter, FitsAndEndsInAnAnswer)
{
    sock_filter filter[SANDBOX_FILTER_MAX];
    const size_t n = sandbox_filter(getpid(), filter);
    ASSERT_GT(n, 4u);
    ASSERT_LE(n, static_cast<size_t>(SANDBOX_FILTER_MAX));
    EXPECT_EQ(BPF_RET | BPF_K, filter[n - 1].code);
}

} // namespace
