/* SPDX-License-Identifier: MIT
 *
 * From rows of moments to composites: stands beside score_stream and takes the same rows in the
 * same order. `gaia score` and the scheduler both go through it, so their documents are equal byte
 * by byte. Needs memory for one forecast.
 */
#ifndef COMPOSITE_STREAM_H
#define COMPOSITE_STREAM_H

#include <stddef.h>

#include <gaia/job.h>
#include <gaia/metric.h>
#include <gaia/status.h>

#include "plan.h"

/* Parts (init times x leads x levels of all variables) of one forecast at most: a document shows
 * each in about a kilobyte, and the scheduler makes a document between two turns of its loop. */
enum { COMPOSITE_CELLS_MAX = 1 << 16 };

struct composite_stream;

/* Receives the document (gaia.composite/1) of forecast i of the plan, borrowed for the call. */
struct composite_sink {
    void *context;
    void (*take)(void *context, size_t i_forecast, const char *json, size_t length);
};

/* *stream is NULL where the job has no profile or the profile no composite; the other functions
 * then do nothing. job and plan are borrowed until close. GAIA_OUT_OF_MEMORY; GAIA_LIMIT where the
 * profile is too large; GAIA_REGION_UNKNOWN where the plan lacks the composite's region (no grid
 * point lies in it) or weighting. */
GAIA_MUST_USE gaia_status composite_stream_open(const struct gaia_job *job, const struct plan *plan,
                                                const struct composite_sink *sink,
                                                struct composite_stream **stream, gaia_error *err);

/* Takes the moments of unit i_unit, as score_stream_unit does. GAIA_LIMIT, GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status composite_stream_unit(struct composite_stream *stream, size_t i_unit,
                                                const struct gaia_moments *rows, gaia_error *err);

/* Hands out the last forecast. */
GAIA_MUST_USE gaia_status composite_stream_end(struct composite_stream *stream, gaia_error *err);

void composite_stream_close(struct composite_stream *stream);

#endif
