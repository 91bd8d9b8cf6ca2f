/* SPDX-License-Identifier: MIT
 *
 * The restart policy of gaia-node's children.
 *
 * Invariant: each child has a policy of its own; no child's failures delay another.
 */
#include "restart.h"

bool restart_broken(const struct restart *restart, const struct restart_policy *policy)
{
    return restart->failures >= policy->breaker;
}

int64_t restart_delay_ms(struct restart *restart, const struct restart_policy *policy,
                         int64_t life_min_ms, int64_t lived_ms, bool ended_well, uint64_t random)
{
    if (lived_ms >= life_min_ms) {
        restart->failures = 0;
    }
    if (ended_well && lived_ms >= life_min_ms) {
        return 0;
    }
    /* A program that ends well at once, again and again, is a loop like any other. */
    restart->failures += restart->failures < policy->breaker;
    int64_t delay_ms = RESTART_FIRST_MS;
    for (unsigned i = 1; i < restart->failures && delay_ms < policy->longest_ms; i++) {
        delay_ms *= 2;
    }
    delay_ms = delay_ms < policy->longest_ms ? delay_ms : policy->longest_ms;
    if (restart_broken(restart, policy)) {
        delay_ms = policy->broken_ms;
    }
    return delay_ms - (int64_t)(random % (uint64_t)(delay_ms / 4 + 1));
}
