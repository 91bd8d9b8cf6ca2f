/* SPDX-License-Identifier: MIT
 *
 * A body that is made piece by piece while it is sent: one piece is in memory, whatever the length
 * of the whole. For what is too long to be made at once: moments, scores.
 */
#ifndef HTTP_STREAM_H
#define HTTP_STREAM_H

#include <stdbool.h>

#include <microhttpd.h>

#include "http_work.h"
#include "text.h"

struct http_stream_source {
    void *context;
    /* Appends what comes next to piece, which is empty; *more is false with the last. False: it
     * cannot be had, and the transfer ends early. On any thread, never on two at once; may block.
     */
    bool (*next)(void *context, struct text *piece, bool *more);
    void (*free)(void *context); /* once, on any thread; may take a while */
};

/* The response, whose first piece is there already (taken over); more: there are others. NULL when
 * out of memory: then the context is freed too. */
struct MHD_Response *http_stream_make(struct http_work *work, struct MHD_Connection *connection,
                                      const struct http_stream_source *source, struct text *first,
                                      bool more);

#endif
