/* SPDX-License-Identifier: MIT
 *
 * Threads for what waits. libmicrohttpd serves every connection on one thread, which must not wait
 * for the loop: a request that asks it is put to sleep, goes through here and is woken up again.
 * What a request leaves behind and takes a while is done here, too. For http_api.c and
 * http_stream.c.
 *
 * Invariant: a task is run once, while its connection sleeps if it has one; nothing of it is
 * touched after that.
 */
#ifndef HTTP_WORK_H
#define HTTP_WORK_H

#include <stdbool.h>
#include <sys/queue.h>

#include <microhttpd.h>

#include <gaia/status.h>

struct http_work;

enum { HTTP_DAEMONS_MAX = 8 }; /* at once */

/* Part of what it is about; the asker's memory, which lives until the connection is woken up. */
struct http_task {
    TAILQ_ENTRY(http_task) in_list;
    struct MHD_Connection *connection;   /* NULL: none sleeps for it, and it may free itself */
    const struct MHD_Daemon *daemon;     /* its; filled in by http_work_put */
    void (*run)(struct http_task *task); /* on any thread; may block */
};

/* Starts so many threads. GAIA_OUT_OF_MEMORY, GAIA_LIMIT (no more threads can be had). */
GAIA_MUST_USE gaia_status http_work_open(unsigned n_threads, struct http_work **work,
                                         gaia_error *err);

/* Suspends the task's connection, runs the task and resumes the connection. False, and nothing
 * happens, if its daemon is barred. On libmicrohttpd's thread only. */
bool http_work_put(struct http_work *work, struct http_task *task);

/* Runs the task, for which nobody waits: what is left of a connection that is gone. At the latest
 * before http_work_close returns. From any thread. */
void http_work_leave(struct http_work *work, struct http_task *task);

/* Takes no more tasks of this daemon's connections, and returns when those that there are have been
 * run: none of its connections sleeps because of a task then. Unbarred once the daemon is gone. */
void http_work_bar(struct http_work *work, const struct MHD_Daemon *daemon);
void http_work_unbar(struct http_work *work, const struct MHD_Daemon *daemon);

/* Runs what is left, and ends the threads, when there are no daemons any more. NULL is allowed. */
void http_work_close(struct http_work *work);

#endif
