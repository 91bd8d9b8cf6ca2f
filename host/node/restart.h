/* SPDX-License-Identifier: MIT
 *
 * When a process that ended is started again: at once if it had lived, later each time if it keeps
 * failing, rarely once it has failed too often (the breaker). Arithmetic only; time is an argument.
 */
#ifndef NODE_RESTART_H
#define NODE_RESTART_H

#include <stdbool.h>
#include <stdint.h>

/* Of the first failure, doubled at each in a row. No option: short enough for any crash, long
 * enough for none to fill a processor. */
enum { RESTART_FIRST_MS = 100 };

struct restart_policy {
    int64_t longest_ms; /* until the breaker opens; RESTART_FIRST_MS or more */
    unsigned breaker;   /* failures in a row that open it, at least 1 */
    int64_t broken_ms;  /* then one attempt in this time */
};

struct restart {
    unsigned failures; /* in a row */
};

/* Takes note that a process which lived lived_ms has ended, well or not, and returns how long to
 * wait before the next start: up to a quarter less than the policy's delay, by the random number.
 * Who lived life_min_ms had started well.
 */
int64_t restart_delay_ms(struct restart *restart, const struct restart_policy *policy,
                         int64_t life_min_ms, int64_t lived_ms, bool ended_well, uint64_t random);

/* Whether the breaker is open. */
bool restart_broken(const struct restart *restart, const struct restart_policy *policy);

#endif
