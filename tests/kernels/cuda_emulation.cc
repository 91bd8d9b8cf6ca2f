// SPDX-License-Identifier: MIT
//
// The emulated runtime: memory, streams that run when they are waited for, and failures on demand.
//
// Invariant: one lock holds everything, so that calls from several threads come one after another.
#include "cuda_emulation.h"

#include <chrono>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <set>

#include "backend_cuda.h"
#include "cuda_fibers.h"
#include "emulated_backend.h"

struct emulated_stream {
    std::deque<std::function<void()>> operations;
    uint64_t n_enqueued = 0;
    uint64_t n_done = 0;
    bool is_busy = false; // one of its operations, which may wait for another stream
};

struct emulated_event {
    emulated_stream *stream = nullptr; // null: never recorded
    uint64_t position = 0;             // operations of the stream that are before it
    std::chrono::steady_clock::time_point at;
};

namespace
{

struct Failure {
    unsigned left = 0; // calls until it comes; 0: none will
    emulation_error error = EMULATION_NO_MEMORY;
};

struct Machine {
    std::recursive_mutex mutex;
    std::set<emulated_stream *> streams;
    std::set<void *> memory;
    std::set<void *> pinned;
    size_t n_events = 0;
    int n_devices = 1;
    bool is_lost = false;
    Failure failures[EMULATION_CALLS];
    unsigned calls[EMULATION_CALLS] = {};
    uint64_t seed = 1;
};

Machine &machine()
{
    static Machine one;
    return one;
}

thread_local cudaError_t last_error = cudaSuccess;

cudaError_t failed(cudaError_t error)
{
    if (error != cudaSuccess) {
        last_error = error;
    }
    return error;
}

// Counts a call; whether it is the one that is to fail.
bool call_fails(emulation_call kind)
{
    Machine &m = machine();
    Failure &failure = m.failures[kind];
    m.calls[kind]++;
    return failure.left > 0 && --failure.left == 0;
}

// What a call fails with, if it does.
cudaError_t call_begin(emulation_call kind)
{
    Machine &m = machine();
    const bool any_fails = call_fails(EMULATION_ANY);
    const bool own_fails = kind != EMULATION_ANY && call_fails(kind);
    m.is_lost = m.is_lost || (any_fails && m.failures[EMULATION_ANY].error == EMULATION_LOST) ||
                (own_fails && m.failures[kind].error == EMULATION_LOST);
    return failed(m.is_lost                ? cudaErrorLaunchFailure
                  : any_fails || own_fails ? cudaErrorMemoryAllocation
                                           : cudaSuccess);
}

void operation_run(emulated_stream *stream)
{
    const std::function<void()> operation = std::move(stream->operations.front());
    stream->operations.pop_front();
    stream->n_done++;
    stream->is_busy = true;
    operation();
    stream->is_busy = false;
}

// With the stream the others go on, an operation each: so work of several streams overlaps.
void stream_run(emulated_stream *stream, uint64_t until)
{
    while (stream->n_done < until) {
        operation_run(stream);
        for (emulated_stream *other : machine().streams) {
            if (other != stream && !other->is_busy && !other->operations.empty()) {
                operation_run(other);
            }
        }
    }
}

void stream_put(emulated_stream *stream, std::function<void()> operation)
{
    stream->operations.push_back(std::move(operation));
    stream->n_enqueued++;
}

void streams_run()
{
    for (emulated_stream *stream : machine().streams) {
        stream_run(stream, stream->n_enqueued);
    }
}

// Exact in its size, so that a sanitizer sees what lies behind it, and full of what is no number.
cudaError_t memory_take(emulation_call kind, std::set<void *> *owned, void **memory, size_t bytes)
{
    const std::lock_guard<std::recursive_mutex> lock(machine().mutex);
    const cudaError_t error = call_begin(kind);
    if (error != cudaSuccess) {
        return error;
    }
    if (bytes > (size_t{1} << 36) || posix_memalign(memory, 256, bytes) != 0) {
        return failed(cudaErrorMemoryAllocation);
    }
    std::memset(*memory, 0xff, bytes);
    owned->insert(*memory);
    return cudaSuccess;
}

cudaError_t memory_give(std::set<void *> *owned, void *memory)
{
    const std::lock_guard<std::recursive_mutex> lock(machine().mutex);
    if (owned->erase(memory) == 0) {
        return failed(cudaErrorInvalidValue);
    }
    std::free(memory);
    return machine().is_lost ? failed(cudaErrorLaunchFailure) : cudaSuccess;
}

} // namespace

// ---- The machine, for tests ----

extern "C" const struct backend_ops *emulated_backend(void)
{
    const char *why = nullptr;
    return CUDA_BACKEND_FN(&why);
}

