/* SPDX-License-Identifier: MIT
 *
 * Error maps as CF NetCDF-4, which opens in xarray: variables mean_error, rmse and n_valid over
 * (forecast, variable, level, lead_time, latitude, longitude). Places of maps that there are none
 * of are NaN, and so are points without a valid time; fields without level are at level NaN.
 */
#ifndef HOST_MAPS_NETCDF_H
#define HOST_MAPS_NETCDF_H

#include <gaia/status.h>

#include "map_file.h"

/* Writes every map of the file to path, whole or not at all, one at a time. As netcdf-c does, it
 * belongs to one thread of the process. GAIA_NOT_FOUND (no maps), GAIA_GRID_MISMATCH (maps of
 * several grids), GAIA_JOB_INVALID (one map twice), GAIA_LIMIT, GAIA_DISK, GAIA_FILE_UNREADABLE,
 * GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status maps_netcdf_write(const struct map_file *file, const char *path,
                                            gaia_error *err);

#endif
