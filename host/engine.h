/* SPDX-License-Identifier: MIT
 *
 * The engine's two halves, planning and summing a range of units, for whoever runs them: executors
 * for their leases, score_job.c for a whole job. Each call opens what it needs; the sources of the
 * last job stay open for the next call with that job.
 */
#ifndef HOST_ENGINE_H
#define HOST_ENGINE_H

/* <stdatomic.h> is C++ only from C++23 on; the types are the same. */
#ifdef __cplusplus
#include <atomic>
using std::atomic_bool;
using std::atomic_uint_least64_t;
#else
#include <stdatomic.h>
#endif

#include <stddef.h>
#include <stdint.h>

#include <gaia/array.h>
#include <gaia/engine.h>
#include <gaia/field.h>
#include <gaia/job.h>
#include <gaia/metric.h>

#include "map_sums.h"
#include "plan.h"
#include "read_counts.h"

#ifdef __cplusplus
extern "C" {
#endif

struct engine;
struct backend_ops;
struct http_limits;

/* Progress and cancellation of a run, shared with the thread that beats. */
enum { ENGINE_THREADS_MAX = 256 };
struct engine_control {
    atomic_uint_least64_t tiles_by_thread[ENGINE_THREADS_MAX]; /* how the work was shared */
    atomic_uint_least64_t fields_done;
    atomic_uint_least64_t fields_total;
    atomic_bool cancel; /* set by the other thread: the run returns GAIA_CANCELLED soon */
    struct read_counts counts;
};

/* Opens the engine on the device that the options name; "auto" is a GPU if there is one that can be
 * used, else the CPU. options are copied. GAIA_OUT_OF_MEMORY, GAIA_DEVICE, GAIA_USAGE (device
 * name).
 */
GAIA_MUST_USE gaia_status engine_open(const struct gaia_engine_options *options,
                                      struct engine **engine, gaia_error *err);

/* The same on this backend, whatever options->device says. ops are borrowed until engine_close. */
GAIA_MUST_USE gaia_status engine_open_on(const struct backend_ops *ops,
                                         const struct gaia_engine_options *options,
                                         struct engine **engine, gaia_error *err);
void engine_close(struct engine *engine);

/* Datasets that jobs may name; checked (reader_array.h) and borrowed until engine_close. To be said
 * before the first job. */
void engine_use_arrays(struct engine *engine, const struct gaia_dataset *datasets,
                       size_t n_datasets);

/* Limits of requests for sources behind addresses, in the place of http_limits_default; copied. To
 * be said before the first job. */
void engine_limit_remote(struct engine *engine, const struct http_limits *limits);

/* Those that hold. Borrowed. */
const struct http_limits *engine_remote(const struct engine *engine);

/* The options with their defaults filled in. Borrowed. */
const struct gaia_engine_options *engine_options(const struct engine *engine);

/* Name of the device in use: "cpu" or "cuda". Static. */
const char *engine_device(const struct engine *engine);

/* Why "auto" is the CPU though GPUs are supported here, in a line that a user should see once; NULL
 * if there is nothing to say. Borrowed. */
const char *engine_note(const struct engine *engine);

/* What the device has done since the engine was opened, and what its memory holds now, where it has
 * one of its own: what is taken of it and what may be, and the truths, climatologies and references
 * that stay there for the next call. */
struct engine_use {
    double kernel_s;
    uint64_t uploaded_bytes;
    uint64_t used_bytes;
    uint64_t limit_bytes;
    uint64_t resident_bytes;
};

void engine_measure(const struct engine *engine, struct engine_use *use);

/* What of the engine's memory is set aside for the rows of one call of engine_sums. */
uint64_t engine_rows_bytes(const struct engine *engine);

/* Opens the job's files and lists every field to score. A forecast that cannot be scored is marked
 * in the plan; the call fails only if nothing can be scored. *plan is the caller's (plan_free). */
GAIA_MUST_USE gaia_status engine_plan(struct engine *engine, const struct gaia_job *job,
                                      struct plan **plan, gaia_error *err);

/* Why a forecast failed while its fields were read. */
struct engine_failure {
    uint32_t forecast;
    gaia_error error;
};

/* Reads and sums units[0 .. n_units) of the job. rows: [n_units][n_regions][n_weights], in the
 * order of units, regions and weights of the plan. plan needs its names, not its units. A forecast
 * whose file fails is added to failures (room for each one of units; *n_failures is set), and its
 * rows are undefined; a truth, climatology or reference that fails fails the call, and so does a
 * device that fails (GAIA_DEVICE): rows are undefined then. control may be NULL. */
GAIA_MUST_USE gaia_status engine_sums(struct engine *engine, const struct gaia_job *job,
                                      const struct plan *plan, const struct gaia_unit *units,
                                      size_t n_units, struct gaia_moments *rows,
                                      struct engine_failure *failures, size_t *n_failures,
                                      struct engine_control *control, gaia_error *err);

/* Begins error maps of units[0 .. *end), as many in the plan's order as the engine's memory holds
 * the maps of, *end of n_units at least one: what engine_sums reads of them from now on is added to
 * *maps (map_sums.h), borrowed until engine_maps_close. Each of these units is to be read once, a
 * lead's in the order of their times, in whatever calls; a forecast that fails spoils its maps
 * alone. Where none of the n_units is mapped, *end is n_units and *maps NULL. GAIA_LIMIT where the
 * memory does not hold one map, and what opening the job's sources returns. */
GAIA_MUST_USE gaia_status engine_maps_open(struct engine *engine, const struct gaia_job *job,
                                           const struct plan *plan, const struct gaia_unit *units,
                                           size_t n_units, size_t *end,
                                           const struct map_sums **maps, gaia_error *err);
void engine_maps_close(struct engine *engine);

#ifdef __cplusplus
}
#endif
#endif
