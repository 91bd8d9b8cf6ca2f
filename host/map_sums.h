/* SPDX-License-Identifier: MIT
 *
 * Error maps while they are summed: planes of float64 for each forecast, variable, level and lead
 * time that a range of units has, by the rule of score/map_file.h. engine.c opens them, the threads
 * of worker.c add each field, whoever opened them writes them down.
 *
 * Invariant: fields of one map are added one after the other in the order of their times, so its
 * bits depend on nothing else: not on threads, tiles, batches, nor on what else is summed.
 */
#ifndef HOST_MAP_SUMS_H
#define HOST_MAP_SUMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gaia/field.h>
#include <gaia/grid.h>
#include <gaia/status.h>

#include "map_file.h"
#include "plan.h"

/* One map. */
struct map_series {
    struct gaia_unit first; /* its earliest unit */
    int64_t last_init_time_s;
    uint64_t n_times; /* fields that were added */
    const char *units;
    double *planes; /* [MAP_PLANES][n_lat][n_lon] */
};

struct map_sums {
    struct gaia_grid grid; /* a copy */
    size_t n_series;
    struct map_series *series; /* in the plan's order */
    double *memory;            /* of all planes */
    void *rooms[2];            /* for a forecast and its truth, where they are on a device; else
                                * NULL */
};

/* Bytes of one map of the grid. */
uint64_t map_sums_bytes(const struct gaia_grid *grid);

/* The end of the longest range from the first of n units, in the plan's order, that has no more
 * than `room` maps, each whole. *n_maps is how many it has. */
size_t map_sums_range(const struct plan *plan, const struct gaia_unit *units, size_t n, size_t room,
                      size_t *n_maps);

/* Makes zeroed sums for the maps of units[0 .. n); room_bytes: of each room, 0 for none.
 * GAIA_OUT_OF_MEMORY. *sums is the caller's. */
GAIA_MUST_USE gaia_status map_sums_open(const struct plan *plan, const struct gaia_unit *units,
                                        size_t n, const struct gaia_grid *grid, size_t room_bytes,
                                        struct map_sums **sums, gaia_error *err);

/* NULL is allowed. */
void map_sums_close(struct map_sums *sums);

/* The map that the unit's errors go to; NULL: none. sums may be NULL. */
struct map_series *map_sums_find(const struct map_sums *sums, const struct gaia_unit *unit);

/* Adds a field: forecast and truth lie on the host. */
void map_series_add(const struct map_sums *sums, struct map_series *series,
                    const struct gaia_field *forecast, const struct gaia_field *truth);

/* What a series is a map of, for map_write. Texts and grid are borrowed. */
struct map_head map_series_head(const struct map_sums *sums, const struct plan *plan,
                                const struct map_series *series);

#endif
