/* SPDX-License-Identifier: MIT
 *
 * Canonical axes: latitudes from north to south, longitudes ascending from where the grid begins.
 */
#include "grid.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "longitude.h"
#include "text.h"

/* Two longitudes closer than this share of the spacing are one column (0 and 360, 359.99999). */
static const double SAME_POINT = 1e-3;
/* A limited area has a gap at least this many times its next largest. */
static const double GAP_FACTOR = 1.5;

static gaia_status lat_check(const double *lat, size_t n, gaia_error *err)
{
    for (size_t i = 0; i < n; i++) {
        if (!(fabs(lat[i]) <= 90.0)) {
            char number[TEXT_NUMBER];
            number_format(lat[i], number);
            return error_set(err, GAIA_AXIS_INVALID, "latitude[%zu] = %s is not within -90 .. 90",
                             i, number);
        }
        if (i > 0 && (lat[i] == lat[i - 1] || (lat[i] > lat[i - 1]) != (lat[1] > lat[0]))) {
            return error_set(err, GAIA_AXIS_INVALID,
                             "latitude is not monotonic: [%zu] = %.9g after [%zu] = %.9g", i,
                             lat[i], i - 1, lat[i - 1]);
        }
    }
    return GAIA_OK;
}

/* Steps from one column to the next, all in one direction and once around at most. */
static gaia_status lon_check(const double *lon, size_t n, gaia_error *err)
{
    double total = 0.0;
    double first_step = 0.0;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(lon[i]) || fabs(lon[i]) > 1e6) {
            return error_set(err, GAIA_AXIS_INVALID, "longitude[%zu] = %g is no longitude", i,
                             lon[i]);
        }
        if (i == 0) {
            continue;
        }
        const double ahead = longitude_modulo(lon[i] - lon[i - 1]);
        const double step = ahead <= 180.0 ? ahead : ahead - 360.0;
        first_step = i == 1 ? step : first_step;
        total += step;
        if (step == 0.0 || (step > 0.0) != (first_step > 0.0)) {
            return error_set(err, GAIA_AXIS_INVALID,
                             "longitude is not monotonic: [%zu] = %.9g after [%zu] = %.9g", i,
                             lon[i], i - 1, lon[i - 1]);
        }
    }
    if (fabs(total) > 360.0 * (1.0 + 1e-6)) {
        return error_set(err, GAIA_AXIS_INVALID,
                         "longitude goes round more than once: %.9g .. %.9g", n > 0 ? lon[0] : 0.0,
                         n > 0 ? lon[n - 1] : 0.0);
    }
    return GAIA_OK;
}

struct column {
    double lon;
    size_t source;
};

static int column_compare(const void *a, const void *b)
{
    const struct column *x = a;
    const struct column *y = b;
    if (x->lon != y->lon) {
        return x->lon < y->lon ? -1 : 1;
    }
    return (x->source > y->source) - (x->source < y->source);
}

/* Drops columns that repeat their neighbour, also across the origin; returns how many are left. */
static size_t columns_unique(struct column *columns, size_t n)
{
    const double near = n > 1 ? SAME_POINT * 360.0 / (double)n : 0.0;
    size_t kept = n > 0 ? 1 : 0;
    for (size_t i = 1; i < n; i++) {
        if (columns[i].lon - columns[kept - 1].lon > near) {
            columns[kept++] = columns[i];
        }
    }
    if (kept > 1 && columns[0].lon + 360.0 - columns[kept - 1].lon <= near) {
        kept--;
    }
    return kept;
}

/* Where a limited area begins: behind its largest gap. 0 for a grid that goes all the way round. */
static size_t columns_start(const struct column *columns, size_t n)
{
    double largest = 0.0;
    double next = 0.0;
    size_t start = 0;
    for (size_t i = 0; i < n; i++) {
        const double before = i > 0 ? columns[i - 1].lon : columns[n - 1].lon - 360.0;
        const double gap = columns[i].lon - before;
        if (gap > largest) {
            next = largest;
            largest = gap;
            start = i;
        } else if (gap > next) {
            next = gap;
        }
    }
    return largest > GAP_FACTOR * next ? start : 0;
}

/* Adds grid column j, which is file column `source`, to the last run, or begins one; how many there
 * are. */
