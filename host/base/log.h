/* SPDX-License-Identifier: MIT
 *
 * What a program tells of itself: a line an event. An event has a name that programs look for, a
 * message that is always the same, and fields for what is not. Where lines go, logger.h says.
 *
 * A `struct log` is a place to log to, with fields that all its lines have: what a line is about is
 * bound once (the executor; then the job, the batch and the attempt that it is at), not said again.
 *
 *     const struct log_field about[] = {log_text("job", id), LOG_END};
 *     const struct log log = log_bound(outer, about);
 *     log_event(&log, LOG_APPLICATION, LOG_INFO, "job_over", "a job is over", log_text("state",
 * s));
 *
 * From any thread. Not from a signal handler: a lock is taken; the programs have none, they read
 * signals from a descriptor or wait for them. Nothing is allocated, and nothing waits for a reader
 * or a full disk: what cannot be written is counted, and told once lines are written again.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gaia/status.h>

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

enum log_stream {
    LOG_APPLICATION, /* what the program does, and what goes wrong */
    LOG_PERFORMANCE, /* how long it takes */
    LOG_SECURITY,    /* who is let in and who is not, and by what right */
    LOG_STREAMS
};

/* Beside a stream: of an event that others can bring about at any rate. Of those with one name only
 * the first in LOG_QUIET_MS is written, and then how many came after it. */
enum { LOG_OFTEN = 1 << 4, LOG_QUIET_MS = 10000 };

enum log_kind {
    LOG_KIND_TEXT,
    LOG_KIND_SHORT,
    LOG_KIND_SECRET,
    LOG_KIND_INT,
    LOG_KIND_NUMBER,
    LOG_KIND_FLAG,
};

/* Made by the functions below. The name: lower-case words with _ between them, none of those that
 * every line has; of two with one name the inner one counts. */
struct log_field {
    const char *name; /* NULL: the end of the fields */
    enum log_kind kind;
    const char *text; /* NULL: the field is left out */
    int64_t integer;
    double number;
};

struct logger;

/* {0} logs nothing. */
struct log {
    struct logger *logger;
    const struct log *outer;        /* whose fields come first; NULL: none */
    const struct log_field *fields; /* up to LOG_END; NULL: none */
};

/* What of a line is in the code: its texts stay until the logger is closed. */
struct log_site {
    unsigned kind; /* a stream, and LOG_OFTEN or not */
    enum log_level level;
    const char *event;
    const char *message;
};

/* fields: as many as there are, after one another; LOG_END where there are none. log NULL: nothing
 * is logged. */
#define log_event(log, kind, level, event, message, ...)                                           \
    log_write((log), &(const struct log_site){(kind), (level), (event), (message)},                \
              (const struct log_field[]){__VA_ARGS__, LOG_END})

#define LOG_END ((struct log_field){.name = NULL})

/* log_event as a function. */
void log_write(const struct log *log, const struct log_site *site, const struct log_field *fields);

/* Tells how many of the events that come often came since, where it is time. Whoever writes a line
 * does so too; this is for a loop that may have nothing to say. */
void log_tick(const struct log *log);

/* outer, with these fields in every line; both are borrowed. outer may be NULL. */
static inline struct log log_bound(const struct log *outer, const struct log_field *fields)
{
    const struct log log = {outer != NULL ? outer->logger : NULL, outer, fields};
    return log;
}

/* text is borrowed. In every text the passwords of addresses, and what else looks like a secret
 * (secret_find), is left out. */
static inline struct log_field log_text(const char *name, const char *text)
{
    const struct log_field field = {name, LOG_KIND_TEXT, text, 0, 0};
    return field;
}

static inline struct log_field log_int(const char *name, int64_t value)
{
    const struct log_field field = {name, LOG_KIND_INT, "", value, 0};
    return field;
}

/* Whatever is not finite is null. */
static inline struct log_field log_number(const char *name, double value)
{
    const struct log_field field = {name, LOG_KIND_NUMBER, "", 0, value};
    return field;
}

static inline struct log_field log_flag(const char *name, bool value)
{
    const struct log_field field = {name, LOG_KIND_FLAG, "", value, 0};
    return field;
}

/* The first LOG_SHORT_BYTES of a text that is secret as a whole (a session, an attempt): enough to
 * find it again. */
enum { LOG_SHORT_BYTES = 8 };
static inline struct log_field log_short(const char *name, const char *text)
{
    const struct log_field field = {name, LOG_KIND_SHORT, text, 0, 0};
    return field;
}

/* That there is a secret, never what it is. */
static inline struct log_field log_secret(const char *name, const char *secret)
{
    const struct log_field field = {name, LOG_KIND_SECRET, secret != NULL ? "" : NULL, 0, 0};
    return field;
}

const char *log_level_name(enum log_level level);
const char *log_stream_name(enum log_stream stream);

#endif
