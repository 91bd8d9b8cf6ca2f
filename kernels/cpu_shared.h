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
enum { IN_STEP = VEC_REGISTERS >= 32 ? 2 : 1, SHARED_FIELDS = 3 };

/* Vectors of lanes whose sums of the truth are made at once: with one, each addition would wait for
 * the last one to the same sum. */
enum { TRUTH_VECTORS = VEC_REGISTERS >= 32 ? 4 : 2 };
_Static_assert(LANES % (TRUTH_VECTORS * VEC_LANES) == 0, "whole vectors of lanes");

/* The strip's decoded points; c and r may be NULL. */
struct shared_points {
    const double *o;
    const double *c;
    const double *r;
    size_t n;
};

/* Lines of the next row of a field that all forecasts are held against: those that are asked for
 * while these forecasts are summed. */
struct share {
    uintptr_t from;
    size_t n_lines;
};

/* The same points of forecasts: plain ones, or a single decoded one. Of plain ones is asked for
 * what lies `ahead` bytes further, and, behind the strip's end, another gap further: there a strip
 * begins that is summed soon. If `ahead` is 0 they ask for themselves. */
struct forecast_points {
    const float *plain[IN_STEP];
    size_t gap[IN_STEP];
    size_t ahead;
    struct share shares[SHARED_FIELDS];
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
ALWAYS_INLINE void truth_sums_add(bool has_c, bool has_r, const struct shared_points *p,
                                  struct truth_sums *truth)
{
    const size_t tail = p->n / LANES * LANES;
    for (size_t g = 0; g < LANES; g += TRUTH_VECTORS * VEC_LANES) {
        vec t[TRUTH_VECTORS][TRUTH_SUMS];
        for (size_t v = 0; v < TRUTH_VECTORS; v++) {
            lanes_clear(TRUTH_SUMS, t[v]);
        }
        for (size_t i = g; i < tail; i += LANES) {
            for (size_t v = 0; v < TRUTH_VECTORS; v++) {
                const struct shared_vectors x =
                    shared_load(has_c, has_r, p, i + v * VEC_LANES, VEC_LANES);
                truth_step(has_c, has_r, &x, t[v]);
            }
        }
        for (size_t v = 0; v < TRUTH_VECTORS; v++) {
            const size_t lane = g + v * VEC_LANES;
            const size_t left = lanes_left(p->n - tail, lane);
            const struct shared_vectors x = shared_load(has_c, has_r, p, tail + lane, left);
            truth_step(has_c, has_r, &x, t[v]);
            lanes_store(truth->sum, TRUTH_SUMS, lane, t[v]);
        }
    }
}

#define TRUTH_ADD(name, has_c, has_r)                                                              \
    static void name(const struct shared_points *p, struct truth_sums *truth)                      \
    {                                                                                              \
        truth_sums_add(has_c, has_r, p, truth);                                                    \
    }
TRUTH_ADD(truth_add_o, false, false)
TRUTH_ADD(truth_add_r, false, true)
TRUTH_ADD(truth_add_c, true, false)
TRUTH_ADD(truth_add_cr, true, true)
#undef TRUTH_ADD

static void truth_add(const struct shared_points *p, struct truth_sums *truth)
{
    static void (*const add[2][2])(const struct shared_points *, struct truth_sums *) = {
        {truth_add_o, truth_add_r}, {truth_add_c, truth_add_cr}};
    add[p->c != NULL][p->r != NULL](p, truth);
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

/* The accumulators of a vector of lanes of n plain forecasts, and the extremes of all lanes. */
struct forecast_vectors {
    vec s[IN_STEP][ROW_FORECAST_SUMS];
    struct extremes extremes[IN_STEP];
};

/* Adds the points from i on, one for each lane of the vector. */
ALWAYS_INLINE void forecasts_block(size_t n, bool has_c, bool has_r, const struct shared_points *p,
                                   const struct forecast_points *f, size_t i,
                                   struct forecast_vectors *v)
{
    const struct shared_vectors x = shared_load(has_c, has_r, p, i, VEC_LANES);
    for (size_t j = 0; j < n; j++) {
        shared_step(has_c, has_r, &x, vec_of_floats(f->plain[j] + i), v->s[j]);
    }
}

/* Asks for a line of each forecast, `at` bytes behind the strip's beginning or in the next one. */
ALWAYS_INLINE void forecasts_ask(size_t n, const struct shared_points *p,
                                 const struct forecast_points *f, size_t at)
{
    const bool within = at < p->n * sizeof(float);
    for (size_t j = 0; j < n; j++) {
        ask_line((uintptr_t)f->plain[j] + at + (within ? 0 : f->gap[j]));
    }
}

/* Adds n_blocks blocks, from point i on, of the vector of lanes g, while it asks for a line of each
 * forecast. */
ALWAYS_INLINE void forecasts_line(size_t n, bool has_c, bool has_r, const struct shared_points *p,
                                  const struct forecast_points *f, size_t i, size_t g,
                                  size_t n_blocks, size_t at, struct forecast_vectors *v)
{
    forecasts_block(n, has_c, has_r, p, f, i + g, v);
    forecasts_ask(n, p, f, at);
    for (size_t k = 1; k < n_blocks; k++) {
        forecasts_block(n, has_c, has_r, p, f, i + g + k * LANES, v);
    }
    for (size_t j = 0; j < n; j++) {
        extremes_blocks(f->plain[j] + i, g, n_blocks, &v->extremes[j]);
    }
}

/* Adds the piece's blocks of the vector of lanes g while it asks for lines from `at` on. Returns
 * where it ends. */
ALWAYS_INLINE size_t forecasts_blocks(size_t n, bool has_c, bool has_r,
                                      const struct shared_points *p,
                                      const struct forecast_points *f, struct piece piece, size_t g,
                                      size_t at, struct forecast_vectors *v)
{
    size_t i = piece.first * LANES;
    for (size_t k = 0; k < piece.n / LINE_BLOCKS; k++) {
        forecasts_line(n, has_c, has_r, p, f, i, g, LINE_BLOCKS, at, v);
        i += LINE_BLOCKS * LANES;
        at += LINE_BYTES;
    }
    if (piece.n % LINE_BLOCKS > 0) {
        forecasts_line(n, has_c, has_r, p, f, i, g, piece.n % LINE_BLOCKS, at, v);
        at += LINE_BYTES;
    }
    return at;
}

/* Asks for the vector of lanes g's part of what will be decoded next: few lines at a time. */
ALWAYS_INLINE void shares_ask(const struct forecast_points *f, size_t g)
{
    for (size_t i = 0; i < SHARED_FIELDS; i++) {
        const struct share *share = &f->shares[i];
        const size_t end = share->n_lines * (g + VEC_LANES) / LANES;
        for (size_t k = share->n_lines * g / LANES; k < end; k++) {
            ask_line(share->from + k * LINE_BYTES);
        }
    }
}

/* Adds the points behind the last whole block of a forecast to sums in memory. */
ALWAYS_INLINE void forecast_tail(bool has_c, bool has_r, const struct shared_points *p,
                                 const float *f, double *sums, struct extremes *extremes)
{
    const size_t tail = p->n / LANES * LANES;
    for (size_t g = 0; g < p->n - tail; g += VEC_LANES) {
        const size_t left = lanes_left(p->n - tail, g);
        const struct shared_vectors x = shared_load(has_c, has_r, p, tail + g, left);
        vec s[ROW_FORECAST_SUMS];
        lanes_load(sums, ROW_FORECAST_SUMS, g, s);
        shared_step(has_c, has_r, &x, vec_of_floats_first(f + tail + g, left), s);
        lanes_store(sums, ROW_FORECAST_SUMS, g, s);
    }
    extremes_tail(f + tail, p->n - tail, extremes);
}

/* n plain forecasts, into sums [n]. */
ALWAYS_INLINE void forecasts_add(size_t n, bool has_c, bool has_r, const struct shared_points *p,
                                 const struct forecast_points *f, struct forecast_sums *sums)
{
    struct forecast_vectors v;
    for (size_t j = 0; j < n; j++) {
        v.extremes[j] = extremes_of_none();
    }
    FOR_PIECES(piece, p->n / LANES)
    {
        size_t at = piece_ask(piece, f->ahead);
        FOR_VECTORS(g)
        {
            for (size_t j = 0; j < n; j++) {
                if (piece.first == 0) {
                    lanes_clear(ROW_FORECAST_SUMS, v.s[j]);
                } else {
                    lanes_load(sums[j].sum, ROW_FORECAST_SUMS, g, v.s[j]);
                }
            }
            if (piece.first == 0) {
                shares_ask(f, g);
            }
            at = forecasts_blocks(n, has_c, has_r, p, f, piece, g, at, &v);
            for (size_t j = 0; j < n; j++) {
                lanes_store(sums[j].sum, ROW_FORECAST_SUMS, g, v.s[j]);
            }
        }
    }
    for (size_t k = p->n / LANES * LANES; k < p->n; k += LINE_LANES) {
        forecasts_ask(n, p, f, k * sizeof(float) + f->ahead);
    }
    for (size_t j = 0; j < n; j++) {
        forecast_tail(has_c, has_r, p, f->plain[j], sums[j].sum, &v.extremes[j]);
        sums[j].least = (double)floats_least(v.extremes[j].low);
        sums[j].most = (double)floats_most(v.extremes[j].high);
    }
}

#define SHARED_ADD(name, has_c, has_r)                                                             \
    static void name(size_t n, const struct shared_points *p, const struct forecast_points *f,     \
                     struct forecast_sums *sums)                                                   \
    {                                                                                              \
        if (n == 0) {                                                                              \
            decoded_add(has_c, has_r, p, f->decoded, sums);                                        \
        } else if (n == 1) {                                                                       \
            forecasts_add(1, has_c, has_r, p, f, sums);                                            \
        } else {                                                                                   \
            forecasts_add(IN_STEP, has_c, has_r, p, f, sums);                                      \
        }                                                                                          \
    }
SHARED_ADD(shared_add, false, false)
SHARED_ADD(shared_add_r, false, true)
SHARED_ADD(shared_add_c, true, false)
SHARED_ADD(shared_add_cr, true, true)
#undef SHARED_ADD

/* Sums n plain forecasts, 1 or IN_STEP, or, if n is 0, the decoded one, into sums. */
static void shared_points_add(size_t n, const struct shared_points *p,
                              const struct forecast_points *f, struct forecast_sums *sums)
{
    static void (*const add[2][2])(size_t, const struct shared_points *,
                                   const struct forecast_points *, struct forecast_sums *) = {
        {shared_add, shared_add_r}, {shared_add_c, shared_add_cr}};
    add[p->c != NULL][p->r != NULL](n, p, f, sums);
}

#endif
