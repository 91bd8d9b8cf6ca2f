/* SPDX-License-Identifier: MIT
 *
 * Shapes to rows and runs of columns: first each region by itself, plane by plane, then the set of
 * intervals that they share.
 */
#include "region.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "job_region.h"

/* A box has two longitude ranges; the origin of a limited area may cut each in two. */
enum { RUNS_MAX = 2 * REGION_LON_RANGES };

/* One region by itself: its bands of rows, north to south, and its runs of columns, west to east.
 */
struct cut {
    struct region_shape shape;
    int32_t plane;
    size_t n_bands;
    struct {
        size_t first;
        size_t n;
    } bands[REGION_BANDS];
    size_t n_runs;
    struct {
        size_t first;
        size_t n;
    } runs[RUNS_MAX];
    double n_points;
};

/* ---- One region ---- */

/* The rows of the bands: canonical rows go north to south, so those of a band are consecutive. */
static void bands_find(const struct gaia_grid *grid, struct cut *cut)
{
    const struct region_box *box = &cut->shape.box;
    for (size_t b = 0; b < box->n_bands; b++) {
        size_t first = 0;
        size_t n = 0;
        for (size_t i = 0; i < grid->n_lat; i++) {
            if (region_has_latitude(box, b, grid->lat[i])) {
                first = n == 0 ? i : first;
                n++;
            }
        }
        if (n > 0) {
            cut->bands[cut->n_bands].first = first;
            cut->bands[cut->n_bands++].n = n;
        }
    }
}

static void runs_find(const struct gaia_grid *grid, struct cut *cut)
{
    size_t run = 0;
    for (size_t j = 0; j <= grid->n_lon; j++) {
        if (j < grid->n_lon && region_has_longitude(&cut->shape.box, grid->lon[j])) {
            run++;
        } else if (run > 0) {
            assert(cut->n_runs < RUNS_MAX);
            cut->runs[cut->n_runs].first = j - run;
            cut->runs[cut->n_runs++].n = run;
            run = 0;
        }
    }
}

/* The rows and columns of a polygon: from the first to the last with a point in it. */
static void polygon_find(const struct gaia_grid *grid, const double *m, struct cut *cut)
{
    size_t north = grid->n_lat;
    size_t south = 0;
    size_t west = grid->n_lon;
    size_t east = 0;
    for (size_t i = 0; i < grid->n_lat; i++) {
        for (size_t j = 0; j < grid->n_lon; j++) {
            if (m[i * grid->n_lon + j] > 0.0) {
                north = i < north ? i : north;
                south = i;
                west = j < west ? j : west;
                east = j > east ? j : east;
            }
        }
    }
    if (west < grid->n_lon) {
        cut->bands[0].first = north;
        cut->bands[0].n = south + 1 - north;
        cut->runs[0].first = west;
        cut->runs[0].n = east + 1 - west;
        cut->n_bands = cut->n_runs = 1;
    }
}

/* Counts the points of a region under a plane as the kernels do: strips west to east, rows north to
 * south, bands north to south. rows has room for one sum a row. */
static void weights_count(const struct gaia_grid *grid, const double *m, double *rows,
                          struct cut *cut)
{
    for (size_t b = 0; b < cut->n_bands; b++) {
        double sum = 0.0;
        memset(rows, 0, cut->bands[b].n * sizeof *rows);
        for (size_t r = 0; r < cut->n_runs; r++) {
            const struct interval interval = {
                .first_column = (uint32_t)cut->runs[r].first,
                .n_columns = (uint32_t)cut->runs[r].n,
                .first_row = (uint32_t)cut->bands[b].first,
                .n_rows = (uint32_t)cut->bands[b].n,
            };
            region_plane_count(m, grid->n_lon, &interval, rows);
        }
        for (size_t i = 0; i < cut->bands[b].n; i++) {
            sum += rows[i];
        }
        cut->n_points += sum;
    }
}

static void region_cut(const struct gaia_grid *grid, const double *m, double *rows, struct cut *cut)
{
    if (cut->shape.polygon != NULL) {
        polygon_find(grid, m, cut);
    } else {
        bands_find(grid, cut);
        runs_find(grid, cut);
    }
    if (m != NULL) {
        weights_count(grid, m, rows, cut);
        return;
    }
    for (size_t b = 0; b < cut->n_bands; b++) {
        for (size_t r = 0; r < cut->n_runs; r++) {
            cut->n_points += (double)(cut->bands[b].n * cut->runs[r].n);
        }
    }
}

