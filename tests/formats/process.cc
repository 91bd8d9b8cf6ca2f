// SPDX-License-Identifier: MIT
//
// Starts a program, or a function of one in a child, under limits, and tells how it ended.
#include "process.h"

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <stdexcept>

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sanitized.h"

namespace
{

constexpr int kCannotRun = 127;

// In the child: becomes the program, or calls it.
[[noreturn]] void become(std::vector<char *> argv, int out, int err, const ProcessLimits &limits,
                         ProcessMain main)
{
    const rlimit space = {limits.address_bytes, limits.address_bytes};
    const rlimit cpu = {limits.cpu_s, limits.cpu_s + 1};
    const rlimit no_core = {0, 0};
    (void)alarm(limits.wall_s);
    // What ecCodes and HDF5 leave behind when they give up on a file goes with the process.
    if (setenv("ASAN_OPTIONS", "detect_leaks=0:allocator_may_return_null=1", 1) != 0 ||
        dup2(out, STDOUT_FILENO) < 0 || dup2(err, STDERR_FILENO) < 0 ||
        setrlimit(RLIMIT_CORE, &no_core) != 0 || setrlimit(RLIMIT_CPU, &cpu) != 0 ||
        (!sanitized() && setrlimit(RLIMIT_AS, &space) != 0)) {
        _exit(kCannotRun);
    }
    if (main != nullptr) {
        const int status = main(static_cast<int>(argv.size()) - 2, &argv[1]);
        (void)std::fflush(nullptr);
        _exit(status);
    }
    execv(argv[0], argv.data());
    _exit(kCannotRun);
}

std::string read_back(int fd)
{
    std::string text(static_cast<size_t>(lseek(fd, 0, SEEK_END)), '\0');
    const ssize_t n = pread(fd, text.data(), text.size(), 0);
    text.resize(n > 0 ? static_cast<size_t>(n) : 0);
    return text;
}

} // namespace

ProcessEnd process_run(const std::vector<std::string> &arguments, const ProcessLimits &limits,
                       ProcessMain main)
{
    const int out = memfd_create("stdout", MFD_CLOEXEC);
    const int err = memfd_create("stderr", MFD_CLOEXEC);
    std::vector<char *> argv;
    for (const std::string &argument : arguments) {
        argv.push_back(const_cast<char *>(argument.c_str()));
    }
    argv.push_back(nullptr);
    std::cout.flush();
    (void)std::fflush(nullptr); // else the child would write it again
    const pid_t child = out >= 0 && err >= 0 ? fork() : -1;
    if (child == 0) {
        become(argv, out, err, limits, main);
    }
    ProcessEnd end;
    int status = 0;
    rusage usage = {};
    const bool ended = child > 0 && wait4(child, &status, 0, &usage) == child;
    if (ended) {
        end.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        end.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
        end.peak_bytes = static_cast<uint64_t>(usage.ru_maxrss) * 1024;
        end.out = read_back(out);
        end.err = read_back(err);
    }
    (void)close(out);
    (void)close(err);
    if (!ended || end.status == kCannotRun) {
        throw std::runtime_error("cannot run " + arguments[0]);
    }
    return end;
}
