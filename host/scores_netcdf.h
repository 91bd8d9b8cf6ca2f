/* SPDX-License-Identifier: MIT
 *
 * Scores as a CF NetCDF-4 file, derived from a file of moments.
 *
 * Dimensions are forecast, variable, level, lead_time, init_time, region, weighting, each with its
 * coordinate: labels; level in hPa, where NaN, the last, is that of fields without level; lead_time
 * in hours; init_time in seconds since 1970 in the calendar of the data. A metric of each valid
 * time is a float64 variable over all seven, an aggregate over times one without init_time, whose
 * name ends in "_over_times" where a metric of each time has the plain one.
 *
 * NaN is no value, and what no field is there for. One pass over the sums: the axes are those of
 * the plan. Chunks that no score is in take no place.
 */
#ifndef HOST_SCORES_NETCDF_H
#define HOST_SCORES_NETCDF_H

#include <gaia/status.h>

#include "derive.h"
#include "moments_file.h"

/* Writes the scores that `derive` chose of `file` to path, whole or not at all. Memory is bounded
 * by the axes and one chunk of each metric. As netcdf-c does, it belongs to one thread of the
 * process. GAIA_NOT_FOUND (no scores), GAIA_LIMIT (2^40 places a metric, times beyond 2^53 s),
 * GAIA_DISK, GAIA_FILE_UNREADABLE, GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status scores_netcdf_write(const struct moments_file *file,
                                              const struct derive *derive, const char *path,
                                              gaia_error *err);

#endif
