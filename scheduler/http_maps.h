/* SPDX-License-Identifier: MIT
 *
 * GET /v1/jobs/{id}/maps, and the maps of a page: files that executors wrote, one after the other.
 */
#ifndef HTTP_MAPS_H
#define HTTP_MAPS_H

#include <microhttpd.h>

#include "api.h"
#include "http_api.h"
#include "http_work.h"
#include "report_maps.h"

/* Answers with the job's maps: the bytes of its files, which together are a file of maps; nothing
 * where the job asked for none. 409 where one is not there. */
enum MHD_Result http_maps_answer(const struct http_api_config *config, struct http_work *work,
                                 const struct caller *caller, struct MHD_Connection *connection,
                                 const char *id);

/* Takes the job's maps for a page; those that are not there or not sound are counted as lacking,
 * and told of in the log. *maps is the caller's, NULL where the job asked for none. A question that
 * the loop refuses is left in *request, with its answer; the status is then GAIA_OK. */
GAIA_MUST_USE gaia_status http_maps_take(const struct http_api_config *config,
                                         const struct caller *caller, const char *id,
                                         struct api_request *request, struct report_maps **maps,
                                         gaia_error *err);

#endif
