/* SPDX-License-Identifier: MIT
 *
 * For whole degrees of freedom P(|T| <= t) is a finite sum in theta = atan(t / sqrt(n)), which
 * grows with theta: theta is found by halving its interval.
 */
#include "student.h"

#include <math.h>
#include <stdbool.h>

enum { EXACT_MAX = 200, HALVINGS = 80 };

/* P(|T| <= t) at tan(theta) = t / sqrt(n). */
static double probability(double theta, uint64_t n)
{
    const double cosine = cos(theta);
    const double sine = sin(theta);
    const double square = cosine * cosine;
    const bool odd = n % 2 == 1;
    double term = odd ? cosine : 1.0;
    double sum = n == 1 ? 0.0 : term;
    for (uint64_t k = odd ? 3 : 2; k + 2 <= n; k += 2) {
        term *= square * (double)(k - 1) / (double)k;
        sum += term;
    }
    return odd ? (theta + sine * sum) * M_2_PI : sine * sum;
}

double student_t95(uint64_t n_free)
{
    const double level = 0.95;
    const double z = 1.95996398454005423552; /* the same quantile of the normal distribution */
    const double n = (double)n_free;
    if (n_free == 0) {
        return (double)NAN;
    }
    if (n_free > EXACT_MAX) {
        const double z2 = z * z;
        const double g1 = z * (z2 + 1.0) / 4.0;
        const double g2 = z * ((5.0 * z2 + 16.0) * z2 + 3.0) / 96.0;
        const double g3 = z * (((3.0 * z2 + 19.0) * z2 + 17.0) * z2 - 15.0) / 384.0;
        const double g4 =
            z * ((((79.0 * z2 + 776.0) * z2 + 1482.0) * z2 - 1920.0) * z2 - 945.0) / 92160.0;
        return z + (g1 + (g2 + (g3 + g4 / n) / n) / n) / n;
    }
    double low = 0.0;
    double high = M_PI_2;
    for (int i = 0; i < HALVINGS; i++) {
        const double middle = 0.5 * (low + high);
        if (probability(middle, n_free) < level) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return sqrt(n) * tan(low);
}
