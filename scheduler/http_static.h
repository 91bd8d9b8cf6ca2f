/* SPDX-License-Identifier: MIT
 *
 * Answers of the HTTP API that are part of the program: that it lives, the profiles that ship, the
 * description of the API. For http_api.c.
 */
#ifndef HTTP_STATIC_H
#define HTTP_STATIC_H

#include <stdbool.h>

#include <microhttpd.h>

#include "embedded.h"
#include "http_route.h"

/* scheduler/openapi/v1.json, the only one */
extern const struct embedded_file embedded_openapi[];
extern const size_t embedded_openapi_count;

/* Sends the answer if it is one of these; false, and nothing is sent, if the loop has to be asked.
 * *result is what libmicrohttpd is to be told. */
bool http_static_answer(const struct route *route, struct metrics *metrics,
                        struct MHD_Connection *connection, enum MHD_Result *result);

#endif
