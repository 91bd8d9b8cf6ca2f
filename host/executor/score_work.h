/* SPDX-License-Identifier: MIT
 *
 * The units of a score lease: read from it, summed, and their error maps written to the executor's
 * own folder, from where the scheduler moves them (map_place.h). For lease.c.
 *
 * Invariant: a map is made by one lease, and depends on the job alone: whoever runs the lease, and
 * however often, writes the same bytes.
 */
#ifndef EXECUTOR_SCORE_WORK_H
#define EXECUTOR_SCORE_WORK_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include <gaia/field.h>
#include <gaia/job.h>
#include <gaia/metric.h>
#include <gaia/status.h>

#include "engine.h"
#include "plan.h"

/* The first three are to be set before. */
struct score_work {
    const struct gaia_job *job;
    const struct plan *plan;
    const char *staging; /* NULL: no maps can be written */
    const char *attempt; /* the lease's */
    int64_t first_unit;
    size_t n_units;
    struct gaia_unit *units;
    struct gaia_moments *rows;       /* [n_units][plan_rows_per_unit] */
    struct engine_failure *failures; /* [n_failures] of different forecasts */
    size_t n_failures;
};

/* Reads the lease, which is borrowed. GAIA_PROTOCOL, GAIA_OUT_OF_MEMORY. work is to be freed in any
 * case. */
GAIA_MUST_USE gaia_status score_work_read(const json_t *lease, struct score_work *work,
                                          gaia_error *err);

/* Sums the units and writes their maps, but those of forecasts that fail. What engine_sums and
 * engine_maps_open return; GAIA_DISK where a map cannot be written. */
GAIA_MUST_USE gaia_status score_work_sum(struct engine *engine, struct score_work *work,
                                         struct engine_control *control, gaia_error *err);

void score_work_fini(struct score_work *work);

#endif
