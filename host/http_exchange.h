/* SPDX-License-Identifier: MIT
 *
 * One attempt of a request over libcurl: how it is sent, what of the answer is taken, and what the
 * answer means. http_pool.c decides when.
 */
#ifndef HOST_HTTP_EXCHANGE_H
#define HOST_HTTP_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gaia/status.h>

#include "http.h"
#include "http_url.h"
#include "text.h"

struct http_exchange {
    void *easy; /* libcurl's handle */
    const struct http_origin *origin;
    const struct http_limits *limits;
    struct text url;           /* where it is sent: after redirects, the last one */
    struct text authorization; /* the header line */
    bool with_token;           /* false for good once it was redirected elsewhere */
    bool redirected;
    enum http_reach reach; /* of the server that was asked first */
    bool ranged;
    struct zarr_range range;
    size_t bytes_max;
    struct zarr_buffer body;
    void *headers; /* libcurl's list */
    /* of the attempt */
    size_t header_bytes;
    size_t skipped_bytes;      /* of the page of an error */
    char content_range[96];    /* "": none */
    char content_encoding[32]; /* "": none */
    bool body_too_long;        /* more than bytes_max */
    bool body_beyond;          /* more than its length */
    bool headers_too_long;
    bool out_of_memory;
    bool too_near; /* a redirect to where that server cannot be */
    char why[256]; /* libcurl's message */
};

enum http_verdict {
    HTTP_FOUND,
    HTTP_ABSENT,
    HTTP_AGAIN,     /* another attempt may help; the error tells why it was needed */
    HTTP_ELSEWHERE, /* url is another now */
    HTTP_FAILED,
};

/* GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status http_exchange_init(struct http_exchange *exchange, gaia_error *err);
void http_exchange_fini(struct http_exchange *exchange);

/* Sets the handle up for the next attempt; context is what libcurl gives back with the handle.
 * GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status http_exchange_prepare(struct http_exchange *exchange, void *context,
                                                gaia_error *err);

/* What became of the attempt, which ended with libcurl's code. *retry_after_s is what the server
 * asks for, 0 if nothing. err is set for HTTP_AGAIN and HTTP_FAILED. */
enum http_verdict http_exchange_judge(struct http_exchange *exchange, int code,
                                      int64_t *retry_after_s, gaia_error *err);

#endif
