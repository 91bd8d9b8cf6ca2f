// SPDX-License-Identifier: MIT
//
// Runs problems on a backend through its seam alone.
//
// Invariant: every field lies in a buffer of its own between values that would spoil any sum, so
// that a point read beside the field shows.
#include "contract_run.h"

#include <cstring>

#include "contract_reference.h"

namespace contract
{

namespace
{

// Elements behind a field.
constexpr size_t kAfter = 3;

} // namespace

void require(bool holds, const std::string &text)
{
    if (!holds) {
        throw Failure(text);
    }
}

void require_text(const std::string &what, const std::string &have, const std::string &want)
{
    require(have == want, what + ": \"" + have + "\" where \"" + want + "\" is wanted");
}

void require_ok(const std::string &what, gaia_status status, const gaia_error &err)
{
    require(status == GAIA_OK, what + ": " + gaia_status_name(status) + ": " + err.detail);
}

Buffer::Buffer(const Target &target, size_t bytes) : target_(target)
{
    gaia_error err = {};
    require_ok("alloc", target.ops->alloc(target.opened, bytes, &buffer_, &err), err);
    if (reinterpret_cast<uintptr_t>(buffer_.device) % 256 != 0 || buffer_.bytes < bytes) {
        target.ops->free(target.opened, &buffer_);
        throw Failure("alloc: a buffer is too small or not aligned to 256 bytes");
    }
}

Buffer::~Buffer()
{
    target_.ops->free(target_.opened, &buffer_);
}

void Buffer::upload(const void *data, size_t bytes)
{
    gaia_error err = {};
    require_ok("map", target_.ops->map(target_.opened, &buffer_, &err), err);
    require(buffer_.host != nullptr, "map: nothing to write to");
    std::memcpy(buffer_.host, data, bytes);
    require_ok("upload", target_.ops->upload(target_.opened, &buffer_, bytes, &err), err);
    require(buffer_.host == nullptr, "upload: the mapping is still there");
}

// A field with values before and behind it that are finite, present and far from all others.
static std::vector<char> field_bytes(const HostField &field, size_t before)
{
    HostField padded = field;
    const double spoil = field.dtype == GAIA_INT16 ? 31999.0 : 1e30;
    padded.raw.assign(before + field.raw.size() + kAfter, spoil);
    std::copy(field.raw.begin(), field.raw.end(),
              padded.raw.begin() + static_cast<std::ptrdiff_t>(before));
    std::vector<char> bytes(padded.raw.size() * gaia_dtype_bytes(field.dtype));
    padded.write(bytes.data());
    return bytes;
}

Layout::Layout(const Target &target, const HostLayout &host, size_t before)
{
    std::vector<gaia_field> planes;
    for (const HostField &plane : host.planes) {
        const std::vector<char> bytes = field_bytes(plane, before);
        buffers_.emplace_back(target, bytes.size());
        buffers_.back().upload(bytes.data(), bytes.size());
        planes.push_back(
            plane.view(buffers_.back().device() + before * gaia_dtype_bytes(plane.dtype)));
    }
    std::vector<region_spec> regions;
    for (const HostRegion &region : host.regions) {
        regions.push_back({region.first_row, region.n_rows,
                           static_cast<uint32_t>(region.parts.size()), region.parts.data()});
    }
    std::vector<const double *> weights;
    for (const std::vector<double> &weighting : host.weights) {
        weights.push_back(weighting.data());
    }
    const layout_spec spec = {
        host.n_lat,     host.n_lon,     host.intervals.size(), host.intervals.data(),
        regions.size(), regions.data(), weights.size(),        weights.data(),
        planes.size(),  planes.data()};
    gaia_error err = {};
    size_t bytes = 0;
    require_ok("layout_measure", layout_measure(&spec, &bytes, &err), err);
    memory_.resize((bytes + sizeof(double) - 1) / sizeof(double));
    layout_make(&spec, memory_.data());
    buffers_.emplace_back(target, bytes);
    buffers_.back().upload(memory_.data(), bytes);
}

gaia_field Tiles::upload(const Target &target, const HostField &field)
{
    if (field.raw.empty()) {
        return gaia_field{};
    }
    const std::vector<char> bytes = field_bytes(field, before_);
    buffers_.emplace_back(target, bytes.size());
    buffers_.back().upload(bytes.data(), bytes.size());
    return field.view(buffers_.back().device() + before_ * gaia_dtype_bytes(field.dtype));
}

Tiles::Tiles(const Target &target, const Problem &problem) : before_(problem.before)
{
    for (const HostTile &host : problem.tiles) {
        tile one = {};
        truths_.push_back(buffers_.size());
        one.truth = upload(target, host.truth);
        one.climatology = upload(target, host.climatology);
        one.reference = upload(target, host.reference);
        forecasts_.emplace_back();
        for (const HostField &forecast : host.forecasts) {
            forecasts_.back().push_back(upload(target, forecast));
        }
        one.n_forecasts = forecasts_.back().size();
        one.forecasts = forecasts_.back().data();
        tiles_.push_back(one);
    }
}

void Tiles::truth_upload(size_t i_tile, const HostField &truth)
{
    const std::vector<char> bytes = field_bytes(truth, before_);
    buffers_[truths_[i_tile]].upload(bytes.data(), bytes.size());
}

Work::Work(const Target &target, Layout *layout, size_t n_tiles_max, size_t n_forecasts_max)
    : target_(target)
{
    gaia_error err = {};
    require_ok("work_open",
               target.ops->work_open(target.opened, layout->host(), layout->device(), n_tiles_max,
                                     n_forecasts_max, &work_, &err),
               err);
}

Work::~Work()
{
    target_.ops->work_close(target_.opened, work_);
}

gaia_status Work::start(const std::vector<tile> &tiles, gaia_error *err)
{
    return target_.ops->moments(target_.opened, work_, tiles.data(), tiles.size(), err);
}

void Work::start(const std::vector<tile> &tiles)
{
    gaia_error err = {};
    require_ok("moments", start(tiles, &err), err);
}

gaia_status Work::wait(const double **sums, gaia_error *err)
{
    return target_.ops->wait(target_.opened, work_, sums, err);
}

const double *Work::wait()
{
    gaia_error err = {};
    const double *sums = nullptr;
    require_ok("wait", wait(&sums, &err), err);
    require(sums != nullptr, "wait: no sums");
    return sums;
}

std::vector<double> device_sums(const Target &target, const Problem &problem)
{
    Layout layout(target, problem.layout, problem.before);
    const Tiles tiles(target, problem);
    Work work(target, &layout, problem.tiles.size(), problem.n_forecasts());
    work.start(tiles.get());
    const double *sums = work.wait();
    return std::vector<double>(sums, sums + problem.n_forecasts() * problem.layout.n_sums());
}

void check(const Target &target, const Problem &problem, const std::string &what)
{
    const std::vector<double> have = device_sums(target, problem);
    const std::string difference =
        first_difference(problem.layout, have.data(), reference_sums(problem));
    require(difference.empty(), what + ": " + difference);
}

} // namespace contract
