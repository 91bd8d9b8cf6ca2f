// SPDX-License-Identifier: MIT
//
// Global heaps of HDF5 files: those of a sound file pass, and each way in which one can be wrong is
// refused before HDF5 sees the file.

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

extern "C" {
#include "reader.h"
}

#include "made_file.h"

namespace
{

class Hdf5Heap : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        MadeFile().write(path_);
        std::ifstream in(path_, std::ios::binary);
        sound_ = {std::istreambuf_iterator<char>(in), {}};
        heap_ = sound_.find("GCOL");
        ASSERT_NE(heap_, std::string::npos);
    }

    // The message of opening the file with `value` in `n` bytes, 16 at most, at `at` of its heap.
    std::string opened(size_t at, uint64_t value, size_t n)
    {
        std::string bytes = sound_;
        const uint64_t values[2] = {value, 0};
        std::memcpy(&bytes[heap_ + at], values, n);
        std::ofstream(path_, std::ios::binary) << bytes;
        reader *made = nullptr;
        gaia_error err = {};
        const gaia_status status = reader_netcdf.open(path_.c_str(), &made, &err);
        if (made != nullptr) {
            reader_netcdf.close(made);
        }
        EXPECT_TRUE(status == GAIA_OK || status == GAIA_FILE_DAMAGED);
        return err.detail;
    }

    std::string damaged() const
    {
        return path_ + ": the global heap at byte " + std::to_string(heap_) + " is damaged";
    }

    const Scratch scratch_;
    const std::string path_ = scratch_.path("a.nc");
    std::string sound_;
    size_t heap_ = 0;
};

constexpr size_t kFirst = 16;  // the first object's header: number, references, size
constexpr size_t kSecond = 40; // behind eight bytes of data

TEST_F(Hdf5Heap, OfASoundFileIsFine)
{
    EXPECT_EQ(opened(kFirst, 1, 2), ""); // which it was
}

TEST_F(Hdf5Heap, ObjectBeyondItsHeapIsRefused)
{
    EXPECT_EQ(opened(kFirst + 8, 4096, 8), damaged());
    EXPECT_EQ(opened(kFirst + 8, UINT64_MAX, 8), damaged());
    EXPECT_EQ(opened(kSecond + 8, uint64_t{1} << 63, 8), damaged());
}

TEST_F(Hdf5Heap, SpaceThatIsLeftHasAtLeastItsHeader)
{
    EXPECT_EQ(opened(kSecond, 0, 16), damaged());
}

TEST_F(Hdf5Heap, NumbersAscend)
{
    EXPECT_EQ(opened(kFirst, 500, 2), damaged());
    EXPECT_EQ(opened(kSecond, 1, 2), damaged());
}

} // namespace
