/* SPDX-License-Identifier: MIT
 *
 * A stored row of moments, as both stores hand it on.
 */
#ifndef STORE_MOMENTS_H
#define STORE_MOMENTS_H

#include "store.h"

/* Gives the visitor a unit's sums, `bytes` of them wherever they lie; none if these are no whole
 * number of float64: it knows how many there should be. GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status store_moments_give(const struct store_visitor *visitor, uint64_t unit,
                                             const void *stored, size_t bytes, gaia_error *err);

#endif
