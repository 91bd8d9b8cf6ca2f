/* SPDX-License-Identifier: MIT
 *
 * What can be wrong with a request before its body is read: how it says where its body ends, how
 * large that is, and its query. For http_api.c.
 */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include <microhttpd.h>

#include "http_route.h"

/* Refuses a request whose end two readers could see at different places, and ends the connection
 * after it: Content-Length twice or with Transfer-Encoding, or one of them that is not plainly a
 * number or `chunked`, a header whose name is none, or more than one Host. False, and it is
 * answered, if something was wrong; here and below. */
bool http_framing_check(struct MHD_Connection *connection, enum MHD_Result *result);

/* Refuses a body that the route does not have or that is larger than so many bytes, as far as it
 * says so, and parameters of the query that the route does not have. */
bool http_request_check(struct MHD_Connection *connection, const struct route *route,
                        size_t body_bytes_max, enum MHD_Result *result);

/* Writes the address that the connection comes from, without its port, into out. */
enum { HTTP_PEER = 64 };
void http_peer(struct MHD_Connection *connection, char out[HTTP_PEER]);

/* Answers that the body is larger. */
enum MHD_Result http_refuse_body(struct MHD_Connection *connection, size_t body_bytes_max);

#endif
