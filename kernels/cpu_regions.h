/* SPDX-License-Identifier: MIT
 *
 * The sums of rows added to those of regions, under every weighting, while they are in the cache.
 *
 * Invariant: a region's rows are added north to south, a row's parts west to east (rule 6 of
 * moments.h).
 */
#ifndef KERNELS_CPU_REGIONS_H
#define KERNELS_CPU_REGIONS_H

#include <math.h>
#include <string.h>

#include "cpu_lanes.h"
#include "layout.h"

/* Forecasts whose rows are kept at a time; weightings that are added at once. */
enum { TOGETHER = 16, WEIGHTS_TOGETHER = 4 };

/* Rows are summed in bands before they are added to the regions: a band is a multiple of BAND_UNIT,
 * the larger the fewer forecasts there are: what adding them costs once is shared by many rows, and
 * their sums are still in the second-level cache. */
enum { BAND_UNIT = 8, BAND_ROWS_MOST = 96 };

static inline size_t band_rows(size_t n_forecasts)
{
    const size_t n = BAND_ROWS_MOST / BAND_UNIT / n_forecasts;
    return n > 1 ? n * BAND_UNIT : BAND_UNIT;
}

/* The rows [first, end) of some forecasts, and the regions' sums. */
struct row_sums {
    const struct layout *layout;
    size_t n_forecasts;
    size_t n_used; /* columns of rows that may be other than 0; extremes aside */
    size_t first;
    size_t end;
    size_t first_strip;
    double *rows; /* [strips of the rows][n_forecasts][ROW_COUNT] */
    double *sums; /* [n_forecasts][n_regions][1 + n_weights][ROW_COUNT] */
};

/* Where the sums of a strip and forecast j are. */
static inline double *row_at(const struct row_sums *s, size_t strip, size_t j)
{
    return s->rows + ((strip - s->first_strip) * s->n_forecasts + j) * ROW_COUNT;
}

/* Consecutive rows of a region and of forecast j. */
struct region_rows {
    const struct row_sums *sums;
    const uint32_t *strips; /* [n][n_parts] */
    size_t n;
    size_t j;
};

/* A vector of columns of row i: its parts added west to east. */
ALWAYS_INLINE vec region_row(const struct region_rows *rows, size_t n_parts, size_t i, size_t v)
{
    const uint32_t *strip = rows->strips + i * n_parts;
    vec x = vec_load(row_at(rows->sums, strip[0], rows->j) + v);
    for (size_t p = 1; p < n_parts; p++) {
        x = vec_add(x, vec_load(row_at(rows->sums, strip[p], rows->j) + v));
    }
    return x;
}

/* Adds rows to the plain sums and to n_weights weighted ones, [1 + n_weights][ROW_COUNT] at sums,
 * or to weighted ones only. weight is that of the first row, those of the next weighting lie n_lat
 * further. The sums stay in registers while the rows go by. */
