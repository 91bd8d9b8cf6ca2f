// SPDX-License-Identifier: MIT
//
// Brings a problem to a backend, sums it there, and compares with the reference.
//
// Invariant: whatever a backend hands out is given back, also when a case fails in between.
#ifndef TESTS_KERNELS_CONTRACT_RUN_H
#define TESTS_KERNELS_CONTRACT_RUN_H

#include <deque>
#include <vector>

#include "contract.h"
#include "contract_fields.h"

namespace contract
{

// Throws a Failure with this text unless it holds.
void require(bool holds, const std::string &text);
// Throws a Failure unless have == want; what says what it is.
void require_text(const std::string &what, const std::string &have, const std::string &want);
void require_ok(const std::string &what, gaia_status status, const gaia_error &err);

// A buffer of the device, filled once or again and again.
class Buffer
{
  public:
    Buffer(const Target &target, size_t bytes);
    ~Buffer();
    Buffer(const Buffer &) = delete;
    Buffer &operator=(const Buffer &) = delete;

    // Fills the buffer's first bytes.
    void upload(const void *data, size_t bytes);
    backend_buffer *get()
    {
        return &buffer_;
    }
    const char *device() const
    {
        return static_cast<const char *>(buffer_.device);
    }

  private:
    const Target &target_;
    backend_buffer buffer_ = {};
};

// The layout of a problem, on both sides, with its planes.
class Layout
{
  public:
    Layout(const Target &target, const HostLayout &host, size_t before = 0);

    const struct layout *host() const
    {
        return reinterpret_cast<const struct layout *>(memory_.data());
    }
    const backend_buffer *device()
    {
        return buffers_.back().get();
    }

  private:
    std::vector<double> memory_; // doubles: it must be aligned for them
    std::deque<Buffer> buffers_; // the planes, then the layout
};

// The fields of a problem's tiles on the device.
class Tiles
{
  public:
    Tiles(const Target &target, const Problem &problem);

    const std::vector<tile> &get() const
    {
        return tiles_;
    }
    std::vector<tile> &get()
    {
        return tiles_;
    }
    // Replaces the values of the tile's truth, whose place and type stay.
    void truth_upload(size_t i_tile, const HostField &truth);

  private:
    gaia_field upload(const Target &target, const HostField &field);

    size_t before_;
    std::deque<Buffer> buffers_;
    std::vector<size_t> truths_; // the tiles' buffers
    std::deque<std::vector<gaia_field>> forecasts_;
    std::vector<tile> tiles_;
};

// What one thread sums in.
class Work
{
  public:
    Work(const Target &target, Layout *layout, size_t n_tiles_max, size_t n_forecasts_max);
    ~Work();
    Work(const Work &) = delete;
    Work &operator=(const Work &) = delete;

    gaia_status start(const std::vector<tile> &tiles, gaia_error *err);
    void start(const std::vector<tile> &tiles);
    // The sums, borrowed until the next call.
    const double *wait();
    gaia_status wait(const double **sums, gaia_error *err);

  private:
    const Target &target_;
    backend_work *work_ = nullptr;
};

// Sums the problem on the backend.
std::vector<double> device_sums(const Target &target, const Problem &problem);
// Throws a Failure that begins with what unless the backend's sums are the reference's.
void check(const Target &target, const Problem &problem, const std::string &what);

} // namespace contract

#endif
