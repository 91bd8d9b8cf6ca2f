/* SPDX-License-Identifier: MIT
 *
 * A process of its own for each thing that is tried in the sandbox, against the kernel that is
 * there.
 */
#ifndef SANDBOX_HARNESS_H
#define SANDBOX_HARNESS_H

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

extern "C" {
#include "logger.h"
#include "sandbox.h"
}

inline const struct log quiet = {};

/* Runs the body in a new process that `confine` was called in, and returns its answer, which is an
 * errno, or 128 + the signal that it died of. */
inline int ask(const std::function<void()> &confine, const std::function<int()> &body)
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
inline int error_of(long result)
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

inline int write_at(const std::string &path, int flags)
{
    const int fd = open(path.c_str(), O_WRONLY | flags, 0600);
    if (fd < 0) {
        return errno;
    }
    const ssize_t n = write(fd, "x", 1);
    close(fd);
    return n == 1 ? 0 : EIO;
}

inline int bind_loopback(int type)
{
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    return fd < 0 ? 255
                  : error_of(bind(fd, reinterpret_cast<sockaddr *>(&address), sizeof address));
}

inline int exec_true()
{
    char program[] = "/bin/true";
    char *arguments[] = {program, nullptr};
    char *environment[] = {nullptr};
    return error_of(execve(program, arguments, environment));
}

#endif
