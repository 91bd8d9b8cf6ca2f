// SPDX-License-Identifier: MIT
//
// Zarr behind an address: stores of both versions, in layouts that are fetched whole and in ranges,
// from a server that says lengths and from one that sends pieces; with and without a manifest.
#include "way.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

extern "C" {
#include "manifest_folder.h"
}

#include "store_server.h"

namespace
{

// A server and what it serves. An address is never used again: whoever has read one may have kept
// its connection or its metadata.
class Served
{
  public:
    std::string folder_next()
    {
        const std::string name = std::to_string(n_folders_++);
        std::filesystem::create_directories(root_.path("stores/" + name));
        return name;
    }

    std::string path(const std::string &name) const
    {
        return root_.path("stores/" + name);
    }

    std::string url(const std::string &manner, const std::string &name) const
    {
        return server_.url(manner, name);
    }

  private:
    Scratch root_;
    StoreServer server_{root_.path("stores"), root_.path("log")};
    size_t n_folders_ = 0;
};

// Starting it takes longer than most tests, so that it is one for all of a program's, and none for
// a program that has no use for it.
Served &served()
{
    static Served one;
    return one;
}

void put_manifest(const std::string &store, const std::string &path)
{
    manifest *made = nullptr;
    gaia_error err = {};
    text json = {};
    if (manifest_make(store.c_str(), DIGEST_SHA256, nullptr, &made, &err) != GAIA_OK) {
        throw std::runtime_error(err.detail);
    }
    manifest_write(made, &json);
    std::ofstream(path, std::ios::binary) << json.s;
    text_fini(&json);
    manifest_free(made);
}

struct Entry {
    const char *manner; // of the server
    const char *zarr;   // the way that is written
    bool manifest;
};

const Entry kWays[] = {
    {"plain", "zarr2", false},
    {"plain", "zarr2 blosc lz4 1", false},
    {"plain", "zarr2 delta shuffle", true},
    {"chunked", "zarr2 double big", false},
    {"plain", "zarr3 packed", false},
    {"chunked", "zarr3 zstd checksum", false},
    {"plain", "zarr3 shards", false},
    {"plain", "zarr3 shards crc32c start", true},
};

std::string write_http(const Way &zarr, const Entry &entry, const MadeFile &fields,
                       const std::string &path)
{
    Served &server = served();
    const std::string name =
        server.folder_next() + "/" + std::filesystem::path(path).filename().string();
    const std::string store = zarr.write(fields, server.path(name));
    if (entry.manifest) {
        put_manifest(store, store + ".json");
    }
    return server.url(entry.manner, name + std::filesystem::path(store).extension().string());
}

} // namespace

std::vector<Way> http_ways()
{
    const std::vector<Way> written = zarr_ways(true);
    std::vector<Way> list;
    for (const Entry &entry : kWays) {
        const auto zarr = std::find_if(written.begin(), written.end(),
                                       [&entry](const Way &way) { return way.name == entry.zarr; });
        if (zarr == written.end()) {
            throw std::runtime_error("no way of writing is called " + std::string(entry.zarr));
        }
        const std::string name = std::string("http ") + entry.manner +
                                 (entry.manifest ? " manifest " : " ") + entry.zarr;
        list.push_back({name, zarr->format, true, entry.manifest,
                        [zarr = *zarr, entry](const MadeFile &fields, const std::string &path) {
                            return write_http(zarr, entry, fields, path);
                        }});
    }
    return list;
}
