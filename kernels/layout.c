/* SPDX-License-Identifier: MIT
 *
 * Checks a layout's specification and lays it out.
 */
#include "layout.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "error.h"

enum { N_PARTS = 7, PART_ALIGNMENT = 16 };

static const uint64_t STRIPS_MAX = UINT64_C(1) << 28;

/* How many of each kind, and where each kind begins. */
struct sizes {
    uint64_t n_strips;
    uint64_t n_indices;
    uint64_t at[N_PARTS];
    uint64_t bytes;
};

static gaia_status interval_check(const struct layout_spec *spec, size_t k, gaia_error *err)
{
    const struct interval *in = &spec->intervals[k];
    if (in->n_rows == 0 || in->n_columns == 0 ||
        (uint64_t)in->first_row + in->n_rows > spec->n_lat ||
        (uint64_t)in->first_column + in->n_columns > spec->n_lon) {
        return error_set(err, GAIA_USAGE,
                         "interval %zu (rows %u + %u, columns %u + %u) does not lie in the grid of "
                         "%zu x %zu points",
                         k, in->first_row, in->n_rows, in->first_column, in->n_columns, spec->n_lat,
                         spec->n_lon);
    }
    if (in->plane != LAYOUT_NO_PLANE && (in->plane < 0 || (size_t)in->plane >= spec->n_planes)) {
        return error_set(err, GAIA_USAGE, "interval %zu is under plane %d of %zu", k, in->plane,
                         spec->n_planes);
    }
    return GAIA_OK;
}

static gaia_status region_check(const struct layout_spec *spec, size_t r, gaia_error *err)
{
    const struct region_spec *region = &spec->regions[r];
    if (region->n_rows == 0 || region->n_parts == 0 || region->parts == NULL) {
        return error_set(err, GAIA_USAGE, "region %zu has no points", r);
    }
    for (uint32_t p = 0; p < region->n_parts; p++) {
        const uint32_t k = region->parts[p];
        if (k >= spec->n_intervals || spec->intervals[k].first_row > region->first_row ||
            (uint64_t)spec->intervals[k].first_row + spec->intervals[k].n_rows <
                (uint64_t)region->first_row + region->n_rows) {
            return error_set(err, GAIA_USAGE,
                             "region %zu: part %u, interval %u, does not cover its rows", r, p, k);
        }
    }
    return GAIA_OK;
}

static gaia_status plane_check(const struct layout_spec *spec, size_t i, gaia_error *err)
{
    const struct gaia_field *plane = &spec->planes[i];
    const size_t size = gaia_dtype_bytes(plane->dtype);
    if (plane->data == NULL || size == 0 || (uintptr_t)plane->data % size != 0) {
        return error_set(err, GAIA_USAGE, "plane %zu is null, misaligned or of no known type", i);
    }
    return GAIA_OK;
}

static gaia_status weights_check(const struct layout_spec *spec, size_t w, gaia_error *err)
{
    bool good = spec->weights[w] != NULL;
    for (size_t i = 0; good && i < spec->n_lat; i++) {
        good = isfinite(spec->weights[w][i]) != 0;
    }
    return good ? GAIA_OK
                : error_set(err, GAIA_USAGE, "weighting %zu is null or not finite in every row", w);
}

static gaia_status counts_check(const struct layout_spec *spec, gaia_error *err)
{
    const struct {
        const char *what;
        size_t n;
        size_t least;
        size_t most;
        const void *items;
    } counts[] = {
        {"intervals", spec->n_intervals, 1, LAYOUT_INTERVALS_MAX, spec->intervals},
        {"regions", spec->n_regions, 1, LAYOUT_REGIONS_MAX, spec->regions},
        {"weightings", spec->n_weights, 0, LAYOUT_WEIGHTS_MAX, spec->weights},
        {"planes", spec->n_planes, 0, LAYOUT_PLANES_MAX, spec->planes},
    };
    if (spec->n_lat == 0 || spec->n_lon == 0 || spec->n_lat > LAYOUT_POINTS_MAX ||
        spec->n_lon > LAYOUT_POINTS_MAX || spec->n_lat * spec->n_lon > LAYOUT_POINTS_MAX) {
        return error_set(err, GAIA_USAGE, "a grid of %zu x %zu points: 1 to 2^31 can be summed",
                         spec->n_lat, spec->n_lon);
    }
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        if (counts[i].n < counts[i].least || counts[i].n > counts[i].most) {
            return error_set(err, GAIA_USAGE, "%zu %s: %zu to %zu can be summed at once",
                             counts[i].n, counts[i].what, counts[i].least, counts[i].most);
        }
        if (counts[i].n > 0 &&
            (counts[i].items == NULL || (uintptr_t)counts[i].items % _Alignof(uint32_t) != 0)) {
            return error_set(err, GAIA_USAGE, "the %s are a null or misaligned pointer",
                             counts[i].what);
        }
    }
    return GAIA_OK;
}

static void sizes_count(const struct layout_spec *spec, struct sizes *sizes)
{
    *sizes = (struct sizes){0};
    for (size_t k = 0; k < spec->n_intervals; k++) {
        sizes->n_strips += spec->intervals[k].n_rows;
    }
    for (size_t r = 0; r < spec->n_regions; r++) {
        sizes->n_indices += (uint64_t)spec->regions[r].n_rows * spec->regions[r].n_parts;
    }
    const uint64_t bytes[N_PARTS] = {
        spec->n_intervals * sizeof(struct interval),
        sizes->n_strips * sizeof(struct strip),
        (spec->n_lat + 1) * sizeof(uint32_t),
        spec->n_regions * sizeof(struct layout_region),
        sizes->n_indices * sizeof(uint32_t),
        (uint64_t)spec->n_weights * spec->n_lat * sizeof(double),
        spec->n_planes * sizeof(struct gaia_field),
    };
    uint64_t at = sizeof(struct layout);
    for (int i = 0; i < N_PARTS; i++) {
        at = (at + PART_ALIGNMENT - 1) / PART_ALIGNMENT * PART_ALIGNMENT;
        sizes->at[i] = at;
        at += bytes[i];
    }
    sizes->bytes = at;
}

