/* SPDX-License-Identifier: MIT
 *
 * The executor's thread that looks on: signals that ask it to leave, and batches that take too
 * long.
 */
#ifndef EXECUTOR_WATCH_H
#define EXECUTOR_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include <gaia/status.h>

#include "control.h"
#include "engine.h"
#include "log.h"

enum { WATCH_GRACE_MS = 10000 }; /* from cancelling a batch to ending the process */

struct watch;

struct watch_options {
    const struct log *log;
    struct control *control;
    int64_t batch_ms;     /* that a batch may take by the clock; 0: any time */
    int64_t batch_cpu_ms; /* ... of the processors' time */
    int64_t grace_ms;
};

/* Starts the thread. SIGTERM and SIGINT must be blocked in the process: the first asks the control
 * to stop, the second ends the process at once. options are copied. GAIA_LIMIT, GAIA_OUT_OF_MEMORY.
 */
GAIA_MUST_USE gaia_status watch_open(const struct watch_options *options, struct watch **watch,
                                     gaia_error *err);
void watch_close(struct watch *watch);

/* A batch begins. Once it is over its time `run` is cancelled; if that does not end it within
 * grace_ms the process ends with PROGRAM_OVERTIME. run, and the log that says so, are borrowed
 * until watch_end. */
void watch_begin(struct watch *watch, struct engine_control *run, const struct log *log);

/* The batch has ended: GAIA_LIMIT if it was over its time, GAIA_OK else. */
gaia_status watch_end(struct watch *watch, gaia_error *err);

#endif
