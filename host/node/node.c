/* SPDX-License-Identifier: MIT
 *
 * gaia-node's flow, top to bottom: take the lock, start the children, watch them
 * and start again whichever ends, and at SIGTERM end them all. One thread, one poll.
 *
 * Invariant: what one child does changes nothing for another; only the node's own end ends them
 * all.
 */
#include "node.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "charge.h"
#include "child.h"
#include "clock.h"
#include "describe.h"
#include "error.h"
#include "file.h"
#include "process.h"

enum {
    LOCK_TRIES =
        20, /* `gaia up` and `gaia down` hold the lock for an instant when they look at it */
    LOCK_PAUSE_MS = 50,
    /* No options: an executor's last result has less (STOP_GRACE_MS), containers and units more. */
    END_MS = 5000,              /* from SIGTERM to SIGKILL */
    END_SCHEDULER_MS = 4000,    /* the scheduler goes after its executors, but no later than this */
    SCHEDULER_LIVED_MS = 10000, /* who lived so long had started well */
    MS_PER_S = 1000,
    PATH_BYTES = PATH_MAX + 32,
};

struct node {
    const struct log *log;
    char scheduler[PATH_BYTES];
    char executor[PATH_BYTES];
    char pid_path[PATH_BYTES];
    size_t n_children;
    struct child *children; /* [0]: the scheduler */
    struct pollfd *polled;  /* [n_children + 1]; the last: signals */
    char *gpus;             /* numbers, each ended by a zero */
    struct charges charges; /* the children from [1] on */
    const struct restart_policy *restart;
    uint64_t random;
    int lock;
    int signals;
};

/* The number in node.pid is for people and `gaia down`; the lock is what counts. */
static gaia_status node_claim(struct node *node, const struct node_options *options,
                              gaia_error *err)
{
    char path[PATH_BYTES];
    char text[32];
    bool taken = false;
    (void)snprintf(path, sizeof path, "%s/node.lock", options->state);
    for (int i = 0; !taken && i < LOCK_TRIES; i++) {
        if (i > 0) {
            clock_sleep_ms(LOCK_PAUSE_MS);
        }
        const gaia_status status = lock_take(path, &taken, &node->lock, err);
        if (status != GAIA_OK) {
            return status;
        }
    }
    if (!taken) {
        return error_set(err, GAIA_LIMIT, "another gaia-node runs on %s", options->state);
    }
    (void)snprintf(text, sizeof text, "%ld\n", (long)getpid());
    return file_write(node->pid_path, text, strlen(text), 0600, err);
}

static gaia_status node_prepare(struct node *node, const struct node_options *options,
                                gaia_error *err)
{
    gaia_status status =
        program_beside("gaia-scheduler", node->scheduler, sizeof node->scheduler, err);
    if (status == GAIA_OK) {
        status = program_beside("gaia-executor", node->executor, sizeof node->executor, err);
    }
    if (status != GAIA_OK) {
        return status;
    }
    node->n_children = 1 + (size_t)options->n_executors;
    node->children = calloc(node->n_children, sizeof *node->children);
    node->polled = calloc(node->n_children + 1, sizeof *node->polled);
    node->gpus = options->gpus != NULL ? strdup(options->gpus) : NULL;
    if (node->children == NULL || node->polled == NULL ||
        (options->gpus != NULL && node->gpus == NULL)) {
        return error_memory(err, node->n_children * sizeof *node->children);
    }
    for (char *at = node->gpus; at != NULL && *at != '\0'; at++) {
        *at = *at == ',' ? '\0' : *at; /* the list's end is behind the last number */
    }
    node->charges = (struct charges){.log = node->log,
                                     .limits = &options->limits,
                                     .n = options->n_executors,
                                     .children = node->children + 1};
    status = charges_open(&node->charges, err);
    if (status != GAIA_OK) {
        return status;
    }
    describe_scheduler(&node->children[0], node->scheduler, options);
    node->children[0].handle = -1;
    for (size_t i = 1; i < node->n_children; i++) {
        node->children[i].handle = -1;
        describe_executor(&node->children[i], node->executor, i, options, node->gpus,
                          node->charges.each[i - 1].batches, node->charges.each[i - 1].replaces);
    }
    return GAIA_OK;
}

