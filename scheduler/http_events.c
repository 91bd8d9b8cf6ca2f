/* SPDX-License-Identifier: MIT
 *
 * Streams of events, and the thread that wakes those that have something to say.
 *
 * Invariant: a stream holds at most one event that was not sent; what is newer stays on the board.
 * is_asleep says that libmicrohttpd has the connection suspended; it is woken up once.
 */
#include "http_events.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>

#include <jansson.h>

#include "board.h"
#include "clock.h"
#include "error.h"
#include "http_respond.h"

enum {
    TICK_MS = 50,   /* between two looks at the board */
    PACE_MS = 250,  /* between two events of progress */
    BEAT_MS = 5000, /* without an event, then a comment */
    EVENT_ID = 128,
    BLOCK_BYTES = 4096,
};

struct stream {
    TAILQ_ENTRY(stream) in_list;
    struct http_events *events;
    struct MHD_Connection *connection;
    const struct MHD_Daemon *daemon; /* the connection's */
    struct board_view view;
    struct caller caller;
    char last[EVENT_ID];  /* id of the event that the reader has; "": none */
    enum job_state state; /* of that event, if it was sent here */
    bool has_state;
    struct text out;
    size_t sent;     /* of out */
    int64_t pace_ms; /* no event of progress before */
    int64_t beat_ms; /* a comment then */
    bool is_over;    /* out is the last that is sent */
    bool is_asleep;
};

TAILQ_HEAD(stream_list, stream);

struct http_events {
    const struct http_api_config *config;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* a stream fell asleep, or the end */
    struct stream_list streams;
    unsigned n_streams;
    const struct MHD_Daemon *barred; /* whose streams end; NULL: none */
    bool is_over;                    /* the thread ends */
    pthread_t thread;
};

/* ---- One event ---- */

static void id_make(const struct job_news *news, char *id)
{
    (void)snprintf(id, EVENT_ID, "%s-%" PRIu32 ".%" PRIu32 "-%" PRIu64 ".%" PRIu64 "-%" PRIu32,
                   job_state_name(news->state), news->batches_done, news->batches_total,
                   news->units_done, news->units_total, news->attempts_failed);
}

static json_t *news_to_json(const struct job_news *news)
{
    const gaia_error *error = &news->error;
    json_t *why = error->status != GAIA_OK
                      ? json_pack("{s:s, s:s}", "code", gaia_status_name(error->status), "detail",
                                  error->detail)
                      : json_null();
    return json_pack(
        "{s:s, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o}", "state", job_state_name(news->state),
        "units_done", (json_int_t)news->units_done, "units_total", (json_int_t)news->units_total,
        "batches_done", (json_int_t)news->batches_done, "batches_total",
        (json_int_t)news->batches_total, "attempts_failed", (json_int_t)news->attempts_failed,
        "rate", news->rate > 0.0 ? json_real(news->rate) : json_null(), "remaining_ms",
        news->remaining_ms >= 0 ? json_integer(news->remaining_ms) : json_null(), "error", why);
}

/* Writes the event, unless the reader has it. */
static void event_write(struct stream *stream, const struct job_news *news)
{
    char id[EVENT_ID];
    const bool is_state = !stream->has_state || stream->state != news->state;
    id_make(news, id);
    stream->is_over = job_state_over(news->state);
    if (strcmp(id, stream->last) == 0) {
        return;
    }
    json_t *json = news_to_json(news);
    char *data = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);
    if (data == NULL) {
        stream->out.failed = true;
        return;
    }
    text_printf(&stream->out, "id: %s\nevent: %s\ndata: %s\n\n", id,
                is_state ? "state" : "progress", data);
    free(data);
    (void)snprintf(stream->last, sizeof stream->last, "%s", id);
    stream->has_state = true;
    stream->state = news->state;
}

/* ---- A stream ---- */

/* Whether there is something to do: what the board has is due, the time for a comment has come, or
 * the stream is to end. */
static bool stream_is_due(struct stream *stream, int64_t now_ms)
{
    struct job_news news;
    if (stream->daemon == stream->events->barred || now_ms >= stream->beat_ms) {
        return true;
    }
    switch (board_read(stream->events->config->board, &stream->view, true, &news)) {
    case BOARD_NEWS:
        return now_ms >= stream->pace_ms || !stream->has_state || news.state != stream->state;
    case BOARD_BROKEN:
        return true;
    case BOARD_NOTHING:
        break;
    }
    return false;
}

