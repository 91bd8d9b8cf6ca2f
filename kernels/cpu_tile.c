/* SPDX-License-Identifier: MIT
 *
 * The CPU's sums of a tile: rows north to south, in each row its strips, of each strip the sums of
 * every forecast, and these into the regions while they are in the cache. Compiled once for each
 * instruction set (CPU_CODE names it).
 *
 * A strip is summed as if nothing were missing; if then a sum of a forecast is not finite, that
 * forecast's strip is summed again with masks.
 */
#include "cpu_tile.h"

#include <assert.h>
#include <string.h>

#include "cpu_masked.h"
#include "cpu_whole.h"

/* Forecasts that go over the rows in step; rows that are summed before they are added to the
 * regions; weightings that are added at once. */
enum { TOGETHER = 16, ROWS_TOGETHER = 8, WEIGHTS_TOGETHER = 4 };

/* How far ahead of the sums memory is asked for: what is under way must fill the memory's pipe, and
 * stay in the second-level cache until it is needed. */
enum { ROWS_AHEAD = 2 };

struct scratch {
    struct segment segment;
    struct truth_sums truth;
    struct forecast_sums forecasts[TOGETHER];
    struct masked_sums masked;
    _Alignas(64) double joined[ROWS_TOGETHER * ROW_COUNT];
    double rows[]; /* [strips of ROWS_TOGETHER rows][TOGETHER][ROW_COUNT] */
};

/* Some forecasts of a tile. */
struct group {
    const struct layout *layout;
    const struct tile *tile;
    const struct gaia_field *forecasts;
    size_t n_forecasts;
    struct scratch *scratch;
    double *sums;       /* [n_forecasts][n_regions][1 + n_weights][ROW_COUNT] */
    size_t first_strip; /* of those in scratch->rows */
};

/* A strip's points in the fields, and what to ask for while they are summed: from which byte of a
 * later row of float32 on, and how many bytes further in each step. */
struct span {
    size_t first;
    size_t n;
    size_t ask_at;
    size_t ask_step; /* 0: nothing */
};

/* ---- Strips ---- */

/* What of a field to ask for while a segment is summed that begins `done` points into the strip. */
static struct ask ask_ahead(const struct group *g, const struct span *span, const float *field,
                            size_t done)
{
    const size_t row = span->first / g->layout->n_lon + ROWS_AHEAD;
    const size_t at = span->ask_at + done / VEC_LANES * span->ask_step;
    /* A number first: behind the last row it is no pointer into the field, nor read through. */
    const uintptr_t address = (uintptr_t)field + row * g->layout->n_lon * sizeof *field + at;
    return (struct ask){(const char *)address, span->ask_step};
}

/* The only forecast, plain like all that it is compared with: n points, `done` into the strip. */
static void plain_sum(const struct group *g, const struct span *span, size_t done, size_t n)
{
    const float *f = field_floats(&g->forecasts[0], 0);
    const float *o = field_floats(&g->tile->truth, 0);
    const float *c = g->tile->climatology.data;
    const float *r = g->tile->reference.data;
    const size_t at = span->first + done;
    const struct ask none = {(const char *)o, 0};
    const struct plain_points p = {
        .f = f + at,
        .o = o + at,
        .c = c != NULL ? c + at : NULL,
        .r = r != NULL ? r + at : NULL,
        .next_f = ask_ahead(g, span, f, done),
        .next_o = ask_ahead(g, span, o, done),
        .next_c = c != NULL ? ask_ahead(g, span, c, done) : none,
        .next_r = r != NULL ? ask_ahead(g, span, r, done) : none,
        .n = n,
        .first = done == 0,
    };
    plain_points_add(&p, &g->scratch->forecasts[0], &g->scratch->truth);
}

