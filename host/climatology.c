/* SPDX-License-Identifier: MIT
 *
 * Bins and their keys. A key is part * DAY_S + second of the day, where months count from
 * MONTH_BASE, and a second that is no whole hour (the last one of the day before) says that the
 * kind has no hours.
 */
#include "climatology.h"

#include <stdio.h>
#include <string.h>

#include "calendar.h"

enum { DAY_S = 86400, HOUR_S = 3600, MONTH_BASE = 400 };

int64_t climatology_key(struct climatology_bin bin)
{
    const int64_t part = climatology_has_month(bin.kind) ? MONTH_BASE + bin.part : bin.part;
    return part * DAY_S + (climatology_has_hour(bin.kind) ? (int64_t)bin.hour * HOUR_S : -1);
}

struct climatology_bin climatology_bin_of(int64_t key)
{
    static const enum climatology_kind kinds[3][2] = {
        {CLIMATOLOGY_CONSTANT, CLIMATOLOGY_HOUR},
        {CLIMATOLOGY_DAY, CLIMATOLOGY_DAY_HOUR},
        {CLIMATOLOGY_MONTH, CLIMATOLOGY_MONTH_HOUR},
    };
    const int64_t part = (key + 1) / DAY_S;
    const int64_t second = (key + 1) % DAY_S - 1;
    const bool month = part > MONTH_BASE;
    return (struct climatology_bin){
        .kind = kinds[part == 0 ? 0
                      : month   ? 2
                                : 1][second >= 0],
        .part = (int)(month ? part - MONTH_BASE : part),
        .hour = second >= 0 ? (int)(second / HOUR_S) : 0,
    };
}

struct climatology_bin climatology_bin_at(enum gaia_calendar calendar, enum climatology_kind kind,
                                          int64_t valid_time_s)
{
    const struct civil_time civil = civil_from_time(calendar, valid_time_s);
    return (struct climatology_bin){
        .kind = kind,
        .part = climatology_has_day(kind)     ? civil.day_of_year
                : climatology_has_month(kind) ? civil.month
                                              : 0,
        .hour = climatology_has_hour(kind) ? civil.hour : 0,
    };
}

bool climatology_kind_parse(const char *name, enum climatology_kind *kind)
{
    static const char *const names[CLIMATOLOGY_KINDS] = {
        [CLIMATOLOGY_CONSTANT] = "constant", [CLIMATOLOGY_HOUR] = "hour",
        [CLIMATOLOGY_MONTH] = "month",       [CLIMATOLOGY_MONTH_HOUR] = "month-hour",
        [CLIMATOLOGY_DAY] = "dayofyear",     [CLIMATOLOGY_DAY_HOUR] = "dayofyear-hour",
    };
    for (int i = 0; i < CLIMATOLOGY_KINDS; i++) {
        if (strcmp(name, names[i]) == 0) {
            *kind = (enum climatology_kind)i;
            return true;
        }
    }
    return false;
}

void climatology_bin_text(struct climatology_bin bin, char *text)
{
    const char *part = climatology_has_day(bin.kind) ? "day of year" : "month";
    if (bin.kind == CLIMATOLOGY_CONSTANT) {
        (void)snprintf(text, CLIMATOLOGY_TEXT, "constant");
    } else if (bin.kind == CLIMATOLOGY_HOUR) {
        (void)snprintf(text, CLIMATOLOGY_TEXT, "%02d UTC", bin.hour);
    } else if (climatology_has_hour(bin.kind)) {
        (void)snprintf(text, CLIMATOLOGY_TEXT, "%s %d, %02d UTC", part, bin.part, bin.hour);
    } else {
        (void)snprintf(text, CLIMATOLOGY_TEXT, "%s %d", part, bin.part);
    }
}