/* Makes what is to be sent next; nothing if there is nothing. */
static void stream_fill(struct stream *stream, int64_t now_ms)
{
    struct job_news news;
    stream->out.length = 0;
    stream->sent = 0;
    if (!token_table_holds(stream->events->config->tokens, &stream->caller, clock_realtime_ms())) {
        stream->is_over = true;
    } else if (stream_is_due(stream, now_ms)) {
        const enum board_look look =
            board_read(stream->events->config->board, &stream->view, false, &news);
        if (look == BOARD_NEWS) {
            event_write(stream, &news);
            stream->pace_ms = now_ms + PACE_MS;
        }
        stream->is_over =
            stream->is_over || look == BOARD_BROKEN || stream->daemon == stream->events->barred;
        if (stream->out.length == 0 && !stream->is_over && now_ms >= stream->beat_ms) {
            text_append(&stream->out, ": still here\n\n");
        }
    }
    if (stream->out.length > 0) {
        stream->beat_ms = now_ms + BEAT_MS;
    }
}

/* On libmicrohttpd's thread: never waits. */
static ssize_t stream_read(void *context, uint64_t position, char *out, size_t room)
{
    struct stream *stream = context;
    struct http_events *events = stream->events;
    ssize_t result = 0;
    (void)position;
    (void)pthread_mutex_lock(&events->lock);
    if (stream->sent == stream->out.length && !stream->is_over) {
        stream_fill(stream, clock_monotonic_ms());
    }
    const size_t left = stream->out.length - stream->sent;
    if (stream->out.failed) {
        result = MHD_CONTENT_READER_END_WITH_ERROR;
    } else if (left > 0) {
        const size_t n = left < room ? left : room;
        memcpy(out, stream->out.s + stream->sent, n);
        stream->sent += n;
        result = (ssize_t)n;
    } else if (stream->is_over) {
        result = MHD_CONTENT_READER_END_OF_STREAM;
    } else {
        MHD_suspend_connection(stream->connection);
        stream->is_asleep = true;
        (void)pthread_cond_signal(&events->changed);
    }
    (void)pthread_mutex_unlock(&events->lock);
    return result;
}

static void stream_free(void *context)
{
    struct stream *stream = context;
    struct http_events *events = stream->events;
    (void)pthread_mutex_lock(&events->lock);
    TAILQ_REMOVE(&events->streams, stream, in_list);
    events->n_streams--;
    (void)pthread_mutex_unlock(&events->lock);
    board_leave(events->config->board, &stream->view);
    text_fini(&stream->out);
    free(stream);
}

/* Adds a stream of the job; NULL if there are too many. */
static struct stream *stream_add(struct http_events *events, const struct caller *caller,
                                 struct MHD_Connection *connection, const char *id)
{
    struct stream *stream = calloc(1, sizeof *stream);
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_DAEMON);
    if (stream == NULL || info == NULL) {
        free(stream);
        return NULL;
    }
    (void)pthread_mutex_lock(&events->lock);
    const bool has_room = events->n_streams < events->config->streams_max &&
                          board_watch(events->config->board, id, &stream->view);
    if (has_room) {
        stream->events = events;
        stream->caller = *caller;
        stream->connection = connection;
        stream->daemon = info->daemon;
        stream->beat_ms = clock_monotonic_ms() + BEAT_MS;
        TAILQ_INSERT_TAIL(&events->streams, stream, in_list);
        events->n_streams++;
    }
    (void)pthread_mutex_unlock(&events->lock);
    if (!has_room) {
        free(stream);
        return NULL;
    }
    return stream;
}

/* Sends the stream of a job that is there. */
static enum MHD_Result stream_send(struct stream *stream, struct MHD_Connection *connection)
{
    const char *last = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Last-Event-ID");
    if (last != NULL) { /* one that is cut off is none of ours */
        (void)snprintf(stream->last, sizeof stream->last, "%s", last);
    }
    (void)pthread_mutex_lock(&stream->events->lock);
    stream_fill(stream, clock_monotonic_ms());
    (void)pthread_mutex_unlock(&stream->events->lock);
    if (stream->is_over && stream->out.length == 0) {
        struct MHD_Response *nothing =
            MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
        const enum MHD_Result result =
            nothing != NULL ? http_queue(connection, HTTP_NO_CONTENT, nothing) : MHD_NO;
        if (nothing != NULL) {
            MHD_destroy_response(nothing);
        }
        stream_free(stream);
        return result;
    }
    struct MHD_Response *response = MHD_create_response_from_callback(
        MHD_SIZE_UNKNOWN, BLOCK_BYTES, stream_read, stream, stream_free);
    if (response == NULL) {
        stream_free(stream);
        return MHD_NO;
    }
    (void)MHD_add_response_header(response, "X-Accel-Buffering", "no"); /* a proxy's */
    return http_respond(connection, HTTP_OK, "text/event-stream", response);
}

