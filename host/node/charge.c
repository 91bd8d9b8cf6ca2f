/* SPDX-License-Identifier: MIT
 *
 * Looks at the executors several times a second and acts on what it sees. Called by node.c's loop;
 * recycle.c decides.
 *
 * Invariant: a process is signalled only through its handle, so a look that comes late signals
 * nobody else.
 */
#include "charge.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "error.h"
#include "machine.h"

enum {
    LOOK_MS = 250,
    LOOK_CLOSE_MS = 50, /* while someone is above its soft limit */
    GPU_MS = 1000,
};

static void replaces_set(struct charge *charge, enum recycle_reason reason)
{
    (void)snprintf(charge->replaces, sizeof charge->replaces, "%s", recycle_reason_name(reason));
}

gaia_status charges_open(struct charges *charges, gaia_error *err)
{
    gaia_error why = {0};
    charges->each = calloc(charges->n, sizeof *charges->each);
    if (charges->each == NULL) {
        return error_memory(err, charges->n * sizeof *charges->each);
    }
    if ((charges->limits->gpu_soft_bytes > 0 || charges->limits->gpu_hard_bytes > 0) &&
        gpu_memory_open(GPU_MEMORY_LIBRARY, &charges->gpu, &why) != GAIA_OK) {
        log_event(charges->log, LOG_APPLICATION, LOG_WARNING, "gpu_memory_unknown",
                  "device memory is not limited", log_text("error", why.detail));
    }
    for (size_t i = 0; i < charges->n; i++) {
        replaces_set(&charges->each[i], RECYCLE_NONE);
    }
    return GAIA_OK;
}

void charges_close(struct charges *charges)
{
    gpu_memory_close(charges->gpu);
    free(charges->each);
    charges->gpu = NULL;
    charges->each = NULL;
}

void charges_start(struct charges *charges, size_t i, uint64_t random)
{
    struct charge *charge = &charges->each[i];
    recycle_begin(&charge->recycle, charges->limits, random);
    /* Other bits of the same number, so that age and batches are drawn apart. */
    (void)snprintf(charge->batches, sizeof charge->batches, "%" PRIu64,
                   limits_jitter(charges->limits->batches, random >> 32));
}

/* The resident memory: the running count, and the exact one only where it matters. */
static uint64_t rss_measure(const struct limits *limits, pid_t pid)
{
    const uint64_t rough = process_rss_bytes(pid);
    const bool matters = (limits->rss_soft_bytes > 0 && rough > limits->rss_soft_bytes) ||
                         (limits->rss_hard_bytes > 0 && rough > limits->rss_hard_bytes);
    return matters ? process_rss_exact_bytes(pid) : rough;
}

/* Says why an executor goes, and how. */
static void step_log(const struct charges *charges, const struct child *child,
                     const struct recycle *recycle, const struct usage *usage)
{
    static const char *const ways[] = {[RECYCLE_STAYS] = "stays",
                                       [RECYCLE_DRAINS] = "leaves after its batch",
                                       [RECYCLE_ENDS] = "is ended",
                                       [RECYCLE_KILLED] = "is killed"};
    log_event(charges->log, LOG_APPLICATION,
              recycle->stage == RECYCLE_DRAINS ? LOG_INFO : LOG_WARNING, "executor_recycled",
              "an executor is to leave", log_text("process", child->name),
              log_int("process_pid", child->pid), log_text("way", ways[recycle->stage]),
              log_text("reason", recycle_reason_text(recycle->reason)),
              log_int("rss_bytes", (int64_t)usage->rss_bytes),
              log_int("gpu_bytes", (int64_t)usage->gpu_bytes),
              log_number("lived_s", (double)usage->lived_ms / 1000));
}

/* Looks at one executor; true if it is to be looked at again soon. */
static bool charge_look(struct charges *charges, size_t i, int64_t now_ms)
{
    const struct child *child = &charges->children[i];
    struct recycle *recycle = &charges->each[i].recycle;
    const struct usage usage = {.rss_bytes = rss_measure(charges->limits, child->pid),
                                .gpu_bytes = gpu_memory_of(charges->gpu, child->pid),
                                .lived_ms = now_ms - child->started_ms};
    const int signal = recycle_step(recycle, charges->limits, &usage, now_ms);
    if (signal != 0) {
        step_log(charges, child, recycle, &usage);
        child_signal(child, signal);
    }
    return recycle->stage == RECYCLE_ENDS || (charges->limits->rss_soft_bytes > 0 &&
                                              usage.rss_bytes > charges->limits->rss_soft_bytes);
}

int64_t charges_look(struct charges *charges, int64_t now_ms)
{
    bool closely = false;
    if (now_ms < charges->look_at_ms) {
        return charges->look_at_ms;
    }
    if (charges->gpu != NULL && now_ms >= charges->gpu_at_ms) {
        gpu_memory_read(charges->gpu);
        charges->gpu_at_ms = now_ms + GPU_MS;
    }
    for (size_t i = 0; i < charges->n; i++) {
        if (charges->children[i].pid != 0) {
            closely = charge_look(charges, i, now_ms) || closely;
        }
    }
    charges->look_at_ms = now_ms + (closely ? LOOK_CLOSE_MS : LOOK_MS);
    return charges->look_at_ms;
}

enum recycle_reason charges_ended(struct charges *charges, size_t i, const struct child_end *end)
{
    const enum recycle_reason reason =
        recycle_end(&charges->each[i].recycle, end->well, end->overtime);
    charges->counts.n[reason]++;
    replaces_set(&charges->each[i], reason);
    return reason;
}

bool charges_told(const struct charges *charges, size_t i)
{
    return charges->each[i].recycle.stage != RECYCLE_STAYS;
}
