/* SPDX-License-Identifier: MIT
 *
 * Row sums on the CPU, in the order of moments.h. Compiled once for each instruction set
 * (cpu_vector.h) under the name CPU_ROWS.
 *
 * A row is taken in blocks that stay in the first-level cache as float64: the truth and its
 * companions are decoded once for all forecasts of the tile. A row is summed as if nothing were
 * missing, with the sums that only the truth has a say in made once; if then a sum of a forecast is
 * not finite, its row is summed again with masks. Both ways give the same bits where nothing is
 * missing.
 *
 * Invariant: lane l of every accumulator takes the points l, l + 32, ...: a vector is VEC_LANES
 * neighbouring lanes, and what is left of a row behind its last 32 points goes lane by lane.
 */
#include "cpu_rows.h"

#include <stdbool.h>
#include <string.h>

#include "cpu_block.h"
#include "cpu_vector.h"

#define MOMENTS_REAL vec
#define MOMENTS_TERM(name) vec_##name
#define MOMENTS_ADD vec_add
#define MOMENTS_SUB vec_sub
#define MOMENTS_FMA vec_fma
#define MOMENTS_ABS vec_abs
#include "moments_terms.h"

enum { LANES = MOMENTS_LANES, TOGETHER = 8 };

typedef double lanes[LANES];

/* ---- Whole rows: nothing missing ---- */

/* What only truth, climatology and reference have a say in. */
struct truth_sums {
    _Alignas(64) lanes o1;
    lanes o2;
    lanes b1;
    lanes b2;
    lanes ro1;
    lanes ro2;
};

/* What a forecast adds to that. */
struct forecast_sums {
    _Alignas(64) lanes d1;
    lanes d2;
    lanes abs_d;
    lanes od;
    lanes a1;
    lanes a2;
    lanes ab;
    lanes fr2;
    lanes low;
    lanes high;
};

/* Runs `body` for every group of lanes g, and in it for every 32 points k of the whole ones. */
#define FOR_VECTORS(g) for (size_t g = 0; g < LANES; g += VEC_LANES)
#define FOR_POINTS(k, b) for (size_t k = 0; k + LANES <= (b)->n; k += LANES)
#define TAIL(b) ((b)->n / LANES * LANES)

/* The sums of x - y (or of x where y is NULL) and of its square; next is the field whose next row
 * is asked for meanwhile. */
static void value_add(const struct block *restrict b, const double *restrict x,
                      const double *restrict y, const struct next_row *next, double *restrict x1,
                      double *restrict x2)
{
    FOR_VECTORS(g)
    {
        vec s1 = vec_load(x1 + g);
        vec s2 = vec_load(x2 + g);
        const bool asks = next_row_asks(next, g);
        FOR_POINTS(k, b)
        {
            if (asks) {
                next_row_ask(next, k + g);
            }
            const vec u = vec_load(x + k + g);
            vec_value(y != NULL ? vec_sub(u, vec_load(y + k + g)) : u, &s1, &s2);
        }
        vec_store(x1 + g, s1);
        vec_store(x2 + g, s2);
    }
    for (size_t i = TAIL(b), l = 0; i < b->n; i++, l++) {
        moments_value(y != NULL ? x[i] - y[i] : x[i], &x1[l], &x2[l]);
    }
}

static void truth_add(const struct block *b, struct truth_sums *s)
{
    value_add(b, b->o, NULL, &b->next_o, s->o1, s->o2);
    if (b->has_c) {
        value_add(b, b->o, b->c, &b->next_c, s->b1, s->b2);
    }
    if (b->has_r) {
        value_add(b, b->r, b->o, &b->next_r, s->ro1, s->ro2);
    }
}