static size_t run_extend(struct column_run *runs, size_t n_runs, size_t j, size_t source)
{
    struct column_run *last = n_runs > 0 ? &runs[n_runs - 1] : NULL;
    if (last != NULL && last->n == 1 && (source == last->from + 1 || source + 1 == last->from)) {
        last->step = source > last->from ? 1 : -1;
    }
    if (last != NULL && last->step != 0 &&
        (last->step > 0 ? source == last->from + last->n : source + last->n == last->from)) {
        last->n++;
        return n_runs;
    }
    runs[n_runs] = (struct column_run){.to = j, .from = source, .n = 1, .step = 0};
    return n_runs + 1;
}

gaia_status grid_make(struct arena *arena, const double *lat, size_t n_lat, const double *lon,
                      size_t n_lon, struct gaia_grid *grid, struct placement *placement,
                      gaia_error *err)
{
    if (n_lat == 0 || n_lon == 0) {
        return error_set(err, GAIA_AXIS_INVALID, "the grid is empty: %zu x %zu", n_lat, n_lon);
    }
    gaia_status status = lat_check(lat, n_lat, err);
    if (status == GAIA_OK) {
        status = lon_check(lon, n_lon, err);
    }
    if (status != GAIA_OK) {
        return status;
    }
    double *rows = arena_alloc(arena, n_lat, sizeof *rows);
    double *columns_lon = arena_alloc(arena, n_lon, sizeof *columns_lon);
    struct column_run *runs = arena_alloc(arena, n_lon, sizeof *runs);
    struct column *columns = calloc(n_lon, sizeof *columns);
    if (rows == NULL || columns_lon == NULL || runs == NULL || columns == NULL) {
        free(columns);
        return error_memory(err, n_lon * sizeof *columns);
    }
    const bool flip = n_lat > 1 && lat[1] > lat[0];
    for (size_t i = 0; i < n_lat; i++) {
        rows[i] = lat[flip ? n_lat - 1 - i : i] + 0.0;
    }
    for (size_t j = 0; j < n_lon; j++) {
        columns[j] = (struct column){longitude_modulo(lon[j]), j};
    }
    qsort(columns, n_lon, sizeof *columns, column_compare);
    const size_t kept = columns_unique(columns, n_lon);
    const size_t start = columns_start(columns, kept);
    size_t n_runs = 0;
    for (size_t j = 0; j < kept; j++) {
        columns_lon[j] = columns[(start + j) % kept].lon;
        n_runs = run_extend(runs, n_runs, j, columns[(start + j) % kept].source);
    }
    free(columns);
    *grid = (struct gaia_grid){n_lat, kept, rows, columns_lon};
    *placement = (struct placement){.n_file_lat = n_lat,
                                    .n_file_lon = n_lon,
                                    .n_lat = n_lat,
                                    .n_lon = kept,
                                    .flip = flip,
                                    .n_runs = n_runs,
                                    .runs = runs};
    return GAIA_OK;
}

static gaia_status axis_compare(const char *what, const double *a, const char *a_name,
                                const double *b, const char *b_name, size_t n, double period,
                                gaia_error *err)
{
    double spacing = period;
    for (size_t i = 1; i < n; i++) {
        const double step = fabs(a[i] - a[i - 1]);
        spacing = step < spacing ? step : spacing;
    }
    for (size_t i = 0; i < n; i++) {
        double apart = fabs(a[i] - b[i]);
        apart = apart > period / 2 ? fabs(period - apart) : apart;
        if (apart > SAME_POINT * spacing) {
            return error_set(err, GAIA_GRID_MISMATCH,
                             "different grids: %s[%zu] is %.9g in %s and %.9g in %s", what, i, a[i],
                             a_name, b[i], b_name);
        }
    }
    return GAIA_OK;
}

