/* SPDX-License-Identifier: MIT
 *
 * Moments on their way out, page by page. Runs on threads of http_work.h; config and caller outlive
 * it.
 */
#include "http_moments.h"

#include <stdlib.h>

#include "http_stream.h"
#include "moments_file.h"
#include "record.h"

struct moments_body {
    const struct http_api_config *config;
    const struct caller *caller;
    char id[RECORD_ID];
    int64_t last;
    bool more; /* pages; behind them comes the tail */
    struct moments_seal *seal;
};

static void moments_free(void *context)
{
    struct moments_body *body = context;
    moments_seal_close(body->seal);
    free(body);
}

/* Notes what the request brought; its page is the caller's. */
static void page_take(struct moments_body *body, const struct api_request *request)
{
    body->last = request->last;
    body->more = request->more;
    moments_seal_add(body->seal, request->answer.s, request->answer.length);
}

static bool moments_next(void *context, struct text *piece, bool *more)
{
    struct moments_body *body = context;
    if (!body->more) {
        unsigned char tail[MOMENTS_TAIL_BYTES];
        moments_seal_end(body->seal, tail);
        text_append_n(piece, (const char *)tail, sizeof tail);
        *more = false;
        return true;
    }
    struct api_request request = {
        .verb = API_MOMENTS, .caller = body->caller, .id = body->id, .after = body->last};
    body->config->ask(body->config->context, &request);
    if (request.error.status != GAIA_OK) {
        text_fini(&request.answer);
        return false;
    }
    page_take(body, &request);
    text_fini(piece);
    *piece = request.answer;
    return true;
}

void http_moments_open(const struct http_api_config *config, struct http_work *work,
                       const struct caller *caller, struct MHD_Connection *connection,
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
    const struct http_stream_source source = {
        .context = body, .next = moments_next, .free = moments_free};
    body->config = config;
    body->caller = caller;
    record_id_copy(body->id, id);
    page_take(body, request);
    *response = http_stream_make(work, connection, &source, &request->answer, true);
}
