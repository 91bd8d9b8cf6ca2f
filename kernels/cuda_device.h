/* SPDX-License-Identifier: MIT
 *
 * What the host side of the CUDA backend shares: the device, its memory and what it says when a
 * call fails. Internal to the backend.
 *
 * Invariant: once a call failed for another reason than memory the device is lost: every later call
 * says GAIA_DEVICE, and no sums come from it.
 */
#ifndef KERNELS_CUDA_DEVICE_H
#define KERNELS_CUDA_DEVICE_H

#include <pthread.h>
#include <stdatomic.h>

#include "cuda_kernels.h"

struct staging_area;

struct backend {
    int i_device;
    uint32_t n_multiprocessors;
    char name[256];
    uint64_t memory_bytes;
    cudaStream_t copy_stream;
    atomic_int lost; /* the error that lost the device, or 0 */
    atomic_uint_least64_t upload_ns;
    atomic_uint_least64_t kernel_ns;
    atomic_uint_least64_t download_ns;
    atomic_uint_least64_t uploaded_bytes;
    atomic_uint_least64_t used_bytes; /* changed under the mutex only */
    pthread_mutex_t mutex;            /* of what follows */
    struct staging_area *areas;
    uint64_t n_uploads;
    cudaEvent_t counted; /* the end of the kernels that were counted last; NULL: none */
};

/* What error means, with what was being done: GAIA_OK, GAIA_OUT_OF_MEMORY or, for good,
 * GAIA_DEVICE. */
gaia_status cuda_status(struct backend *backend, cudaError_t error, const char *what,
                        gaia_error *err);

/* Makes the device this thread's; GAIA_DEVICE if it is lost. Every operation begins so. */
gaia_status cuda_use(struct backend *backend, gaia_error *err);

/* Device memory within the budget, and back. */
gaia_status cuda_take(struct backend *backend, uint64_t bytes, void **memory, gaia_error *err);
void cuda_give(struct backend *backend, void *memory, uint64_t bytes);

/* Adds what lies between two events that are over to a sum of nanoseconds. */
void cuda_time_add(atomic_uint_least64_t *sum_ns, cudaEvent_t from, cudaEvent_t to);

/* Counts kernels that are over, but for what was counted as another work's: those of two works
 * share the device. `to` must not be recorded again before a later one of its stream is counted. */
void cuda_kernels_count(struct backend *backend, cudaEvent_t from, cudaEvent_t to);
/* Before an event is destroyed. */
void cuda_kernels_forget(struct backend *backend, cudaEvent_t to);

/* cuda_staging.c: backend_ops.map, .upload; and all areas' end. */
gaia_status cuda_map(struct backend *backend, struct backend_buffer *buffer, gaia_error *err);
gaia_status cuda_upload(struct backend *backend, struct backend_buffer *buffer, size_t bytes,
                        gaia_error *err);
gaia_status cuda_download(struct backend *backend, const struct backend_buffer *buffer,
                          size_t bytes, void *room, const void **host, gaia_error *err);
/* Gives a mapping back, if there is one. */
void cuda_unmap(struct backend *backend, struct backend_buffer *buffer);
/* Counts the time of the uploads that are over. */
void cuda_uploads_count(struct backend *backend);
void cuda_areas_close(struct backend *backend);

/* cuda_work.c: the operations of these names. */
gaia_status cuda_work_open(struct backend *backend, const struct layout *host,
                           const struct backend_buffer *layout, size_t n_tiles_max,
                           size_t n_forecasts_max, struct backend_work **work, gaia_error *err);
void cuda_work_close(struct backend *backend, struct backend_work *work);
gaia_status cuda_moments(struct backend *backend, struct backend_work *work,
                         const struct tile *tiles, size_t n_tiles, gaia_error *err);
gaia_status cuda_wait(struct backend *backend, struct backend_work *work, const double **sums,
                      gaia_error *err);

#endif
