/* SPDX-License-Identifier: MIT
 *
 * The sandbox's system calls: what a process bound by seccomp, or by both, can no longer do, and
 * what it still can.
 */
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#include <atomic>
#include <set>
#include <thread>

#include "sandbox_harness.h"

extern "C" {
#include "clock.h"
#include "file.h"
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED 1
#else
#define IS_SANITIZED 0
#endif

namespace
{

TEST_F(Sandbox, WithoutItTheseThingsWork)
{
    const auto nothing = [] {};
    EXPECT_EQ(0, ask(nothing, [&] { return write_at(outside, 0); }));
    EXPECT_EQ(0, ask(nothing, [] { return bind_loopback(SOCK_STREAM); }));
    EXPECT_EQ(0, ask(nothing, exec_true));
    EXPECT_EQ(0, ask(nothing, [] { return error_of(kill(getppid(), 0)); }));
}

TEST_F(Sandbox, NoSocketIsReached)
{
    EXPECT_EQ(EPERM, calls([] { return bind_loopback(SOCK_STREAM); }));
    EXPECT_EQ(EPERM, calls([] { return bind_loopback(SOCK_DGRAM); }));
    EXPECT_EQ(EPERM, calls([] {
                  return error_of(listen(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), 1));
              }));
    EXPECT_EQ(EPERM, calls([] { return error_of(accept4(0, nullptr, nullptr, 0)); }));
    EXPECT_EQ(EPERM, calls([] { return error_of(accept(0, nullptr, nullptr)); }));
    const auto local = [] { return error_of(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)); };
    EXPECT_EQ(0, ask([] {}, local));
    EXPECT_EQ(EPERM, calls(local));
    const auto pair = [](int type) {
        return [=] {
            int ends[2];
            return error_of(socketpair(AF_UNIX, type, 0, ends));
        };
    };
    EXPECT_EQ(0, calls(pair(SOCK_STREAM | SOCK_CLOEXEC)));
    EXPECT_EQ(0, ask([] {}, pair(SOCK_DGRAM | SOCK_CLOEXEC)));
    EXPECT_EQ(EPERM, calls(pair(SOCK_DGRAM)));
    EXPECT_EQ(EPERM, calls(pair(SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK)));
}

TEST_F(Sandbox, NothingIsTypedIntoATerminal)
{
    const int terminal = open("/dev/ptmx", O_RDWR | O_CLOEXEC);
    ASSERT_GE(terminal, 0);
    const auto control = [&](unsigned long what) {
        return [=] {
            char text[128] = "x";
            return error_of(ioctl(terminal, what, text));
        };
    };
    EXPECT_EQ(0, ask([] {}, control(TIOCSTI)));
    EXPECT_EQ(EPERM, calls(control(TIOCSTI)));
    EXPECT_EQ(EPERM, calls(control(0xffff000000000000 | TIOCSTI))); // the kernel takes the low half
    EXPECT_EQ(EPERM, calls(control(TIOCLINUX)));
    EXPECT_EQ(0, calls(control(TIOCGWINSZ))) << "other controls are left";
    close(terminal);
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
