// SPDX-License-Identifier: MIT
//
// A logger whose lines a test can read and whose time it sets.
#ifndef TESTS_LOG_CAPTURE_H
#define TESTS_LOG_CAPTURE_H

#include <stdlib.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

extern "C" {
#include "logger.h"
}

inline std::string file_text(const std::string &path)
{
    std::ifstream file(path, std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

inline std::vector<std::string> lines_of(const std::string &text)
{
    std::vector<std::string> lines;
    std::istringstream all(text);
    for (std::string line; std::getline(all, line);) {
        lines.push_back(line);
    }
    return lines;
}

// Logs one event; C's macro needs what C++ has not.
inline void log_say(const struct log &log, unsigned kind, log_level level, const char *event,
                    std::vector<log_field> fields = {})
{
    const log_site site = {kind, level, event, "something is so"};
    fields.push_back({});
    log_write(&log, &site, fields.data());
}

class LogCapture : public ::testing::Test
{
  protected:
    // 2026-11-30T09:49:52.123Z
    int64_t realtime_ms = 1796032192123;
    int64_t monotonic_ms = 1000;
    std::string directory;
    logger_config config = logger_config_default("gaia-test");
    logger *opened = nullptr;

    void SetUp() override
    {
        char made[] = "/tmp/gaia-log-XXXXXX";
        directory = mkdtemp(made);
        config.clock = {[](void *test) { return static_cast<LogCapture *>(test)->realtime_ms; },
                        [](void *test) { return static_cast<LogCapture *>(test)->monotonic_ms; },
                        this};
        config.directory = directory.c_str();
        config.name = "here";
    }

    void TearDown() override
    {
        logger_close(opened);
        std::filesystem::remove_all(directory);
    }

    struct log open()
    {
        gaia_error err = {};
        EXPECT_EQ(GAIA_OK, logger_open(&config, &opened, &err)) << err.detail;
        return {opened, nullptr, nullptr};
    }

    std::string path(const std::string &name) const
    {
        return directory + "/here/" + name;
    }

    std::vector<std::string> lines(const std::string &name = "application.log") const
    {
        return lines_of(file_text(path(name)));
    }
};

#endif