static void error_add(const struct block *restrict b, struct forecast_sums *restrict s)
{
    FOR_VECTORS(g)
    {
        vec d1 = vec_load(s->d1 + g);
        vec d2 = vec_load(s->d2 + g);
        vec abs_d = vec_load(s->abs_d + g);
        vec od = vec_load(s->od + g);
        vec low = vec_load(s->low + g);
        vec high = vec_load(s->high + g);
        const bool asks = next_row_asks(&b->next_f, g);
        FOR_POINTS(k, b)
        {
            if (asks) {
                next_row_ask(&b->next_f, k + g);
            }
            const vec f = vec_load(b->f + k + g);
            vec_error(f, vec_load(b->o + k + g), &d1, &d2, &abs_d, &od);
            low = vec_min(f, low);
            high = vec_max(f, high);
        }
        vec_store(s->d1 + g, d1);
        vec_store(s->d2 + g, d2);
        vec_store(s->abs_d + g, abs_d);
        vec_store(s->od + g, od);
        vec_store(s->low + g, low);
        vec_store(s->high + g, high);
    }
    for (size_t i = TAIL(b), l = 0; i < b->n; i++, l++) {
        moments_error(b->f[i], b->o[i], &s->d1[l], &s->d2[l], &s->abs_d[l], &s->od[l]);
        s->low[l] = b->f[i] < s->low[l] ? b->f[i] : s->low[l];
        s->high[l] = b->f[i] > s->high[l] ? b->f[i] : s->high[l];
    }
}

static void anomaly_add(const struct block *restrict b, struct forecast_sums *restrict s)
{
    FOR_VECTORS(g)
    {
        vec a1 = vec_load(s->a1 + g);
        vec a2 = vec_load(s->a2 + g);
        vec ab = vec_load(s->ab + g);
        FOR_POINTS(k, b)
        {
            vec_anomaly(vec_load(b->f + k + g), vec_load(b->o + k + g), vec_load(b->c + k + g), &a1,
                        &a2, &ab);
        }
        vec_store(s->a1 + g, a1);
        vec_store(s->a2 + g, a2);
        vec_store(s->ab + g, ab);
    }
    for (size_t i = TAIL(b), l = 0; i < b->n; i++, l++) {
        moments_anomaly(b->f[i], b->o[i], b->c[i], &s->a1[l], &s->a2[l], &s->ab[l]);
    }
}

static void reference_add(const struct block *restrict b, struct forecast_sums *restrict s)
{
    FOR_VECTORS(g)
    {
        vec fr2 = vec_load(s->fr2 + g);
        FOR_POINTS(k, b)
        {
            vec_square(vec_load(b->f + k + g), vec_load(b->r + k + g), &fr2);
        }
        vec_store(s->fr2 + g, fr2);
    }
    for (size_t i = TAIL(b), l = 0; i < b->n; i++, l++) {
        moments_square(b->f[i], b->r[i], &s->fr2[l]);
    }
}

static void forecast_add(const struct block *b, struct forecast_sums *s)
{
    error_add(b, s);
    if (b->has_c) {
        anomaly_add(b, s);
    }
    if (b->has_r) {
        reference_add(b, s);
    }
}

static void lanes_set(double *s, double value)
{
    for (size_t l = 0; l < LANES; l++) {
        s[l] = value;
    }
}

/* The least (sign 1) or greatest (sign -1) of the lanes, +0.0 for either zero. */
static double lanes_extreme(const double *s, double sign)
{
    double extreme = s[0];
    for (size_t l = 1; l < LANES; l++) {
        extreme = sign * s[l] < sign * extreme ? s[l] : extreme;
    }
    return extreme + 0.0;
}

/* Merges the truth's sums into out; they stay 0 for a climatology or reference that is not there.
 */
