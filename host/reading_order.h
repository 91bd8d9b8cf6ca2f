/* SPDX-License-Identifier: MIT
 *
 * The order in which units are best read.
 */
#ifndef HOST_READING_ORDER_H
#define HOST_READING_ORDER_H

#include <stddef.h>

#include <gaia/field.h>
#include <gaia/status.h>

/* Writes into order[0 .. n_units) the indices of units in the order in which they are best read:
 * fields that share a truth together, times as they lie in files. GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status reading_order(const struct gaia_unit *units, size_t n_units,
                                        size_t *order, gaia_error *err);

#endif
