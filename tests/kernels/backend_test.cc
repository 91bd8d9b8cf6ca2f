// SPDX-License-Identifier: MIT
//
// How a backend is found by its name, and what tiles_check says of tiles that cannot be summed.
//
// Invariant: each text is compared whole; the contract holds every backend to the same ones.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "backend.h"
#include "backend_cuda.h"

namespace
{

TEST(BackendFind, KnowsItsNames)
{
    const backend_ops *ops = nullptr;
    const char *note = "left";
    gaia_error err = {};
    ASSERT_EQ(backend_find("cpu", &ops, &note, &err), GAIA_OK) << err.detail;
    EXPECT_EQ(ops, &backend_cpu);
    EXPECT_STREQ(ops->name, "cpu");
    EXPECT_EQ(note, nullptr);
    EXPECT_EQ(backend_find("cpu", &ops, nullptr, nullptr), GAIA_OK);
}

TEST(BackendFind, RefusesOtherNames)
{
    const backend_ops *ops = nullptr;
    for (const std::string name : {"tpu", "", "CPU", "cuda0"}) {
        gaia_error err = {};
        EXPECT_EQ(backend_find(name.c_str(), &ops, nullptr, &err), GAIA_USAGE);
        EXPECT_EQ(err.detail, "device '" + name + "': auto, cpu or cuda is wanted");
        EXPECT_EQ(ops, nullptr);
    }
}

// Either there is a device, or a sentence says what is missing; auto then takes the CPU.
TEST(BackendFind, CudaIsThereOrSaysWhatIsMissing)
{
    const backend_ops *cuda = nullptr;
    const backend_ops *ops = nullptr;
    const char *note = nullptr;
    gaia_error err = {};
    const gaia_status status = backend_find("cuda", &cuda, nullptr, &err);
    ASSERT_EQ(backend_find("auto", &ops, &note, nullptr), GAIA_OK);
    if (status == GAIA_OK) {
        EXPECT_STREQ(cuda->name, "cuda");
        EXPECT_EQ(ops, cuda);
        EXPECT_EQ(note, nullptr);
        return;
    }
    EXPECT_EQ(status, GAIA_DEVICE);
    EXPECT_EQ(ops, &backend_cpu);
    const std::string detail = err.detail;
    const std::string no_module = "device 'cuda': its library, " CUDA_MODULE ", is not installed";
    if (note == nullptr) {
        EXPECT_EQ(detail, no_module);
    } else {
        EXPECT_EQ(detail, "device 'cuda': " + std::string(note));
        EXPECT_NE(detail, no_module);
    }
}

// A library that is there and is none, beside a program that would rather have a GPU: it is told
// of, and the CPU is used.
TEST(BackendFind, ALibraryThatCannotBeLoadedIsToldOf)
{
    char folder[] = "/tmp/gaia-module-XXXXXX";
    ASSERT_NE(mkdtemp(folder), nullptr);
    const std::filesystem::path place = folder;
    std::filesystem::copy(GAIA_BINARIES "/gaia-bench", place / "gaia-bench");
    std::ofstream(place / CUDA_MODULE) << "no library";
    const std::string command = (place / "gaia-bench").string() +
                                " --device auto --cases single --grid 4x8 --fields 2"
                                " --threads 1 --rounds 1 --seconds 1";
    FILE *out = popen(command.c_str(), "r");
    ASSERT_NE(out, nullptr);
    std::string said;
    for (char part[256]; fgets(part, sizeof part, out) != nullptr;) {
        said += part;
    }
    EXPECT_EQ(0, pclose(out));
    const std::string note = "the CPU is measured, not a GPU: its library cannot be loaded: " +
                             (place / CUDA_MODULE).string() + ": file too short";
    EXPECT_NE(std::string::npos, said.find(note)) << said;
    std::filesystem::remove_all(place);
}

TEST(BackendCpu, RefusesAnInstructionSetThatIsNone)
{
    backend_config config = {};
    config.instruction_set = "v9";
    backend *opened = nullptr;
    gaia_error err = {};
    EXPECT_EQ(backend_cpu.open(&config, &opened, &err), GAIA_DEVICE);
    EXPECT_STREQ(err.detail, "cpu: this machine has no instruction set 'v9'");
    EXPECT_EQ(opened, nullptr);
}

class TilesCheck : public ::testing::Test
{
  protected:
    // One tile of two forecasts; nothing is read of them.
    void SetUp() override
    {
        for (gaia_field *field : {&tile_.truth, &forecasts_[0], &forecasts_[1]}) {
            field->data = values_;
            field->dtype = GAIA_FLOAT32;
        }
        tile_.n_forecasts = 2;
        tile_.forecasts = forecasts_;
    }

