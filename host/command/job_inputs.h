/* SPDX-License-Identifier: MIT
 *
 * The files that a job reads, as far as the job names them.
 */
#ifndef COMMAND_JOB_INPUTS_H
#define COMMAND_JOB_INPUTS_H

#include <gaia/job.h>
#include <gaia/status.h>

#include "outputs.h"

/* Holds the outputs against the job's file at path (NULL: there is none) and against every file
 * that the job names: those of its sources, masks and polygons, of its task's request, and what
 * helps to read them. GAIA_USAGE, GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status job_inputs_spare(const struct gaia_job *job, const char *path,
                                           const struct outputs *outputs, gaia_error *err);

#endif
