/* SPDX-License-Identifier: MIT
 *
 * The results folder: what executors make for jobs besides their sums, today error maps
 * (score/map_place.h). Each executor writes to a staging folder of its own; the scheduler moves
 * what belongs to a result to the folder of the job, which it makes, reads from, and removes with
 * the job.
 *
 * Invariant: what an executor has written stays a stranger's wherever it lies: no name is taken
 * from it, no link followed, and no more of it believed than a reader checks. It may go on writing
 * to a file that it holds open, and so spoil what it made itself, no more.
 */
#ifndef RESULTS_H
#define RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gaia/status.h>

struct results;

/* Makes the folder at path, with its parents. GAIA_DISK, GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status results_open(const char *path, struct results **results, gaia_error *err);

/* NULL is allowed. */
void results_close(struct results *results);

const char *results_path(const struct results *results);

/* Makes sure that the folder is that of the store of this identity: by a mark in it, which is made
 * if there is none. GAIA_USAGE: it is another store's. GAIA_DISK: the mark can be neither read nor
 * made. After a failure the sweeps below do nothing. */
GAIA_MUST_USE gaia_status results_claim(struct results *results, const char *identity,
                                        gaia_error *err);

/* Maps of one attempt. */
struct results_maps {
    const char *executor; /* whose staging folder they are in */
    const char *job;
    const char *attempt;
    size_t n_units;
    const uint64_t *units; /* [n_units] first units of maps */
    uint64_t bytes_max;    /* of a map */
};

/* Moves them to the job's folder, which is made if it is not there; once this has returned they are
 * on the disk, and out of the executor's reach. All are moved, or none is there. One that lies in
 * the job's folder already, because what was to be committed with it never was, is as good as
 * moved. GAIA_DISK: one is in neither folder, or cannot be moved. GAIA_PROTOCOL: in a map's place
 * is something else than a plain file of the executor's, with one name, of at most bytes_max. */
GAIA_MUST_USE gaia_status results_move(const struct results *results,
                                       const struct results_maps *maps, gaia_error *err);

/* Removes from a job's folder the maps of the units [first, end) by other attempts. */
void results_prune(const struct results *results, const char *job, uint64_t first, uint64_t end,
                   const char *attempt);

/* Empties an executor's staging folder, which its process may go on to use. */
void results_staging_clear(const struct results *results, const char *executor);

/* Empties those of executors that `is_known` does not know. */
void results_staging_sweep(const struct results *results,
                           bool (*is_known)(void *context, const char *executor), void *context);

/* Removes the folder of the job of this id with what is in it; what cannot be removed stays. */
void results_job_remove(const struct results *results, const char *id);

/* Looks at some of the folders, after where it stopped the last time, and removes those of jobs
 * that `is_known` does not know. False once it has come to the end; the next call begins anew. */
bool results_sweep(struct results *results, bool (*is_known)(void *context, const char *id),
                   void *context);

/* Opens a job's file. `name` is what map_path_make made of this folder. GAIA_NOT_FOUND: it is not
 * there, or is no regular file. *fd is the caller's. */
GAIA_MUST_USE gaia_status results_file_open(const char *name, int *fd, gaia_error *err);

#endif
