// SPDX-License-Identifier: MIT
#include "made_store.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <blosc.h>
#include <lz4.h>
#include <zlib.h>
#include <zstd.h>

namespace
{

void must(bool good, const char *what)
{
    if (!good) {
        throw std::runtime_error(what);
    }
}

size_t product(const Place &shape)
{
    size_t n = 1;
    for (const size_t length : shape) {
        n *= length;
    }
    return n;
}

// The next place of a shape, the last axis fastest; false after the last.
bool advance(Place &at, const Place &shape)
{
    for (size_t k = shape.size(); k-- > 0;) {
        if (++at[k] < shape[k]) {
            return true;
        }
        at[k] = 0;
    }
    return false;
}

size_t bytes_of(const std::string &type)
{
    return static_cast<size_t>(type[1] - '0');
}

void put_integer(Bytes &out, uint64_t value, size_t n, bool big)
{
    for (size_t k = 0; k < n; k++) {
        out.push_back(static_cast<uint8_t>(value >> (8 * (big ? n - 1 - k : k))));
    }
}

void put(Bytes &out, const std::string &type, double value, bool big)
{
    uint64_t bits = 0;
    if (type == "f4") {
        const auto narrow = static_cast<float>(value);
        uint32_t narrow_bits = 0;
        std::memcpy(&narrow_bits, &narrow, sizeof narrow);
        bits = narrow_bits;
    } else if (type == "f8") {
        std::memcpy(&bits, &value, sizeof bits);
    } else {
        bits = static_cast<uint64_t>(static_cast<int64_t>(value));
    }
    put_integer(out, bits, bytes_of(type), big);
}

Bytes blosc_of(const Bytes &in, const std::string &codec, int shuffle, size_t element)
{
    Bytes out(in.size() + BLOSC_MAX_OVERHEAD);
    const int n = blosc_compress_ctx(5, shuffle, element, in.size(), in.data(), out.data(),
                                     out.size(), codec.c_str(), 0, 1);
    must(n > 0, "blosc");
    out.resize(static_cast<size_t>(n));
    return out;
}

Bytes deflate_of(const Bytes &in, int window_bits)
{
    z_stream stream = {};
    Bytes out(in.size() * 2 + 1024);
    must(deflateInit2(&stream, 6, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY) == Z_OK, "zlib");
    stream.next_in = const_cast<Bytef *>(in.data());
    stream.avail_in = static_cast<uInt>(in.size());
    stream.next_out = out.data();
    stream.avail_out = static_cast<uInt>(out.size());
    must(deflate(&stream, Z_FINISH) == Z_STREAM_END, "deflate");
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

Bytes zstd_of(const Bytes &in, bool checksum)
{
    ZSTD_CCtx *context = ZSTD_createCCtx();
    Bytes out(ZSTD_compressBound(in.size()));
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, checksum ? 1 : 0);
    const size_t n = ZSTD_compress2(context, out.data(), out.size(), in.data(), in.size());
    ZSTD_freeCCtx(context);
    must(!ZSTD_isError(n), "zstd");
    out.resize(n);
    return out;
}

Bytes lz4_of(const Bytes &in)
{
    Bytes out;
    put_integer(out, in.size(), 4, false);
    out.resize(4 + static_cast<size_t>(LZ4_compressBound(static_cast<int>(in.size()))));
    const int n = LZ4_compress_default(
        reinterpret_cast<const char *>(in.data()), reinterpret_cast<char *>(out.data()) + 4,
        static_cast<int>(in.size()), static_cast<int>(out.size() - 4));
    must(n > 0, "lz4");
    out.resize(4 + static_cast<size_t>(n));
    return out;
}

Bytes compress(const MadeArray &a, const Bytes &in)
{
    if (a.compressor.rfind("blosc ", 0) == 0) {
        const size_t space = a.compressor.rfind(' ');
        return blosc_of(in, a.compressor.substr(6, space - 6), a.compressor[space + 1] - '0',
                        bytes_of(a.type));
    }
    return a.compressor == "zlib"            ? deflate_of(in, 15)
           : a.compressor == "gzip"          ? deflate_of(in, 31)
           : a.compressor == "zstd"          ? zstd_of(in, false)
           : a.compressor == "zstd checksum" ? zstd_of(in, true)
           : a.compressor == "lz4"           ? lz4_of(in)
                                             : in;
}

// Bit by bit, from the polynomial.
uint32_t crc32c_of(const Bytes &in)
{
    uint32_t sum = ~0U;
    for (const uint8_t byte : in) {
        sum ^= byte;
        for (int k = 0; k < 8; k++) {
            sum = sum >> 1 ^ ((sum & 1) != 0 ? 0x82f63b78U : 0U);
        }
    }
    return ~sum;
}

// The elements of a chunk, in the order in which they are stored, as bytes behind the filters.
Bytes filter(const MadeArray &a, std::vector<double> elements)
{
    Bytes out;
    std::string type = a.type;
    for (const std::string &name : a.filters) {
        if (name == "delta") {
            for (size_t i = elements.size(); i-- > 1;) {
                elements[i] -= elements[i - 1];
            }
        } else if (name == "fixedscaleoffset") {
            std::transform(elements.begin(), elements.end(), elements.begin(),
                           [](double x) { return std::round((x - 5.0) * 10.0); });
            type = "i2";
        }
    }
    for (const double value : elements) {
        put(out, type, value, a.big);
    }
    if (std::find(a.filters.begin(), a.filters.end(), "shuffle") != a.filters.end()) {
        const Bytes plain = out;
        const size_t width = bytes_of(type);
        const size_t n = plain.size() / width;
        for (size_t i = 0; i < plain.size(); i++) {
            out[i % width * n + i / width] = plain[i];
        }
    }
    return out;
}

// Axes in the order in which they are stored.
std::vector<size_t> order_of(const MadeArray &a)
{
    std::vector<size_t> order;
    for (size_t k = 0; k < a.shape.size(); k++) {
        order.push_back(a.fortran ? a.shape.size() - 1 - k : k);
    }
    for (const std::vector<int> &turn : a.transpose) {
        std::vector<size_t> turned;
        for (const int axis : turn) {
            turned.push_back(order[static_cast<size_t>(axis)]);
        }
        order = turned;
    }
    return order;
}

// The chunk of this shape whose first element is at `start`, encoded. What lies beyond the array's
// edge is a number that no test expects.
Bytes chunk_encode(const MadeArray &a, const Place &start, const Place &shape)
{
    const std::vector<size_t> order = order_of(a);
    Place stored_shape;
    for (const size_t axis : order) {
        stored_shape.push_back(shape[axis]);
    }
    std::vector<double> elements;
    Place at(shape.size(), 0);
    do {
        size_t offset = 0;
        bool inside = true;
        for (size_t k = 0; k < shape.size(); k++) {
            const auto place = std::find(order.begin(), order.end(), k) - order.begin();
            const size_t i = start[k] + at[static_cast<size_t>(place)];
            inside = inside && i < a.shape[k];
            offset = offset * a.shape[k] + i;
        }
        elements.push_back(inside ? a.values[offset] : 77.0);
    } while (advance(at, stored_shape));
    Bytes bytes = compress(a, filter(a, elements));
    if (a.crc32c) {
        put_integer(bytes, crc32c_of(bytes), 4, false);
    }
    return bytes;
}

Place counts_of(const Place &shape, const Place &chunk)
{
    Place counts;
    for (size_t k = 0; k < shape.size(); k++) {
        counts.push_back((shape[k] + chunk[k] - 1) / chunk[k]);
    }
    return counts;
}

Place times(const Place &a, const Place &b)
{
    Place out;
    for (size_t k = 0; k < a.size(); k++) {
        out.push_back(a[k] * b[k]);
    }
    return out;
}

Bytes shard_encode(const MadeArray &a, const Place &shard)
{
    const Place counts = counts_of(a.chunk, a.inner);
    const size_t n = product(counts);
    const size_t index_bytes = 16 * n + (a.index_crc32c ? 4 : 0);
    Bytes data;
    Bytes index;
    Place at(counts.size(), 0);
    do {
        const Place inner_place = [&] {
            Place place = times(shard, counts);
            for (size_t k = 0; k < at.size(); k++) {
                place[k] += at[k];
            }
            return place;
        }();
        const Place start = times(inner_place, a.inner);
        bool outside = false;
        for (size_t k = 0; k < start.size(); k++) {
            outside = outside || start[k] >= a.shape[k];
        }
        if (outside || (a.absent && a.absent(inner_place))) {
            put_integer(index, UINT64_MAX, 8, false);
            put_integer(index, UINT64_MAX, 8, false);
            continue;
        }
        const Bytes chunk = chunk_encode(a, start, a.inner);
        put_integer(index, data.size() + (a.index_at_start ? index_bytes : 0), 8, a.index_big);
        put_integer(index, chunk.size(), 8, a.index_big);
        data.insert(data.end(), chunk.begin(), chunk.end());
    } while (advance(at, counts));
    if (a.index_crc32c) {
        put_integer(index, crc32c_of(index), 4, false);
    }
    data.insert(a.index_at_start ? data.begin() : data.end(), index.begin(), index.end());
    return data;
}

std::string key_of(const MadeArray &a, int version, const Place &at)
{
    const bool prefix = version == 3 && !a.v2_keys;
    const std::string separator = !a.separator.empty() ? a.separator : prefix ? "/" : ".";
    std::string key = prefix ? "c" : at.empty() ? "0" : "";
    for (const size_t i : at) {
        key += (key.empty() ? "" : separator) + std::to_string(i);
    }
    return a.name + "/" + key;
}

void text_put(const std::string &path, const std::string &text)
{
    file_put(path, Bytes(text.begin(), text.end()));
}

} // namespace

