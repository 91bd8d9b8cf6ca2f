/* SPDX-License-Identifier: MIT
 *
 * Longitudes modulo 360, by one rule wherever they are compared: of grid columns, of the bounds of
 * boxes and of the vertices of polygons.
 *
 * Invariant: the same degrees give the same bits, so that a bound written like a column's
 * longitude, in whichever convention, lies on that column.
 */
#ifndef BASE_LONGITUDE_H
#define BASE_LONGITUDE_H

#include <math.h>

/* degrees, finite, in [0, 360), with at most one rounding; never -0. */
static inline double longitude_modulo(double degrees)
{
    const double m = fmod(degrees, 360.0);
    const double positive = m < 0.0 ? m + 360.0 : m;
    return positive >= 360.0 ? 0.0 : positive + 0.0;
}

#endif
