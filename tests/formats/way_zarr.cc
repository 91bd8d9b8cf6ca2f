// SPDX-License-Identifier: MIT
//
// Zarr v2 and v3: types, byte orders, chunkings, shards, each codec and filter.
#include "way.h"

#include <algorithm>

#include "made_store.h"

namespace
{

using Change = std::function<void(MadeArray &)>;

void write_coordinate(MadeStore &store, const MadeAxis &axis)
{
    MadeArray a;
    a.name = axis.name;
    a.type = "f8";
    a.shape = a.chunk = {axis.values.size()};
    a.dimensions = {axis.name};
    a.attributes = "\"units\": \"" + axis.units + "\"";
    if (!axis.standard_name.empty()) {
        a.attributes += ", \"standard_name\": \"" + axis.standard_name + "\"";
    }
    a.values = axis.values;
    store.add(a);
}

void write_zarr(const MadeFile &fields, const std::string &path, int version, bool consolidated,
                const Change &change)
{
    const std::vector<MadeAxis> axes = fields.axes();
    MadeStore store(path, version, consolidated);
    MadeArray a;
    a.name = fields.variable;
    a.shape.clear();
    a.dimensions.clear();
    for (const MadeAxis &axis : axes) {
        a.shape.push_back(axis.values.size());
        a.dimensions.push_back(axis.name);
        write_coordinate(store, axis);
    }
    a.chunk = a.shape;
    std::fill(a.chunk.begin(), a.chunk.end() - 2, 1);
    a.fill = "\"NaN\"";
    a.attributes = "\"units\": \"m2 s**-2\"";
    change(a);
    if (a.type == "i2") {
        a.fill = std::to_string(kMadeMissing);
        // In version 3 the fill value is what absent chunks hold and no more.
        a.attributes += version == 3 ? ", \"_FillValue\": " + a.fill : "";
        a.attributes += ", \"scale_factor\": " + std::to_string(fields.scale) +
                        ", \"add_offset\": " + std::to_string(fields.offset);
    }
    fields.each_field([&](const std::vector<size_t> &, const std::vector<int16_t> &steps) {
        for (const int16_t step : steps) {
            a.values.push_back(a.type == "i2" ? static_cast<double>(step) : fields.value(step));
        }
    });
    store.add(a);
    store.finish();
}

// Chunks of two fields that divide no row.
void awkward_chunks(MadeArray &a)
{
    std::fill(a.chunk.begin(), a.chunk.end(), 1);
    a.chunk[0] = std::min<size_t>(2, a.shape[0]);
    a.chunk[a.chunk.size() - 2] = 7;
    a.chunk[a.chunk.size() - 1] = 11;
}

void shards(MadeArray &a)
{
    a.inner.assign(a.shape.size(), 1);
    a.inner[a.inner.size() - 2] = 5;
    a.inner[a.inner.size() - 1] = 9;
    a.chunk = a.inner;
    a.chunk[0] = 2;
    a.chunk[a.chunk.size() - 2] = 10;
    a.chunk[a.chunk.size() - 1] = 27;
}

struct Entry {
    std::string name;
    int version;
    Change change;
};

void add_compressors(std::vector<Entry> &list)
{
    std::vector<std::string> compressors = {"", "gzip", "zstd", "zstd checksum"};
    for (const char *inner : {"blosclz", "lz4", "lz4hc", "snappy", "zlib", "zstd"}) {
        for (const char *shuffle : {" 0", " 1", " 2"}) {
            compressors.push_back(std::string("blosc ") + inner + shuffle);
        }
    }
    for (const int version : {2, 3}) {
        const std::string title = "zarr" + std::to_string(version);
        for (const std::string &compressor : compressors) {
            list.push_back({title + (compressor.empty() ? "" : " ") + compressor, version,
                            [compressor](MadeArray &a) { a.compressor = compressor; }});
        }
    }
    for (const std::string compressor : {"zlib", "lz4"}) {
        list.push_back(
            {"zarr2 " + compressor, 2, [compressor](MadeArray &a) { a.compressor = compressor; }});
    }
}

void add_layouts(std::vector<Entry> &list)
{
    const auto with = [](const char *compressor, Change change) {
        return [=](MadeArray &a) {
            a.compressor = compressor;
            change(a);
        };
    };
    const Change packed = [](MadeArray &a) { a.type = "i2"; };
    const Change big = [](MadeArray &a) {
        a.type = "f8";
        a.big = true;
    };
    const Change filters = [](MadeArray &a) { a.filters = {"shuffle"}; };
    const Change delta = [](MadeArray &a) {
        a.type = "i2";
        a.filters = {"delta", "shuffle"};
    };
    const Change fortran = [](MadeArray &a) {
        awkward_chunks(a);
        a.fortran = true;
        a.big = true;
        a.separator = "/";
    };
    list.push_back({"zarr2 packed", 2, with("zlib", packed)});
    list.push_back({"zarr2 double big", 2, with("zstd", big)});
    list.push_back({"zarr2 shuffle", 2, with("zlib", filters)});
    list.push_back({"zarr2 delta shuffle", 2, with("zlib", delta)});
    list.push_back({"zarr2 chunks fortran big", 2, with("blosc lz4 1", fortran)});
    list.push_back({"zarr2 chunks", 2, with("gzip", awkward_chunks)});
    list.push_back({"zarr3 packed", 3, with("zstd", packed)});
    list.push_back({"zarr3 double big", 3, with("gzip", big)});
    list.push_back({"zarr3 chunks", 3, with("zstd", awkward_chunks)});
    list.push_back({"zarr3 crc32c", 3, with("blosc lz4 2", [](MadeArray &a) { a.crc32c = true; })});
    list.push_back({"zarr3 shards", 3, with("zstd", shards)});
    list.push_back({"zarr3 shards crc32c start", 3, with("gzip", [](MadeArray &a) {
                        shards(a);
                        a.crc32c = a.index_at_start = true;
                    })});
    list.push_back({"zarr3 transpose big", 3, with("zstd checksum", [](MadeArray &a) {
                        std::vector<int> turn;
                        for (size_t k = a.shape.size(); k-- > 0;) {
                            turn.push_back(static_cast<int>(k));
                        }
                        a.transpose = {turn};
                        a.big = true;
                    })});
}

} // namespace

std::vector<Way> zarr_ways(bool all_consolidated)
{
    std::vector<Entry> entries;
    std::vector<Way> list;
    add_compressors(entries);
    add_layouts(entries);
    for (size_t i = 0; i < entries.size(); i++) {
        const Entry entry = entries[i];
        const bool consolidated = all_consolidated || i % 2 == 0;
        list.push_back({entry.name, "zarr", true, false,
                        [entry, consolidated](const MadeFile &fields, const std::string &path) {
                            write_zarr(fields, path + ".zarr", entry.version, consolidated,
                                       entry.change);
                            return path + ".zarr";
                        }});
    }
    return list;
}
