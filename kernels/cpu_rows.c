/* SPDX-License-Identifier: MIT
 *
 * Row sums on the CPU, in the order of moments.h. Compiled once for each instruction set under the name
 * CPU_ROWS; the compiler makes vectors of the loops over lanes.
 *
 * A row is taken in blocks that stay in the first-level cache as float64, so that each group of sums is a
 * short loop of its own. It is summed without masks first; only if a sum is not finite is the group summed
 * again with its missing points set to zero, which gives the same bits where nothing is missing.
 */
#include "cpu_rows.h"

#include <stdbool.h>
#include <string.h>

enum { BLOCK = 512 }; /* columns, a multiple of the lanes */

enum group {
    GROUP_ERROR,
    GROUP_ANOMALY,
    GROUP_REFERENCE,
    GROUP_TRUTH_CLIMATOLOGY,
    GROUP_TRUTH_REFERENCE,
    GROUP_COUNT
};

/* The first and last sum of each group; the first is the count. */
static const struct {
    enum row_sum first;
    enum row_sum last;
} group_sums[GROUP_COUNT] = {
    [GROUP_ERROR] = {ROW_ERROR_N, ROW_ERROR_O2},
    [GROUP_ANOMALY] = {ROW_ANOMALY_N, ROW_ANOMALY_B2},
    [GROUP_REFERENCE] = {ROW_REFERENCE_N, ROW_REFERENCE_FR2},
    [GROUP_TRUTH_CLIMATOLOGY] = {ROW_TRUTH_CLIMATOLOGY_N, ROW_TRUTH_CLIMATOLOGY_B2},
    [GROUP_TRUTH_REFERENCE] = {ROW_TRUTH_REFERENCE_N, ROW_TRUTH_REFERENCE_RO2},
};

/* The accumulators of every sum: lane l of sum s is at [s][l]. */
typedef double lanes[ROW_COUNT][MOMENTS_LANES];

/* One block of the four fields as float64, padded to whole lanes with zeros. */
struct block {
    double f[BLOCK];
    double o[BLOCK];
    double c[BLOCK];
    double r[BLOCK];
    size_t n;
};

static void decode_float32(const float *restrict raw, size_t n, const struct gaia_field *field,
                           double *restrict out)
{
    for (size_t i = 0; i < n; i++) {
        out[i] = (double)raw[i];
    }
    for (size_t i = 0; field->packed && i < n; i++) {
        out[i] = moments_unpack(out[i], field->scale, field->offset);
    }
}

static void decode_float64(const double *restrict raw, size_t n, const struct gaia_field *field,
                           double *restrict out)
{
    for (size_t i = 0; i < n; i++) {
        out[i] = field->packed ? moments_unpack(raw[i], field->scale, field->offset) : raw[i];
    }
}

static void decode_int16(const int16_t *restrict raw, size_t n, const struct gaia_field *field,
                         double *restrict out)
{
    const double scale = field->packed ? field->scale : 1.0;
    const double offset = field->packed ? field->offset : 0.0;
    for (size_t i = 0; i < n; i++) {
        out[i] = moments_unpack((double)raw[i], scale, offset);
    }
    for (size_t i = 0; field->has_missing_code && i < n; i++) {
        out[i] = raw[i] == field->missing_code ? (double)NAN : out[i];
    }
}

/* Decodes n values from index `first` on, and zeros up to the next whole lane. */
static void decode(const struct gaia_field *field, size_t first, size_t n, double *restrict out)
{
    switch (field->dtype) {
    case GAIA_FLOAT32:
        decode_float32((const float *)field->data + first, n, field, out);
        break;
    case GAIA_FLOAT64:
        decode_float64((const double *)field->data + first, n, field, out);
        break;
    case GAIA_INT16:
        decode_int16((const int16_t *)field->data + first, n, field, out);
        break;
    }
    while (n % MOMENTS_LANES != 0) {
        out[n++] = 0.0;
    }
}

/* Adds one block to a group. With `masked`, points with anything missing become zeros and are not
 * counted; without, every point counts. Padding is zeros, which add nothing, and is not counted. */
#define FOR_LANES                                                                                  \
    for (size_t k = 0; k < b->n; k += MOMENTS_LANES)                                               \
        for (size_t l = 0; l < MOMENTS_LANES; l++)
#define COUNTED(present) ((present) && k + l < b->n ? 1.0 : 0.0)

