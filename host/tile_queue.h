/* SPDX-License-Identifier: MIT
 *
 * The tiles on their way from the thread that reads to those that sum: a short queue, first in,
 * first out, and the first error that any of the summing threads met.
 *
 * Thread-safe. Invariant: every tile that was taken is told to be done, whatever became of it.
 */
#ifndef HOST_TILE_QUEUE_H
#define HOST_TILE_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include <gaia/status.h>

#include "field_pool.h"
#include "map_sums.h"

enum { TILE_FORECASTS_MAX = 64 };

/* A tile: the slots that it holds, and which units its forecasts are. */
struct queued_tile {
    struct field_slot *truth;
    struct field_slot *climatology; /* NULL: none */
    struct field_slot *reference;
    size_t n_forecasts;
    struct field_slot *forecasts[TILE_FORECASTS_MAX];
    size_t units[TILE_FORECASTS_MAX];
    struct map_series *maps[TILE_FORECASTS_MAX]; /* that their errors go to; NULL: none */
    uint64_t turn;                               /* the place in the order of the pushes */
};

struct tile_queue {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t capacity;
    size_t n_queued;
    size_t first; /* of those queued, in the ring of tiles */
    struct queued_tile *tiles;
    size_t n_taken; /* not yet done */
    uint64_t n_pushed;
    uint64_t turn; /* whose it is */
    bool is_closed;
    gaia_error error;
};

GAIA_MUST_USE gaia_status tile_queue_init(struct tile_queue *queue, size_t capacity,
                                          gaia_error *err);
void tile_queue_fini(struct tile_queue *queue);

/* Copies a tile into the queue, waiting for room; false, and it stays the caller's, if there was an
 * error. */
bool tile_queue_push(struct tile_queue *queue, const struct queued_tile *tile);

/* Waits for a tile and takes as many as are there, up to n_tiles_max of n_forecasts_max forecasts
 * together, which must hold any one. Their number; 0: there will be none. */
size_t tile_queue_take(struct tile_queue *queue, size_t n_tiles_max, size_t n_forecasts_max,
                       struct queued_tile *tiles);

/* The n tiles that were taken together hold nothing any more. */
void tile_queue_done(struct tile_queue *queue, size_t n);

/* What is to be done for tiles in the order of their pushes: waits until it is this one's turn, and
 * says that it is the next one's. Who uses it does so for every tile, and for those taken together
 * in their order: then a turn that is waited for comes, for its tile was taken before. */
void tile_queue_turn_wait(struct tile_queue *queue, uint64_t turn);
void tile_queue_turn_end(struct tile_queue *queue);

/* Waits until nothing is queued and what was taken is done. */
void tile_queue_drain(struct tile_queue *queue);

/* No more tiles will come. */
void tile_queue_close(struct tile_queue *queue);

/* Notes an error, if it is the first. */
void tile_queue_fail(struct tile_queue *queue, const gaia_error *error);

#endif
