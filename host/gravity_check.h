/* SPDX-License-Identifier: MIT
 *
 * Geopotential taken for its height, or the other way round: where a file says no units or wrong
 * ones nothing can be converted, but sums show it, because then a mean is 9.80665 times another.
 *
 * Invariant: only names that mean geopotential or its height (score/variable_name.h) are looked at.
 */
#ifndef HOST_GRAVITY_CHECK_H
#define HOST_GRAVITY_CHECK_H

#include <gaia/field.h>
#include <gaia/metric.h>
#include <gaia/status.h>

#include "sources.h"

enum gravity_side { GRAVITY_NONE, GRAVITY_FORECAST, GRAVITY_SHARED };

/* Holds the means of one unit's fields against the truth's, by its rows [n_rows]. *side tells whose
 * error it is: the forecast's alone, or the climatology's or reference's, which every forecast
 * shares. variable is the unit's name. GAIA_UNITS_MISMATCH names file, variable, units and factor.
 * Below 900 hPa and at the ground, where a mean height can be anything, fields are judged only if
 * some source says no units, and by 1000 points at least. */
GAIA_MUST_USE gaia_status gravity_check(const struct sources *sources,
                                        const struct catalog *forecast,
                                        const struct gaia_unit *unit, const char *variable,
                                        const struct gaia_moments *rows, size_t n_rows,
                                        enum gravity_side *side, gaia_error *err);

#endif
