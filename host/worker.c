/* SPDX-License-Identifier: MIT
 *
 * One worker: as many tiles as its work has room for, moments, wait, rows, maps. On a device two
 * workers are enough: one writes rows while the device sums for the other.
 *
 * Invariant: a tile is released only when the backend has read it or will not.
 */
#include "worker.h"

#include <stdlib.h>

#include "error.h"
#include "moments_row.h"

void tile_release(const struct pipeline *p, const struct queued_tile *tile)
{
    struct field_slot *const shared[] = {tile->truth, tile->climatology, tile->reference};
    for (size_t i = 0; i < sizeof shared / sizeof *shared; i++) {
        if (shared[i] != NULL) {
            field_pool_return(p->pool, shared[i], SLOT_KEPT);
        }
    }
    for (size_t i = 0; i < tile->n_forecasts; i++) {
        field_pool_return(p->pool, tile->forecasts[i], SLOT_SPENT);
    }
}

/* ---- Summing ---- */

static struct gaia_field slot_field(const struct field_slot *slot)
{
    return slot != NULL ? slot->field : (struct gaia_field){.data = NULL};
}

/* Writes the rows of all tiles' forecasts from their sums. */
static void rows_write(const struct worker *worker, const struct tile *tiles, size_t n_tiles,
                       const double *sums)
{
    const struct pipeline *p = worker->p;
    const size_t n_rows = p->regions->n_regions * p->n_weights;
    const size_t n_sums = p->regions->n_bands * (1 + p->n_weights) * ROW_COUNT;
    for (size_t i = 0; i < n_tiles; i++) {
        const size_t *units = worker->units + (tiles[i].forecasts - worker->forecasts);
        for (size_t j = 0; j < tiles[i].n_forecasts; j++) {
            moments_rows_make(p->regions, p->n_weights, sums, worker->rows + units[j] * n_rows);
            sums += n_sums;
        }
    }
}

static gaia_status tiles_sum(const struct worker *worker, const struct tile *tiles, size_t n_tiles,
                             gaia_error *err)
{
    const struct pipeline *p = worker->p;
    const double *sums = NULL;
    gaia_status status = p->ops->moments(p->backend, worker->work, tiles, n_tiles, err);
    if (status == GAIA_OK) {
        status = p->ops->wait(p->backend, worker->work, &sums, err);
    }
    if (status == GAIA_OK) {
        rows_write(worker, tiles, n_tiles, sums);
    }
    return status;
}

/* Where the device has not enough memory for all tiles at once: first one half, then the other. A
 * tile alone is cut into two of half as many forecasts. */
static gaia_status tiles_sum_in_parts(const struct worker *worker, const struct tile *tiles,
                                      size_t n_tiles, gaia_error *err)
{
    gaia_status status = tiles_sum(worker, tiles, n_tiles, err);
    if (status != GAIA_OUT_OF_MEMORY || (n_tiles == 1 && tiles[0].n_forecasts == 1)) {
        return status;
    }
    if (n_tiles > 1) {
        status = tiles_sum_in_parts(worker, tiles, n_tiles / 2, err);
        return status == GAIA_OK
                   ? tiles_sum_in_parts(worker, tiles + n_tiles / 2, n_tiles - n_tiles / 2, err)
                   : status;
    }
    struct tile halves[] = {tiles[0], tiles[0]};
    halves[0].n_forecasts /= 2;
    halves[1].n_forecasts -= halves[0].n_forecasts;
    halves[1].forecasts += halves[0].n_forecasts;
    status = tiles_sum_in_parts(worker, &halves[0], 1, err);
    return status == GAIA_OK ? tiles_sum_in_parts(worker, &halves[1], 1, err) : status;
}

/* Counts what the backend goes through for these tiles. */
static void tiles_count(const struct worker *worker, size_t n_tiles)
{
    const struct pipeline *p = worker->p;
    uint64_t bytes = 0;
    for (size_t i = 0; i < n_tiles; i++) {
        const struct tile *tile = &worker->tiles[i];
        const struct gaia_field *const shared[] = {&tile->truth, &tile->climatology,
                                                   &tile->reference};
        for (size_t k = 0; k < sizeof shared / sizeof *shared; k++) {
            bytes += shared[k]->data != NULL ? gaia_dtype_bytes(shared[k]->dtype) : 0;
        }
        for (size_t j = 0; j < tile->n_forecasts; j++) {
            bytes += gaia_dtype_bytes(tile->forecasts[j].dtype);
        }
    }
    atomic_fetch_add(&p->control->counts.summed_bytes, bytes * p->n_points);
}

