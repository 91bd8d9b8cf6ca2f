/* SPDX-License-Identifier: MIT
 *
 * Coordinates of a NetCDF file: what netcdf-c is asked for, so that axis.h can tell their meaning.
 */
#ifndef HOST_NETCDF_AXIS_H
#define HOST_NETCDF_AXIS_H

#include <gaia/status.h>

#include "arena.h"
#include "axis.h"

/* Finds and reads the coordinate of dimension dimid. Without one, or with one of unknown meaning,
 * kind is AXIS_OTHER. GAIA_AXIS_INVALID: no units, unreadable units, not finite, missing, time or
 * lead not monotonic; errors of netcdf_layout_read. path is for messages. */
GAIA_MUST_USE gaia_status netcdf_axis_read(struct arena *arena, int ncid, const char *path,
                                           int dimid, struct axis *axis, gaia_error *err);

/* Finds a scalar coordinate of this kind that belongs to variable varid; AXIS_OTHER if there is
 * none; of several times axis_time_rank chooses. */
GAIA_MUST_USE gaia_status netcdf_scalar_read(struct arena *arena, int ncid, const char *path,
                                             int varid, enum axis_kind kind, bool has_lead,
                                             struct axis *axis, gaia_error *err);

/* A text attribute as a new NUL-terminated string in the arena; "" if it is absent or no text. */
GAIA_MUST_USE gaia_status netcdf_text(struct arena *arena, int ncid, int varid, const char *name,
                                      const char **text, gaia_error *err);

#endif
