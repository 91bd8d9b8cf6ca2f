/* SPDX-License-Identifier: MIT
 *
 * Sending an attempt and taking its answer.
 *
 * Invariant: of a body no more than bytes_max is kept, of headers and error pages no more than
 * their limits are read, and nothing that a server sends decides how much is allocated.
 */
#include "http_exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "error.h"

enum {
    HEADER_BYTES_MAX = 1 << 16,
    PAGE_BYTES_MAX = 1 << 16, /* of an error's page, so that the connection can be kept */
    BODY_BYTES_FIRST = 1 << 14,
    RECEIVE_BYTES = 1 << 17,
    STATUS_OK = 200,
    STATUS_PARTIAL = 206,
};

_Static_assert(sizeof((struct http_exchange *)NULL)->why >= CURL_ERROR_SIZE,
               "libcurl writes its message here");

gaia_status http_exchange_init(struct http_exchange *exchange, gaia_error *err)
{
    *exchange = (struct http_exchange){.easy = curl_easy_init()};
    return exchange->easy != NULL ? GAIA_OK : error_memory(err, sizeof *exchange);
}

void http_exchange_fini(struct http_exchange *exchange)
{
    curl_easy_cleanup(exchange->easy);
    curl_slist_free_all(exchange->headers);
    zarr_buffer_fini(&exchange->body);
    text_fini(&exchange->url);
    text_fini(&exchange->authorization);
    *exchange = (struct http_exchange){.easy = NULL};
}

/* ---- What libcurl calls ---- */

static long response_code(const struct http_exchange *exchange)
{
    long code = 0;
    (void)curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &code);
    return code;
}

/* Makes room for length bytes and keeps those that are there. */
static bool body_reserve(struct http_exchange *exchange, size_t length)
{
    struct zarr_buffer *body = &exchange->body;
    curl_off_t declared = -1;
    if (length <= body->capacity) {
        return true;
    }
    (void)curl_easy_getinfo(exchange->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &declared);
    size_t capacity = body->capacity < BODY_BYTES_FIRST ? BODY_BYTES_FIRST : 2 * body->capacity;
    capacity = declared > 0 ? (size_t)declared : capacity;
    capacity = capacity > exchange->bytes_max ? exchange->bytes_max : capacity;
    capacity = capacity < length ? length : capacity;
    unsigned char *grown = realloc(body->bytes, capacity);
    if (grown != NULL) {
        body->bytes = grown;
        body->capacity = capacity;
    }
    return grown != NULL;
}

static size_t body_take(char *bytes, size_t size, size_t count, void *context)
{
    struct http_exchange *exchange = context;
    struct zarr_buffer *body = &exchange->body;
    const size_t length = size * count;
    const long code = response_code(exchange);
    curl_off_t declared = -1;
    if (code != (exchange->ranged ? STATUS_PARTIAL : STATUS_OK)) { /* not what was asked for */
        exchange->skipped_bytes += length;
        return exchange->skipped_bytes > PAGE_BYTES_MAX ? 0 : length;
    }
    (void)curl_easy_getinfo(exchange->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &declared);
    if (length > exchange->bytes_max - body->length ||
        (declared > 0 && (uint64_t)declared > exchange->bytes_max)) {
        exchange->body_too_long = true;
        return 0;
    }
    if (!body_reserve(exchange, body->length + length)) {
        exchange->out_of_memory = true;
        return 0;
    }
    memcpy(body->bytes + body->length, bytes, length);
    body->length += length;
    return length;
}

/* Keeps the value of the header "name: value", if this is that one and it fits. */
static void header_keep(const char *line, size_t length, const char *name, char *out,
                        size_t out_bytes)
{
    const size_t n_name = strlen(name);
    if (length <= n_name || strncasecmp(line, name, n_name) != 0) {
        return;
    }
    line += n_name;
    length -= n_name;
    while (length > 0 && (*line == ' ' || *line == '\t')) {
        line++;
        length--;
    }
    while (length > 0 && (unsigned char)line[length - 1] <= ' ') {
        length--;
    }
    (void)snprintf(out, out_bytes, "%.*s", (int)length, line);
}

static size_t header_take(char *bytes, size_t size, size_t count, void *context)
{
    struct http_exchange *exchange = context;
    const size_t length = size * count;
    exchange->header_bytes += length;
    if (exchange->header_bytes > HEADER_BYTES_MAX) {
        exchange->headers_too_long = true;
        return 0;
    }
    header_keep(bytes, length, "content-range:", exchange->content_range,
                sizeof exchange->content_range);
    header_keep(bytes, length, "content-encoding:", exchange->content_encoding,
                sizeof exchange->content_encoding);
    return length;
}

