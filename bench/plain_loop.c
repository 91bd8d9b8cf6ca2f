/* SPDX-License-Identifier: MIT
 *
 * The plain C loop that the backends are compared with: scalar, one pass a row, rows then added up
 * to regions under each weighting.
 */
#include <math.h>
#include <string.h>

#include "peers.h"

enum { N, D, D2, ABS_D, OD, O, O2, A, A2, AB, B, B2 };

static void row_sum(const float *f, const float *o, const float *c, size_t n_columns, double *sums)
{
    double n = 0, d1 = 0, d2 = 0, abs_d = 0, od = 0, o1 = 0, o2 = 0;
    double a1 = 0, a2 = 0, ab = 0, b1 = 0, b2 = 0;
    for (size_t j = 0; j < n_columns; j++) {
        const double x = (double)f[j];
        const double y = (double)o[j];
        const double z = (double)c[j];
        if (isfinite(x) && isfinite(y) && isfinite(z)) {
            const double d = x - y;
            const double a = x - z;
            const double b = y - z;
            n += 1;
            d1 += d;
            d2 += d * d;
            abs_d += fabs(d);
            od += y * d;
            o1 += y;
            o2 += y * y;
            a1 += a;
            a2 += a * a;
            ab += a * b;
            b1 += b;
            b2 += b * b;
        }
    }
    const double all[PEER_SUMS] = {n, d1, d2, abs_d, od, o1, o2, a1, a2, ab, b1, b2};
    memcpy(sums, all, sizeof all);
}

void plain_loop(const struct layout *layout, const float *f, const float *o, const float *c,
                double *rows, double *sums)
{
    const struct strip *strips = layout_strips(layout);
    const struct interval *intervals = layout_intervals(layout);
    const size_t n_kinds = 1 + (size_t)layout->n_weights;
    for (uint32_t s = 0; s < layout->n_strips; s++) {
        const struct interval *in = &intervals[strips[s].interval];
        const size_t at = (size_t)strips[s].row * layout->n_lon + in->first_column;
        row_sum(f + at, o + at, c + at, in->n_columns, rows + (size_t)s * PEER_SUMS);
    }
    memset(sums, 0, layout->n_regions * n_kinds * PEER_SUMS * sizeof *sums);
    for (uint32_t r = 0; r < layout->n_regions; r++) {
        const struct layout_region *region = &layout_regions(layout)[r];
        const uint32_t *index = layout_indices(layout) + region->first_index;
        for (uint32_t k = 0; k < region->n_rows * region->n_parts; k++) {
            const uint32_t i_lat = region->first_row + k / region->n_parts;
            for (size_t w = 0; w < n_kinds; w++) {
                const double weight =
                    w == 0 ? 1.0 : layout_weights(layout)[(w - 1) * layout->n_lat + i_lat];
                double *sum = sums + (r * n_kinds + w) * PEER_SUMS;
                for (size_t i = 0; i < PEER_SUMS; i++) {
                    sum[i] += weight * rows[(size_t)index[k] * PEER_SUMS + i];
                }
            }
        }
    }
}

double sums_difference(const struct layout *layout, const double *a, const double *b)
{
    double worst = 0;
    for (size_t k = 0; k < layout->n_regions * (1 + (size_t)layout->n_weights); k++) {
        const double *x = a + k * PEER_SUMS;
        const double *y = b + k * PEER_SUMS;
        const double scale[PEER_SUMS] = {
            [N] = x[N],
            [D] = sqrt(x[N] * x[D2]),
            [D2] = x[D2],
            [ABS_D] = x[ABS_D],
            [OD] = sqrt(x[O2] * x[D2]),
            [O] = sqrt(x[N] * x[O2]),
            [O2] = x[O2],
            [A] = sqrt(x[N] * x[A2]),
            [A2] = x[A2],
            [AB] = sqrt(x[A2] * x[B2]),
            [B] = sqrt(x[N] * x[B2]),
            [B2] = x[B2],
        };
        for (size_t i = 0; i < PEER_SUMS; i++) {
            const double difference = fabs(x[i] - y[i]) / scale[i];
            if (x[i] != y[i] && !(difference <= worst)) { /* a NaN is the worst */
                worst = difference;
            }
        }
    }
    return worst;
}
