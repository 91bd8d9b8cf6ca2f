/* SPDX-License-Identifier: MIT
 *
 * Synthetic fields and their pools.
 *
 * Invariant: a value depends on kind, field and point alone, never on the thread that wrote it or
 * on the dtype; float32, float64 and packed int16 hold the same numbers.
 */
#include "synthetic.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

enum { BASE = 280, STEPS = 4096, HALF = 32768, MISSING_CODE = -32768 };

/* Sixteen bits, from 1 to 65535, that look random: 0 is the code of missing int16 values. */
static int32_t bits_of(uint32_t salt, uint32_t point)
{
    uint32_t x = point * UINT32_C(2654435761) + salt;
    x ^= x >> 15;
    x *= UINT32_C(2246822519);
    x ^= x >> 13;
    x >>= 16;
    return x > 0 ? (int32_t)x : 1;
}

static uint32_t salt_of(enum field_kind kind, size_t i)
{
    return ((uint32_t)kind * 65536 + (uint32_t)i + 1) * UINT32_C(3266489917);
}

size_t field_bytes(const struct field_make *make)
{
    return (size_t)make->n_lat * make->n_lon * gaia_dtype_bytes(make->dtype);
}

static void values_write(const struct field_make *make, uint32_t salt, void *out)
{
    const uint32_t n = make->n_lat * make->n_lon;
    const bool plane = make->kind == FIELD_PLANE;
    const double base = plane ? 0.0 : BASE;
    const double step = plane ? 1.0 / (2 * HALF) : 1.0 / STEPS;
    float *floats = out;
    double *doubles = out;
    int16_t *shorts = out;
    switch (make->dtype) {
    case GAIA_FLOAT32:
        for (uint32_t k = 0; k < n; k++) {
            floats[k] = (float)(base + step * bits_of(salt, k));
        }
        break;
    case GAIA_FLOAT64:
        for (uint32_t k = 0; k < n; k++) {
            doubles[k] = base + step * bits_of(salt, k);
        }
        break;
    case GAIA_INT16:
        for (uint32_t k = 0; k < n; k++) {
            shorts[k] = (int16_t)(bits_of(salt, k) - HALF);
        }
        break;
    }
}

/* Makes a run of columns of every so many rows missing. */
static void missing_write(const struct field_make *make, uint32_t salt, void *out)
{
    const uint32_t n_columns = make->n_lon / 16 + 1;
    float *floats = out;
    double *doubles = out;
    int16_t *shorts = out;
    for (uint32_t row = 0; row < make->n_lat; row++) {
        if (floor((row + 1) * make->missing) == floor(row * make->missing)) {
            continue;
        }
        const uint32_t first = (uint32_t)bits_of(salt, row) % (make->n_lon - n_columns + 1);
        for (uint32_t column = first; column < first + n_columns; column++) {
            const size_t k = (size_t)row * make->n_lon + column;
            switch (make->dtype) {
            case GAIA_FLOAT32:
                floats[k] = NAN;
                break;
            case GAIA_FLOAT64:
                doubles[k] = (double)NAN;
                break;
            case GAIA_INT16:
                shorts[k] = MISSING_CODE;
                break;
            }
        }
    }
}

void field_fill(const struct field_make *make, size_t i, void *out)
{
    const uint32_t salt = salt_of(make->kind, i);
    values_write(make, salt, out);
    if (make->missing > 0.0) {
        missing_write(make, salt, out);
    }
}

struct gaia_field field_view(const struct field_make *make, const void *data)
{
    struct gaia_field field = {.data = data, .dtype = make->dtype};
    if (make->dtype == GAIA_INT16) {
        field.packed = 1;
        field.scale = 1.0 / STEPS;
        field.offset = BASE + (double)HALF / STEPS;
        field.has_missing_code = 1;
        field.missing_code = MISSING_CODE;
    }
    return field;
}

struct gaia_field pool_field(const struct pool *pool, size_t i)
{
    return field_view(&pool->make, pool->buffers[i % pool->n].device);
}

struct filling {
    const struct backend_ops *ops;
    struct backend *backend;
    struct pool *pool;
    atomic_size_t next;
};

static gaia_status fill_job(void *context, unsigned index, gaia_error *err)
{
    struct filling *filling = context;
    struct pool *pool = filling->pool;
    const size_t bytes = field_bytes(&pool->make);
    gaia_status status = GAIA_OK;
    (void)index;
    while (status == GAIA_OK) {
        const size_t i = atomic_fetch_add(&filling->next, 1);
        if (i >= pool->n) {
            break;
        }
        struct backend_buffer *buffer = &pool->buffers[i];
        status = filling->ops->alloc(filling->backend, bytes, buffer, err);
        if (status == GAIA_OK) {
            status = filling->ops->map(filling->backend, buffer, err);
        }
        if (status == GAIA_OK) {
            field_fill(&pool->make, i, buffer->host);
            status = filling->ops->upload(filling->backend, buffer, bytes, err);
        }
    }
    return status;
}

gaia_status pool_fill(const struct backend_ops *ops, struct backend *backend, struct crew *crew,
                      unsigned n_threads, struct pool *pool, gaia_error *err)
{
    pool->buffers = calloc(pool->n, sizeof *pool->buffers);
    if (pool->buffers == NULL) {
        return error_memory(err, pool->n * sizeof *pool->buffers);
    }
    struct filling filling = {.ops = ops, .backend = backend, .pool = pool};
    atomic_init(&filling.next, 0);
    return crew_run(crew, n_threads, fill_job, &filling, NULL, err);
}

void pool_free(const struct backend_ops *ops, struct backend *backend, struct pool *pool)
{
    for (size_t i = 0; pool->buffers != NULL && i < pool->n; i++) {
        if (pool->buffers[i].bytes > 0) {
            ops->free(backend, &pool->buffers[i]);
        }
    }
    free(pool->buffers);
    pool->buffers = NULL;
}
