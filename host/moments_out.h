/* SPDX-License-Identifier: MIT
 *
 * The file of moments that a run leaves (host/score/moments_file.h), there whole or not at all.
 */
#ifndef HOST_MOMENTS_OUT_H
#define HOST_MOMENTS_OUT_H

#include <gaia/field.h>
#include <gaia/metric.h>
#include <gaia/status.h>

#include "plan.h"

struct moments_out;

/* Begins the file at path. plan is borrowed until the close. GAIA_DISK, GAIA_LIMIT,
 * GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status moments_out_open(const char *path, const struct plan *plan,
                                           struct moments_out **out, gaia_error *err);

/* Adds a unit: rows [plan_rows_per_unit]. Units come in the plan's order. out may be NULL. */
void moments_out_unit(struct moments_out *out, const struct gaia_unit *unit,
                      const struct gaia_moments *rows);

/* Ends the file and puts it in place if status is GAIA_OK, else takes it back; returns status, or
 * what went wrong with the file. */
GAIA_MUST_USE gaia_status moments_out_close(struct moments_out *out, gaia_status status,
                                            gaia_error *err);

#endif
