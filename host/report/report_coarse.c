/* SPDX-License-Identifier: MIT
 *
 * Areas are those of cells between the midpoints of neighbouring rows and columns.
 *
 * Invariant: these are numbers for the eye; nothing that is scored is made of them.
 */
#include "report_coarse.h"

#include <math.h>
#include <stdlib.h>

#include "error.h"

static const double DEGREE = 0.017453292519943295; /* in radians */

/* What is beyond is no error of a forecast, and sums of its squares would be infinite. */
static const double ERROR_MOST = 1e100;

/* The edges of n cells about ascending or descending values; one cell is a degree wide. */
static void edges_make(const double *values, size_t n, double *edges)
{
    for (size_t i = 1; i < n; i++) {
        edges[i] = (values[i - 1] + values[i]) / 2;
    }
    edges[0] = n > 1 ? values[0] - (values[1] - values[0]) / 2 : values[0] - 0.5;
    edges[n] = n > 1 ? values[n - 1] + (values[n - 1] - values[n - 2]) / 2 : values[0] + 0.5;
}

static double within(double value, double low, double high)
{
    return value < low ? low : value > high ? high : value;
}

static void latitudes_make(const struct gaia_grid *grid, double *edges)
{
    edges_make(grid->lat, grid->n_lat, edges);
    if (grid->n_lat == 1) { /* north first */
        edges[0] = grid->lat[0] + 0.5;
        edges[1] = grid->lat[0] - 0.5;
    }
    for (size_t i = 0; i <= grid->n_lat; i++) {
        edges[i] = within(edges[i], -90.0, 90.0);
    }
}

/* Longitudes ascend beyond 360 where the area crosses the origin, and go round once at most. */
static void longitudes_make(const struct gaia_grid *grid, double *values, double *edges)
{
    double turns = 0.0;
    for (size_t i = 0; i < grid->n_lon; i++) {
        turns += i > 0 && grid->lon[i] < grid->lon[i - 1] ? 360.0 : 0.0;
        values[i] = grid->lon[i] + turns;
    }
    edges_make(values, grid->n_lon, edges);
    for (size_t i = 1; i <= grid->n_lon; i++) {
        edges[i] = within(edges[i], edges[0], edges[0] + 360.0);
    }
}

/* Points along an axis of n that make a block, so that there are no more than n_max blocks. */
static size_t block_of(size_t n, size_t n_max)
{
    return (n + n_max - 1) / n_max;
}

/* Takes every step-th of n + 1 edges, and the last. */
static double *edges_thin(const double *edges, size_t n, size_t step, struct arena *arena,
                          size_t *n_blocks)
{
    *n_blocks = (n + step - 1) / step;
    double *thin = arena_alloc(arena, *n_blocks + 1, sizeof *thin);
    for (size_t i = 0; thin != NULL && i <= *n_blocks; i++) {
        thin[i] = edges[i * step < n ? i * step : n];
    }
    return thin;
}

gaia_status report_blocks_make(const struct gaia_grid *grid, size_t n_rows_max,
                               size_t n_columns_max, struct arena *arena,
                               struct report_blocks *blocks, gaia_error *err)
{
    const size_t n = grid->n_lat + 2 * grid->n_lon + 2;
    double *edges = malloc(n * sizeof *edges);
    if (edges == NULL) {
        return error_memory(err, n * sizeof *edges);
    }
    latitudes_make(grid, edges);
    longitudes_make(grid, edges + grid->n_lat + 1, edges + grid->n_lat + 1 + grid->n_lon);
    blocks->row_points = block_of(grid->n_lat, n_rows_max);
    blocks->column_points = block_of(grid->n_lon, n_columns_max);
    blocks->lat = edges_thin(edges, grid->n_lat, blocks->row_points, arena, &blocks->n_rows);
    blocks->lon = edges_thin(edges + grid->n_lat + 1 + grid->n_lon, grid->n_lon,
                             blocks->column_points, arena, &blocks->n_columns);
    free(edges);
    return blocks->lat != NULL && blocks->lon != NULL
               ? GAIA_OK
               : error_memory(err, (blocks->n_rows + blocks->n_columns) * sizeof *edges);
}

/* Sums of area and of area times value, in a block or in all. */
struct sums {
    double area;
    double error;
    double square;
};

/* What a map is averaged with. */
struct averaging {
    const struct gaia_grid *grid;
    const struct report_blocks *blocks;
    const double *planes;
    double *row_area; /* [n_lat] of a cell */
    struct sums *row; /* [n_columns] of the row of blocks at hand */
    struct sums all;
    size_t n_missing;
};

