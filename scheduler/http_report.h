/* SPDX-License-Identifier: MIT
 *
 * GET /v1/jobs/{id}/report: the page of a job's scores, made on a thread of http_work.h out of what
 * the loop hands out of sums and composites, while the connection sleeps. For http_api.c.
 */
#ifndef HTTP_REPORT_H
#define HTTP_REPORT_H

#include <stdint.h>

#include <microhttpd.h>

#include <gaia/status.h>

#include "http_api.h"

/* What pages share: they are made one at a time, since each takes memory of its own. */
struct http_report;

/* GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status http_report_open(struct http_report **report, gaia_error *err);

/* NULL is allowed. No page is being made. */
void http_report_close(struct http_report *report);

/* Answers with the page, or with a problem: HTTP_CONFLICT where the job has no sums, or more of
 * them than a page is made of (page_bytes_max, or REPORT_ROWS_MAX values); HTTP_UNAVAILABLE, also
 * where four others ask already. Waits for pages that others asked for; the loop waits for nothing.
 */
enum MHD_Result http_report_answer(struct http_report *report, const struct http_api_config *config,
                                   const struct caller *caller, const char *id,
                                   struct MHD_Connection *connection);

#endif
