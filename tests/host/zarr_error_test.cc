// SPDX-License-Identifier: MIT
//
// What damaged, unsupported and hostile stores get: an error that names store, array and chunk.

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

#include "made_file.h"
#include "made_store.h"
#include "zarr_store_reader.h"

namespace
{

using Change = std::function<void(MadeArray &)>;
using Damage = std::function<void(const std::string &)>;

// A store of one chunk a field whose array `change` sets up, after `damage`.
class Store
{
  public:
    Store(int version, bool consolidated, const Change &change, const Damage &damage)
        : path(scratch_.path("s.zarr"))
    {
        MadeStore store(path, version, consolidated);
        MadeArray array;
        array.chunk = {1, 1, 5, 7};
        change(array);
        store.add(array);
        store.add_coordinates();
        store.finish();
        damage(path);
    }

  private:
    Scratch scratch_;

  public:
    std::string path;
};

void expect_error(const ReadStore &read, gaia_status status, const std::string &error)
{
    EXPECT_EQ(read.status, status) << read.error;
    EXPECT_EQ(read.error, error);
}

const Change kPlain = [](MadeArray &) {};
const Damage kNoDamage = [](const std::string &) {};

Change compressed(const std::string &compressor)
{
    return [=](MadeArray &a) { a.compressor = compressor; };
}

// Changes the metadata of the array.
Damage edited(const std::string &from, const std::string &to)
{
    return [=](const std::string &path) {
        const bool v3 = std::filesystem::exists(path + "/zarr.json");
        file_edit(path + (v3 ? "/v/zarr.json" : "/v/.zarray"), from, to);
    };
}

// Changes the bytes of the first chunk.
Damage chunk_changed(const std::function<void(Bytes &)> &change)
{
    return [=](const std::string &path) {
        const std::string chunk = std::filesystem::exists(path + "/zarr.json")
                                      ? path + "/v/c/0/0/0/0"
                                      : path + "/v/0.0.0.0";
        Bytes bytes = file_get(chunk);
        change(bytes);
        file_put(chunk, bytes);
    };
}

const Damage kCut = chunk_changed([](Bytes &bytes) { bytes.resize(bytes.size() - 5); });
const Damage kLonger = chunk_changed([](Bytes &bytes) { bytes.resize(bytes.size() + 5); });
const Damage kEmpty = chunk_changed([](Bytes &bytes) { bytes.clear(); });
const Damage kLastFlipped = chunk_changed([](Bytes &bytes) { bytes.back() ^= 0x10; });

// The error of a store that was damaged so.
void expect_damaged(int version, const Change &change, const Damage &damage, gaia_status status,
                    const std::string &error)
{
    SCOPED_TRACE(error);
    const Store store(version, false, change, damage);
    expect_error(read_store(store.path), status, error);
}

TEST(ZarrError, ChunksOfAnotherSizeThanTheShapeSays)
{
    const std::string chunk = "STORE: array 'v': chunk 'v/0.0.0.0': ";
    expect_damaged(2, kPlain, kCut, GAIA_FILE_DAMAGED,
                   chunk + "there are 135 bytes instead of 140");
    expect_damaged(2, kPlain, kLonger, GAIA_FILE_DAMAGED,
                   chunk + "more than the 140 bytes that it can have");
    expect_damaged(2, kPlain, kEmpty, GAIA_FILE_DAMAGED,
                   chunk + "there are 0 bytes instead of 140");
    for (const char *compressor : {"zlib", "gzip"}) {
        const std::string codec = chunk + "codec '" + compressor + "': ";
        expect_damaged(2, compressed(compressor), kCut, GAIA_FILE_DAMAGED,
                       codec + "it is truncated");
        expect_damaged(2, compressed(compressor), kEmpty, GAIA_FILE_DAMAGED,
                       codec + "it is truncated");
        expect_damaged(2, compressed(compressor), kLonger, GAIA_FILE_DAMAGED,
                       codec + "5 bytes follow its end");
        expect_damaged(2, compressed(compressor), edited("[1, 1, 5, 7]", "[1, 1, 5, 6]"),
                       GAIA_FILE_DAMAGED, codec + "it decodes to more than 120 bytes");
        expect_damaged(2, compressed(compressor), edited("[1, 1, 5, 7]", "[1, 1, 5, 8]"),
                       GAIA_FILE_DAMAGED, codec + "it decodes to 140 bytes instead of 160");
    }
    expect_damaged(2, compressed("zstd"), kCut, GAIA_FILE_DAMAGED,
                   chunk + "codec 'zstd': Src size is incorrect");
    expect_damaged(2, compressed("zstd"), edited("[1, 1, 5, 7]", "[1, 1, 5, 6]"), GAIA_FILE_DAMAGED,
                   chunk + "codec 'zstd': it decodes to more than 120 bytes");
    expect_damaged(2, compressed("zstd"), edited("[1, 1, 5, 7]", "[1, 1, 5, 8]"), GAIA_FILE_DAMAGED,
                   chunk + "codec 'zstd': it decodes to 140 bytes instead of 160");
    expect_damaged(2, compressed("lz4"), kCut, GAIA_FILE_DAMAGED,
                   chunk + "codec 'lz4': its compressed bytes are damaged");
    expect_damaged(2, compressed("lz4"), edited("[1, 1, 5, 7]", "[1, 1, 5, 8]"), GAIA_FILE_DAMAGED,
                   chunk + "codec 'lz4': it decodes to 140 bytes instead of 160");
    expect_damaged(2, compressed("lz4"), kEmpty, GAIA_FILE_DAMAGED,
                   chunk + "codec 'lz4': 0 bytes are no block");
}

TEST(ZarrError, BloscHeadersThatLie)
{
    const std::string codec = "STORE: array 'v': chunk 'v/0.0.0.0': codec 'blosc': ";
    const Change blosc = compressed("blosc lz4 1");
    const auto byte_set = [](size_t at, uint8_t value) {
        return chunk_changed([=](Bytes &bytes) {
            bytes.resize(100); // whatever it compressed to
            bytes[12] = 100;
            bytes[13] = bytes[14] = bytes[15] = 0;
            bytes[at] = value;
        });
    };
    expect_damaged(2, blosc, kEmpty, GAIA_FILE_DAMAGED, codec + "0 bytes are too few for a header");
    expect_damaged(2, blosc, byte_set(0, 5), GAIA_FILE_DAMAGED,
                   codec + "its header has version 5 and elements of 4 bytes");
    expect_damaged(2, blosc, byte_set(3, 0), GAIA_FILE_DAMAGED,
                   codec + "its header has version 2 and elements of 0 bytes");
    expect_damaged(2, blosc, byte_set(4, 141), GAIA_FILE_DAMAGED,
                   codec + "it decodes to 141 bytes instead of 140");
    expect_damaged(2, blosc, byte_set(7, 0x80), GAIA_FILE_DAMAGED, codec + "its header is damaged");
    expect_damaged(2, blosc, byte_set(10, 1), GAIA_FILE_DAMAGED,
                   codec + "its header says blocks of 65676 bytes");
    expect_damaged(2, blosc, byte_set(12, 99), GAIA_FILE_DAMAGED,
                   codec + "its header says 99 bytes; there are 100");
    expect_damaged(2, blosc, byte_set(16, 0xff), GAIA_FILE_DAMAGED,
                   codec + "its compressed bytes are damaged");
}

TEST(ZarrError, ChecksumsThatFail)
{
    expect_damaged(2, compressed("zlib"), kLastFlipped, GAIA_FILE_DAMAGED,
                   "STORE: array 'v': chunk 'v/0.0.0.0': codec 'zlib': incorrect data check");
    expect_damaged(2, compressed("gzip"), kLastFlipped, GAIA_FILE_DAMAGED,
                   "STORE: array 'v': chunk 'v/0.0.0.0': codec 'gzip': incorrect length check");
    const std::string chunk = "STORE: array 'v': chunk 'v/c/0/0/0/0': ";
    expect_damaged(3, compressed("zstd checksum"), kLastFlipped, GAIA_FILE_DAMAGED,
                   chunk + "codec 'zstd': Restored data doesn't match checksum");
    expect_damaged(3, compressed("zstd"), edited("\"checksum\": false", "\"checksum\": true"),
                   GAIA_FILE_DAMAGED, chunk + "codec 'zstd': its checksum is missing");
    const Change checked = [](MadeArray &a) {
        a.crc32c = true;
        a.values.assign(210, 1.0);
    };
    expect_damaged(3, checked, kLastFlipped, GAIA_FILE_DAMAGED,
                   chunk + "codec 'crc32c': the checksum is de920052, the bytes' is ce920052");
    expect_damaged(3, checked, kEmpty, GAIA_FILE_DAMAGED,
                   chunk + "codec 'crc32c': 0 bytes are too few");
}

TEST(ZarrError, ShardsWhoseIndexIsWrong)
{
    const std::string chunk = "STORE: array 'v': chunk 'v/c/0/0/0/0': ";
    const auto sharded = [](bool checked) {
        return [=](MadeArray &a) {
            a.chunk = {2, 3, 6, 8};
            a.inner = {1, 1, 3, 4};
            a.index_crc32c = checked;
        };
    };
    expect_damaged(3, sharded(true), kLastFlipped, GAIA_FILE_DAMAGED,
                   chunk + "the checksum of its index is wrong");
    expect_damaged(3, sharded(true), chunk_changed([](Bytes &bytes) { bytes.resize(200); }),
                   GAIA_FILE_DAMAGED, chunk + "its index has 388 bytes; the shard ends after 200");
    const auto entry_set = [](size_t at, uint8_t value) {
        return chunk_changed([=](Bytes &bytes) { bytes[bytes.size() - 24 * 16 + at] = value; });
    };
    expect_damaged(3, sharded(false), entry_set(3, 1), GAIA_FILE_DAMAGED,
                   chunk + "its index gives a chunk 48 bytes at 16777216, beyond its end");
    expect_damaged(3, sharded(false), entry_set(12, 1), GAIA_FILE_DAMAGED,
                   chunk + "its index gives chunk 0 4294967344 bytes at 0");
    expect_damaged(3, sharded(false), entry_set(7, 0x80), GAIA_FILE_DAMAGED,
                   chunk + "its index gives chunk 0 48 bytes at 9223372036854775808");
    expect_damaged(3, sharded(false), entry_set(8, 47), GAIA_FILE_DAMAGED,
                   chunk + "there are 47 bytes instead of 48");
    expect_damaged(3, sharded(false), edited("\"end\"", "\"middle\""), GAIA_FILE_DAMAGED,
                   "STORE: array 'v': index_location is neither \"start\" nor \"end\"");
    expect_damaged(3, sharded(true), edited("{\"name\": \"crc32c\"}", "{\"name\": \"gzip\"}"),
                   GAIA_FORMAT_UNSUPPORTED,
                   "STORE: array 'v': codec 'gzip' is not supported in the index of its shards");
    expect_damaged(3, sharded(true), edited("{\"name\": \"crc32c\"}", "{\"name\": \"lzma\"}"),
                   GAIA_FORMAT_UNSUPPORTED,
                   "STORE: array 'v': index of its shards: codec 'lzma' is not supported");
    expect_damaged(3, sharded(false), edited("[1, 1, 3, 4]", "[1, 1, 4, 4]"), GAIA_FILE_DAMAGED,
                   "STORE: array 'v': shards of 6 cannot hold chunks of 4 along axis 2");
}

TEST(ZarrError, MissingChunksWithoutAFillValue)
{
    const Damage removed = [](const std::string &path) {
        std::filesystem::remove(path + "/v/0.0.0.0");
    };
    expect_damaged(2, kPlain, removed, GAIA_FILE_DAMAGED,
                   "STORE: array 'v': chunk 'v/0.0.0.0': it is missing, and there is no "
                   "fill_value");
}

TEST(ZarrError, MetadataOfVersion2)
{
    const std::string v = "STORE: array 'v': ";
    const struct {
        const char *from;
        const char *to;
        gaia_status status;
        const char *error;
    } cases[] = {
        {"\"compressor\": null", "\"compressor\": {\"id\": \"bz2\"}", GAIA_FORMAT_UNSUPPORTED,
         "codec 'bz2' is not supported"},
        {"\"filters\": null", "\"filters\": [{\"id\": \"packbits\"}]", GAIA_FORMAT_UNSUPPORTED,
         "codec 'packbits' is not supported"},
        {"\"filters\": null", "\"filters\": 3", GAIA_FILE_DAMAGED, "filters is no list"},
        {"\"filters\": null", "\"filters\": [{\"id\": \"delta\", \"dtype\": \"|S3\"}]",
         GAIA_FORMAT_UNSUPPORTED, "codec 'delta' has unusable parameters"},
        {"\"filters\": null", "\"filters\": [{\"id\": \"shuffle\", \"elementsize\": 3}]",
         GAIA_FILE_DAMAGED, "filter 'shuffle': its elements do not fit chunks of 140 bytes"},
        {"\"filters\": null", "\"filters\": [{\"id\": \"zlib\"}, {\"id\": \"zstd\"}]",
         GAIA_FORMAT_UNSUPPORTED, "codec 'zstd' after another compressor"},
        {"\"filters\": null",
         "\"filters\": [{\"id\": \"zlib\"}, {\"id\": \"shuffle\", \"elementsize\": 4}]",
         GAIA_FORMAT_UNSUPPORTED, "filter 'shuffle' after a compressor"},
        {"\"order\": \"C\"", "\"order\": \"C\", \"dimension_separator\": \"-\"", GAIA_FILE_DAMAGED,
         "dimension_separator is neither \".\" nor \"/\""},
        {"<f4", "<f2", GAIA_FORMAT_UNSUPPORTED, "data type '<f2' is not supported"},
        {"<f4", "|S4", GAIA_FORMAT_UNSUPPORTED, "data type '|S4' is not supported"},
        {"\"C\"", "\"K\"", GAIA_FILE_DAMAGED, "order is neither \"C\" nor \"F\""},
        {"[1, 1, 5, 7]", "[1, 1, 5]", GAIA_FILE_DAMAGED, "chunks is no list of 4 sizes"},
        {"[1, 1, 5, 7]", "[1, 1, 0, 7]", GAIA_FILE_DAMAGED, "chunks[2] is 0"},
        {"[1, 1, 5, 7]", "[1, 1, -5, 7]", GAIA_FILE_DAMAGED, "chunks is no list of 4 sizes"},
        {"[1, 1, 5, 7]", "[1, 99999999, 5, 99999999]", GAIA_FILE_DAMAGED, "chunks[3] is 99999999"},
        {"[2, 3, 5, 7]", "[2, 3, 5000000000, 70000000]", GAIA_FILE_DAMAGED,
         "its shape has more than 2^48 elements"},
        {"[2, 3, 5, 7]", "\"x\"", GAIA_FILE_DAMAGED, "shape is no list of sizes"},
        {"[2, 3, 5, 7]", "[1, 1, 1, 1, 1, 1, 1, 1, 1]", GAIA_FORMAT_UNSUPPORTED,
         "9 dimensions; at most 8 are read"},
        {"[2, 3, 5, 7]", "[3, 5, 7]", GAIA_FILE_DAMAGED,
         "_ARRAY_DIMENSIONS does not name its 3 dimensions"},
        {"\"fill_value\": null", "\"fill_value\": \"AAAAAA==\"", GAIA_FILE_DAMAGED,
         "fill_value is no value of its type"},
        {"\"zarr_format\": 2", "\"zarr_format\": 1", GAIA_FILE_DAMAGED, "zarr_format is not 2"},
    };
    for (const auto &row : cases) {
        expect_damaged(2, kPlain, edited(row.from, row.to), row.status, v + row.error);
    }
    expect_damaged(2, kPlain, edited("}", ""), GAIA_FILE_DAMAGED,
                   "STORE: v/.zarray: line 1, column 151: '}' expected near end of file");
    expect_damaged(2, kPlain, edited("{", "[{"), GAIA_FILE_DAMAGED,
                   "STORE: v/.zarray: line 1, column 153: ']' expected near end of file");
}

TEST(ZarrError, MetadataOfVersion3)
{
    const struct {
        const char *from;
        const char *to;
        gaia_status status;
        const char *error;
    } cases[] = {
        {"\"storage_transformers\": []", "\"storage_transformers\": [{\"name\": \"encrypted\"}]",
         GAIA_FORMAT_UNSUPPORTED, "storage transformer 'encrypted' is not supported"},
        {"\"node_type\"", "\"new\": {\"name\": \"y\"}, \"node_type\"", GAIA_FORMAT_UNSUPPORTED,
         "extension 'new' is not supported"},
        {"\"regular\"", "\"rectilinear\"", GAIA_FORMAT_UNSUPPORTED,
         "chunk grid 'rectilinear' is not supported"},
        {"\"default\"", "\"hashed\"", GAIA_FORMAT_UNSUPPORTED,
         "chunk key encoding 'hashed' is not supported"},
        {"\"float32\"", "\"float16\"", GAIA_FORMAT_UNSUPPORTED,
         "data type 'float16' is not supported"},
        {"\"little\"", "\"middle\"", GAIA_FILE_DAMAGED,
         "codec 'bytes': endian is neither \"little\" nor \"big\""},
        {"\"bytes\"", "\"vlen-utf8\"", GAIA_FORMAT_UNSUPPORTED,
         "codec 'vlen-utf8' is not supported at this place"},
        {"{\"name\": \"bytes\"", "{\"nam\": \"bytes\"", GAIA_FILE_DAMAGED, "codecs[0] has no name"},
        {"\"bytes\", \"configuration\": {\"endian\": \"little\"}",
         "\"transpose\", \"configuration\": {\"order\": [0, 1, 2, 3]}", GAIA_FILE_DAMAGED,
         "codecs lead to no bytes"},
        {"\"default\", \"configuration\": {",
         "\"default\", \"configuration\": {\"separator\": \"-\"", GAIA_FILE_DAMAGED,
         "the chunk keys' separator is neither \".\" nor \"/\""},
        {"\"time\", ", "7, ", GAIA_FILE_DAMAGED, "dimension_names[0] is no name"},
        {"[{\"name\": \"bytes\"", "[\"transpose\", {\"name\": \"bytes\"", GAIA_FILE_DAMAGED,
         "codec 'transpose': order is none of 4 axes"},
        {"}}]", "}}, {\"name\": \"lzma\"}]", GAIA_FORMAT_UNSUPPORTED,
         "codec 'lzma' is not supported"},
        {"}}]", "}}, {\"name\": \"sharding_indexed\"}]", GAIA_FORMAT_UNSUPPORTED,
         "codec 'sharding_indexed' is not supported at this place"},
        {"\"codecs\": [", "\"codecs\": [], \"x\": [", GAIA_FORMAT_UNSUPPORTED,
         "extension 'x' is not supported"},
        {"\"codecs\": [", "\"codecs\": [], \"dimension_names\": null, \"storage_transformers\": [",
         GAIA_FILE_DAMAGED, nullptr}, // a key that is there twice
        {"\"fill_value\": null", "\"fill_value\": 1e300", GAIA_FILE_DAMAGED,
         "fill_value is no value of its type"},
        {"\"fill_value\": null", "\"fill_value\": \"0x7fc0\"", GAIA_FILE_DAMAGED,
         "fill_value is no value of its type"},
    };
    for (const auto &row : cases) {
        const Store store(3, false, kPlain, edited(row.from, row.to));
        const ReadStore read = read_store(store.path);
        EXPECT_EQ(read.status, row.status) << read.error;
        if (row.error != nullptr) {
            EXPECT_EQ(read.error, "STORE: array 'v': " + std::string(row.error));
        }
    }
}

TEST(ZarrError, WhatIsNoStore)
{
    const Scratch scratch;
    expect_error(read_store(scratch.path("none")), GAIA_FILE_MISSING,
                 "STORE: No such file or directory");
    file_put(scratch.path("file"), {1, 2, 3});
    expect_error(read_store(scratch.path("file")), GAIA_FILE_UNREADABLE,
                 "STORE: not a folder; a Zarr store is one");
    std::filesystem::create_directory(scratch.path("empty"));
    expect_error(read_store(scratch.path("empty")), GAIA_FILE_DAMAGED,
                 "STORE: not a Zarr store: it has no zarr.json, .zmetadata or .zgroup");
    const Store v2(2, false, kPlain, kNoDamage);
    expect_error(read_store(v2.path + "/v"), GAIA_FORMAT_UNSUPPORTED,
                 "STORE: the store is an array, not a group");
    const Store v3(3, false, kPlain, kNoDamage);
    expect_error(read_store(v3.path + "/v"), GAIA_FORMAT_UNSUPPORTED,
                 "STORE: the store is an array, not a group");
    const Store wrong(2, true, kPlain, [](const std::string &path) {
        file_edit(path + "/.zmetadata", "\"metadata\": {", "\"metadata\": 1, \"x\": {");
    });
    expect_error(read_store(wrong.path), GAIA_FILE_DAMAGED,
                 "STORE: .zmetadata: the consolidated metadata is no object");
}

TEST(ZarrError, NoKeyLeavesTheStore)
{
    const Store outside(2, false, kPlain, kNoDamage);
    const auto linked = [&](const char *what) {
        return [what, &outside](const std::string &path) {
            std::filesystem::remove_all(path + "/" + what);
            std::filesystem::create_symlink(outside.path + "/" + what, path + "/" + what);
        };
    };
    const struct {
        const char *what;
        const char *key;
    } links[] = {{"v/0.0.0.0", "v/0.0.0.0"}, {"v", "v/.zarray"}, {"v/.zarray", "v/.zarray"}};
    for (const auto &link : links) {
        expect_damaged(2, kPlain, linked(link.what), GAIA_FILE_UNREADABLE,
                       std::string("STORE: key '") + link.key +
                           "': symbolic links in a store are not followed");
    }
    expect_damaged(
        2, kPlain,
        [](const std::string &path) {
            std::filesystem::remove(path + "/v/0.0.0.0");
            ASSERT_EQ(mkfifo((path + "/v/0.0.0.0").c_str(), 0600), 0);
        },
        GAIA_FILE_UNREADABLE, "STORE: key 'v/0.0.0.0': not a regular file");
    const Store store(2, false, kPlain, kNoDamage);
    for (const std::string name : {"../s.zarr/v", "./v", "/v", "v/", "", ".."}) {
        expect_error(read_store(store.path, name.c_str()), GAIA_FILE_UNREADABLE,
                     "STORE: '" + name + "/.zarray' is no key of a store");
    }
    const Store hostile(2, true, kPlain, [](const std::string &path) {
        file_edit(path + "/.zmetadata", "\"v/.zarray\"", "\"../v/.zarray\"");
        file_edit(path + "/.zmetadata", "\"v/.zattrs\"", "\"../v/.zattrs\"");
    });
    expect_error(read_store(hostile.path, "../v"), GAIA_FILE_UNREADABLE,
                 "STORE: '../v/0.0.0.0' is no key of a store");
}

TEST(ZarrError, DeclaredSizesBeyondTheLimits)
{
    const read_limits small = {100, 100};
    const Store store(2, false, kPlain, kNoDamage);
    expect_error(read_store(store.path, "v", small), GAIA_LIMIT,
                 "STORE: variable 'v': a chunk takes 140 bytes, too many for --memory");
    // A bomb: a few bytes that say they are 40 GB.
    const Store bomb(2, false, compressed("zlib"),
                     edited("[1, 1, 5, 7]", "[1, 1, 100000, 100000]"));
    expect_error(read_store(bomb.path), GAIA_LIMIT,
                 "STORE: variable 'v': a chunk takes 40000000000 bytes, too many for --memory");
    const Store shard(
        3, false,
        [](MadeArray &a) {
            a.inner = {1, 1, 5, 7};
        },
        [](const std::string &path) {
            file_edit(path + "/v/zarr.json", "\"chunk_shape\": [1, 1, 5, 7]",
                      "\"chunk_shape\": [1000, 1000, 1000, 7]");
            file_edit(path + "/v/zarr.json", "\"chunk_shape\": [1, 1, 5, 7]",
                      "\"chunk_shape\": [1, 1, 1, 7]");
        });
    expect_error(read_store(shard.path), GAIA_LIMIT,
                 "STORE: variable 'v': a chunk takes 16000000004 bytes, too many for --memory");
    const Store axis(2, false, kPlain, [](const std::string &path) {
        file_edit(path + "/level/.zarray", "\"chunks\": [3]", "\"chunks\": [99999999]");
    });
    expect_error(read_store(axis.path), GAIA_LIMIT,
                 "STORE: array 'level': a chunk takes 799999992 bytes; a coordinate's may take "
                 "67108864");
}

// A bomb of filters: each makes eight bytes of one, and what lies between two of them is in memory.
TEST(ZarrError, FiltersThatWidenAreCounted)
{
    const auto widened = [](size_t n) {
        const std::string one = R"({"id": "delta", "dtype": "|u1", "astype": "<i8"})";
        std::string list = one;
        for (; n > 1; n--) {
            list += ", " + one;
        }
        return edited("\"filters\": null", "\"filters\": [" + list + "]");
    };
    const Change bytes = [](MadeArray &a) { a.type = "u1"; };
    const read_limits limits = {1 << 20, 1 << 20};
    const Store bomb(2, false, bytes, widened(7)); // 35 bytes, then 280, ...
    expect_error(read_store(bomb.path, "v", limits), GAIA_LIMIT,
                 "STORE: variable 'v': a chunk takes 9175040 bytes, too many for --memory");
    const Store endless(2, false, bytes, [&](const std::string &path) {
        widened(8)(path);
        edited("[1, 1, 5, 7]", "[1, 1, 4194304, 4194304]")(path);
    });
    expect_error(read_store(endless.path, "v", limits), GAIA_FILE_DAMAGED,
                 "STORE: array 'v': filter 'delta': its elements do not fit chunks of "
                 "576460752303423488 bytes");
}

TEST(ZarrError, MetadataOfTooManyValues)
{
    const auto grown = [](const char *value, size_t n) {
        return [=](const std::string &path) {
            std::string text = value;
            for (size_t i = 1; i < n; i++) {
                text += std::string(",") + value;
            }
            file_edit(path + "/v/.zattrs", "{", "{\"x\": [" + text + "], ");
        };
    };
    expect_damaged(2, kPlain, grown("{}", 2 << 20), GAIA_LIMIT,
                   "STORE: v/.zattrs: more than the 1048576 values that are read");
    EXPECT_EQ(read_store(Store(2, false, kPlain, grown("0", 1 << 19)).path).status, GAIA_OK);
}

TEST(ZarrError, MetadataOfTooManyDocuments)
{
    const Store store(2, false, kPlain, [](const std::string &path) {
        const std::string text = "{\"x\": \"" + std::string(15 << 20, 'x') + "\", ";
        for (const char *name : {"time", "level", "latitude", "longitude", "v"}) {
            file_edit(path + "/" + name + "/.zattrs", "{", text);
        }
    });
    expect_error(read_store(store.path), GAIA_LIMIT,
                 "STORE: more than the 67108864 bytes of metadata that are read");
}

TEST(ZarrError, AttributesOfPacking)
{
    const auto attributes = [](const char *text) {
        return [=](MadeArray &a) { a.attributes = text; };
    };
    expect_damaged(2, attributes("\"scale_factor\": \"2\""), kNoDamage, GAIA_FILE_DAMAGED,
                   "STORE: variable 'v': attribute scale_factor is no number");
    expect_damaged(2, attributes("\"add_offset\": NaN"), kNoDamage, GAIA_FILE_DAMAGED,
                   "STORE: variable 'v': scale_factor 1, add_offset nan");
    expect_damaged(3, attributes("\"_FillValue\": \"none\""), kNoDamage, GAIA_FILE_DAMAGED,
                   "STORE: variable 'v': attribute _FillValue is text, no number");
    expect_damaged(2, attributes("\"_Unsigned\": \"true\""), kNoDamage, GAIA_FORMAT_UNSUPPORTED,
                   "STORE: variable 'v': attribute _Unsigned is not supported");
}

} // namespace
