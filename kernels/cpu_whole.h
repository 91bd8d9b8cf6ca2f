/* SPDX-License-Identifier: MIT
 *
 * Sums over segments as if nothing were missing. The sums that only the truth has a say in are made
 * once for all forecasts.
 *
 * A vector is VEC_LANES neighbouring lanes; their points lie 32 apart. So the lanes are taken a
 * vector at a time over the whole segment, with every accumulator in a register.
 *
 * Meanwhile the memory is asked for what will be summed next, evenly: asked for all at once it
 * would make the sums wait, and the hardware's own prefetching ends at every page.
 */
#ifndef KERNELS_CPU_WHOLE_H
#define KERNELS_CPU_WHOLE_H

#include <stdbool.h>
#include <stddef.h>

#include "cpu_segment.h"
#include "cpu_vector.h"

/* What truth, climatology and reference alone have a say in: [TRUTH_SUMS][LANES].
 */
enum truth_sum {
    TRUTH_O,
    TRUTH_O2,
    TRUTH_B,
    TRUTH_B2,
    TRUTH_RO,
    TRUTH_RO2,
    TRUTH_SUMS = 8 /* two of them stay 0: eight merge at a time */
};

struct truth_sums {
    _Alignas(64) double sum[TRUTH_SUMS * LANES];
};

/* What a forecast adds to that: [ROW_FORECAST_SUMS][LANES]. */
struct forecast_sums {
    _Alignas(64) double sum[ROW_FORECAST_SUMS * LANES];
    _Alignas(64) float low[VEC_LANES]; /* of plain float32 */
    float high[VEC_LANES];
    double least; /* of all else */
    double most;
};

#define FOR_VECTORS(g) for (size_t g = 0; g < LANES; g += VEC_LANES)
#define FOR_BLOCKS(k, n_blocks) for (size_t k = 0; k < (n_blocks)*LANES; k += LANES)
#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* The sums so far: zeros before the first segment of a strip. */
ALWAYS_INLINE void lanes_load(bool first, const double *sum, size_t n, size_t g, vec *s)
{
    for (size_t i = 0; i < n; i++) {
        s[i] = first ? vec_of(0.0) : vec_load(sum + i * LANES + g);
    }
}

ALWAYS_INLINE void lanes_store(double *sum, size_t n, size_t g, const vec *s)
{
    for (size_t i = 0; i < n; i++) {
        vec_store(sum + i * LANES + g, s[i]);
    }
}

/* Memory to ask for while a segment is summed: `step` bytes further in each step, of which every
 * vector of lanes takes n_blocks. */
struct ask {
    const char *from;
    size_t step;
};

ALWAYS_INLINE const char *ask_from(const struct ask *next, size_t g, size_t n_blocks)
{
    return next->from + g / VEC_LANES * n_blocks * next->step;
}

/* Asks for a line, as far as the second-level cache, and moves on. */
ALWAYS_INLINE void ask(const char **from, size_t step)
{
    __builtin_prefetch(*from, 0, 2);
    *from += step;
}

/* How many of n points left fall to the vector of lanes g. */
ALWAYS_INLINE size_t lanes_left(size_t n, size_t g)
{
    return n <= g ? 0 : n - g < VEC_LANES ? n - g : VEC_LANES;
}

/* Points of plain float32 fields where they lie; c and r may be NULL. */
struct plain_points {
    const float *f;
    const float *o;
    const float *c;
    const float *r;
    struct ask next_f;
    struct ask next_o;
    struct ask next_c;
    struct ask next_r;
    size_t n;
    bool first; /* of their strip */
};

/* The groups of sums that are added in one pass: all where there are registers for all of them. */
struct groups {
    bool error;
    bool anomaly;
    bool reference;
};

/* What a vector of points adds. */
ALWAYS_INLINE void plain_step(struct groups of, vec f, vec o, vec c, vec r, vec *s, vec *t)
{
    if (of.error) {
        vec_error(f, o, &s[ROW_ERROR_D], &s[ROW_ERROR_D2], &s[ROW_ERROR_ABS_D], &s[ROW_ERROR_OD]);
        vec_value(o, &t[TRUTH_O], &t[TRUTH_O2]);
    }
    if (of.anomaly) {
        const vec b = vec_sub(o, c);
        vec_anomaly(vec_sub(f, c), b, &s[ROW_ANOMALY_A], &s[ROW_ANOMALY_A2], &s[ROW_ANOMALY_AB]);
        vec_value(b, &t[TRUTH_B], &t[TRUTH_B2]);
    }
    if (of.reference) {
        vec_square(vec_sub(f, r), &s[ROW_REFERENCE_FR2]);
        vec_value(vec_sub(r, o), &t[TRUTH_RO], &t[TRUTH_RO2]);
    }
}

