/* SPDX-License-Identifier: MIT
 *
 * Verification: one forecast held against requirements, before it is scored.
 */
#ifndef HOST_VERIFY_H
#define HOST_VERIFY_H

#include <jansson.h>

#include <gaia/status.h>

#include "source_request.h"
#include "walk_options.h"

/* Reads every required field of the request's source once, a field at a time on each thread, and
 * says what is wrong with it. A source that is not as it should be is a verdict, not a failure:
 * also one that cannot be opened. *verdict, the caller's reference, is
 *
 * {"schema": "gaia.verdict/1", "verdict": "accepted" | "rejected", "requirements": name, "source":
 * id, "findings": [{"severity", "kind", "file", "variable", "level" (null: none), "init_time",
 * "lead_hours", "i_lat", "i_lon", "what"}], "counts": {"errors", "warnings", "unlisted",
 * "by_kind"}, "grid": {"n_lat", "n_lon"}, "n_fields", "n_points", "fields": [{"variable", "level",
 * "n_fields", "min", "max" (null: no value), "finite_share"}], "content_hash": text (null: not
 * everything could be read)}.
 *
 * i_lat and i_lon are canonical: rows from north to south, columns from 0 degrees east. "grid" to
 * "fields" are there once the source was opened; "content_hash" where it was asked for: it is the
 * hash of the required fields that are there. Fails with GAIA_JOB_INVALID or GAIA_NOT_FOUND for
 * requirements that are none, and with statuses that say nothing of the source: GAIA_LIMIT,
 * GAIA_OUT_OF_MEMORY, GAIA_CANCELLED. One call at a time per process. */
GAIA_MUST_USE gaia_status verify_forecast(const struct source_request *request,
                                          const struct walk_options *options, json_t **verdict,
                                          gaia_error *err);

#endif
