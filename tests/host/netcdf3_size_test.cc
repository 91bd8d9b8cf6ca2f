// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "made_file.h"

extern "C" {
#include "netcdf3_size.h"
}

namespace
{

std::vector<char> bytes_of(const std::string &path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

gaia_status size_of(const std::vector<char> &bytes, uint64_t *size)
{
    const Scratch scratch;
    const std::string path = scratch.path("x");
    std::ofstream(path, std::ios::binary)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const gaia_status status = netcdf3_size(fd, bytes.size(), size, nullptr);
    close(fd);
    return status;
}

TEST(NetCdf3Size, IsTheSizeOfEveryRealFile)
{
    for (const char *name :
         {"eraint_monthly/forecast.nc", "djf_height/truth.nc", "sst_missing/climatology.nc",
          "ens_2012_z500/forecast.nc", "sst_missing/reference.nc"}) {
        const auto bytes = bytes_of(std::string(GAIA_TEST_DATA) + "/" + name);
        ASSERT_GT(bytes.size(), 100u) << name;
        uint64_t size = 0;
        ASSERT_EQ(size_of(bytes, &size), GAIA_OK) << name;
        EXPECT_LE(size, bytes.size()) << name;
        EXPECT_LT(bytes.size() - size, 4u) << name; // padding at most
    }
}

TEST(NetCdf3Size, ACutHeaderIsDamaged)
{
    const auto bytes = bytes_of(std::string(GAIA_TEST_DATA) + "/ens_2012_z500/forecast.nc");
    for (size_t n = 0; n < 600; n += 7) {
        uint64_t size = 0;
        EXPECT_EQ(size_of({bytes.begin(), bytes.begin() + static_cast<long>(n)}, &size),
                  GAIA_FILE_DAMAGED)
            << n;
    }
}

TEST(NetCdf3Size, HostileHeadersEndInAnError)
{
    const auto good = bytes_of(std::string(GAIA_TEST_DATA) + "/djf_height/forecast.nc");
    std::mt19937 rng(7);
    for (int i = 0; i < 2000; i++) {
        auto bytes = good;
        for (int k = 0; k < 3; k++) {
            bytes[4 + rng() % 1500] = static_cast<char>(rng());
        }
        uint64_t size = 0;
        const gaia_status status =
            size_of(bytes, &size); // whatever it says, it says it soon and safely
        EXPECT_TRUE(status == GAIA_OK || status == GAIA_FILE_DAMAGED ||
                    status == GAIA_OUT_OF_MEMORY);
    }
}

void put(std::vector<char> *bytes, uint64_t value, int n)
{
    for (int i = n - 1; i >= 0; i--) {
        bytes->push_back(static_cast<char>(value >> (8 * i)));
    }
}

// A file whose bytes cost nothing, since there are none: each dimension is eight zeros.
TEST(NetCdf3Size, DimensionsAreNotAsManyAsASparseFileSays)
{
    for (const uint64_t n : {UINT64_C(1000), UINT64_C(1) << 28}) {
        const Scratch scratch;
        const std::string path = scratch.path("x");
        std::vector<char> head = {'C', 'D', 'F', 1};
        put(&head, 0, 4); // records
        put(&head, 10, 4);
        put(&head, n, 4);
        std::ofstream(path, std::ios::binary)
            .write(head.data(), static_cast<std::streamsize>(head.size()));
        const uint64_t length = head.size() + 8 * n + 16;
        ASSERT_EQ(truncate(path.c_str(), static_cast<off_t>(length)), 0);
        const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
        uint64_t size = 0;
        EXPECT_EQ(netcdf3_size(fd, length, &size, nullptr),
                  n == 1000 ? GAIA_OK : GAIA_FILE_DAMAGED);
        close(fd);
    }
}

// CDF-5: 2^61 numbers of eight bytes are 2^64 bytes, which is nothing in 64 bits.
TEST(NetCdf3Size, ACountThatOverflowsIsDamaged)
{
    std::vector<char> bytes = {'C', 'D', 'F', 5};
    put(&bytes, 0, 8);  // records
    put(&bytes, 0, 12); // no dimensions
    put(&bytes, 12, 4); // attributes: one, whose name has one letter
    put(&bytes, 1, 8);
    put(&bytes, 1, 8);
    put(&bytes, UINT64_C(0x61000000), 4);
    put(&bytes, 6, 4); // NC_DOUBLE
    put(&bytes, UINT64_C(1) << 61, 8);
    put(&bytes, 0, 12); // no variables
    const Scratch scratch;
    const std::string path = scratch.path("x");
    std::ofstream(path, std::ios::binary)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    uint64_t size = 0; // a file as long as the largest that there may be
    EXPECT_EQ(netcdf3_size(fd, INT64_MAX, &size, nullptr), GAIA_FILE_DAMAGED);
    close(fd);
}

} // namespace
