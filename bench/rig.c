/* SPDX-License-Identifier: MIT
 *
 * Opening the device and filling its memory.
 *
 * A pass of a case reads fields that no cache holds: as many as make several times the last cache,
 * and enough that the threads never work on the same tile at once.
 */
#include "rig.h"

#include <string.h>
#include <stdlib.h>
#include <unistd.h>

#include "error.h"

enum {
    GPU_WORKERS = 2,      /* one sums while the other's sums are fetched */
    GPU_CALL_FIELDS = 64, /* forecasts of one call of the backend */
    HOST_CALL_TILES = 4,
    FIELDS_MAX = 4096, /* by default: a small grid need not fill a cache */
    POOL_BYTES = 160 << 20,
    CACHE_TIMES = 4
};

static gaia_status backend_start(struct rig *rig, gaia_error *err)
{
    const struct bench_options *options = rig->options;
    const struct backend_config config = {
        .instruction_set = options->instruction_set,
        .memory_bytes = options->memory_bytes,
        .i_device = options->i_device,
    };
    gaia_status status = backend_find(options->device, &rig->ops, &rig->note, err);
    if (status == GAIA_OK) {
        status = rig->ops->open(&config, &rig->backend, err);
    }
    return status;
}

gaia_status rig_open(const struct bench_options *options, struct rig *rig, gaia_error *err)
{
    *rig = (struct rig){.options = options};
    gaia_status status = backend_start(rig, err);
    if (status != GAIA_OK) {
        return status;
    }
    rig->on_gpu = strcmp(rig->ops->name, "cpu") != 0;
    rig->n_workers = rig->on_gpu ? GPU_WORKERS : options->n_threads;
    status = crew_open(options->n_threads > rig->n_workers ? options->n_threads : rig->n_workers,
                       &rig->crew, err);
    if (status == GAIA_OK) {
        status = domain_make(options->n_lat, options->n_lon, &rig->domain, err);
    }
    return status;
}

void rig_close(struct rig *rig)
{
    for (size_t i = 0; i < rig->n_pools; i++) {
        pool_free(rig->ops, rig->backend, &rig->pools[i]);
    }
    domain_free(&rig->domain);
    crew_close(rig->crew);
    if (rig->backend != NULL) {
        rig->ops->close(rig->backend);
    }
    *rig = (struct rig){0};
}

const struct pool *rig_pool(const struct rig *rig, enum field_kind kind, enum gaia_dtype dtype,
                            bool missing)
{
    for (size_t i = 0; i < rig->n_pools; i++) {
        const struct field_make *make = &rig->pools[i].make;
        if (make->kind == kind && make->dtype == dtype && (make->missing > 0.0) == missing) {
            return &rig->pools[i];
        }
    }
    return NULL;
}

/* ---- Sizes ---- */

static size_t fields_by_default(const struct rig *rig)
{
    const long cache = rig->on_gpu ? 0 : sysconf(_SC_LEVEL3_CACHE_SIZE);
    const size_t wanted =
        cache > POOL_BYTES / CACHE_TIMES ? (size_t)cache * CACHE_TIMES : (size_t)POOL_BYTES;
    const size_t field = (size_t)rig->domain.n_lat * rig->domain.n_lon * sizeof(float);
    const size_t n = (wanted + field - 1) / field;
    return n < FIELDS_MAX ? n : FIELDS_MAX;
}

static gaia_status case_size(const struct rig *rig, struct bench_case *c, gaia_error *err)
{
    const size_t given = rig->options->n_fields;
    c->tiles_per_call = 1;
    if (c->from_host) {
        c->tiles_per_call = HOST_CALL_TILES;
    } else if (rig->on_gpu && c->n_forecasts < GPU_CALL_FIELDS) {
        c->tiles_per_call = GPU_CALL_FIELDS / c->n_forecasts;
    }
    if (given > 0) {
        c->n_tiles = given / c->n_forecasts;
        if (c->n_tiles == 0) {
            return error_set(err, GAIA_USAGE,
                             "--fields %zu: a tile of case '%s' alone has %zu forecasts", given,
                             c->name, c->n_forecasts);
        }
        c->tiles_per_call = c->tiles_per_call < c->n_tiles ? c->tiles_per_call : c->n_tiles;
        return GAIA_OK;
    }
    const size_t least = rig->n_workers * c->tiles_per_call;
    const size_t tiles = (fields_by_default(rig) + c->n_forecasts - 1) / c->n_forecasts;
    c->n_tiles = tiles > least ? tiles : least;
    return GAIA_OK;
}