/* Bytes that come behind a body of a known length are dropped by libcurl, together with the
 * connection; its remark is the only trace of them. */
static int remark_take(CURL *easy, curl_infotype type, char *bytes, size_t length, void *context)
{
    struct http_exchange *exchange = context;
    static const char excess[] = "Excess found";
    (void)easy;
    if (type == CURLINFO_TEXT && length >= sizeof excess - 1 &&
        memcmp(bytes, excess, sizeof excess - 1) == 0) {
        exchange->body_beyond = true;
    }
    return 0;
}

/* Before anything is sent on a connection, new or kept. A server may not lead to what it could not
 * ask itself: this machine, or the network behind it. */
static int peer_check(void *context, char *address, char *own, int port, int own_port)
{
    struct http_exchange *exchange = context;
    const enum http_reach reach = http_reach_of(address);
    (void)own;
    (void)port;
    (void)own_port;
    exchange->reach = exchange->redirected ? exchange->reach : reach;
    exchange->too_near = reach > exchange->reach;
    return exchange->too_near ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

/* ---- Sending ---- */

static bool headers_make(struct http_exchange *exchange)
{
    const bool with_token = exchange->with_token && exchange->origin->token != NULL;
    curl_slist_free_all(exchange->headers);
    exchange->headers = NULL;
    if (with_token) {
        exchange->authorization.length = 0;
        text_printf(&exchange->authorization, "Authorization: Bearer %s", exchange->origin->token);
        exchange->headers = exchange->authorization.failed
                                ? NULL
                                : curl_slist_append(NULL, exchange->authorization.s);
    }
    return !with_token || exchange->headers != NULL;
}

/* The limits in time and size. */
static void limits_set(struct http_exchange *exchange)
{
    CURL *easy = exchange->easy;
    const struct http_limits *limits = exchange->limits;
    (void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)limits->connect_ms);
    (void)curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)limits->stall_s);
    (void)curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, (long)limits->stall_bytes_per_s);
    (void)curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)limits->total_ms);
    (void)curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)RECEIVE_BYTES);
}

static void range_set(struct http_exchange *exchange)
{
    const struct zarr_range *range = &exchange->range;
    char text[64];
    if (!exchange->ranged) {
        return;
    }
    if (range->from_end) {
        (void)snprintf(text, sizeof text, "-%zu", range->length);
    } else {
        (void)snprintf(text, sizeof text, "%llu-%llu", (unsigned long long)range->offset,
                       (unsigned long long)(range->offset + range->length - 1));
    }
    (void)curl_easy_setopt(exchange->easy, CURLOPT_RANGE, text); /* libcurl copies it */
}

gaia_status http_exchange_prepare(struct http_exchange *exchange, void *context, gaia_error *err)
{
    CURL *easy = exchange->easy;
    curl_easy_reset(easy);
    exchange->body.length = 0;
    exchange->header_bytes = 0;
    exchange->skipped_bytes = 0;
    exchange->content_range[0] = '\0';
    exchange->content_encoding[0] = '\0';
    exchange->body_too_long = false;
    exchange->body_beyond = false;
    exchange->headers_too_long = false;
    exchange->out_of_memory = false;
    exchange->too_near = false;
    exchange->why[0] = '\0';
    if (exchange->url.failed || !headers_make(exchange) ||
        curl_easy_setopt(easy, CURLOPT_URL, exchange->url.s) != CURLE_OK) {
        return error_memory(err, HEADER_BYTES_MAX);
    }
    (void)curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L); /* http_exchange_judge decides */
    (void)curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_USERAGENT, "gaia/" GAIA_VERSION);
    (void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, exchange->headers);
    (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    if (exchange->origin->ca_file != NULL) {
        (void)curl_easy_setopt(easy, CURLOPT_CAINFO, exchange->origin->ca_file);
    }
    (void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange->why);
    (void)curl_easy_setopt(easy, CURLOPT_PRIVATE, context);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, body_take);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
    (void)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, header_take);
    (void)curl_easy_setopt(easy, CURLOPT_HEADERDATA, exchange);
    (void)curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, peer_check);
    (void)curl_easy_setopt(easy, CURLOPT_PREREQDATA, exchange);
    (void)curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, remark_take);
    (void)curl_easy_setopt(easy, CURLOPT_DEBUGDATA, exchange);
    (void)curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L); /* to remark_take, and nowhere else */
    limits_set(exchange);
    range_set(exchange);
    return GAIA_OK;
}

