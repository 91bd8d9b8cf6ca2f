/* SPDX-License-Identifier: MIT
 *
 * Student's t: the quantile that a 95 % interval needs.
 *
 * Invariant: at most 1e-9 (relative) off for any number of degrees of freedom.
 */
#ifndef SCORE_STUDENT_H
#define SCORE_STUDENT_H

#include <stdint.h>

/* The t with P(|T| <= t) = 0.95 for n_free degrees of freedom; NaN for none. Abramowitz and Stegun,
 * Handbook of Mathematical Functions: the exact finite sums 26.7.3 and 26.7.4 up to 200, beyond
 * them the expansion 26.7.5 about the normal quantile. */
double student_t95(uint64_t n_free);

#endif
