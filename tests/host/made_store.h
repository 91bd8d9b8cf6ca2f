// SPDX-License-Identifier: MIT
//
// Zarr stores to order, by a small writer that shares nothing with the reader but the compression
// libraries: any version, type, byte order, chunking, codec and filter.
#ifndef HOST_MADE_STORE_H
#define HOST_MADE_STORE_H

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

using Bytes = std::vector<uint8_t>;
using Place = std::vector<size_t>;

struct MadeArray {
    std::string name = "v";
    std::string type = "f4"; // i1 u1 i2 u2 i4 u4 i8 u8 f4 f8 b1, M8[ns], m8[h]
    bool big = false;
    Place shape = {2, 3, 5, 7};
    Place chunk = {1, 2, 2, 3};
    std::vector<std::string> dimensions = {"time", "level", "latitude", "longitude"};
    bool fortran = false;                    // v2
    std::vector<std::vector<int>> transpose; // v3, one after the other
    std::string separator;                   // "": the format's default, and not written
    bool v2_keys = false;                    // v3 with keys as in v2
    std::string compressor;                  // "", "blosc lz4 1" (shuffle), "zlib", "gzip", "zstd",
                                             // "zstd checksum", "lz4"
    std::vector<std::string> filters;        // v2: "shuffle", "delta", "fixedscaleoffset"
    bool crc32c = false;                     // v3, behind the compressor
    Place inner;                             // v3: chunks of a shard; empty: none
    bool index_at_start = false;
    bool index_big = false;
    bool index_crc32c = true;
    std::string fill = "null";                 // JSON
    std::string attributes;                    // members of a JSON object: "\"units\": \"K\""
    std::string more;                          // further members of the metadata: ", \"x\": 1"
    std::function<bool(const Place &)> absent; // chunks (inner ones of a shard) left out
    std::vector<double> values;                // [shape], the last axis fastest; empty: counting
};

// An array as `change` leaves it.
template <typename Change> MadeArray made(Change change)
{
    MadeArray array;
    change(array);
    return array;
}

class MadeStore
{
  public:
    MadeStore(std::string path, int version, bool consolidated);

    // Writes the array's chunks and notes its metadata.
    void add(MadeArray array);
    // time (hours), level (hPa), latitude, longitude for arrays of the default shape.
    void add_coordinates();
    // Writes the metadata. Nothing is added afterwards.
    void finish();

    std::string path;
    int version;
    bool consolidated;

  private:
    std::vector<std::pair<std::string, std::string>> documents_; // key, text
};

// The documents that describe an array.
std::string metadata_v2(const MadeArray &a);
std::string attributes_v2(const MadeArray &a);
std::string metadata_v3(const MadeArray &a);

// "a, b", or the one that is not empty.
std::string joined(const std::string &a, const std::string &b);

// What MadeArray holds where values is empty: small whole numbers, every type has them.
std::vector<double> counting(size_t n);

Bytes file_get(const std::string &path);
void file_put(const std::string &path, const Bytes &bytes);
// Replaces `from` by `to` once in a text file; throws if it is not there.
void file_edit(const std::string &path, const std::string &from, const std::string &to);

#endif
