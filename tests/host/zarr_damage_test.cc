// SPDX-License-Identifier: MIT
//
// Stores with damaged bytes, from seeds: reading them ends, and never gives other values than were
// written where the chunk carries a checksum.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "made_file.h"
#include "made_store.h"
#include "zarr_store_reader.h"

namespace
{

struct Kind {
    const char *title;
    int version;
    bool checked; // every byte of a chunk's values is under a checksum
    MadeArray array;
};

std::vector<Kind> kinds()
{
    const auto compressed = [](const char *compressor, bool crc32c = false) {
        return made([&](MadeArray &a) {
            a.compressor = compressor;
            a.crc32c = crc32c;
        });
    };
    const MadeArray shards = made([](MadeArray &a) {
        a.chunk = {2, 4, 4, 6};
        a.inner = {1, 2, 2, 3};
        a.compressor = "zstd";
        a.crc32c = true;
    });
    MadeArray open_shards = shards;
    open_shards.crc32c = open_shards.index_crc32c = false;
    const MadeArray filtered = made([](MadeArray &a) {
        a.type = "i4";
        a.filters = {"delta", "shuffle"};
    });
    return {{"zlib", 2, true, compressed("zlib")},
            {"gzip", 2, true, compressed("gzip")},
            {"zstd with checksum", 3, true, compressed("zstd checksum")},
            {"blosc and crc32c", 3, true, compressed("blosc lz4 2", true)},
            {"shards", 3, true, shards},
            {"shards without checksums", 3, false, open_shards},
            {"blosc", 2, false, compressed("blosc zstd 1")},
            {"blosc of lz4", 2, false, compressed("blosc lz4 1")},
            {"zstd", 2, false, compressed("zstd")},
            {"lz4", 2, false, compressed("lz4")},
            {"filters", 2, false, filtered}};
}

// Flips bits, cuts, repeats or swaps bytes.
void damage(Bytes &bytes, std::mt19937 &random)
{
    const auto below = [&](size_t n) { return n == 0 ? 0 : random() % n; };
    const size_t at = below(bytes.size());
    switch (random() % 6) {
    case 0:
        bytes.resize(at);
        break;
    case 1:
        bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at), 1 + below(40),
                     static_cast<uint8_t>(random()));
        break;
    case 2:
        if (!bytes.empty()) {
            std::swap(bytes[at], bytes[below(bytes.size())]);
        }
        break;
    default:
        for (size_t n = 1 + below(4); n > 0 && !bytes.empty(); n--) {
            bytes[below(bytes.size())] ^= static_cast<uint8_t>(1U << (random() % 8));
        }
        break;
    }
}

std::vector<std::string> files_of(const std::string &folder)
{
    std::vector<std::string> files;
    for (const auto &entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (entry.is_regular_file()) {
            files.push_back(entry.path().string());
        }
    }
    std::sort(files.begin(), files.end());
    return files;
}

bool is_metadata(const std::string &file)
{
    const std::string name = std::filesystem::path(file).filename().string();
    return name[0] == '.' || name == "zarr.json";
}

class ZarrDamage : public ::testing::TestWithParam<size_t>
{
};

TEST_P(ZarrDamage, IsAnErrorOrHarmless)
{
    constexpr size_t kTrials = 120;
    const Kind kind = kinds()[GetParam()];
    const Scratch scratch;
    const read_limits limits = {1 << 20, 1 << 16};
    std::mt19937 random(static_cast<unsigned>(GetParam()) + 1);
    MadeStore store(scratch.path("s.zarr"), kind.version, GetParam() % 2 == 0);
    store.add(kind.array);
    store.add_coordinates();
    store.finish();
    const std::vector<double> want = counting(2 * 3 * 5 * 7);
    ASSERT_EQ(values_of(read_store(store.path)), want);
    const std::vector<std::string> files = files_of(store.path);
    size_t n_errors = 0;
    for (size_t trial = 0; trial < kTrials; trial++) {
        const std::string &file = files[random() % files.size()];
        const Bytes before = file_get(file);
        Bytes after = before;
        damage(after, random);
        file_put(file, after);
        const ReadStore read = read_store(store.path, trial % 3 == 0 ? nullptr : "v", limits);
        const bool is_chunk = !is_metadata(file) && file.find("/v/") != std::string::npos;
        n_errors += read.status != GAIA_OK;
        EXPECT_EQ(read.status == GAIA_OK, read.error.empty()) << read.error;
        if (is_chunk && kind.checked && read.status == GAIA_OK) {
            EXPECT_EQ(values_of(read), want) << kind.title << ": " << file << ", trial " << trial;
        }
        if (is_chunk && read.status != GAIA_OK) {
            EXPECT_EQ(read.status, GAIA_FILE_DAMAGED) << read.error;
            EXPECT_NE(read.error.find("STORE: array 'v': chunk 'v/"), std::string::npos)
                << read.error;
        }
        file_put(file, before);
    }
    EXPECT_GT(n_errors, kTrials / 4) << kind.title;
    EXPECT_EQ(values_of(read_store(store.path)), want);
}

INSTANTIATE_TEST_SUITE_P(Kinds, ZarrDamage, ::testing::Range<size_t>(0, 11));

// All that a shard's index can say, byte by byte.
TEST(ZarrDamageOfShards, EveryByteOfAnUncheckedIndex)
{
    const Scratch scratch;
    MadeStore store(scratch.path("s.zarr"), 3, true);
    store.add(made([](MadeArray &a) {
        a.chunk = {2, 3, 6, 8};
        a.inner = {2, 3, 3, 4};
        a.index_crc32c = false;
    }));
    store.add_coordinates();
    store.finish();
    const std::string file = store.path + "/v/c/0/0/0/0";
    const Bytes before = file_get(file);
    for (size_t at = before.size() - 64; at < before.size(); at++) {
        for (const unsigned flip : {0x01U, 0x80U, 0xffU}) {
            Bytes after = before;
            after[at] ^= static_cast<uint8_t>(flip);
            file_put(file, after);
            const ReadStore read = read_store(store.path);
            EXPECT_TRUE(read.status == GAIA_OK || read.status == GAIA_FILE_DAMAGED) << read.error;
        }
    }
}

} // namespace
