/* SPDX-License-Identifier: MIT
 *
 * The terms of the sums: what one point, or one vector of points, adds to its accumulators. The
 * arithmetic stands here once; whoever includes this says in what it is done:
 *
 *   MOMENTS_REAL            the type (double, or a vector of them)
 *   MOMENTS_TERM(name)      the name of a function
 *   MOMENTS_ADD(x, y), MOMENTS_SUB(x, y), MOMENTS_MUL(x, y), MOMENTS_FMA(x, y, z), MOMENTS_ABS(x)
 *                           one rounding each
 *   MOMENTS_SUM(x, y)       x + y, perhaps by an fma with 1, which is as exact: where a processor
 *                           adds and multiplies in different units, both are then kept busy
 *
 * Every term comes twice: for points that count as one, and, with m before its name, for points
 * that count as m. A point with a missing value comes as zeros, with m = 0. Multiplying by 1 is
 * exact and adding a zero changes no bit, so both forms give the same bits wherever m is 1 or 0.
 *
 * Included more than once, so it has no include guard.
 */

/* Of x itself: sum x, x^2. With x - y for x, the sums of b = o - c and of r - o. */
MOMENTS_FN void MOMENTS_TERM(value)(MOMENTS_REAL x, MOMENTS_REAL *x1, MOMENTS_REAL *x2)
{
    *x1 = MOMENTS_SUM(*x1, x);
    *x2 = MOMENTS_FMA(x, x, *x2);
}

MOMENTS_FN void MOMENTS_TERM(m_value)(MOMENTS_REAL m, MOMENTS_REAL x, MOMENTS_REAL *x1,
                                      MOMENTS_REAL *x2)
{
    const MOMENTS_REAL mx = MOMENTS_MUL(m, x);
    *x1 = MOMENTS_ADD(*x1, mx);
    *x2 = MOMENTS_FMA(mx, x, *x2);
}

/* Of d = f - o: sum d, d^2, |d|, o d. */
MOMENTS_FN void MOMENTS_TERM(error)(MOMENTS_REAL f, MOMENTS_REAL o, MOMENTS_REAL *d1,
                                    MOMENTS_REAL *d2, MOMENTS_REAL *abs_d, MOMENTS_REAL *od)
{
    const MOMENTS_REAL d = MOMENTS_SUB(f, o);
    *d1 = MOMENTS_ADD(*d1, d);
    *d2 = MOMENTS_FMA(d, d, *d2);
    *abs_d = MOMENTS_SUM(*abs_d, MOMENTS_ABS(d));
    *od = MOMENTS_FMA(d, o, *od);
}

MOMENTS_FN void MOMENTS_TERM(m_error)(MOMENTS_REAL m, MOMENTS_REAL f, MOMENTS_REAL o,
                                      MOMENTS_REAL *d1, MOMENTS_REAL *d2, MOMENTS_REAL *abs_d,
                                      MOMENTS_REAL *od)
{
    const MOMENTS_REAL d = MOMENTS_SUB(f, o);
    const MOMENTS_REAL md = MOMENTS_MUL(m, d);
    *d1 = MOMENTS_ADD(*d1, md);
    *d2 = MOMENTS_FMA(md, d, *d2);
    *abs_d = MOMENTS_ADD(*abs_d, MOMENTS_ABS(md));
    *od = MOMENTS_FMA(md, o, *od);
}

/* Of a = f - c and b = o - c: sum a, a^2, a b. */
MOMENTS_FN void MOMENTS_TERM(anomaly)(MOMENTS_REAL a, MOMENTS_REAL b, MOMENTS_REAL *a1,
                                      MOMENTS_REAL *a2, MOMENTS_REAL *ab)
{
    MOMENTS_TERM(value)(a, a1, a2);
    *ab = MOMENTS_FMA(a, b, *ab);
}

MOMENTS_FN void MOMENTS_TERM(m_anomaly)(MOMENTS_REAL m, MOMENTS_REAL a, MOMENTS_REAL b,
                                        MOMENTS_REAL *a1, MOMENTS_REAL *a2, MOMENTS_REAL *ab)
{
    const MOMENTS_REAL ma = MOMENTS_MUL(m, a);
    *a1 = MOMENTS_ADD(*a1, ma);
    *a2 = MOMENTS_FMA(ma, a, *a2);
    *ab = MOMENTS_FMA(ma, b, *ab);
}

/* Of x = f - r (or r - o): sum x^2. */
MOMENTS_FN void MOMENTS_TERM(square)(MOMENTS_REAL x, MOMENTS_REAL *x2)
{
    *x2 = MOMENTS_FMA(x, x, *x2);
}

MOMENTS_FN void MOMENTS_TERM(m_square)(MOMENTS_REAL m, MOMENTS_REAL x, MOMENTS_REAL *x2)
{
    *x2 = MOMENTS_FMA(MOMENTS_MUL(m, x), x, *x2);
}
