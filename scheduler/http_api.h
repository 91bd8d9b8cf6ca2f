/* SPDX-License-Identifier: MIT
 *
 * The HTTP API: HTTP on one side, questions to the server's loop on the other. Knows paths,
 * methods, tokens, sizes and problems; what a job is, server_api.c knows.
 *
 * openapi/v1.json says what each route takes and answers; the program sends it as /v1/openapi.json.
 * Errors are application/problem+json (http_respond.h).
 */
#ifndef HTTP_API_H
#define HTTP_API_H

#include <stddef.h>
#include <stdint.h>

#include <gaia/status.h>

#include "api.h"
#include "log.h"

struct http_api;

struct http_api_config {
    uint16_t port;      /* on 127.0.0.1; 0 takes a free one */
    const char *secret; /* the bearer token; borrowed for the API's life */
    size_t body_bytes_max;
    unsigned connections_max;
    unsigned timeout_s;   /* of a connection on which nothing moves */
    unsigned n_threads;   /* that wait for answers of the loop */
    unsigned streams_max; /* of events, at once */
    struct board *board;  /* that they are read from */
    /* Answers the request; called from many threads, may block. */
    void (*ask)(void *context, struct api_request *request);
    void *context;
    const struct log *log;
};

/* Body size 64 MiB, 64 connections, 30 s, 32 threads, 32 streams; no secret,
 * no board, no ask. */
struct http_api_config http_api_config_default(void);

/* Listens; *port is the real one. GAIA_UNREACHABLE (the port is taken), GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status http_api_open(const struct http_api_config *config, struct http_api **api,
                                        uint16_t *port, gaia_error *err);

/* Stops listening and ends every connection. NULL is allowed. */
void http_api_close(struct http_api *api);

#endif
