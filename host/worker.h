/* SPDX-License-Identifier: MIT
 *
 * A thread that has tiles summed by the backend, writes the rows of their units and adds their
 * errors to maps.
 */
#ifndef HOST_WORKER_H
#define HOST_WORKER_H

#include <pthread.h>
#include <stddef.h>

#include "pipeline.h"
#include "tile_queue.h"

struct worker {
    const struct pipeline *p;
    struct tile_queue *queue;
    struct gaia_moments *rows; /* [n_units][n_regions][n_weights] of the run */
    size_t index;
    struct backend_work *work;    /* nobody else's */
    struct queued_tile *queued;   /* [p->work_tiles] */
    struct tile *tiles;           /* the same, as the backend takes them */
    struct gaia_field *forecasts; /* [p->work_forecasts], of all tiles */
    size_t *units;                /* the same forecasts' */
    pthread_t thread;
};

/* Starts worker i of a run. It ends when the queue is closed and empty; what fails is told to the
 * queue. Everything is borrowed until worker_join. GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status worker_start(struct worker *worker, const struct pipeline *p, size_t i,
                                       struct tile_queue *queue, struct gaia_moments *rows,
                                       gaia_error *err);
void worker_join(struct worker *worker);

/* Lets go of what a tile holds. */
void tile_release(const struct pipeline *p, const struct queued_tile *tile);

#endif