gaia_status layout_measure(const struct layout_spec *spec, size_t *bytes, gaia_error *err)
{
    struct sizes sizes;
    gaia_status status = counts_check(spec, err);
    for (size_t k = 0; status == GAIA_OK && k < spec->n_intervals; k++) {
        status = interval_check(spec, k, err);
    }
    for (size_t r = 0; status == GAIA_OK && r < spec->n_regions; r++) {
        status = region_check(spec, r, err);
    }
    for (size_t i = 0; status == GAIA_OK && i < spec->n_planes; i++) {
        status = plane_check(spec, i, err);
    }
    for (size_t w = 0; status == GAIA_OK && w < spec->n_weights; w++) {
        status = weights_check(spec, w, err);
    }
    if (status != GAIA_OK) {
        return status;
    }
    sizes_count(spec, &sizes);
    if (sizes.n_strips > STRIPS_MAX || sizes.n_indices > STRIPS_MAX) {
        return error_set(err, GAIA_USAGE,
                         "the regions cut the grid into more than 2^28 strips: too many at once");
    }
    *bytes = sizes.bytes;
    return GAIA_OK;
}

/* Strips row by row; in a row in the order of the intervals, so that wide ones, which come first
 * where they are asked for first, bring the data that narrow ones find in a cache. */
static void strips_make(const struct layout_spec *spec, struct strip *strips, uint32_t *row_strips)
{
    memset(row_strips, 0, (spec->n_lat + 1) * sizeof *row_strips);
    for (size_t k = 0; k < spec->n_intervals; k++) {
        const struct interval *in = &spec->intervals[k];
        for (uint32_t i = in->first_row; i < in->first_row + in->n_rows; i++) {
            row_strips[i + 1]++;
        }
    }
    for (size_t i = 0; i < spec->n_lat; i++) {
        row_strips[i + 1] += row_strips[i];
    }
    for (size_t k = 0; k < spec->n_intervals; k++) {
        const struct interval *in = &spec->intervals[k];
        for (uint32_t i = in->first_row; i < in->first_row + in->n_rows; i++) {
            strips[row_strips[i]++] = (struct strip){i, (uint32_t)k};
        }
    }
    for (size_t i = spec->n_lat; i > 0; i--) { /* each has moved on to the next row's first */
        row_strips[i] = row_strips[i - 1];
    }
    row_strips[0] = 0;
}

static uint32_t strip_find(const struct strip *strips, const uint32_t *row_strips, uint32_t row,
                           uint32_t interval)
{
    uint32_t at = row_strips[row];
    while (strips[at].interval != interval) {
        at++;
        assert(at < row_strips[row + 1]);
    }
    return at;
}

static void regions_make(const struct layout_spec *spec, const struct strip *strips,
                         const uint32_t *row_strips, struct layout_region *regions,
                         uint32_t *indices)
{
    uint32_t n = 0;
    for (size_t r = 0; r < spec->n_regions; r++) {
        const struct region_spec *region = &spec->regions[r];
        regions[r] = (struct layout_region){region->first_row, region->n_rows, region->n_parts, n};
        for (uint32_t i = region->first_row; i < region->first_row + region->n_rows; i++) {
            for (uint32_t p = 0; p < region->n_parts; p++) {
                indices[n++] = strip_find(strips, row_strips, i, region->parts[p]);
            }
        }
    }
}

void layout_make(const struct layout_spec *spec, void *memory)
{
    struct sizes sizes;
    struct layout *layout = memory;
    char *base = memory;
    sizes_count(spec, &sizes);
    memset(memory, 0, sizes.bytes);
    *layout = (struct layout){
        .bytes = sizes.bytes,
        .n_lat = (uint32_t)spec->n_lat,
        .n_lon = (uint32_t)spec->n_lon,
        .n_intervals = (uint32_t)spec->n_intervals,
        .n_strips = (uint32_t)sizes.n_strips,
        .n_regions = (uint32_t)spec->n_regions,
        .n_indices = (uint32_t)sizes.n_indices,
        .n_weights = (uint32_t)spec->n_weights,
        .n_planes = (uint32_t)spec->n_planes,
    };
    memcpy(layout->at, sizes.at, sizeof sizes.at);
    struct strip *strips = (struct strip *)(void *)(base + sizes.at[1]);
    uint32_t *row_strips = (uint32_t *)(void *)(base + sizes.at[2]);
    memcpy(base + sizes.at[0], spec->intervals, spec->n_intervals * sizeof *spec->intervals);
    strips_make(spec, strips, row_strips);
    regions_make(spec, strips, row_strips, (struct layout_region *)(void *)(base + sizes.at[3]),
                 (uint32_t *)(void *)(base + sizes.at[4]));
    for (size_t w = 0; w < spec->n_weights; w++) {
        memcpy(base + sizes.at[5] + w * spec->n_lat * sizeof(double), spec->weights[w],
               spec->n_lat * sizeof(double));
    }
    if (spec->n_planes > 0) {
        memcpy(base + sizes.at[6], spec->planes, spec->n_planes * sizeof *spec->planes);
    }
}
