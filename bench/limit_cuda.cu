/* SPDX-License-Identifier: MIT
 *
 * What a GPU can do at most: reading and copying its own memory, uploads from pinned memory, and
 * float64 instructions. Loaded at run time (device_probe.h).
 *
 * Invariant: every measurement ends with the device idle, and its seconds are those between two
 * events of its own stream.
 */
#include "device_probe.h"

#include <stdio.h>
#include <stdlib.h>

struct device_probe {
    size_t bytes;
    size_t host_bytes;    /* not more */
    unsigned n_blocks[3]; /* of each kernel: as many as the device runs at once */
    float4 *from;
    float4 *to; /* also where results go that keep the compiler from dropping the work */
    void *host; /* pinned */
    cudaStream_t stream;
    cudaEvent_t begin;
    cudaEvent_t end;
};

enum { THREADS = 256, UNROLLED = 4, FMA_CHAINS = 8, ADD_CHAINS = 8, STEPS = 4096 };

/* ---- On the device ---- */

/* Values of 0.5 to 1 that differ: a device is faster, and cooler, with nothing but zeros. */
static __global__ void __launch_bounds__(THREADS) fill_kernel(uint32_t *to, size_t n)
{
    const size_t stride = (size_t)gridDim.x * THREADS;
    for (size_t i = (size_t)blockIdx.x * THREADS + threadIdx.x; i < n; i += stride) {
        to[i] = 0x3f000000U | ((uint32_t)i * 2654435761U >> 9);
    }
}

static __global__ void __launch_bounds__(THREADS)
    copy_kernel(const float4 *from, float4 *to, size_t n)
{
    const size_t stride = (size_t)gridDim.x * THREADS;
    size_t i = (size_t)blockIdx.x * THREADS + threadIdx.x;
    for (; i + (UNROLLED - 1) * stride < n; i += UNROLLED * stride) {
        float4 x[UNROLLED];
        for (int k = 0; k < UNROLLED; k++) {
            x[k] = __ldcs(from + i + k * stride);
        }
        for (int k = 0; k < UNROLLED; k++) {
            __stcs(to + i + k * stride, x[k]);
        }
    }
    for (; i < n; i += stride) {
        to[i] = from[i];
    }
}

static __global__ void __launch_bounds__(THREADS)
    read_kernel(const float4 *from, float4 *to, size_t n)
{
    const size_t stride = (size_t)gridDim.x * THREADS;
    float sum[UNROLLED] = {0};
    size_t i = (size_t)blockIdx.x * THREADS + threadIdx.x;
    for (; i + (UNROLLED - 1) * stride < n; i += UNROLLED * stride) {
        for (int k = 0; k < UNROLLED; k++) {
            const float4 x = __ldcs(from + i + k * stride);
            sum[k] += x.x + x.y + x.z + x.w;
        }
    }
    for (; i < n; i += stride) {
        const float4 x = __ldcs(from + i);
        sum[0] += x.x + x.y + x.z + x.w;
    }
    const float total = sum[0] + sum[1] + sum[2] + sum[3];
    if (total < 0.0F) { /* never: what is read is not negative */
        to[0] = make_float4(total, 0, 0, 0);
    }
}

static __global__ void __launch_bounds__(THREADS)
    rate_kernel(double factor, double step, int n, double *out)
{
    double fmas[FMA_CHAINS];
    double sums[ADD_CHAINS];
    for (int k = 0; k < FMA_CHAINS; k++) {
        fmas[k] = 1.0 + k + threadIdx.x;
    }
    for (int k = 0; k < ADD_CHAINS; k++) {
        sums[k] = 2.0 + k + threadIdx.x;
    }
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < FMA_CHAINS; k++) {
            fmas[k] = fma(fmas[k], factor, step);
        }
        for (int k = 0; k < ADD_CHAINS; k++) {
            sums[k] = sums[k] + step;
        }
    }
    double total = 0;
    for (int k = 0; k < FMA_CHAINS; k++) {
        total += fmas[k];
    }
    for (int k = 0; k < ADD_CHAINS; k++) {
        total += sums[k];
    }
    if (total < 0.0) { /* never: all that is added is positive */
        *out = total;
    }
}

/* ---- On the host ---- */

static gaia_status status_of(cudaError_t error, const char *what, char *why)
{
    if (error == cudaSuccess) {
        return GAIA_OK;
    }
    (void)snprintf(why, DEVICE_PROBE_TEXT, "%s: %s", what, cudaGetErrorString(error));
    return error == cudaErrorMemoryAllocation ? GAIA_OUT_OF_MEMORY : GAIA_DEVICE;
}

static void probe_close(struct device_probe *probe)
{
    if (probe == NULL) {
        return;
    }
    (void)cudaFree(probe->from);
    (void)cudaFree(probe->to);
    (void)cudaFreeHost(probe->host);
    if (probe->begin != NULL) {
        (void)cudaEventDestroy(probe->begin);
    }
    if (probe->end != NULL) {
        (void)cudaEventDestroy(probe->end);
    }
    if (probe->stream != NULL) {
        (void)cudaStreamDestroy(probe->stream);
    }
    free(probe);
}

enum { READ, COPY, RATE };

static cudaError_t blocks_count(struct device_probe *probe, unsigned i_device)
{
    const void *kernels[] = {(const void *)read_kernel, (const void *)copy_kernel,
                             (const void *)rate_kernel};
    int n_cores = 0;
    cudaError_t error =
        cudaDeviceGetAttribute(&n_cores, cudaDevAttrMultiProcessorCount, (int)i_device);
    for (int k = READ; error == cudaSuccess && k <= RATE; k++) {
        int n = 0;
        error = cudaOccupancyMaxActiveBlocksPerMultiprocessor(&n, kernels[k], THREADS, 0);
        probe->n_blocks[k] = (unsigned)(n_cores * n);
    }
    return error;
}

