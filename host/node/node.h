/* SPDX-License-Identifier: MIT
 *
 * The supervisor of one machine: executors and, unless it is elsewhere, their scheduler, each kept
 * running.
 */
#ifndef NODE_H
#define NODE_H

#include <stdbool.h>

#include <gaia/status.h>

#include "log.h"
#include "recycle.h"
#include "restart.h"

struct node_options {
    const char *state;            /* absolute, exists */
    unsigned n_executors;         /* at least 1 */
    const char *gpus;             /* "0,1": the executors take them in turn; NULL: their default */
    bool is_remote;               /* the scheduler runs elsewhere */
    const char *const *scheduler; /* arguments of the scheduler, NULL at their end, ... */
    const char *const *executor;  /* ... and of each executor */
    struct limits limits;         /* of each executor */
    struct restart_policy restart;
};

enum { NODE_ARGUMENTS_MAX = 96 }; /* in each of the two lists */

/* Runs the scheduler, if it is to run here, and the executors found beside this program until
 * SIGTERM or SIGINT, then ends them and returns. The process must have one thread. GAIA_LIMIT
 * (another node holds the lock, or the system has no room), GAIA_FILE_MISSING (a program is not
 * there), GAIA_DISK, GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status node_run(const struct node_options *options, const struct log *log,
                                   gaia_error *err);

#endif
