/* SPDX-License-Identifier: MIT
 *
 * GET /v1/jobs/{id}/events: server-sent events of a job until it is over.
 *
 * A stream begins with how the job is, as an event `state`; another follows each change of its
 * state, and events `progress` come in between, four a second at most. The data of each is the
 * whole picture (JSON), so that one who reads slowly, or comes back, misses steps and never the
 * outcome. Its id stands for the picture: with Last-Event-ID the same one is not sent again, and a
 * stream that would say nothing more is 204. A comment comes every five seconds in which nothing
 * happens. A stream ends, without an event more, when its reader's token does: within those five
 * seconds.
 *
 * No stream has a thread: they sleep in libmicrohttpd, and one thread wakes those that have news.
 */
#ifndef HTTP_EVENTS_H
#define HTTP_EVENTS_H

#include <microhttpd.h>

#include "http_api.h"

struct http_events;

/* Opens a place for config->streams_max streams of news from config->board. GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status http_events_open(const struct http_api_config *config,
                                           struct http_events **events, gaia_error *err);

/* Sends a stream, or a problem: 503 where there are as many streams as may be. May block. */
enum MHD_Result http_events_answer(struct http_events *events, const struct caller *caller,
                                   struct MHD_Connection *connection, const char *id);

/* Wakes every stream of this daemon, and lets none sleep until it is unbarred, when the daemon is
 * gone: each ends. One daemon at a time. */
void http_events_bar(struct http_events *events, const struct MHD_Daemon *daemon);
void http_events_unbar(struct http_events *events);

/* Ends the thread, when there are no daemons any more. NULL is allowed. */
void http_events_close(struct http_events *events);

#endif
