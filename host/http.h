/* SPDX-License-Identifier: MIT
 *
 * GET requests over HTTP(S): several at a time, on connections that are kept, each tried again
 * where that may help.
 *
 * A pool and its requests belong to one thread. Requests make progress while any of them is waited
 * for. Errors say why, and not what was asked for: the caller names that.
 *
 * Invariant: every wait ends: an attempt within its time, attempts, redirects and the pauses
 * between them within their numbers. A token is sent to the host, port and scheme that it was given
 * for, and is in no message.
 */
#ifndef HOST_HTTP_H
#define HOST_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gaia/status.h>

#include "zarr_store.h"

enum { HTTP_PARALLEL_MAX = 32 };

/* Options (remote-...) but for redirects and the first pause: nobody needs more of the one, and the
 * other is nothing beside remote-pause. */
struct http_limits {
    size_t parallel;            /* requests at a time, up to HTTP_PARALLEL_MAX */
    unsigned attempts;          /* of one request, the first included */
    unsigned redirects;         /* that one attempt follows */
    int64_t connect_ms;         /* until a connection stands */
    int64_t stall_s;            /* so long may fewer than stall_bytes_per_s arrive */
    int64_t stall_bytes_per_s;  /* 0: never mind */
    int64_t total_ms;           /* of one attempt */
    int64_t backoff_ms;         /* the pause after the first attempt is at most this; it doubles */
    int64_t backoff_max_ms;     /* and ends at this */
    int64_t retry_after_max_ms; /* so long is waited where the server asks for a pause */
};

/* What a source that nobody configured gets. */
struct http_limits http_limits_default(void);

/* The pause before the next attempt, `attempt` being the number of those made: anything from 0 to
 * the bound that doubles ("full jitter"), or what the server asks for if that is more.
 * retry_after_s 0: it asks for nothing. random: any number. */
int64_t http_pause_ms(const struct http_limits *limits, unsigned attempt, int64_t retry_after_s,
                      uint64_t random);

/* How a source is asked. Borrowed texts. */
struct http_origin {
    const char *token;   /* sent as "Authorization: Bearer"; NULL: none */
    const char *ca_file; /* the authorities that are trusted; NULL: the system's */
};

struct http_pool;
struct http_request;

/* seed: of the jitter. GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status http_pool_open(const struct http_limits *limits, uint64_t seed,
                                         struct http_pool **pool, gaia_error *err);

/* Ends every request. NULL is allowed. */
void http_pool_close(struct http_pool *pool);

/* Whether nobody wants any answer any more; called often while one is waited for, by the waiting
 * thread. */
typedef bool http_cancelled(const void *context);

/* From now on waiting ends with GAIA_CANCELLED once `cancelled` says so; NULL: it never does. */
void http_pool_watch(struct http_pool *pool, http_cancelled *cancelled, const void *context);

/* Starts asking for url (range NULL: all of it), of which at most bytes_max are taken. ahead: a
 * request that somebody will want later; *request is NULL if it would be one too many (one that is
 * wanted now always has a place). origin is borrowed until the request has ended. */
GAIA_MUST_USE gaia_status http_request_start(struct http_pool *pool,
                                             const struct http_origin *origin, const char *url,
                                             const struct zarr_range *range, size_t bytes_max,
                                             bool ahead, struct http_request **request,
                                             gaia_error *err);

/* Waits for the answer and ends the request. out gets the body. *found is false where the server
 * has nothing there (404, 410). GAIA_LIMIT: more than bytes_max, said or sent; GAIA_DENIED (401,
 * 403, a redirect that is not followed); GAIA_TIMEOUT; GAIA_UNREACHABLE (no connection, another
 * body than its length, 429 and 5xx after the last attempt); GAIA_PROTOCOL; GAIA_FILE_UNREADABLE
 * (any other answer); GAIA_FORMAT_UNSUPPORTED (an encoding, or ranges that are not served);
 * GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status http_request_wait(struct http_request *request, struct zarr_buffer *out,
                                            bool *found, gaia_error *err);

/* Ends a request whose answer nobody wants. */
void http_request_drop(struct http_request *request);

/* What the bodies of all requests may come to. */
size_t http_pool_bytes(const struct http_pool *pool);

/* Frees buffers that no request uses until they take at most bytes_max. */
void http_pool_trim(struct http_pool *pool, size_t bytes_max);

#endif