/* ---- Judging ---- */

static enum http_verdict failed(enum http_verdict verdict, gaia_error *err, gaia_status status,
                                const char *text)
{
    (void)error_set(err, status, "%s", text);
    return verdict;
}

/* An attempt that got no whole answer. */
static enum http_verdict code_judge(const struct http_exchange *exchange, CURLcode code,
                                    gaia_error *err)
{
    const char *why = exchange->why[0] != '\0' ? exchange->why : curl_easy_strerror(code);
    if (exchange->body_too_long) {
        (void)error_set(err, GAIA_LIMIT, "more than the %zu bytes that are read",
                        exchange->bytes_max);
        return HTTP_FAILED;
    }
    if (exchange->too_near) {
        return failed(HTTP_FAILED, err, GAIA_DENIED,
                      "redirected to an address of this machine or its network, which is not "
                      "followed");
    }
    if (exchange->out_of_memory) {
        (void)error_memory(err, exchange->body.length);
        return HTTP_FAILED;
    }
    if (exchange->headers_too_long || code == CURLE_OUT_OF_MEMORY) {
        /* libcurl says "out of memory" of a header line that is too long. */
        (void)error_set(err, GAIA_UNREACHABLE, "its headers take more than %d bytes",
                        HEADER_BYTES_MAX);
        return HTTP_FAILED;
    }
    switch ((int)code) {
    case CURLE_OPERATION_TIMEDOUT:
        (void)error_set(err, GAIA_TIMEOUT, "no whole answer in time, but %zu bytes of its body",
                        exchange->body.length);
        return HTTP_AGAIN;
    case CURLE_PARTIAL_FILE:
        (void)error_set(err, GAIA_UNREACHABLE, "its body ended after %zu bytes, too early",
                        exchange->body.length);
        return HTTP_AGAIN;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_SSL_CONNECT_ERROR:
        return failed(HTTP_AGAIN, err, GAIA_UNREACHABLE, why);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        return failed(HTTP_FAILED, err, GAIA_UNREACHABLE, why);
    default:
        return failed(HTTP_FAILED, err, GAIA_PROTOCOL, why);
    }
}

/* Appends one part of an address to out; false if it has none. */
static bool part_append(CURLU *parts, CURLUPart which, struct text *out)
{
    char *part = NULL;
    const bool good = curl_url_get(parts, which, &part, CURLU_DEFAULT_PORT) == CURLUE_OK;
    text_append(out, good ? part : "");
    curl_free(part);
    return good && !out->failed;
}

/* Writes an address's scheme, and scheme, host and port together. False where there is no host;
 * the scheme may still be there. */
