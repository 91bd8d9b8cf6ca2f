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
#include "http_limits.h"
#include "http_remote.h"
#include "log.h"
#include "metrics.h"

struct http_api;

struct http_api_config {
    struct http_remote_config remote; /* for other machines; start and context are set here */
    uint16_t port;                    /* on 127.0.0.1; 0 takes a free one */
    struct token_table *tokens;       /* whom it knows; borrowed for the API's life */
    size_t body_bytes_max;
    size_t header_bytes_max; /* of a request line and its headers, about; at least 4 KiB */
    unsigned connections_max;
    unsigned of_address_max; /* of connections; 0: without limit */
    unsigned timeout_s;      /* of a connection on which nothing moves; 0: none */
    unsigned request_s;      /* in which a request must have come whole; 0: without limit */
    struct http_limits_config rates;
    unsigned n_threads;      /* that wait for answers of the loop */
    unsigned streams_max;    /* of events, at once */
    uint64_t page_bytes_max; /* of the sums that a job's page is made of */
    struct board *board;     /* that they are read from */
    struct metrics *metrics; /* what is counted, and where; borrowed */
    const char *database;    /* the file of the embedded store, for backups; NULL: there is none */
    /* Answers the request; called from many threads, may block. */
    void (*ask)(void *context, struct api_request *request);
    void *context;
    const struct log *log;
};

/* Body 64 MiB, headers 32 KiB, 512 connections, 128 of an address, 30 s, 60 s, 1,000 requests/s of
 * an address and of a token, 32 threads, 32 streams, 1 GiB of sums; no tokens, no board, no
 * metrics, no ask. */
struct http_api_config http_api_config_default(void);

/* Listens; *port is the real one, remote_url [HTTP_URL] where other machines find it, "" if they do
 * not. GAIA_UNREACHABLE (a port is taken), GAIA_OUT_OF_MEMORY, http_remote_open's. */
GAIA_MUST_USE gaia_status http_api_open(const struct http_api_config *config, struct http_api **api,
                                        uint16_t *port, char *remote_url, gaia_error *err);

/* Reads the certificate for other machines anew and says in the log what came of it. From one other
 * thread, not during http_api_close. */
void http_api_renew(struct http_api *api);

/* Stops listening and ends every connection. NULL is allowed. */
void http_api_close(struct http_api *api);

#endif