void emulation_shuffle(uint64_t seed)
{
    const std::lock_guard<std::recursive_mutex> lock(machine().mutex);
    machine().seed = seed;
}

void emulation_fail(emulation_call kind, unsigned nth, emulation_error error)
{
    const std::lock_guard<std::recursive_mutex> lock(machine().mutex);
    machine().failures[kind] = {nth, error};
}

unsigned emulation_calls(emulation_call kind)
{
    const std::lock_guard<std::recursive_mutex> lock(machine().mutex);
    return machine().calls[kind];
}

void emulation_devices(int n)
{
    const std::lock_guard<std::recursive_mutex> lock(machine().mutex);
    machine().n_devices = n;
}

void emulation_reset(void)
{
    const std::lock_guard<std::recursive_mutex> lock(machine().mutex);
    for (unsigned kind = 0; kind < EMULATION_CALLS; kind++) {
        machine().failures[kind] = {};
        machine().calls[kind] = 0;
    }
    machine().n_devices = 1;
    machine().is_lost = false;
    last_error = cudaSuccess;
    fibers_faults_forget();
}

size_t emulation_live(void)
{
    const std::lock_guard<std::recursive_mutex> lock(machine().mutex);
    const Machine &m = machine();
    return m.memory.size() + m.pinned.size() + m.streams.size() + m.n_events;
}

unsigned emulation_faults(void)
{
    const std::lock_guard<std::recursive_mutex> lock(machine().mutex);
    return fibers_faults();
}

// ---- Devices ----

cudaError_t cudaGetDeviceCount(int *n)
{
    const std::lock_guard<std::recursive_mutex> lock(machine().mutex);
    if (machine().n_devices < 0) {
        return failed(cudaErrorInsufficientDriver); // and *n stays what it was
    }
    if (machine().n_devices == 0) {
        return failed(cudaErrorNoDevice);
    }
    *n = machine().n_devices;
    return cudaSuccess;
}

cudaError_t cudaSetDevice(int device)
{
    const std::lock_guard<std::recursive_mutex> lock(machine().mutex);
    const cudaError_t error = call_begin(EMULATION_ANY);
    return error != cudaSuccess
               ? error
               : failed(device >= 0 && device < machine().n_devices ? cudaSuccess
                                                                    : cudaErrorInvalidDevice);
}

cudaError_t cudaGetDeviceProperties(struct cudaDeviceProp *about, int)
{
    const std::lock_guard<std::recursive_mutex> lock(machine().mutex);
    *about = {"emulated", 9, 0, 1};
    return call_begin(EMULATION_ANY);
}

cudaError_t cudaFuncGetAttributes(struct cudaFuncAttributes *attributes, const void *)
{
    const std::lock_guard<std::recursive_mutex> lock(machine().mutex);
    attributes->numRegs = 0;
    return call_begin(EMULATION_ANY);
}

cudaError_t cudaMemGetInfo(size_t *free_bytes, size_t *total_bytes)
{
    const std::lock_guard<std::recursive_mutex> lock(machine().mutex);
    *free_bytes = *total_bytes = size_t{1} << 30;
    return call_begin(EMULATION_ANY);
}

cudaError_t cudaGetLastError(void)
{
    const std::lock_guard<std::recursive_mutex> lock(machine().mutex);
    const cudaError_t error = machine().is_lost ? cudaErrorLaunchFailure : last_error;
    last_error = cudaSuccess;
    return error;
}

const char *cudaGetErrorString(cudaError_t error)
{
    return error == cudaErrorMemoryAllocation ? "out of memory" : "emulated failure";
}

// ---- Memory ----

cudaError_t cudaMalloc(void **memory, size_t bytes)
{
    return memory_take(EMULATION_MALLOC, &machine().memory, memory, bytes);
}

cudaError_t cudaFree(void *memory)
{
    const std::lock_guard<std::recursive_mutex> lock(machine().mutex);
    streams_run(); // it waits for the device
    return memory_give(&machine().memory, memory);
}

cudaError_t cudaHostAlloc(void **memory, size_t bytes, unsigned)
{
    return memory_take(EMULATION_HOST_MALLOC, &machine().pinned, memory, bytes);
}

cudaError_t cudaFreeHost(void *memory)
{
    return memory_give(&machine().pinned, memory);
}

cudaError_t cudaMemsetAsync(void *memory, int value, size_t bytes, cudaStream_t stream)
{
    const std::lock_guard<std::recursive_mutex> lock(machine().mutex);
    const cudaError_t error = call_begin(EMULATION_COPY);
    if (error == cudaSuccess) {
        stream_put(stream, [=] { std::memset(memory, value, bytes); });
    }
    return error;
}

cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, enum cudaMemcpyKind,
                            cudaStream_t stream)
{
    const std::lock_guard<std::recursive_mutex> lock(machine().mutex);
    const cudaError_t error = call_begin(EMULATION_COPY);
    if (error == cudaSuccess) {
        stream_put(stream, [=] { std::memcpy(to, from, bytes); });
    }
    return error;
}

// ---- Streams and events ----

cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned)
{
    const std::lock_guard<std::recursive_mutex> lock(machine().mutex);
    const cudaError_t error = call_begin(EMULATION_ANY);
    if (error == cudaSuccess) {
        *stream = new emulated_stream();
        machine().streams.insert(*stream);
    }
    return error;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream)
{
    const std::lock_guard<std::recursive_mutex> lock(machine().mutex);
    stream_run(stream, stream->n_enqueued);
    machine().streams.erase(stream);
    delete stream;
    return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream)
{
    const std::lock_guard<std::recursive_mutex> lock(machine().mutex);
    cudaError_t error = call_begin(EMULATION_WAIT);
    if (error != cudaSuccess) {
        return error;
    }
    const unsigned n_faults = fibers_faults();
    stream_run(stream, stream->n_enqueued);
    if (fibers_faults() != n_faults) {
        machine().is_lost = true;
        error = failed(cudaErrorLaunchFailure);
    }
    return error;
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned)
{
    const std::lock_guard<std::recursive_mutex> lock(machine().mutex);
    const cudaError_t error = call_begin(EMULATION_ANY);
    if (error == cudaSuccess && event->stream != nullptr) {
        emulated_stream *other = event->stream;
        const uint64_t until = event->position;
        stream_put(stream, [=] { stream_run(other, until); });
    }
    return error;
}

cudaError_t cudaEventCreate(cudaEvent_t *event)
{
    const std::lock_guard<std::recursive_mutex> lock(machine().mutex);
    const cudaError_t error = call_begin(EMULATION_ANY);
    if (error == cudaSuccess) {
        *event = new emulated_event();
        machine().n_events++;
    }
    return error;
}

cudaError_t cudaEventDestroy(cudaEvent_t event)
{
    const std::lock_guard<std::recursive_mutex> lock(machine().mutex);
    if (event->stream != nullptr && machine().streams.count(event->stream) != 0) {
        stream_run(event->stream, event->position); // its time is still to be taken
    }
    machine().n_events--;
    delete event;
    return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream)
{
    const std::lock_guard<std::recursive_mutex> lock(machine().mutex);
    const cudaError_t error = call_begin(EMULATION_ANY);
    if (error == cudaSuccess) {
        stream_put(stream, [=] { event->at = std::chrono::steady_clock::now(); });
        event->stream = stream;
        event->position = stream->n_enqueued;
    }
    return error;
}

cudaError_t cudaEventQuery(cudaEvent_t event)
{
    const std::lock_guard<std::recursive_mutex> lock(machine().mutex);
    const bool is_over = event->stream == nullptr || event->stream->n_done >= event->position;
    return is_over ? cudaSuccess : failed(cudaErrorNotReady);
}

cudaError_t cudaEventSynchronize(cudaEvent_t event)
{
    const std::lock_guard<std::recursive_mutex> lock(machine().mutex);
    const cudaError_t error = call_begin(EMULATION_WAIT);
    if (error == cudaSuccess && event->stream != nullptr) {
        stream_run(event->stream, event->position);
    }
    return error;
}

cudaError_t cudaEventElapsedTime(float *ms, cudaEvent_t from, cudaEvent_t to)
{
    const std::lock_guard<std::recursive_mutex> lock(machine().mutex);
    if (from->stream == nullptr || from->stream->n_done < from->position ||
        to->stream->n_done < to->position) {
        return failed(cudaErrorNotReady);
    }
    *ms = std::chrono::duration<float, std::milli>(to->at - from->at).count();
    return cudaSuccess;
}

// ---- Launches ----

void emulation_enqueue(uint32_t n_blocks, uint32_t n_threads, cudaStream_t stream,
                       std::function<void()> lane)
{
    const std::lock_guard<std::recursive_mutex> lock(machine().mutex);
    if (call_begin(EMULATION_LAUNCH) != cudaSuccess) {
        return;
    }
    if (n_blocks == 0 || n_threads == 0 || n_threads > 1024 || n_threads % 32 != 0) {
        (void)failed(cudaErrorInvalidValue);
        return;
    }
    stream_put(stream, [=] { fibers_run(n_blocks, n_threads, machine().seed++, lane); });
}
