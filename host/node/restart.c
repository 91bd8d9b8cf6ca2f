/* SPDX-License-Identifier: MIT
 *
 * The restart policy of gaia-node's children.
 *
 * Invariant: each child has a policy of its own; no child's failures delay another.
 */
#include "restart.h"

bool restart_broken(const struct restart *restart)
{
    return restart->failures >= RESTART_BREAKER;
}

int64_t restart_delay_ms(struct restart *restart, int64_t life_min_ms, int64_t lived_ms,
                         bool ended_well, uint64_t random)
{
    if (lived_ms >= life_min_ms) {
        restart->failures = 0;
    }
    if (ended_well && lived_ms >= life_min_ms) {
        return 0;
    }
    /* A program that ends well at once, again and again, is a loop like any other. */
    restart->failures += restart->failures < RESTART_BREAKER;
    int64_t delay_ms = RESTART_FIRST_MS;
    for (unsigned i = 1; i < restart->failures && delay_ms < RESTART_LONGEST_MS; i++) {
        delay_ms *= 2;
    }
    delay_ms = delay_ms < RESTART_LONGEST_MS ? delay_ms : RESTART_LONGEST_MS;
    if (restart_broken(restart)) {
        delay_ms = RESTART_BROKEN_MS;
    }
    return delay_ms - (int64_t)(random % (uint64_t)(delay_ms / 4 + 1));
}
