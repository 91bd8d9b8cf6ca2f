/* SPDX-License-Identifier: MIT
 *
 * A queue and the threads that take from it.
 *
 * Invariant: the threads are there from the beginning to the end, so that requests make none.
 */
#include "http_work.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

TAILQ_HEAD(http_task_list, http_task);

/* A daemon whose connections sleep, or may not any more. */
struct daemon_place {
    const struct MHD_Daemon *daemon; /* NULL: free */
    unsigned n_tasks;                /* waiting or run */
    bool is_barred;
};

struct http_work {
    pthread_mutex_t lock;
    pthread_cond_t wanted;  /* a task came, or the end */
    pthread_cond_t settled; /* a daemon has no tasks any more */
    struct daemon_place daemons[HTTP_DAEMONS_MAX];
    struct http_task_list tasks;
    bool is_over;
    unsigned n_threads;
    pthread_t threads[]; /* [n_threads] */
};

/* The daemon's place, or a free one that becomes its; NULL if there is none. */
static struct daemon_place *daemon_find(struct http_work *work, const struct MHD_Daemon *daemon)
{
    struct daemon_place *free_place = NULL;
    for (size_t i = 0; i < HTTP_DAEMONS_MAX; i++) {
        struct daemon_place *place = &work->daemons[i];
        if (place->daemon == daemon) {
            return place;
        }
        free_place = place->daemon == NULL ? place : free_place;
    }
    if (free_place != NULL) {
        free_place->daemon = daemon;
    }
    return free_place;
}

/* A task of the daemon has been run. */
static void daemon_settle(struct http_work *work, const struct MHD_Daemon *daemon)
{
    struct daemon_place *place = daemon_find(work, daemon);
    if (place != NULL && --place->n_tasks == 0) {
        (void)pthread_cond_broadcast(&work->settled);
        place->daemon = place->is_barred ? place->daemon : NULL;
    }
}

/* Runs tasks until there are none and there will be none. */
static void *thread_run(void *context)
{
    struct http_work *work = context;
    (void)pthread_mutex_lock(&work->lock);
    for (;;) {
        struct http_task *task = TAILQ_FIRST(&work->tasks);
        if (task == NULL && work->is_over) {
            break;
        }
        if (task == NULL) {
            (void)pthread_cond_wait(&work->wanted, &work->lock);
            continue;
        }
        TAILQ_REMOVE(&work->tasks, task, in_list);
        (void)pthread_mutex_unlock(&work->lock);
        struct MHD_Connection *connection = task->connection;
        const struct MHD_Daemon *daemon = task->daemon;
        task->run(task);
        if (connection != NULL) {
            MHD_resume_connection(connection); /* the task may be gone from here on */
        }
        (void)pthread_mutex_lock(&work->lock);
        if (connection != NULL) {
            daemon_settle(work, daemon);
        }
    }
    (void)pthread_mutex_unlock(&work->lock);
    return NULL;
}

/* Starts the threads; they take no signals: those are the main thread's. */
static int threads_start(struct http_work *work, unsigned n)
{
    sigset_t all;
    sigset_t before;
    int code = 0;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    while (code == 0 && work->n_threads < n) {
        code = pthread_create(&work->threads[work->n_threads], NULL, thread_run, work);
        work->n_threads += code == 0;
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}

gaia_status http_work_open(unsigned n_threads, struct http_work **work, gaia_error *err)
{
    const size_t bytes = n_threads * sizeof(pthread_t);
    struct http_work *opened = calloc(1, sizeof *opened + bytes);
    if (opened == NULL) {
        return error_memory(err, sizeof *opened + bytes);
    }
    (void)pthread_mutex_init(&opened->lock, NULL);
    (void)pthread_cond_init(&opened->wanted, NULL);
    (void)pthread_cond_init(&opened->settled, NULL);
    TAILQ_INIT(&opened->tasks);
    const int code = threads_start(opened, n_threads);
    if (code != 0) {
        http_work_close(opened);
        return error_set(err, GAIA_LIMIT, "threads of the HTTP API: %s", strerror(code));
    }
    *work = opened;
    return GAIA_OK;
}

bool http_work_put(struct http_work *work, struct http_task *task)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(task->connection, MHD_CONNECTION_INFO_DAEMON);
    (void)pthread_mutex_lock(&work->lock);
    struct daemon_place *place = info != NULL ? daemon_find(work, info->daemon) : NULL;
    const bool taken = place != NULL && !place->is_barred;
    if (taken) {
        task->daemon = info->daemon;
        MHD_suspend_connection(task->connection);
        TAILQ_INSERT_TAIL(&work->tasks, task, in_list);
        place->n_tasks++;
        (void)pthread_cond_signal(&work->wanted);
    }
    (void)pthread_mutex_unlock(&work->lock);
    return taken;
}

void http_work_leave(struct http_work *work, struct http_task *task)
{
    (void)pthread_mutex_lock(&work->lock);
    task->connection = NULL;
    TAILQ_INSERT_TAIL(&work->tasks, task, in_list);
    (void)pthread_cond_signal(&work->wanted);
    (void)pthread_mutex_unlock(&work->lock);
}

void http_work_bar(struct http_work *work, const struct MHD_Daemon *daemon)
{
    (void)pthread_mutex_lock(&work->lock);
    struct daemon_place *place = daemon_find(work, daemon);
    if (place != NULL) { /* without a place it has never had a task, and finds none for one */
        place->is_barred = true;
        while (place->n_tasks > 0) {
            (void)pthread_cond_wait(&work->settled, &work->lock);
        }
    }
    (void)pthread_mutex_unlock(&work->lock);
}

void http_work_unbar(struct http_work *work, const struct MHD_Daemon *daemon)
{
    (void)pthread_mutex_lock(&work->lock);
    struct daemon_place *place = daemon_find(work, daemon);
    if (place != NULL) {
        *place = (struct daemon_place){.daemon = NULL};
    }
    (void)pthread_mutex_unlock(&work->lock);
}

void http_work_close(struct http_work *work)
{
    if (work == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&work->lock);
    work->is_over = true;
    (void)pthread_cond_broadcast(&work->wanted);
    (void)pthread_mutex_unlock(&work->lock);
    for (unsigned i = 0; i < work->n_threads; i++) {
        (void)pthread_join(work->threads[i], NULL);
    }
    (void)pthread_cond_destroy(&work->settled);
    (void)pthread_cond_destroy(&work->wanted);
    (void)pthread_mutex_destroy(&work->lock);
    free(work);
}