/* Signals are read from a descriptor, so that the loop waits in one place only. */
static gaia_status signals_open(struct node *node, gaia_error *err)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGHUP);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    node->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return node->signals >= 0 ? GAIA_OK
                              : error_set(err, GAIA_LIMIT, "signalfd: %s", strerror(errno));
}

/* How long child i has to live to have started well. */
static int64_t life_min_ms(const struct node *node, size_t i)
{
    return i == 0 ? SCHEDULER_LIVED_MS : node->charges.limits->life_min_ms;
}

/* Starts child i, or sets when it is tried again. */
static void child_try(struct node *node, size_t i, int64_t now_ms)
{
    struct child *child = &node->children[i];
    gaia_error why = {0};
    if (i > 0) {
        charges_start(&node->charges, i - 1, random_next(&node->random));
    }
    if (child_start(child, now_ms, &why) == GAIA_OK) {
        log_event(node->log, LOG_APPLICATION, LOG_INFO, "process_started", "a process was started",
                  log_text("process", child->name), log_int("process_pid", child->pid));
    } else {
        child->start_at_ms =
            now_ms + restart_delay_ms(&child->restart, node->restart, life_min_ms(node, i), 0,
                                      false, random_next(&node->random));
        log_event(node->log, LOG_APPLICATION, LOG_ERROR, "process_not_started",
                  "a process could not be started", log_text("process", child->name),
                  log_text("error", why.detail),
                  log_number("again_in_s", (double)(child->start_at_ms - now_ms) / MS_PER_S));
    }
}

/* Starts what is due; returns when the next start is, or INT64_MAX. */
static int64_t children_start(struct node *node, int64_t now_ms)
{
    int64_t next_ms = INT64_MAX;
    for (size_t i = 0; i < node->n_children; i++) {
        const struct child *child = &node->children[i];
        if (child->pid == 0 && child->start_at_ms <= now_ms) {
            child_try(node, i, now_ms);
        }
        if (child->pid == 0 && child->start_at_ms < next_ms) {
            next_ms = child->start_at_ms;
        }
    }
    return next_ms;
}

/* Child i, process pid, has ended: sets when it is started again, and says why. */
static void child_again(struct node *node, size_t i, pid_t pid, const struct child_end *end,
                        int64_t now_ms)
{
    struct child *child = &node->children[i];
    const int64_t delay_ms =
        restart_delay_ms(&child->restart, node->restart, life_min_ms(node, i),
                         now_ms - child->started_ms, end->well, random_next(&node->random));
    const char *reason = NULL; /* the scheduler has none */
    int64_t n_for_reason = 0;
    child->start_at_ms = now_ms + delay_ms;
    if (i > 0) {
        const enum recycle_reason why = charges_ended(&node->charges, i - 1, end);
        reason = recycle_reason_text(why);
        n_for_reason = (int64_t)node->charges.counts.n[why];
    }
    log_event(node->log, LOG_APPLICATION, end->well ? LOG_INFO : LOG_WARNING, "process_ended",
              "a process has ended and will be started again", log_text("process", child->name),
              log_int("process_pid", pid), log_text("how", end->how), log_text("reason", reason),
              log_int("recycles", n_for_reason),
              log_number("lived_s", (double)(now_ms - child->started_ms) / MS_PER_S),
              log_number("again_in_s", (double)delay_ms / MS_PER_S),
              log_flag("keeps_failing", restart_broken(&child->restart, node->restart)));
}

/* Collects who has ended and sets when each is started again. Returns how many still run. */
static size_t children_collect(struct node *node, int64_t now_ms, bool ending)
{
    size_t n_running = 0;
    for (size_t i = 0; i < node->n_children; i++) {
        struct child *child = &node->children[i];
        const pid_t pid = child->pid;
        struct child_end end = {0};
        if (!child_collect(child, &end)) {
            n_running += child->pid != 0;
        } else if (ending) {
            log_event(node->log, LOG_APPLICATION, end.well ? LOG_INFO : LOG_WARNING,
                      "process_stopped", "a process has ended with the node",
                      log_text("process", child->name), log_int("process_pid", pid),
                      log_text("how", end.how));
        } else {
            child_again(node, i, pid, &end, now_ms);
        }
    }
    return n_running;
}