static bool place_read(const char *url, struct text *scheme, struct text *place)
{
    CURLU *parts = curl_url();
    bool good = parts != NULL &&
                curl_url_set(parts, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
                part_append(parts, CURLUPART_SCHEME, scheme);
    if (good) {
        text_printf(place, "%s://", scheme->s);
        good = part_append(parts, CURLUPART_HOST, place);
        text_append(place, ":");
        good = good && part_append(parts, CURLUPART_PORT, place);
    }
    curl_url_cleanup(parts);
    return good;
}

/* Whether, and with what, a redirect is followed: to http and https alone, never from https to
 * http, and without the token as soon as it leaves the place that the token is for. */
static enum http_verdict redirect_judge(struct http_exchange *exchange, gaia_error *err)
{
    enum http_verdict verdict = HTTP_FAILED;
    const char *to = NULL;
    struct text scheme[2] = {{0}, {0}};
    struct text place[2] = {{0}, {0}};
    (void)curl_easy_getinfo(exchange->easy, CURLINFO_REDIRECT_URL, &to);
    if (to == NULL) {
        return failed(verdict, err, GAIA_PROTOCOL, "a redirect that does not say where to");
    }
    const bool from_known = place_read(exchange->url.s, &scheme[0], &place[0]);
    const bool to_known = place_read(to, &scheme[1], &place[1]);
    const char *name = scheme[1].length > 0 ? scheme[1].s : "";
    const bool secure = strcmp(name, "https") == 0;
    if (!secure && strcmp(name, "http") != 0) {
        (void)error_set(err, GAIA_DENIED, "redirected to scheme '%s', which is not followed", name);
    } else if (!from_known || !to_known) {
        (void)error_set(err, GAIA_PROTOCOL, "a redirect to what is no address");
    } else if (!secure && strcmp(scheme[0].s, "https") == 0) {
        (void)error_set(err, GAIA_DENIED, "redirected from https to http, which is not followed");
    } else {
        exchange->with_token = exchange->with_token && strcmp(place[0].s, place[1].s) == 0;
        exchange->redirected = true;
        char *copy = strdup(to); /* libcurl's own goes with the next attempt */
        exchange->url.length = 0;
        text_append(&exchange->url, copy != NULL ? copy : "");
        exchange->url.failed = exchange->url.failed || copy == NULL;
        free(copy);
        verdict = HTTP_ELSEWHERE;
    }
    for (size_t i = 0; i < 2; i++) {
        text_fini(&scheme[i]);
        text_fini(&place[i]);
    }
    return verdict;
}

/* A whole answer with a body: is it the body that was asked for? */
static enum http_verdict body_judge(const struct http_exchange *exchange, long code,
                                    gaia_error *err)
{
    const char *encoding = exchange->content_encoding;
    unsigned long long first = 0;
    unsigned long long last = 0;
    char total[24] = "";
    if (exchange->body_beyond) {
        (void)error_set(err, GAIA_PROTOCOL, "its body goes on after the %zu bytes of its length",
                        exchange->body.length);
        return HTTP_FAILED;
    }
    if (encoding[0] != '\0' && strcasecmp(encoding, "identity") != 0) {
        (void)error_set(err, GAIA_FORMAT_UNSUPPORTED,
                        "content-encoding '%s', which was not asked for", encoding);
        return HTTP_FAILED;
    }
    if (exchange->ranged != (code == STATUS_PARTIAL)) {
        return failed(HTTP_FAILED, err, GAIA_FORMAT_UNSUPPORTED,
                      exchange->ranged ? "the server sends no part of an object (range requests)"
                                       : "a part was sent where all was asked for");
    }
    if (!exchange->ranged) {
        return HTTP_FOUND;
    }
    const int n =
        sscanf(exchange->content_range, "bytes %19llu-%19llu/%23[0-9*]", &first, &last, total);
    const bool whole = n == 3 && last >= first && last - first + 1 == exchange->body.length;
    const bool right = exchange->range.from_end
                           ? strtoull(total, NULL, 10) == last + 1 || total[0] == '*'
                           : first == exchange->range.offset;
    if (!whole || !right) {
        (void)error_set(err, GAIA_PROTOCOL, "another part than asked for: content-range '%s'",
                        exchange->content_range);
        return HTTP_FAILED;
    }
    return HTTP_FOUND;
}

enum http_verdict http_exchange_judge(struct http_exchange *exchange, int code,
                                      int64_t *retry_after_s, gaia_error *err)
{
    curl_off_t retry_after = 0;
    const long answer = response_code(exchange);
    const bool skipped = exchange->skipped_bytes > PAGE_BYTES_MAX;
    *retry_after_s = 0;
    if (code != CURLE_OK && !skipped) {
        return code_judge(exchange, (CURLcode)code, err);
    }
    (void)curl_easy_getinfo(exchange->easy, CURLINFO_RETRY_AFTER, &retry_after);
    switch (answer) {
    case STATUS_OK:
    case STATUS_PARTIAL:
        return body_judge(exchange, answer, err);
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
        return redirect_judge(exchange, err);
    case 401:
    case 403:
        (void)error_set(err, GAIA_DENIED, "HTTP %ld: access denied (%s)", answer,
                        exchange->with_token && exchange->origin->token != NULL
                            ? "the token was sent"
                            : "no token was sent");
        return HTTP_FAILED;
    case 404:
    case 410:
        return HTTP_ABSENT;
    case 416: /* a part behind the end: nothing is there, as in a file */
        exchange->body.length = 0;
        return exchange->ranged ? HTTP_FOUND : failed(HTTP_FAILED, err, GAIA_PROTOCOL, "HTTP 416");
    default:
        break;
    }
    *retry_after_s = retry_after;
    const bool again = answer == 408 || answer == 429 || (answer >= 500 && answer <= 599);
    (void)error_set(err, again ? GAIA_UNREACHABLE : GAIA_FILE_UNREADABLE, "HTTP %ld", answer);
    return again ? HTTP_AGAIN : HTTP_FAILED;
}
