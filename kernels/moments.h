/* SPDX-License-Identifier: MIT
 *
 * The arithmetic of the sums, written once and compiled as C and as CUDA. This file is the rule of
 * summation, moments_version 1 (GAIA_MOMENTS_VERSION): whoever follows it gets the same bits.
 *
 * 1. A field is placed canonically (include/gaia/grid.h). A strip, which is an interval of columns
 * of one row, is summed on its own.
 * 2. A raw value becomes float64: float32 and float64 as they are; packed ones raw * scale, then +
 * offset, two roundings.
 * 3. A value that is not finite is missing. A point at which any field of a group is missing counts
 * as 0 in every sum of that group: adding +0.0 to a sum changes no bit.
 * 4. There are 32 lanes. Lane l takes the strip's points l, l + 32, l + 64, ... in this order, into
 * accumulators that start at +0.0. Differences and absolute values are single float64 operations,
 * sums of products single fma's.
 * 5. Lanes merge by halves: lane l adds lane l + 16, then l + 8, l + 4, l + 2, l + 1; lane 0 holds
 * the sum.
 * 6. A region's row is the sum of its strips, west to east in canonical order; rows add north to
 * south into sums that start at +0.0: sum = fma(weight of the row, row, sum), and, for the plain
 * sums, sum + row.
 * 7. Minima and maxima have +0.0 added; they are NaN when nothing is present. Every NaN is the one
 * quiet NaN of moments_nan.
 * 8. Under a weight plane a point counts as m, its value there; where that is missing, zero or
 * negative the point keeps its place and adds nothing. The sums are those of moments_terms.h with
 * m: sum m, sum m x, sum m x y = fma(m x, y, sum). Counts are sums of m too.
 *
 * Contraction of a * b + c by the compiler must be off (-ffp-contract=off, --fmad=false).
 */
#ifndef KERNELS_MOMENTS_H
#define KERNELS_MOMENTS_H

#include <math.h>

#if defined(__CUDACC__)
#define MOMENTS_FN static inline __host__ __device__
#else
#define MOMENTS_FN static inline
#endif

enum { MOMENTS_LANES = 32 };

/* The sums of one strip, or of a region. f forecast, o truth, c climatology, r reference; d = f -
 * o, a = f - c, b = o - c. n counts the points where all fields of the group are present.
 *
 * The first eight are all that a forecast adds where nothing is missing; those up to the extremes
 * are then the truth's own, the same for every forecast. */
enum row_sum {
    ROW_ERROR_D,
    ROW_ERROR_D2,
    ROW_ERROR_ABS_D,
    ROW_ERROR_OD,
    ROW_ANOMALY_A,
    ROW_ANOMALY_A2,
    ROW_ANOMALY_AB,
    ROW_REFERENCE_FR2,
    ROW_FORECAST_SUMS,
    ROW_ERROR_N = ROW_FORECAST_SUMS,
    ROW_ERROR_O,
    ROW_ERROR_O2,
    ROW_ANOMALY_N,
    ROW_ANOMALY_B,
    ROW_ANOMALY_B2,
    ROW_REFERENCE_N,
    ROW_REFERENCE_RO2,
    ROW_TRUTH_CLIMATOLOGY_N,
    ROW_TRUTH_CLIMATOLOGY_B,
    ROW_TRUTH_CLIMATOLOGY_B2,
    ROW_TRUTH_REFERENCE_N,
    ROW_TRUTH_REFERENCE_RO,
    ROW_TRUTH_REFERENCE_RO2,
    ROW_FORECAST_MISSING,
    ROW_TRUTH_MISSING,
    ROW_TRUTH_END,                   /* from here on the forecast's again */
    ROW_REFERENCE_D = ROW_TRUTH_END, /* those of the error group where nothing is missing */
    ROW_REFERENCE_D2,
    ROW_SUM_COUNT, /* those above add; the two below do not */
    ROW_FORECAST_MIN = ROW_SUM_COUNT,
    ROW_FORECAST_MAX,
    ROW_USED,
    ROW_COUNT = MOMENTS_LANES /* one a lane; those from ROW_USED on are 0 */
};

/* 1 if x is neither infinite nor NaN. */
MOMENTS_FN int moments_finite(double x)
{
    return x - x == 0.0;
}

MOMENTS_FN double moments_nan(double x)
{
    return x == x ? x : (double)NAN;
}

/* Unpacking, by rule 2: two roundings. */
MOMENTS_FN double moments_unpack(double raw, double scale, double offset)
{
    const double scaled = raw * scale;
    return scaled + offset;
}

/* The terms in float64, for one point. */
#define MOMENTS_REAL double
#define MOMENTS_TERM(name) moments_##name
#define MOMENTS_ADD(x, y) ((x) + (y))
#define MOMENTS_SUM(x, y) ((x) + (y))
#define MOMENTS_SUB(x, y) ((x) - (y))
#define MOMENTS_MUL(x, y) ((x) * (y))
#define MOMENTS_FMA(x, y, z) fma((x), (y), (z))
#define MOMENTS_ABS(x) fabs(x)
#include "moments_terms.h"
#undef MOMENTS_REAL
#undef MOMENTS_TERM
#undef MOMENTS_ADD
#undef MOMENTS_SUM
#undef MOMENTS_SUB
#undef MOMENTS_MUL
#undef MOMENTS_FMA
#undef MOMENTS_ABS

#endif
