/* SPDX-License-Identifier: MIT
 *
 * A stack whose executors have faults (leaking_executor.c), and what its log tells of them.
 */
#ifndef TESTS_FAULTY_H
#define TESTS_FAULTY_H

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include <gaia/client.h>

#include "sanitized.h"
#include "stack.h"

/* One line of the node's log about the end of a child. */
struct EndLine {
    std::string name; /* "executor-1" */
    pid_t pid;
    std::string how;    /* "ended with status 0" */
    std::string reason; /* "left of its own accord"; "" for the scheduler */
};

class Faulty : public Stack
{
  protected:
    void SetUp() override
    {
        Stack::SetUp();
        binaries = directory + "/bin";
        std::filesystem::create_directory(binaries);
        for (const char *name : {"gaia", "gaia-node", "gaia-scheduler"}) {
            std::filesystem::copy(std::string(GAIA_BINARIES "/") + name, binaries);
        }
        std::filesystem::copy(GAIA_BINARIES "/leaking/gaia-executor", binaries);
        for (const char *name : {"FAULTY_LEAK_MIB", "FAULTY_BATCH_MS", "FAULTY_SWELL_MIB"}) {
            unsetenv(name);
        }
    }

    void TearDown() override
    {
        gaia_client_close(client);
        Stack::TearDown();
    }

    /* Submits a job of this name and returns its id, "" if that fails. */
    std::string submit(const std::string &name, int n_forecasts)
    {
        const std::string original = "\"name\":\"era5_2017_persistence\"";
        std::string text = file_text(job("era5_2017_persistence", n_forecasts));
        text.replace(text.find(original), original.size(), "\"name\":\"" + name + "\"");
        char id[GAIA_CLIENT_ID] = "";
        gaia_error err = {};
        if (client == nullptr && gaia_client_open(state.c_str(), &client, &err) != GAIA_OK) {
            ADD_FAILURE() << err.detail;
            return "";
        }
        EXPECT_EQ(GAIA_OK, gaia_client_submit(client, text.data(), text.size(), id, &err))
            << err.detail;
        return id;
    }

    size_t log_count(const std::string &part) const
    {
        const std::string text = log_text();
        size_t n = 0;
        for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
            n++;
        }
        return n;
    }

    /* The ends that were followed by a new start. */
    std::vector<EndLine> ends() const
    {
        static const std::regex form(".* process_ended: .* process=(\\S+) process_pid=(\\d+) "
                                     "how=\"(.*?)\"(?: reason=\"?(.*?)\"?)? recycles=.*");
        std::vector<EndLine> found;
        std::istringstream lines(log_text());
        for (std::string line; std::getline(lines, line);) {
            std::smatch part;
            if (std::regex_match(line, part, form)) {
                found.push_back({part[1], std::stoi(part[2]), part[3], part[4]});
            }
        }
        return found;
    }

    size_t ends_for(const std::string &reason) const
    {
        size_t n = 0;
        for (const EndLine &end : ends()) {
            n += end.reason == reason;
        }
        return n;
    }

    bool wait_for_end(const std::string &id)
    {
        return wait_until([&] {
            const std::string now = state_of(id);
            return now == "succeeded" || now == "failed" || now == "cancelled";
        });
    }

    gaia_client *client = nullptr;
};

#endif
