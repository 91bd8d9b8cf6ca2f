/* SPDX-License-Identifier: MIT
 *
 * The executor: leases batches from the scheduler, runs them through the engine, sends the results.
 */
#ifndef EXECUTOR_H
#define EXECUTOR_H

#include <stdbool.h>
#include <stdint.h>

#include <gaia/engine.h>

#include "address.h"
#include "log.h"

struct http_limits;

struct executor_options {
    struct address_options address;
    struct gaia_engine_options engine;
    const char *staging; /* folder of its own for error maps (map_place.h); NULL: there is none */
    const struct log *log;
    const char *scratch;  /* the folder that it may write to; NULL: none */
    uint64_t batches_max; /* that it runs before it leaves; 0: any number */
    int64_t life_min_ms;  /* it does not leave for that earlier */
    int64_t batch_ms;     /* that a batch may take by the clock; 0: any time */
    int64_t batch_cpu_ms; /* ... of the processors' time */
    int64_t result_ms;    /* that the answer to a result is waited for */
    const struct http_limits
        *remote;          /* of requests for sources behind addresses; NULL: the default */
    const char *replaces; /* why the process before it went (recycle_reason.h); NULL: not said */
    bool sandbox;         /* give up system calls once the engine is open (sandbox.h) */
};

/* Runs until the scheduler drains the executor, it has run its batches, or SIGTERM or SIGINT comes,
 * which must be blocked in the process: it then finishes its lease and returns GAIA_OK; a second
 * signal ends the process at once. A batch over its time is cancelled and reported as GAIA_TIMEOUT;
 * one that cannot be cancelled ends the process with PROGRAM_OVERTIME. What engine_open returns;
 * GAIA_DENIED and others that the scheduler refuses with; GAIA_LIMIT. */
GAIA_MUST_USE gaia_status executor_run(const struct executor_options *options, gaia_error *err);

#endif