static cudaError_t memory_take(struct device_probe *probe)
{
    cudaError_t error = cudaMalloc((void **)&probe->from, probe->bytes);
    if (error == cudaSuccess) {
        error = cudaMalloc((void **)&probe->to, probe->bytes);
    }
    if (error == cudaSuccess) {
        error = cudaHostAlloc(&probe->host, probe->host_bytes, cudaHostAllocDefault);
    }
    if (error == cudaSuccess) {
        fill_kernel<<<probe->n_blocks[READ], THREADS>>>((uint32_t *)(void *)probe->from,
                                                        probe->bytes / sizeof(uint32_t));
        error = cudaGetLastError();
    }
    return error;
}

static gaia_status probe_open(unsigned i_device, size_t bytes, size_t host_bytes,
                              struct device_probe **probe, char *why)
{
    struct device_probe *made = (struct device_probe *)calloc(1, sizeof *made);
    if (made == NULL) {
        (void)snprintf(why, DEVICE_PROBE_TEXT, "not enough memory");
        return GAIA_OUT_OF_MEMORY;
    }
    made->bytes = bytes / sizeof(float4) * sizeof(float4);
    made->host_bytes = host_bytes;
    cudaError_t error = cudaSetDevice((int)i_device);
    if (error == cudaSuccess) {
        error = blocks_count(made, i_device);
    }
    if (error == cudaSuccess) {
        error = memory_take(made);
    }
    if (error == cudaSuccess) {
        error = cudaStreamCreateWithFlags(&made->stream, cudaStreamNonBlocking);
    }
    if (error == cudaSuccess) {
        error = cudaEventCreate(&made->begin);
    }
    if (error == cudaSuccess) {
        error = cudaEventCreate(&made->end);
    }
    if (error == cudaSuccess) {
        error = cudaDeviceSynchronize();
    }
    if (error != cudaSuccess) {
        probe_close(made);
        return status_of(error, "opening the device's probe", why);
    }
    *probe = made;
    return GAIA_OK;
}

/* Starts one repeat; returns its amount. */
static double repeat_start(const struct device_probe *probe, enum device_limit limit)
{
    const size_t n = probe->bytes / sizeof(float4);
    switch (limit) {
    case DEVICE_READ:
        read_kernel<<<probe->n_blocks[READ], THREADS, 0, probe->stream>>>(probe->from, probe->to,
                                                                          n);
        return (double)probe->bytes;
    case DEVICE_COPY:
        copy_kernel<<<probe->n_blocks[COPY], THREADS, 0, probe->stream>>>(probe->from, probe->to,
                                                                          n);
        return 2.0 * (double)probe->bytes;
    case DEVICE_UPLOAD:
        (void)cudaMemcpyAsync(probe->to, probe->host, probe->host_bytes, cudaMemcpyHostToDevice,
                              probe->stream);
        return (double)probe->host_bytes;
    case DEVICE_FLOAT64:
        rate_kernel<<<probe->n_blocks[RATE], THREADS, 0, probe->stream>>>(
            0.999, 0.001, STEPS, (double *)(void *)probe->to);
        return (double)probe->n_blocks[RATE] * THREADS * STEPS * (FMA_CHAINS + ADD_CHAINS);
    }
    return 0;
}

/* The driver's own copy, which on some devices is the faster one. */
static double copy_start(const struct device_probe *probe)
{
    (void)cudaMemcpyAsync(probe->to, probe->from, probe->bytes, cudaMemcpyDeviceToDevice,
                          probe->stream);
    return 2.0 * (double)probe->bytes;
}

static gaia_status time_repeats(struct device_probe *probe, enum device_limit limit, bool by_driver,
                                size_t n_repeats, double *seconds, double *amount, char *why)
{
    float ms = 0;
    *amount = 0;
    cudaError_t error = cudaEventRecord(probe->begin, probe->stream);
    for (size_t i = 0; error == cudaSuccess && i < n_repeats; i++) {
        *amount += by_driver ? copy_start(probe) : repeat_start(probe, limit);
        error = cudaGetLastError();
    }
    if (error == cudaSuccess) {
        error = cudaEventRecord(probe->end, probe->stream);
    }
    if (error == cudaSuccess) {
        error = cudaEventSynchronize(probe->end);
    }
    if (error == cudaSuccess) {
        error = cudaEventElapsedTime(&ms, probe->begin, probe->end);
    }
    *seconds = (double)ms * 1e-3;
    return status_of(error, "measuring the device", why);
}

static gaia_status probe_measure(struct device_probe *probe, enum device_limit limit,
                                 size_t n_repeats, double *seconds, double *amount, char *why)
{
    double other_s = 0;
    double other = 0;
    gaia_status status = time_repeats(probe, limit, false, n_repeats, seconds, amount, why);
    if (status == GAIA_OK && limit == DEVICE_COPY) {
        status = time_repeats(probe, limit, true, n_repeats, &other_s, &other, why);
        *seconds = status == GAIA_OK && other_s < *seconds ? other_s : *seconds;
    }
    return status;
}

static void probe_versions(int *driver, int *runtime)
{
    *driver = 0;
    *runtime = 0;
    (void)cudaDriverGetVersion(driver);
    (void)cudaRuntimeGetVersion(runtime);
}

extern "C" __attribute__((visibility("default"))) const struct device_probe_ops *
DEVICE_PROBE_FN(void);

extern "C" const struct device_probe_ops *DEVICE_PROBE_FN(void)
{
    static const struct device_probe_ops ops = {probe_open, probe_close, probe_measure,
                                                probe_versions};
    return &ops;
}
