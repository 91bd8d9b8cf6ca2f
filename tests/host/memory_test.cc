// SPDX-License-Identifier: MIT
//
// Peak memory of `gaia score` and `gaia climatology` on files ten times larger than --memory: at
// most --memory and 64 MiB more.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "made_file.h"

namespace
{

constexpr long kMiB = 1 << 20;

struct Ended {
    int status;
    long peak_bytes;
};

Ended run(std::vector<std::string> arguments)
{
    std::vector<char *> argv;
    for (std::string &argument : arguments) {
        argv.push_back(argument.data());
    }
    argv.push_back(nullptr);
    pid_t pid = 0;
    rusage usage = {};
    int status = -1;
    if (posix_spawn(&pid, argv[0], nullptr, nullptr, argv.data(), environ) != 0 ||
        wait4(pid, &status, 0, &usage) != pid) {
        return {-1, 0};
    }
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, usage.ru_maxrss * 1024};
}

void expect_bounded(const MadeFile &forecast, const MadeFile &truth)
{
    const Scratch scratch;
    forecast.write(scratch.path("forecast.nc"));
    truth.write(scratch.path("truth.nc"));
    struct stat info = {};
    ASSERT_EQ(stat(scratch.path("forecast.nc").c_str(), &info), 0);
    ASSERT_GE(info.st_size, 10 * 32 * kMiB);
    const Ended ended =
        run({std::string(GAIA_BINARIES) + "/gaia", "score", scratch.path("forecast.nc"),
             scratch.path("truth.nc"), "--memory", "32MiB", "--threads", "2", "--format", "csv",
             "--out", scratch.path("scores.csv")});
    EXPECT_EQ(ended.status, 0);
    EXPECT_LE(ended.peak_bytes, (32 + 64) * kMiB);
    printf("peak %ld MiB for %ld MiB of forecast\n", ended.peak_bytes / kMiB,
           static_cast<long>(info.st_size) / kMiB);
}

MadeFile large(Role role)
{
    MadeFile file;
    file.role = role;
    file.n_lat = 721;
    file.n_lon = 1440;
    file.levels = {500, 850};
    file.times.clear();
    for (int i = 0; i < 41; i++) {
        file.times.push_back(24 * i);
    }
    file.steps = {24};
    file.salt = static_cast<unsigned>(role);
    return file;
}

// Of several bands of latitudes, for each of which every field is read.
TEST(Memory, AClimatologyOfAFileTenTimesLarger)
{
    const Scratch scratch;
    large(Role::Truth).write(scratch.path("truth.nc"));
    const Ended ended =
        run({std::string(GAIA_BINARIES) + "/gaia", "climatology", scratch.path("truth.nc"),
             "--kind", "month-hour", "--memory", "32MiB", "--out", scratch.path("climatology.nc")});
    EXPECT_EQ(ended.status, 0);
    EXPECT_LE(ended.peak_bytes, (32 + 64) * kMiB);
    printf("peak %ld MiB\n", ended.peak_bytes / kMiB);
}

TEST(Memory, ChunkedFileTenTimesLarger)
{
    expect_bounded(large(Role::Forecast), large(Role::Truth));
}

TEST(Memory, ClassicFileTenTimesLarger)
{
    MadeFile forecast = large(Role::Forecast);
    MadeFile truth = large(Role::Truth);
    forecast.layout = truth.layout = Layout::Classic;
    expect_bounded(forecast, truth);
}

} // namespace