static void truth_merge(struct truth_sums *s, size_t n, bool has_c, bool has_r, double *out)
{
    memset(out, 0, ROW_COUNT * sizeof *out);
    out[ROW_ERROR_N] = (double)n;
    out[ROW_ERROR_O] = moments_merge(s->o1);
    out[ROW_ERROR_O2] = moments_merge(s->o2);
    if (has_c) {
        out[ROW_ANOMALY_N] = out[ROW_TRUTH_CLIMATOLOGY_N] = (double)n;
        out[ROW_ANOMALY_B] = out[ROW_TRUTH_CLIMATOLOGY_B] = moments_merge(s->b1);
        out[ROW_ANOMALY_B2] = out[ROW_TRUTH_CLIMATOLOGY_B2] = moments_merge(s->b2);
    }
    if (has_r) {
        out[ROW_REFERENCE_N] = out[ROW_TRUTH_REFERENCE_N] = (double)n;
        out[ROW_TRUTH_REFERENCE_RO] = moments_merge(s->ro1);
        out[ROW_REFERENCE_RO2] = out[ROW_TRUTH_REFERENCE_RO2] = moments_merge(s->ro2);
    }
}

/* Completes out, which holds the truth's sums, by a forecast's. False if a sum is not finite: then
 * something may be missing. */
static bool forecast_merge(struct forecast_sums *s, bool has_c, bool has_r, double *out)
{
    bool finite = true;
    out[ROW_ERROR_D] = moments_merge(s->d1);
    out[ROW_ERROR_D2] = moments_merge(s->d2);
    out[ROW_ERROR_ABS_D] = moments_merge(s->abs_d);
    out[ROW_ERROR_OD] = moments_merge(s->od);
    if (has_c) {
        out[ROW_ANOMALY_A] = moments_merge(s->a1);
        out[ROW_ANOMALY_A2] = moments_merge(s->a2);
        out[ROW_ANOMALY_AB] = moments_merge(s->ab);
    }
    if (has_r) { /* over the same points, so the same sums of d */
        out[ROW_REFERENCE_D] = out[ROW_ERROR_D];
        out[ROW_REFERENCE_D2] = out[ROW_ERROR_D2];
        out[ROW_REFERENCE_FR2] = moments_merge(s->fr2);
    }
    out[ROW_FORECAST_MIN] = lanes_extreme(s->low, 1.0);
    out[ROW_FORECAST_MAX] = lanes_extreme(s->high, -1.0);
    for (int i = 0; i < ROW_SUM_COUNT; i++) {
        finite = finite && moments_finite(out[i]);
    }
    return finite;
}

/* ---- Rows with masks ---- */

/* The mask of one group as a number of points: 1.0 where every field of it is present. */
static void mask_make(const struct block *restrict b, const double *const *fields, size_t n_fields,
                      double *restrict mask)
{
    for (size_t i = 0; i < b->n; i++) {
        mask[i] = moments_finite(fields[0][i]) ? 1.0 : 0.0;
    }
    for (size_t k = 1; k < n_fields; k++) {
        for (size_t i = 0; i < b->n; i++) {
            mask[i] = moments_finite(fields[k][i]) ? mask[i] : 0.0;
        }
    }
}

static void mask_apply(const double *restrict x, const double *restrict mask, size_t n,
                       double *restrict out)
{
    for (size_t i = 0; i < n; i++) {
        out[i] = mask[i] != 0.0 ? x[i] : 0.0;
    }
}

/* A block of which the group's missing points are zeros. */
static void group_mask(const struct block *b, bool f, bool o, bool c, bool r, struct block *masked,
                       double *restrict mask)
{
    const double *fields[4];
    size_t n_fields = 0;
    const struct {
        bool used;
        const double *from;
        double *to;
    } of[4] = {
        {f, b->f, masked->f}, {o, b->o, masked->o}, {c, b->c, masked->c}, {r, b->r, masked->r}};
    for (size_t i = 0; i < 4; i++) {
        if (of[i].used) {
            fields[n_fields++] = of[i].from;
        }
    }
    masked->n = b->n;
    masked->next_f = b->next_f;
    masked->has_c = c;
    masked->has_r = r;
    mask_make(b, fields, n_fields, mask);
    for (size_t i = 0; i < 4; i++) {
        if (of[i].used) {
            mask_apply(of[i].from, mask, b->n, of[i].to);
        }
    }
}

