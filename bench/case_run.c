/* SPDX-License-Identifier: MIT
 *
 * Timing a case: its tiles handed to the backend as the engine does it, by threads that each have a
 * work of their own and take the next call as they are done with one.
 *
 * Invariant: nothing is opened, allocated or filled between the start and the end of the time.
 */
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "rig.h"

enum { SHARED_KINDS = 3 };

static const enum field_kind kinds[1 + SHARED_KINDS] = {FIELD_TRUTH, FIELD_CLIMATOLOGY,
                                                        FIELD_REFERENCE, FIELD_FORECAST};

/* What one thread works with. buffers: of the case from host memory, a set for one call. */
struct worker {
    struct backend_work *work;
    struct tile *tiles;           /* [tiles_per_call] */
    struct gaia_field *forecasts; /* [tiles_per_call][n_forecasts] */
    struct backend_buffer *buffers;
    size_t n_buffers;
};

struct case_run {
    struct rig *rig;
    const struct bench_case *c;
    const struct pool *pools[1 + SHARED_KINDS]; /* as kinds; NULL: the case has none */
    struct worker *workers;
    size_t calls_per_pass;
    size_t n_calls;
    atomic_size_t next;
};

/* ---- One call ---- */

static struct gaia_field run_field(const struct case_run *run, int i_kind, size_t i)
{
    const struct pool *pool = run->pools[i_kind];
    return pool != NULL ? pool_field(pool, i) : (struct gaia_field){.data = NULL};
}

/* Points the worker's tiles at the call's fields; returns how many tiles it has. */
static size_t call_make(const struct case_run *run, struct worker *worker, size_t i_call)
{
    const struct bench_case *c = run->c;
    const size_t first = i_call % run->calls_per_pass * c->tiles_per_call;
    const size_t left = c->n_tiles - first;
    const size_t n = left < c->tiles_per_call ? left : c->tiles_per_call;
    for (size_t t = 0; t < n; t++) {
        struct gaia_field *forecasts = worker->forecasts + t * c->n_forecasts;
        for (size_t k = 0; k < c->n_forecasts; k++) {
            forecasts[k] = run_field(run, SHARED_KINDS, (first + t) * c->n_forecasts + k);
        }
        worker->tiles[t] = (struct tile){.truth = run_field(run, 0, first + t),
                                         .climatology = run_field(run, 1, first + t),
                                         .reference = run_field(run, 2, first + t),
                                         .n_forecasts = c->n_forecasts,
                                         .forecasts = forecasts};
    }
    return n;
}

/* Puts the worker's own buffer in the field's place and starts its upload. The mapped memory is not
 * written: what it costs to fill it is not the backend's. */
static gaia_status field_send(const struct case_run *run, struct backend_buffer *buffer,
                              struct gaia_field *field, gaia_error *err)
{
    const struct backend_ops *ops = run->rig->ops;
    if (field->data == NULL) {
        return GAIA_OK;
    }
    gaia_status status = ops->map(run->rig->backend, buffer, err);
    if (status == GAIA_OK) {
        status = ops->upload(run->rig->backend, buffer, buffer->bytes, err);
    }
    field->data = buffer->device;
    return status;
}

static gaia_status call_send(const struct case_run *run, struct worker *worker, size_t n_tiles,
                             gaia_error *err)
{
    const size_t per_tile = run->c->n_forecasts + SHARED_KINDS;
    gaia_status status = GAIA_OK;
    for (size_t t = 0; status == GAIA_OK && t < n_tiles; t++) {
        struct backend_buffer *buffers = worker->buffers + t * per_tile;
        struct gaia_field *forecasts = worker->forecasts + t * run->c->n_forecasts;
        struct gaia_field *shared[SHARED_KINDS] = {
            &worker->tiles[t].truth, &worker->tiles[t].climatology, &worker->tiles[t].reference};
        for (size_t k = 0; status == GAIA_OK && k < SHARED_KINDS; k++) {
            status = field_send(run, &buffers[k], shared[k], err);
        }
        for (size_t k = 0; status == GAIA_OK && k < run->c->n_forecasts; k++) {
            status = field_send(run, &buffers[SHARED_KINDS + k], &forecasts[k], err);
        }
    }
    return status;
}

static gaia_status call_do(const struct case_run *run, struct worker *worker, size_t i_call,
                           const double **sums, gaia_error *err)
{
    const struct rig *rig = run->rig;
    const size_t n_tiles = call_make(run, worker, i_call);
    gaia_status status = GAIA_OK;
    if (run->c->from_host) {
        status = call_send(run, worker, n_tiles, err);
    }
    if (status == GAIA_OK) {
        status = rig->ops->moments(rig->backend, worker->work, worker->tiles, n_tiles, err);
    }
    if (status == GAIA_OK) {
        status = rig->ops->wait(rig->backend, worker->work, sums, err);
    }
    return status;
}

static gaia_status calls_job(void *context, unsigned index, gaia_error *err)
{
    struct case_run *run = context;
    const double *sums = NULL;
    gaia_status status = GAIA_OK;
    while (status == GAIA_OK) {
        const size_t i_call = atomic_fetch_add(&run->next, 1);
        if (i_call >= run->n_calls) {
            break;
        }
        status = call_do(run, &run->workers[index], i_call, &sums, err);
    }
    return status;
}

/* One call on every thread, of the last of a pass, which the next pass finds in no cache. */
static gaia_status warm_job(void *context, unsigned index, gaia_error *err)
{
    struct case_run *run = context;
    const double *sums = NULL;
    const size_t i_call = run->calls_per_pass - 1 - index % run->calls_per_pass;
    return call_do(run, &run->workers[index], i_call, &sums, err);
}

/* ---- Before and after ---- */

