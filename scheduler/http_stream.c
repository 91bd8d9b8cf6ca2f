/* SPDX-License-Identifier: MIT
 *
 * Pieces of a body, made on the threads of http_work.h, sent on libmicrohttpd's; and the body's
 * end.
 *
 * Invariant: a piece is made only when all before it has been handed out, and the connection sleeps
 * meanwhile: no two threads look at a body at once.
 */
#include "http_stream.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 64 << 10 };

struct http_stream {
    struct http_task task; /* first: a task is its body */
    struct http_work *work;
    struct http_stream_source source;
    struct text piece;
    size_t sent; /* of the piece */
    bool more;
    bool failed;
};

static void body_free(struct http_task *task)
{
    struct http_stream *body = (struct http_stream *)task;
    body->source.free(body->source.context);
    text_fini(&body->piece);
    free(body);
}

/* The connection is gone, maybe long before the body's end. A source may take a while to free, as a
 * large file does that nobody has a name for: the other connections do not wait for it. */
static void body_leave(void *context)
{
    struct http_stream *body = context;
    body->task.run = body_free;
    http_work_leave(body->work, &body->task);
}

/* Makes pieces until one has bytes. */
static void piece_make(struct http_task *task)
{
    struct http_stream *body = (struct http_stream *)task;
    text_fini(&body->piece);
    body->sent = 0;
    while (!body->failed && body->more && body->piece.length == 0) {
        body->failed = !body->source.next(body->source.context, &body->piece, &body->more) ||
                       body->piece.failed;
    }
}

static ssize_t body_read(void *context, uint64_t position, char *out, size_t room)
{
    struct http_stream *body = context;
    (void)position;
    if (body->failed) {
        return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    const size_t left = body->piece.length - body->sent;
    if (left == 0) {
        if (!body->more) {
            return MHD_CONTENT_READER_END_OF_STREAM;
        }
        return http_work_put(body->work, &body->task) ? 0 : MHD_CONTENT_READER_END_WITH_ERROR;
    }
    const size_t n = left < room ? left : room;
    memcpy(out, body->piece.s + body->sent, n);
    body->sent += n;
    return (ssize_t)n;
}

struct MHD_Response *http_stream_make(struct http_work *work, struct MHD_Connection *connection,
                                      const struct http_stream_source *source, struct text *first,
                                      bool more)
{
    struct http_stream *body = calloc(1, sizeof *body);
    if (body == NULL) {
        source->free(source->context);
        text_fini(first);
        return NULL;
    }
    body->task = (struct http_task){.connection = connection, .run = piece_make};
    body->work = work;
    body->source = *source;
    body->piece = *first;
    body->more = more;
    *first = (struct text){0};
    struct MHD_Response *response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES,
                                                                      body_read, body, body_leave);
    if (response == NULL) {
        body_leave(body);
    }
    return response;
}
