/* SPDX-License-Identifier: MIT
 *
 * The file of maps that a run leaves (host/score/map_file.h), there whole or not at all.
 *
 * Maps wait in a temporary file until every field has been read: only then is it known which
 * forecasts have scores, and those alone have maps.
 */
#ifndef HOST_MAPS_OUT_H
#define HOST_MAPS_OUT_H

#include <gaia/status.h>

#include "map_sums.h"
#include "plan.h"

struct maps_out;

/* Begins the file at path, which is borrowed until the close. GAIA_DISK, GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status maps_out_open(const char *path, struct maps_out **out, gaia_error *err);

/* Adds the maps of a range of units; ranges come in the plan's order, and have one grid. GAIA_DISK,
 * GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status maps_out_add(struct maps_out *out, const struct map_sums *sums,
                                       const struct plan *plan, gaia_error *err);

/* Writes the maps of forecasts whose status is GAIA_OK, and puts the file in place if status is
 * GAIA_OK, else takes it back; returns status, or what went wrong with the file. out is gone, and
 * may be NULL. */
GAIA_MUST_USE gaia_status maps_out_close(struct maps_out *out, const struct plan *plan,
                                         gaia_status status, gaia_error *err);

#endif
