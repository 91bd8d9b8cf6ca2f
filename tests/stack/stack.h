/* SPDX-License-Identifier: MIT
 *
 * A stack of real processes on a temporary state directory, and looking into it from outside.
 */
#ifndef TESTS_STACK_H
#define TESTS_STACK_H

#include <gtest/gtest.h>
#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <gaia/client.h>

/* How a command ended and what it said. */
struct Ended {
    int status; /* exit status; 128 + number of a signal */
    std::string out;
    std::string err;
};

/* A command that runs. */
struct Running {
    pid_t pid;
    std::string out_path;
    std::string err_path;
};

/* Waits until the condition holds, for a time that is ample on any machine. */
bool wait_until(const std::function<bool()> &good);

std::string file_text(const std::string &path);
void file_put(const std::string &path, const std::string &text);

class Stack : public testing::Test
{
  protected:
    void SetUp() override;

    /* Ends the stack and expects that no process of it is left, of which this process becomes the
     * parent when theirs is gone. */
    void TearDown() override;

    /* Runs `gaia` in the test's directory. --state is added for all commands but score. */
    Ended gaia(const std::vector<std::string> &arguments);
    Running gaia_start(const std::vector<std::string> &arguments);
    Ended gaia_wait(const Running &running);

    /* `gaia up` with this many executors of one thread each, and more options; expects success. */
    void up(int n_executors, const std::vector<std::string> &more = {});

    /* Writes a job of one of the cases of tests/data, with n_forecasts forecasts that are the same
     * but for their ids, and returns its path. more: further members of the job. */
    std::string job(const std::string &name, int n_forecasts, const std::string &more = "");

    /* What `gaia score` prints for the job, as CSV. */
    std::string expected(const std::string &job_path);

    /* The process of the node, and its children by program. */
    pid_t node();
    std::vector<pid_t> children(const std::string &program);

    /* The leases that the executor with this id holds, by GET /v1/executors; -1 if it is not known.
     */
    int leases(const std::string &executor);

    /* The value of a series of GET /metrics, with its labels as they stand there; -1: none. */
    double metric(const std::string &series);

    /* The state of the job, "" if it cannot be had now. */
    std::string state_of(const std::string &id);

    /* Waits until the job runs and its first executor holds a lease, and stops that process there.
     */
    pid_t executor_stop_in_lease(const std::string &id);

    /* Everything that is in the log's folder, file after file. */
    std::string log_text() const;

    std::string directory;
    std::string state;
    std::string binaries; /* the folder of the programs */
};

#endif
