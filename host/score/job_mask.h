/* SPDX-License-Identifier: MIT
 *
 * The masks of a job, read from its JSON. What lies in their files is the host's business
 * (host/mask.h).
 *
 * Invariant: a mask says one way to make weights of values: as they are, by a threshold, or by
 * classes.
 */
#ifndef SCORE_JOB_MASK_H
#define SCORE_JOB_MASK_H

#include <jansson.h>

#include <gaia/job.h>
#include <gaia/status.h>

#include "arena.h"

/* Reads "masks", which need not be there, into job->masks. GAIA_JOB_INVALID, GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status job_masks_read(struct arena *arena, const json_t *root,
                                         struct gaia_job *job, gaia_error *err);

#endif
