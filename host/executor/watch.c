/* SPDX-License-Identifier: MIT
 *
 * Waits for signals, and while a batch runs looks at its time. Beside executor.c's thread, which
 * works and cannot look, and control.c's, which waits for the scheduler and may be late.
 *
 * Invariant: after watch_end has returned, nothing ends the process for that batch's sake.
 */
#include "watch.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "error.h"
#include "process.h"

enum { LOOK_MS = 100, EXIT_AT_ONCE = 128 + SIGTERM };

struct watch {
    struct watch_options options;
    pthread_t thread;
    atomic_bool over;

    pthread_mutex_t lock; /* of what follows */
    struct engine_control *run;
    const struct log *log; /* of the batch */
    int64_t begin_ms;
    int64_t begin_cpu_ms;
    int64_t late_ms;   /* when the batch was found over its time */
    const char *limit; /* that it is over; NULL: none */
};

/* The processor time of all threads so far. */
static int64_t cpu_ms(void)
{
    struct timespec used = {0};
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (int64_t)used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

static const char *limit_passed(const struct watch *watch, int64_t now_ms)
{
    const struct watch_options *options = &watch->options;
    if (options->batch_ms > 0 && now_ms - watch->begin_ms >= options->batch_ms) {
        return "--batch-time";
    }
    if (options->batch_cpu_ms > 0 && cpu_ms() - watch->begin_cpu_ms >= options->batch_cpu_ms) {
        return "--batch-cpu";
    }
    return NULL;
}

static void batch_look(struct watch *watch)
{
    (void)pthread_mutex_lock(&watch->lock);
    const int64_t now_ms = clock_monotonic_ms();
    if (watch->run != NULL && watch->limit == NULL) {
        watch->limit = limit_passed(watch, now_ms);
        if (watch->limit != NULL) {
            watch->late_ms = now_ms;
            atomic_store(&watch->run->cancel, true);
            log_event(watch->log, LOG_APPLICATION, LOG_WARNING, "batch_overtime",
                      "the batch is over its time and cancelled", log_text("limit", watch->limit));
        }
    } else if (watch->run != NULL && now_ms - watch->late_ms >= watch->options.grace_ms) {
        log_event(watch->log, LOG_APPLICATION, LOG_ERROR, "batch_stuck",
                  "the batch is over its time and cannot be cancelled: the executor ends",
                  log_text("limit", watch->limit));
        _exit(PROGRAM_OVERTIME);
    }
    (void)pthread_mutex_unlock(&watch->lock);
}

static void *watch_run(void *arg)
{
    struct watch *watch = arg;
    const struct timespec look = {.tv_nsec = LOOK_MS * 1000000L};
    const bool limited = watch->options.batch_ms > 0 || watch->options.batch_cpu_ms > 0;
    sigset_t set;
    int n_signals = 0;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    for (;;) {
        const int number = sigtimedwait(&set, NULL, limited ? &look : NULL);
        if (number > 0 && atomic_load(&watch->over)) {
            return NULL;
        }
        if (number > 0) {
            if (++n_signals > 1) {
                _exit(EXIT_AT_ONCE);
            }
            log_event(watch->options.log, LOG_APPLICATION, LOG_INFO, "leaving",
                      "the executor leaves when its lease is done", log_text("why", "a signal"),
                      log_int("signal", number));
            control_stop(watch->options.control);
        }
        batch_look(watch);
    }
}

gaia_status watch_open(const struct watch_options *options, struct watch **watch, gaia_error *err)
{
    struct watch *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        return error_memory(err, sizeof *opened);
    }
    opened->options = *options;
    (void)pthread_mutex_init(&opened->lock, NULL);
    if (pthread_create(&opened->thread, NULL, watch_run, opened) != 0) {
        (void)pthread_mutex_destroy(&opened->lock);
        free(opened);
        return error_set(err, GAIA_LIMIT, "no thread for signals");
    }
    *watch = opened;
    return GAIA_OK;
}

void watch_close(struct watch *watch)
{
    if (watch == NULL) {
        return;
    }
    atomic_store(&watch->over, true);
    (void)pthread_kill(watch->thread, SIGTERM);
    (void)pthread_join(watch->thread, NULL);
    (void)pthread_mutex_destroy(&watch->lock);
    free(watch);
}

void watch_begin(struct watch *watch, struct engine_control *run, const struct log *log)
{
    (void)pthread_mutex_lock(&watch->lock);
    watch->run = run;
    watch->log = log;
    watch->begin_ms = clock_monotonic_ms();
    watch->begin_cpu_ms = watch->options.batch_cpu_ms > 0 ? cpu_ms() : 0;
    watch->limit = NULL;
    (void)pthread_mutex_unlock(&watch->lock);
}

gaia_status watch_end(struct watch *watch, gaia_error *err)
{
    (void)pthread_mutex_lock(&watch->lock);
    const struct watch_options *options = &watch->options;
    const char *limit = watch->limit;
    watch->run = NULL;
    watch->limit = NULL;
    (void)pthread_mutex_unlock(&watch->lock);
    if (limit == NULL) {
        return GAIA_OK;
    }
    const int64_t ms =
        strcmp(limit, "--batch-time") == 0 ? options->batch_ms : options->batch_cpu_ms;
    return error_set(err, GAIA_LIMIT, "the batch took more than the %lld s of %s",
                     (long long)(ms / 1000), limit);
}
