/* SPDX-License-Identifier: MIT
 *
 * A strip of forecasts against what they share: truth, climatology and reference, decoded once to
 * float64 for all of them. Summed as if nothing were missing; the sums that only the shared fields
 * have a say in are made once.
 */
#ifndef KERNELS_CPU_SHARED_H
#define KERNELS_CPU_SHARED_H

#include "cpu_lanes.h"

/* Plain float32 forecasts that are summed in step, so that what they share is loaded once: as many
 * as have all their sums in registers. */
enum { IN_STEP = VEC_REGISTERS >= 32 ? 2 : 1, SHARED_FIELDS = 3, LINE_BYTES = 64 };

/* The strip's decoded points; c and r may be NULL. */
struct shared_points {
    const double *o;
    const double *c;
    const double *r;
    size_t n;
};

/* The same points of forecasts: plain ones, or a single decoded one. */
struct forecast_points {
    const float *plain[IN_STEP];
    struct ask next[IN_STEP];
    struct ask next_shared[SHARED_FIELDS]; /* a step for each vector of lanes */
    const double *decoded;
};

/* A vector of what forecasts share, b = o - c with it: that costs less than to load it. */
struct shared_vectors {
    vec o;
    vec c;
    vec b;
    vec r;
};

/* n lanes of it, from point i on; zeros in the others. */
ALWAYS_INLINE struct shared_vectors shared_load(bool has_c, bool has_r,
                                                const struct shared_points *p, size_t i, size_t n)
{
    struct shared_vectors x;
    x.o = vec_load_first(p->o + i, n);
    x.c = has_c ? vec_load_first(p->c + i, n) : x.o;
    x.b = has_c ? vec_sub(x.o, x.c) : x.o;
    x.r = has_r ? vec_load_first(p->r + i, n) : x.o;
    return x;
}

/* What a vector of a forecast's points adds. */
ALWAYS_INLINE void shared_step(bool has_c, bool has_r, const struct shared_vectors *x, vec f,
                               vec *s)
{
    vec_error(f, x->o, &s[ROW_ERROR_D], &s[ROW_ERROR_D2], &s[ROW_ERROR_ABS_D], &s[ROW_ERROR_OD]);
    if (has_c) {
        vec_anomaly(vec_sub(f, x->c), x->b, &s[ROW_ANOMALY_A], &s[ROW_ANOMALY_A2],
                    &s[ROW_ANOMALY_AB]);
    }
    if (has_r) {
        vec_square(vec_sub(f, x->r), &s[ROW_REFERENCE_FR2]);
    }
}

/* What a vector of the truth's points adds. */
ALWAYS_INLINE void truth_step(bool has_c, bool has_r, const struct shared_vectors *x, vec *t)
{
    vec_value(x->o, &t[TRUTH_O], &t[TRUTH_O2]);
    if (has_c) {
        vec_value(x->b, &t[TRUTH_B], &t[TRUTH_B2]);
    }
    if (has_r) {
        vec_value(vec_sub(x->r, x->o), &t[TRUTH_RO], &t[TRUTH_RO2]);
    }
}

/* The truth's own sums. */
static void truth_add(const struct shared_points *p, struct truth_sums *truth)
{
    const bool has_c = p->c != NULL;
    const bool has_r = p->r != NULL;
    FOR_VECTORS(g)
    {
        vec t[TRUTH_SUMS];
        lanes_clear(TRUTH_SUMS, t);
        for (size_t i = g; i < p->n; i += LANES) {
            const struct shared_vectors x = shared_load(has_c, has_r, p, i, lanes_left(p->n, i));
            truth_step(has_c, has_r, &x, t);
        }
        lanes_store(truth->sum, TRUTH_SUMS, g, t);
    }
}

/* A decoded forecast. */
ALWAYS_INLINE void decoded_add(bool has_c, bool has_r, const struct shared_points *p,
                               const double *f, struct forecast_sums *sums)
{
    FOR_VECTORS(g)
    {
        vec s[ROW_FORECAST_SUMS];
        lanes_clear(ROW_FORECAST_SUMS, s);
        for (size_t i = g; i < p->n; i += LANES) {
            const size_t left = lanes_left(p->n, i);
            const struct shared_vectors x = shared_load(has_c, has_r, p, i, left);
            shared_step(has_c, has_r, &x, vec_load_first(f + i, left), s);
        }
        lanes_store(sums->sum, ROW_FORECAST_SUMS, g, s);
    }
    extremes_find(f, p->n, &sums->least, &sums->most);
}

/* Adds the whole blocks of the vector of lanes g of n plain forecasts. */
ALWAYS_INLINE void forecasts_blocks(size_t n, bool has_c, bool has_r, bool near,
                                    const struct shared_points *p, const struct forecast_points *f,
                                    size_t g, vec (*s)[ROW_FORECAST_SUMS], floats *low,
                                    floats *high)
{
    const size_t n_blocks = p->n / LANES;
    const char *asked[IN_STEP];
    for (size_t j = 0; j < n; j++) {
        asked[j] = ask_from(&f->next[j], g, n_blocks);
    }
    FOR_BLOCKS(k, n_blocks)
    {
        const struct shared_vectors x = shared_load(has_c, has_r, p, k + g, VEC_LANES);
        for (size_t j = 0; j < n; j++) {
            const floats y = floats_load(f->plain[j] + k + g);
            ask(near, &asked[j], f->next[j].step);
            low[j] = floats_min(y, low[j]);
            high[j] = floats_max(y, high[j]);
            shared_step(has_c, has_r, &x, vec_of_floats(y), s[j]);
        }
    }
}

