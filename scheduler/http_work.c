/* SPDX-License-Identifier: MIT
 *
 * A queue and the threads that take from it.
 *
 * Invariant: n_idle threads wait; a thread is started only while more tasks wait than that.
 */
#include "http_work.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "error.h"

TAILQ_HEAD(http_task_list, http_task);

struct http_work {
    pthread_mutex_t lock;
    pthread_cond_t wanted; /* a task came, or the end */
    struct http_task_list tasks;
    unsigned n_tasks;
    unsigned n_idle;
    bool is_over;
    unsigned n_threads;
    unsigned threads_max;
    pthread_t threads[]; /* [threads_max] */
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
            work->n_idle++;
            (void)pthread_cond_wait(&work->wanted, &work->lock);
            work->n_idle--;
            continue;
        }
        TAILQ_REMOVE(&work->tasks, task, in_list);
        work->n_tasks--;
        (void)pthread_mutex_unlock(&work->lock);
        struct MHD_Connection *connection = task->connection;
        task->run(task);
        MHD_resume_connection(connection); /* the task may be gone from here on */
        (void)pthread_mutex_lock(&work->lock);
    }
    (void)pthread_mutex_unlock(&work->lock);
    return NULL;
}

/* Starts a thread that takes no signals: those are the main thread's. */
static bool thread_start(struct http_work *work)
{
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    const bool started =
        pthread_create(&work->threads[work->n_threads], NULL, thread_run, work) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    work->n_threads += started;
    return started;
}

gaia_status http_work_open(unsigned threads_max, struct http_work **work, gaia_error *err)
{
    const size_t bytes = threads_max * sizeof(pthread_t);
    struct http_work *opened = calloc(1, sizeof *opened + bytes);
    if (opened == NULL) {
        return error_memory(err, sizeof *opened + bytes);
    }
    (void)pthread_mutex_init(&opened->lock, NULL);
    (void)pthread_cond_init(&opened->wanted, NULL);
    TAILQ_INIT(&opened->tasks);
    opened->threads_max = threads_max;
    *work = opened;
    return GAIA_OK;
}

bool http_work_put(struct http_work *work, struct http_task *task)
{
    (void)pthread_mutex_lock(&work->lock);
    bool taken = !work->is_over;
    if (taken && work->n_tasks >= work->n_idle && work->n_threads < work->threads_max) {
        taken = thread_start(work) || work->n_threads > 0;
    }
    if (taken) {
        MHD_suspend_connection(task->connection);
        TAILQ_INSERT_TAIL(&work->tasks, task, in_list);
        work->n_tasks++;
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
