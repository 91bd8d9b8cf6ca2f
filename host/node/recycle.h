/* SPDX-License-Identifier: MIT
 *
 * When an executor is replaced: its limits, and the steps from a limit that is passed to a process
 * that is gone. Arithmetic only; time, chance and measurements are arguments.
 *
 *     stays ──soft limit──▶ drains (SIGTERM: finishes its batch, leaves) ──too long──┐
 *       └─────hard limit──────┴────────▶ ends (SIGTERM) ◀────────────────────────────┘
 *                                          └──5 s, or grows on──▶ killed (SIGKILL)
 */
#ifndef NODE_RECYCLE_H
#define NODE_RECYCLE_H

#include <stdbool.h>
#include <stdint.h>

#include "recycle_reason.h"

enum {
    LIMITS_END_MS = 5000,           /* from SIGTERM to SIGKILL */
    LIMITS_DRAIN_MARGIN_MS = 30000, /* beyond batch_ms: to report what the batch gave */
};

/* Of one executor; 0: no such limit. */
struct limits {
    uint64_t rss_soft_bytes;
    uint64_t rss_hard_bytes;
    uint64_t gpu_soft_bytes;
    uint64_t gpu_hard_bytes;
    uint64_t address_bytes; /* RLIMIT_AS */
    uint64_t batches;       /* that it runs before it leaves, less a quarter at most by chance */
    int64_t lifetime_ms;    /* likewise */
    int64_t life_min_ms;    /* no soft limit before; who ends earlier is restarted with delay */
    int64_t batch_ms;       /* that a batch may take */
};

/* What limits that are not given are derived from. */
struct limits_basis {
    uint64_t memory_bytes;     /* for data, of each executor */
    uint64_t gpu_memory_bytes; /* 0: not given */
    uint64_t machine_bytes;    /* of the machine or container; UINT64_MAX: not known */
    unsigned n_executors;
};

/* What one executor may take of the machine, where the scheduler and the node have theirs. */
uint64_t limits_share_bytes(uint64_t machine_bytes, unsigned n_executors);

/* The limits of memory that hold where none is given: memory for data and as much again for all
 * else, but no more than the executor's share of the machine. The other limits are 0. */
struct limits limits_default(const struct limits_basis *basis);

/* Less a quarter at most by chance, so that executors that were started together are not replaced
 * together; 0 stays 0. */
uint64_t limits_jitter(uint64_t limit, uint64_t random);

struct usage {
    uint64_t rss_bytes;
    uint64_t gpu_bytes;
    int64_t lived_ms;
};

/* Of all executors of the node, since it started. */
struct recycle_counts {
    uint64_t n[RECYCLE_REASONS];
};

/* For logs: "resident memory above its soft limit"; and for the scheduler: "rss_soft". Static. */
const char *recycle_reason_text(enum recycle_reason reason);
const char *recycle_reason_name(enum recycle_reason reason);

enum recycle_stage { RECYCLE_STAYS, RECYCLE_DRAINS, RECYCLE_ENDS, RECYCLE_KILLED };

/* The way out of one process. */
struct recycle {
    enum recycle_stage stage;
    enum recycle_reason reason;
    int64_t since_ms;    /* when the stage began */
    int64_t lifetime_ms; /* this process's; 0: none */
};

/* For a process that starts now. */
void recycle_begin(struct recycle *recycle, const struct limits *limits, uint64_t random);

/* Takes a measurement and returns the signal that is due now: SIGTERM, SIGKILL or 0. */
int recycle_step(struct recycle *recycle, const struct limits *limits, const struct usage *usage,
                 int64_t now_ms);

/* Why a process that has ended did so. */
enum recycle_reason recycle_end(const struct recycle *recycle, bool ended_well, bool overtime);

#endif
