// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <gtest/gtest.h>

extern "C" {
#include "error.h"
#include "options.h"
}

namespace
{

const struct option_spec specs[] = {
    {"threads", OPTION_NUMBER, "N", 1, 1024, "compute threads"},
    {"memory", OPTION_BYTES, "SIZE", 1 << 20, UINT64_MAX, "bound of memory"},
    {"out", OPTION_OUTPUT, "FILE", 0, 0, "where to"},
    {"wait", OPTION_FLAG, nullptr, 0, 0, "wait for the end"},
};
enum { THREADS, MEMORY, OUT, WAIT, N_SPECS };

struct parsed {
    gaia_status status = GAIA_OK;
    std::string detail;
    struct option_value value[N_SPECS] = {};
    std::vector<std::string> positional;
};

struct parsed parse(std::vector<std::string> args, size_t max_positional = 2)
{
    struct parsed result;
    args.insert(args.begin(), "program");
    std::vector<char *> argv;
    for (auto &arg : args) {
        argv.push_back(arg.data());
    }
    std::vector<const char *> positional(max_positional + 1);
    size_t n_positional = 0;
    gaia_error err = {};
    result.status =
        options_parse(specs, N_SPECS, static_cast<int>(argv.size()), argv.data(), result.value,
                      positional.data(), max_positional, &n_positional, &err);
    for (size_t i = 0; i < n_positional; i++) {
        result.positional.push_back(positional[i]);
    }
    for (auto &value : result.value) {
        value.text = nullptr; // pointed into args
    }
    result.detail = err.detail;
    return result;
}

void expect_usage(const std::vector<std::string> &args, const std::string &detail)
{
    const struct parsed result = parse(args);
    EXPECT_EQ(result.status, GAIA_USAGE) << args.back();
    EXPECT_NE(result.detail.find(detail), std::string::npos) << result.detail;
}

} // namespace

TEST(Options, BothWaysOfWritingAValue)
{
    const struct parsed result = parse({"--threads", "4", "--memory=2GiB", "--wait"});
    ASSERT_EQ(result.status, GAIA_OK) << result.detail;
    EXPECT_TRUE(result.value[THREADS].is_set);
    EXPECT_EQ(result.value[THREADS].number, 4u);
    EXPECT_EQ(result.value[MEMORY].number, uint64_t{2} << 30);
    EXPECT_TRUE(result.value[WAIT].is_set);
    EXPECT_FALSE(result.value[OUT].is_set);
}

TEST(Options, PositionalArgumentsMixAndADoubleDashEndsOptions)
{
    const struct parsed result = parse({"a.nc", "--wait", "--", "--threads"});
    ASSERT_EQ(result.status, GAIA_OK) << result.detail;
    EXPECT_EQ(result.positional, (std::vector<std::string>{"a.nc", "--threads"}));
    EXPECT_FALSE(result.value[THREADS].is_set);
    EXPECT_EQ(parse({"-"}).positional, (std::vector<std::string>{"-"}));
}

TEST(Options, TooManyPositionalArgumentsAreNamed)
{
    expect_usage({"a", "b", "third"}, "'third'");
}

TEST(Options, NoArgumentsAtAll)
{
    EXPECT_EQ(parse({}).status, GAIA_OK);
}

TEST(Options, AnUnknownOneSuggestsTheNearest)
{
    expect_usage({"--thread", "4"}, "did you mean --threads?");
    expect_usage({"--memroy=1GiB"}, "did you mean --memory?");
    expect_usage({"--completely-different"}, "unknown option --completely-different");
    EXPECT_EQ(parse({"--completely-different"}).detail.find("did you mean"), std::string::npos);
    expect_usage({"-x"}, "-x");
}

TEST(Options, AnOptionIsNotKnownByItsBeginning)
{
    expect_usage({"--thread=4"}, "unknown option");
    expect_usage({"--threadss=4"}, "unknown option");
}

TEST(Options, ValuesMissingOrUnwanted)
{
    expect_usage({"--out"}, "--out needs a value");
    expect_usage({"--out="}, "--out '': a file's name is wanted");
    expect_usage({"--wait=yes"}, "--wait takes no value");
}

TEST(Options, NumbersOutsideTheirRangeSayTheRange)
{
    for (const char *text :
         {"0", "1025", "-1", "+1", "4x", "", " 4", "99999999999999999999", "0x10", "1.5"}) {
        expect_usage({"--threads", text}, "from 1 to 1024");
    }
    EXPECT_EQ(parse({"--threads", "1024"}).value[THREADS].number, 1024u);
    EXPECT_EQ(parse({"--threads", "1"}).value[THREADS].number, 1u);
}

