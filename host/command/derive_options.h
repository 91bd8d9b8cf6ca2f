/* SPDX-License-Identifier: MIT
 *
 * The options of `gaia scores` that choose among moments, as a derive_filter.
 */
#ifndef COMMAND_DERIVE_OPTIONS_H
#define COMMAND_DERIVE_OPTIONS_H

#include <stdbool.h>

#include <gaia/status.h>

#include "arena.h"
#include "derive.h"
#include "options.h"

enum derive_option {
    DERIVE_FORECASTS,
    DERIVE_VARIABLES,
    DERIVE_LEVELS,
    DERIVE_LEADS,
    DERIVE_REGIONS,
    DERIVE_WEIGHTS,
    DERIVE_METRICS,
    DERIVE_MISSING,
    DERIVE_OPTIONS
};

#define DERIVE_OPTION_SPECS                                                                        \
    {"forecasts", OPTION_TEXT, "LIST", 0, 0, "only these [all]"},                                  \
        {"variables", OPTION_TEXT, "z,t", 0, 0, "only these [all]"},                               \
        {"levels", OPTION_TEXT, "500,850", 0, 0, "in hPa [all]"},                                  \
        {"leads", OPTION_TEXT, "24,48", 0, 0, "lead times in hours [all]"},                        \
        {"regions", OPTION_TEXT, "LIST", 0, 0, "of those that were summed [all]"},                 \
        {"weights", OPTION_TEXT, "LIST", 0, 0, "of those that were summed [all]"},                 \
        {"metrics", OPTION_TEXT, "LIST", 0, 0, "any metrics, or all [those of the job]"},          \
    {                                                                                              \
        "missing", OPTION_TEXT, "RULE", 0, 0, "pairwise or propagate [as the job]"                 \
    }

/* Reads values[0 .. DERIVE_OPTIONS) into filter, whose lists live in the arena. *any: at least one
 * is set. GAIA_USAGE, GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status derive_options_read(const struct option_value *values,
                                              struct arena *arena, struct derive_filter *filter,
                                              bool *any, gaia_error *err);

#endif