enum MHD_Result http_events_answer(struct http_events *events, const struct caller *caller,
                                   struct MHD_Connection *connection, const char *id)
{
    struct api_request request = {.verb = API_WATCH, .caller = caller, .id = id};
    gaia_error error = {0};
    /* First: nothing that happens from now on is missed. An id that is cut off is none of a job. */
    struct stream *stream = stream_add(events, caller, connection, id);
    if (stream == NULL) {
        (void)error_set(&error, GAIA_LIMIT, "there are %u streams of events, as many as may be",
                        events->config->streams_max);
        return http_refuse(connection, HTTP_UNAVAILABLE, NULL, &error);
    }
    events->config->ask(events->config->context, &request);
    text_fini(&request.answer);
    if (request.error.status != GAIA_OK) {
        stream_free(stream);
        return http_respond_answer(connection, &request);
    }
    return stream_send(stream, connection);
}

/* ---- The thread ---- */

static void streams_wake(struct http_events *events, int64_t now_ms)
{
    struct stream *stream = NULL;
    TAILQ_FOREACH(stream, &events->streams, in_list)
    {
        if (stream->is_asleep && stream_is_due(stream, now_ms)) {
            stream->is_asleep = false;
            MHD_resume_connection(stream->connection);
        }
    }
}

static bool any_asleep(const struct http_events *events)
{
    const struct stream *stream = NULL;
    TAILQ_FOREACH(stream, &events->streams, in_list)
    {
        if (stream->is_asleep) {
            return true;
        }
    }
    return false;
}

/* Waits for a tick while a stream sleeps, else until one does. */
static void streams_wait(struct http_events *events)
{
    if (any_asleep(events)) {
        struct timespec until;
        (void)clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += TICK_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        int code = 0;
        while (!events->is_over && code != ETIMEDOUT) {
            code = pthread_cond_timedwait(&events->changed, &events->lock, &until);
        }
    } else if (!events->is_over) {
        (void)pthread_cond_wait(&events->changed, &events->lock);
    }
}

static void *thread_run(void *context)
{
    struct http_events *events = context;
    (void)pthread_mutex_lock(&events->lock);
    while (!events->is_over) {
        streams_wait(events);
        streams_wake(events, clock_monotonic_ms());
    }
    (void)pthread_mutex_unlock(&events->lock);
    return NULL;
}

static void events_free(struct http_events *events)
{
    (void)pthread_cond_destroy(&events->changed);
    (void)pthread_mutex_destroy(&events->lock);
    free(events);
}

gaia_status http_events_open(const struct http_api_config *config, struct http_events **events,
                             gaia_error *err)
{
    struct http_events *opened = calloc(1, sizeof *opened);
    pthread_condattr_t monotonic;
    sigset_t all;
    sigset_t before;
    if (opened == NULL) {
        return error_memory(err, sizeof *opened);
    }
    opened->config = config;
    TAILQ_INIT(&opened->streams);
    (void)pthread_mutex_init(&opened->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&opened->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    (void)sigfillset(&all); /* signals are the main thread's */
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    const int code = pthread_create(&opened->thread, NULL, thread_run, opened);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (code != 0) {
        events_free(opened);
        return error_set(err, GAIA_OUT_OF_MEMORY, "a thread for events: %s", strerror(code));
    }
    *events = opened;
    return GAIA_OK;
}

void http_events_bar(struct http_events *events, const struct MHD_Daemon *daemon)
{
    (void)pthread_mutex_lock(&events->lock);
    events->barred = daemon;
    streams_wake(events, clock_monotonic_ms());
    (void)pthread_mutex_unlock(&events->lock);
}

void http_events_unbar(struct http_events *events)
{
    (void)pthread_mutex_lock(&events->lock);
    events->barred = NULL;
    (void)pthread_mutex_unlock(&events->lock);
}

void http_events_close(struct http_events *events)
{
    if (events == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&events->lock);
    events->is_over = true;
    (void)pthread_cond_signal(&events->changed);
    (void)pthread_mutex_unlock(&events->lock);
    (void)pthread_join(events->thread, NULL);
    events_free(events);
}