TEST(Options, SizesTooSmallOrMalformedSayTheRange)
{
    expect_usage({"--memory", "1000"}, "a size such as 2GiB from 1MiB up");
    expect_usage({"--memory", "2gibi"}, "2gibi");
}

TEST(Options, BytesWithEachUnit)
{
    const struct {
        const char *text;
        uint64_t bytes;
    } good[] = {{"0", 0},
                {"12", 12},
                {"12B", 12},
                {"3KiB", 3072},
                {"3KB", 3000},
                {"1MiB", 1048576},
                {"1MB", 1000000},
                {"2GiB", 2147483648},
                {"2GB", 2000000000},
                {"512M", 1 << 29},
                {"17179869183GiB", 18446744072635809792u}};
    for (const auto &row : good) {
        uint64_t bytes = 1;
        EXPECT_TRUE(bytes_parse(row.text, &bytes)) << row.text;
        EXPECT_EQ(bytes, row.bytes) << row.text;
    }
    for (const char *text : {"", "GiB", "-1", " 1", "1 GiB", "1.5GiB", "1gib", "17179869184GiB",
                             "18446744073709551616", "1TiBB"}) {
        uint64_t bytes = 42;
        EXPECT_FALSE(bytes_parse(text, &bytes)) << text;
        EXPECT_EQ(bytes, 42u);
    }
}

TEST(Options, TimesWithEachUnit)
{
    const struct {
        const char *text;
        uint64_t ms;
    } good[] = {{"0", 0},         {"10", 10000},   {"10s", 10000},       {"500ms", 500},
                {"5min", 300000}, {"2h", 7200000}, {"365d", 31536000000}};
    for (const auto &row : good) {
        uint64_t ms = 1;
        EXPECT_TRUE(time_span_parse(row.text, &ms)) << row.text;
        EXPECT_EQ(ms, row.ms) << row.text;
    }
    for (const char *text : {"", "s", "-1s", "1.5s", "1 s", "1m", "1S", "18446744073709551615s"}) {
        uint64_t ms = 42;
        EXPECT_FALSE(time_span_parse(text, &ms)) << text;
        EXPECT_EQ(ms, 42u);
    }
}

TEST(Options, HelpHasALineForEach)
{
    char *bytes = nullptr;
    size_t length = 0;
    FILE *out = open_memstream(&bytes, &length);
    ASSERT_NE(out, nullptr);
    options_print(out, specs, N_SPECS);
    (void)fclose(out);
    const std::string text(bytes, length);
    free(bytes);
    EXPECT_NE(text.find("--threads N"), std::string::npos);
    EXPECT_NE(text.find("wait for the end"), std::string::npos);
    EXPECT_EQ(static_cast<int>(std::count(text.begin(), text.end(), '\n')),
              static_cast<int>(N_SPECS));
}

TEST(Options, WhatADocumentIsBlamedForIsSaidOfTheOption)
{
    const struct option_spec rows[] = {{"token-file", OPTION_TEXT, "FILE", 0, 0, ""},
                                       {"init", OPTION_TEXT, "TIME", 0, 0, ""},
                                       {"time", OPTION_TEXT, "TIME", 0, 0, ""}};
    const struct option_value values[] = {{true, "a", 0}, {true, "b", 0}, {false, nullptr, 0}};
    const auto blamed = [&](gaia_status status, const char *detail) {
        gaia_error err = {};
        error_set(&err, status, "%s", detail);
        const gaia_status said = option_blame(rows, 3, values, &err);
        EXPECT_EQ(said, err.status);
        return std::string(gaia_status_name(said)) + ": " + err.detail;
    };
    EXPECT_EQ(blamed(GAIA_JOB_INVALID, "job.forecasts[0].init: 'b': no time"),
              "usage: --init: 'b': no time");
    EXPECT_EQ(blamed(GAIA_JOB_INVALID, "job.truth.token_file: empty"),
              "usage: --token-file: empty");
    EXPECT_EQ(blamed(GAIA_METRIC_UNKNOWN, "job.init[3].x.y: no"), "usage: --init[3].x.y: no");
    EXPECT_EQ(blamed(GAIA_JOB_INVALID, "job.time: not set"), "usage: job.time: not set");
    EXPECT_EQ(blamed(GAIA_JOB_INVALID, "job.inits: init"), "usage: job.inits: init");
    EXPECT_EQ(blamed(GAIA_JOB_INVALID, "job: no init"), "usage: job: no init");
    EXPECT_EQ(blamed(GAIA_JOB_INVALID, ""), "usage: ");
    EXPECT_EQ(blamed(GAIA_OUT_OF_MEMORY, "job.init: no"), "out_of_memory: job.init: no");
}
