/* SPDX-License-Identifier: MIT
 *
 * The limits of executors and what follows from passing one. Called by charge.c at every look.
 *
 * Invariant: the stage only ever goes forward, and each signal is returned once.
 */
#include "recycle.h"

#include <signal.h>

enum { MIB = 1 << 20 };

/* What libraries, code and the heap take beside the data. */
static const uint64_t overhead_bytes = (uint64_t)512 * MIB;

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t limits_share_bytes(uint64_t machine_bytes, unsigned n_executors)
{
    const uint64_t others =
        machine_bytes / 8 > 256 * (uint64_t)MIB ? machine_bytes / 8 : 256 * (uint64_t)MIB;
    const uint64_t rest = machine_bytes > 2 * others ? machine_bytes - others : machine_bytes / 2;
    return machine_bytes == UINT64_MAX ? UINT64_MAX : rest / (n_executors > 0 ? n_executors : 1);
}

struct limits limits_default(const struct limits_basis *basis)
{
    struct limits limits = {0};
    limits.rss_hard_bytes = least(2 * (basis->memory_bytes + overhead_bytes),
                                  limits_share_bytes(basis->machine_bytes, basis->n_executors));
    limits.rss_soft_bytes = limits.rss_hard_bytes / 4 * 3;
    if (basis->gpu_memory_bytes > 0) {
        limits.gpu_hard_bytes = basis->gpu_memory_bytes / 2 * 3 + 4 * overhead_bytes;
        limits.gpu_soft_bytes = basis->gpu_memory_bytes / 4 * 5 + 2 * overhead_bytes;
    }
    return limits;
}

uint64_t limits_jitter(uint64_t limit, uint64_t random)
{
    return limit - random % (limit / 4 + 1);
}

const char *recycle_reason_text(enum recycle_reason reason)
{
#define X(code, name, text) [RECYCLE_##code] = text,
    static const char *const texts[] = {"none", RECYCLE_REASON_MAP(X)};
#undef X
    return texts[reason];
}

const char *recycle_reason_name(enum recycle_reason reason)
{
#define X(code, name, text) [RECYCLE_##code] = name,
    static const char *const names[] = {"none", RECYCLE_REASON_MAP(X)};
#undef X
    return names[reason];
}

void recycle_begin(struct recycle *recycle, const struct limits *limits, uint64_t random)
{
    *recycle = (struct recycle){.lifetime_ms =
                                    (int64_t)limits_jitter((uint64_t)limits->lifetime_ms, random)};
}

static bool above(uint64_t measured, uint64_t limit)
{
    return limit > 0 && measured > limit;
}

static enum recycle_reason hard_reason(const struct limits *limits, const struct usage *usage)
{
    if (above(usage->rss_bytes, limits->rss_hard_bytes)) {
        return RECYCLE_RSS_HARD;
    }
    return above(usage->gpu_bytes, limits->gpu_hard_bytes) ? RECYCLE_GPU_HARD : RECYCLE_NONE;
}

static enum recycle_reason soft_reason(const struct recycle *recycle, const struct limits *limits,
                                       const struct usage *usage)
{
    if (usage->lived_ms < limits->life_min_ms) {
        return RECYCLE_NONE;
    }
    if (above(usage->rss_bytes, limits->rss_soft_bytes)) {
        return RECYCLE_RSS_SOFT;
    }
    if (above(usage->gpu_bytes, limits->gpu_soft_bytes)) {
        return RECYCLE_GPU_SOFT;
    }
    return recycle->lifetime_ms > 0 && usage->lived_ms >= recycle->lifetime_ms ? RECYCLE_LIFETIME
                                                                               : RECYCLE_NONE;
}

/* Whether a process that drains has had the time of a batch. */
static bool drained_too_long(const struct recycle *recycle, const struct limits *limits,
                             int64_t now_ms)
{
    return limits->batch_ms > 0 &&
           now_ms - recycle->since_ms >= limits->batch_ms + LIMITS_DRAIN_MARGIN_MS;
}

/* Whether a process that was told to end takes up more on its way than the limit bears. */
static bool grows_on(const struct limits *limits, const struct usage *usage)
{
    return above(usage->rss_bytes, limits->rss_hard_bytes + limits->rss_hard_bytes / 50) &&
           limits->rss_hard_bytes > 0;
}

static int stage_enter(struct recycle *recycle, enum recycle_stage stage,
                       enum recycle_reason reason, int64_t now_ms)
{
    recycle->stage = stage;
    recycle->reason = reason;
    recycle->since_ms = now_ms;
    return stage == RECYCLE_KILLED ? SIGKILL : SIGTERM;
}

int recycle_step(struct recycle *recycle, const struct limits *limits, const struct usage *usage,
                 int64_t now_ms)
{
    const enum recycle_reason hard = hard_reason(limits, usage);
    const enum recycle_reason soft = soft_reason(recycle, limits, usage);
    switch (recycle->stage) {
    case RECYCLE_STAYS:
        if (hard != RECYCLE_NONE) {
            return stage_enter(recycle, RECYCLE_ENDS, hard, now_ms);
        }
        return soft != RECYCLE_NONE ? stage_enter(recycle, RECYCLE_DRAINS, soft, now_ms) : 0;
    case RECYCLE_DRAINS:
        if (hard != RECYCLE_NONE) {
            return stage_enter(recycle, RECYCLE_ENDS, hard, now_ms);
        }
        return drained_too_long(recycle, limits, now_ms)
                   ? stage_enter(recycle, RECYCLE_ENDS, RECYCLE_STUCK, now_ms)
                   : 0;
    case RECYCLE_ENDS:
        return now_ms - recycle->since_ms >= LIMITS_END_MS || grows_on(limits, usage)
                   ? stage_enter(recycle, RECYCLE_KILLED, recycle->reason, now_ms)
                   : 0;
    case RECYCLE_KILLED:
        break;
    }
    return 0;
}

enum recycle_reason recycle_end(const struct recycle *recycle, bool ended_well, bool overtime)
{
    if (recycle->reason != RECYCLE_NONE) {
        return recycle->reason;
    }
    return ended_well ? RECYCLE_LEFT : overtime ? RECYCLE_OVERTIME : RECYCLE_FAILED;
}
