/* SPDX-License-Identifier: MIT
 *
 * Boxes to rows and runs of columns. Bounds are inclusive and compare the stored coordinates.
 */
#include "region.h"

#include <stdbool.h>
#include <string.h>

#include "error.h"

static bool column_inside(const struct region_box *box, double lon)
{
    bool inside = box->n_lon == 0;
    for (size_t i = 0; i < box->n_lon; i++) {
        inside = inside || (lon >= box->lon[i].west && lon <= box->lon[i].east);
    }
    return inside;
}

/* Finds the interval of these columns in the set, or adds it, and widens its rows to take in the
 * region's. There is room. */
static size_t interval_use(struct region_set *set, size_t first_column, size_t n_columns,
                           const struct region *region)
{
    size_t k = 0;
    while (k < set->n_intervals && (set->intervals[k].first_column != first_column ||
                                    set->intervals[k].n_columns != n_columns)) {
        k++;
    }
    struct interval *interval = &set->intervals[k];
    if (k == set->n_intervals) {
        *interval = (struct interval){first_column, n_columns, region->first_row, region->n_rows};
        set->n_intervals++;
        return k;
    }
    const size_t end = interval->first_row + interval->n_rows;
    const size_t region_end = region->first_row + region->n_rows;
    if (region->first_row < interval->first_row) {
        interval->first_row = region->first_row;
    }
    interval->n_rows = (region_end > end ? region_end : end) - interval->first_row;
    return k;
}

/* The rows of the box: canonical rows go north to south, so they are consecutive. */
static void rows_find(const struct gaia_grid *grid, const struct region_box *box,
                      struct region *region)
{
    for (size_t i = 0; i < grid->n_lat; i++) {
        if (grid->lat[i] >= box->lat_min && grid->lat[i] <= box->lat_max) {
            region->first_row = region->n_rows == 0 ? i : region->first_row;
            region->n_rows++;
        }
    }
}

/* Adds the runs of consecutive columns inside the box. index has room. */
static void columns_find(const struct gaia_grid *grid, const struct region_box *box,
                         struct region_set *set, struct region *region, size_t *index)
{
    size_t run = 0;
    for (size_t j = 0; j <= grid->n_lon; j++) {
        if (j < grid->n_lon && column_inside(box, grid->lon[j])) {
            run++;
        } else if (run > 0) {
            index[region->n_intervals++] = interval_use(set, j - run, run, region);
            region->n_columns += run;
            run = 0;
        }
    }
}

gaia_status region_set_make(struct arena *arena, const struct gaia_grid *grid,
                            const char *const *names, size_t n_names, struct region_set *set,
                            gaia_error *err)
{
    /* A box has two longitude ranges; the origin of a limited area may cut each in two. */
    enum { RUNS_MAX = 2 * REGION_LON_RANGES };
    *set = (struct region_set){0};
    set->regions = arena_alloc(arena, n_names, sizeof *set->regions);
    set->intervals = arena_alloc(arena, n_names * RUNS_MAX, sizeof *set->intervals);
    if (set->regions == NULL || set->intervals == NULL) {
        return error_memory(err, n_names * RUNS_MAX * sizeof *set->intervals);
    }
    for (size_t i = 0; i < n_names; i++) {
        const struct region_box *box = region_find(names[i]);
        size_t *index = arena_alloc(arena, RUNS_MAX, sizeof *index);
        if (box == NULL) {
            return error_set(err, GAIA_REGION_UNKNOWN, "no such region '%s'", names[i]);
        }
        if (index == NULL) {
            return error_memory(err, RUNS_MAX * sizeof *index);
        }
        struct region region = {.name = box->name, .index = index};
        rows_find(grid, box, &region);
        if (region.n_rows > 0) {
            columns_find(grid, box, set, &region, index);
        }
        if (region.n_columns > 0) {
            set->regions[set->n_regions++] = region;
        }
    }
    return GAIA_OK;
}
