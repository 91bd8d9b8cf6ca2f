/* SPDX-License-Identifier: MIT
 *
 * How a NetCDF variable stores its values: type, packing, and what means "missing".
 */
#ifndef HOST_NETCDF_LAYOUT_H
#define HOST_NETCDF_LAYOUT_H

#include <stdbool.h>

#include <netcdf.h>

#include <gaia/field.h>
#include <gaia/status.h>

#include "grid.h"

/* Reads scale_factor, add_offset, _FillValue, missing_value, valid_range, valid_min and valid_max
 * of varid (NetCDF User's Guide, "Attribute Conventions"; CF 8.1). NC_SHORT, NC_FLOAT and NC_DOUBLE
 * keep their type; other numbers are read as float64. A variable without _FillValue has its type's
 * default one. In int16 every missing value becomes one code. The valid range of a
 * coordinate does not count. GAIA_FORMAT_UNSUPPORTED: no numbers, or, of data, _Unsigned.
 * GAIA_FILE_DAMAGED: as layout_rule_make; type and layout->dtype are set then too. where ("file:
 * variable 'x'") is for messages. */
GAIA_MUST_USE gaia_status netcdf_layout_read(int ncid, int varid, const char *where,
                                             bool is_coordinate, nc_type *type,
                                             struct gaia_field *layout, struct missing_rule *rule,
                                             gaia_error *err);

#endif
