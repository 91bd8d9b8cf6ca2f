/* SPDX-License-Identifier: MIT
 *
 * Units as texts: whether two of them are spellings of one.
 *
 * Invariant: no value is ever converted; other units are a mismatch.
 */
#ifndef HOST_UNITS_H
#define HOST_UNITS_H

#include <stdbool.h>

/* Whether a and b are the same but for spelling: "m**2 s**-2", "m^2 s^-2", "m2/s2". Where one of
 * them is "", nothing is said, and they agree. */
bool units_agree(const char *a, const char *b);

#endif