/* The same for forecast j's share of what all forecasts of the group are compared with. */
static struct ask ask_shared(const struct group *g, const struct span *span, size_t done, size_t j)
{
    const struct gaia_field *fields[3] = {&g->tile->truth};
    size_t n = 1;
    if (g->tile->climatology.data != NULL) {
        fields[n++] = &g->tile->climatology;
    }
    if (g->tile->reference.data != NULL) {
        fields[n++] = &g->tile->reference;
    }
    const struct gaia_field *field = fields[j * n / g->n_forecasts];
    if (!field_is_plain(field)) {
        return (struct ask){(const char *)g->scratch, 0};
    }
    struct ask ask = ask_ahead(g, span, field_floats(field, 0), done);
    const size_t share = g->scratch->segment.n / VEC_LANES * ask.step;
    ask.from += share * (j * n % g->n_forecasts) / g->n_forecasts;
    ask.step = n < g->n_forecasts ? (ask.step * n + g->n_forecasts - 1) / g->n_forecasts : ask.step;
    return ask;
}

/* Forecast j against the decoded segment, `done` points into the strip. */
static void shared_sum(const struct group *g, const struct span *span, size_t done, size_t j)
{
    struct segment *segment = &g->scratch->segment;
    struct forecast_sums *sums = &g->scratch->forecasts[j];
    const struct gaia_field *field = &g->forecasts[j];
    const size_t at = span->first + done;
    struct shared_points p = {.segment = segment, .first = done == 0};
    if (!field_is_plain(field)) {
        decode(field, at, segment->n, segment->f);
        shared_points_add(&p, sums);
        extremes_add(segment->f, segment->n, sums);
        return;
    }
    p.plain = field_floats(field, at);
    p.next = ask_ahead(g, span, field_floats(field, 0), done);
    p.next_shared = ask_shared(g, span, done, j);
    shared_points_add(&p, sums);
}

static bool all_plain(const struct group *g)
{
    const struct gaia_field *c = &g->tile->climatology;
    const struct gaia_field *r = &g->tile->reference;
    return g->n_forecasts == 1 && field_is_plain(&g->forecasts[0]) &&
           field_is_plain(&g->tile->truth) && (c->data == NULL || field_is_plain(c)) &&
           (r->data == NULL || field_is_plain(r));
}

/* The truth's part of a complete row: the same for every forecast. */
static void truth_merge(const struct group *g, size_t n, double *row)
{
    double t[TRUTH_SUMS];
    lanes_merge(g->scratch->truth.sum, TRUTH_SUMS, t);
    memset(row, 0, ROW_COUNT * sizeof *row);
    row[ROW_ERROR_N] = (double)n;
    row[ROW_ERROR_O] = t[TRUTH_O];
    row[ROW_ERROR_O2] = t[TRUTH_O2];
    if (g->tile->climatology.data != NULL) {
        row[ROW_ANOMALY_N] = row[ROW_TRUTH_CLIMATOLOGY_N] = (double)n;
        row[ROW_ANOMALY_B] = row[ROW_TRUTH_CLIMATOLOGY_B] = t[TRUTH_B];
        row[ROW_ANOMALY_B2] = row[ROW_TRUTH_CLIMATOLOGY_B2] = t[TRUTH_B2];
    }
    if (g->tile->reference.data != NULL) {
        row[ROW_REFERENCE_N] = row[ROW_TRUTH_REFERENCE_N] = (double)n;
        row[ROW_TRUTH_REFERENCE_RO] = t[TRUTH_RO];
        row[ROW_TRUTH_REFERENCE_RO2] = row[ROW_REFERENCE_RO2] = t[TRUTH_RO2];
    }
}

/* Completes a row that holds the truth's sums by a forecast's. False if one of these is not finite:
 * then something may be missing. */
static bool forecast_merge(const struct group *g, struct forecast_sums *s, double *row)
{
    bool finite = true;
    extremes_merge(s);
    lanes_merge(s->sum, ROW_FORECAST_SUMS, row);
    for (size_t i = 0; i < ROW_FORECAST_SUMS; i += VEC_LANES) {
        finite = finite && vec_all(vec_finite(vec_load(row + i)));
    }
    if (g->tile->reference.data != NULL) {
        row[ROW_REFERENCE_D] = row[ROW_ERROR_D];
        row[ROW_REFERENCE_D2] = row[ROW_ERROR_D2];
    }
    row[ROW_FORECAST_MIN] = s->least + 0.0;
    row[ROW_FORECAST_MAX] = s->most + 0.0;
    return finite;
}

