/* SPDX-License-Identifier: MIT
 *
 * The CUDA backend's host side: the device, its memory and its table of operations. Staging lies in
 * cuda_staging.c, work in cuda_work.c, the kernels in cuda_*.cu.
 *
 * The library that this becomes is loaded at run time and shows one symbol, so that programs need
 * no driver to start.
 */
#include "backend_cuda.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cuda_device.h"
#include "error.h"

static const uint64_t ALLOCATION_GRAIN = 512;
static const double NS_PER_MS = 1e6;
static const double NS_PER_S = 1e9;

/* ---- Errors ---- */

gaia_status cuda_status(struct backend *backend, cudaError_t error, const char *what,
                        gaia_error *err)
{
    if (error == cudaSuccess) {
        return GAIA_OK;
    }
    (void)cudaGetLastError(); /* or the next launch would seem to have failed */
    if (error == cudaErrorMemoryAllocation) {
        return error_set(err, GAIA_OUT_OF_MEMORY, "cuda: %s: not enough memory", what);
    }
    atomic_store(&backend->lost, (int)error);
    return error_set(err, GAIA_DEVICE, "cuda: device %d failed: %s: %s", backend->i_device, what,
                     cudaGetErrorString(error));
}

gaia_status cuda_use(struct backend *backend, gaia_error *err)
{
    const int lost = atomic_load(&backend->lost);
    if (lost != 0) {
        return error_set(err, GAIA_DEVICE, "cuda: device %d failed before: %s", backend->i_device,
                         cudaGetErrorString((cudaError_t)lost));
    }
    return cuda_status(backend, cudaSetDevice(backend->i_device), "choosing the device", err);
}

/* What lies between two events that are over; 0 if that cannot be told. */
static double event_ms(cudaEvent_t from, cudaEvent_t to)
{
    float ms = 0.0F;
    if (cudaEventElapsedTime(&ms, from, to) != cudaSuccess) {
        (void)cudaGetLastError();
        return 0;
    }
    return (double)ms;
}

static void ms_add(atomic_uint_least64_t *sum_ns, double ms)
{
    if (ms > 0) {
        atomic_fetch_add(sum_ns, (uint64_t)(ms * NS_PER_MS));
    }
}

void cuda_time_add(atomic_uint_least64_t *sum_ns, cudaEvent_t from, cudaEvent_t to)
{
    ms_add(sum_ns, event_ms(from, to));
}

void cuda_kernels_count(struct backend *backend, cudaEvent_t from, cudaEvent_t to)
{
    (void)pthread_mutex_lock(&backend->mutex);
    const double took = event_ms(from, to);
    const double since = backend->counted != NULL ? event_ms(backend->counted, to) : took;
    ms_add(&backend->kernel_ns, since < took ? since : took);
    if (since > 0) {
        backend->counted = to;
    }
    (void)pthread_mutex_unlock(&backend->mutex);
}

void cuda_kernels_forget(struct backend *backend, cudaEvent_t to)
{
    (void)pthread_mutex_lock(&backend->mutex);
    if (backend->counted == to) {
        backend->counted = NULL;
    }
    (void)pthread_mutex_unlock(&backend->mutex);
}

/* ---- Opening and closing ---- */

/* How many devices there are; where there are none, why says what is missing. */
static int device_count(const char **why)
{
    int n = 0; /* stays what it is where there is no driver */
    const cudaError_t error = cudaGetDeviceCount(&n);
    (void)cudaGetLastError();
    if (error == cudaSuccess && n > 0) {
        return n;
    }
    *why = error == cudaErrorInsufficientDriver
               ? "there is no NVIDIA driver, or it is older than this program's CUDA"
           : error == cudaErrorNoDevice || error == cudaSuccess ? "there is no NVIDIA GPU"
                                                                : cudaGetErrorString(error);
    return 0;
}

static gaia_status device_describe(struct backend *backend, uint64_t memory_bytes, gaia_error *err)
{
    struct cudaDeviceProp about;
    size_t free_bytes = 0;
    size_t total_bytes = 0;
    gaia_status status = cuda_status(backend, cudaGetDeviceProperties(&about, backend->i_device),
                                     "asking for its kind", err);
    if (status != GAIA_OK) {
        return status;
    }
    (void)snprintf(backend->name, sizeof backend->name, "%s", about.name);
    backend->n_multiprocessors = (uint32_t)about.multiProcessorCount;
    const cudaError_t code = cuda_code_check();
    if (code == cudaErrorNoKernelImageForDevice || code == cudaErrorInvalidDeviceFunction) {
        (void)cudaGetLastError();
        return error_set(err, GAIA_DEVICE,
                         "cuda: this program was built for other devices than %s, which is of "
                         "compute capability %d.%d",
                         backend->name, about.major, about.minor);
    }
    status = cuda_status(backend, code, "loading the kernels", err);
    if (status == GAIA_OK) {
        status = cuda_status(backend, cudaMemGetInfo(&free_bytes, &total_bytes),
                             "asking for its free memory", err);
    }
    backend->memory_bytes = memory_bytes != 0 ? memory_bytes : (uint64_t)free_bytes / 100 * 85;
    return status;
}

static void cuda_close(struct backend *backend)
{
    if (backend == NULL) {
        return;
    }
    (void)cudaSetDevice(backend->i_device);
    if (backend->copy_stream != NULL) {
        (void)cudaStreamSynchronize(backend->copy_stream);
    }
    cuda_areas_close(backend);
    if (backend->copy_stream != NULL) {
        (void)cudaStreamDestroy(backend->copy_stream);
    }
    (void)cudaGetLastError();
    (void)pthread_mutex_destroy(&backend->mutex);
    free(backend);
}

