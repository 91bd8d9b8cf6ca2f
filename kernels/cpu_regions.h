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

/* Forecasts whose rows are kept at a time; rows that are summed before they are added to the
 * regions; weightings that are added at once. */
enum { TOGETHER = 16, ROWS_TOGETHER = 8, WEIGHTS_TOGETHER = 4 };

/* The rows [first, end) of some forecasts, and the regions' sums. */
struct row_sums {
    const struct layout *layout;
    size_t n_forecasts;
    size_t n_used; /* columns of rows that may be other than 0; extremes aside */
    size_t first;
    size_t end;
    size_t first_strip;
    double *rows;   /* [strips of the rows][TOGETHER][ROW_COUNT] */
    double *joined; /* [ROWS_TOGETHER][ROW_COUNT] */
    double *sums;   /* [n_forecasts][n_regions][1 + n_weights][ROW_COUNT] */
};

/* Where the sums of a strip and forecast j are. */
static inline double *row_at(const struct row_sums *s, size_t strip, size_t j)
{
    return s->rows + ((strip - s->first_strip) * TOGETHER + j) * ROW_COUNT;
}

/* Adds rows to the plain sums and to n_weights weighted ones, [1 + n_weights][ROW_COUNT] at sums,
 * or to weighted ones only. weight is that of the first row, those of the next weighting lie n_lat
 * further. The sums stay in registers while the rows go by. */
ALWAYS_INLINE void rows_add(bool plain, size_t n_weights, const double *const *rows, size_t n_rows,
                            size_t n_used, const double *weight, size_t n_lat, double *sums)
{
    const size_t n_plain = plain ? 1 : 0;
    for (size_t v = 0; v < n_used; v += VEC_LANES) {
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

/* The extremes of the rows and of those before. Those of no point are infinities until the very
 * end, so that no branch is hard to foresee. */
static void rows_extremes(const double *const *rows, size_t n_rows, double *low, double *high)
{
    for (size_t i = 0; i < n_rows; i++) {
        const double x = rows[i][ROW_FORECAST_MIN];
        const double y = rows[i][ROW_FORECAST_MAX];
        *low = x < *low ? x : *low;
        *high = y > *high ? y : *high;
    }
}

/* The rows [first, end) of a region and forecast j: where they were summed if the region has one
 * part, else joined from its parts, west to east. */
static void rows_find(const struct row_sums *s, const struct layout_region *region, size_t first,
                      size_t end, size_t j, const double **rows)
{
    const uint32_t *index = layout_indices(s->layout) + region->first_index +
                            (first - region->first_row) * region->n_parts;
    for (size_t i = 0; i < end - first; i++, index += region->n_parts) {
        rows[i] = row_at(s, index[0], j);
        if (region->n_parts > 1) {
            double *joined = s->joined + i * ROW_COUNT;
            memcpy(joined, rows[i], ROW_COUNT * sizeof *joined);
            for (uint32_t p = 1; p < region->n_parts; p++) {
                const double *part = row_at(s, index[p], j);
                double low = (double)INFINITY;
                double high = -(double)INFINITY;
                const double *const both[] = {joined, part};
                rows_extremes(both, 2, &low, &high);
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
static void region_add(const struct row_sums *s, size_t r, size_t first, size_t end, size_t j)
{
    const struct layout *layout = s->layout;
    const size_t n_weights = layout->n_weights;
    const double *weight = layout_weights(layout) + first;
    double *sums = s->sums + j * layout_n_sums(layout) + r * (1 + n_weights) * ROW_COUNT;
    double low = sums[ROW_FORECAST_MIN];
    double high = sums[ROW_FORECAST_MAX];
    const double *rows[ROWS_TOGETHER];
    rows_find(s, &layout_regions(layout)[r], first, end, j, rows);
    rows_extremes(rows, end - first, &low, &high);
    if (n_weights == WEIGHTS_TOGETHER) {
        rows_add(true, WEIGHTS_TOGETHER, rows, end - first, s->n_used, weight, layout->n_lat, sums);
    } else {
        rows_add(true, 0, rows, end - first, s->n_used, weight, layout->n_lat, sums);
        for (size_t w = 0; w < n_weights; w++) {
            rows_add(false, 1, rows, end - first, s->n_used, weight + w * layout->n_lat,
                     layout->n_lat, sums + (1 + w) * ROW_COUNT);
        }
    }
    sums[ROW_FORECAST_MIN] = low;
    sums[ROW_FORECAST_MAX] = high;
}

/* Adds the rows to all regions. */
static void regions_add(const struct row_sums *s)
{
    for (size_t r = 0; r < s->layout->n_regions; r++) {
        const struct layout_region *region = &layout_regions(s->layout)[r];
        const size_t from = s->first > region->first_row ? s->first : region->first_row;
        const size_t region_end = (size_t)region->first_row + region->n_rows;
        const size_t to = s->end < region_end ? s->end : region_end;
        for (size_t j = 0; from < to && j < s->n_forecasts; j++) {
            region_add(s, r, from, to, j);
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