/* ---- Planes ---- */

/* The plane of a shape in the set, which is added if it was not there and there is room. */
static gaia_status plane_use(struct region_set *set, const struct region_shape *shape,
                             int32_t *plane, gaia_error *err)
{
    const struct region_plane wanted = {
        .polygon = shape->polygon, .mask = shape->mask, .is_inverted = shape->is_inverted};
    size_t i = 0;
    *plane = LAYOUT_NO_PLANE;
    if (wanted.polygon == NULL && wanted.mask == NULL) {
        return GAIA_OK;
    }
    while (i < set->n_planes &&
           (set->planes[i].polygon != wanted.polygon || set->planes[i].mask != wanted.mask ||
            set->planes[i].is_inverted != wanted.is_inverted)) {
        i++;
    }
    if (i == LAYOUT_PLANES_MAX) {
        return error_set(err, GAIA_JOB_INVALID,
                         "region '%s': more than %d masks and polygons at once", shape->box.name,
                         LAYOUT_PLANES_MAX);
    }
    set->planes[i] = wanted;
    set->n_planes += i == set->n_planes;
    *plane = (int32_t)i;
    return GAIA_OK;
}

/* What planes are made with: room for one, and for a sum a row. */
struct plane_room {
    const struct source_access *given;
    const struct gaia_grid *grid;
    const char *grid_path;
    region_plane_taken *taken;
    void *context;
    double *m;
    double *rows;
};

/* Makes each plane, cuts the regions under it, and lets it go. */
static gaia_status planes_cut(const struct plane_room *room, const struct region_set *set,
                              struct cut *cuts, size_t n_cuts, gaia_error *err)
{
    gaia_status status = GAIA_OK;
    for (size_t p = 0; status == GAIA_OK && p < set->n_planes; p++) {
        set->planes[p].given = room->given;
        status = region_plane_make(&set->planes[p], room->grid, room->grid_path, room->m, err);
        for (size_t i = 0; status == GAIA_OK && i < n_cuts; i++) {
            if (cuts[i].plane == (int32_t)p) {
                region_cut(room->grid, room->m, room->rows, &cuts[i]);
            }
        }
        if (status == GAIA_OK && room->taken != NULL) {
            status = room->taken(room->context, p, room->m, err);
        }
    }
    return status;
}

/* ---- The set ---- */

/* Finds the interval of these columns under this plane in the set, or adds it, and widens its rows
 * to take in the band's. There is room. */
static uint32_t interval_use(struct region_set *set, size_t first_column, size_t n_columns,
                             int32_t plane, const struct region_spec *band)
{
    size_t k = 0;
    while (k < set->n_intervals &&
           (set->intervals[k].first_column != first_column ||
            set->intervals[k].n_columns != n_columns || set->intervals[k].plane != plane)) {
        k++;
    }
    struct interval *interval = &set->intervals[k];
    if (k == set->n_intervals) {
        *interval = (struct interval){(uint32_t)first_column, (uint32_t)n_columns, band->first_row,
                                      band->n_rows, plane};
        set->n_intervals++;
        return (uint32_t)k;
    }
    const uint32_t end = interval->first_row + interval->n_rows;
    const uint32_t band_end = band->first_row + band->n_rows;
    if (band->first_row < interval->first_row) {
        interval->first_row = band->first_row;
    }
    interval->n_rows = (band_end > end ? band_end : end) - interval->first_row;
    return (uint32_t)k;
}

/* Adds a region's bands and their parts, of which there are n_parts by now, to the set. */
static void region_add(struct region_set *set, const char *name, const struct cut *cut,
                       uint32_t *parts, size_t *n_parts)
{
    set->regions[set->n_regions++] =
        (struct region){name, cut->n_points, set->n_bands, cut->n_bands};
    for (size_t b = 0; b < cut->n_bands; b++) {
        struct region_spec *band = &set->bands[set->n_bands++];
        *band = (struct region_spec){.first_row = (uint32_t)cut->bands[b].first,
                                     .n_rows = (uint32_t)cut->bands[b].n,
                                     .n_parts = (uint32_t)cut->n_runs,
                                     .parts = parts + *n_parts};
        for (size_t r = 0; r < cut->n_runs; r++) {
            parts[(*n_parts)++] =
                interval_use(set, cut->runs[r].first, cut->runs[r].n, cut->plane, band);
        }
    }
}

