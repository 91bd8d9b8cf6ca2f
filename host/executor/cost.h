/* SPDX-License-Identifier: MIT
 *
 * What a lease costs: processor time, what was read and summed, and the device's part. It goes to
 * the scheduler with the lease's result, which counts it once, as the result itself.
 */
#ifndef EXECUTOR_COST_H
#define EXECUTOR_COST_H

#include <stdint.h>

#include <jansson.h>

#include "engine.h"

/* How things stood when the lease began. */
struct cost {
    int64_t cpu_us; /* of the process */
    struct engine_use device;
};

/* The device's memory after the latest lease, for beats: what is taken of it, what may be, and what
 * stays there. */
struct device_gauges {
    atomic_uint_least64_t used_bytes;
    atomic_uint_least64_t limit_bytes;
    atomic_uint_least64_t resident_bytes;
};

/* Begins to count: sets run's counts to 0. */
struct cost cost_begin(const struct engine *engine, struct engine_control *run);

/* Adds `cost` to the entry of the lease's result, left out where memory is short or there is no
 * entry; and sets the gauges. */
void cost_tell(const struct cost *cost, const struct engine *engine,
               const struct engine_control *run, struct device_gauges *gauges, json_t *entry);

#endif
