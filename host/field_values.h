/* SPDX-License-Identifier: MIT
 *
 * The values of a placed field as float64, for the few fields that are not summed as stored: those
 * made of two, and those that climatologies are made of.
 *
 * Invariant: a fixed order of roundings, no contraction: the same bits on every machine.
 */
#ifndef HOST_FIELD_VALUES_H
#define HOST_FIELD_VALUES_H

#include <stddef.h>

#include <gaia/field.h>

/* Decodes the n first of `placed`, which is laid out as `field` says (whose data is not looked at),
 * into values; missing ones become NaN. */
void field_values(const struct gaia_field *field, const void *placed, size_t n, double *values);

/* values[i] becomes values[i] + weight * (b[i] - values[i]) where b is the decoded `placed`; NaN
 * where either is missing. */
void field_values_between(const struct gaia_field *field, const void *placed, size_t n,
                          double weight, double *values);

#endif
