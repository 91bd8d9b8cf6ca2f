/* SPDX-License-Identifier: MIT
 *
 * How the HTTP API answers: headers that every response has, and problems (RFC 9457). For
 * http_api.c and http_static.c.
 *
 * A problem has "type" (a URI relative to the API, "/problems/" and the code), "title" (of the
 * type), "status" (the HTTP number), "detail" (of this case), "code" (the name of the gaia_status,
 * or "forbidden" or "method_not_allowed") and, where it is about a member of the body or a
 * parameter of the query, "field".
 */
#ifndef HTTP_RESPOND_H
#define HTTP_RESPOND_H

#include <microhttpd.h>

#include <gaia/status.h>

#include "api.h"

/* Sends the response, which is taken over; NULL closes the connection. */
enum MHD_Result http_respond(struct MHD_Connection *connection, unsigned http, const char *type,
                             struct MHD_Response *response);

/* Sends a problem. field: what it is about; NULL: with HTTP_BAD_REQUEST, the member that the
 * error's detail begins with ("job.truth.files[0]: ..." is about "truth.files[0]"). */
enum MHD_Result http_refuse(struct MHD_Connection *connection, unsigned http, const char *field,
                            const gaia_error *error);

/* Sends HTTP_TOO_MANY; wait_s: when to come again. is_last: ends the connection. */
enum MHD_Result http_refuse_for(struct MHD_Connection *connection, int64_t wait_s, bool is_last,
                                const gaia_error *error);

/* Sends a problem and ends the connection: what else comes on it is not to be believed, or not to
 * be waited for. */
enum MHD_Result http_refuse_last(struct MHD_Connection *connection, unsigned http,
                                 const gaia_error *error);

/* Sends HTTP_METHOD_NOT_ALLOWED; allow: the methods that the path has ("GET, POST"). */
enum MHD_Result http_refuse_method(struct MHD_Connection *connection, const char *allow,
                                   const gaia_error *error);

/* Sends what the loop answered, which is taken over. */
enum MHD_Result http_respond_answer(struct MHD_Connection *connection, struct api_request *request);

#endif
