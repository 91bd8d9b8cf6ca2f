/* SPDX-License-Identifier: MIT
 *
 * Levels of variables, by one rule wherever they are compared.
 */
#ifndef BASE_LEVEL_H
#define BASE_LEVEL_H

#include <math.h>
#include <stdbool.h>

/* Whether two levels, in hPa, are the same; NaN is that of what has none, and the same as itself.
 */
static inline bool level_same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

#endif
