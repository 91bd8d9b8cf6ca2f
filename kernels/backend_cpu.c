/* SPDX-License-Identifier: MIT
 *
 * The CPU backend: picks the widest instruction set at run time and runs rows on the calling
 * thread; the engine calls it from as many threads as it has. Host and device memory are the same.
 */
#include "backend.h"

#include <stdlib.h>
#include <string.h>

#include "cpu_rows.h"
#include "error.h"

enum { BUFFER_ALIGNMENT = 64 };

struct backend {
    cpu_rows *rows;
};

static cpu_rows *rows_find(const char *name)
{
    if (name != NULL && strcmp(name, "portable") == 0) {
        return cpu_rows_portable;
    }
#if defined(__x86_64__)
    __builtin_cpu_init();
    const int has_v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    const int has_v4 = has_v3 && __builtin_cpu_supports("avx512f") &&
                       __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
                       __builtin_cpu_supports("avx512bw");
    if (has_v4 && (name == NULL || strcmp(name, "v4") == 0)) {
        return cpu_rows_v4;
    }
    if (has_v3 && (name == NULL || strcmp(name, "v3") == 0)) {
        return cpu_rows_v3;
    }
#endif
    return name == NULL ? cpu_rows_portable : NULL;
}

static gaia_status cpu_open(const struct backend_config *config, struct backend **backend,
                            gaia_error *err)
{
    cpu_rows *rows = rows_find(config->instruction_set);
    if (rows == NULL) {
        return error_set(err, GAIA_DEVICE, "cpu: this machine has no instruction set '%s'",
                         config->instruction_set);
    }
    struct backend *opened = malloc(sizeof *opened);
    if (opened == NULL) {
        return error_memory(err, sizeof *opened);
    }
    opened->rows = rows;
    *backend = opened;
    return GAIA_OK;
}

static void cpu_close(struct backend *backend)
{
    free(backend);
}

static gaia_status cpu_alloc(struct backend *backend, size_t bytes, struct backend_buffer *buffer,
                             gaia_error *err)
{
    (void)backend;
    void *memory = aligned_alloc(BUFFER_ALIGNMENT, (bytes + BUFFER_ALIGNMENT - 1) /
                                                       BUFFER_ALIGNMENT * BUFFER_ALIGNMENT);
    if (memory == NULL) {
        return error_memory(err, bytes);
    }
    *buffer = (struct backend_buffer){memory, memory, bytes};
    return GAIA_OK;
}

static void cpu_free(struct backend *backend, struct backend_buffer *buffer)
{
    (void)backend;
    free(buffer->host);
    *buffer = (struct backend_buffer){0};
}

static gaia_status cpu_copy(struct backend *backend, const struct backend_buffer *buffer,
                            size_t bytes, gaia_error *err)
{
    (void)backend;
    (void)buffer;
    (void)bytes;
    (void)err;
    return GAIA_OK;
}

static gaia_status cpu_moments(struct backend *backend, const struct tile *tile,
                               const struct backend_buffer *out, gaia_error *err)
{
    (void)err;
    const size_t stride = tile->n_lat * tile->n_intervals * ROW_COUNT;
    double *sums = out->device;
    for (size_t k = 0; k < tile->n_intervals; k++) {
        const struct interval *interval = &tile->intervals[k];
        for (size_t i = interval->first_row; i < interval->first_row + interval->n_rows; i++) {
            backend->rows(tile, i, k, sums + (i * tile->n_intervals + k) * ROW_COUNT, stride);
        }
    }
    return GAIA_OK;
}

static gaia_status cpu_sync(struct backend *backend, gaia_error *err)
{
    (void)backend;
    (void)err;
    return GAIA_OK;
}

const struct backend_ops backend_cpu = {
    .name = "cpu",
    .open = cpu_open,
    .close = cpu_close,
    .alloc = cpu_alloc,
    .free = cpu_free,
    .upload = cpu_copy,
    .download = cpu_copy,
    .moments = cpu_moments,
    .sync = cpu_sync,
};
