// SPDX-License-Identifier: MIT
//
// Running `gaia` from outside, in a folder of its own, and looking at what it said and left.
#ifndef INPUT_PROGRAM_H
#define INPUT_PROGRAM_H

#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sample.h"

struct Result {
    int status = -1; // of the exit; 128 + number of the signal that ended it
    std::string out;
    std::string err;
};

// A CSV row as far as the tests look at it.
struct Row {
    std::string forecast;
    std::string valid_time;
    std::string metric;
    std::string value;
};

class Program : public ::testing::Test
{
  protected:
    void SetUp() override;
    void TearDown() override;

    std::string path(const std::string &name) const;
    void put(const std::string &name, const std::string &content) const;
    std::string get(const std::string &name) const;

    // Writes the sample and returns its path.
    std::string write(const Sample &sample, const std::string &name) const;

    // Good files, written when first asked for.
    std::string forecast() const;
    std::string truth() const;

    // Cuts the file to its first `bytes` bytes.
    void cut(const std::string &name, size_t bytes) const;

    // Runs `gaia score --format csv` with these arguments, on one thread. as_nobody: without root's
    // rights.
    Result score(std::vector<std::string> arguments, bool as_nobody = false) const;

    // Runs `gaia` with these arguments.
    Result gaia(const std::vector<std::string> &arguments, bool as_nobody = false) const;

    // Runs `gaia score --job` with a job whose forecasts, truth and other keys are given as JSON.
    Result score_job(const std::string &forecasts, const std::string &truth,
                     const std::string &more = "") const;

    // Expects exit status 3 (bad input), no scores, and on stderr "gaia: " and `said`, nothing
    // else.
    static void expect_refused(const Result &result, const std::string &said);
    static void expect_failed(const Result &result, int status, const std::string &said);

    static std::vector<Row> rows(const Result &result);

    std::filesystem::path folder;
};

// {"files": [path], "id": id}, with more keys before it.
std::string source(const std::string &path, const std::string &id = "",
                   const std::string &more = "");

#endif
