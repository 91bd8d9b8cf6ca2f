/* SPDX-License-Identifier: MIT
 *
 * What commands do with composites: the end of a report, a file of their own, and the options that
 * bring profiles and day-1 results into a job. Shared by `gaia score`, `gaia submit` and `gaia
 * scores`, so that the same documents give the same bytes.
 */
#ifndef COMPOSITE_REPORT_H
#define COMPOSITE_REPORT_H

#include <stdbool.h>

#include <jansson.h>

#include <gaia/status.h>

#include "report.h"
#include "text.h"

/* What stands before the scores of a report that will end with composites. */
const char *composite_report_head(enum report_format format);

/* Appends what stands after the scores: the leaderboard to a table, the documents to JSON, nothing
 * to CSV. list: a JSON array of documents. GAIA_PROTOCOL, GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status composite_report_tail(enum report_format format, const struct text *list,
                                                struct text *out, gaia_error *err);

/* Whether the text names a profile's file rather than one that ships. */
bool profile_option_is_file(const char *text);

/* The value of a job's "profile" (a new reference): the name of a profile that ships, or what the
 * file says. The errors of profile_from_json and file_read. */
GAIA_MUST_USE gaia_status profile_option_read(const char *text, json_t **profile, gaia_error *err);

/* The value of a job's "day1_passed" (a new reference) from a file of composites. */
GAIA_MUST_USE gaia_status day1_option_read(const char *path, json_t **passed, gaia_error *err);

#endif