static void masked_sum(const struct group *g, const struct span *span,
                       const struct gaia_field *plane, size_t j, double *row)
{
    struct segment *s = &g->scratch->segment;
    struct masked_sums *sums = &g->scratch->masked;
    const size_t length = segment_length(span->n, SEGMENT);
    masked_init(sums);
    for (size_t done = 0; done < span->n; done += length) {
        const size_t n = span->n - done < length ? span->n - done : length;
        segment_decode(g->tile, span->first + done, n, s);
        decode(&g->forecasts[j], span->first + done, n, s->f);
        segment_weigh(plane, span->first + done, s);
        masked_error(s, sums);
        if (s->has_c) {
            masked_anomaly(s, sums);
        }
        if (s->has_r) {
            masked_reference(s, sums);
        }
    }
    masked_merge(sums, row);
}

/* The rows [n_forecasts][ROW_COUNT] of a strip that is under no plane. */
static void whole_sum(const struct group *g, const struct span *span, double *rows)
{
    struct scratch *scratch = g->scratch;
    const bool plain = all_plain(g);
    const size_t length = segment_length(span->n, plain ? PLAIN_SEGMENT : SEGMENT);
    double truth[ROW_COUNT];
    for (size_t j = 0; j < g->n_forecasts; j++) {
        extremes_init(&scratch->forecasts[j]);
    }
    for (size_t done = 0; done < span->n; done += length) {
        const size_t n = span->n - done < length ? span->n - done : length;
        if (plain) {
            plain_sum(g, span, done, n);
            continue;
        }
        segment_decode(g->tile, span->first + done, n, &scratch->segment);
        truth_add(done == 0, &scratch->segment, &scratch->truth);
        for (size_t j = 0; j < g->n_forecasts; j++) {
            shared_sum(g, span, done, j);
        }
    }
    truth_merge(g, span->n, truth);
    for (size_t j = 0; j < g->n_forecasts; j++) {
        memcpy(rows + j * ROW_COUNT, truth, sizeof truth);
        if (!forecast_merge(g, &scratch->forecasts[j], rows + j * ROW_COUNT)) {
            masked_sum(g, span, NULL, j, rows + j * ROW_COUNT);
        }
    }
}

/* Sums the strips of a row into rows [strips][TOGETHER][ROW_COUNT]. If one of them is the whole
 * row, memory is asked for as much as a segment before it is summed, evenly while all strips are
 * summed.
 */
static void row_sum(const struct group *g, size_t i, double *rows)
{
    const struct layout *layout = g->layout;
    const struct strip *strips = layout_strips(layout) + layout_row_strips(layout)[i];
    const size_t n_strips = layout_row_strips(layout)[i + 1] - layout_row_strips(layout)[i];
    bool has_row = false;
    size_t n_steps = 0;
    size_t ask_at = 0;
    size_t ask_step = 0;
    for (size_t k = 0; k < n_strips; k++) {
        const struct interval *in = &layout_intervals(layout)[strips[k].interval];
        n_steps += in->plane == LAYOUT_NO_PLANE ? in->n_columns / VEC_LANES : 0;
        has_row = has_row || in->n_columns == layout->n_lon;
    }
    if (has_row && n_steps > 0) {
        ask_step = (layout->n_lon * sizeof(float) + n_steps - 1) / n_steps;
    }
    for (size_t k = 0; k < n_strips; k++, rows += TOGETHER * ROW_COUNT) {
        const struct interval *in = &layout_intervals(layout)[strips[k].interval];
        const struct span span = {
            .first = i * layout->n_lon + in->first_column,
            .n = in->n_columns,
            .ask_at = ask_at,
            .ask_step = ask_step,
        };
        if (in->plane == LAYOUT_NO_PLANE) {
            whole_sum(g, &span, rows);
            ask_at += in->n_columns / VEC_LANES * ask_step;
            continue;
        }
        for (size_t j = 0; j < g->n_forecasts; j++) {
            masked_sum(g, &span, &layout_planes(layout)[in->plane], j, rows + j * ROW_COUNT);
        }
    }
}

/* ---- Regions ---- */

/* Adds rows to the plain sums and to n_weights weighted ones, [1 + n_weights][ROW_COUNT] at sums,
 * or to weighted ones only. weight is that of the first row, those of the next weighting lie n_lat
 * further. The sums stay in registers while the rows go by. */
