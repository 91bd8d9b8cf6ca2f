/* SPDX-License-Identifier: MIT
 *
 * A request of the client to the scheduler's HTTP API and its answer, over libcurl. For
 * client_http.c, which knows what there is to ask.
 */
#ifndef CLIENT_EXCHANGE_H
#define CLIENT_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>

#include <curl/curl.h>

#include <gaia/client.h>

#include "client_where.h"
#include "text.h"

struct gaia_client {
    struct client_places places;
    CURL *curl;
};

/* One request and where its answer goes. */
struct exchange {
    CURL *curl;
    const char *method;
    const char *path;
    const char *body; /* NULL: none */
    size_t body_bytes;
    const char *key;    /* by which the scheduler knows two of it as one; NULL: none is sent */
    bool is_repeatable; /* though it changes something: two of it do what one does */
    int (*take)(void *context, const char *bytes,
                size_t length); /* of a good answer; NULL: answer */
    void *context;
    struct text answer;
    bool began;       /* take has got something */
    bool stopped;     /* by take */
    long silence_s;   /* that take is waited for; 0: ANSWER_SECONDS */
    long patience_ms; /* so long several places are asked again and again while none takes it */
    char why[CURL_ERROR_SIZE];
};

/* Sends the request and waits for the answer; a refusal becomes the status it names. Of several
 * places each is asked in its turn, from the one that answered last, until one can be reached and
 * leads; what changes something and is not repeatable goes to the one that says it leads, and no
 * other. The answer is the caller's to free, whatever is returned. */
GAIA_MUST_USE gaia_status exchange_run(struct gaia_client *client, struct exchange *exchange,
                                       gaia_error *err);

/* The same about one thing of a kind ("job"), under its path and this suffix; an id that could not
 * be one never becomes part of a path. */
GAIA_MUST_USE gaia_status exchange_run_one(struct gaia_client *client, struct exchange *exchange,
                                           const char *kind, const char *id, const char *suffix,
                                           gaia_error *err);

#endif
