/* SPDX-License-Identifier: MIT
 *
 * A strip of one forecast, its truth, climatology and reference, all of them float32 as they are:
 * summed as if nothing were missing, where they lie.
 */
#ifndef KERNELS_CPU_PLAIN_H
#define KERNELS_CPU_PLAIN_H

#include "cpu_lanes.h"

/* The strip's points; c and r may be NULL. While they are summed, what lies `ahead` bytes further
 * is asked for, and, behind the strip's end, another `gap` bytes further: there its next row
 * begins. If `ahead` is 0 they ask for themselves, which costs next to nothing. */
struct plain_points {
    const float *f;
    const float *o;
    const float *c;
    const float *r;
    size_t n;
    size_t ahead;
    size_t gap;
};

/* The groups of sums that a pass over a piece adds: all where there are registers for all of them.
 */
struct groups {
    bool error;
    bool anomaly;
    bool reference;
};

/* The accumulators of a vector of lanes, those of groups that a pass does not add untouched; and
 * the extremes of all lanes. */
struct plain_vectors {
    vec s[ROW_FORECAST_SUMS];
    vec t[TRUTH_SUMS];
    struct extremes extremes;
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

ALWAYS_INLINE void plain_load(const double *sums, const double *truth, size_t g,
                              struct plain_vectors *v)
{
    lanes_load(sums, ROW_FORECAST_SUMS, g, v->s);
    lanes_load(truth, TRUTH_SUMS, g, v->t);
}

ALWAYS_INLINE void plain_store(struct groups of, double *sums, double *truth, size_t g,
                               const struct plain_vectors *v)
{
    if (of.error) {
        lanes_store(sums, ERROR_SUMS, g, v->s);
        lanes_store(truth, TRUTH_GROUP_SUMS, g, v->t);
    }
    if (of.anomaly) {
        lanes_store(sums + ROW_ANOMALY_A * LANES, ANOMALY_SUMS, g, v->s + ROW_ANOMALY_A);
        lanes_store(truth + TRUTH_B * LANES, TRUTH_GROUP_SUMS, g, v->t + TRUTH_B);
    }
    if (of.reference) {
        lanes_store(sums + ROW_REFERENCE_FR2 * LANES, REFERENCE_SUMS, g, v->s + ROW_REFERENCE_FR2);
        lanes_store(truth + TRUTH_RO * LANES, TRUTH_GROUP_SUMS, g, v->t + TRUTH_RO);
    }
}

/* Adds the points from i on, one for each lane of the vector. */
ALWAYS_INLINE void plain_block(struct groups of, const struct plain_points *p, size_t i,
                               struct plain_vectors *v)
{
    const vec f = vec_of_floats(p->f + i);
    const vec o = vec_of_floats(p->o + i);
    const vec c = of.anomaly ? vec_of_floats(p->c + i) : o;
    const vec r = of.reference ? vec_of_floats(p->r + i) : o;
    plain_step(of, f, o, c, r, v->s, v->t);
}

/* Where the line is that lies `at` bytes behind the strip's beginning, or in its next row. */
ALWAYS_INLINE size_t plain_place(const struct plain_points *p, size_t at)
{
    return at < p->n * sizeof(float) ? at : at + p->gap;
}

/* Asks for the lines there: the forecast's, and the others'. Not all at once, or the sums wait. */
ALWAYS_INLINE void plain_ask_forecast(struct groups of, const struct plain_points *p, size_t at)
{
    if (of.error) {
        ask_line((uintptr_t)p->f + at);
    }
}

ALWAYS_INLINE void plain_ask_others(struct groups of, const struct plain_points *p, size_t at)
{
    if (of.error) {
        ask_line((uintptr_t)p->o + at);
    }
    if (of.anomaly) {
        ask_line((uintptr_t)p->c + at);
    }
    if (of.reference) {
        ask_line((uintptr_t)p->r + at);
    }
}

/* Adds n blocks, from point i on, of the vector of lanes g, while it asks for a line of each field.
 */
ALWAYS_INLINE void plain_line(struct groups of, const struct plain_points *p, size_t i, size_t g,
                              size_t n, size_t at, struct plain_vectors *v)
{
    const size_t line = plain_place(p, at);
    plain_block(of, p, i + g, v);
    plain_ask_forecast(of, p, line);
    for (size_t k = 1; k < n; k++) {
        plain_block(of, p, i + g + k * LANES, v);
    }
    if (of.error) {
        extremes_blocks(p->f + i, g, n, &v->extremes);
    }
    plain_ask_others(of, p, line);
}

/* Adds the piece's blocks of the vector of lanes g while it asks for lines from `at` on. Returns
 * where it ends. */
ALWAYS_INLINE size_t plain_blocks(struct groups of, const struct plain_points *p,
                                  struct piece piece, size_t g, size_t at, struct plain_vectors *v)
{
    size_t i = piece.first * LANES;
    for (size_t k = 0; k < piece.n / LINE_BLOCKS; k++) {
        plain_line(of, p, i, g, LINE_BLOCKS, at, v);
        i += LINE_BLOCKS * LANES;
        at += LINE_BYTES;
    }
    if (piece.n % LINE_BLOCKS > 0) {
        plain_line(of, p, i, g, piece.n % LINE_BLOCKS, at, v);
        at += LINE_BYTES;
    }
    return at;
}

/* Adds the points behind the last whole block to sums in memory: were they added in registers, the
 * loop over the blocks could not keep its own there. */
ALWAYS_INLINE void plain_tail(struct groups of, const struct plain_points *p, double *sums,
                              double *truth, struct plain_vectors *v)
{
    const size_t tail = p->n / LANES * LANES;
    for (size_t k = tail; k < p->n; k += LINE_LANES) {
        const size_t line = plain_place(p, k * sizeof(float) + p->ahead);
        plain_ask_forecast(of, p, line);
        plain_ask_others(of, p, line);
    }
    for (size_t g = 0; g < p->n - tail; g += VEC_LANES) {
        const size_t left = lanes_left(p->n - tail, g);
        const size_t i = tail + g;
        const vec f = vec_of_floats_first(p->f + i, left);
        const vec o = vec_of_floats_first(p->o + i, left);
        const vec c = of.anomaly ? vec_of_floats_first(p->c + i, left) : o;
        const vec r = of.reference ? vec_of_floats_first(p->r + i, left) : o;
        plain_load(sums, truth, g, v);
        plain_step(of, f, o, c, r, v->s, v->t);
        plain_store(of, sums, truth, g, v);
    }
    extremes_tail(p->f + tail, p->n - tail, &v->extremes);
}

/* Some groups of sums of a piece. */
ALWAYS_INLINE void plain_pass(struct groups of, const struct plain_points *p, struct piece piece,
                              double *sums, double *truth, struct plain_vectors *v)
{
    size_t at = piece_ask(piece, p->ahead);
    FOR_VECTORS(g)
    {
        if (piece.first == 0) {
            lanes_clear(ROW_FORECAST_SUMS, v->s);
            lanes_clear(TRUTH_SUMS, v->t);
        } else {
            plain_load(sums, truth, g, v);
        }
        at = plain_blocks(of, p, piece, g, at, v);
        plain_store(of, sums, truth, g, v);
    }
}

/* Some groups of sums, or, where there are registers enough, all of them. */
ALWAYS_INLINE void plain_add(bool has_c, bool has_r, const struct plain_points *p,
                             struct forecast_sums *sums, struct truth_sums *truth)
{
    const bool at_once = VEC_REGISTERS >= 32;
    const struct groups passes[] = {
        {true, at_once && has_c, at_once && has_r}, {false, has_c, false}, {false, false, has_r}};
    struct plain_vectors v = {.extremes = extremes_of_none()};
    FOR_PIECES(piece, p->n / LANES)
    {
        plain_pass(passes[0], p, piece, sums->sum, truth->sum, &v);
        if (!at_once && has_c) {
            plain_pass(passes[1], p, piece, sums->sum, truth->sum, &v);
        }
        if (!at_once && has_r) {
            plain_pass(passes[2], p, piece, sums->sum, truth->sum, &v);
        }
    }
    plain_tail((struct groups){true, has_c, has_r}, p, sums->sum, truth->sum, &v);
    sums->least = (double)floats_least(v.extremes.low);
    sums->most = (double)floats_most(v.extremes.high);
}

#define PLAIN_ADD(name, has_c, has_r)                                                              \
    static void name(const struct plain_points *p, struct forecast_sums *sums,                     \
                     struct truth_sums *truth)                                                     \
    {                                                                                              \
        plain_add(has_c, has_r, p, sums, truth);                                                   \
    }
PLAIN_ADD(plain_add_o, false, false)
PLAIN_ADD(plain_add_r, false, true)
PLAIN_ADD(plain_add_c, true, false)
PLAIN_ADD(plain_add_cr, true, true)
#undef PLAIN_ADD

/* Sums the strip. Sums of groups that it does not have stay as they are. */
static void plain_points_add(const struct plain_points *p, struct forecast_sums *sums,
                             struct truth_sums *truth)
{
    static void (*const add[2][2])(const struct plain_points *, struct forecast_sums *,
                                   struct truth_sums *) = {{plain_add_o, plain_add_r},
                                                           {plain_add_c, plain_add_cr}};
    add[p->c != NULL][p->r != NULL](p, sums, truth);
}

#endif
