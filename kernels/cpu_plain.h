/* SPDX-License-Identifier: MIT
 *
 * A strip of one forecast, its truth, climatology and reference, all of them float32 as they are:
 * summed as if nothing were missing, in one go where they lie.
 */
#ifndef KERNELS_CPU_PLAIN_H
#define KERNELS_CPU_PLAIN_H

#include "cpu_lanes.h"

/* The strip's points; c and r may be NULL. */
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
};

/* A pass over the strip: the groups of sums that are added in it, all where there are registers for
 * all of them; and where what is asked for goes. */
struct groups {
    bool error;
    bool anomaly;
    bool reference;
    bool near;
};

/* The accumulators of a vector of lanes; those of groups that a pass does not add are not touched.
 */
struct plain_vectors {
    vec s[ROW_FORECAST_SUMS];
    vec t[TRUTH_SUMS];
    floats low;
    floats high;
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
    const floats x = floats_load(p->f + i);
    const vec o = vec_of_floats(floats_load(p->o + i));
    const vec c = of.anomaly ? vec_of_floats(floats_load(p->c + i)) : o;
    const vec r = of.reference ? vec_of_floats(floats_load(p->r + i)) : o;
    if (of.error) {
        v->low = floats_min(x, v->low);
        v->high = floats_max(x, v->high);
    }
    plain_step(of, vec_of_floats(x), o, c, r, v->s, v->t);
}

/* Where a pass asks for the next line of each field. */
struct plain_asks {
    const char *f;
    const char *o;
    const char *c;
    const char *r;
};

ALWAYS_INLINE void plain_ask_forecast(struct groups of, struct plain_asks *from, size_t step)
{
    if (of.error) {
        ask(of.near, &from->f, step);
    }
}

ALWAYS_INLINE void plain_ask_others(struct groups of, struct plain_asks *from, size_t step)
{
    if (of.error) {
        ask(of.near, &from->o, step);
    }
    if (of.anomaly) {
        ask(of.near, &from->c, step);
    }
    if (of.reference) {
        ask(of.near, &from->r, step);
    }
}

/* Adds the whole blocks of the vector of lanes g. Two blocks take a line's bytes of each field, so
 * that no line is asked for twice, and not all fields' at once; a block that is left over asks too.
 */
ALWAYS_INLINE void plain_blocks(struct groups of, const struct plain_points *p, size_t g,
                                struct plain_vectors *v)
{
    const size_t n_blocks = p->n / LANES;
    const size_t step = p->next_f.step;
    struct plain_asks from = {
        .f = ask_from(&p->next_f, g, n_blocks),
        .o = ask_from(&p->next_o, g, n_blocks),
        .c = ask_from(&p->next_c, g, n_blocks),
        .r = ask_from(&p->next_r, g, n_blocks),
    };
    size_t i = g;
    for (size_t k = 0; k < n_blocks / 2; k++) {
        plain_block(of, p, i, v);
        plain_ask_forecast(of, &from, 2 * step);
        plain_block(of, p, i + LANES, v);
        plain_ask_others(of, &from, 2 * step);
        i += 2 * LANES;
    }
    if (n_blocks % 2 == 1) {
        plain_block(of, p, i, v);
        plain_ask_forecast(of, &from, step);
        plain_ask_others(of, &from, step);
    }
}

/* Adds the points behind the last whole block to sums in memory: were they added in registers, the
 * loop over the blocks could not keep its own there. */
ALWAYS_INLINE void plain_tail(struct groups of, const struct plain_points *p, double *sums,
                              double *truth, struct plain_vectors *v)
{
    const size_t tail = p->n / LANES * LANES;
    for (size_t g = 0; g < p->n - tail; g += VEC_LANES) {
        const size_t left = lanes_left(p->n - tail, g);
        const size_t i = tail + g;
        const floats x = floats_load_first(p->f + i, left);
        const vec o = vec_of_floats(floats_load_first(p->o + i, left));
        const vec c = of.anomaly ? vec_of_floats(floats_load_first(p->c + i, left)) : o;
        const vec r = of.reference ? vec_of_floats(floats_load_first(p->r + i, left)) : o;
        if (of.error) {
            v->low = floats_min_first(x, v->low, left);
            v->high = floats_max_first(x, v->high, left);
        }
        lanes_load(sums, ROW_FORECAST_SUMS, g, v->s);
        lanes_load(truth, TRUTH_SUMS, g, v->t);
        plain_step(of, vec_of_floats(x), o, c, r, v->s, v->t);
        plain_store(of, sums, truth, g, v);
    }
}

/* Some groups of sums. */
ALWAYS_INLINE void plain_pass(struct groups of, const struct plain_points *p,
                              struct forecast_sums *sums, struct truth_sums *truth)
{
    struct plain_vectors v = {.low = floats_of((float)INFINITY),
                              .high = floats_of(-(float)INFINITY)};
    FOR_VECTORS(g)
    {
        lanes_clear(ROW_FORECAST_SUMS, v.s);
        lanes_clear(TRUTH_SUMS, v.t);
        plain_blocks(of, p, g, &v);
        plain_store(of, sums->sum, truth->sum, g, &v);
    }
    plain_tail(of, p, sums->sum, truth->sum, &v);
    if (of.error) {
        sums->least = (double)floats_least(v.low);
        sums->most = (double)floats_most(v.high);
    }
}

/* All of them: in one pass where there are registers enough, else a group at a time. */
ALWAYS_INLINE void plain_add(bool has_c, bool has_r, bool near, const struct plain_points *p,
                             struct forecast_sums *sums, struct truth_sums *truth)
{
    if (VEC_REGISTERS >= 32) {
        plain_pass((struct groups){true, has_c, has_r, near}, p, sums, truth);
        return;
    }
    plain_pass((struct groups){true, false, false, near}, p, sums, truth);
    if (has_c) {
        plain_pass((struct groups){false, true, false, near}, p, sums, truth);
    }
    if (has_r) {
        plain_pass((struct groups){false, false, true, near}, p, sums, truth);
    }
}

#define PLAIN_ADD(name, has_c, has_r)                                                              \
    static void name(bool near, const struct plain_points *p, struct forecast_sums *sums,          \
                     struct truth_sums *truth)                                                     \
    {                                                                                              \
        if (near) {                                                                                \
            plain_add(has_c, has_r, true, p, sums, truth);                                         \
        } else {                                                                                   \
            plain_add(has_c, has_r, false, p, sums, truth);                                        \
        }                                                                                          \
    }
PLAIN_ADD(plain_add_o, false, false)
PLAIN_ADD(plain_add_r, false, true)
PLAIN_ADD(plain_add_c, true, false)
PLAIN_ADD(plain_add_cr, true, true)
#undef PLAIN_ADD

/* Sums the strip. Sums of groups that it does not have stay as they are. */
static void plain_points_add(bool near, const struct plain_points *p, struct forecast_sums *sums,
                             struct truth_sums *truth)
{
    static void (*const add[2][2])(bool, const struct plain_points *, struct forecast_sums *,
                                   struct truth_sums *) = {{plain_add_o, plain_add_r},
                                                           {plain_add_c, plain_add_cr}};
    add[p->c != NULL][p->r != NULL](near, p, sums, truth);
}

#endif