static void add_error(const struct block *restrict b, bool masked, lanes s)
{
    FOR_LANES
    {
        double f = b->f[k + l];
        double o = b->o[k + l];
        if (masked) {
            const bool present = moments_finite(f) & moments_finite(o);
            s[ROW_ERROR_N][l] += COUNTED(present);
            f = present ? f : 0.0;
            o = present ? o : 0.0;
        }
        moments_error(f, o, &s[ROW_ERROR_D][l], &s[ROW_ERROR_D2][l], &s[ROW_ERROR_ABS_D][l],
                      &s[ROW_ERROR_OD][l], &s[ROW_ERROR_O][l], &s[ROW_ERROR_O2][l]);
    }
}

static void add_anomaly(const struct block *restrict b, bool masked, lanes s)
{
    FOR_LANES
    {
        double f = b->f[k + l];
        double o = b->o[k + l];
        double c = b->c[k + l];
        if (masked) {
            const bool present = moments_finite(f) & moments_finite(o) & moments_finite(c);
            s[ROW_ANOMALY_N][l] += COUNTED(present);
            f = present ? f : 0.0;
            o = present ? o : 0.0;
            c = present ? c : 0.0;
        }
        moments_anomaly(f, o, c, &s[ROW_ANOMALY_A][l], &s[ROW_ANOMALY_A2][l],
                        &s[ROW_ANOMALY_AB][l], &s[ROW_ANOMALY_B][l], &s[ROW_ANOMALY_B2][l]);
    }
}

static void add_reference(const struct block *restrict b, bool masked, lanes s)
{
    FOR_LANES
    {
        double f = b->f[k + l];
        double o = b->o[k + l];
        double r = b->r[k + l];
        if (masked) {
            const bool present = moments_finite(f) & moments_finite(o) & moments_finite(r);
            s[ROW_REFERENCE_N][l] += COUNTED(present);
            f = present ? f : 0.0;
            o = present ? o : 0.0;
            r = present ? r : 0.0;
        }
        moments_reference(f, o, r, &s[ROW_REFERENCE_D][l], &s[ROW_REFERENCE_D2][l],
                          &s[ROW_REFERENCE_RO2][l], &s[ROW_REFERENCE_FR2][l]);
    }
}

/* x - y into the group whose count is sum `first`. */
static void add_difference(const struct block *restrict b, const double *restrict x,
                           const double *restrict y, bool masked, enum row_sum first, lanes s)
{
    FOR_LANES
    {
        double u = x[k + l];
        double v = y[k + l];
        if (masked) {
            const bool present = moments_finite(u) & moments_finite(v);
            s[first][l] += COUNTED(present);
            u = present ? u : 0.0;
            v = present ? v : 0.0;
        }
        moments_difference(u, v, &s[first + 1][l], &s[first + 2][l]);
    }
}

static void add_group(enum group group, const struct block *b, bool masked, lanes s)
{
    switch (group) {
    case GROUP_ERROR:
        add_error(b, masked, s);
        break;
    case GROUP_ANOMALY:
        add_anomaly(b, masked, s);
        break;
    case GROUP_REFERENCE:
        add_reference(b, masked, s);
        break;
    case GROUP_TRUTH_CLIMATOLOGY:
        add_difference(b, b->o, b->c, masked, ROW_TRUTH_CLIMATOLOGY_N, s);
        break;
    case GROUP_TRUTH_REFERENCE:
        add_difference(b, b->r, b->o, masked, ROW_TRUTH_REFERENCE_N, s);
        break;
    case GROUP_COUNT:
        break;
    }
}

static void add_quality(const struct block *restrict b, lanes s)
{
    for (size_t k = 0; k < b->n; k += MOMENTS_LANES) {
        for (size_t l = 0; l < MOMENTS_LANES && k + l < b->n; l++) {
            const double f = b->f[k + l];
            const bool present = moments_finite(f);
            const double low = present ? f + 0.0 : (double)INFINITY;
            const double high = present ? f + 0.0 : -(double)INFINITY;
            s[ROW_FORECAST_MISSING][l] += present ? 0.0 : 1.0;
            s[ROW_TRUTH_MISSING][l] += moments_finite(b->o[k + l]) ? 0.0 : 1.0;
            s[ROW_FORECAST_MIN][l] = low < s[ROW_FORECAST_MIN][l] ? low : s[ROW_FORECAST_MIN][l];
            s[ROW_FORECAST_MAX][l] = high > s[ROW_FORECAST_MAX][l] ? high : s[ROW_FORECAST_MAX][l];
        }
    }
}