    const void *at(size_t bytes) const
    {
        return reinterpret_cast<const char *>(values_) + bytes;
    }

    void expect_fault(const std::string &text, size_t n_tiles = 1, size_t n_forecasts_max = 2)
    {
        gaia_error err = {};
        EXPECT_EQ(tiles_check(&tile_, n_tiles, 1, n_forecasts_max, &err), GAIA_USAGE);
        EXPECT_EQ(err.status, GAIA_USAGE);
        EXPECT_EQ(err.detail, text);
    }

    double values_[4] = {};
    gaia_field forecasts_[2] = {};
    tile tile_ = {};
};

TEST_F(TilesCheck, TakesWhatIsWhole)
{
    gaia_error err = {};
    EXPECT_EQ(tiles_check(&tile_, 1, 1, 2, &err), GAIA_OK);
    tile_.climatology = tile_.truth;
    tile_.reference = tile_.truth;
    EXPECT_EQ(tiles_check(&tile_, 1, 9, 99, &err), GAIA_OK);
    tile_.truth.dtype = GAIA_INT16;
    tile_.truth.data = at(2);
    EXPECT_EQ(tiles_check(&tile_, 1, 1, 2, &err), GAIA_OK);
    EXPECT_EQ(err.status, GAIA_OK);
    EXPECT_STREQ(err.detail, "");
}

TEST_F(TilesCheck, NamesTheFieldThatIsNull)
{
    forecasts_[1].data = nullptr;
    expect_fault("tile 0: forecast 1 is a null pointer");
    forecasts_[0].data = nullptr;
    expect_fault("tile 0: forecast 0 is a null pointer");
    tile_.truth.data = nullptr;
    expect_fault("tile 0: the truth is a null pointer");
}

TEST_F(TilesCheck, NamesTheFieldThatIsMisaligned)
{
    const struct {
        gaia_dtype dtype;
        size_t off;
    } kinds[] = {{GAIA_FLOAT32, 1}, {GAIA_FLOAT32, 2}, {GAIA_FLOAT64, 4}, {GAIA_INT16, 1}};
    for (const auto &kind : kinds) {
        forecasts_[1].dtype = kind.dtype;
        forecasts_[1].data = at(kind.off);
        expect_fault("tile 0: forecast 1 is misaligned for its type");
    }
    tile_.reference = forecasts_[1];
    expect_fault("tile 0: the reference is misaligned for its type");
    tile_.climatology = forecasts_[1];
    expect_fault("tile 0: the climatology is misaligned for its type");
    tile_.truth = forecasts_[1];
    expect_fault("tile 0: the truth is misaligned for its type");
}

TEST_F(TilesCheck, NamesTheFieldOfNoKnownType)
{
    const gaia_dtype unknown = static_cast<gaia_dtype>(3);
    tile_.climatology.dtype = unknown; // there is none, so its type does not matter
    forecasts_[0].dtype = unknown;
    expect_fault("tile 0: forecast 0 is of no known type");
    tile_.climatology.data = values_;
    expect_fault("tile 0: the climatology is of no known type");
}

TEST_F(TilesCheck, CountsTilesAndForecasts)
{
    expect_fault("0 tiles: 1 to 1 can be summed at once", 0);
    expect_fault("2 tiles: 1 to 1 can be summed at once", 2);
    expect_fault("18446744073709551615 tiles: 1 to 1 can be summed at once", SIZE_MAX);
    expect_fault("more than the 1 forecasts that can be summed at once", 1, 1);
    tile_.n_forecasts = SIZE_MAX;
    expect_fault("more than the 2 forecasts that can be summed at once");
    tile_.n_forecasts = 0;
    expect_fault("tile 0 has no forecasts");
    tile_.n_forecasts = 2;
    tile_.forecasts = nullptr;
    expect_fault("tile 0 has no forecasts");
    gaia_error err = {};
    EXPECT_EQ(tiles_check(nullptr, 1, 1, 2, &err), GAIA_USAGE);
    EXPECT_STREQ(err.detail, "1 tiles: 1 to 1 can be summed at once");
}

TEST_F(TilesCheck, AddsUpTheForecastsOfAllTiles)
{
    const tile tiles[] = {tile_, tile_, tile_};
    gaia_error err = {};
    EXPECT_EQ(tiles_check(tiles, 3, 3, 6, &err), GAIA_OK);
    EXPECT_EQ(tiles_check(tiles, 3, 3, 5, &err), GAIA_USAGE);
    EXPECT_STREQ(err.detail, "more than the 5 forecasts that can be summed at once");
    EXPECT_EQ(tiles_check(tiles, 3, 3, 5, nullptr), GAIA_USAGE);
}

} // namespace
