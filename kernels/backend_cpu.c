/* SPDX-License-Identifier: MIT
 *
 * The CPU backend: picks the widest instruction set at run time and sums on the calling thread; the
 * engine calls it from as many threads as it has. Host and device memory are the same.
 */
#include "backend.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "cpu_tile.h"
#include "error.h"

enum { BUFFER_ALIGNMENT = 256, LARGE_PAGE = 2 << 20, NS_PER_S = 1000000000 };

/* Fields are taken one after the other and read row by row together. Were all to begin on a page,
 * the same rows of them would share few places of a cache. So each begins further into its first
 * page than the one before it, by the golden section of CACHE_WAY: what a way of a second-level
 * cache holds. */
enum { CACHE_WAY = 128 << 10, COLOUR_STEP = 317 * BUFFER_ALIGNMENT };

struct backend {
    const struct cpu_code *code;
    atomic_uint_least64_t kernel_ns;
    atomic_size_t n_fields;
};

struct backend_work {
    const struct layout *layout;
    size_t n_tiles_max;
    size_t n_forecasts_max;
    void *scratch;
    double *sums;
    int has_sums;
};

/* ---- Opening and closing ---- */

static const struct cpu_code *code_find(const char *name)
{
    if (name != NULL && strcmp(name, "portable") == 0) {
        return &cpu_code_portable;
    }
#if defined(__x86_64__)
    __builtin_cpu_init();
    const int has_v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    const int has_v4 = has_v3 && __builtin_cpu_supports("avx512f") &&
                       __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
                       __builtin_cpu_supports("avx512bw");
    if (has_v4 && (name == NULL || strcmp(name, "v4") == 0)) {
        return &cpu_code_v4;
    }
    if (has_v3 && (name == NULL || strcmp(name, "v3") == 0)) {
        return &cpu_code_v3;
    }
#endif
    return name == NULL ? &cpu_code_portable : NULL;
}

static gaia_status cpu_open(const struct backend_config *config, struct backend **backend,
                            gaia_error *err)
{
    const struct cpu_code *code = code_find(config->instruction_set);
    if (code == NULL) {
        return error_set(err, GAIA_DEVICE, "cpu: this machine has no instruction set '%s'",
                         config->instruction_set);
    }
    struct backend *opened = malloc(sizeof *opened);
    if (opened == NULL) {
        return error_memory(err, sizeof *opened);
    }
    opened->code = code;
    atomic_init(&opened->kernel_ns, 0);
    atomic_init(&opened->n_fields, 0);
    *backend = opened;
    return GAIA_OK;
}

static void cpu_close(struct backend *backend)
{
    free(backend);
}

static const char *cpu_device(const struct backend *backend)
{
    return backend->code->instruction_set;
}

static uint64_t cpu_memory_bytes(const struct backend *backend)
{
    (void)backend;
    return 0;
}

/* ---- Buffers ---- */

/* Fields begin on a large page, and as far as they fill such pages they are asked for: a page is
 * then found, and cleared when it is first written, once for 2 MiB and not once for 4 KiB. */
static void *memory_take(size_t bytes)
{
    const size_t alignment = bytes >= LARGE_PAGE ? LARGE_PAGE : BUFFER_ALIGNMENT;
    if (bytes > SIZE_MAX - LARGE_PAGE) {
        return NULL;
    }
    const size_t rounded = (bytes + alignment - 1) / alignment * alignment;
    void *memory = aligned_alloc(alignment, rounded > 0 ? rounded : BUFFER_ALIGNMENT);
    if (memory != NULL && bytes >= LARGE_PAGE) {
        (void)madvise(memory, bytes / LARGE_PAGE * LARGE_PAGE, MADV_HUGEPAGE);
    }
    return memory;
}

static gaia_status cpu_alloc(struct backend *backend, size_t bytes, struct backend_buffer *buffer,
                             gaia_error *err)
{
    const size_t i = bytes < LARGE_PAGE ? 0 : atomic_fetch_add(&backend->n_fields, 1);
    const size_t colour = i % CACHE_WAY * COLOUR_STEP % CACHE_WAY;
    char *memory = bytes > SIZE_MAX - CACHE_WAY ? NULL : memory_take(bytes + colour);
    if (memory == NULL) {
        return error_memory(err, bytes);
    }
    *buffer = (struct backend_buffer){.device = memory + colour, .bytes = bytes};
    return GAIA_OK;
}

static void cpu_free(struct backend *backend, struct backend_buffer *buffer)
{
    (void)backend;
    char *memory = buffer->device;
    if (memory != NULL && buffer->bytes >= LARGE_PAGE) {
        memory -= (uintptr_t)memory % LARGE_PAGE; /* the colour */
    }
    free(memory);
    *buffer = (struct backend_buffer){0};
}