/* The accumulators of a masked row. */
struct masked_row {
    struct truth_sums error_truth; /* o over the points of the error group */
    struct truth_sums anomaly_truth;
    struct truth_sums reference_truth;
    struct truth_sums truth; /* b, r - o over their own points */
    struct forecast_sums error;
    struct forecast_sums anomaly;
    struct forecast_sums reference;
    double n[5]; /* error, anomaly, reference, truth and climatology, truth and reference */
    double missing_f;
    double missing_o;
    double low;
    double high;
};

static double points(const double *mask, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        count += mask[i] != 0.0;
    }
    return (double)count;
}

static void quality_add(const struct block *b, struct masked_row *row)
{
    for (size_t i = 0; i < b->n; i++) {
        const double f = b->f[i];
        row->missing_o += moments_finite(b->o[i]) ? 0.0 : 1.0;
        if (!moments_finite(f)) {
            row->missing_f += 1.0;
            continue;
        }
        row->low = f < row->low ? f : row->low;
        row->high = f > row->high ? f : row->high;
    }
}

static void masked_add(const struct block *b, struct masked_row *row)
{
    struct block m;
    double mask[BLOCK];
    quality_add(b, row);
    group_mask(b, true, true, false, false, &m, mask);
    row->n[0] += points(mask, b->n);
    error_add(&m, &row->error);
    value_add(&m, m.o, NULL, &b->next_o, row->error_truth.o1, row->error_truth.o2);
    if (b->has_c) {
        group_mask(b, true, true, true, false, &m, mask);
        row->n[1] += points(mask, b->n);
        anomaly_add(&m, &row->anomaly);
        value_add(&m, m.o, m.c, &b->next_c, row->anomaly_truth.b1, row->anomaly_truth.b2);
        group_mask(b, false, true, true, false, &m, mask);
        row->n[3] += points(mask, b->n);
        value_add(&m, m.o, m.c, &b->next_c, row->truth.b1, row->truth.b2);
    }
    if (b->has_r) {
        group_mask(b, true, true, false, true, &m, mask);
        row->n[2] += points(mask, b->n);
        error_add(&m, &row->reference);
        reference_add(&m, &row->reference);
        value_add(&m, m.r, m.o, &b->next_r, row->reference_truth.ro1, row->reference_truth.ro2);
        group_mask(b, false, true, false, true, &m, mask);
        row->n[4] += points(mask, b->n);
        value_add(&m, m.r, m.o, &b->next_r, row->truth.ro1, row->truth.ro2);
    }
}

static void masked_merge(struct masked_row *s, double *out)
{
    memset(out, 0, ROW_COUNT * sizeof *out);
    out[ROW_ERROR_N] = s->n[0];
    out[ROW_ERROR_D] = moments_merge(s->error.d1);
    out[ROW_ERROR_D2] = moments_merge(s->error.d2);
    out[ROW_ERROR_ABS_D] = moments_merge(s->error.abs_d);
    out[ROW_ERROR_OD] = moments_merge(s->error.od);
    out[ROW_ERROR_O] = moments_merge(s->error_truth.o1);
    out[ROW_ERROR_O2] = moments_merge(s->error_truth.o2);
    out[ROW_ANOMALY_N] = s->n[1];
    out[ROW_ANOMALY_A] = moments_merge(s->anomaly.a1);
    out[ROW_ANOMALY_A2] = moments_merge(s->anomaly.a2);
    out[ROW_ANOMALY_AB] = moments_merge(s->anomaly.ab);
    out[ROW_ANOMALY_B] = moments_merge(s->anomaly_truth.b1);
    out[ROW_ANOMALY_B2] = moments_merge(s->anomaly_truth.b2);
    out[ROW_REFERENCE_N] = s->n[2];
    out[ROW_REFERENCE_D] = moments_merge(s->reference.d1);
    out[ROW_REFERENCE_D2] = moments_merge(s->reference.d2);
    out[ROW_REFERENCE_RO2] = moments_merge(s->reference_truth.ro2);
    out[ROW_REFERENCE_FR2] = moments_merge(s->reference.fr2);
    out[ROW_TRUTH_CLIMATOLOGY_N] = s->n[3];
    out[ROW_TRUTH_CLIMATOLOGY_B] = moments_merge(s->truth.b1);
    out[ROW_TRUTH_CLIMATOLOGY_B2] = moments_merge(s->truth.b2);
    out[ROW_TRUTH_REFERENCE_N] = s->n[4];
    out[ROW_TRUTH_REFERENCE_RO] = moments_merge(s->truth.ro1);
    out[ROW_TRUTH_REFERENCE_RO2] = moments_merge(s->truth.ro2);
    out[ROW_FORECAST_MISSING] = s->missing_f;
    out[ROW_TRUTH_MISSING] = s->missing_o;
    out[ROW_FORECAST_MIN] = s->low <= s->high ? s->low + 0.0 : (double)NAN;
    out[ROW_FORECAST_MAX] = s->low <= s->high ? s->high + 0.0 : (double)NAN;
    for (int i = 0; i < ROW_COUNT; i++) {
        out[i] = moments_nan(out[i]); /* sums of huge values may overflow */
    }
}

