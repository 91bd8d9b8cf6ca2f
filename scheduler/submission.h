/* SPDX-License-Identifier: MIT
 *
 * A job on its way into the store: what its text says about queueing, as records have it. Made by
 * http_api.c from a request and by server_queue.c from a schedule.
 */
#ifndef SUBMISSION_H
#define SUBMISSION_H

#include <stdbool.h>
#include <stddef.h>

#include <gaia/job.h>
#include <gaia/status.h>

#include "record.h"

struct submission {
    const char *name; /* borrowed from the job, as spec is */
    const char *spec;
    size_t spec_bytes;
    bool is_task;          /* its result is a document */
    char key[RECORD_NAME]; /* against a second submission; "": none */
    struct job_terms terms;
};

/* What the job says; times count from wall_ms (since 1970). key: takes the place of the job's own
 * if it is not NULL. GAIA_OUT_OF_MEMORY; GAIA_USAGE for a key that is too long. */
GAIA_MUST_USE gaia_status submission_make(const struct gaia_job *job, const char *key,
                                          int64_t wall_ms, struct submission *submission,
                                          gaia_error *err);

#endif
