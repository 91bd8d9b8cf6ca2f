/* SPDX-License-Identifier: MIT
 *
 * The key "queue" of gaia.job/1: how a scheduler is to queue the job. Nothing else looks at it.
 */
#ifndef SCORE_JOB_QUEUE_H
#define SCORE_JOB_QUEUE_H

#include <jansson.h>

#include <gaia/job.h>

#include "arena.h"

/* Reads it into *queue; all of it is left as it is where the job has none. Texts are copied into
 * the arena. GAIA_JOB_INVALID, GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status job_queue_read(struct arena *arena, const json_t *root,
                                         struct gaia_job_queue *queue, gaia_error *err);

#endif