/* Adds the whole blocks of a vector of lanes g. */
ALWAYS_INLINE void plain_blocks(struct groups of, const struct plain_points *p, size_t g, vec *s,
                                vec *t, floats *low, floats *high)
{
    const size_t n_blocks = p->n / LANES;
    const size_t step = p->next_f.step;
    const char *ask_f = ask_from(&p->next_f, g, n_blocks);
    const char *ask_o = ask_from(&p->next_o, g, n_blocks);
    const char *ask_c = ask_from(&p->next_c, g, n_blocks);
    const char *ask_r = ask_from(&p->next_r, g, n_blocks);
    FOR_BLOCKS(k, n_blocks)
    {
        const floats x = floats_load(p->f + k + g);
        const vec o = vec_of_floats(floats_load(p->o + k + g));
        const vec c = of.anomaly ? vec_of_floats(floats_load(p->c + k + g)) : o;
        const vec r = of.reference ? vec_of_floats(floats_load(p->r + k + g)) : o;
        if (of.error) {
            ask(&ask_f, step);
            ask(&ask_o, step);
            *low = floats_min(x, *low);
            *high = floats_max(x, *high);
        }
        if (of.anomaly) {
            ask(&ask_c, step);
        }
        if (of.reference) {
            ask(&ask_r, step);
        }
        plain_step(of, vec_of_floats(x), o, c, r, s, t);
    }
}

/* Adds the points behind the last whole block that fall to a vector of lanes g. */
ALWAYS_INLINE void plain_tail(struct groups of, const struct plain_points *p, size_t g, vec *s,
                              vec *t, floats *low, floats *high)
{
    const size_t tail = p->n / LANES * LANES;
    const size_t left = lanes_left(p->n - tail, g);
    if (left > 0) {
        const floats x = floats_load_first(p->f + tail + g, left);
        const vec o = vec_of_floats(floats_load_first(p->o + tail + g, left));
        const vec c = of.anomaly ? vec_of_floats(floats_load_first(p->c + tail + g, left)) : o;
        const vec r = of.reference ? vec_of_floats(floats_load_first(p->r + tail + g, left)) : o;
        *low = floats_min_first(x, *low, left);
        *high = floats_max_first(x, *high, left);
        plain_step(of, vec_of_floats(x), o, c, r, s, t);
    }
}

/* A forecast, its truth, climatology and reference in one go. */
ALWAYS_INLINE void plain_add(bool has_c, bool has_r, const struct plain_points *p,
                             struct forecast_sums *sums, double *truth_sums)
{
    const bool in_one = VEC_REGISTERS >= 32;
    const struct groups all = {true, has_c, has_r};
    floats low = floats_load(sums->low);
    floats high = floats_load(sums->high);
    FOR_VECTORS(g)
    {
        vec s[ROW_FORECAST_SUMS];
        vec t[TRUTH_SUMS];
        lanes_load(p->first, sums->sum, ROW_FORECAST_SUMS, g, s);
        lanes_load(p->first, truth_sums, TRUTH_SUMS, g, t);
        if (in_one) {
            plain_blocks(all, p, g, s, t, &low, &high);
        } else {
            plain_blocks((struct groups){true, false, false}, p, g, s, t, &low, &high);
        }
        if (!in_one && has_c) {
            plain_blocks((struct groups){false, true, false}, p, g, s, t, &low, &high);
        }
        if (!in_one && has_r) {
            plain_blocks((struct groups){false, false, true}, p, g, s, t, &low, &high);
        }
        plain_tail(all, p, g, s, t, &low, &high);
        lanes_store(sums->sum, ROW_FORECAST_SUMS, g, s);
        lanes_store(truth_sums, TRUTH_SUMS, g, t);
    }
    floats_store(sums->low, low);
    floats_store(sums->high, high);
}

