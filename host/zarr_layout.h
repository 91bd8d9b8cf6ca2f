/* SPDX-License-Identifier: MIT
 *
 * How a Zarr array stores its values: what layout_rule.h asks for, read from the array's metadata.
 *
 * What counts as missing is what xarray takes for it: in v2 the array's fill_value (or, where that
 * is null, the attribute _FillValue), in v3 the attribute _FillValue alone, and missing_value and
 * the valid range in both. A chunk that the store lacks is the fill_value in both.
 */
#ifndef HOST_ZARR_LAYOUT_H
#define HOST_ZARR_LAYOUT_H

#include <stdbool.h>

#include <gaia/field.h>
#include <gaia/status.h>

#include "grid.h"
#include "zarr_meta.h"

/* Reads layout and missing-value rule of an array that zarr_array_layout has read. Of a coordinate
 * v2's fill_value is a value like any other, and a valid range does not count.
 * GAIA_FORMAT_UNSUPPORTED: no numbers, or, of data, _Unsigned. GAIA_FILE_DAMAGED: as
 * layout_rule_make; layout->dtype is set then too. where ("store: variable 'x'") is for messages.
 */
GAIA_MUST_USE gaia_status zarr_layout_read(const struct zarr_array *array, const char *where,
                                           bool is_coordinate, struct gaia_field *layout,
                                           struct missing_rule *missing, gaia_error *err);

#endif
