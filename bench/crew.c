/* SPDX-License-Identifier: MIT
 *
 * The threads of the benchmark.
 *
 * Invariant: between two jobs every thread waits for `changed`; n_left counts those that are still
 * at the present one.
 */
#include "crew.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "error.h"

struct member {
    struct crew *crew;
    unsigned index;
    pthread_t thread;
};

/* lock guards all that follows it. */
struct crew {
    unsigned n_threads;
    struct member *members;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_cond_t done;
    unsigned long n_jobs; /* so far: a new number is a new job */
    bool ends;
    crew_job *job;
    void *context;
    unsigned n_active;
    unsigned n_left;
    gaia_error error; /* of the first that failed */
};

double seconds_now(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void *member_main(void *context)
{
    const struct member *member = context;
    struct crew *crew = member->crew;
    unsigned long n_seen = 0;
    (void)pthread_mutex_lock(&crew->lock);
    for (;;) {
        while (crew->n_jobs == n_seen && !crew->ends) {
            (void)pthread_cond_wait(&crew->changed, &crew->lock);
        }
        if (crew->ends) {
            break;
        }
        n_seen = crew->n_jobs;
        if (member->index >= crew->n_active) {
            continue;
        }
        crew_job *job = crew->job;
        void *job_context = crew->context;
        gaia_error error = {0};
        (void)pthread_mutex_unlock(&crew->lock);
        const gaia_status status = job(job_context, member->index, &error);
        (void)pthread_mutex_lock(&crew->lock);
        if (status != GAIA_OK && crew->error.status == GAIA_OK) {
            crew->error = error;
            crew->error.status = status;
        }
        if (--crew->n_left == 0) {
            (void)pthread_cond_signal(&crew->done);
        }
    }
    (void)pthread_mutex_unlock(&crew->lock);
    return NULL;
}

gaia_status crew_open(unsigned n_threads, struct crew **crew, gaia_error *err)
{
    struct crew *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return error_memory(err, sizeof *made);
    }
    made->members = calloc(n_threads, sizeof *made->members);
    (void)pthread_mutex_init(&made->lock, NULL);
    (void)pthread_cond_init(&made->changed, NULL);
    (void)pthread_cond_init(&made->done, NULL);
    if (made->members == NULL) {
        crew_close(made);
        return error_memory(err, n_threads * sizeof *made->members);
    }
    for (unsigned i = 0; i < n_threads; i++) {
        struct member *member = &made->members[i];
        *member = (struct member){.crew = made, .index = i};
        const int failed = pthread_create(&member->thread, NULL, member_main, member);
        if (failed != 0) {
            crew_close(made);
            return error_set(err, GAIA_LIMIT, "thread %u of %u: %s", i + 1, n_threads,
                             strerror(failed));
        }
        made->n_threads++;
    }
    *crew = made;
    return GAIA_OK;
}

void crew_close(struct crew *crew)
{
    if (crew == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&crew->lock);
    crew->ends = true;
    (void)pthread_cond_broadcast(&crew->changed);
    (void)pthread_mutex_unlock(&crew->lock);
    for (unsigned i = 0; i < crew->n_threads; i++) {
        (void)pthread_join(crew->members[i].thread, NULL);
    }
    (void)pthread_cond_destroy(&crew->done);
    (void)pthread_cond_destroy(&crew->changed);
    (void)pthread_mutex_destroy(&crew->lock);
    free(crew->members);
    free(crew);
}

gaia_status crew_run(struct crew *crew, unsigned n_active, crew_job *job, void *context,
                     double *seconds, gaia_error *err)
{
    (void)pthread_mutex_lock(&crew->lock);
    crew->job = job;
    crew->context = context;
    crew->n_active = n_active < crew->n_threads ? n_active : crew->n_threads;
    crew->n_left = crew->n_active;
    crew->error = (gaia_error){0};
    crew->n_jobs++;
    const double from = seconds_now();
    (void)pthread_cond_broadcast(&crew->changed);
    while (crew->n_left > 0) {
        (void)pthread_cond_wait(&crew->done, &crew->lock);
    }
    if (seconds != NULL) {
        *seconds = seconds_now() - from;
    }
    const gaia_error error = crew->error;
    (void)pthread_mutex_unlock(&crew->lock);
    return error.status == GAIA_OK ? GAIA_OK : error_set(err, error.status, "%s", error.detail);
}
