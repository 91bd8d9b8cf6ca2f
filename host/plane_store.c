/* SPDX-License-Identifier: MIT
 *
 * Planes into the backend's buffers.
 */
#include "plane_store.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "error.h"

static bool all_float32(const double *m, size_t n)
{
    bool all = true;
    for (size_t i = 0; i < n; i++) {
        all = all && (double)(float)m[i] == m[i];
    }
    return all;
}

static void plane_write(const double *m, size_t n, enum gaia_dtype dtype, void *to)
{
    if (dtype == GAIA_FLOAT64) {
        memcpy(to, m, n * sizeof *m);
        return;
    }
    float *weights = to;
    for (size_t i = 0; i < n; i++) {
        weights[i] = (float)m[i];
    }
}

gaia_status plane_store_add(void *store, size_t i, const double *m, gaia_error *err)
{
    struct plane_store *s = store;
    const enum gaia_dtype dtype = all_float32(m, s->n_points) ? GAIA_FLOAT32 : GAIA_FLOAT64;
    const uint64_t bytes = (uint64_t)s->n_points * gaia_dtype_bytes(dtype);
    struct backend_buffer *buffer = &s->buffers[i];
    assert(i == s->n_planes && i < LAYOUT_PLANES_MAX);
    if (bytes > s->limit_bytes || s->bytes > s->limit_bytes - bytes) {
        return error_set(err, GAIA_LIMIT,
                         "%zu masks and polygons of %zu points take %llu bytes of memory and more; "
                         "the limit is %llu",
                         i + 1, s->n_points, (unsigned long long)(s->bytes + bytes),
                         (unsigned long long)s->limit_bytes);
    }
    gaia_status status = s->ops->alloc(s->backend, (size_t)bytes, buffer, err);
    if (status != GAIA_OK) {
        return status;
    }
    s->n_planes++;
    s->bytes += bytes;
    status = s->ops->map(s->backend, buffer, err);
    if (status != GAIA_OK) {
        return status;
    }
    plane_write(m, s->n_points, dtype, buffer->host);
    s->planes[i] = (struct gaia_field){.data = buffer->device, .dtype = dtype, .scale = 1.0};
    return s->ops->upload(s->backend, buffer, (size_t)bytes, err);
}

void plane_store_fini(struct plane_store *store)
{
    for (size_t i = 0; i < store->n_planes; i++) {
        store->ops->free(store->backend, &store->buffers[i]);
    }
    *store = (struct plane_store){0};
}
