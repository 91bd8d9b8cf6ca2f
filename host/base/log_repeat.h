/* SPDX-License-Identifier: MIT
 *
 * Which of the events that come often are written. Time is an argument. Not thread-safe: log.c's
 * lock is around it.
 */
#ifndef BASE_LOG_REPEAT_H
#define BASE_LOG_REPEAT_H

#include <stdbool.h>
#include <stdint.h>

#include "log.h"

enum { LOG_REPEATS = 32 };

/* Empty by {0}. */
struct log_repeats {
    struct {
        struct log_site site;   /* its texts are borrowed; event NULL: a free place */
        int64_t quiet_until_ms; /* until then events are counted */
        int64_t n;              /* so far */
    } at[LOG_REPEATS];
};

/* Whether an event is to be written: true for the first of its name in LOG_QUIET_MS. Others are
 * counted; where there is no place to count they are written. */
bool log_repeats_admit(struct log_repeats *repeats, const struct log_site *site, int64_t now_ms);

/* Takes one whose quiet is over: *site, and that it came *n times, at least once, since it was last
 * written. False if there is none (left). */
bool log_repeats_take(struct log_repeats *repeats, int64_t now_ms, struct log_site *site,
                      int64_t *n);

#endif