static void plain_points_add(const struct plain_points *p, struct forecast_sums *s,
                             struct truth_sums *truth)
{
    if (p->c != NULL && p->r != NULL) {
        plain_add(true, true, p, s, truth->sum);
    } else if (p->c != NULL) {
        plain_add(true, false, p, s, truth->sum);
    } else if (p->r != NULL) {
        plain_add(false, true, p, s, truth->sum);
    } else {
        plain_add(false, false, p, s, truth->sum);
    }
}

/* The truth's own sums, of a decoded segment. */
static void truth_add(bool first, const struct segment *s, struct truth_sums *truth)
{
    FOR_VECTORS(g)
    {
        vec t[TRUTH_SUMS];
        lanes_load(first, truth->sum, TRUTH_SUMS, g, t);
        FOR_BLOCKS(k, s->n_blocks)
        {
            const vec o = vec_load(s->o + k + g);
            vec_value(o, &t[TRUTH_O], &t[TRUTH_O2]);
            if (s->has_c) {
                vec_value(vec_load(s->b + k + g), &t[TRUTH_B], &t[TRUTH_B2]);
            }
            if (s->has_r) {
                vec_value(vec_sub(vec_load(s->r + k + g), o), &t[TRUTH_RO], &t[TRUTH_RO2]);
            }
        }
        lanes_store(truth->sum, TRUTH_SUMS, g, t);
    }
}

/* A decoded segment, and a forecast: plain float32 at `plain`, or, where that is NULL, decoded in
 * the segment. */
struct shared_points {
    const struct segment *segment;
    const float *plain;
    struct ask next;
    struct ask next_shared;
    bool first; /* of their strip */
};

/* What a forecast's vector f at point i of the segment adds. */
ALWAYS_INLINE void shared_step(bool has_c, bool has_r, const struct segment *segment, size_t i,
                               vec f, vec *s)
{
    vec_error(f, vec_load(segment->o + i), &s[ROW_ERROR_D], &s[ROW_ERROR_D2], &s[ROW_ERROR_ABS_D],
              &s[ROW_ERROR_OD]);
    if (has_c) {
        vec_anomaly(vec_sub(f, vec_load(segment->c + i)), vec_load(segment->b + i),
                    &s[ROW_ANOMALY_A], &s[ROW_ANOMALY_A2], &s[ROW_ANOMALY_AB]);
    }
    if (has_r) {
        vec_square(vec_sub(f, vec_load(segment->r + i)), &s[ROW_REFERENCE_FR2]);
    }
}

/* A forecast against decoded fields. */
ALWAYS_INLINE void shared_add(bool is_plain, bool has_c, bool has_r, const struct shared_points *p,
                              struct forecast_sums *sums)
{
    const struct segment *segment = p->segment;
    const size_t n_blocks = is_plain ? segment->n / LANES : segment->n_blocks;
    const size_t tail = n_blocks * LANES;
    const size_t step = p->next.step;
    const size_t step_shared = p->next_shared.step;
    floats low = floats_load(sums->low);
    floats high = floats_load(sums->high);
    FOR_VECTORS(g)
    {
        vec s[ROW_FORECAST_SUMS];
        const char *ask_f = ask_from(&p->next, g, n_blocks);
        const char *ask_s = ask_from(&p->next_shared, g, n_blocks);
        lanes_load(p->first, sums->sum, ROW_FORECAST_SUMS, g, s);
        FOR_BLOCKS(k, n_blocks)
        {
            if (is_plain) {
                const floats x = floats_load(p->plain + k + g);
                ask(&ask_f, step);
                ask(&ask_s, step_shared);
                low = floats_min(x, low);
                high = floats_max(x, high);
                shared_step(has_c, has_r, segment, k + g, vec_of_floats(x), s);
            } else {
                shared_step(has_c, has_r, segment, k + g, vec_load(segment->f + k + g), s);
            }
        }
        const size_t left = is_plain ? lanes_left(segment->n - tail, g) : 0;
        if (left > 0) {
            const floats x = floats_load_first(p->plain + tail + g, left);
            low = floats_min_first(x, low, left);
            high = floats_max_first(x, high, left);
            shared_step(has_c, has_r, segment, tail + g, vec_of_floats(x), s);
        }
        lanes_store(sums->sum, ROW_FORECAST_SUMS, g, s);
    }
    floats_store(sums->low, low);
    floats_store(sums->high, high);
}

