/* SPDX-License-Identifier: MIT
 *
 * CUDA without a GPU: what of its runtime and of its device code the CUDA backend uses, so that the
 * very same sources compile as C and C++ (this header is included before them) and run.
 *
 * Each lane is a fiber that runs until a collective; warps, and the lanes of each between two
 * collectives, take their turns in an order made from a seed. A collective at which a lane that it
 * names is missing, or is at another one, is a fault. Streams do nothing until somebody waits, so
 * that a wait which is left out shows.
 *
 * Invariant: a value that a lane gets in a collective is the one the other lane gave in it.
 */
#ifndef TESTS_KERNELS_CUDA_EMULATION_H
#define TESTS_KERNELS_CUDA_EMULATION_H

#include <stddef.h>
#include <stdint.h>

#define CUDA_EMULATED 1

/* ---- The runtime: C and C++ ---- */

#ifdef __cplusplus
extern "C" {
#endif

typedef enum cudaError {
    cudaSuccess = 0,
    cudaErrorInvalidValue = 1,
    cudaErrorMemoryAllocation = 2,
    cudaErrorInsufficientDriver = 35,
    cudaErrorInvalidDeviceFunction = 98,
    cudaErrorNoDevice = 100,
    cudaErrorInvalidDevice = 101,
    cudaErrorNoKernelImageForDevice = 209,
    cudaErrorNotReady = 600,
    cudaErrorLaunchFailure = 719
} cudaError_t;

enum cudaMemcpyKind { cudaMemcpyHostToDevice = 1, cudaMemcpyDeviceToHost = 2 };
enum { cudaStreamNonBlocking = 1, cudaHostAllocDefault = 0 };

struct cudaDeviceProp {
    char name[256];
    int major;
    int minor;
    int multiProcessorCount;
};

struct cudaFuncAttributes {
    int numRegs;
};

typedef struct emulated_stream *cudaStream_t;
typedef struct emulated_event *cudaEvent_t;

cudaError_t cudaGetDeviceCount(int *n);
cudaError_t cudaSetDevice(int device);
cudaError_t cudaGetDeviceProperties(struct cudaDeviceProp *about, int device);
cudaError_t cudaFuncGetAttributes(struct cudaFuncAttributes *attributes, const void *kernel);
cudaError_t cudaMemGetInfo(size_t *free_bytes, size_t *total_bytes);
cudaError_t cudaGetLastError(void);
const char *cudaGetErrorString(cudaError_t error);
cudaError_t cudaMalloc(void **memory, size_t bytes);
cudaError_t cudaFree(void *memory);
cudaError_t cudaHostAlloc(void **memory, size_t bytes, unsigned flags);
cudaError_t cudaFreeHost(void *memory);
cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned flags);
cudaError_t cudaStreamDestroy(cudaStream_t stream);
cudaError_t cudaStreamSynchronize(cudaStream_t stream);
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned flags);
cudaError_t cudaEventCreate(cudaEvent_t *event);
cudaError_t cudaEventDestroy(cudaEvent_t event);
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream);
cudaError_t cudaEventQuery(cudaEvent_t event);
cudaError_t cudaEventSynchronize(cudaEvent_t event);
cudaError_t cudaEventElapsedTime(float *ms, cudaEvent_t from, cudaEvent_t to);
cudaError_t cudaMemsetAsync(void *memory, int value, size_t bytes, cudaStream_t stream);
cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, enum cudaMemcpyKind kind,
                            cudaStream_t stream);

#ifdef __cplusplus
}

/* ---- Device code: C++ ---- */

#include <cstring>
#include <functional>

#define __global__
#define __device__
#define __host__
#define __launch_bounds__(...)

struct emulated_index {
    uint32_t x;
};

/* Where the lane that runs now is. */
struct emulated_place {
    emulated_index thread;
    emulated_index block;
    emulated_index grid;
};

const emulated_place &emulation_here();

#define threadIdx (emulation_here().thread)
#define blockIdx (emulation_here().block)
#define gridDim (emulation_here().grid)

/* A collective as a lane comes to it: what, where in the source, with whom, and what it gives. */
struct emulated_meeting {
    enum { SHUFFLE, SHUFFLE_XOR, BALLOT } what;
    int line;
    uint32_t mask;
    int operand; /* the lane, or what its number is combined with */
    uint64_t given;
};

/* Waits for the others; what this lane gets. */
uint64_t emulation_meet(const emulated_meeting &meeting);

template <typename T> T emulation_shuffle_of(emulated_meeting meeting, T value)
{
    static_assert(sizeof value <= sizeof meeting.given, "lanes give values of at most 64 bits");
    std::memcpy(&meeting.given, &value, sizeof value);
    const uint64_t got = emulation_meet(meeting);
    std::memcpy(&value, &got, sizeof value);
    return value;
}

template <typename T>
T __shfl_xor_sync(uint32_t mask, T value, int distance, int line = __builtin_LINE())
{
    return emulation_shuffle_of({emulated_meeting::SHUFFLE_XOR, line, mask, distance, 0}, value);
}

template <typename T> T __shfl_sync(uint32_t mask, T value, int lane, int line = __builtin_LINE())
{
    return emulation_shuffle_of({emulated_meeting::SHUFFLE, line, mask, lane, 0}, value);
}

inline uint32_t __ballot_sync(uint32_t mask, int predicate, int line = __builtin_LINE())
{
    return static_cast<uint32_t>(
        emulation_meet({emulated_meeting::BALLOT, line, mask, 0, predicate != 0 ? 1U : 0U}));
}

inline int __any_sync(uint32_t mask, int predicate, int line = __builtin_LINE())
{
    return __ballot_sync(mask, predicate, line) != 0;
}

inline uint32_t atomicAdd(uint32_t *at, uint32_t x)
{
    const uint32_t before = *at;
    *at = before + x;
    return before;
}

template <typename T> T __ldg(const T *at)
{
    return *at;
}

inline float __uint_as_float(uint32_t bits)
{
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

inline double __longlong_as_double(long long bits)
{
    double value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

/* Puts a launch into the stream; lane runs the kernel for the lane whose turn it is. */
void emulation_enqueue(uint32_t n_blocks, uint32_t n_threads, cudaStream_t stream,
                       std::function<void()> lane);

template <typename KERNEL, typename ARGS>
void emulation_launch(KERNEL kernel, uint32_t n_blocks, uint32_t n_threads, cudaStream_t stream,
                      const ARGS &args)
{
    emulation_enqueue(n_blocks, n_threads, stream, [kernel, args] { kernel(args); });
}

#endif
#endif
