/* SPDX-License-Identifier: MIT
 *
 * The results folder: what executors write for jobs besides their sums, today error maps, each in
 * RESULTS/JOB/UNIT.gmap (score/map_file.h). The scheduler makes a job's folder when its plan is
 * known, reads from it, and removes it with the job.
 *
 * Invariant: executors may write files in these folders and nothing else, so whatever is read from
 * one is a stranger's; a link is never followed.
 */
#ifndef RESULTS_H
#define RESULTS_H

#include <stdbool.h>

#include <gaia/status.h>

struct results;

/* Makes the folder at path, with its parents. GAIA_DISK, GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status results_open(const char *path, struct results **results, gaia_error *err);

/* NULL is allowed. */
void results_close(struct results *results);

const char *results_path(const struct results *results);

/* Makes the folder of the job of this id, if it is not there. GAIA_DISK. */
GAIA_MUST_USE gaia_status results_job_make(const struct results *results, const char *id,
                                           gaia_error *err);

/* Removes it with what is in it; what cannot be removed stays. */
void results_job_remove(const struct results *results, const char *id);

/* Looks at some of the folders, after where it stopped the last time, and removes those of jobs
 * that `is_known` does not know. False once it has come to the end; the next call begins anew. */
bool results_sweep(struct results *results, bool (*is_known)(void *context, const char *id),
                   void *context);

/* Opens a job's file. `name` is what map_path_make made of this folder. GAIA_NOT_FOUND: it is not
 * there, or is no regular file. *fd is the caller's. */
GAIA_MUST_USE gaia_status results_file_open(const char *name, int *fd, gaia_error *err);

#endif