/* Device buffers for one call, filled once so that what is uploaded later are numbers. */
static gaia_status buffers_open(const struct case_run *run, struct worker *worker, gaia_error *err)
{
    const struct rig *rig = run->rig;
    const size_t per_tile = run->c->n_forecasts + SHARED_KINDS;
    gaia_status status = GAIA_OK;
    worker->n_buffers = run->c->tiles_per_call * per_tile;
    worker->buffers = calloc(worker->n_buffers, sizeof *worker->buffers);
    if (worker->buffers == NULL) {
        worker->n_buffers = 0;
        return error_memory(err, worker->n_buffers * sizeof *worker->buffers);
    }
    for (size_t i = 0; status == GAIA_OK && i < worker->n_buffers; i++) {
        const size_t k = i % per_tile;
        const struct pool *pool = run->pools[k < SHARED_KINDS ? k : SHARED_KINDS];
        struct backend_buffer *buffer = &worker->buffers[i];
        if (pool == NULL) {
            continue;
        }
        const size_t bytes = field_bytes(&pool->make);
        status = rig->ops->alloc(rig->backend, bytes, buffer, err);
        if (status == GAIA_OK) {
            status = rig->ops->map(rig->backend, buffer, err);
        }
        if (status == GAIA_OK) {
            field_fill(&pool->make, i, buffer->host);
            status = rig->ops->upload(rig->backend, buffer, bytes, err);
        }
    }
    return status;
}

static void run_close(struct case_run *run)
{
    const struct rig *rig = run->rig;
    for (unsigned i = 0; run->workers != NULL && i < rig->n_workers; i++) {
        struct worker *worker = &run->workers[i];
        if (worker->work != NULL) {
            rig->ops->work_close(rig->backend, worker->work);
        }
        for (size_t k = 0; k < worker->n_buffers; k++) {
            if (worker->buffers[k].bytes > 0) {
                rig->ops->free(rig->backend, &worker->buffers[k]);
            }
        }
        free(worker->buffers);
        free(worker->forecasts);
        free(worker->tiles);
    }
    free(run->workers);
}

static gaia_status worker_open(const struct case_run *run, struct worker *worker, gaia_error *err)
{
    const struct rig *rig = run->rig;
    const struct bench_case *c = run->c;
    const size_t n_forecasts = c->tiles_per_call * c->n_forecasts;
    worker->tiles = calloc(c->tiles_per_call, sizeof *worker->tiles);
    worker->forecasts = calloc(n_forecasts, sizeof *worker->forecasts);
    if (worker->tiles == NULL || worker->forecasts == NULL) {
        return error_memory(err, n_forecasts * sizeof *worker->forecasts);
    }
    gaia_status status = rig->ops->work_open(rig->backend, c->layout, &c->layout_buffer,
                                             c->tiles_per_call, n_forecasts, &worker->work, err);
    if (status == GAIA_OK && c->from_host) {
        status = buffers_open(run, worker, err);
    }
    return status;
}

static gaia_status run_open(struct rig *rig, const struct bench_case *c, struct case_run *run,
                            gaia_error *err)
{
    *run = (struct case_run){.rig = rig, .c = c};
    atomic_init(&run->next, 0);
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        if (case_fields(c, kinds[k]) > 0) {
            run->pools[k] = rig_pool(rig, kinds[k], c->dtype, case_missing(c, kinds[k]));
        }
    }
    run->calls_per_pass = (c->n_tiles + c->tiles_per_call - 1) / c->tiles_per_call;
    run->workers = calloc(rig->n_workers, sizeof *run->workers);
    if (run->workers == NULL) {
        return error_memory(err, rig->n_workers * sizeof *run->workers);
    }
    gaia_status status = GAIA_OK;
    for (unsigned i = 0; status == GAIA_OK && i < rig->n_workers; i++) {
        status = worker_open(run, &run->workers[i], err);
    }
    return status;
}

gaia_status case_time(struct rig *rig, const struct bench_case *c, double *seconds,
                      struct stages *stages, gaia_error *err)
{
    struct case_run run;
    struct backend_times before = {0};
    struct backend_times after = {0};
    gaia_status status = run_open(rig, c, &run, err);
    if (status == GAIA_OK) {
        status = crew_run(rig->crew, rig->n_workers, warm_job, &run, NULL, err);
    }
    if (status == GAIA_OK) {
        run.n_calls = run.calls_per_pass * c->n_passes;
        rig->ops->times(rig->backend, &before);
        status = crew_run(rig->crew, rig->n_workers, calls_job, &run, seconds, err);
        rig->ops->times(rig->backend, &after);
    }
    /* The CPU's kernel time is that of all its threads together. */
    const double passes = (double)c->n_passes;
    const double shared_by = passes * (rig->on_gpu ? 1.0 : (double)rig->n_workers);
    *seconds /= passes;
    *stages = (struct stages){.upload_s = (after.upload_s - before.upload_s) / passes,
                              .kernel_s = (after.kernel_s - before.kernel_s) / shared_by,
                              .download_s = (after.download_s - before.download_s) / passes};
    run_close(&run);
    return status;
}

gaia_status case_sums(struct rig *rig, const struct bench_case *c, double **sums, gaia_error *err)
{
    struct case_run run;
    const double *there = NULL;
    gaia_status status = run_open(rig, c, &run, err);
    if (status == GAIA_OK) {
        status = call_do(&run, &run.workers[0], 0, &there, err);
    }
    if (status == GAIA_OK) {
        const size_t bytes = c->n_forecasts * layout_n_sums(c->layout) * sizeof **sums;
        *sums = malloc(bytes);
        if (*sums != NULL) {
            memcpy(*sums, there, bytes);
        } else {
            status = error_memory(err, bytes);
        }
    }
    run_close(&run);
    return status;
}
