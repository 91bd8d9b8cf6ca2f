/* SPDX-License-Identifier: MIT
 *
 * Instantiates the arithmetic of moments.h in device code. It is compiled, not run: that no
 * host-only function has crept into the rule is what it shows.
 */
#include "moments.h"

__global__ void moments_on_device(const double *x, double *s)
{
    moments_error(x[0], x[1], &s[0], &s[1], &s[2], &s[3]);
    moments_anomaly(x[0], x[1], x[2], &s[4], &s[5], &s[6]);
    moments_value(moments_unpack(x[3], x[4], x[5]), &s[7], &s[8]);
    moments_square(x[0], x[3], &s[9]);
    s[10] = moments_finite(x[0]) ? moments_nan(s[0]) : 0.0;
}
