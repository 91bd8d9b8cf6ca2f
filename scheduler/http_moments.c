/* SPDX-License-Identifier: MIT
 *
 * Moments on their way out, page by page. Runs on the connection's thread; config and caller
 * outlive it.
 */
#include "http_moments.h"

#include <stdlib.h>
#include <string.h>

#include "moments_file.h"
#include "record.h"

enum { BLOCK_BYTES = 64 << 10 };

struct moments_body {
    const struct http_api_config *config;
    const struct caller *caller;
    char id[RECORD_ID];
    struct text page;
    size_t sent; /* of the page */
    int64_t last;
    bool more;
    bool is_sealed; /* the page is the tail */
    struct moments_seal *seal;
};

static void body_free(void *context)
{
    struct moments_body *body = context;
    text_fini(&body->page);
    moments_seal_close(body->seal);
    free(body);
}

/* Takes the request's page over. */
static void page_take(struct moments_body *body, struct api_request *request)
{
    text_fini(&body->page);
    body->page = request->answer;
    body->sent = 0;
    body->last = request->last;
    body->more = request->more;
    moments_seal_add(body->seal, body->page.s, body->page.length);
}

/* Makes the next page that has bytes the current one; false if it could not be had. */
static bool page_next(struct moments_body *body)
{
    unsigned char tail[MOMENTS_TAIL_BYTES];
    while (body->more && body->sent == body->page.length) {
        struct api_request request = {
            .verb = API_MOMENTS, .caller = body->caller, .id = body->id, .after = body->last};
        body->config->ask(body->config->context, &request);
        if (request.error.status != GAIA_OK) {
            text_fini(&request.answer);
            return false;
        }
        page_take(body, &request);
    }
    if (body->sent == body->page.length && !body->is_sealed) {
        moments_seal_end(body->seal, tail);
        body->page.length = 0;
        body->sent = 0;
        text_append_n(&body->page, (const char *)tail, sizeof tail);
        body->is_sealed = true;
    }
    return !body->page.failed;
}

static ssize_t body_read(void *context, uint64_t position, char *out, size_t room)
{
    struct moments_body *body = context;
    (void)position;
    if (!page_next(body)) {
        return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    const size_t left = body->page.length - body->sent;
    const size_t n = left < room ? left : room;
    if (n == 0) {
        return MHD_CONTENT_READER_END_OF_STREAM;
    }
    memcpy(out, body->page.s + body->sent, n);
    body->sent += n;
    return (ssize_t)n;
}

void http_moments_open(const struct http_api_config *config, const struct caller *caller,
                       const char *id, struct api_request *request, struct MHD_Response **response)
{
    gaia_error error = {0};
    *request = (struct api_request){.verb = API_MOMENTS, .caller = caller, .id = id, .after = -1};
    config->ask(config->context, request);
    if (request->http != HTTP_OK) {
        return;
    }
    *response = NULL;
    struct moments_body *body = calloc(1, sizeof *body);
    if (body == NULL || moments_seal_open(&body->seal, &error) != GAIA_OK) {
        text_fini(&request->answer);
        free(body);
        return;
    }
    body->config = config;
    body->caller = caller;
    record_id_copy(body->id, id);
    page_take(body, request);
    *response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, body_read, body,
                                                  body_free);
    if (*response == NULL) {
        body_free(body);
    }
}
