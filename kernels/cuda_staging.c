/* SPDX-License-Identifier: MIT
 *
 * Pinned memory through which fields go to the device: whoever maps a buffer gets an area to fill,
 * and fills it while others are copied.
 *
 * An area is mapped, or copied from, or idle. Two more than are mapped are enough to keep the
 * copies going, so a map waits for the oldest copy once there are as many; it never waits for
 * another thread's mapping, so threads may hold several.
 */
#include <stdbool.h>
#include <stdlib.h>

#include "cuda_device.h"
#include "error.h"

enum { COPYING_MAX = 2 };

struct staging_area {
    struct staging_area *next;
    void *host;
    size_t bytes;
    bool is_mapped;
    bool is_copying;
    uint64_t turn; /* of its copy among all */
    cudaEvent_t from;
    cudaEvent_t to;
};

/* ---- Areas ---- */

static void area_close(struct staging_area *area)
{
    if (area == NULL) {
        return;
    }
    if (area->from != NULL) {
        (void)cudaEventDestroy(area->from);
    }
    if (area->to != NULL) {
        (void)cudaEventDestroy(area->to);
    }
    if (area->host != NULL) {
        (void)cudaFreeHost(area->host);
    }
    free(area);
}

void cuda_areas_close(struct backend *backend)
{
    while (backend->areas != NULL) {
        struct staging_area *area = backend->areas;
        backend->areas = area->next;
        area_close(area);
    }
}

/* With the mutex held. */
static gaia_status area_open(struct backend *backend, struct staging_area **area, gaia_error *err)
{
    struct staging_area *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        return error_memory(err, sizeof *opened);
    }
    gaia_status status =
        cuda_status(backend, cudaEventCreate(&opened->from), "making an event", err);
    if (status == GAIA_OK) {
        status = cuda_status(backend, cudaEventCreate(&opened->to), "making an event", err);
    }
    if (status != GAIA_OK) {
        area_close(opened);
        return status;
    }
    opened->next = backend->areas;
    backend->areas = opened;
    *area = opened;
    return GAIA_OK;
}

/* Makes an area that nobody else has hold bytes. */
static gaia_status area_grow(struct backend *backend, struct staging_area *area, size_t bytes,
                             gaia_error *err)
{
    if (area->host != NULL && area->bytes >= bytes) {
        return GAIA_OK;
    }
    if (area->host != NULL) {
        (void)cudaFreeHost(area->host);
    }
    area->host = NULL;
    area->bytes = 0;
    const gaia_status status = cuda_status(
        backend, cudaHostAlloc(&area->host, bytes > 0 ? bytes : 1, cudaHostAllocDefault),
        "taking pinned memory", err);
    if (status != GAIA_OK) {
        area->host = NULL;
        return status;
    }
    area->bytes = bytes;
    return GAIA_OK;
}

static void area_copied(struct backend *backend, struct staging_area *area)
{
    cuda_time_add(&backend->upload_ns, area->from, area->to);
    area->is_copying = false;
}

/* With the mutex held. What is wrong with a copy shows where it is waited for. */
static void copies_check(struct backend *backend)
{
    for (struct staging_area *area = backend->areas; area != NULL; area = area->next) {
        if (!area->is_mapped && area->is_copying) {
            if (cudaEventQuery(area->to) == cudaSuccess) {
                area_copied(backend, area);
            } else {
                (void)cudaGetLastError(); /* "not ready" is no error */
            }
        }
    }
}

void cuda_uploads_count(struct backend *backend)
{
    (void)pthread_mutex_lock(&backend->mutex);
    copies_check(backend);
    (void)pthread_mutex_unlock(&backend->mutex);
}

/* Whether b suits better than a for so many bytes: the smallest that holds them, else the largest,
 * so that few are made anew. */
static bool area_suits_better(const struct staging_area *a, const struct staging_area *b,
                              size_t bytes)
{
    if (a == NULL) {
        return true;
    }
    return b->bytes >= bytes ? a->bytes < bytes || b->bytes < a->bytes
                             : a->bytes < bytes && b->bytes > a->bytes;
}

/* With the mutex held: an area that is free or, once enough are being copied from, the one that
 * will be free first; NULL if there had better be a new one. */
static struct staging_area *area_choose(struct backend *backend, size_t bytes)
{
    struct staging_area *idle = NULL;
    struct staging_area *oldest = NULL;
    int n_copying = 0;
    copies_check(backend);
    for (struct staging_area *area = backend->areas; area != NULL; area = area->next) {
        if (area->is_mapped) {
            continue;
        }
        if (!area->is_copying) {
            idle = area_suits_better(idle, area, bytes) ? area : idle;
        } else {
            n_copying++;
            oldest = oldest == NULL || area->turn < oldest->turn ? area : oldest;
        }
    }
    return idle != NULL ? idle : n_copying >= COPYING_MAX ? oldest : NULL;
}

