/* SPDX-License-Identifier: MIT
 *
 * sin and cos in double-double, because the C library's differ between machines, and the weights
 * from them. Double-double: Dekker (1971), Numer. Math. 18, 224-242; exact products by fma.
 */
#include "weights.h"

#include <math.h>

/* The unevaluated sum high + low, |low| <= ulp(high)/2. */
struct dd {
    double high;
    double low;
};

static struct dd dd_quick_sum(double a, double b)
{
    const double s = a + b;
    return (struct dd){s, b - (s - a)};
}

static struct dd dd_add(struct dd a, struct dd b)
{
    const double s = a.high + b.high;
    const double t = s - a.high;
    const double e = (a.high - (s - t)) + (b.high - t);
    return dd_quick_sum(s, e + (a.low + b.low));
}

static struct dd dd_multiply(struct dd a, struct dd b)
{
    const double p = a.high * b.high;
    const double e = fma(a.high, b.high, -p);
    return dd_quick_sum(p, e + (a.high * b.low + a.low * b.high));
}

static struct dd dd_divide(struct dd a, double b)
{
    const double q = a.high / b;
    const double r = fma(-q, b, a.high) + a.low;
    return dd_quick_sum(q, r / b);
}

/* The series x^first/first! - x^(first+2)/(first+2)! + ...: sin for first 1, cos for first 0. At
 * |x| <= 2 the 40th power's term is below 2^-106. */
static struct dd series(double x, int first)
{
    const struct dd square = dd_multiply((struct dd){x, 0.0}, (struct dd){x, 0.0});
    struct dd term = first == 1 ? (struct dd){x, 0.0} : (struct dd){1.0, 0.0};
    struct dd sum = term;
    for (int power = first + 2; power <= 40; power += 2) {
        term = dd_divide(dd_multiply(term, square), -(double)((power - 1) * power));
        sum = dd_add(sum, term);
    }
    return sum;
}

double sin_exact(double x)
{
    const struct dd s = series(x, 1);
    return s.high + s.low;
}

double cos_exact(double x)
{
    const struct dd c = series(x, 0);
    return c.high + c.low;
}

/* As numpy's deg2rad: one multiplication by the float64 nearest pi/180. */
static double radians(double degrees)
{
    return degrees * (3.14159265358979323846 / 180.0);
}

static double area(double north, double south)
{
    const struct dd a = series(radians(north), 1);
    const struct dd b = series(radians(south), 1);
    const struct dd difference = dd_add(a, (struct dd){-b.high, -b.low});
    return difference.high + difference.low;
}

/* The outermost bound beyond row `edge`, whose neighbour is row `inner`. */
static double outer_bound(enum weighting weighting, const struct gaia_grid *grid, size_t edge,
                          size_t inner, double pole)
{
    if (weighting == WEIGHTING_AREA_WB2 || grid->n_lat < 2) {
        return pole;
    }
    const double bound = grid->lat[edge] + (grid->lat[edge] - grid->lat[inner]) / 2.0;
    return fabs(bound) > 90.0 ? pole : bound;
}

void weights_make(enum weighting weighting, const struct gaia_grid *grid, double *weight)
{
    const size_t n = grid->n_lat;
    for (size_t i = 0; i < n; i++) {
        if (weighting == WEIGHTING_COS) {
            weight[i] = cos_exact(radians(grid->lat[i]));
        } else if (weighting == WEIGHTING_NONE) {
            weight[i] = 1.0;
        } else {
            const double north = i > 0 ? (grid->lat[i - 1] + grid->lat[i]) / 2.0
                                       : outer_bound(weighting, grid, 0, 1, 90.0);
            const double south = i + 1 < n ? (grid->lat[i] + grid->lat[i + 1]) / 2.0
                                           : outer_bound(weighting, grid, n - 1, n - 2, -90.0);
            weight[i] = area(north, south);
        }
    }
}