ALWAYS_INLINE void rows_add(bool plain, size_t n_weights, const struct region_rows *rows,
                            size_t n_parts, const double *weight, size_t n_lat, double *sums)
{
    const size_t n_plain = plain ? 1 : 0;
    for (size_t v = 0; v < rows->sums->n_used; v += VEC_LANES) {
        vec s[1 + WEIGHTS_TOGETHER];
        for (size_t k = 0; k < n_plain + n_weights; k++) {
            s[k] = vec_load(sums + k * ROW_COUNT + v);
        }
        for (size_t i = 0; i < rows->n; i++) {
            const vec x = region_row(rows, n_parts, i, v);
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

/* The same for any number of weightings. */
ALWAYS_INLINE void rows_weigh(const struct region_rows *rows, size_t n_parts, const double *weight,
                              double *sums)
{
    const size_t n_weights = rows->sums->layout->n_weights;
    const size_t n_lat = rows->sums->layout->n_lat;
    if (n_weights == WEIGHTS_TOGETHER) {
        rows_add(true, WEIGHTS_TOGETHER, rows, n_parts, weight, n_lat, sums);
        return;
    }
    rows_add(true, 0, rows, n_parts, weight, n_lat, sums);
    for (size_t w = 0; w < n_weights; w++) {
        rows_add(false, 1, rows, n_parts, weight + w * n_lat, n_lat, sums + (1 + w) * ROW_COUNT);
    }
}

/* The extremes of n strips of forecast j and of those before. Those of no point are infinities
 * until the very end, so that no branch is hard to foresee. */
static void strips_extremes(const struct row_sums *s, const uint32_t *strips, size_t n, size_t j,
                            double *low, double *high)
{
    for (size_t i = 0; i < n; i++) {
        const double *row = row_at(s, strips[i], j);
        *low = row[ROW_FORECAST_MIN] < *low ? row[ROW_FORECAST_MIN] : *low;
        *high = row[ROW_FORECAST_MAX] > *high ? row[ROW_FORECAST_MAX] : *high;
    }
}

/* Adds the rows [first, end) of region r to the sums of forecast j. Where a sum stands for extremes
 * it is set afterwards, or, under a weight, at the very end. */
static void region_add(const struct row_sums *s, size_t r, size_t first, size_t end, size_t j)
{
    const struct layout *layout = s->layout;
    const struct layout_region *region = &layout_regions(layout)[r];
    const double *weight = layout_weights(layout) + first;
    const struct region_rows rows = {
        .sums = s,
        .strips = layout_indices(layout) + region->first_index +
                  (first - region->first_row) * region->n_parts,
        .n = end - first,
        .j = j,
    };
    double *sums =
        s->sums + j * layout_n_sums(layout) + r * (1 + (size_t)layout->n_weights) * ROW_COUNT;
    double low = sums[ROW_FORECAST_MIN];
    double high = sums[ROW_FORECAST_MAX];
    strips_extremes(s, rows.strips, rows.n * region->n_parts, j, &low, &high);
    if (region->n_parts == 1) {
        rows_weigh(&rows, 1, weight, sums);
    } else {
        rows_weigh(&rows, region->n_parts, weight, sums);
    }
    sums[ROW_FORECAST_MIN] = low;
    sums[ROW_FORECAST_MAX] = high;
}

/* Adds the rows of the forecasts [j, j_end) to all regions. */
static void regions_add(const struct row_sums *s, size_t j, size_t j_end)
{
    for (size_t r = 0; r < s->layout->n_regions; r++) {
        const struct layout_region *region = &layout_regions(s->layout)[r];
        const size_t from = s->first > region->first_row ? s->first : region->first_row;
        const size_t region_end = (size_t)region->first_row + region->n_rows;
        const size_t to = s->end < region_end ? s->end : region_end;
        for (size_t k = j; from < to && k < j_end; k++) {
            region_add(s, r, from, to, k);
        }
    }
}

static void sums_init(const struct row_sums *s)
{
    const size_t n_vectors = 1 + (size_t)s->layout->n_weights;
    memset(s->sums, 0, s->n_forecasts * layout_n_sums(s->layout) * sizeof *s->sums);
    for (size_t k = 0; k < s->n_forecasts * s->layout->n_regions; k++) {
        s->sums[k * n_vectors * ROW_COUNT + ROW_FORECAST_MIN] = (double)INFINITY;
        s->sums[k * n_vectors * ROW_COUNT + ROW_FORECAST_MAX] = -(double)INFINITY;
    }
}

static void sums_finish(const struct row_sums *s)
{
    const size_t n_vectors = 1 + (size_t)s->layout->n_weights;
    for (size_t k = 0; k < s->n_forecasts * s->layout->n_regions * n_vectors; k++) {
        double *sums = s->sums + k * ROW_COUNT;
        if (k % n_vectors != 0) {
            sums[ROW_FORECAST_MIN] = sums[ROW_FORECAST_MAX] = 0.0;
        } else if (sums[ROW_FORECAST_MIN] > sums[ROW_FORECAST_MAX]) {
            sums[ROW_FORECAST_MIN] = sums[ROW_FORECAST_MAX] = (double)NAN;
        }
        for (size_t i = 0; i < ROW_COUNT; i++) {
            sums[i] = i < ROW_USED ? moments_nan(sums[i]) : 0.0;
        }
    }
}

#endif
