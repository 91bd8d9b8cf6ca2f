/* SPDX-License-Identifier: MIT
 *
 * What `gaia score` takes, and the job that it means.
 */
#ifndef COMMAND_SCORE_OPTIONS_H
#define COMMAND_SCORE_OPTIONS_H

#include <stddef.h>

#include <gaia/status.h>

#include "options.h"

enum {
    OPT_HELP,
    OPT_JOB,
    OPT_FORECAST,
    OPT_TRUTH,
    OPT_CLIMATOLOGY,
    OPT_REFERENCE,
    OPT_INIT,
    OPT_VARIABLES,
    OPT_LEVELS,
    OPT_LEADS,
    OPT_REGIONS,
    OPT_LAND,
    OPT_WEIGHTS,
    OPT_METRICS,
    OPT_MAPS,
    OPT_PROFILE,
    OPT_DAY1,
    OPT_MISSING,
    OPT_DEVICE,
    OPT_THREADS,
    OPT_MEMORY,
    OPT_GPU,
    OPT_GPU_MEMORY,
    OPT_FORMAT,
    OPT_OUT,
    OPT_MOMENTS_OUT,
    OPT_MAPS_OUT,
    OPT_COMPOSITE_OUT,
    OPT_REPORT,
    OPT_COUNT
};

extern const struct option_spec score_options[OPT_COUNT];

/* The job's JSON, from --job or from the options and positional [3]. *json is the caller's.
 * GAIA_USAGE, the errors of file_read and of the options that are files. */
GAIA_MUST_USE gaia_status score_job_text(const struct option_value *values,
                                         const char *const *positional, char **json, size_t *length,
                                         gaia_error *err);

#endif