std::vector<double> counting(size_t n)
{
    std::vector<double> values;
    for (size_t i = 0; i < n; i++) {
        values.push_back(static_cast<double>((i * 37 + i / 11) % 64));
    }
    return values;
}

MadeStore::MadeStore(std::string path_, int version_, bool consolidated_)
    : path(std::move(path_)), version(version_), consolidated(consolidated_)
{
    std::filesystem::create_directories(path);
}

void MadeStore::add(MadeArray a)
{
    if (a.values.empty()) {
        a.values = counting(product(a.shape));
    }
    const Place counts = counts_of(a.shape, a.chunk);
    Place at(a.shape.size(), 0);
    do {
        if (!a.inner.empty()) {
            file_put(path + "/" + key_of(a, version, at), shard_encode(a, at));
        } else if (!a.absent || !a.absent(at)) {
            file_put(path + "/" + key_of(a, version, at),
                     chunk_encode(a, times(at, a.chunk), a.chunk));
        }
    } while (advance(at, counts));
    if (version == 2) {
        documents_.emplace_back(a.name + "/.zarray", metadata_v2(a));
        documents_.emplace_back(a.name + "/.zattrs", attributes_v2(a));
    } else {
        documents_.emplace_back(a.name, metadata_v3(a));
    }
}

void MadeStore::add_coordinates()
{
    const struct {
        const char *name;
        const char *units;
        std::vector<double> values;
    } axes[] = {{"time", "hours since 2000-01-01", {0, 6}},
                {"level", "hPa", {300, 500, 850}},
                {"latitude", "degrees_north", {60, 30, 0, -30, -60}},
                {"longitude", "degrees_east", {0, 10, 20, 30, 40, 50, 60}}};
    for (const auto &axis : axes) {
        MadeArray a;
        a.name = axis.name;
        a.type = "f8";
        a.shape = a.chunk = {axis.values.size()};
        a.dimensions = {axis.name};
        a.attributes = std::string("\"units\": \"") + axis.units + "\"";
        a.values = axis.values;
        add(a);
    }
}

