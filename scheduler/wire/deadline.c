/* SPDX-License-Identifier: MIT
 *
 * A thread that is waited for, but not for ever. For transport_nng.c, whose library can fail to
 * return from closing a socket.
 *
 * Invariant: what both threads share is freed by the one that leaves it last.
 */
#include "deadline.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct errand {
    void (*work)(uint32_t argument);
    uint32_t argument;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool done;
    bool abandoned;
};

static void errand_free(struct errand *errand)
{
    (void)pthread_cond_destroy(&errand->changed);
    (void)pthread_mutex_destroy(&errand->lock);
    free(errand);
}

static void *errand_run(void *arg)
{
    struct errand *errand = arg;
    errand->work(errand->argument);
    (void)pthread_mutex_lock(&errand->lock);
    errand->done = true;
    const bool abandoned = errand->abandoned;
    (void)pthread_cond_signal(&errand->changed);
    (void)pthread_mutex_unlock(&errand->lock);
    if (abandoned) {
        errand_free(errand);
    }
    return NULL;
}

static struct errand *errand_make(void (*work)(uint32_t), uint32_t argument)
{
    pthread_condattr_t clock;
    struct errand *errand = calloc(1, sizeof *errand);
    if (errand == NULL) {
        return NULL;
    }
    errand->work = work;
    errand->argument = argument;
    (void)pthread_mutex_init(&errand->lock, NULL);
    (void)pthread_condattr_init(&clock);
    (void)pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&errand->changed, &clock);
    (void)pthread_condattr_destroy(&clock);
    return errand;
}

bool deadline_run(void (*work)(uint32_t argument), uint32_t argument, int64_t limit_ms)
{
    pthread_t thread;
    struct timespec at;
    struct errand *errand = errand_make(work, argument);
    if (errand == NULL || pthread_create(&thread, NULL, errand_run, errand) != 0) {
        if (errand != NULL) {
            errand_free(errand);
        }
        work(argument);
        return true;
    }
    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += limit_ms / 1000;
    at.tv_nsec += limit_ms % 1000 * 1000000;
    at.tv_sec += at.tv_nsec / 1000000000;
    at.tv_nsec %= 1000000000;
    (void)pthread_mutex_lock(&errand->lock);
    int late = 0;
    while (!errand->done && late == 0) {
        late = pthread_cond_timedwait(&errand->changed, &errand->lock, &at);
    }
    const bool done = errand->done;
    errand->abandoned = !done;
    (void)pthread_mutex_unlock(&errand->lock);
    if (done) {
        (void)pthread_join(thread, NULL);
        errand_free(errand);
    } else {
        (void)pthread_detach(thread);
    }
    return done;
}
