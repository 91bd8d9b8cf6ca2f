/* SPDX-License-Identifier: MIT
 *
 * The engine in one process: from a job to its scores.
 */
#ifndef GAIA_ENGINE_H
#define GAIA_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#include <gaia/job.h>
#include <gaia/metric.h>
#include <gaia/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a run reports. Every callback is called on the thread that called gaia_score_job, and each
 * may be NULL. `score` gets every score in the order forecast, variable, level, lead, init time,
 * region, weighting, metric, with the aggregate over times after the times of its lead. `failed`
 * gets each forecast that could not be scored; the others are not disturbed. `warned` gets what was
 * left out, and, where device "auto" is the CPU, why no GPU is used. */
struct gaia_observer {
    void *context;
    void (*score)(void *context, const struct gaia_score *score);
    void (*failed)(void *context, const char *forecast, const gaia_error *why);
    void (*warned)(void *context, const char *text);
    void (*progress)(void *context, uint64_t fields_done, uint64_t fields_total);
    /* Each forecast's composite, where the job's profile has one, as a JSON document of `length`
     * bytes (gaia.composite/1), in the order of the forecasts, among their scores. */
    void (*composite)(void *context, const char *forecast, const char *json, size_t length);
    /* Every row of sums, in the order of the scores, each before the scores that are made of it. */
    void (*moments)(void *context, const struct gaia_moments_row *row);
    /* What the fields are summed on, before the first of them: "cpu, AVX-512" or as a GPU's maker
     * calls it. */
    void (*device)(void *context, const char *name);
};

/* Zeros are defaults everywhere. Texts are borrowed for the call. */
struct gaia_engine_options {
    const char *device;        /* "auto" (also NULL), "cpu" or "cuda" */
    unsigned n_threads;        /* compute threads; 0: one per core */
    uint64_t memory_bytes;     /* upper bound of what the engine allocates for data; 0: 2 GiB */
    uint64_t gpu_memory_bytes; /* the same of a GPU's memory; 0: most of what is free */
    unsigned gpu;              /* which GPU, as the driver counts them from 0 */
    const char *moments_path;  /* a file that gets the sums, for `gaia scores`; NULL: none */
    const char *maps_path;     /* a file that gets the job's error maps, for `gaia maps`; NULL: none
                                * are made */
};

/* Plans, reads, sums and scores the job. Returns GAIA_OK if every forecast was scored; the first
 * failure's status if a forecast failed (the others were scored and reported); any other status if
 * nothing could be scored, or a file of
 * moments or maps could not be written (GAIA_DISK): GAIA_USAGE for a null pointer, an unknown
 * device or maps_path for a job without maps, GAIA_DEVICE for a device that is absent or fails,
 * GAIA_OUT_OF_MEMORY and GAIA_LIMIT where memory does not suffice. job is one that gaia_job_parse
 * made, and is borrowed, as are options and observer; err may be NULL. Scores are as
 * include/gaia/metric.h says, NaN where there is no value; missing points count by the job's rule.
 * One call at a time per process, on whichever thread: the file libraries are not thread-safe. The
 * call starts threads of its own and ends them. */
GAIA_API GAIA_MUST_USE gaia_status gaia_score_job(const struct gaia_job *job,
                                                  const struct gaia_engine_options *options,
                                                  const struct gaia_observer *observer,
                                                  gaia_error *err);

#ifdef __cplusplus
}
#endif
#endif
