/* SPDX-License-Identifier: MIT
 *
 * One lease, run: from what the scheduler sent to the entry of a RESULT.
 */
#ifndef EXECUTOR_LEASE_H
#define EXECUTOR_LEASE_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include <gaia/job.h>

#include "engine.h"
#include "held.h"

/* An entry of RESULT's `results` and its sums, which are all of the message's. */
struct lease_result {
    json_t *entry;
    double *sums; /* [n_sums]; NULL: none */
    size_t n_sums;
};

/* The lease's attempt token, NULL if it has none. Borrowed. */
const char *lease_attempt(const json_t *lease);

/* Whether it is a range of units to score: for these lease_run wants what held_take gives. */
bool lease_scores(const json_t *lease);

/* Reads the job that the lease brings; the caller's. GAIA_PROTOCOL, GAIA_JOB_INVALID,
 * GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status lease_job_read(const json_t *lease, struct gaia_job **job,
                                         gaia_error *err);

/* Runs the lease, a plan, a task or a range of units (of held, else NULL), through the engine;
 * staging is the folder that error maps go to, from where the scheduler takes them with the result;
 * NULL: there is none, and a lease with maps fails. A failure of the work is a result like any
 * other; the call itself returns GAIA_CANCELLED (there is nothing to report: the scheduler has
 * taken the lease back) or GAIA_OUT_OF_MEMORY. *result is the caller's, to be freed with
 * lease_result_fini. */
GAIA_MUST_USE gaia_status lease_run(struct engine *engine, const json_t *lease,
                                    const struct held_job *held, const char *staging,
                                    struct engine_control *control, struct lease_result *result,
                                    gaia_error *err);

/* Makes *result say that the lease failed with err, and drops what it held. GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status lease_result_fail(const json_t *lease, const gaia_error *why,
                                            struct lease_result *result, gaia_error *err);

/* Whether the result says that the device failed: there will be no other from this engine. */
bool lease_lost_device(const struct lease_result *result);

void lease_result_fini(struct lease_result *result);

#endif
