/* SPDX-License-Identifier: MIT
 *
 * The texts of the jobs that are being worked on, parsed: what goes out with each lease. Between
 * the store, which has them as text, and server_wire.c and server_result.c. The loop's thread only.
 *
 * Invariant: at most JOB_CACHE_JOBS are held; an entry is valid until the next call.
 */
#ifndef JOB_CACHE_H
#define JOB_CACHE_H

#include <stdint.h>

#include <jansson.h>

#include <gaia/status.h>

#include "plan.h"
#include "store.h"

enum { JOB_CACHE_JOBS = 16, JOB_CACHE_KEY = 33 };

struct job_texts {
    int64_t job;             /* 0: no entry */
    uint64_t used;           /* when it was last asked for */
    char key[JOB_CACHE_KEY]; /* of this spec with this plan: no two entries ever have the same */
    json_t *spec;            /* the job, gaia.job/1 */
    struct plan *plan;       /* NULL before it is planned, and until asked for */
    json_t *plan_head;       /* the plan without its units */
};

/* Made empty by {.salt = a random number of this process}. */
struct job_cache {
    struct job_texts entries[JOB_CACHE_JOBS];
    uint64_t clock;
    uint64_t salt;
};

/* The entry of the job, read from the store if need be; with its plan if with_plan. GAIA_STORE,
 * GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status job_cache_get(struct job_cache *cache, struct store *store, int64_t job,
                                        bool with_plan, const struct job_texts **texts,
                                        gaia_error *err);

/* Forgets one job, or all. */
void job_cache_drop(struct job_cache *cache, int64_t job);
void job_cache_clear(struct job_cache *cache);

/* Reads and checks the stored plan of the job; the caller's, to be freed with plan_free. */
GAIA_MUST_USE gaia_status stored_plan_read(struct store *store, int64_t job, struct plan **plan,
                                           gaia_error *err);

#endif
