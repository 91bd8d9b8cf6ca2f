/* SPDX-License-Identifier: MIT
 *
 * Lists that may be asked for in part: GET /v1/jobs and GET /v1/leaderboard.
 *
 * A list of jobs is a page: the newest that fit the filters, or those older than a cursor. `next`
 * in the answer is the cursor of the next page, null if there is none.
 */
#ifndef HTTP_LIST_H
#define HTTP_LIST_H

#include <microhttpd.h>

#include "http_api.h"

/* Sends the list, or a problem. verb: API_JOBS or API_LEADERBOARD. */
enum MHD_Result http_list_answer(const struct http_api_config *config, const struct caller *caller,
                                 struct MHD_Connection *connection, enum api_verb verb);

#endif