/* Moves the interval of whole rows under no plane, if there is one, to the front. */
static void intervals_sort(const struct gaia_grid *grid, struct region_set *set, uint32_t *parts,
                           size_t n_parts)
{
    uint32_t whole = 0;
    while (whole < set->n_intervals && (set->intervals[whole].n_columns != grid->n_lon ||
                                        set->intervals[whole].plane != LAYOUT_NO_PLANE)) {
        whole++;
    }
    if (whole == set->n_intervals) {
        return;
    }
    const struct interval first = set->intervals[whole];
    memmove(set->intervals + 1, set->intervals, whole * sizeof *set->intervals);
    set->intervals[0] = first;
    for (size_t i = 0; i < n_parts; i++) {
        parts[i] = parts[i] == whole ? 0 : parts[i] + (parts[i] < whole);
    }
}

/* Cuts every region by itself. */
static gaia_status regions_cut(const struct gaia_job *job, const char *const *names, size_t n_names,
                               const struct plane_room *room, struct region_set *set,
                               struct cut *cuts, gaia_error *err)
{
    gaia_status status = GAIA_OK;
    for (size_t i = 0; status == GAIA_OK && i < n_names; i++) {
        status = job_region_find(job, names[i], &cuts[i].shape, err);
        if (status == GAIA_OK) {
            status = plane_use(set, &cuts[i].shape, &cuts[i].plane, err);
        }
        if (status == GAIA_OK && cuts[i].plane == LAYOUT_NO_PLANE) {
            region_cut(room->grid, NULL, NULL, &cuts[i]);
        }
    }
    if (status != GAIA_OK || set->n_planes == 0) {
        return status;
    }
    struct plane_room with = *room;
    with.m = malloc(room->grid->n_lat * room->grid->n_lon * sizeof *with.m);
    with.rows = malloc(room->grid->n_lat * sizeof *with.rows);
    status = with.m != NULL && with.rows != NULL
                 ? planes_cut(&with, set, cuts, n_names, err)
                 : error_memory(err, room->grid->n_lat * room->grid->n_lon * sizeof *with.m);
    free(with.rows);
    free(with.m);
    return status;
}

gaia_status region_set_make(struct arena *arena, const struct gaia_job *job,
                            const struct source_access *given, const struct gaia_grid *grid,
                            const char *grid_path, const char *const *names, size_t n_names,
                            region_plane_taken *taken, void *context, struct region_set *set,
                            gaia_error *err)
{
    const size_t n_bands = n_names * REGION_BANDS;
    const struct plane_room room = {given, grid, grid_path, taken, context, NULL, NULL};
    struct cut *cuts = arena_alloc(arena, n_names, sizeof *cuts);
    uint32_t *parts = arena_alloc(arena, n_bands * RUNS_MAX, sizeof *parts);
    size_t n_parts = 0;
    *set = (struct region_set){0};
    set->regions = arena_alloc(arena, n_names, sizeof *set->regions);
    set->bands = arena_alloc(arena, n_bands, sizeof *set->bands);
    set->intervals = arena_alloc(arena, n_bands * RUNS_MAX, sizeof *set->intervals);
    set->planes = arena_alloc(arena, LAYOUT_PLANES_MAX + 1, sizeof *set->planes);
    if (cuts == NULL || parts == NULL || set->regions == NULL || set->bands == NULL ||
        set->intervals == NULL || set->planes == NULL) {
        return error_memory(err, n_bands * RUNS_MAX * sizeof *set->intervals);
    }
    const gaia_status status = regions_cut(job, names, n_names, &room, set, cuts, err);
    for (size_t i = 0; status == GAIA_OK && i < n_names; i++) {
        if (cuts[i].n_points > 0.0) {
            region_add(set, names[i], &cuts[i], parts, &n_parts);
        }
    }
    intervals_sort(grid, set, parts, n_parts);
    return status;
}
