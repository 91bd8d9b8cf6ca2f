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

struct http_work {
    pthread_mutex_t lock;
    pthread_cond_t wanted; /* a task came, or the end */
    struct http_task_list tasks;
    bool is_over;
    unsigned n_threads;
    pthread_t threads[]; /* [n_threads] */
};

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
        task->run(task);
        MHD_resume_connection(connection); /* the task may be gone from here on */
        (void)pthread_mutex_lock(&work->lock);
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
    TAILQ_INIT(&opened->tasks);
    const int code = threads_start(opened, n_threads);
    if (code != 0) {
        http_work_end(opened);
        http_work_free(opened);
        return error_set(err, GAIA_LIMIT, "threads of the HTTP API: %s", strerror(code));
    }
    *work = opened;
    return GAIA_OK;
}

bool http_work_put(struct http_work *work, struct http_task *task)
{
    (void)pthread_mutex_lock(&work->lock);
    const bool taken = !work->is_over;
    if (taken) {
        MHD_suspend_connection(task->connection);
        TAILQ_INSERT_TAIL(&work->tasks, task, in_list);
        (void)pthread_cond_signal(&work->wanted);
    }
    (void)pthread_mutex_unlock(&work->lock);
    return taken;
}

void http_work_end(struct http_work *work)
{
    (void)pthread_mutex_lock(&work->lock);
    work->is_over = true;
    (void)pthread_cond_broadcast(&work->wanted);
    (void)pthread_mutex_unlock(&work->lock);
    for (unsigned i = 0; i < work->n_threads; i++) {
        (void)pthread_join(work->threads[i], NULL);
    }
    work->n_threads = 0;
}

void http_work_free(struct http_work *work)
{
    if (work != NULL) {
        (void)pthread_cond_destroy(&work->wanted);
        (void)pthread_mutex_destroy(&work->lock);
        free(work);
    }
}
