/* SPDX-License-Identifier: MIT
 *
 * From rows of moments to scores, one unit after another in the plan's order: scores of each valid
 * time as they come, then the aggregates over times when a lead is complete. Needs memory for one
 * lead only.
 *
 * The one way from sums to scores: `gaia score` and the scheduler both go through it.
 */
#ifndef SCORE_STREAM_H
#define SCORE_STREAM_H

#include <gaia/metric.h>
#include <gaia/status.h>

#include "plan.h"

struct score_stream;

/* plan is borrowed until close. emit is called for every score; its row is borrowed. */
GAIA_MUST_USE gaia_status score_stream_open(const struct plan *plan,
                                            void (*emit)(void *context, const struct gaia_score *),
                                            void *context, struct score_stream **stream,
                                            gaia_error *err);

/* Takes the moments of unit i_unit: rows [n_regions][n_weights]. Units come in ascending order; one
 * whose forecast failed is left out by the caller. */
void score_stream_unit(struct score_stream *stream, size_t i_unit, const struct gaia_moments *rows);

/* The same of a unit that need not be in the plan's list; its numbers are of the plan's names. */
void score_stream_take(struct score_stream *stream, const struct gaia_unit *unit,
                       const struct gaia_moments *rows);

/* Emits the aggregates of the lead that is under way, if any is; what comes next begins another. */
void score_stream_end(struct score_stream *stream);

void score_stream_close(struct score_stream *stream);

#endif
