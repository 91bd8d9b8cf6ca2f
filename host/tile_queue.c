/* SPDX-License-Identifier: MIT
 *
 * A ring of tiles under one lock. Whatever changes wakes everyone: there are few threads, and a
 * tile is worth much more than waking up.
 */
#include "tile_queue.h"

#include <stdlib.h>

#include "error.h"

gaia_status tile_queue_init(struct tile_queue *queue, size_t capacity, gaia_error *err)
{
    *queue = (struct tile_queue){.capacity = capacity};
    queue->tiles = calloc(capacity, sizeof *queue->tiles);
    if (queue->tiles == NULL) {
        return error_memory(err, capacity * sizeof *queue->tiles);
    }
    (void)pthread_mutex_init(&queue->lock, NULL);
    (void)pthread_cond_init(&queue->changed, NULL);
    return GAIA_OK;
}

void tile_queue_fini(struct tile_queue *queue)
{
    if (queue->tiles != NULL) {
        (void)pthread_cond_destroy(&queue->changed);
        (void)pthread_mutex_destroy(&queue->lock);
        free(queue->tiles);
        queue->tiles = NULL;
    }
}

bool tile_queue_push(struct tile_queue *queue, const struct queued_tile *tile)
{
    (void)pthread_mutex_lock(&queue->lock);
    while (queue->n_queued == queue->capacity && queue->error.status == GAIA_OK) {
        (void)pthread_cond_wait(&queue->changed, &queue->lock);
    }
    const bool good = queue->error.status == GAIA_OK;
    if (good) {
        struct queued_tile *place =
            &queue->tiles[(queue->first + queue->n_queued) % queue->capacity];
        *place = *tile;
        place->turn = queue->n_pushed++;
        queue->n_queued++;
        (void)pthread_cond_broadcast(&queue->changed);
    }
    (void)pthread_mutex_unlock(&queue->lock);
    return good;
}

size_t tile_queue_take(struct tile_queue *queue, size_t n_tiles_max, size_t n_forecasts_max,
                       struct queued_tile *tiles)
{
    size_t n = 0;
    size_t n_forecasts = 0;
    (void)pthread_mutex_lock(&queue->lock);
    while (queue->n_queued == 0 && !queue->is_closed) {
        (void)pthread_cond_wait(&queue->changed, &queue->lock);
    }
    while (n < n_tiles_max && queue->n_queued > 0 &&
           n_forecasts + queue->tiles[queue->first].n_forecasts <= n_forecasts_max) {
        tiles[n] = queue->tiles[queue->first];
        n_forecasts += tiles[n++].n_forecasts;
        queue->first = (queue->first + 1) % queue->capacity;
        queue->n_queued--;
    }
    queue->n_taken += n;
    (void)pthread_cond_broadcast(&queue->changed);
    (void)pthread_mutex_unlock(&queue->lock);
    return n;
}

void tile_queue_done(struct tile_queue *queue, size_t n)
{
    (void)pthread_mutex_lock(&queue->lock);
    queue->n_taken -= n;
    (void)pthread_cond_broadcast(&queue->changed);
    (void)pthread_mutex_unlock(&queue->lock);
}

void tile_queue_turn_wait(struct tile_queue *queue, uint64_t turn)
{
    (void)pthread_mutex_lock(&queue->lock);
    while (queue->turn != turn) {
        (void)pthread_cond_wait(&queue->changed, &queue->lock);
    }
    (void)pthread_mutex_unlock(&queue->lock);
}

void tile_queue_turn_end(struct tile_queue *queue)
{
    (void)pthread_mutex_lock(&queue->lock);
    queue->turn++;
    (void)pthread_cond_broadcast(&queue->changed);
    (void)pthread_mutex_unlock(&queue->lock);
}

void tile_queue_drain(struct tile_queue *queue)
{
    (void)pthread_mutex_lock(&queue->lock);
    while (queue->n_queued > 0 || queue->n_taken > 0) {
        (void)pthread_cond_wait(&queue->changed, &queue->lock);
    }
    (void)pthread_mutex_unlock(&queue->lock);
}

void tile_queue_close(struct tile_queue *queue)
{
    (void)pthread_mutex_lock(&queue->lock);
    queue->is_closed = true;
    (void)pthread_cond_broadcast(&queue->changed);
    (void)pthread_mutex_unlock(&queue->lock);
}

void tile_queue_fail(struct tile_queue *queue, const gaia_error *error)
{
    (void)pthread_mutex_lock(&queue->lock);
    if (queue->error.status == GAIA_OK) {
        queue->error = *error;
    }
    (void)pthread_cond_broadcast(&queue->changed);
    (void)pthread_mutex_unlock(&queue->lock);
}