/* Asks for the vector of lanes g's part of what will be decoded next: few lines at a time. */
ALWAYS_INLINE void shared_ask(bool near, const struct forecast_points *f, size_t g)
{
    for (size_t i = 0; i < SHARED_FIELDS; i++) {
        const struct ask *next = &f->next_shared[i];
        const char *from = next->from + g / VEC_LANES * next->step;
        for (size_t k = 0; k < next->step; k += LINE_BYTES) {
            ask_line(near, from + k);
        }
    }
}

/* Adds the points behind the last whole block of forecast j to sums in memory. */
ALWAYS_INLINE void forecast_tail(bool has_c, bool has_r, const struct shared_points *p,
                                 const float *f, double *sums, floats *low, floats *high)
{
    const size_t tail = p->n / LANES * LANES;
    for (size_t g = 0; g < p->n - tail; g += VEC_LANES) {
        const size_t left = lanes_left(p->n - tail, g);
        const struct shared_vectors x = shared_load(has_c, has_r, p, tail + g, left);
        const floats y = floats_load_first(f + tail + g, left);
        vec s[ROW_FORECAST_SUMS];
        *low = floats_min_first(y, *low, left);
        *high = floats_max_first(y, *high, left);
        lanes_load(sums, ROW_FORECAST_SUMS, g, s);
        shared_step(has_c, has_r, &x, vec_of_floats(y), s);
        lanes_store(sums, ROW_FORECAST_SUMS, g, s);
    }
}

/* n plain forecasts, into sums [n]. */
ALWAYS_INLINE void forecasts_add(size_t n, bool has_c, bool has_r, bool near,
                                 const struct shared_points *p, const struct forecast_points *f,
                                 struct forecast_sums *sums)
{
    floats low[IN_STEP];
    floats high[IN_STEP];
    for (size_t j = 0; j < n; j++) {
        low[j] = floats_of((float)INFINITY);
        high[j] = floats_of(-(float)INFINITY);
    }
    FOR_VECTORS(g)
    {
        vec s[IN_STEP][ROW_FORECAST_SUMS];
        for (size_t j = 0; j < n; j++) {
            lanes_clear(ROW_FORECAST_SUMS, s[j]);
        }
        shared_ask(near, f, g);
        forecasts_blocks(n, has_c, has_r, near, p, f, g, s, low, high);
        for (size_t j = 0; j < n; j++) {
            lanes_store(sums[j].sum, ROW_FORECAST_SUMS, g, s[j]);
        }
    }
    for (size_t j = 0; j < n; j++) {
        forecast_tail(has_c, has_r, p, f->plain[j], sums[j].sum, &low[j], &high[j]);
        sums[j].least = (double)floats_least(low[j]);
        sums[j].most = (double)floats_most(high[j]);
    }
}

#define SHARED_ADD(name, has_c, has_r, near)                                                       \
    static void name(size_t n, const struct shared_points *p, const struct forecast_points *f,     \
                     struct forecast_sums *sums)                                                   \
    {                                                                                              \
        if (n == 0) {                                                                              \
            decoded_add(has_c, has_r, p, f->decoded, sums);                                        \
        } else if (n == 1) {                                                                       \
            forecasts_add(1, has_c, has_r, near, p, f, sums);                                      \
        } else {                                                                                   \
            forecasts_add(IN_STEP, has_c, has_r, near, p, f, sums);                                \
        }                                                                                          \
    }
SHARED_ADD(shared_add, false, false, false)
SHARED_ADD(shared_add_r, false, true, false)
SHARED_ADD(shared_add_c, true, false, false)
SHARED_ADD(shared_add_cr, true, true, false)
SHARED_ADD(shared_add_near, false, false, true)
SHARED_ADD(shared_add_near_r, false, true, true)
SHARED_ADD(shared_add_near_c, true, false, true)
SHARED_ADD(shared_add_near_cr, true, true, true)
#undef SHARED_ADD

/* Sums n plain forecasts, 1 or IN_STEP, or, if n is 0, the decoded one, into sums. */
static void shared_points_add(size_t n, bool near, const struct shared_points *p,
                              const struct forecast_points *f, struct forecast_sums *sums)
{
    static void (*const add[2][2][2])(size_t, const struct shared_points *,
                                      const struct forecast_points *, struct forecast_sums *) = {
        {{shared_add, shared_add_r}, {shared_add_c, shared_add_cr}},
        {{shared_add_near, shared_add_near_r}, {shared_add_near_c, shared_add_near_cr}}};
    add[near][p->c != NULL][p->r != NULL](n, p, f, sums);
}

#endif
