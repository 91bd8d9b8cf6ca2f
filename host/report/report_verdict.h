/* SPDX-License-Identifier: MIT
 *
 * What `gaia verify` found, as a page shows it. From documents alone (gaia.verdict/1), for
 * report_data.c.
 */
#ifndef REPORT_VERDICT_H
#define REPORT_VERDICT_H

#include <stddef.h>

#include <jansson.h>

#include <gaia/status.h>

/* Reads a document, or an array of them (NULL: there are none), into an array of {source, verdict,
 * requirements, errors, warnings, unlisted, findings [{severity, kind, file, variable, level,
 * lead_hours, init_time, what}]}; *verdicts is the caller's reference. GAIA_JOB_INVALID,
 * GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status report_verdicts_read(const char *bytes, size_t length, json_t **verdicts,
                                               gaia_error *err);

#endif
