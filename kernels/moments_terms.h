/* SPDX-License-Identifier: MIT
 *
 * The terms of the sums: what one point, or one vector of points, adds to its accumulators. The
 * arithmetic stands here once; whoever includes this says in what it is done:
 *
 *   MOMENTS_REAL            the type (double, or a vector of them)
 *   MOMENTS_TERM(name)      the name of a function
 *   MOMENTS_ADD(x, y), MOMENTS_SUB(x, y), MOMENTS_FMA(x, y, z), MOMENTS_ABS(x)    one rounding each
 *
 * Included more than once, so it has no include guard. Missing points come as zeros in every field.
 */

/* Of d = f - o: sum d, d^2, |d|, o d. */
MOMENTS_FN void MOMENTS_TERM(error)(MOMENTS_REAL f, MOMENTS_REAL o, MOMENTS_REAL *d1,
                                    MOMENTS_REAL *d2, MOMENTS_REAL *abs_d, MOMENTS_REAL *od)
{
    const MOMENTS_REAL d = MOMENTS_SUB(f, o);
    *d1 = MOMENTS_ADD(*d1, d);
    *d2 = MOMENTS_FMA(d, d, *d2);
    *abs_d = MOMENTS_ADD(*abs_d, MOMENTS_ABS(d));
    *od = MOMENTS_FMA(o, d, *od);
}

/* Of a = f - c and b = o - c: sum a, a^2, a b. */
MOMENTS_FN void MOMENTS_TERM(anomaly)(MOMENTS_REAL f, MOMENTS_REAL o, MOMENTS_REAL c,
                                      MOMENTS_REAL *a1, MOMENTS_REAL *a2, MOMENTS_REAL *ab)
{
    const MOMENTS_REAL a = MOMENTS_SUB(f, c);
    const MOMENTS_REAL b = MOMENTS_SUB(o, c);
    *a1 = MOMENTS_ADD(*a1, a);
    *a2 = MOMENTS_FMA(a, a, *a2);
    *ab = MOMENTS_FMA(a, b, *ab);
}

/* Of x itself: sum x, x^2. The truth's own sums; with x - y for x, those of b = o - c and of r - o.
 */
MOMENTS_FN void MOMENTS_TERM(value)(MOMENTS_REAL x, MOMENTS_REAL *x1, MOMENTS_REAL *x2)
{
    *x1 = MOMENTS_ADD(*x1, x);
    *x2 = MOMENTS_FMA(x, x, *x2);
}

/* Of x - y: sum of its square. */
MOMENTS_FN void MOMENTS_TERM(square)(MOMENTS_REAL x, MOMENTS_REAL y, MOMENTS_REAL *x2)
{
    const MOMENTS_REAL e = MOMENTS_SUB(x, y);
    *x2 = MOMENTS_FMA(e, e, *x2);
}