static void area_release(struct backend *backend, struct staging_area *area)
{
    (void)pthread_mutex_lock(&backend->mutex);
    area->is_mapped = false;
    (void)pthread_mutex_unlock(&backend->mutex);
}

static gaia_status area_take(struct backend *backend, size_t bytes, struct staging_area **taken,
                             gaia_error *err)
{
    gaia_status status = GAIA_OK;
    (void)pthread_mutex_lock(&backend->mutex);
    struct staging_area *area = area_choose(backend, bytes);
    if (area == NULL) {
        status = area_open(backend, &area, err);
    }
    if (area != NULL) {
        area->is_mapped = true;
    }
    (void)pthread_mutex_unlock(&backend->mutex);
    if (area == NULL) {
        return status;
    }
    if (area->is_copying) { /* it is this thread's now, whose wait holds nobody up */
        status = cuda_status(backend, cudaEventSynchronize(area->to), "uploading", err);
        area_copied(backend, area);
    }
    if (status == GAIA_OK) {
        status = area_grow(backend, area, bytes, err);
    }
    if (status != GAIA_OK) {
        area_release(backend, area);
        return status;
    }
    *taken = area;
    return GAIA_OK;
}

/* ---- Operations ---- */

gaia_status cuda_map(struct backend *backend, struct backend_buffer *buffer, gaia_error *err)
{
    struct staging_area *area = NULL;
    gaia_status status = cuda_use(backend, err);
    if (status != GAIA_OK || buffer->owner != NULL) {
        return status;
    }
    status = area_take(backend, buffer->bytes, &area, err);
    if (area != NULL) {
        buffer->owner = area;
        buffer->host = area->host;
    }
    return status;
}

void cuda_unmap(struct backend *backend, struct backend_buffer *buffer)
{
    if (buffer->owner != NULL) {
        area_release(backend, buffer->owner);
    }
    buffer->owner = NULL;
    buffer->host = NULL;
}

/* With the mutex held, so that the events enclose this copy alone. */
static cudaError_t copy_start(struct backend *backend, struct staging_area *area, void *device,
                              size_t bytes)
{
    cudaError_t error = cudaEventRecord(area->from, backend->copy_stream);
    if (error == cudaSuccess) {
        error = cudaMemcpyAsync(device, area->host, bytes, cudaMemcpyHostToDevice,
                                backend->copy_stream);
    }
    if (error == cudaSuccess) {
        error = cudaEventRecord(area->to, backend->copy_stream);
    }
    return error;
}

gaia_status cuda_upload(struct backend *backend, struct backend_buffer *buffer, size_t bytes,
                        gaia_error *err)
{
    struct staging_area *area = buffer->owner;
    gaia_status status = cuda_use(backend, err);
    if (status == GAIA_OK && (area == NULL || bytes > buffer->bytes)) {
        return error_set(err, GAIA_USAGE, "%zu bytes of a buffer of %zu that is %smapped", bytes,
                         buffer->bytes, area == NULL ? "not " : "");
    }
    if (status == GAIA_OK && bytes > 0) {
        (void)pthread_mutex_lock(&backend->mutex);
        const cudaError_t error = copy_start(backend, area, buffer->device, bytes);
        area->is_copying = error == cudaSuccess;
        area->turn = backend->n_uploads++;
        (void)pthread_mutex_unlock(&backend->mutex);
        status = cuda_status(backend, error, "uploading", err);
        atomic_fetch_add(&backend->uploaded_bytes, status == GAIA_OK ? bytes : 0);
    }
    cuda_unmap(backend, buffer);
    return status;
}

gaia_status cuda_download(struct backend *backend, const struct backend_buffer *buffer,
                          size_t bytes, void *room, const void **host, gaia_error *err)
{
    gaia_status status = cuda_use(backend, err);
    if (status == GAIA_OK && (room == NULL || bytes > buffer->bytes)) {
        return error_set(err, GAIA_USAGE, "%zu bytes of a buffer of %zu to %s", bytes,
                         buffer->bytes, room == NULL ? "nowhere" : "the host");
    }
    if (status == GAIA_OK) { /* behind the uploads, in their stream */
        cudaError_t error = cudaMemcpyAsync(room, buffer->device, bytes, cudaMemcpyDeviceToHost,
                                            backend->copy_stream);
        if (error == cudaSuccess) {
            error = cudaStreamSynchronize(backend->copy_stream);
        }
        status = cuda_status(backend, error, "downloading", err);
    }
    if (status == GAIA_OK) {
        *host = room;
    }
    return status;
}
