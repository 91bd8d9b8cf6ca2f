/* SPDX-License-Identifier: MIT
 *
 * Coordinates of a NetCDF file by their meaning: CF standard names, units, and the common names.
 */
#ifndef HOST_NETCDF_AXIS_H
#define HOST_NETCDF_AXIS_H

#include <stddef.h>
#include <stdint.h>

#include <gaia/status.h>

#include "arena.h"

enum axis_kind { AXIS_OTHER, AXIS_LAT, AXIS_LON, AXIS_LEVEL, AXIS_TIME, AXIS_LEAD, AXIS_HOUR };

/* The coordinate along one dimension, or a scalar one (n 1). value: degrees, hPa or hour; time:
 * seconds. */
struct netcdf_axis {
    enum axis_kind kind;
    const char *name;
    size_t n;
    const double *value;
    const int64_t *time_s;
};

/* Finds and reads the coordinate of dimension dimid. Without one, or with one of unknown meaning,
 * kind is AXIS_OTHER. GAIA_AXIS_INVALID: no units, unreadable units, not finite, time or lead not
 * monotonic. path is for messages. */
GAIA_MUST_USE gaia_status netcdf_axis_read(struct arena *arena, int ncid, const char *path,
                                           int dimid, struct netcdf_axis *axis, gaia_error *err);

/* Finds a scalar coordinate of this kind that belongs to variable varid; AXIS_OTHER if there is
 * none. */
GAIA_MUST_USE gaia_status netcdf_scalar_read(struct arena *arena, int ncid, const char *path,
                                             int varid, enum axis_kind kind,
                                             struct netcdf_axis *axis, gaia_error *err);

/* A text attribute as a new NUL-terminated string in the arena; "" if it is absent or no text. */
GAIA_MUST_USE gaia_status netcdf_text(struct arena *arena, int ncid, int varid, const char *name,
                                      const char **text, gaia_error *err);

#endif