/* Describes the tiles to the backend; the number of forecasts. */
static size_t tiles_describe(const struct worker *worker, size_t n_tiles)
{
    size_t n = 0;
    for (size_t i = 0; i < n_tiles; i++) {
        const struct queued_tile *queued = &worker->queued[i];
        worker->tiles[i] = (struct tile){
            .truth = slot_field(queued->truth),
            .climatology = slot_field(queued->climatology),
            .reference = slot_field(queued->reference),
            .n_forecasts = queued->n_forecasts,
            .forecasts = worker->forecasts + n,
        };
        for (size_t j = 0; j < queued->n_forecasts; j++) {
            worker->forecasts[n] = slot_field(queued->forecasts[j]);
            worker->units[n++] = queued->units[j];
        }
    }
    return n;
}

/* ---- Maps ---- */

/* The slot's field on the host. */
static gaia_status slot_fetch(const struct pipeline *p, const struct field_slot *slot, void *room,
                              struct gaia_field *field, gaia_error *err)
{
    *field = slot->field;
    return p->ops->download(p->backend, &slot->buffer,
                            p->n_points * gaia_dtype_bytes(slot->field.dtype), room, &field->data,
                            err);
}

/* Adds the tile's errors to the maps that are made of them. */
static gaia_status tile_map(const struct pipeline *p, const struct queued_tile *tile,
                            gaia_error *err)
{
    struct gaia_field truth = {.data = NULL};
    struct gaia_field forecast;
    gaia_status status = GAIA_OK;
    for (size_t i = 0; status == GAIA_OK && i < tile->n_forecasts; i++) {
        if (tile->maps[i] == NULL) {
            continue;
        }
        if (truth.data == NULL) {
            status = slot_fetch(p, tile->truth, p->maps->rooms[0], &truth, err);
        }
        if (status == GAIA_OK) {
            status = slot_fetch(p, tile->forecasts[i], p->maps->rooms[1], &forecast, err);
        }
        if (status == GAIA_OK) {
            map_series_add(p->maps, tile->maps[i], &forecast, &truth);
        }
    }
    return status;
}

/* The same of all tiles, whatever their sums came to, each when its turn has come: that is the
 * order of time, and the rooms are one tile's at a time. */
static void tiles_map(const struct worker *worker, size_t n_tiles)
{
    for (size_t i = 0; worker->p->maps != NULL && i < n_tiles; i++) {
        gaia_error error = {0};
        tile_queue_turn_wait(worker->queue, worker->queued[i].turn);
        if (tile_map(worker->p, &worker->queued[i], &error) != GAIA_OK) {
            tile_queue_fail(worker->queue, &error);
        }
        tile_queue_turn_end(worker->queue);
    }
}

/* ---- The thread ---- */

static void *worker_main(void *context)
{
    const struct worker *worker = context;
    const struct pipeline *p = worker->p;
    struct engine_control *control = p->control;
    size_t n_tiles = 0;
    while ((n_tiles = tile_queue_take(worker->queue, p->work_tiles, p->work_forecasts,
                                      worker->queued)) > 0) {
        gaia_error error = {0};
        const size_t n_forecasts = tiles_describe(worker, n_tiles);
        if (tiles_sum_in_parts(worker, worker->tiles, n_tiles, &error) != GAIA_OK) {
            tile_queue_fail(worker->queue, &error);
        }
        tiles_map(worker, n_tiles);
        for (size_t i = 0; i < n_tiles; i++) {
            tile_release(p, &worker->queued[i]);
        }
        tile_queue_done(worker->queue, n_tiles);
        if (control != NULL) {
            tiles_count(worker, n_tiles);
            atomic_fetch_add(&control->fields_done, n_forecasts);
            atomic_fetch_add(&control->tiles_by_thread[worker->index % ENGINE_THREADS_MAX],
                             n_tiles);
        }
    }
    return NULL;
}

static void worker_free(struct worker *worker)
{
    free(worker->units);
    free(worker->forecasts);
    free(worker->tiles);
    free(worker->queued);
}

gaia_status worker_start(struct worker *worker, const struct pipeline *p, size_t i,
                         struct tile_queue *queue, struct gaia_moments *rows, gaia_error *err)
{
    *worker = (struct worker){.p = p,
                              .queue = queue,
                              .rows = rows,
                              .index = i,
                              .work = p->works[i],
                              .queued = calloc(p->work_tiles, sizeof *worker->queued),
                              .tiles = calloc(p->work_tiles, sizeof *worker->tiles),
                              .forecasts = calloc(p->work_forecasts, sizeof *worker->forecasts),
                              .units = calloc(p->work_forecasts, sizeof *worker->units)};
    if (worker->queued == NULL || worker->tiles == NULL || worker->forecasts == NULL ||
        worker->units == NULL) {
        worker_free(worker);
        return error_memory(err, p->work_tiles * sizeof *worker->queued);
    }
    if (pthread_create(&worker->thread, NULL, worker_main, worker) != 0) {
        worker_free(worker);
        return error_set(err, GAIA_OUT_OF_MEMORY, "a thread could not be started");
    }
    return GAIA_OK;
}

void worker_join(struct worker *worker)
{
    (void)pthread_join(worker->thread, NULL);
    worker_free(worker);
}
