/* SPDX-License-Identifier: MIT
 *
 * The values of a field as float64, by the rule of the sums (kernels/moments.h): for whoever looks
 * at values one by one.
 *
 * Invariant: equal values have equal bits, whatever they were stored as.
 */
#ifndef HOST_FIELD_DECODE_H
#define HOST_FIELD_DECODE_H

#include <stddef.h>

#include <gaia/field.h>

enum { FIELD_DECODE_BLOCK = 1024 };

/* Writes points [from, from + n) of the field to values: raw * scale, then + offset, two roundings,
 * where it is packed, else raw. What is missing becomes the quiet NaN 0x7ff8000000000000, and -0.0
 * becomes +0.0. Thread-safe. */
void field_decode(const struct gaia_field *field, size_t from, size_t n, double *values);

#endif