void MadeStore::finish()
{
    std::string all;
    for (const auto &[key, text] : documents_) {
        all = joined(all, "\"" + key + "\": " + text);
        if (!consolidated) {
            text_put(path + "/" + key + (version == 3 ? "/zarr.json" : ""), text);
        }
    }
    if (version == 3) {
        text_put(path + "/zarr.json",
                 R"({"zarr_format": 3, "node_type": "group", "attributes": {})" +
                     (consolidated ? R"(, "consolidated_metadata": {"kind": "inline", )"
                                     R"("must_understand": false, "metadata": {)" +
                                         all + "}}"
                                   : std::string()) +
                     "}");
        return;
    }
    text_put(path + "/.zgroup", R"({"zarr_format": 2})");
    if (consolidated) {
        text_put(path + "/.zmetadata",
                 R"({"zarr_consolidated_format": 1, "metadata": {)" + all + "}}");
    }
}

Bytes file_get(const std::string &path)
{
    std::ifstream in(path, std::ios::binary);
    must(in.good(), path.c_str());
    return Bytes(std::istreambuf_iterator<char>(in), {});
}

void file_put(const std::string &path, const Bytes &bytes)
{
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out.write(reinterpret_cast<const char *>(bytes.data()),
              static_cast<std::streamsize>(bytes.size()));
    must(out.good(), path.c_str());
}

void file_edit(const std::string &path, const std::string &from, const std::string &to)
{
    const Bytes bytes = file_get(path);
    std::string text(bytes.begin(), bytes.end());
    const size_t at = text.find(from);
    must(at != std::string::npos, from.c_str());
    text.replace(at, from.size(), to);
    text_put(path, text);
}
