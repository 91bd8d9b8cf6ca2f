/* SPDX-License-Identifier: MIT
 *
 * A job's profile: found by name or read inline, joined with the lists that the job gives itself.
 * Called by job.c once the lists are read.
 */
#ifndef SCORE_JOB_PROFILE_H
#define SCORE_JOB_PROFILE_H

#include <jansson.h>

#include <gaia/job.h>
#include <gaia/status.h>

#include "arena.h"

/* Reads "profile" and "day1_passed" of the job `root`; lists that the job leaves empty become the
 * profile's. job->profile is then the job's to free with profile_free. Errors of profile_from_json,
 * and GAIA_JOB_INVALID where the job lacks a source that the profile needs or has no region or
 * weighting of its composite. */
GAIA_MUST_USE gaia_status job_profile_read(struct arena *arena, const json_t *root,
                                           struct gaia_job *job, gaia_error *err);

#endif