gaia_status grid_compare(const struct gaia_grid *a, const char *a_name, const struct gaia_grid *b,
                         const char *b_name, gaia_error *err)
{
    if (a->n_lat != b->n_lat || a->n_lon != b->n_lon) {
        return error_set(err, GAIA_GRID_MISMATCH,
                         "different grids: %s has %zu latitudes (%.9g .. %.9g) x %zu longitudes "
                         "(%.9g .. %.9g), %s has %zu (%.9g .. %.9g) x %zu (%.9g .. %.9g)",
                         a_name, a->n_lat, a->lat[0], a->lat[a->n_lat - 1], a->n_lon, a->lon[0],
                         a->lon[a->n_lon - 1], b_name, b->n_lat, b->lat[0], b->lat[b->n_lat - 1],
                         b->n_lon, b->lon[0], b->lon[b->n_lon - 1]);
    }
    const gaia_status status =
        axis_compare("latitude", a->lat, a_name, b->lat, b_name, a->n_lat, 720.0, err);
    return status == GAIA_OK
               ? axis_compare("longitude", a->lon, a_name, b->lon, b_name, a->n_lon, 360.0, err)
               : status;
}

/* Defines a function that places a row of one type, whose stored values are `stride` apart: runs
 * are copied, then each missing value replaced, in loops that the compiler makes vectors of.
 * Comparisons are in the stored type; a bound that is infinite is none. */
#define DEFINE_ROW_PLACE(name, type)                                                               \
    static inline void name##_runs(const struct placement *p, size_t stride,                       \
                                   const type *restrict raw, type *restrict placed)                \
    {                                                                                              \
        for (size_t r = 0; r < p->n_runs; r++) {                                                   \
            const struct column_run *run = &p->runs[r];                                            \
            for (size_t j = 0; run->step >= 0 && j < run->n; j++) {                                \
                placed[run->to + j] = raw[(run->from + j) * stride];                               \
            }                                                                                      \
            for (size_t j = 0; run->step < 0 && j < run->n; j++) {                                 \
                placed[run->to + j] = raw[(run->from - j) * stride];                               \
            }                                                                                      \
        }                                                                                          \
    }                                                                                              \
    static void name(const struct placement *p, const struct missing_rule *rule, type missing,     \
                     size_t stride, const type *restrict raw, type *restrict placed)               \
    {                                                                                              \
        if (stride == 1) {                                                                         \
            name##_runs(p, 1, raw, placed);                                                        \
        } else {                                                                                   \
            name##_runs(p, stride, raw, placed);                                                   \
        }                                                                                          \
        for (size_t v = 0; v < rule->n_values; v++) {                                              \
            const type value = (type)rule->values[v];                                              \
            for (size_t j = 0; j < p->n_lon; j++) {                                                \
                placed[j] = placed[j] == value ? missing : placed[j];                              \
            }                                                                                      \
        }                                                                                          \
        const bool bounded = isfinite(rule->valid_min) || isfinite(rule->valid_max);               \
        for (size_t j = 0; bounded && j < p->n_lon; j++) {                                         \
            const bool outside =                                                                   \
                !((double)placed[j] >= rule->valid_min && (double)placed[j] <= rule->valid_max);   \
            placed[j] = outside ? missing : placed[j];                                             \
        }                                                                                          \
    }

DEFINE_ROW_PLACE(row_place_float32, float)
DEFINE_ROW_PLACE(row_place_float64, double)
DEFINE_ROW_PLACE(row_place_int16, int16_t)

size_t placement_rows(const struct placement *placement)
{
    return placement->lon_first ? placement->n_file_lon : placement->n_file_lat;
}

size_t placement_columns(const struct placement *placement)
{
    return placement->lon_first ? placement->n_file_lat : placement->n_file_lon;
}

void field_place(const struct placement *placement, const struct gaia_field *field,
                 const struct missing_rule *rule, const void *raw, void *placed)
{
    const size_t row_stride = placement->lon_first ? 1 : placement_columns(placement);
    const size_t stride = placement->lon_first ? placement_columns(placement) : 1;
    for (size_t i = 0; i < placement->n_lat; i++) {
        const size_t from = (placement->flip ? placement->n_lat - 1 - i : i) * row_stride;
        const size_t to = i * placement->n_lon;
        switch (field->dtype) {
        case GAIA_FLOAT32:
            row_place_float32(placement, rule, NAN, stride, (const float *)raw + from,
                              (float *)placed + to);
            break;
        case GAIA_FLOAT64:
            row_place_float64(placement, rule, (double)NAN, stride, (const double *)raw + from,
                              (double *)placed + to);
            break;
        case GAIA_INT16:
            row_place_int16(placement, rule, field->missing_code, stride,
                            (const int16_t *)raw + from, (int16_t *)placed + to);
            break;
        }
    }
}
