// SPDX-License-Identifier: MIT
//
// The sound files of each format, and what of them may be damaged.
#include "subject.h"

#include <algorithm>
#include <filesystem>
#include <stdexcept>

extern "C" {
#include "command.h"
}
#include "sanitized.h"
#include "way.h"

namespace
{

// Which bytes are under a checksum that every reader verifies.
enum class Checked { None, Chunks, ChunksAndAxes, ChunkFiles };

struct Kind {
    const char *format;
    const char *way;
    Checked checked;
};

const Kind kKinds[] = {
    {"netcdf3", "netcdf3", Checked::None},
    {"netcdf3", "netcdf3 offset64", Checked::None},
    {"netcdf3", "netcdf3 cdf5", Checked::None},
    {"netcdf3", "netcdf3 packed", Checked::None},
    {"netcdf4", "netcdf4 deflate", Checked::Chunks},
    {"netcdf4", "netcdf4 fletcher32", Checked::Chunks},
    {"netcdf4", "netcdf4 deflate fletcher32", Checked::ChunksAndAxes},
    {"netcdf4", "netcdf4 packed big", Checked::Chunks},
    {"netcdf4", "netcdf4 contiguous", Checked::None},
    {"grib1", "grib1 grid_simple", Checked::None},
    {"grib1", "grib1 grid_second_order", Checked::None},
    {"grib1", "grib1 grid_ieee", Checked::None},
    {"grib2", "grib2 grid_simple", Checked::None},
    {"grib2", "grib2 grid_ccsds", Checked::None},
    {"grib2", "grib2 grid_jpeg", Checked::None},
    {"grib2", "grib2 grid_png", Checked::None},
    {"zarr2", "zarr2 zlib", Checked::ChunkFiles},
    {"zarr2", "zarr2 gzip", Checked::ChunkFiles},
    {"zarr2", "zarr2 zstd checksum", Checked::ChunkFiles},
    {"zarr2", "zarr2 delta shuffle", Checked::ChunkFiles},
    {"zarr2", "zarr2 blosc lz4 1", Checked::None},
    {"zarr2", "zarr2 lz4", Checked::None},
    {"zarr2", "zarr2 chunks fortran big", Checked::None},
    {"zarr3", "zarr3 zstd checksum", Checked::ChunkFiles},
    {"zarr3", "zarr3 gzip", Checked::ChunkFiles},
    {"zarr3", "zarr3 crc32c", Checked::ChunkFiles},
    {"zarr3", "zarr3 shards crc32c start", Checked::ChunkFiles},
    {"zarr3", "zarr3 shards", Checked::None},
    {"zarr3", "zarr3 blosc zstd 2", Checked::None},
    {"zarr3", "zarr3", Checked::None},
};

MadeFile fields_of(Role role)
{
    MadeFile fields;
    fields.role = role;
    fields.salt = 7 + static_cast<unsigned>(role);
    fields.holes = 0.02;
    fields.offset = -250.25;
    fields.n_lat = 13;
    fields.n_lon = 24;
    fields.times = role == Role::Truth ? std::vector<double>{12, 24} : std::vector<double>{0};
    return fields;
}

bool is_metadata(const std::filesystem::path &file)
{
    const std::string name = file.filename().string();
    return name[0] == '.' || name == "zarr.json";
}

SoundFile sound_file(const std::string &path, const Kind &kind)
{
    SoundFile file;
    const bool store = std::string(kind.format).rfind("zarr", 0) == 0;
    file.path = path;
    file.bytes = file_get(path);
    file.text = store && is_metadata(path);
    file.length_told = std::string(kind.format).rfind("grib", 0) != 0;
    file.all_checked = kind.checked == Checked::ChunkFiles && !file.text &&
                       path.find(".zarr/z/") != std::string::npos;
    if (kind.checked == Checked::Chunks) {
        file.checked = chunk_spans(path, {"z"});
    } else if (kind.checked == Checked::ChunksAndAxes) {
        file.checked = chunk_spans(path, {"z", "time", "step", "level", "latitude", "longitude"});
    }
    return file;
}

// A store's files in an order that does not depend on the file system.
std::vector<SoundFile> sound_files(const std::string &path, const Kind &kind)
{
    if (!std::filesystem::is_directory(path)) {
        return {sound_file(path, kind)};
    }
    std::vector<std::string> paths;
    for (const auto &entry : std::filesystem::recursive_directory_iterator(path)) {
        if (entry.is_regular_file()) {
            paths.push_back(entry.path().string());
        }
    }
    std::sort(paths.begin(), paths.end());
    std::vector<SoundFile> files;
    for (const std::string &each : paths) {
        files.push_back(sound_file(each, kind));
    }
    return files;
}

Subject subject_make(const Kind &kind, const std::string &folder)
{
    Subject subject;
    subject.way = kind.way;
    std::filesystem::create_directories(folder);
    const Way way = way_of(kind.way);
    const Way plain = way_of("netcdf3");
    const std::string forecast = way.write(fields_of(Role::Forecast), folder + "/forecast");
    const std::string truth = plain.write(fields_of(Role::Truth), folder + "/truth");
    const std::string climatology =
        plain.write(fields_of(Role::Climatology), folder + "/climatology");
    const std::string job =
        R"({"schema": "gaia.job/1", "forecasts": [{"id": "f", "files": [")" + forecast +
        R"("], "format": ")" + way.format + R"("}], "truth": {"files": [")" + truth +
        R"("]}, "climatology": {"files": [")" + climatology + R"("]}, "metrics": ["all"]})";
    subject.job = folder + "/job.json";
    file_put(subject.job, Bytes(job.begin(), job.end()));
    subject.files = sound_files(forecast, kind);
    const ProcessEnd end = subject_score(subject, Start::Program);
    if (end.status != 0 || end.out.find("\nf,z,500,12,") == std::string::npos) {
        throw std::runtime_error(subject.way + " has no scores: " + end.err);
    }
    subject.scores = end.out;
    return subject;
}

} // namespace

std::vector<Subject> subjects(const std::string &format, const std::string &folder)
{
    std::vector<Subject> made;
    for (const Kind &kind : kKinds) {
        if (kind.format == format) {
            made.push_back(subject_make(kind, folder + "/" + std::to_string(made.size())));
        }
    }
    return made;
}

ProcessEnd subject_score(const Subject &subject, Start start)
{
    return process_run(
        {GAIA_BINARIES "/gaia", "score", "--device", "cpu", "--threads", "1", "--memory",
         std::to_string(kMemoryBytes), "--format", "csv", "--job", subject.job},
        {kAddressBytes, sanitized() ? kCpuSecondsSanitized : kCpuSeconds, kWallSeconds},
        start == Start::Child ? command_score : nullptr);
}
