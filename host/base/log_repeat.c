/* SPDX-License-Identifier: MIT
 *
 * A small table of events by name. Called by log.c.
 *
 * Invariant: every event is written or in a count that will be; of one name there are at most two
 * lines in LOG_QUIET_MS, one of them a count.
 */
#include "log_repeat.h"

#include <stddef.h>
#include <string.h>

bool log_repeats_admit(struct log_repeats *repeats, const struct log_site *site, int64_t now_ms)
{
    size_t free = LOG_REPEATS;
    for (size_t i = 0; i < LOG_REPEATS; i++) {
        const char *event = repeats->at[i].site.event;
        if (event == NULL) {
            free = i;
        } else if (strcmp(event, site->event) == 0) {
            repeats->at[i].n++;
            return false;
        }
    }
    if (free < LOG_REPEATS) {
        repeats->at[free].site = *site;
        repeats->at[free].quiet_until_ms = now_ms + LOG_QUIET_MS;
        repeats->at[free].n = 0;
    }
    return true;
}

bool log_repeats_take(struct log_repeats *repeats, int64_t now_ms, struct log_site *site,
                      int64_t *n)
{
    for (size_t i = 0; i < LOG_REPEATS; i++) {
        if (repeats->at[i].site.event == NULL || now_ms < repeats->at[i].quiet_until_ms) {
            continue;
        }
        *site = repeats->at[i].site;
        *n = repeats->at[i].n;
        if (*n > 0) { /* it goes on, perhaps: quiet again */
            repeats->at[i].n = 0;
            repeats->at[i].quiet_until_ms = now_ms + LOG_QUIET_MS;
            return true;
        }
        repeats->at[i].site.event = NULL;
    }
    return false;
}