/* Waits for a signal or the end of a child, until at_ms at most. */
static void children_wait(struct node *node, int64_t now_ms, int64_t at_ms)
{
    int timeout_ms = -1;
    if (at_ms != INT64_MAX) {
        timeout_ms =
            at_ms <= now_ms ? 0 : (int)(at_ms - now_ms < INT_MAX ? at_ms - now_ms : INT_MAX);
    }
    for (size_t i = 0; i < node->n_children; i++) {
        node->polled[i] = (struct pollfd){.fd = node->children[i].handle, .events = POLLIN};
    }
    node->polled[node->n_children] = (struct pollfd){.fd = node->signals, .events = POLLIN};
    (void)poll(node->polled, (nfds_t)(node->n_children + 1), timeout_ms);
}

/* Whether SIGTERM or SIGINT came. SIGHUP is passed on to the scheduler, which then reads its
 * certificate anew; it ends nobody. */
static bool end_wanted(const struct node *node)
{
    struct signalfd_siginfo info;
    bool wanted = false;
    while (read(node->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        wanted = wanted || info.ssi_signo != SIGHUP;
        if (info.ssi_signo == SIGHUP) {
            child_signal(&node->children[0], SIGHUP);
        }
    }
    return wanted;
}

/* Executors first, so that the scheduler still takes their last results; then the scheduler; then,
 * after the deadline, whoever is left. */
static void children_end(struct node *node)
{
    const int64_t begin_ms = clock_monotonic_ms();
    int64_t now_ms = begin_ms;
    bool scheduler_told = false;
    for (size_t i = 1; i < node->n_children; i++) {
        if (!charges_told(&node->charges, i - 1)) {
            child_signal(&node->children[i], SIGTERM);
        }
    }
    for (;;) {
        const size_t n_running = children_collect(node, now_ms, true);
        const bool alone = n_running == (node->children[0].pid != 0);
        if (n_running == 0) {
            return;
        }
        if (!scheduler_told && (alone || now_ms >= begin_ms + END_SCHEDULER_MS)) {
            child_signal(&node->children[0], SIGTERM);
            scheduler_told = true;
        }
        if (now_ms >= begin_ms + END_MS) {
            for (size_t i = 0; i < node->n_children; i++) {
                child_signal(&node->children[i], SIGKILL);
            }
        }
        const int64_t next_ms =
            begin_ms + (now_ms < begin_ms + END_SCHEDULER_MS ? END_SCHEDULER_MS : END_MS);
        /* Once SIGKILL is sent only the kernel's work is left to wait for. */
        children_wait(node, now_ms, now_ms >= begin_ms + END_MS ? INT64_MAX : next_ms);
        (void)end_wanted(node);
        now_ms = clock_monotonic_ms();
    }
}

gaia_status node_run(const struct node_options *options, const struct log *log, gaia_error *err)
{
    struct node node = {.log = log, .restart = &options->restart, .lock = -1, .signals = -1};
    (void)snprintf(node.pid_path, sizeof node.pid_path, "%s/node.pid", options->state);
    node.random = (uint64_t)clock_realtime_ms() ^ (uint64_t)getpid();
    gaia_status status = node_claim(&node, options, err);
    if (status != GAIA_OK) {
        goto done;
    }
    status = node_prepare(&node, options, err);
    if (status == GAIA_OK) {
        status = signals_open(&node, err);
    }
    if (status != GAIA_OK) {
        (void)unlink(node.pid_path);
        goto done;
    }
    log_event(log, LOG_APPLICATION, LOG_INFO, "node_started", "the node begins",
              log_text("state", options->state), log_flag("remote", options->is_remote),
              log_int("executors", options->n_executors));
    for (;;) {
        const int64_t now_ms = clock_monotonic_ms();
        (void)children_collect(&node, now_ms, false);
        const int64_t start_ms = children_start(&node, now_ms);
        const int64_t look_ms = charges_look(&node.charges, now_ms);
        log_tick(log);
        children_wait(&node, now_ms, start_ms < look_ms ? start_ms : look_ms);
        if (end_wanted(&node)) {
            break;
        }
    }
    log_event(log, LOG_APPLICATION, LOG_INFO, "node_ending", "the node ends its processes",
              LOG_END);
    children_end(&node);
    (void)unlink(node.pid_path);
done:
    if (node.signals >= 0) {
        (void)close(node.signals);
    }
    if (node.lock >= 0) {
        (void)close(node.lock);
    }
    charges_close(&node.charges);
    free(node.gpus);
    free(node.polled);
    free(node.children);
    return status;
}
