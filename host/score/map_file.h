/* SPDX-License-Identifier: MIT
 *
 * A file of error maps: for a forecast, variable, level and lead time, at each grid point, how many
 * valid times have both forecast and truth, and the sums of their errors d = forecast - truth and
 * of d * d, from which the mean error and the RMSE at that point follow. `gaia score --maps-out`
 * and executors write it, the scheduler sends the same bytes for GET /v1/jobs/{id}/maps.
 *
 * A file is maps one after the other, so that files can be joined by writing one behind another.
 * Each map, little endian:
 *
 *    0  8 bytes   "GAIAMAP1"
 *    8  uint64    bytes of the head, a multiple of 8
 *   16  uint64    n_lat
 *   24  uint64    n_lon
 *   32            the head as JSON, filled up with blanks: forecast, variable, units, level (null:
 *                 none), lead_time_s, first_init_time_s, last_init_time_s, n_times, calendar
 *       float64   latitudes [n_lat], longitudes [n_lon], in canonical placement (gaia/grid.h)
 *       float64   planes [MAP_PLANES][n_lat][n_lon]
 *       uint64    XXH3 (64 bits) of every byte before
 *
 * The rule of the sums: times ascending; at a point where either field is missing nothing is added,
 * else 1, d, and d * d rounded to float64, into float64 sums that start at +0.0. Invariant: what is
 * opened was whole: lengths, hashes and axes have been checked.
 */
#ifndef SCORE_MAP_FILE_H
#define SCORE_MAP_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <gaia/grid.h>
#include <gaia/status.h>
#include <gaia/time.h>

enum map_plane { MAP_COUNT, MAP_ERROR, MAP_SQUARE, MAP_PLANES };

/* What a map is of. */
struct map_head {
    const char *forecast;
    const char *variable;
    const char *units; /* of the truth; "": they are not known */
    double level;      /* hPa; NaN: none */
    int64_t lead_time_s;
    int64_t first_init_time_s;
    int64_t last_init_time_s;
    uint64_t n_times; /* fields that were summed */
    enum gaia_calendar calendar;
    struct gaia_grid grid;
};

/* Writes a map; planes [MAP_PLANES][n_lat][n_lon]. GAIA_DISK, GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status map_write(FILE *stream, const struct map_head *head, const double *planes,
                                    gaia_error *err);

/* Whether two grids have the same points. */
bool map_grid_same(const struct gaia_grid *a, const struct gaia_grid *b);

struct map_file;

/* Opens and checks a file that may come from a stranger: one pass over it. *file is the caller's.
 * An empty file has no maps. GAIA_FILE_MISSING, GAIA_FILE_UNREADABLE, GAIA_FILE_DAMAGED,
 * GAIA_LIMIT, GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status map_file_open(const char *path, struct map_file **file, gaia_error *err);

/* The same of an open file, which is taken over in any case; `name` is for messages. */
GAIA_MUST_USE gaia_status map_file_open_fd(int fd, const char *name, struct map_file **file,
                                           gaia_error *err);

/* NULL is allowed. */
void map_file_close(struct map_file *file);

const char *map_file_name(const struct map_file *file);
size_t map_file_count(const struct map_file *file);

/* What map i is of. Borrowed. */
const struct map_head *map_file_head(const struct map_file *file, size_t i);

/* Reads planes [MAP_PLANES][n_lat][n_lon] of map i. GAIA_FILE_UNREADABLE. */
GAIA_MUST_USE gaia_status map_file_read(const struct map_file *file, size_t i, double *planes,
                                        gaia_error *err);

/* Mean error and RMSE at a point from its sums; NaN where no time has both fields. */
double map_mean_error(double count, double error);
double map_rmse(double count, double square);

#endif