/* Which groups a tile has, as bits. */
static unsigned groups_of(const struct tile *tile)
{
    unsigned groups = 1u << GROUP_ERROR;
    if (tile->climatology.data != NULL) {
        groups |= 1u << GROUP_ANOMALY | 1u << GROUP_TRUTH_CLIMATOLOGY;
    }
    if (tile->reference.data != NULL) {
        groups |= 1u << GROUP_REFERENCE | 1u << GROUP_TRUTH_REFERENCE;
    }
    return groups;
}

/* Runs over the interval once and adds the groups in `groups`, and the quality sums if asked. */
static void pass(const struct tile *tile, const struct gaia_field *forecast, size_t first, size_t n,
                 unsigned groups, bool masked, bool quality, lanes s)
{
    struct block b;
    for (size_t done = 0; done < n; done += BLOCK) {
        b.n = n - done < BLOCK ? n - done : BLOCK;
        decode(forecast, first + done, b.n, b.f);
        decode(&tile->truth, first + done, b.n, b.o);
        if (tile->climatology.data != NULL) {
            decode(&tile->climatology, first + done, b.n, b.c);
        }
        if (tile->reference.data != NULL) {
            decode(&tile->reference, first + done, b.n, b.r);
        }
        for (int g = 0; g < GROUP_COUNT; g++) {
            if ((groups >> g & 1) != 0) {
                add_group((enum group)g, &b, masked, s);
            }
        }
        if (quality) {
            add_quality(&b, s);
        }
    }
}

/* Merges the lanes of a group into out; false if a sum is not finite. */
static bool merge_group(enum group group, lanes s, double *out)
{
    bool finite = true;
    for (int i = (int)group_sums[group].first; i <= (int)group_sums[group].last; i++) {
        out[i] = moments_nan(moments_merge(s[i]));
        finite = finite && moments_finite(out[i]);
    }
    return finite;
}

static void merge_quality(lanes s, double *out)
{
    double low = (double)INFINITY;
    double high = -(double)INFINITY;
    for (size_t l = 0; l < MOMENTS_LANES; l++) {
        low = s[ROW_FORECAST_MIN][l] < low ? s[ROW_FORECAST_MIN][l] : low;
        high = s[ROW_FORECAST_MAX][l] > high ? s[ROW_FORECAST_MAX][l] : high;
    }
    out[ROW_FORECAST_MISSING] = moments_merge(s[ROW_FORECAST_MISSING]);
    out[ROW_TRUTH_MISSING] = moments_merge(s[ROW_TRUTH_MISSING]);
    out[ROW_FORECAST_MIN] = low <= high ? low : (double)NAN;
    out[ROW_FORECAST_MAX] = low <= high ? high : (double)NAN;
}

static void lanes_clear(lanes s)
{
    memset(s, 0, sizeof(lanes));
    for (size_t l = 0; l < MOMENTS_LANES; l++) {
        s[ROW_FORECAST_MIN][l] = (double)INFINITY;
        s[ROW_FORECAST_MAX][l] = -(double)INFINITY;
    }
}

static void forecast_row(const struct tile *tile, const struct gaia_field *forecast, size_t first,
                         size_t n, double *out)
{
    lanes s;
    unsigned again = 0;
    const unsigned groups = groups_of(tile);
    memset(out, 0, ROW_COUNT * sizeof *out);
    lanes_clear(s);
    pass(tile, forecast, first, n, groups, false, true, s);
    merge_quality(s, out);
    for (int g = 0; g < GROUP_COUNT; g++) {
        if ((groups >> g & 1) != 0) {
            again |= merge_group((enum group)g, s, out) ? 0u : 1u << g;
            out[group_sums[g].first] = (double)n;
        }
    }
    if (again != 0) {
        lanes_clear(s);
        pass(tile, forecast, first, n, again, true, false, s);
        for (int g = 0; g < GROUP_COUNT; g++) {
            if ((again >> g & 1) != 0) {
                (void)merge_group((enum group)g, s, out);
            }
        }
    }
}

void CPU_ROWS(const struct tile *tile, size_t i_lat, size_t i_interval, double *out, size_t stride)
{
    const struct interval *interval = &tile->intervals[i_interval];
    const size_t first = i_lat * tile->n_lon + interval->first_column;
    for (size_t i = 0; i < tile->n_forecasts; i++) {
        forecast_row(tile, &tile->forecasts[i], first, interval->n_columns, out + i * stride);
    }
}