ALWAYS_INLINE void rows_add(bool plain, size_t n_weights, const double *const *rows, size_t n_rows,
                            const double *weight, size_t n_lat, double *sums)
{
    const size_t n_plain = plain ? 1 : 0;
    for (size_t v = 0; v < ROW_COUNT; v += VEC_LANES) {
        vec s[1 + WEIGHTS_TOGETHER];
        for (size_t k = 0; k < n_plain + n_weights; k++) {
            s[k] = vec_load(sums + k * ROW_COUNT + v);
        }
        for (size_t i = 0; i < n_rows; i++) {
            const vec x = vec_load(rows[i] + v);
            if (plain) {
                s[0] = vec_add(s[0], x);
            }
            for (size_t w = 0; w < n_weights; w++) {
                s[n_plain + w] = vec_fma(vec_of(weight[w * n_lat + i]), x, s[n_plain + w]);
            }
        }
        for (size_t k = 0; k < n_plain + n_weights; k++) {
            vec_store(sums + k * ROW_COUNT + v, s[k]);
        }
    }
}

/* The extremes of the rows and of those before, where NaN stands for none. */
static void rows_extremes(const double *const *rows, size_t n_rows, double *low, double *high)
{
    for (size_t i = 0; i < n_rows; i++) {
        const double x = rows[i][ROW_FORECAST_MIN];
        const double y = rows[i][ROW_FORECAST_MAX];
        *low = *low <= x || isnan(x) ? *low : x;
        *high = *high >= y || isnan(y) ? *high : y;
    }
}

/* The rows [first, end) of a region and forecast j: where they were summed if the region has one
 * part, else joined from its parts, west to east. */
static void rows_find(const struct group *g, const struct layout_region *region, size_t first,
                      size_t end, size_t j, const double **rows)
{
    const uint32_t *index = layout_indices(g->layout) + region->first_index +
                            (first - region->first_row) * region->n_parts;
    for (size_t i = 0; i < end - first; i++, index += region->n_parts) {
        rows[i] = g->scratch->rows + ((index[0] - g->first_strip) * TOGETHER + j) * ROW_COUNT;
        if (region->n_parts > 1) {
            double *joined = g->scratch->joined + i * ROW_COUNT;
            memcpy(joined, rows[i], ROW_COUNT * sizeof *joined);
            for (uint32_t p = 1; p < region->n_parts; p++) {
                const double *part =
                    g->scratch->rows + ((index[p] - g->first_strip) * TOGETHER + j) * ROW_COUNT;
                double low = joined[ROW_FORECAST_MIN];
                double high = joined[ROW_FORECAST_MAX];
                rows_extremes(&part, 1, &low, &high);
                for (size_t k = 0; k < ROW_SUM_COUNT; k++) {
                    joined[k] += part[k];
                }
                joined[ROW_FORECAST_MIN] = low;
                joined[ROW_FORECAST_MAX] = high;
            }
            rows[i] = joined;
        }
    }
}

/* Adds the rows [first, end) of region r to the sums of forecast j. Where a sum stands for extremes
 * it is set afterwards, or, under a weight, at the very end. */
static void region_add(const struct group *g, size_t r, size_t first, size_t end, size_t j)
{
    const struct layout *layout = g->layout;
    const size_t n_weights = layout->n_weights;
    const double *weight = layout_weights(layout) + first;
    double *sums = g->sums + j * layout_n_sums(layout) + r * (1 + n_weights) * ROW_COUNT;
    double low = sums[ROW_FORECAST_MIN];
    double high = sums[ROW_FORECAST_MAX];
    const double *rows[ROWS_TOGETHER];
    rows_find(g, &layout_regions(layout)[r], first, end, j, rows);
    rows_extremes(rows, end - first, &low, &high);
    if (n_weights == WEIGHTS_TOGETHER) {
        rows_add(true, WEIGHTS_TOGETHER, rows, end - first, weight, layout->n_lat, sums);
    } else {
        rows_add(true, 0, rows, end - first, weight, layout->n_lat, sums);
        for (size_t w = 0; w < n_weights; w++) {
            rows_add(false, 1, rows, end - first, weight + w * layout->n_lat, layout->n_lat,
                     sums + (1 + w) * ROW_COUNT);
        }
    }
    sums[ROW_FORECAST_MIN] = low;
    sums[ROW_FORECAST_MAX] = high;
}

