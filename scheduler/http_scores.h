/* SPDX-License-Identifier: MIT
 *
 * GET /v1/jobs/{id}/scores: scores derived from the job's sums while they are sent, by the code
 * that `gaia scores` runs, so that the bytes are the same.
 *
 * Without a limit the answer is one body, made piece by piece. With one it is a page, and the
 * header Link says where the next page is, if there is one. A page is a whole document of its
 * format. Rows come in the plan's order, forecasts and variables as they were asked for.
 */
#ifndef HTTP_SCORES_H
#define HTTP_SCORES_H

#include <microhttpd.h>

#include "http_api.h"
#include "http_work.h"

/* Sends the answer, or a problem. On any thread, while the connection sleeps; config, work
 * and caller outlive it. */
enum MHD_Result http_scores_answer(const struct http_api_config *config, struct http_work *work,
                                   const struct caller *caller, struct MHD_Connection *connection,
                                   const char *id);

#endif
