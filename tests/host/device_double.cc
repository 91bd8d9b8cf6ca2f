// SPDX-License-Identifier: MIT
#include "device_double.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <vector>

extern "C" {
#include "error.h"
}

namespace
{

// Added to an address it makes one that no process of this machine has.
constexpr uintptr_t kAway = uintptr_t{1} << 62;
// What a device keeps of a strip of a forecast.
constexpr uint64_t kStripBytes = 492;

std::mutex mutex; // of all that follows
DeviceDouble state;

struct Upload {
    void *to;
    void *staging;
    size_t bytes;
};

struct Device {
    backend *cpu = nullptr;
    uint64_t memory_bytes = 0;
    std::vector<Upload> uploads;
};

struct DeviceWork {
    backend_work *cpu = nullptr;
    uint64_t bytes = 0;
    std::vector<tile> tiles; // of the moments that are not waited for yet
    std::vector<gaia_field> forecasts;
    bool is_running = false;
};

Device *of(backend *b)
{
    return reinterpret_cast<Device *>(b);
}

const Device *of(const backend *b)
{
    return reinterpret_cast<const Device *>(b);
}

DeviceWork *of(backend_work *w)
{
    return reinterpret_cast<DeviceWork *>(w);
}

void *away(void *p)
{
    return reinterpret_cast<void *>(reinterpret_cast<uintptr_t>(p) + kAway);
}

template <class T> T *back(T *p)
{
    return p != nullptr ? reinterpret_cast<T *>(reinterpret_cast<uintptr_t>(p) - kAway) : nullptr;
}

// Whether the nth call of a kind is to be refused.
bool refused(unsigned n, unsigned at)
{
    return at != 0 && (n == at || (state.refuse_ever_after && n > at));
}

gaia_status lost_check(gaia_error *err)
{
    return state.lost ? error_set(err, GAIA_DEVICE, "double: the device is lost") : GAIA_OK;
}

// Takes memory for a buffer or a work, with the mutex held.
gaia_status memory_take(Device *device, uint64_t bytes, gaia_error *err)
{
    const gaia_status status = lost_check(err);
    if (status != GAIA_OK) {
        return status;
    }
    state.n_memory++;
    if (refused(state.n_memory, state.refuse_memory_at) ||
        bytes > device->memory_bytes - state.used_bytes) {
        return error_set(err, GAIA_OUT_OF_MEMORY, "double: no memory for %llu bytes",
                         static_cast<unsigned long long>(bytes));
    }
    state.used_bytes += bytes;
    state.used_bytes_most = std::max(state.used_bytes_most, state.used_bytes);
    state.n_live++;
    return GAIA_OK;
}

void memory_give(uint64_t bytes)
{
    state.used_bytes -= bytes;
    state.n_live--;
}

// ---- Opening and closing ----

gaia_status double_open(const backend_config *config, backend **opened, gaia_error *err)
{
    const backend_config cpu = {nullptr, 0, 0};
    auto *device = new Device;
    device->memory_bytes = config->memory_bytes != 0 ? config->memory_bytes : state.memory_bytes;
    const gaia_status status = backend_cpu.open(&cpu, &device->cpu, err);
    if (status != GAIA_OK) {
        delete device;
        return status;
    }
    *opened = reinterpret_cast<backend *>(device);
    return GAIA_OK;
}

void double_close(backend *b)
{
    Device *device = of(b);
    for (const Upload &upload : device->uploads) {
        free(upload.staging);
    }
    backend_cpu.close(device->cpu);
    delete device;
}

const char *double_device(const backend *)
{
    return "double";
}

uint64_t double_memory_bytes(const backend *b)
{
    return of(b)->memory_bytes;
}

// ---- Buffers ----

gaia_status double_alloc(backend *b, size_t bytes, backend_buffer *buffer, gaia_error *err)
{
    const std::lock_guard<std::mutex> lock(mutex);
    backend_buffer inner = {};
    gaia_status status = memory_take(of(b), bytes, err);
    if (status == GAIA_OK) {
        status = backend_cpu.alloc(of(b)->cpu, bytes, &inner, err);
    }
    if (status == GAIA_OK) {
        std::memset(inner.device, 0xa5, bytes);
        *buffer = {away(inner.device), bytes, nullptr, nullptr};
    }
    return status;
}

void double_free(backend *b, backend_buffer *buffer)
{
    const std::lock_guard<std::mutex> lock(mutex);
    Device *device = of(b);
    backend_buffer inner = {back(buffer->device), buffer->bytes, nullptr, nullptr};
    std::vector<Upload> left;
    for (const Upload &upload : device->uploads) {
        if (upload.to == inner.device) {
            free(upload.staging);
        } else {
            left.push_back(upload);
        }
    }
    device->uploads = left;
    backend_cpu.free(device->cpu, &inner);
    memory_give(buffer->bytes);
    *buffer = {};
}

gaia_status double_map(backend *, backend_buffer *buffer, gaia_error *err)
{
    const std::lock_guard<std::mutex> lock(mutex);
    const gaia_status status = lost_check(err);
    if (status != GAIA_OK) {
        return status;
    }
    state.n_mappings++;
    if (refused(state.n_mappings, state.refuse_mapping_at)) {
        return error_set(err, GAIA_OUT_OF_MEMORY, "double: no staging memory");
    }
    buffer->host = malloc(buffer->bytes);
    std::memset(buffer->host, 0x5a, buffer->bytes);
    state.n_live++;
    return GAIA_OK;
}

gaia_status double_upload(backend *b, backend_buffer *buffer, size_t bytes, gaia_error *err)
{
    const std::lock_guard<std::mutex> lock(mutex);
    if (buffer->host == nullptr || bytes > buffer->bytes) {
        return error_set(err, GAIA_USAGE, "double: an upload without a mapping");
    }
    void *staging = buffer->host;
    buffer->host = nullptr;
    state.n_live--;
    const gaia_status status = lost_check(err);
    if (status != GAIA_OK || bytes == 0) {
        free(staging);
        return status;
    }
    of(b)->uploads.push_back({back(buffer->device), staging, bytes});
    state.uploaded_bytes += bytes;
    return GAIA_OK;
}

// With the mutex held.
void uploads_arrive(Device *device)
{
    for (const Upload &upload : device->uploads) {
        std::memcpy(upload.to, upload.staging, upload.bytes);
        free(upload.staging);
    }
    device->uploads.clear();
}

gaia_status double_download(backend *b, const backend_buffer *buffer, size_t bytes, void *room,
                            const void **host, gaia_error *err)
{
    const std::lock_guard<std::mutex> lock(mutex);
    const gaia_status status = lost_check(err);
    if (status != GAIA_OK || room == nullptr || bytes > buffer->bytes) {
        return status != GAIA_OK ? status : error_set(err, GAIA_USAGE, "double: no such download");
    }
    uploads_arrive(of(b));
    std::memcpy(room, back(buffer->device), bytes);
    *host = room;
    return GAIA_OK;
}

// ---- Work ----

gaia_status double_work_open(backend *b, const layout *host, const backend_buffer *buffer,
                             size_t n_tiles_max, size_t n_forecasts_max, backend_work **opened,
                             gaia_error *err)
{
    const std::lock_guard<std::mutex> lock(mutex);
    const uint64_t bytes =
        n_forecasts_max * (host->n_strips * kStripBytes + layout_n_sums(host) * sizeof(double));
    gaia_status status = memory_take(of(b), bytes, err);
    if (status != GAIA_OK) {
        return status;
    }
    uploads_arrive(of(b)); // the layout, which is read from here on
    auto *work = new DeviceWork;
    work->bytes = bytes;
    status = backend_cpu.work_open(of(b)->cpu, static_cast<const layout *>(back(buffer->device)),
                                   buffer, n_tiles_max, n_forecasts_max, &work->cpu, err);
    if (status != GAIA_OK) {
        delete work;
        memory_give(bytes);
        return status;
    }
    *opened = reinterpret_cast<backend_work *>(work);
    return GAIA_OK;
}

void double_work_close(backend *b, backend_work *w)
{
    const std::lock_guard<std::mutex> lock(mutex);
    if (w != nullptr) {
        memory_give(of(w)->bytes);
        backend_cpu.work_close(of(b)->cpu, of(w)->cpu);
        delete of(w);
    }
}

gaia_field here(gaia_field field)
{
    field.data = back(field.data);
    return field;
}

gaia_status double_moments(backend *b, backend_work *w, const tile *tiles, size_t n_tiles,
                           gaia_error *err)
{
    const std::lock_guard<std::mutex> lock(mutex);
    DeviceWork *work = of(w);
    size_t n_forecasts = 0;
    state.n_moments++;
    state.lost = state.lost || state.n_moments == state.lose_at;
    gaia_status status = lost_check(err);
    if (status != GAIA_OK || work->is_running) {
        return status != GAIA_OK ? status : error_set(err, GAIA_USAGE, "double: not waited for");
    }
    for (size_t i = 0; i < n_tiles; i++) {
        n_forecasts += tiles[i].n_forecasts;
    }
    if (state.forecasts_at_once != 0 && n_forecasts > state.forecasts_at_once) {
        return error_set(err, GAIA_OUT_OF_MEMORY, "double: too many forecasts at once");
    }
    state.n_forecasts_most = std::max(state.n_forecasts_most, n_forecasts);
    state.n_tiles_most = std::max(state.n_tiles_most, n_tiles);
    uploads_arrive(of(b));
    work->tiles.assign(tiles, tiles + n_tiles);
    work->is_running = true;
    return GAIA_OK;
}

gaia_status double_wait(backend *b, backend_work *w, const double **sums, gaia_error *err)
{
    const std::lock_guard<std::mutex> lock(mutex);
    DeviceWork *work = of(w);
    gaia_status status = lost_check(err);
    if (status != GAIA_OK) {
        return status;
    }
    if (!work->is_running) {
        return error_set(err, GAIA_USAGE, "double: nothing to wait for");
    }
    work->is_running = false;
    size_t n = 0;
    for (const tile &t : work->tiles) {
        n += t.n_forecasts;
    }
    work->forecasts.resize(n);
    n = 0;
    for (tile &t : work->tiles) { // what they point to is borrowed until now
        t.truth = here(t.truth);
        t.climatology = here(t.climatology);
        t.reference = here(t.reference);
        for (size_t j = 0; j < t.n_forecasts; j++) {
            work->forecasts[n + j] = here(t.forecasts[j]);
        }
        t.forecasts = work->forecasts.data() + n;
        n += t.n_forecasts;
    }
    status =
        backend_cpu.moments(of(b)->cpu, work->cpu, work->tiles.data(), work->tiles.size(), err);
    return status == GAIA_OK ? backend_cpu.wait(of(b)->cpu, work->cpu, sums, err) : status;
}

void double_times(const backend *b, backend_times *times)
{
    backend_cpu.times(of(b)->cpu, times);
}

const backend_ops ops = [] {
    backend_ops made = {};
    made.name = "double";
    made.open = double_open;
    made.close = double_close;
    made.device = double_device;
    made.memory_bytes = double_memory_bytes;
    made.alloc = double_alloc;
    made.free = double_free;
    made.map = double_map;
    made.upload = double_upload;
    made.download = double_download;
    made.work_open = double_work_open;
    made.work_close = double_work_close;
    made.moments = double_moments;
    made.wait = double_wait;
    made.times = double_times;
    return made;
}();

} // namespace

DeviceDouble &device_double_reset()
{
    state = DeviceDouble{};
    return state;
}

const backend_ops *device_double()
{
    return &ops;
}