static gaia_status cuda_open(const struct backend_config *config, struct backend **backend,
                             gaia_error *err)
{
    const char *why = NULL;
    const int n = device_count(&why);
    if (n == 0) {
        return error_set(err, GAIA_DEVICE, "cuda: %s", why);
    }
    if (config->i_device >= (unsigned)n) {
        return error_set(err, GAIA_DEVICE, "cuda: device %u is not among the %d that there are",
                         config->i_device, n);
    }
    struct backend *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        return error_memory(err, sizeof *opened);
    }
    if (pthread_mutex_init(&opened->mutex, NULL) != 0) {
        free(opened);
        return error_set(err, GAIA_OUT_OF_MEMORY, "cuda: no mutex can be made");
    }
    opened->i_device = (int)config->i_device;
    gaia_status status = cuda_use(opened, err);
    if (status == GAIA_OK) {
        status = device_describe(opened, config->memory_bytes, err);
    }
    if (status == GAIA_OK) {
        status = cuda_status(opened,
                             cudaStreamCreateWithFlags(&opened->copy_stream, cudaStreamNonBlocking),
                             "making a stream", err);
    }
    if (status != GAIA_OK) {
        cuda_close(opened);
        return status;
    }
    *backend = opened;
    return GAIA_OK;
}

static const char *cuda_device(const struct backend *backend)
{
    return backend->name;
}

static uint64_t cuda_memory_bytes(const struct backend *backend)
{
    return backend->memory_bytes;
}

/* ---- Memory ---- */

static uint64_t bytes_round(uint64_t bytes)
{
    const uint64_t n = bytes / ALLOCATION_GRAIN + (bytes % ALLOCATION_GRAIN != 0);
    return (n > 0 ? n : 1) * ALLOCATION_GRAIN;
}

/* Reserves bytes of the budget; false if it does not hold them. */
static bool budget_take(struct backend *backend, uint64_t bytes)
{
    (void)pthread_mutex_lock(&backend->mutex);
    const bool fits = bytes <= backend->memory_bytes &&
                      atomic_load(&backend->used_bytes) <= backend->memory_bytes - bytes;
    atomic_fetch_add(&backend->used_bytes, fits ? bytes : 0);
    (void)pthread_mutex_unlock(&backend->mutex);
    return fits;
}

static void budget_give(struct backend *backend, uint64_t bytes)
{
    (void)pthread_mutex_lock(&backend->mutex);
    atomic_fetch_sub(&backend->used_bytes, bytes);
    (void)pthread_mutex_unlock(&backend->mutex);
}

gaia_status cuda_take(struct backend *backend, uint64_t bytes, void **memory, gaia_error *err)
{
    const uint64_t rounded = bytes < UINT64_MAX - ALLOCATION_GRAIN ? bytes_round(bytes) : bytes;
    *memory = NULL;
    if (!budget_take(backend, rounded)) {
        return error_set(err, GAIA_OUT_OF_MEMORY,
                         "cuda: %llu bytes do not fit in what is left of %llu bytes of device "
                         "memory",
                         (unsigned long long)bytes, (unsigned long long)backend->memory_bytes);
    }
    const gaia_status status = cuda_status(backend, cudaMalloc(memory, bytes > 0 ? bytes : 1),
                                           "taking device memory", err);
    if (status != GAIA_OK) {
        *memory = NULL;
        budget_give(backend, rounded);
    }
    return status;
}

void cuda_give(struct backend *backend, void *memory, uint64_t bytes)
{
    if (memory != NULL) {
        (void)cudaFree(memory);
        budget_give(backend, bytes_round(bytes));
    }
}

static gaia_status cuda_alloc(struct backend *backend, size_t bytes, struct backend_buffer *buffer,
                              gaia_error *err)
{
    void *memory = NULL;
    gaia_status status = cuda_use(backend, err);
    if (status == GAIA_OK) {
        status = cuda_take(backend, bytes, &memory, err);
    }
    if (status == GAIA_OK) {
        *buffer = (struct backend_buffer){.device = memory, .bytes = bytes};
    }
    return status;
}

static void cuda_free(struct backend *backend, struct backend_buffer *buffer)
{
    (void)cudaSetDevice(backend->i_device);
    cuda_unmap(backend, buffer);
    if (buffer->device != NULL) {
        (void)cudaStreamSynchronize(backend->copy_stream); /* an upload may be on its way there */
        cuda_give(backend, buffer->device, buffer->bytes);
        (void)cudaGetLastError();
    }
    *buffer = (struct backend_buffer){0};
}

/* ---- The table ---- */

static void cuda_times(const struct backend *backend, struct backend_times *times)
{
    *times = (struct backend_times){
        .upload_s = (double)atomic_load(&backend->upload_ns) / NS_PER_S,
        .kernel_s = (double)atomic_load(&backend->kernel_ns) / NS_PER_S,
        .download_s = (double)atomic_load(&backend->download_ns) / NS_PER_S,
        .uploaded_bytes = atomic_load(&backend->uploaded_bytes),
        .used_bytes = atomic_load(&backend->used_bytes),
    };
}

static const struct backend_ops backend_cuda_ops = {
    .name = "cuda",
    .open = cuda_open,
    .close = cuda_close,
    .device = cuda_device,
    .memory_bytes = cuda_memory_bytes,
    .alloc = cuda_alloc,
    .free = cuda_free,
    .map = cuda_map,
    .upload = cuda_upload,
    .download = cuda_download,
    .work_open = cuda_work_open,
    .work_close = cuda_work_close,
    .moments = cuda_moments,
    .wait = cuda_wait,
    .times = cuda_times,
};

const struct backend_ops *CUDA_BACKEND_FN(const char **why)
{
    return device_count(why) > 0 ? &backend_cuda_ops : NULL;
}
