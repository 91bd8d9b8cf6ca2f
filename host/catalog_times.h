/* SPDX-License-Identifier: MIT
 *
 * What the time coordinates of a field mean, by the role of its source and by what the job says of
 * it: init time, lead time, valid time or hour of day.
 *
 * Invariant: all times of a catalog are counts in one calendar.
 */
#ifndef HOST_CATALOG_TIMES_H
#define HOST_CATALOG_TIMES_H

#include <stdbool.h>

#include <gaia/status.h>

#include "catalog.h"

/* Sets the times of an entry from its field; *keep: the job does not leave it out. path and name
 * (of the variable in the file) are for messages. The first field with a time gives the catalog its
 * calendar. GAIA_TIME_MISSING, GAIA_LEAD_MISSING, GAIA_AXIS_INVALID (another calendar, a valid time
 * before the init time that the job or the file gives, an hour that is none), GAIA_JOB_INVALID (a
 * date that the calendar has not). */
GAIA_MUST_USE gaia_status catalog_times(struct catalog *catalog, const char *path, const char *name,
                                        struct catalog_entry *entry, bool *keep, gaia_error *err);

/* The calendars of a source and of the truth must be the same. GAIA_AXIS_INVALID shows both. */
GAIA_MUST_USE gaia_status catalog_calendar_agrees(const struct catalog *catalog,
                                                  const struct catalog *truth, gaia_error *err);

#endif
