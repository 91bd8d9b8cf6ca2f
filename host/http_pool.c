/* SPDX-License-Identifier: MIT
 *
 * Requests at a time over one libcurl multi handle: who is sent when, and what is tried again.
 */
#include "http.h"

#include <assert.h>
#include <stdlib.h>

#include <curl/curl.h>

#include "clock.h"
#include "error.h"
#include "http_exchange.h"
#include "http_library.h"

enum { POLL_MS = 1000 };

enum request_state {
    REQUEST_FREE,
    REQUEST_WAITING, /* to be sent at not_before_ms */
    REQUEST_ACTIVE,
    REQUEST_ENDED,
};

struct http_request {
    struct http_pool *pool;
    struct http_exchange exchange;
    enum request_state state;
    unsigned attempt; /* those made */
    unsigned n_redirects;
    int64_t not_before_ms;
    bool found;
    gaia_error error; /* of the last attempt, or of the request once it has ended */
};

/* One place more than requests at a time, for the one that is wanted now. */
struct http_pool {
    CURLM *multi;
    struct http_limits limits;
    http_cancelled *cancelled; /* NULL: never */
    const void *cancelled_context;
    uint64_t random;
    size_t n_requests;
    struct http_request requests[HTTP_PARALLEL_MAX + 1];
};

gaia_status http_pool_open(const struct http_limits *limits, uint64_t seed, struct http_pool **pool,
                           gaia_error *err)
{
    struct http_pool *opened = NULL;
    gaia_status status = http_library_init(err);
    if (status != GAIA_OK) {
        return status;
    }
    opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        return error_memory(err, sizeof *opened);
    }
    opened->limits = *limits;
    opened->random = seed;
    opened->multi = curl_multi_init();
    status = opened->multi != NULL ? GAIA_OK : error_memory(err, sizeof *opened);
    assert(limits->parallel >= 1 && limits->parallel <= HTTP_PARALLEL_MAX);
    while (status == GAIA_OK && opened->n_requests < limits->parallel + 1) {
        struct http_request *request = &opened->requests[opened->n_requests];
        request->pool = opened;
        status = http_exchange_init(&request->exchange, err);
        opened->n_requests += status == GAIA_OK;
    }
    if (status != GAIA_OK) {
        http_pool_close(opened);
        return status;
    }
    (void)curl_multi_setopt(opened->multi, CURLMOPT_MAXCONNECTS, (long)opened->n_requests);
    *pool = opened;
    return GAIA_OK;
}

void http_pool_close(struct http_pool *pool)
{
    if (pool != NULL) {
        for (size_t i = 0; i < pool->n_requests; i++) {
            http_request_drop(&pool->requests[i]);
            http_exchange_fini(&pool->requests[i].exchange);
        }
        (void)curl_multi_cleanup(pool->multi);
        free(pool);
    }
}

/* ---- One request ---- */

static void request_end(struct http_request *request, gaia_status status, bool found)
{
    request->error.status = status;
    request->found = found;
    request->state = REQUEST_ENDED;
}

/* Hands the next attempt to libcurl. */
static void attempt_start(struct http_request *request)
{
    const gaia_status status = http_exchange_prepare(&request->exchange, request, &request->error);
    if (status != GAIA_OK ||
        curl_multi_add_handle(request->pool->multi, request->exchange.easy) != CURLM_OK) {
        request_end(request, status != GAIA_OK ? status : error_memory(&request->error, 0), false);
        return;
    }
    request->state = REQUEST_ACTIVE;
}

/* After an attempt that may be followed by another. */
static void attempt_again(struct http_request *request, int64_t retry_after_s)
{
    struct http_pool *pool = request->pool;
    request->attempt++;
    if (request->attempt >= pool->limits.attempts) {
        const gaia_status status = request->error.status;
        gaia_error why = request->error;
        request_end(request,
                    error_set(&request->error, status, "%s (%u attempt%s)", why.detail,
                              request->attempt, request->attempt == 1 ? "" : "s"),
                    false);
        return;
    }
    request->not_before_ms =
        clock_monotonic_ms() +
        http_pause_ms(&pool->limits, request->attempt, retry_after_s, random_next(&pool->random));
    request->n_redirects = 0;
    request->state = REQUEST_WAITING;
}

static void attempt_end(struct http_request *request, CURLcode code)
{
    int64_t retry_after_s = 0;
    const enum http_verdict verdict =
        http_exchange_judge(&request->exchange, (int)code, &retry_after_s, &request->error);
    (void)curl_multi_remove_handle(request->pool->multi, request->exchange.easy);
    switch (verdict) {
    case HTTP_FOUND:
    case HTTP_ABSENT:
        request_end(request, GAIA_OK, verdict == HTTP_FOUND);
        break;
    case HTTP_AGAIN:
        attempt_again(request, retry_after_s);
        break;
    case HTTP_ELSEWHERE:
        if (++request->n_redirects > request->pool->limits.redirects) {
            request_end(request,
                        error_set(&request->error, GAIA_DENIED, "more than %u redirects",
                                  request->pool->limits.redirects),
                        false);
        } else {
            request->not_before_ms = 0;
            request->state = REQUEST_WAITING;
        }
        break;
    case HTTP_FAILED:
        request_end(request, request->error.status, false);
        break;
    }
}

/* ---- All requests ---- */

