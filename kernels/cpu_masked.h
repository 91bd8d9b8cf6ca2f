/* SPDX-License-Identifier: MIT
 *
 * Sums of strips with masks and under planes: what strips with missing values, and strips under
 * a weight plane, take instead of cpu_plain.h and cpu_shared.h. All give the same bits where
 * nothing is missing and every point counts as one.
 *
 * Invariant: what a point that is missing in a group brings to it is 0: its m, its values and their
 * differences, which might otherwise be infinite.
 */
#ifndef KERNELS_CPU_MASKED_H
#define KERNELS_CPU_MASKED_H

#include "cpu_segment.h"

/* The sums of a strip of one forecast, [ROW_COUNT][LANES], and its extremes lane by lane. */
struct masked_sums {
    _Alignas(64) double sum[ROW_COUNT * LANES];
    double low[LANES];
    double high[LANES];
};

static void masked_init(struct masked_sums *s)
{
    for (size_t i = 0; i < ROW_COUNT * LANES; i++) {
        s->sum[i] = 0.0;
    }
    for (size_t l = 0; l < LANES; l++) {
        s->low[l] = (double)INFINITY;
        s->high[l] = -(double)INFINITY;
    }
}

/* x where the mask is set, else 0. */
ALWAYS_INLINE vec masked(vec_mask mask, vec x)
{
    return vec_choose(mask, x, vec_of(0.0));
}

/* The error group, and what is counted of single fields. */
static void masked_error(const struct segment *seg, struct masked_sums *sums)
{
    FOR_VECTORS(g)
    {
        vec s[ROW_SUM_COUNT];
        vec low = vec_load(sums->low + g);
        vec high = vec_load(sums->high + g);
        lanes_load(sums->sum, ROW_SUM_COUNT, g, s);
        FOR_BLOCKS(k, seg->n_blocks)
        {
            const vec m = vec_load(seg->m + k + g);
            const vec f = vec_load(seg->f + k + g);
            const vec o = vec_load(seg->o + k + g);
            const vec_mask counts = vec_positive(m);
            const vec_mask has_f = vec_both(counts, vec_finite(f));
            const vec_mask has_o = vec_both(counts, vec_finite(o));
            const vec_mask both = vec_both(has_f, has_o);
            const vec truth = masked(both, o);
            const vec w = masked(both, m);
            low = vec_min(vec_choose(has_f, f, vec_of((double)INFINITY)), low);
            high = vec_max(vec_choose(has_f, f, vec_of(-(double)INFINITY)), high);
            s[ROW_FORECAST_MISSING] =
                vec_add(s[ROW_FORECAST_MISSING], vec_choose(has_f, vec_of(0.0), m));
            s[ROW_TRUTH_MISSING] = vec_add(s[ROW_TRUTH_MISSING], vec_choose(has_o, vec_of(0.0), m));
            s[ROW_ERROR_N] = vec_add(s[ROW_ERROR_N], w);
            vec_m_error(w, masked(both, f), truth, &s[ROW_ERROR_D], &s[ROW_ERROR_D2],
                        &s[ROW_ERROR_ABS_D], &s[ROW_ERROR_OD]);
            vec_m_value(w, truth, &s[ROW_ERROR_O], &s[ROW_ERROR_O2]);
        }
        lanes_store(sums->sum, ROW_SUM_COUNT, g, s);
        vec_store(sums->low + g, low);
        vec_store(sums->high + g, high);
    }
}

static void masked_anomaly(const struct segment *seg, struct masked_sums *sums)
{
    FOR_VECTORS(g)
    {
        vec s[ROW_SUM_COUNT];
        lanes_load(sums->sum, ROW_SUM_COUNT, g, s);
        FOR_BLOCKS(k, seg->n_blocks)
        {
            const vec m = vec_load(seg->m + k + g);
            const vec f = vec_load(seg->f + k + g);
            const vec o = vec_load(seg->o + k + g);
            const vec c = vec_load(seg->c + k + g);
            const vec_mask has_b =
                vec_both(vec_both(vec_positive(m), vec_finite(o)), vec_finite(c));
            const vec_mask all = vec_both(has_b, vec_finite(f));
            const vec b = vec_sub(o, c);
            const vec w = masked(all, m);
            const vec w_b = masked(has_b, m);
            s[ROW_ANOMALY_N] = vec_add(s[ROW_ANOMALY_N], w);
            vec_m_anomaly(w, masked(all, vec_sub(f, c)), masked(all, b), &s[ROW_ANOMALY_A],
                          &s[ROW_ANOMALY_A2], &s[ROW_ANOMALY_AB]);
            vec_m_value(w, masked(all, b), &s[ROW_ANOMALY_B], &s[ROW_ANOMALY_B2]);
            s[ROW_TRUTH_CLIMATOLOGY_N] = vec_add(s[ROW_TRUTH_CLIMATOLOGY_N], w_b);
            vec_m_value(w_b, masked(has_b, b), &s[ROW_TRUTH_CLIMATOLOGY_B],
                        &s[ROW_TRUTH_CLIMATOLOGY_B2]);
        }
        lanes_store(sums->sum, ROW_SUM_COUNT, g, s);
    }
}

static void masked_reference(const struct segment *seg, struct masked_sums *sums)
{
    FOR_VECTORS(g)
    {
        vec s[ROW_SUM_COUNT];
        lanes_load(sums->sum, ROW_SUM_COUNT, g, s);
        FOR_BLOCKS(k, seg->n_blocks)
        {
            const vec m = vec_load(seg->m + k + g);
            const vec f = vec_load(seg->f + k + g);
            const vec o = vec_load(seg->o + k + g);
            const vec r = vec_load(seg->r + k + g);
            const vec_mask has_ro =
                vec_both(vec_both(vec_positive(m), vec_finite(o)), vec_finite(r));
            const vec_mask all = vec_both(has_ro, vec_finite(f));
            const vec ro = vec_sub(r, o);
            const vec w = masked(all, m);
            const vec w_ro = masked(has_ro, m);
            s[ROW_REFERENCE_N] = vec_add(s[ROW_REFERENCE_N], w);
            vec_m_value(w, masked(all, vec_sub(f, o)), &s[ROW_REFERENCE_D], &s[ROW_REFERENCE_D2]);
            vec_m_square(w, masked(all, ro), &s[ROW_REFERENCE_RO2]);
            vec_m_square(w, masked(all, vec_sub(f, r)), &s[ROW_REFERENCE_FR2]);
            s[ROW_TRUTH_REFERENCE_N] = vec_add(s[ROW_TRUTH_REFERENCE_N], w_ro);
            vec_m_value(w_ro, masked(has_ro, ro), &s[ROW_TRUTH_REFERENCE_RO],
                        &s[ROW_TRUTH_REFERENCE_RO2]);
        }
        lanes_store(sums->sum, ROW_SUM_COUNT, g, s);
    }
}

/* Merges the lanes into a row of sums; its extremes are infinities where it has no point. */
static void masked_merge(struct masked_sums *s, double *row)
{
    double low = s->low[0];
    double high = s->high[0];
    lanes_merge(s->sum, ROW_COUNT, row);
    for (int i = 0; i < ROW_SUM_COUNT; i++) {
        row[i] = moments_nan(row[i]); /* sums of huge values may overflow */
    }
    for (size_t l = 1; l < LANES; l++) {
        low = s->low[l] < low ? s->low[l] : low;
        high = s->high[l] > high ? s->high[l] : high;
    }
    row[ROW_FORECAST_MIN] = low + 0.0;
    row[ROW_FORECAST_MAX] = high + 0.0;
}

#endif
