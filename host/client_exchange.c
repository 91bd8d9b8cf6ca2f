/* SPDX-License-Identifier: MIT
 *
 * Invariants: the secret, or the token, goes to the address that client_where.c gives and no other:
 * no redirection is followed and no proxy asked, and the other side of https is verified. A request
 * is sent a second time, to another place, only where that does no more than to send it once.
 */
#include "client_exchange.h"

#include <stdio.h>
#include <string.h>

#include "client_json.h"
#include "clock.h"
#include "error.h"

enum {
    ANSWER_BYTES_MAX = 64 << 20, /* more than this is no answer about jobs */
    CONNECT_SECONDS = 5,
    ANSWER_SECONDS = 30,
    HTTP_OK = 200,
    HTTP_UNAUTHORIZED = 401,
    KEY_HEADER_BYTES = 160,
    ROUND_PAUSE_MS = 500,
};

/* libcurl's sink: a good answer goes to take, where there is one; anything else is kept. */
static size_t answer_take(char *bytes, size_t size, size_t count, void *context)
{
    struct exchange *exchange = context;
    const size_t length = size * count;
    long code = 0;
    (void)curl_easy_getinfo(exchange->curl, CURLINFO_RESPONSE_CODE, &code);
    if (exchange->take != NULL && code == HTTP_OK) {
        exchange->began = true;
        exchange->stopped = exchange->take(exchange->context, bytes, length) != 0;
        return exchange->stopped ? 0 : length;
    }
    if (exchange->answer.length + length > ANSWER_BYTES_MAX) {
        return 0;
    }
    text_append_n(&exchange->answer, bytes, length);
    return exchange->answer.failed ? 0 : length;
}

/* What became of a request that got no whole answer. */
static gaia_status curl_fail(const struct exchange *exchange, CURLcode code, const char *url,
                             gaia_error *err)
{
    const char *why = exchange->why[0] != '\0' ? exchange->why : curl_easy_strerror(code);
    if (exchange->stopped) {
        return error_set(err, GAIA_CANCELLED, "%s: stopped by the receiver", url);
    }
    if (code == CURLE_OUT_OF_MEMORY || exchange->answer.failed) {
        return error_set(err, GAIA_OUT_OF_MEMORY, "%s: out of memory", url);
    }
    if (code == CURLE_OPERATION_TIMEDOUT) {
        return error_set(err, GAIA_TIMEOUT, "%s: %s", url, why);
    }
    if (code == CURLE_WRITE_ERROR || code == CURLE_URL_MALFORMAT ||
        code == CURLE_UNSUPPORTED_PROTOCOL) {
        return error_set(err, GAIA_PROTOCOL, "%s: %s", url, why);
    }
    if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE) {
        return error_set(err, GAIA_DENIED, "%s: %s; --ca FILE says who may sign for it", url, why);
    }
    return error_set(err, GAIA_UNREACHABLE, "the scheduler cannot be reached at %s: %s", url, why);
}

/* Every option is set anew: curl_easy_reset keeps the connection but no choice of an earlier
 * request. */
static void curl_prepare(struct exchange *exchange, const char *url, struct curl_slist *headers)
{
    CURL *curl = exchange->curl;
    curl_easy_reset(curl);
    (void)curl_easy_setopt(curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(curl, CURLOPT_PROXY, ""); /* the secret goes to no proxy */
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, exchange->why);
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, answer_take);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, exchange);
    if (exchange->take == NULL) {
        (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)ANSWER_SECONDS);
    } else {
        (void)curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
        (void)curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME,
                               exchange->silence_s > 0 ? exchange->silence_s
                                                       : (long)ANSWER_SECONDS);
    }
    if (exchange->body != NULL) {
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, exchange->body);
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)exchange->body_bytes);
    }
    (void)curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, exchange->method);
}

/* The request's headers; NULL: too little memory. */
static struct curl_slist *headers_make(const struct client_where *where,
                                       const struct exchange *exchange)
{
    char key[KEY_HEADER_BYTES];
    struct curl_slist *headers = curl_slist_append(NULL, where->authorization.s);
    bool good = headers != NULL;
    if (exchange->body != NULL) {
        good = good && curl_slist_append(headers, "Content-Type: application/json") != NULL;
    }
    if (exchange->key != NULL) {
        (void)snprintf(key, sizeof key, "Idempotency-Key: %s", exchange->key);
        good = good && curl_slist_append(headers, key) != NULL;
    }
    if (!good) {
        curl_slist_free_all(headers);
    }
    return good ? headers : NULL;
}

