/* SPDX-License-Identifier: MIT
 *
 * The jobs that an executor has at hand, parsed, with the heads of their plans: a lease of a job
 * whose key it named when it asked for work does not bring them again. A batch of one field of a
 * job of many forecasts would else be mostly its job's text.
 */
#ifndef EXECUTOR_HELD_H
#define EXECUTOR_HELD_H

#include <stdint.h>

#include <jansson.h>

#include <gaia/job.h>
#include <gaia/status.h>

#include "plan.h"

enum { HELD_JOBS = 4, HELD_KEY = 33 };

struct held_job {
    char key[HELD_KEY]; /* "": it has none, and serves one lease */
    uint64_t used;      /* 0: nothing is held here */
    json_t *spec;
    json_t *plan;
    struct gaia_job *job;
    struct plan *head; /* the plan without its units */
};

/* Made empty by {0}. */
struct held {
    struct held_job jobs[HELD_JOBS];
    uint64_t clock;
};

/* The keys as a new array, NULL when out of memory. */
json_t *held_json(const struct held *held);

/* What a score lease works on: parsed from what it brings and kept, or found by its key; then the
 * lease is given what it left out, so that it is whole. *job is valid until the next call.
 * GAIA_PROTOCOL (it brings nothing, and nothing is held), what gaia_job_parse and plan_from_json
 * return. */
GAIA_MUST_USE gaia_status held_take(struct held *held, json_t *lease, const struct held_job **job,
                                    gaia_error *err);

void held_fini(struct held *held);

#endif
