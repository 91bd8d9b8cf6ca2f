/* SPDX-License-Identifier: MIT
 *
 * Times that recur, as crontab(5) writes them: minute, hour, day of the month, month, day of the
 * week, in a time zone. For core_schedule.c.
 *
 * A field is `*`, a number, a range `a-b`, each with an optional step `/n`, or a list of these with
 * commas; months and days of the week may be their first three letters, Sunday is 0 and 7. Where
 * both days are restricted either one is enough, as cron has it. `@hourly`, `@daily`, `@weekly`,
 * `@monthly` and `@yearly` stand for what they say.
 *
 * A time of day that the clocks skip counts as the moment after the gap; one that comes twice
 * counts the first time.
 */
#ifndef CRON_H
#define CRON_H

#include <stdint.h>

#include <gaia/status.h>

struct cron;

/* What cron_next_ms says of a date that never comes (30 February). */
#define CRON_NEVER INT64_MAX

/* zone: of the time zone database ("Europe/Berlin"); "" is UTC. *cron is the caller's, to be
 * closed. GAIA_USAGE, which names the field; GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status cron_open(const char *expression, const char *zone, struct cron **cron,
                                    gaia_error *err);
void cron_close(struct cron *cron);

/* The first time after after_ms (since 1970), a whole minute; CRON_NEVER. */
int64_t cron_next_ms(const struct cron *cron, int64_t after_ms);

#endif