/* Sends what is due and takes what has come. Returns how long nothing is due, in ms. */
static int64_t pool_drive(struct http_pool *pool)
{
    int64_t idle_ms = POLL_MS;
    int n_running = 0;
    int n_left = 0;
    const int64_t now_ms = clock_monotonic_ms();
    for (size_t i = 0; i < pool->n_requests; i++) {
        struct http_request *request = &pool->requests[i];
        if (request->state == REQUEST_WAITING && request->not_before_ms <= now_ms) {
            attempt_start(request);
        }
    }
    (void)curl_multi_perform(pool->multi, &n_running);
    for (const CURLMsg *message = curl_multi_info_read(pool->multi, &n_left); message != NULL;
         message = curl_multi_info_read(pool->multi, &n_left)) {
        const CURLcode code = message->data.result;
        char *context = NULL;
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &context);
        attempt_end((struct http_request *)(void *)context, code);
    }
    for (size_t i = 0; i < pool->n_requests; i++) {
        const struct http_request *request = &pool->requests[i];
        const int64_t left_ms = request->not_before_ms - now_ms;
        if (request->state == REQUEST_WAITING && left_ms < idle_ms) {
            idle_ms = left_ms > 0 ? left_ms : 0;
        }
    }
    return idle_ms;
}

void http_pool_watch(struct http_pool *pool, http_cancelled *cancelled, const void *context)
{
    pool->cancelled = cancelled;
    pool->cancelled_context = context;
}

gaia_status http_request_start(struct http_pool *pool, const struct http_origin *origin,
                               const char *url, const struct zarr_range *range, size_t bytes_max,
                               bool ahead, struct http_request **request, gaia_error *err)
{
    struct http_request *free_one = NULL;
    size_t n_used = 0;
    for (size_t i = 0; i < pool->n_requests; i++) {
        if (pool->requests[i].state != REQUEST_FREE) {
            n_used++;
        } else if (free_one == NULL) {
            free_one = &pool->requests[i];
        }
    }
    *request = NULL;
    if (ahead && n_used >= pool->limits.parallel) {
        return GAIA_OK;
    }
    assert(free_one != NULL); /* what is wanted now is waited for before the next is asked */
    struct http_exchange *exchange = &free_one->exchange;
    exchange->origin = origin;
    exchange->limits = &pool->limits;
    exchange->with_token = true;
    exchange->redirected = false;
    exchange->ranged = range != NULL;
    exchange->range = range != NULL ? *range : (struct zarr_range){0};
    exchange->bytes_max = bytes_max;
    exchange->url.length = 0;
    exchange->url.failed = false;
    text_append(&exchange->url, url);
    free_one->attempt = 0;
    free_one->n_redirects = 0;
    free_one->not_before_ms = 0;
    free_one->found = false;
    free_one->error = (gaia_error){0};
    free_one->state = REQUEST_WAITING;
    if (exchange->url.failed) {
        free_one->state = REQUEST_FREE;
        return error_memory(err, bytes_max);
    }
    (void)pool_drive(pool); /* on its way while the caller does something else */
    *request = free_one;
    return GAIA_OK;
}

gaia_status http_request_wait(struct http_request *request, struct zarr_buffer *out, bool *found,
                              gaia_error *err)
{
    struct http_pool *pool = request->pool;
    *found = false;
    while (request->state != REQUEST_ENDED) {
        const int64_t idle_ms = pool_drive(pool);
        if (request->state != REQUEST_ENDED) {
            if (pool->cancelled != NULL && pool->cancelled(pool->cancelled_context)) {
                http_request_drop(request);
                return error_set(err, GAIA_CANCELLED, "cancelled");
            }
            (void)curl_multi_poll(pool->multi, NULL, 0, (int)idle_ms, NULL);
        }
    }
    const gaia_status status = request->error.status;
    if (status == GAIA_OK && request->found) {
        /* The two change places: neither is allocated anew for the next answer. */
        const struct zarr_buffer body = request->exchange.body;
        request->exchange.body = *out;
        *out = body;
        *found = true;
    }
    request->state = REQUEST_FREE;
    if (*found && out->bytes == NULL) { /* an empty body; bytes are there all the same */
        const gaia_status resized = zarr_buffer_resize(out, 1, err);
        out->length = 0;
        return resized;
    }
    return status == GAIA_OK ? GAIA_OK : error_set(err, status, "%s", request->error.detail);
}

void http_request_drop(struct http_request *request)
{
    if (request->state == REQUEST_ACTIVE) {
        (void)curl_multi_remove_handle(request->pool->multi, request->exchange.easy);
    }
    request->state = REQUEST_FREE;
}

size_t http_pool_bytes(const struct http_pool *pool)
{
    size_t bytes = 0;
    for (size_t i = 0; i < pool->n_requests; i++) {
        bytes += pool->requests[i].state != REQUEST_FREE ? pool->requests[i].exchange.bytes_max : 0;
    }
    return bytes;
}

void http_pool_trim(struct http_pool *pool, size_t bytes_max)
{
    size_t kept = 0;
    for (size_t i = 0; i < pool->n_requests; i++) {
        struct zarr_buffer *body = &pool->requests[i].exchange.body;
        kept += body->capacity;
        if (kept > bytes_max && pool->requests[i].state == REQUEST_FREE) {
            kept -= body->capacity;
            zarr_buffer_fini(body);
        }
    }
}
