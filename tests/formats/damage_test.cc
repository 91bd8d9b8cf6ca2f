// SPDX-License-Identifier: MIT
//
// Damaged files of every format, each scored by a process of its own under limits of memory and
// time. It ends in a documented exit status, and never in other scores than the sound file's where
// a checksum or a length tells of the damage.
//
// Every case follows from the seed and its number alone. GAIA_SEED sets another seed, GAIA_CASE
// one case to be run by itself; a failure says both. GAIA_LONG=1 runs 2,000 cases a format. Some
// cases run the program itself, the others its function in a child process, to spare the time that
// starting a program takes. GAIA_KEEP=DIR copies the damaged file and its job's folder there.

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "made_grib.h"
#include "sanitized.h"
#include "subject.h"
#include "way.h"

namespace
{

constexpr uint64_t kSeed = 20170101;
constexpr size_t kLong = 2000;
constexpr size_t kProgress = 200;
constexpr size_t kSlice = 60;
constexpr size_t kSliceSanitized = 15;

const char *const kFormats[] = {"netcdf3", "netcdf4", "grib1", "grib2", "zarr2", "zarr3"};

uint64_t number_of(const char *variable, uint64_t otherwise)
{
    const char *text = std::getenv(variable);
    return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

std::vector<Start> starts(uint64_t number)
{
    const uint64_t every = std::getenv("GAIA_LONG") != nullptr ? 20 : 10;
    if (std::getenv("GAIA_CASE") != nullptr) {
        return {Start::Program, Start::Child};
    }
    return {sanitized() || number % every == 0 ? Start::Program : Start::Child};
}

size_t n_cases()
{
    return std::getenv("GAIA_LONG") != nullptr ? kLong : sanitized() ? kSliceSanitized : kSlice;
}

// Sound files of all formats but this one.
std::vector<Bytes> foreign_files(const std::string &format, const Scratch &scratch)
{
    std::vector<Bytes> files;
    MadeFile small;
    small.n_lat = 3;
    small.n_lon = 4;
    for (const char *way : {"netcdf3", "netcdf4", "grib1 grid_simple", "grib2 grid_simple"}) {
        if (std::string(way).rfind(format, 0) != 0) {
            files.push_back(file_get(way_of(way).write(small, scratch.path(way))));
        }
    }
    for (const std::string text : {"%PDF-1.4\n", "{\"zarr_format\": 4}", "{}", "[[[[[[", "\n"}) {
        files.emplace_back(text.begin(), text.end());
    }
    return files;
}

struct Tally {
    size_t n_refused = 0;
    size_t n_no_room = 0;
    size_t n_same = 0;
    size_t n_other = 0;
};

void print(const std::string &format, size_t n, const Tally &tally)
{
    std::cout << format << ": " << n << " damaged files: " << tally.n_refused << " refused, "
              << tally.n_no_room << " beyond the memory given, " << tally.n_same
              << " scored as the sound file, " << tally.n_other
              << " scored otherwise (bytes without a checksum)" << std::endl;
}

// Holds one end to what is promised.
void expect_fair(const ProcessEnd &end, const Damaged &damaged, const Subject &subject,
                 Tally &tally)
{
    ASSERT_NE(end.signal, SIGXCPU) << "it took too long";
    ASSERT_NE(end.signal, SIGALRM) << "it waited for ever";
    ASSERT_EQ(end.signal, 0) << "a signal ended it: " << end.err;
    ASSERT_TRUE(end.status == 0 || end.status == 3 || end.status == 5)
        << "exit status " << end.status << ": " << end.err;
    if (!sanitized()) {
        EXPECT_LE(end.peak_bytes, kPeakBytes) << end.err;
    }
    if (end.status != 0) {
        EXPECT_EQ(end.out, "");
        EXPECT_EQ(end.err.rfind("gaia: ", 0), 0U) << end.err;
        (end.status == 3 ? tally.n_refused : tally.n_no_room)++;
        return;
    }
    const bool same = end.out == subject.scores;
    EXPECT_TRUE(same || !damaged.told) << "the damage is told of, and scored all the same";
    EXPECT_NE(end.out.find('\n'), std::string::npos);
    (same ? tally.n_same : tally.n_other)++;
}

void run_case(const std::vector<Subject> &all, const std::vector<Bytes> &foreign,
              const std::string &replay, uint64_t number, Random &random, Tally &tally)
{
    const Subject &subject = all[random() % all.size()];
    const SoundFile &file = subject.files[random() % subject.files.size()];
    const Damaged damaged = damage(file, foreign, random);
    SCOPED_TRACE(replay + ": " + subject.way + ": " +
                 std::filesystem::path(file.path).filename().string() + ": " + damaged.what);
    file_put(file.path, damaged.bytes);
    if (const char *keep = std::getenv("GAIA_KEEP")) {
        std::filesystem::copy(std::filesystem::path(subject.job).parent_path(), keep,
                              std::filesystem::copy_options::recursive |
                                  std::filesystem::copy_options::overwrite_existing);
    }
    for (const Start start : starts(number)) {
        expect_fair(subject_score(subject, start), damaged, subject, tally);
    }
    file_put(file.path, file.bytes);
}

class FormatDamage : public ::testing::TestWithParam<size_t>
{
};

TEST_P(FormatDamage, EndsInAnErrorOrInTheSameScores)
{
    const std::string format = kFormats[GetParam()];
    const Scratch scratch;
    const std::vector<Subject> all = subjects(format, scratch.path("subjects"));
    const std::vector<Bytes> foreign = foreign_files(format, scratch);
    const uint64_t seed = number_of("GAIA_SEED", kSeed);
    const uint64_t only = number_of("GAIA_CASE", UINT64_MAX);
    const size_t n = only == UINT64_MAX ? n_cases() : 1;
    Tally tally;
    for (size_t i = 0; i < n; i++) {
        const uint64_t number = only == UINT64_MAX ? i : only;
        Random random(seed * 1000003 + GetParam() * 100003 + number);
        run_case(all, foreign,
                 format + ", GAIA_SEED=" + std::to_string(seed) +
                     " GAIA_CASE=" + std::to_string(number),
                 number, random, tally);
        if (n > kProgress && (i + 1) % kProgress == 0 && i + 1 < n) {
            print(format, i + 1, tally);
        }
    }
    print(format, n, tally);
    if (n > 1) {
        EXPECT_GT(tally.n_refused, n / 5);
    }
    for (const Subject &subject : all) {
        EXPECT_EQ(subject_score(subject, starts(1)[0]).out, subject.scores)
            << "it was not sound in the end";
    }
}

INSTANTIATE_TEST_SUITE_P(Formats, FormatDamage, ::testing::Range<size_t>(0, 6),
                         [](const auto &made) { return std::string(kFormats[made.param]); });

} // namespace
