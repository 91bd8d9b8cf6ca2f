/* SPDX-License-Identifier: MIT
 *
 * The executor: leases batches from the scheduler, runs them through the engine, sends the results.
 */
#ifndef EXECUTOR_H
#define EXECUTOR_H

#include <gaia/engine.h>

#include "address.h"
#include "log.h"

struct executor_options {
    struct address_options address;
    struct gaia_engine_options engine;
    const struct log *log;
};

/* Runs until the scheduler drains the executor or SIGTERM or SIGINT comes, which must be blocked in
 * the process: it then finishes its lease and returns GAIA_OK; a second signal ends the process at
 * once. What engine_open returns; GAIA_DENIED and others that the scheduler refuses with;
 * GAIA_LIMIT. */
GAIA_MUST_USE gaia_status executor_run(const struct executor_options *options, gaia_error *err);

#endif
