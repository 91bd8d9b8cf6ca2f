/* SPDX-License-Identifier: MIT
 *
 * What --against means: a forecast of the same sums, else SOURCE or SOURCE:FORECAST. SOURCE is a
 * file or a job; both it and FORECAST may have colons. The first colon counts that has the name of
 * a file before it, else the first behind what may be a job's id.
 */
#ifndef COMMAND_AGAINST_H
#define COMMAND_AGAINST_H

#include <gaia/client.h>
#include <gaia/status.h>

#include "arena.h"
#include "moments_file.h"

struct against {
    const struct moments_file *file; /* the one that has the forecast */
    const char *forecast;
    const char *label;           /* how it is called */
    struct moments_file *opened; /* to be closed by the caller; NULL: the same sums */
};

/* Texts live in the arena or are those given; *client as for moments_source_open. GAIA_NOT_FOUND,
 * GAIA_USAGE (several forecasts), the errors of moments_source_open. */
GAIA_MUST_USE gaia_status against_open(const char *text, const struct moments_file *file,
                                       const char *state, struct gaia_client **client,
                                       struct arena *arena, struct against *against,
                                       gaia_error *err);

#endif