static void extreme_take(struct report_measured *measured, double value, double lat, double lon)
{
    const struct report_extreme here = {value, lat, lon};
    if (!(measured->low.value <= value)) {
        measured->low = here;
    }
    if (!(measured->high.value >= value)) {
        measured->high = here;
    }
}

/* Adds the points of row `lat` to the blocks of their row. */
static void row_add(struct averaging *a, size_t lat, struct report_measured *measured)
{
    const struct gaia_grid *grid = a->grid;
    const size_t n_points = grid->n_lat * grid->n_lon;
    for (size_t lon = 0; lon < grid->n_lon; lon++) {
        const size_t at = lat * grid->n_lon + lon;
        const double n = a->planes[MAP_COUNT * n_points + at];
        const double error = map_mean_error(n, a->planes[MAP_ERROR * n_points + at]);
        const double rmse = map_rmse(n, a->planes[MAP_SQUARE * n_points + at]);
        struct sums *block = &a->row[lon / a->blocks->column_points];
        if (!(fabs(error) <= ERROR_MOST) || !(rmse <= ERROR_MOST)) { /* NaN, too */
            a->n_missing++;
            continue;
        }
        block->area += a->row_area[lat];
        block->error += a->row_area[lat] * error;
        block->square += a->row_area[lat] * rmse * rmse;
        extreme_take(&measured[REPORT_MEAN_ERROR], error, grid->lat[lat], grid->lon[lon]);
        extreme_take(&measured[REPORT_RMSE], rmse, grid->lat[lat], grid->lon[lon]);
    }
}

static double error_of(const struct sums *sums)
{
    return sums->area > 0.0 ? sums->error / sums->area : (double)NAN;
}

static double rmse_of(const struct sums *sums)
{
    return sums->area > 0.0 ? sqrt(sums->square / sums->area) : (double)NAN;
}

/* Ends a row of blocks. */
static void row_end(struct averaging *a, size_t i_row, struct report_measured *measured)
{
    const size_t n = a->blocks->n_columns;
    for (size_t i = 0; i < n; i++) {
        const struct sums *block = &a->row[i];
        measured[REPORT_MEAN_ERROR].values[i_row * n + i] = error_of(block);
        measured[REPORT_RMSE].values[i_row * n + i] = rmse_of(block);
        a->all.area += block->area;
        a->all.error += block->error;
        a->all.square += block->square;
        a->row[i] = (struct sums){0};
    }
}

gaia_status report_blocks_fill(const struct gaia_grid *grid, const struct report_blocks *blocks,
                               const double *planes, struct arena *arena,
                               struct report_measured measured[REPORT_MEASURES], size_t *n_missing,
                               gaia_error *err)
{
    static const struct report_extreme none = {(double)NAN, (double)NAN, (double)NAN};
    const size_t n_values = blocks->n_rows * blocks->n_columns;
    const size_t step = blocks->row_points;
    struct averaging a = {.grid = grid,
                          .blocks = blocks,
                          .planes = planes,
                          .row_area = malloc((grid->n_lat + 1) * sizeof *a.row_area),
                          .row = calloc(blocks->n_columns, sizeof *a.row)};
    gaia_status status =
        a.row_area != NULL && a.row != NULL ? GAIA_OK : error_memory(err, n_values);
    for (int m = 0; status == GAIA_OK && m < REPORT_MEASURES; m++) {
        measured[m] = (struct report_measured){
            .values = arena_alloc(arena, n_values, sizeof(double)), .low = none, .high = none};
        status =
            measured[m].values != NULL ? GAIA_OK : error_memory(err, n_values * sizeof(double));
    }
    if (status == GAIA_OK) {
        latitudes_make(grid, a.row_area);
        for (size_t lat = 0; lat < grid->n_lat; lat++) {
            a.row_area[lat] = sin(a.row_area[lat] * DEGREE) - sin(a.row_area[lat + 1] * DEGREE);
        }
        for (size_t lat = 0; lat < grid->n_lat; lat++) {
            row_add(&a, lat, measured);
            if ((lat + 1) % step == 0 || lat + 1 == grid->n_lat) {
                row_end(&a, lat / step, measured);
            }
        }
        measured[REPORT_MEAN_ERROR].mean = error_of(&a.all);
        measured[REPORT_RMSE].mean = rmse_of(&a.all);
        *n_missing = a.n_missing;
    }
    free(a.row_area);
    free(a.row);
    return status;
}
