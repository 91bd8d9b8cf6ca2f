/* SPDX-License-Identifier: MIT
 *
 * The values of one GRIB field, decoded to float64 by ecCodes: (reference + packed * 2^E) / 10^D as
 * it computes them, a sentinel where the bitmap or the packing says that there is none.
 *
 * Invariant: before ecCodes is shown the data, the counts that it trusts (bitmap, values, groups,
 * image sizes) are held against each other and against the bytes that are there.
 */
#ifndef HOST_GRIB_VALUES_H
#define HOST_GRIB_VALUES_H

#include <stddef.h>

#include <gaia/status.h>

#include "grib_header.h"
#include "grib_message.h"

/* What stands for a missing value: no packing comes near it. */
#define GRIB_MISSING (-1e300)

/* Reads the n_points values of the field at place, in the order of the file. bytes_max bounds the
 * message and each array that its decoding takes. GAIA_FILE_DAMAGED, GAIA_FILE_UNREADABLE,
 * GAIA_FORMAT_UNSUPPORTED (the packing), GAIA_LIMIT, GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status grib_values_read(int fd, const struct grib_place *place,
                                           struct grib_buffer *buffer, size_t bytes_max,
                                           double *values, size_t n_points, gaia_error *err);

#endif
