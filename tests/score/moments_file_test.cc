// SPDX-License-Identifier: MIT
//
// Files of moments: what was written comes back, and what a stranger made of it does not get in.
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string>

#include "moments_case.h"

namespace
{

// Where things lie in the format.
constexpr size_t plan_bytes_at = 24;
constexpr size_t head_bytes = 64;
constexpr size_t tail_bytes = 16;

size_t records_at(const std::string &bytes)
{
    uint64_t plan_bytes = 0;
    memcpy(&plan_bytes, &bytes[plan_bytes_at], sizeof plan_bytes);
    return head_bytes + plan_bytes;
}

constexpr size_t record_bytes = 32 + 4 * sizeof(gaia_moments);

template <typename Value> std::string with(std::string bytes, size_t at, Value value)
{
    memcpy(&bytes[at], &value, sizeof value);
    return bytes;
}

void expect_refused(const std::string &bytes, gaia_status wanted, const std::string &said)
{
    moments_file *file = nullptr;
    gaia_error err = {};
    EXPECT_EQ(wanted, moments_open(bytes, &file, &err)) << err.detail;
    EXPECT_EQ(nullptr, file);
    EXPECT_EQ("sums.gm: " + said, err.detail);
}

TEST(MomentsFile, GivesBackWhatWasWritten)
{
    MomentsCase made;
    made.row(5, 2).sum[GAIA_MOMENT_FORECAST_MIN] = std::nan("");
    made.row(5, 2).sum[GAIA_MOMENT_ERROR_D] = -0.0;
    moments_file *file = nullptr;
    gaia_error err = {};
    ASSERT_EQ(GAIA_OK, moments_open(made.bytes(), &file, &err)) << err.detail;
    const plan *read = moments_file_plan(file);
    ASSERT_EQ(made.units.size(), read->n_units);
    EXPECT_STREQ("b", read->forecasts[1].id);
    EXPECT_STREQ("europe", read->regions[1]);
    EXPECT_EQ(made.p.metrics, read->metrics);
    for (size_t u = 0; u < made.units.size(); u++) {
        gaia_moments rows[4];
        EXPECT_EQ(0, plan_unit_compare(&made.units[u], &read->units[u]));
        ASSERT_EQ(GAIA_OK, moments_file_read(file, u, rows, &err));
        EXPECT_EQ(0, memcmp(rows, &made.row(u, 0), sizeof rows)) << u;
    }
    moments_file_close(file);
}

TEST(MomentsFile, AUnitWithoutRecordIsNotThere)
{
    MomentsCase made;
    moments_file *file = nullptr;
    ASSERT_EQ(GAIA_OK, moments_open(made.bytes(3), &file, nullptr));
    EXPECT_EQ(made.units.size() - 1, moments_file_plan(file)->n_units);
    EXPECT_EQ(4 * 43200, moments_file_plan(file)->units[3].init_time_s);
    moments_file_close(file);
}

TEST(MomentsFile, EveryCutIsSeen)
{
    const std::string bytes = MomentsCase().bytes();
    const size_t none = records_at(bytes) + tail_bytes; // the size of a file without records
    for (size_t n = 0; n < bytes.size(); n += n < 1200 ? 1 : 97) {
        const bool fits = n >= none && (n - none) % record_bytes == 0;
        expect_refused(bytes.substr(0, n), GAIA_FILE_DAMAGED,
                       n < head_bytes + tail_bytes ? "not a file of moments, or cut short"
                       : fits                      ? "its hash is another: cut short or changed"
                                                   : "cut short");
    }
    expect_refused(bytes + "more", GAIA_FILE_DAMAGED, "cut short");
    expect_refused(bytes.substr(0, records_at(bytes)) +
                       bytes.substr(records_at(bytes) + record_bytes),
                   GAIA_FILE_DAMAGED, "its hash is another: cut short or changed");
}

TEST(MomentsFile, EveryChangedByteIsSeen)
{
    const std::string bytes = MomentsCase().bytes();
    for (size_t i = 0; i < bytes.size(); i += i < 1200 ? 1 : 89) {
        moments_file *file = nullptr;
        std::string changed = bytes;
        changed[i] = static_cast<char>(changed[i] ^ 0x41);
        EXPECT_NE(GAIA_OK, moments_open(changed, &file, nullptr)) << i;
    }
}

// With the right hash, so that everything else must be checked too.
TEST(MomentsFile, AStrangersNumbersAreChecked)
{
    const std::string bytes = MomentsCase().bytes();
    const size_t at = records_at(bytes);
    const std::string ours = "; this program reads format 1 with 35 sums by rule 1";
    const std::string limits = "; 1 to 65536 rows and 67108864 bytes at most are read";
    expect_refused(sealed(with(bytes, 8, uint32_t{2})), GAIA_FORMAT_UNSUPPORTED,
                   "format 2 with 35 sums by rule 1" + ours);
    expect_refused(sealed(with(bytes, 12, uint32_t{9})), GAIA_FORMAT_UNSUPPORTED,
                   "format 1 with 35 sums by rule 9" + ours);
    expect_refused(sealed(with(bytes, 16, uint32_t{1})), GAIA_FORMAT_UNSUPPORTED,
                   "format 1 with 1 sums by rule 1" + ours);
    expect_refused(sealed(with(bytes, 20, uint32_t{0})), GAIA_LIMIT,
                   "0 rows a field and a plan of 304 bytes" + limits);
    expect_refused(sealed(with(bytes, 20, UINT32_MAX)), GAIA_LIMIT,
                   "4294967295 rows a field and a plan of 304 bytes" + limits);
    expect_refused(sealed(with(bytes, plan_bytes_at, UINT64_MAX)), GAIA_LIMIT,
                   "4 rows a field and a plan of 18446744073709551615 bytes" + limits);
    expect_refused(sealed(with(bytes, plan_bytes_at, uint64_t{32 << 20})), GAIA_FILE_DAMAGED,
                   "cut short");
    expect_refused(sealed(with(bytes, plan_bytes_at, uint64_t{8})), GAIA_FILE_DAMAGED, "cut short");
    expect_refused(sealed(with(bytes, at, uint32_t{2})), GAIA_FILE_DAMAGED,
                   "record 0: not a field of its plan");
    expect_refused(sealed(with(bytes, at + 4, uint32_t{2})), GAIA_FILE_DAMAGED,
                   "record 0: not a field of its plan");
    expect_refused(sealed(with(bytes, at + 8, HUGE_VAL)), GAIA_FILE_DAMAGED,
                   "record 0: not a field of its plan");
    expect_refused(sealed(with(bytes, at + 16, INT64_MAX)), GAIA_FILE_DAMAGED,
                   "record 0: not a field of its plan");
    expect_refused(sealed(with(bytes, at + record_bytes + 24, int64_t{0})), GAIA_FILE_DAMAGED,
                   "record 1: not a field of its plan");
}

TEST(MomentsFile, NamesDoNotSteerATerminal)
{
    MomentsCase made;
    made.p.forecasts[0].id = "a\x1b[2J";
    expect_refused(made.bytes(), GAIA_FILE_DAMAGED, "its plan does not fit its records");
}

TEST(MomentsFile, WhatIsNoFileIsNotOpened)
{
    gaia_error err = {};
    moments_file *file = nullptr;
    char folder[] = "/tmp/gaia-moments-test-XXXXXX";
    ASSERT_NE(nullptr, mkdtemp(folder));
    const std::string fifo = std::string(folder) + "/fifo";
    ASSERT_EQ(0, mkfifo(fifo.c_str(), 0600));
    const auto error_of = [&](const std::string &path, gaia_status status) {
        EXPECT_EQ(status, moments_file_open(path.c_str(), &file, &err));
        return std::string(err.detail);
    };
    const std::string none = std::string(folder) + "/none";
    EXPECT_EQ(fifo + ": not a regular file", error_of(fifo, GAIA_FILE_UNREADABLE));
    EXPECT_EQ(std::string(folder) + ": not a regular file", error_of(folder, GAIA_FILE_UNREADABLE));
    EXPECT_EQ(none + ": No such file or directory", error_of(none, GAIA_FILE_MISSING));
    unlink(fifo.c_str());
    rmdir(folder);
}

} // namespace