/* Asks one place. */
static gaia_status exchange_try(CURL *curl, const struct client_where *where,
                                struct exchange *exchange, gaia_error *err)
{
    struct text url = {0};
    struct curl_slist *headers = NULL;
    long code = 0;
    gaia_status status = client_where_append(where, &url, err);
    if (status != GAIA_OK) {
        goto done;
    }
    text_append(&url, exchange->path);
    headers = headers_make(where, exchange);
    if (url.failed || headers == NULL) {
        status = error_memory(err, strlen(exchange->path));
        goto done;
    }
    exchange->curl = curl;
    exchange->why[0] = '\0';
    curl_prepare(exchange, url.s, headers);
    if (where->ca_file.s != NULL) {
        (void)curl_easy_setopt(curl, CURLOPT_CAINFO, where->ca_file.s);
    }
    const CURLcode result = curl_easy_perform(curl);
    if (result != CURLE_OK) {
        status = curl_fail(exchange, result, url.s, err);
        goto done;
    }
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
    if (code == HTTP_UNAUTHORIZED) {
        status = error_set(err, GAIA_DENIED, "the scheduler at %s does not know %s%s", url.s,
                           where->state[0] != '\0' ? "the secret of " : "this token", where->state);
    } else if (code < HTTP_OK || code >= HTTP_OK + 100) {
        status = client_problem(code, exchange->answer.s, exchange->answer.length, err);
    }
done:
    curl_slist_free_all(headers);
    text_fini(&url);
    return status;
}

/* Makes the one that leads the place that is asked first. */
static gaia_status leader_choose(struct gaia_client *client, gaia_error *err)
{
    struct exchange ready = {.method = "GET", .path = "/readyz"};
    const gaia_status status = exchange_run(client, &ready, err);
    text_fini(&ready.answer);
    return status;
}

/* Asks each place in its turn until one can be reached and leads: then it is over. If none does,
 * the error is that of one that could be reached, if there is any. */
static gaia_status places_ask(struct gaia_client *client, struct exchange *exchange, bool *is_over,
                              gaia_error *err)
{
    struct client_places *places = &client->places;
    gaia_status status = GAIA_OK;
    gaia_error kept = {0};
    for (size_t i = 0; i < places->n; i++) {
        gaia_error error = {0};
        text_fini(&exchange->answer);
        status = exchange_try(client->curl, &places->at[places->chosen], exchange, &error);
        *is_over = gaia_status_class(status) != GAIA_CLASS_UNAVAILABLE || exchange->began;
        if (*is_over) {
            kept = error;
            break;
        }
        kept = kept.status == GAIA_OK || kept.status == GAIA_UNREACHABLE ? error : kept;
        places->chosen = (places->chosen + 1) % places->n;
    }
    return status == GAIA_OK ? GAIA_OK : error_set(err, kept.status, "%s", kept.detail);
}

gaia_status exchange_run(struct gaia_client *client, struct exchange *exchange, gaia_error *err)
{
    struct client_places *places = &client->places;
    const bool is_once = strcmp(exchange->method, "GET") != 0 && !exchange->is_repeatable;
    gaia_status status = GAIA_OK;
    if (is_once && places->n > 1) {
        status = leader_choose(client, err);
    }
    if (is_once || places->n == 1) {
        return status == GAIA_OK
                   ? exchange_try(client->curl, &places->at[places->chosen], exchange, err)
                   : status;
    }
    const int64_t until_ms = clock_monotonic_ms() + exchange->patience_ms;
    for (bool is_over = false; !is_over;) {
        status = places_ask(client, exchange, &is_over, err);
        if (!is_over && clock_monotonic_ms() >= until_ms) {
            return error_prefix(err, status, "none of %zu schedulers takes it; one", places->n);
        }
        if (!is_over) {
            clock_sleep_ms(ROUND_PAUSE_MS);
        }
    }
    return status;
}

gaia_status exchange_run_one(struct gaia_client *client, struct exchange *exchange,
                             const char *kind, const char *id, const char *suffix, gaia_error *err)
{
    static const char letters[] =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-";
    char path[GAIA_CLIENT_ID + 64];
    if (id[0] == '\0' || strlen(id) >= GAIA_CLIENT_ID || id[strspn(id, letters)] != '\0') {
        return error_set(err, GAIA_NOT_FOUND, "no %s '%.80s'", kind, id);
    }
    (void)snprintf(path, sizeof path, "/v1/%ss/%s%s", kind, id, suffix);
    exchange->path = path;
    return exchange_run(client, exchange, err);
}