static gaia_status cpu_map(struct backend *backend, struct backend_buffer *buffer, gaia_error *err)
{
    (void)backend;
    (void)err;
    buffer->host = buffer->device;
    return GAIA_OK;
}

static gaia_status cpu_upload(struct backend *backend, struct backend_buffer *buffer, size_t bytes,
                              gaia_error *err)
{
    (void)backend;
    if (buffer->host == NULL || bytes > buffer->bytes) {
        return error_set(err, GAIA_USAGE, "%zu bytes of a buffer of %zu that is %smapped", bytes,
                         buffer->bytes, buffer->host == NULL ? "not " : "");
    }
    buffer->host = NULL;
    return GAIA_OK;
}

static gaia_status cpu_download(struct backend *backend, const struct backend_buffer *buffer,
                                size_t bytes, void *room, const void **host, gaia_error *err)
{
    (void)backend;
    (void)room;
    if (bytes > buffer->bytes) {
        return error_set(err, GAIA_USAGE, "%zu bytes of a buffer of %zu", bytes, buffer->bytes);
    }
    *host = buffer->device;
    return GAIA_OK;
}

/* ---- Work ---- */

static void cpu_work_close(struct backend *backend, struct backend_work *work)
{
    (void)backend;
    if (work != NULL) {
        free(work->sums);
        free(work->scratch);
        free(work);
    }
}

static gaia_status cpu_work_open(struct backend *backend, const struct layout *host,
                                 const struct backend_buffer *layout, size_t n_tiles_max,
                                 size_t n_forecasts_max, struct backend_work **work,
                                 gaia_error *err)
{
    (void)layout;
    const size_t of_one = layout_n_sums(host) * sizeof(double);
    if (n_tiles_max == 0 || n_forecasts_max == 0 || n_forecasts_max > SIZE_MAX / of_one) {
        return error_set(err, GAIA_USAGE, "work for %zu tiles and %zu forecasts cannot be",
                         n_tiles_max, n_forecasts_max);
    }
    struct backend_work *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        return error_memory(err, sizeof *opened);
    }
    const size_t scratch_bytes = backend->code->scratch_bytes(host);
    *opened = (struct backend_work){.layout = host,
                                    .n_tiles_max = n_tiles_max,
                                    .n_forecasts_max = n_forecasts_max,
                                    .scratch = memory_take(scratch_bytes),
                                    .sums = memory_take(n_forecasts_max * of_one)};
    if (opened->scratch == NULL || opened->sums == NULL) {
        cpu_work_close(backend, opened);
        return error_memory(err, scratch_bytes + n_forecasts_max * of_one);
    }
    *work = opened;
    return GAIA_OK;
}

static uint64_t now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static gaia_status cpu_moments(struct backend *backend, struct backend_work *work,
                               const struct tile *tiles, size_t n_tiles, gaia_error *err)
{
    const gaia_status status =
        tiles_check(tiles, n_tiles, work->n_tiles_max, work->n_forecasts_max, err);
    if (status != GAIA_OK) {
        return status;
    }
    if (work->has_sums) {
        return error_set(err, GAIA_USAGE, "this work's last sums were not waited for");
    }
    const uint64_t from_ns = now_ns();
    double *sums = work->sums;
    for (size_t i = 0; i < n_tiles; i++) {
        backend->code->tile(work->layout, &tiles[i], work->scratch, sums);
        sums += tiles[i].n_forecasts * layout_n_sums(work->layout);
    }
    work->has_sums = 1;
    atomic_fetch_add(&backend->kernel_ns, now_ns() - from_ns);
    return GAIA_OK;
}

static gaia_status cpu_wait(struct backend *backend, struct backend_work *work, const double **sums,
                            gaia_error *err)
{
    (void)backend;
    if (!work->has_sums) {
        return error_set(err, GAIA_USAGE, "there are no sums to wait for");
    }
    work->has_sums = 0;
    *sums = work->sums;
    return GAIA_OK;
}

static void cpu_times(const struct backend *backend, struct backend_times *times)
{
    *times = (struct backend_times){.kernel_s = (double)atomic_load(&backend->kernel_ns) * 1e-9};
}

const struct backend_ops backend_cpu = {
    .name = "cpu",
    .open = cpu_open,
    .close = cpu_close,
    .device = cpu_device,
    .memory_bytes = cpu_memory_bytes,
    .alloc = cpu_alloc,
    .free = cpu_free,
    .map = cpu_map,
    .upload = cpu_upload,
    .download = cpu_download,
    .work_open = cpu_work_open,
    .work_close = cpu_work_close,
    .moments = cpu_moments,
    .wait = cpu_wait,
    .times = cpu_times,
};
