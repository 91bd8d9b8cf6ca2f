/* SPDX-License-Identifier: MIT
 *
 * Requests of the HTTP API that have a body: jobs and schedules here, tokens in http_token.c. For
 * http_api.c.
 */
#ifndef HTTP_BODY_H
#define HTTP_BODY_H

#include <microhttpd.h>

#include "http_api.h"

/* A request whose body is whole. All of it is borrowed. */
struct http_whole {
    const struct http_api_config *config;
    struct http_limits *limits;
    const struct caller *caller;
    struct MHD_Connection *connection;
    const char *body;
    size_t length;
};

/* Answers that the body is wrong, or that there is no means to deal with it. */
enum MHD_Result http_body_refuse(struct MHD_Connection *connection, const gaia_error *error);

/* Reads the body, asks and answers. verb: one whose requests have a body. */
enum MHD_Result http_body_answer(const struct http_whole *whole, enum api_verb verb);

#endif
