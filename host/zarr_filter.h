/* SPDX-License-Identifier: MIT
 *
 * Undoing the filters: steps that change elements and compress nothing.
 */
#ifndef HOST_ZARR_FILTER_H
#define HOST_ZARR_FILTER_H

#include <stddef.h>

#include "zarr_type.h"

/* Puts the bytes of each element together again: in holds the first byte of every element, then
 * the second ones, and so on. n is a multiple of element_bytes. */
void zarr_unshuffle(const unsigned char *in, size_t n, size_t element_bytes, unsigned char *out);

/* Each element is the sum of the differences up to it: modulo its width if it is an integer, added
 * in its own precision if it is a float. n elements of type `encoded` become as many of `decoded`.
 */
void zarr_undelta(const unsigned char *in, size_t n, const struct zarr_type *encoded,
                  const struct zarr_type *decoded, unsigned char *out);

/* value / scale + offset, in float64 if `encoded` is an integer or a float64, else in float32. */
void zarr_unscale(const unsigned char *in, size_t n, const struct zarr_type *encoded,
                  const struct zarr_type *decoded, double scale, double offset, unsigned char *out);

#endif
