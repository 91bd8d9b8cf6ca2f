/* SPDX-License-Identifier: MIT
 *
 * Composites as a page shows them: each forecast's score with the parts that it is made of,
 * averaged over init times. From documents alone (gaia.composite/1), for report_data.c.
 */
#ifndef REPORT_COMPOSITE_H
#define REPORT_COMPOSITE_H

#include <stddef.h>

#include <jansson.h>

#include <gaia/status.h>

/* Reads an array of documents into an array of {forecast, kind, profile {name, hash, modified},
 * engine_version, region, weighting, baseline, parameters, score, overall, passed, day1_passed,
 * n_times, reasons, leads [{lead_hours, skill, acc, rrmse, penalty, score}], variables [{variable,
 * weight, skill, acc, rrmse, penalty, score}]}; *composites is the caller's reference. Parts are
 * means over init times, those of variables over leads too; a part that is not there counts 0, as
 * in the score. GAIA_JOB_INVALID, GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status report_composites_read(const char *bytes, size_t length,
                                                 json_t **composites, gaia_error *err);

#endif