/* Makes sure that there is a pool, and that it holds what the case needs. */
static void pool_want(struct rig *rig, const struct bench_case *c, enum field_kind kind)
{
    const size_t n = case_fields(c, kind);
    const enum gaia_dtype dtype = kind == FIELD_PLANE ? GAIA_FLOAT32 : c->dtype;
    const bool missing = case_missing(c, kind);
    size_t i = 0;
    while (i < rig->n_pools && &rig->pools[i] != rig_pool(rig, kind, dtype, missing)) {
        i++;
    }
    if (n == 0) {
        return;
    }
    struct pool *pool = &rig->pools[i];
    if (i == rig->n_pools) {
        *pool = (struct pool){.make = {.n_lat = rig->domain.n_lat,
                                       .n_lon = rig->domain.n_lon,
                                       .kind = kind,
                                       .dtype = dtype,
                                       .missing = missing ? rig->options->missing : 0.0}};
        rig->n_pools++;
    }
    pool->n = n > pool->n ? n : pool->n;
}

static gaia_status memory_check(const struct rig *rig, gaia_error *err)
{
    enum { MIB = 1 << 20 };
    double wanted = 0;
    double there = (double)rig->ops->memory_bytes(rig->backend);
    if (there <= 0) {
        there = 0.9 * (double)sysconf(_SC_AVPHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    }
    for (size_t i = 0; i < rig->n_pools; i++) {
        wanted += (double)rig->pools[i].n * (double)field_bytes(&rig->pools[i].make);
    }
    if (wanted > there) {
        return error_set(err, GAIA_OUT_OF_MEMORY,
                         "the fields of these cases take %.0f MiB and %.0f MiB are there: fewer "
                         "--cases, --fields, --forecasts or --threads, or a smaller --grid, take "
                         "less",
                         wanted / MIB, there / MIB);
    }
    return GAIA_OK;
}

/* ---- Layouts ---- */

static gaia_status case_layout(struct rig *rig, struct bench_case *c, gaia_error *err)
{
    const struct pool *planes = rig_pool(rig, FIELD_PLANE, GAIA_FLOAT32, false);
    const struct gaia_field plane =
        c->plane ? pool_field(planes, 0) : (struct gaia_field){.data = NULL};
    gaia_status status = domain_layout(&rig->domain, c->regions, rig->options->n_weights,
                                       c->plane ? &plane : NULL, &c->layout, err);
    if (status == GAIA_OK) {
        status = rig->ops->alloc(rig->backend, c->layout->bytes, &c->layout_buffer, err);
    }
    if (status == GAIA_OK) {
        status = rig->ops->map(rig->backend, &c->layout_buffer, err);
    }
    if (status == GAIA_OK) {
        memcpy(c->layout_buffer.host, c->layout, c->layout->bytes);
        status = rig->ops->upload(rig->backend, &c->layout_buffer, c->layout->bytes, err);
    }
    if (status == GAIA_OK) {
        case_count(c);
    }
    return status;
}

/* The fields of each of these cases; on a CPU also those that its read bandwidth is measured on. */
static gaia_status pools_want(struct rig *rig, struct bench_case *cases, size_t n_cases,
                              gaia_error *err)
{
    struct bench_case read = {.name = "limits", .n_forecasts = 1, .climatology = true};
    gaia_status status = GAIA_OK;
    for (size_t i = rig->on_gpu ? 1 : 0; status == GAIA_OK && i <= n_cases; i++) {
        struct bench_case *c = i == 0 ? &read : &cases[i - 1];
        status = case_size(rig, c, err);
        for (int kind = FIELD_FORECAST; status == GAIA_OK && kind <= FIELD_PLANE; kind++) {
            pool_want(rig, c, (enum field_kind)kind);
        }
    }
    return status;
}

gaia_status rig_fill(struct rig *rig, struct bench_case *cases, size_t n_cases, gaia_error *err)
{
    gaia_status status = pools_want(rig, cases, n_cases, err);
    if (status == GAIA_OK) {
        status = memory_check(rig, err);
    }
    for (size_t i = 0; status == GAIA_OK && i < rig->n_pools; i++) {
        status = pool_fill(rig->ops, rig->backend, rig->crew, rig->options->n_threads,
                           &rig->pools[i], err);
    }
    for (size_t i = 0; status == GAIA_OK && i < n_cases; i++) {
        status = case_layout(rig, &cases[i], err);
    }
    return status;
}

void cases_free(struct rig *rig, struct bench_case *cases, size_t n_cases)
{
    for (size_t i = 0; i < n_cases; i++) {
        if (cases[i].layout_buffer.bytes > 0) {
            rig->ops->free(rig->backend, &cases[i].layout_buffer);
        }
        free(cases[i].layout);
        cases[i].layout = NULL;
    }
}
