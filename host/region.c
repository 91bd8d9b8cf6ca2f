/* SPDX-License-Identifier: MIT
 *
 * Boxes to rows and runs of columns. Bounds are inclusive and compare the stored coordinates.
 */
#include "region.h"

#include <stdbool.h>
#include <string.h>

#include "error.h"

/* A box has two longitude ranges; the origin of a limited area may cut each in two. */
enum { RUNS_MAX = 2 * REGION_LON_RANGES };

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
static uint32_t interval_use(struct region_set *set, size_t first_column, size_t n_columns,
                             const struct region_spec *region)
{
    size_t k = 0;
    while (k < set->n_intervals && (set->intervals[k].first_column != first_column ||
                                    set->intervals[k].n_columns != n_columns)) {
        k++;
    }
    struct interval *interval = &set->intervals[k];
    if (k == set->n_intervals) {
        *interval = (struct interval){(uint32_t)first_column, (uint32_t)n_columns,
                                      region->first_row, region->n_rows, LAYOUT_NO_PLANE};
        set->n_intervals++;
        return (uint32_t)k;
    }
    const uint32_t end = interval->first_row + interval->n_rows;
    const uint32_t region_end = region->first_row + region->n_rows;
    if (region->first_row < interval->first_row) {
        interval->first_row = region->first_row;
    }
    interval->n_rows = (region_end > end ? region_end : end) - interval->first_row;
    return (uint32_t)k;
}

/* The rows of the box: canonical rows go north to south, so they are consecutive. */
static void rows_find(const struct gaia_grid *grid, const struct region_box *box,
                      struct region_spec *region)
{
    for (size_t i = 0; i < grid->n_lat; i++) {
        if (grid->lat[i] >= box->lat_min && grid->lat[i] <= box->lat_max) {
            region->first_row = region->n_rows == 0 ? (uint32_t)i : region->first_row;
            region->n_rows++;
        }
    }
}

/* Adds the runs of consecutive columns inside the box to parts, which has room; the number of
 * columns. */
static uint64_t columns_find(const struct gaia_grid *grid, const struct region_box *box,
                             struct region_set *set, struct region_spec *region, uint32_t *parts)
{
    uint64_t n_columns = 0;
    size_t run = 0;
    for (size_t j = 0; j <= grid->n_lon; j++) {
        if (j < grid->n_lon && column_inside(box, grid->lon[j])) {
            run++;
        } else if (run > 0) {
            parts[region->n_parts++] = interval_use(set, j - run, run, region);
            n_columns += run;
            run = 0;
        }
    }
    return n_columns;
}

/* Moves the interval of whole rows, if there is one, to the front. */
static void intervals_sort(const struct gaia_grid *grid, struct region_set *set, uint32_t *parts,
                           size_t n_parts)
{
    uint32_t whole = 0;
    while (whole < set->n_intervals && set->intervals[whole].n_columns != grid->n_lon) {
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

gaia_status region_set_make(struct arena *arena, const struct gaia_grid *grid,
                            const char *const *names, size_t n_names, struct region_set *set,
                            gaia_error *err)
{
    uint32_t *parts = arena_alloc(arena, n_names * RUNS_MAX, sizeof *parts);
    size_t n_parts = 0;
    *set = (struct region_set){0};
    set->regions = arena_alloc(arena, n_names, sizeof *set->regions);
    set->specs = arena_alloc(arena, n_names, sizeof *set->specs);
    set->intervals = arena_alloc(arena, n_names * RUNS_MAX, sizeof *set->intervals);
    if (parts == NULL || set->regions == NULL || set->specs == NULL || set->intervals == NULL) {
        return error_memory(err, n_names * RUNS_MAX * sizeof *set->intervals);
    }
    for (size_t i = 0; i < n_names; i++) {
        const struct region_box *box = region_find(names[i]);
        if (box == NULL) {
            return error_set(err, GAIA_REGION_UNKNOWN, "no such region '%s'", names[i]);
        }
        struct region_spec spec = {.parts = parts + n_parts};
        uint64_t n_columns = 0;
        rows_find(grid, box, &spec);
        if (spec.n_rows > 0) {
            n_columns = columns_find(grid, box, set, &spec, parts + n_parts);
        }
        if (n_columns > 0) {
            n_parts += spec.n_parts;
            set->regions[set->n_regions] = (struct region){box->name, spec.n_rows * n_columns};
            set->specs[set->n_regions++] = spec;
        }
    }
    intervals_sort(grid, set, parts, n_parts);
    return GAIA_OK;
}