static void masked_forecast_row(const struct tile *tile, const struct gaia_field *forecast,
                                size_t first, size_t n, double *out)
{
    struct masked_row row;
    struct block b;
    block_init(tile, &b);
    memset(&row, 0, sizeof row);
    row.low = (double)INFINITY;
    row.high = -(double)INFINITY;
    for (size_t done = 0; done < n; done += BLOCK) {
        const size_t length = n - done < BLOCK ? n - done : BLOCK;
        decode_shared(tile, first + done, length, &b);
        decode(forecast, first + done, length, tile->n_lon, b.f, &b.next_f);
        masked_add(&b, &row);
    }
    masked_merge(&row, out);
}

/* ---- A row of several forecasts ---- */

static void forecasts_row(const struct tile *tile, const struct gaia_field *forecasts,
                          size_t n_forecasts, size_t first, size_t n, double *out, size_t stride)
{
    struct block b;
    struct truth_sums truth;
    struct forecast_sums sums[TOGETHER];
    double shared[ROW_COUNT];
    block_init(tile, &b);
    memset(&truth, 0, sizeof truth);
    memset(sums, 0, n_forecasts * sizeof *sums);
    for (size_t i = 0; i < n_forecasts; i++) {
        lanes_set(sums[i].low, (double)INFINITY);
        lanes_set(sums[i].high, -(double)INFINITY);
    }
    for (size_t done = 0; done < n; done += BLOCK) {
        const size_t length = n - done < BLOCK ? n - done : BLOCK;
        decode_shared(tile, first + done, length, &b);
        truth_add(&b, &truth);
        for (size_t i = 0; i < n_forecasts; i++) {
            decode(&forecasts[i], first + done, length, tile->n_lon, b.f, &b.next_f);
            forecast_add(&b, &sums[i]);
        }
    }
    truth_merge(&truth, n, b.has_c, b.has_r, shared);
    for (size_t i = 0; i < n_forecasts; i++) {
        memcpy(out + i * stride, shared, sizeof shared);
        if (!forecast_merge(&sums[i], b.has_c, b.has_r, out + i * stride)) {
            masked_forecast_row(tile, &forecasts[i], first, n, out + i * stride);
        }
    }
}

void CPU_ROWS(const struct tile *tile, size_t i_lat, size_t i_interval, double *out, size_t stride)
{
    const struct interval *interval = &tile->intervals[i_interval];
    const size_t first = i_lat * tile->n_lon + interval->first_column;
    for (size_t i = 0; i < tile->n_forecasts; i += TOGETHER) {
        const size_t left = tile->n_forecasts - i;
        forecasts_row(tile, tile->forecasts + i, left < TOGETHER ? left : TOGETHER, first,
                      interval->n_columns, out + i * stride, stride);
    }
}