#define SHARED_ADD(name, is_plain, has_c, has_r)                                                   \
    static void name(const struct shared_points *p, struct forecast_sums *sums)                    \
    {                                                                                              \
        shared_add(is_plain, has_c, has_r, p, sums);                                               \
    }
SHARED_ADD(shared_add_decoded, false, false, false)
SHARED_ADD(shared_add_decoded_r, false, false, true)
SHARED_ADD(shared_add_decoded_c, false, true, false)
SHARED_ADD(shared_add_decoded_cr, false, true, true)
SHARED_ADD(shared_add_plain, true, false, false)
SHARED_ADD(shared_add_plain_r, true, false, true)
SHARED_ADD(shared_add_plain_c, true, true, false)
SHARED_ADD(shared_add_plain_cr, true, true, true)
#undef SHARED_ADD

/* shared_add with what it is told made constant. */
static void shared_points_add(const struct shared_points *p, struct forecast_sums *sums)
{
    static void (*const add[2][2][2])(const struct shared_points *, struct forecast_sums *) = {
        {{shared_add_decoded, shared_add_decoded_r}, {shared_add_decoded_c, shared_add_decoded_cr}},
        {{shared_add_plain, shared_add_plain_r}, {shared_add_plain_c, shared_add_plain_cr}},
    };
    add[p->plain != NULL][p->segment->has_c][p->segment->has_r](p, sums);
}

/* Adds the extremes of n decoded values. Several chains, or each value would wait for the one
 * before it. */
static void extremes_add(const double *x, size_t n, struct forecast_sums *sums)
{
    enum { CHAINS = 4, STEP = CHAINS * VEC_LANES };
    vec low[CHAINS];
    vec high[CHAINS];
    double lows[VEC_LANES];
    double highs[VEC_LANES];
    size_t i = 0;
    for (size_t k = 0; k < CHAINS; k++) {
        low[k] = vec_of(sums->least);
        high[k] = vec_of(sums->most);
    }
    for (; i + STEP <= n; i += STEP) {
        for (size_t k = 0; k < CHAINS; k++) {
            const vec v = vec_load(x + i + k * VEC_LANES);
            low[k] = vec_min(v, low[k]);
            high[k] = vec_max(v, high[k]);
        }
    }
    vec_store(lows, vec_min(vec_min(low[0], low[1]), vec_min(low[2], low[3])));
    vec_store(highs, vec_max(vec_max(high[0], high[1]), vec_max(high[2], high[3])));
    for (size_t l = 0; l < VEC_LANES; l++) {
        sums->least = lows[l] < sums->least ? lows[l] : sums->least;
        sums->most = highs[l] > sums->most ? highs[l] : sums->most;
    }
    for (; i < n; i++) {
        sums->least = x[i] < sums->least ? x[i] : sums->least;
        sums->most = x[i] > sums->most ? x[i] : sums->most;
    }
}

/* Forgets the extremes of plain values that were not merged. */
static void extremes_forget(struct forecast_sums *sums)
{
    for (size_t l = 0; l < VEC_LANES; l++) {
        sums->low[l] = (float)INFINITY;
        sums->high[l] = -(float)INFINITY;
    }
}

static void extremes_init(struct forecast_sums *sums)
{
    sums->least = (double)INFINITY;
    sums->most = -(double)INFINITY;
    extremes_forget(sums);
}

/* Merges the extremes of plain values, which are forgotten, into those of all. */
static void extremes_merge(struct forecast_sums *sums)
{
    for (size_t half = VEC_LANES / 2; half > 0; half /= 2) {
        for (size_t l = 0; l < half; l++) {
            sums->low[l] = sums->low[l + half] < sums->low[l] ? sums->low[l + half] : sums->low[l];
            sums->high[l] =
                sums->high[l + half] > sums->high[l] ? sums->high[l + half] : sums->high[l];
        }
    }
    const double low = (double)sums->low[0];
    const double high = (double)sums->high[0];
    sums->least = low < sums->least ? low : sums->least;
    sums->most = high > sums->most ? high : sums->most;
    extremes_forget(sums);
}

#endif
