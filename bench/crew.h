/* SPDX-License-Identifier: MIT
 *
 * Threads that are started once and then set to work together, so that no timing holds the start of
 * a thread.
 */
#ifndef BENCH_CREW_H
#define BENCH_CREW_H

#include <gaia/status.h>

struct crew;

/* What one thread does; index counts from 0. */
typedef gaia_status crew_job(void *context, unsigned index, gaia_error *err);

/* GAIA_OUT_OF_MEMORY, GAIA_LIMIT. */
GAIA_MUST_USE gaia_status crew_open(unsigned n_threads, struct crew **crew, gaia_error *err);
void crew_close(struct crew *crew);

/* Runs the job on the first n_active threads and waits for all of them; *seconds, if asked for, is
 * the time from their release to the end of the last. What the first that failed said is err's. */
GAIA_MUST_USE gaia_status crew_run(struct crew *crew, unsigned n_active, crew_job *job,
                                   void *context, double *seconds, gaia_error *err);

/* Seconds that never go back, for differences. */
double seconds_now(void);

#endif
