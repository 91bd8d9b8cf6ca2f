/* SPDX-License-Identifier: MIT
 *
 * Tasks whose result is a document (host/score/job_task.h): from the job to the document, for
 * executors and for `gaia task run`.
 *
 *   weather.hash.gfs_compute, .verification_compute  gaia.content/1 (content_hash.h)
 *   weather.scoring.forecast_verification            gaia.verdict/1 (verify.h)
 *   weather.hash.forecast_verify  {"schema": "gaia.hash_verdict/1", "verdict": "accepted" |
 *       "rejected", "claimed": HASH, "computed": HASH or null, "what": null or why not, "content":
 *       gaia.content/1 or null}
 *
 * A forecast that is bad is a verdict, not a failure: executed again, it would be as bad.
 */
#ifndef HOST_TASK_H
#define HOST_TASK_H

#include <jansson.h>

#include <gaia/job.h>
#include <gaia/status.h>

#include "engine.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Carries the job's task out with the engine's memory and threads. *document is the caller's
 * reference, set only on success. control may be NULL. GAIA_USAGE (the job is no such task),
 * GAIA_CANCELLED, or what the task fails with. One call at a time per process. */
GAIA_MUST_USE gaia_status task_run(struct engine *engine, const struct gaia_job *job,
                                   struct engine_control *control, json_t **document,
                                   gaia_error *err);

#ifdef __cplusplus
}
#endif
#endif