/* Adds the rows [first, end) to all regions. */
static void regions_add(const struct group *g, size_t first, size_t end)
{
    for (size_t r = 0; r < g->layout->n_regions; r++) {
        const struct layout_region *region = &layout_regions(g->layout)[r];
        const size_t from = first > region->first_row ? first : region->first_row;
        const size_t region_end = (size_t)region->first_row + region->n_rows;
        const size_t to = end < region_end ? end : region_end;
        for (size_t j = 0; from < to && j < g->n_forecasts; j++) {
            region_add(g, r, from, to, j);
        }
    }
}

static void sums_init(const struct group *g)
{
    const size_t n_vectors = 1 + (size_t)g->layout->n_weights;
    memset(g->sums, 0, g->n_forecasts * layout_n_sums(g->layout) * sizeof *g->sums);
    for (size_t k = 0; k < g->n_forecasts * g->layout->n_regions; k++) {
        g->sums[k * n_vectors * ROW_COUNT + ROW_FORECAST_MIN] = (double)NAN;
        g->sums[k * n_vectors * ROW_COUNT + ROW_FORECAST_MAX] = (double)NAN;
    }
}

static void sums_finish(const struct group *g)
{
    const size_t n_vectors = 1 + (size_t)g->layout->n_weights;
    for (size_t k = 0; k < g->n_forecasts * g->layout->n_regions * n_vectors; k++) {
        double *sums = g->sums + k * ROW_COUNT;
        if (k % n_vectors != 0) {
            sums[ROW_FORECAST_MIN] = sums[ROW_FORECAST_MAX] = 0.0;
        }
        for (size_t i = 0; i < ROW_COUNT; i++) {
            sums[i] = i < ROW_USED ? moments_nan(sums[i]) : 0.0;
        }
    }
}

/* ---- Tiles ---- */

static void group_sum(struct group *g)
{
    const struct layout *layout = g->layout;
    const uint32_t *row_strips = layout_row_strips(layout);
    sums_init(g);
    for (size_t first = 0; first < layout->n_lat; first += ROWS_TOGETHER) {
        const size_t left = layout->n_lat - first;
        const size_t end = first + (left < ROWS_TOGETHER ? left : ROWS_TOGETHER);
        double *rows = g->scratch->rows;
        g->first_strip = row_strips[first];
        for (size_t i = first; i < end; i++) {
            row_sum(g, i, rows + (row_strips[i] - g->first_strip) * TOGETHER * ROW_COUNT);
        }
        regions_add(g, first, end);
    }
    sums_finish(g);
}

static size_t scratch_bytes(const struct layout *layout)
{
    const uint32_t *row_strips = layout_row_strips(layout);
    size_t most = 0;
    for (size_t first = 0; first < layout->n_lat; first += ROWS_TOGETHER) {
        const size_t left = layout->n_lat - first;
        const size_t end = first + (left < ROWS_TOGETHER ? left : ROWS_TOGETHER);
        const size_t n = row_strips[end] - row_strips[first];
        most = n > most ? n : most;
    }
    return sizeof(struct scratch) + most * TOGETHER * ROW_COUNT * sizeof(double);
}

static void tile_sum(const struct layout *layout, const struct tile *tile, void *scratch,
                     double *sums)
{
    for (size_t j = 0; j < tile->n_forecasts; j += TOGETHER) {
        const size_t left = tile->n_forecasts - j;
        struct group group = {
            .layout = layout,
            .tile = tile,
            .forecasts = tile->forecasts + j,
            .n_forecasts = left < TOGETHER ? left : TOGETHER,
            .scratch = scratch,
            .sums = sums + j * layout_n_sums(layout),
        };
        group_sum(&group);
    }
}

#define CPU_TEXT_OF(x) #x
#define CPU_TEXT(x) CPU_TEXT_OF(x)
#define CPU_JOIN_OF(a, b) a##b
#define CPU_JOIN(a, b) CPU_JOIN_OF(a, b)

const struct cpu_code CPU_JOIN(cpu_code_, CPU_CODE) = {
    .instruction_set = CPU_TEXT(CPU_CODE),
    .scratch_bytes = scratch_bytes,
    .tile = tile_sum,
};
