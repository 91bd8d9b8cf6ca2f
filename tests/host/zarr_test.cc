// SPDX-License-Identifier: MIT
//
// What Zarr stores hold is what is read: every codec, type, order and kind of chunk, and what the
// attributes mean.

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "made_file.h"
#include "made_store.h"
#include "zarr_store_reader.h"

namespace
{

const double kNaN = std::nan("");
constexpr size_t kPoints = 2 * 3 * 5 * 7;
constexpr size_t kPlane = 5 * 7;

// Writes a store of the array and its coordinates and reads it.
ReadStore round_trip(const MadeArray &array, int version, bool consolidated = true,
                     const read_limits &limits = kAmpleLimits)
{
    const Scratch scratch;
    MadeStore store(scratch.path("s.zarr"), version, consolidated);
    store.add(array);
    store.add_coordinates();
    store.finish();
    return read_store(store.path, "v", limits);
}

std::string title_of(const MadeArray &a)
{
    std::string title = a.type + (a.big ? " big " : " little ") + a.compressor;
    for (const std::string &name : a.filters) {
        title += " " + name;
    }
    return title + (a.fortran ? " F" : "") + (a.inner.empty() ? "" : " sharded");
}

void expect_round_trip(const MadeArray &array, int version)
{
    SCOPED_TRACE("v" + std::to_string(version) + " " + title_of(array));
    for (const bool consolidated : {false, true}) {
        expect_values(round_trip(array, version, consolidated), counting(kPoints));
    }
}

const char *const kCompressors[] = {
    "",
    "blosc blosclz 0",
    "blosc blosclz 1",
    "blosc blosclz 2",
    "blosc lz4 0",
    "blosc lz4 1",
    "blosc lz4 2",
    "blosc lz4hc 1",
    "blosc snappy 1",
    "blosc zlib 1",
    "blosc zstd 1",
    "blosc zstd 2",
    "gzip",
    "zstd",
    "zstd checksum",
};

TEST(Zarr, EveryCodecOfVersion2)
{
    for (const std::string compressor : kCompressors) {
        expect_round_trip(made([&](MadeArray &a) { a.compressor = compressor; }), 2);
    }
    for (const std::string compressor : {"zlib", "lz4"}) {
        expect_round_trip(made([&](MadeArray &a) { a.compressor = compressor; }), 2);
    }
}

TEST(Zarr, EveryCodecOfVersion3)
{
    for (const std::string compressor : kCompressors) {
        for (const bool crc32c : {false, true}) {
            expect_round_trip(made([&](MadeArray &a) {
                                  a.compressor = compressor;
                                  a.crc32c = crc32c;
                              }),
                              3);
        }
    }
}

TEST(Zarr, EveryTypeAndByteOrder)
{
    for (const char *type : {"i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"}) {
        for (const bool big : {false, true}) {
            for (const int version : {2, 3}) {
                const MadeArray array = made([&](MadeArray &a) {
                    a.type = type;
                    a.big = big;
                    a.compressor = "zstd";
                });
                expect_round_trip(array, version);
                const std::string kept = type;
                EXPECT_EQ(round_trip(array, version).dtype, kept == "i2"   ? GAIA_INT16
                                                            : kept == "f4" ? GAIA_FLOAT32
                                                                           : GAIA_FLOAT64)
                    << type;
            }
        }
    }
}

TEST(Zarr, NegativeAndLargeNumbers)
{
    std::vector<double> values = counting(kPoints);
    values[0] = -1;
    values[1] = -120;
    for (const char *type : {"i1", "i2", "i4", "i8", "f4", "f8"}) {
        expect_values(round_trip(made([&](MadeArray &a) {
                                     a.type = type;
                                     a.values = values;
                                 }),
                                 2),
                      values);
    }
    values[0] = 200;
    values[1] = 255;
    for (const char *type : {"u1", "u2", "u4", "u8"}) {
        expect_values(round_trip(made([&](MadeArray &a) {
                                     a.type = type;
                                     a.values = values;
                                 }),
                                 2),
                      values);
    }
}

TEST(Zarr, FiltersOfVersion2)
{
    for (const bool big : {false, true}) {
        for (const char *compressor : {"", "zlib", "blosc lz4 0"}) {
            MadeArray array = made([&](MadeArray &a) {
                a.type = "f4";
                a.big = big;
                a.compressor = compressor;
            });
            array.filters = {"shuffle"};
            expect_round_trip(array, 2);
            array.filters = {"fixedscaleoffset"};
            expect_round_trip(array, 2);
            array.type = "f8";
            expect_round_trip(array, 2);
            for (const char *type : {"i2", "i4", "i8", "f4", "f8"}) {
                array.type = type;
                array.filters = {"delta"};
                expect_round_trip(array, 2);
                array.filters = {"delta", "shuffle"};
                expect_round_trip(array, 2);
            }
        }
    }
}

TEST(Zarr, OrdersAndTranspositions)
{
    expect_round_trip(made([&](MadeArray &a) {
                          a.fortran = true;
                          a.compressor = "zlib";
                      }),
                      2);
    expect_round_trip(made([&](MadeArray &a) {
                          a.type = "i2";
                          a.fortran = true;
                          a.filters = {"delta"};
                      }),
                      2);
    expect_round_trip(made([&](MadeArray &a) { a.transpose = {{3, 2, 1, 0}}; }), 3);
    expect_round_trip(made([&](MadeArray &a) {
                          a.type = "i2";
                          a.transpose = {{1, 3, 0, 2}};
                      }),
                      3);
    expect_round_trip(made([&](MadeArray &a) {
                          a.type = "f8";
                          a.transpose = {{1, 3, 0, 2}, {2, 0, 1, 3}};
                      }),
                      3);
}

TEST(Zarr, ChunksOfEveryShape)
{
    const std::vector<Place> shapes = {{1, 1, 1, 1}, {2, 3, 5, 7}, {1, 1, 5, 7},
                                       {2, 2, 2, 2}, {4, 4, 8, 8}, {1, 3, 4, 7}};
    for (const Place &chunk : shapes) {
        for (const int version : {2, 3}) {
            expect_round_trip(made([&](MadeArray &a) {
                                  a.chunk = chunk;
                                  a.compressor = "blosc lz4 1";
                              }),
                              version);
        }
    }
}

TEST(Zarr, KeysOfEveryKind)
{
    for (const char *separator : {".", "/"}) {
        expect_round_trip(made([&](MadeArray &a) { a.separator = separator; }), 2);
        expect_round_trip(made([&](MadeArray &a) { a.separator = separator; }), 3);
        expect_round_trip(made([&](MadeArray &a) {
                              a.separator = separator;
                              a.v2_keys = true;
                          }),
                          3);
    }
    expect_round_trip(made([&](MadeArray &a) { a.v2_keys = true; }), 3);
}

TEST(Zarr, Shards)
{
    for (const bool at_start : {false, true}) {
        for (const bool checked : {false, true}) {
            for (const bool big : {false, true}) {
                const MadeArray array = made([&](MadeArray &a) {
                    a.type = "f4";
                    a.chunk = {2, 4, 4, 6};
                    a.compressor = "zstd";
                    a.crc32c = checked;
                    a.inner = {1, 2, 2, 3};
                    a.index_at_start = at_start;
                    a.index_big = big;
                    a.index_crc32c = checked;
                });
                expect_round_trip(array, 3);
            }
        }
    }
    expect_round_trip(made([&](MadeArray &a) {
                          a.chunk = {1, 3, 6, 8};
                          a.transpose = {{0, 2, 3, 1}};
                          a.inner = {1, 3, 2, 4};
                      }),
                      3);
}

// The counting values, NaN (or `fill`) where a chunk of this shape is absent.
std::vector<double> with_holes(const Place &chunk, const std::function<bool(const Place &)> &absent,
                               double fill)
{
    std::vector<double> values = counting(kPoints);
    for (size_t i = 0; i < kPoints; i++) {
        const Place at = {i / 105 / chunk[0], i / 35 % 3 / chunk[1], i / 7 % 5 / chunk[2],
                          i % 7 / chunk[3]};
        values[i] = absent(at) ? fill : values[i];
    }
    return values;
}

TEST(Zarr, MissingChunksAreTheFillValue)
{
    const auto some = [](const Place &at) { return (at[0] + at[1] + at[2] + at[3]) % 3 == 1; };
    const Place chunk = {1, 2, 2, 3};
    MadeArray array = made([&](MadeArray &a) {
        a.chunk = chunk;
        a.fill = "\"NaN\"";
        a.absent = some;
    });
    expect_values(round_trip(array, 2), with_holes(chunk, some, kNaN));
    expect_values(round_trip(array, 3), with_holes(chunk, some, kNaN));
    array.fill = "7.5";
    auto want = with_holes(chunk, some, kNaN);
    expect_values(round_trip(array, 2), want); // v2: fill_value means missing
    want = with_holes(chunk, some, 7.5);
    expect_values(round_trip(array, 3), want); // v3: it is a value
    array.fill = "\"Infinity\"";
    EXPECT_EQ(round_trip(array, 2).status, GAIA_OK);
    array.fill = "\"0x40f00000\"";
    expect_values(round_trip(array, 3), want);
    array.chunk = {2, 4, 4, 6};
    array.inner = chunk;
    expect_values(round_trip(array, 3), want);
    array.attributes = "\"_FillValue\": \"AAAAAAAAHkA=\""; // 7.5, as xarray writes it
    expect_values(round_trip(array, 3), with_holes(chunk, some, kNaN));
}

TEST(Zarr, AShardThatIsMissing)
{
    const auto first = [](const Place &at) { return at[0] == 0; };
    const Scratch scratch;
    MadeStore store(scratch.path("s.zarr"), 3, true);
    store.add(made([&](MadeArray &a) {
        a.chunk = {1, 4, 6, 9};
        a.inner = {1, 2, 2, 3};
        a.fill = "-1";
    }));
    store.add_coordinates();
    store.finish();
    std::filesystem::remove_all(store.path + "/v/c/0");
    expect_values(read_store(store.path), with_holes({1, 2, 2, 3}, first, -1));
}

TEST(Zarr, PackedIntegersStayAsStored)
{
    std::vector<double> stored = counting(kPoints);
    std::vector<double> want;
    stored[3] = -32767;
    stored[4] = -5;
    stored[5] = 99;
    for (const double value : stored) {
        want.push_back(value * 0.5 + 100);
    }
    want[3] = want[4] = want[5] = kNaN;
    const std::string attributes = "\"scale_factor\": 0.5, \"add_offset\": 100.0, "
                                   "\"missing_value\": [99], \"valid_range\": [0, 64], "
                                   "\"units\": \"m2 s**-2\"";
    for (const int version : {2, 3}) {
        MadeArray array = made([&](MadeArray &a) {
            a.type = "i2";
            a.fill = "-32767";
            a.attributes = attributes;
        });
        array.attributes += version == 3 ? ", \"_FillValue\": -32767" : "";
        array.values = stored;
        const ReadStore read = round_trip(array, version);
        expect_values(read, want);
        EXPECT_EQ(read.dtype, GAIA_INT16);
        EXPECT_TRUE(read.packed);
        EXPECT_EQ(read.units, "m2 s**-2");
    }
}

TEST(Zarr, MissingValuesAndRangesThatCannotBeUsed)
{
    const struct {
        const char *attributes;
        const char *said; // "": it is read
    } cases[] = {
        {R"("missing_value": "-32767")", "attribute missing_value is text, no number"},
        {R"("missing_value": [1, "2"])", "attribute missing_value is no list of at most 8 numbers"},
        {R"("valid_max": "270")", "attribute valid_max is text, no number"},
        {R"("valid_range": 3)", "attribute valid_range is no pair of numbers"},
        {R"("valid_range": [350.0, 200.0])", "attribute valid_range is reversed: 350, 200"},
        {R"("valid_min": 2, "valid_max": 1)", "valid_min 2 is above valid_max 1"},
        {R"("missing_value": "", "valid_range": [], "valid_min": null)", ""},
    };
    for (const auto &row : cases) {
        for (const int version : {2, 3}) {
            SCOPED_TRACE(row.attributes);
            const bool good = row.said[0] == '\0';
            const std::string said = good ? "" : std::string("STORE: variable 'v': ") + row.said;
            const ReadStore read =
                round_trip(made([&](MadeArray &a) { a.attributes = row.attributes; }), version);
            EXPECT_EQ(read.status, good ? GAIA_OK : GAIA_FILE_DAMAGED);
            EXPECT_EQ(read.error, said);
        }
    }
}

TEST(Zarr, NumbersThatAreNoJson)
{
    std::vector<double> want = counting(kPoints);
    want[0] = kNaN;
    std::vector<double> stored = want;
    const MadeArray array = made([&](MadeArray &a) {
        a.fill = "NaN";
        a.attributes = "\"missing_value\": NaN, \"_FillValue\": NaN, \"valid_max\": Infinity, "
                       "\"note\": \"say \\\"NaN\\\"\", \"flags\": 18446744073709551614";
        a.values = stored;
    });
    expect_values(round_trip(array, 2), want);
    expect_values(round_trip(array, 3), want);
}

TEST(Zarr, UnknownKeysAreIgnoredInVersion2)
{
    expect_values(round_trip(made([&](MadeArray &a) { a.more = ", \"new\": {\"x\": 1}"; }), 2),
                  counting(kPoints));
    expect_values(
        round_trip(made([&](MadeArray &a) { a.more = ", \"new\": {\"must_understand\": false}"; }),
                   3),
        counting(kPoints));
}

TEST(Zarr, AChunkOfManyFieldsIsDecodedOnce)
{
    const Scratch scratch;
    MadeStore store(scratch.path("s.zarr"), 2, true);
    store.add(made([&](MadeArray &a) {
        a.chunk = {2, 3, 5, 7};
        a.fill = "\"NaN\"";
        a.compressor = "zlib";
    }));
    store.add_coordinates();
    store.finish();
    for (const size_t cache_bytes : {size_t{1} << 20, size_t{0}}) {
        const read_limits limits = {1 << 20, cache_bytes};
        reader *opened = nullptr;
        gaia_error err = {};
        std::vector<double> raw(kPlane);
        std::vector<double> placed(kPlane);
        reader_field field = {};
        ASSERT_EQ(reader_zarr.open(store.path.c_str(), &opened, &err), GAIA_OK);
        ASSERT_EQ(reader_zarr.scan(opened, "v", nullptr, nullptr, &err), GAIA_OK);
        ASSERT_EQ(reader_zarr.read(opened, &field, raw.data(), &limits, placed.data(), &err),
                  GAIA_OK);
        std::filesystem::rename(store.path + "/v/0.0.0.0", store.path + "/aside");
        field.offset = 4;
        ASSERT_EQ(reader_zarr.read(opened, &field, raw.data(), &limits, placed.data(), &err),
                  GAIA_OK);
        const auto *values = reinterpret_cast<float *>(placed.data());
        EXPECT_EQ(std::isnan(values[0]), cache_bytes == 0);
        EXPECT_TRUE(cache_bytes == 0 || values[0] == static_cast<float>(counting(kPoints)[140]));
        reader_zarr.close(opened);
        std::filesystem::rename(store.path + "/aside", store.path + "/v/0.0.0.0");
    }
}

TEST(Zarr, ACacheOfEverySizeGivesTheSameValues)
{
    for (const size_t cache_bytes : std::vector<size_t>{0, 100, 300, 1000, 4000}) {
        const read_limits limits = {1 << 20, cache_bytes};
        expect_values(
            round_trip(made([&](MadeArray &a) { a.compressor = "zlib"; }), 2, true, limits),
            counting(kPoints));
        expect_values(round_trip(made([&](MadeArray &a) {
                                     a.chunk = {2, 4, 4, 6};
                                     a.inner = {1, 2, 2, 3};
                                 }),
                                 3, true, limits),
                      counting(kPoints));
    }
}

TEST(Zarr, EveryGriddedArrayIsFoundUnlessItIsNamed)
{
    const Scratch scratch;
    for (const bool consolidated : {false, true}) {
        for (const int version : {2, 3}) {
            MadeStore store(scratch.path(std::to_string(version) + (consolidated ? "c" : "")),
                            version, consolidated);
            store.add(made([&](MadeArray &a) { a.name = "b"; }));
            store.add(made([&](MadeArray &a) { a.name = "a"; }));
            store.add(made([&](MadeArray &a) {
                a.name = "odd";
                a.dimensions = {"time", "level", "y", "x"};
            }));
            store.add_coordinates();
            store.finish();
            const ReadStore read = read_store(store.path, nullptr);
            EXPECT_EQ(read.status, GAIA_OK) << read.error;
            ASSERT_EQ(read.fields.size(), 12u);
            EXPECT_EQ(read.fields[0].field.variable, 0u);
            EXPECT_EQ(read.fields[6].field.variable, 1u);
            EXPECT_EQ(read_store(store.path, "c").error,
                      "STORE: no variable 'c'; there are: a, b, odd");
        }
    }
}

} // namespace
