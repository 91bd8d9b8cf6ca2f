/* SPDX-License-Identifier: MIT
 *
 * Why an executor's process was replaced. The node knows it, the next process in that place says it
 * to the scheduler.
 */
#ifndef RECYCLE_REASON_H
#define RECYCLE_REASON_H

/* X(code, name, text). STUCK: told to leave, its batch did not end in the time that a batch has;
 * LEFT: batches done, device failed, drained by the scheduler; OVERTIME: its batch took too long
 * and could not be cancelled; FAILED: any other end. */
#define RECYCLE_REASON_MAP(X)                                                                      \
    X(RSS_SOFT, "rss_soft", "resident memory above its soft limit")                                \
    X(RSS_HARD, "rss_hard", "resident memory above its hard limit")                                \
    X(GPU_SOFT, "gpu_soft", "device memory above its soft limit")                                  \
    X(GPU_HARD, "gpu_hard", "device memory above its hard limit")                                  \
    X(LIFETIME, "lifetime", "lifetime over")                                                       \
    X(STUCK, "stuck", "told to leave and stuck in its batch")                                      \
    X(LEFT, "left", "left of its own accord")                                                      \
    X(OVERTIME, "overtime", "batch over its time")                                                 \
    X(FAILED, "failed", "failed")

enum recycle_reason {
    RECYCLE_NONE,
#define X(code, name, text) RECYCLE_##code,
    RECYCLE_REASON_MAP(X)
#undef X
        RECYCLE_REASONS
};

#endif
