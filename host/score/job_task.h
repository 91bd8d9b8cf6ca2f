/* SPDX-License-Identifier: MIT
 *
 * A job's "task": one of the six kinds of work that a Gaia validator hands out, by its name there.
 *
 *   weather.scoring.day1_compute           scores with profile gaia-day1
 *   weather.scoring.era5_final_compute     scores with profile gaia-era5
 *   weather.hash.gfs_compute               the content hash of the input that a forecast started
 * from weather.hash.verification_compute      the content hash of a forecast
 *   weather.hash.forecast_verify           a forecast's content hash against the one "claimed"
 *   weather.scoring.forecast_verification  a forecast held against requirements
 *
 * The first two are jobs like any other but for their profile. The others are
 *
 *   {"schema": "gaia.job/1", "name", "task", "request": {...}, "claimed": HASH}
 *
 * with a request of gaia.hash/1 or, the last one, gaia.verify/1 (source_request.h); "claimed" is
 * for forecast_verify alone. Their result is one JSON document (host/task.h).
 *
 * Invariant: a request that was accepted here parses again where it is carried out.
 */
#ifndef SCORE_JOB_TASK_H
#define SCORE_JOB_TASK_H

#include <stdbool.h>

#include <jansson.h>

#include <gaia/job.h>
#include <gaia/status.h>

#include "arena.h"

enum job_task {
    JOB_TASK_DAY1,
    JOB_TASK_ERA5,
    JOB_TASK_GFS_HASH,
    JOB_TASK_FORECAST_HASH,
    JOB_TASK_FORECAST_VERIFY,
    JOB_TASK_VERIFICATION,
    JOB_TASK_COUNT
};

/* The name of a task; NULL out of range. Static. */
const char *job_task_name(size_t task);

/* The task of this name; false if there is none. */
bool job_task_find(const char *name, enum job_task *task);

/* Reads "task" of the job `root` into job->task. A scoring task that names no profile gets its own
 * in root. Of a task whose result is a document the rest is read too: job->has_document, request
 * and claimed. GAIA_JOB_INVALID, GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status job_task_read(struct arena *arena, json_t *root, struct gaia_job *job,
                                        gaia_error *err);

#endif
