/* SPDX-License-Identifier: MIT
 *
 * The body of GET /v1/jobs/{id}/moments: pages from the loop, then the tail that seals them.
 *
 * Invariant: a body that has its tail is whole; after a failure the connection ends without one.
 */
#ifndef HTTP_MOMENTS_H
#define HTTP_MOMENTS_H

#include <microhttpd.h>

#include "api.h"
#include "http_api.h"
#include "http_work.h"

/* Asks for the first page. With HTTP_OK in request->http *response is the body, NULL when out of
 * memory; else request says what to answer, and *response is untouched. The request's answer is
 * taken over. config and caller are borrowed for the response's life. */
void http_moments_open(const struct http_api_config *config, struct http_work *work,
                       const struct caller *caller, struct MHD_Connection *connection,
                       const char *id, struct api_request *request, struct MHD_Response **response);

#endif
