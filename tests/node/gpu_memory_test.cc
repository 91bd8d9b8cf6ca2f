/* SPDX-License-Identifier: MIT
 *
 * Device memory of processes, as a library tells that stands in for the driver's.
 */
#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

extern "C" {
#include "gpu_memory.h"
}

namespace
{

constexpr const char *library = GAIA_BINARIES "/nvml_double/libnvidia-ml.so.1";

class GpuMemory : public testing::Test
{
  protected:
    void SetUp() override
    {
        char made[] = "/tmp/gaia-gpu-XXXXXX";
        directory = mkdtemp(made);
        setenv("NVML_DOUBLE_PROCESSES", (directory + "/processes").c_str(), 1);
        tell("");
    }

    void TearDown() override
    {
        gpu_memory_close(gpu);
        unsetenv("NVML_DOUBLE_PROCESSES");
        std::filesystem::remove_all(directory);
    }

    void tell(const std::string &lines) const
    {
        std::ofstream(directory + "/processes") << lines;
    }

    std::string directory;
    gpu_memory *gpu = nullptr;
    gaia_error err = {};
};

TEST_F(GpuMemory, IsWhatTheLastReadingFound)
{
    ASSERT_EQ(GAIA_OK, gpu_memory_open(library, &gpu, &err)) << err.detail;
    EXPECT_EQ(0u, gpu_memory_of(gpu, 10));
    tell("10 100\n11 7\n10 20\n");
    EXPECT_EQ(0u, gpu_memory_of(gpu, 10));
    gpu_memory_read(gpu);
    EXPECT_EQ(120u, gpu_memory_of(gpu, 10));
    EXPECT_EQ(7u, gpu_memory_of(gpu, 11));
    EXPECT_EQ(0u, gpu_memory_of(gpu, 12));
    tell("11 8\n");
    gpu_memory_read(gpu);
    EXPECT_EQ(0u, gpu_memory_of(gpu, 10));
    EXPECT_EQ(8u, gpu_memory_of(gpu, 11));
}

TEST_F(GpuMemory, AFigureThatIsNotKnownIsNothing)
{
    ASSERT_EQ(GAIA_OK, gpu_memory_open(library, &gpu, &err));
    tell("10 18446744073709551615\n");
    gpu_memory_read(gpu);
    EXPECT_EQ(0u, gpu_memory_of(gpu, 10));
}

TEST_F(GpuMemory, ManyProcessesAreAllRead)
{
    std::string lines;
    for (int i = 1; i <= 500; i++) {
        lines += std::to_string(i) + " " + std::to_string(1000 + i) + "\n";
    }
    ASSERT_EQ(GAIA_OK, gpu_memory_open(library, &gpu, &err));
    tell(lines);
    gpu_memory_read(gpu);
    EXPECT_EQ(1001u, gpu_memory_of(gpu, 1));
    EXPECT_EQ(1500u, gpu_memory_of(gpu, 500));
}

TEST_F(GpuMemory, WithoutADriverThereIsNone)
{
    EXPECT_EQ(GAIA_DEVICE, gpu_memory_open("libgaia-no-such-driver.so.1", &gpu, &err));
    EXPECT_NE(nullptr, strstr(err.detail, "libgaia-no-such-driver.so.1")) << err.detail;
    EXPECT_EQ(GAIA_DEVICE, gpu_memory_open("libm.so.6", &gpu, &err));
    EXPECT_STREQ("libm.so.6: too old", err.detail);
    unsetenv("NVML_DOUBLE_PROCESSES");
    EXPECT_EQ(GAIA_DEVICE, gpu_memory_open(library, &gpu, &err));
    EXPECT_EQ(nullptr, gpu);
    EXPECT_EQ(0u, gpu_memory_of(nullptr, 10));
}

} // namespace
