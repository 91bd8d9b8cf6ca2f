/* SPDX-License-Identifier: MIT
 *
 * Cron expressions into sets of allowed minutes, hours, days and months, and the search for the
 * next member of all of them. Time zones are GLib's, which reads the system's database.
 *
 * Invariant: the search goes forward in local time, day by day, then hour by hour: at most
 * DAYS_MAX days, which holds every leap day there is.
 */
#include "cron.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <glib.h>

#include "error.h"

enum { MINUTE, HOUR, DAY, MONTH, WEEKDAY, N_FIELDS };
enum { MINUTE_S = 60, HOUR_S = 3600, DAY_S = 86400, DAYS_MAX = 366 * 9, EXPRESSION_BYTES = 128 };

struct cron {
    uint64_t sets[N_FIELDS]; /* bit i: i is allowed */
    bool any_day;            /* the day of the month is not restricted */
    bool any_weekday;
    GTimeZone *zone;
};

static const struct field {
    const char *name;
    unsigned first;
    unsigned last;
    const char *names; /* of three letters each, the first one is `first`; NULL: only numbers */
} fields[N_FIELDS] = {
    [MINUTE] = {"minute", 0, 59, NULL},
    [HOUR] = {"hour", 0, 23, NULL},
    [DAY] = {"day of the month", 1, 31, NULL},
    [MONTH] = {"month", 1, 12, "janfebmaraprmayjunjulaugsepoctnovdec"},
    [WEEKDAY] = {"day of the week", 0, 7, "sunmontuewedthufrisat"},
};

static gaia_status field_wrong(const struct field *field, const char *text, gaia_error *err)
{
    return error_set(err, GAIA_USAGE, "cron: '%.40s' is no %s: %u to %u, *, a-b, /n and commas",
                     text, field->name, field->first, field->last);
}

/* Reads a number or a name at *at and moves on; false if there is neither. */
static bool value_read(const struct field *field, const char **at, unsigned *value)
{
    unsigned n = 0;
    unsigned digits = 0;
    for (; isdigit((unsigned char)**at) && digits < 4; digits++) {
        n = n * 10 + (unsigned)(*(*at)++ - '0');
    }
    for (size_t i = 0; digits == 0 && field->names != NULL && field->names[3 * i] != '\0'; i++) {
        if (strncasecmp(*at, field->names + 3 * i, 3) == 0) {
            *value = field->first + (unsigned)i;
            *at += 3;
            return true;
        }
    }
    *value = n;
    return digits > 0;
}

/* One member of a list: `*`, `a`, `a-b`, with or without `/n`. */
static bool range_read(const struct field *field, const char **at, uint64_t *set)
{
    unsigned from = field->first;
    unsigned to = field->last;
    unsigned step = 1;
    const bool star = **at == '*';
    bool single = false;
    if (star) {
        (*at)++;
    } else if (!value_read(field, at, &from)) {
        return false;
    } else if (**at == '-') {
        (*at)++;
        if (!value_read(field, at, &to)) {
            return false;
        }
    } else {
        single = true;
        to = from;
    }
    if (**at == '/') {
        const struct field plain = {"", 0, 0, NULL};
        (*at)++;
        if (!value_read(&plain, at, &step) || step == 0) {
            return false;
        }
        to = single ? field->last : to;
    }
    if (from < field->first || to > field->last || from > to) {
        return false;
    }
    for (unsigned i = from; i <= to; i += step) {
        *set |= UINT64_C(1) << i;
    }
    return true;
}

static gaia_status field_read(const struct field *field, const char *text, uint64_t *set,
                              gaia_error *err)
{
    const char *at = text;
    do {
        if (!range_read(field, &at, set)) {
            return field_wrong(field, text, err);
        }
    } while (*at++ == ',');
    return at[-1] == '\0' ? GAIA_OK : field_wrong(field, text, err);
}

static const char *nickname_expand(const char *expression)
{
    static const struct {
        const char *name;
        const char *expression;
    } nicknames[] = {{"@hourly", "0 * * * *"},
                     {"@daily", "0 0 * * *"},
                     {"@weekly", "0 0 * * 0"},
                     {"@monthly", "0 0 1 * *"},
                     {"@yearly", "0 0 1 1 *"}};
    for (size_t i = 0; i < sizeof nicknames / sizeof *nicknames; i++) {
        if (strcmp(expression, nicknames[i].name) == 0) {
            return nicknames[i].expression;
        }
    }
    return expression;
}

static gaia_status expression_read(const char *expression, struct cron *cron, gaia_error *err)
{
    char copy[EXPRESSION_BYTES];
    char *rest = copy;
    const char *parts[N_FIELDS + 1] = {NULL};
    size_t n = 0;
    const char *meant = nickname_expand(expression);
    if (strlen(meant) >= sizeof copy) {
        return error_set(err, GAIA_USAGE, "cron: at most %d characters are wanted",
                         EXPRESSION_BYTES - 1);
    }
    memcpy(copy, meant, strlen(meant) + 1);
    for (char *part = NULL; n <= N_FIELDS && (part = strsep(&rest, " \t")) != NULL;) {
        if (*part != '\0') {
            parts[n++] = part;
        }
    }
    if (n != N_FIELDS) {
        return error_set(err, GAIA_USAGE,
                         "cron: '%.60s' has %s than five fields: minute, hour, day of the month, "
                         "month, day of the week",
                         expression, n < N_FIELDS ? "fewer" : "more");
    }
    gaia_status status = GAIA_OK;
    for (size_t i = 0; status == GAIA_OK && i < N_FIELDS; i++) {
        status = field_read(&fields[i], parts[i], &cron->sets[i], err);
    }
    cron->any_day = parts[DAY][0] == '*';
    cron->any_weekday = parts[WEEKDAY][0] == '*';
    cron->sets[WEEKDAY] |= cron->sets[WEEKDAY] >> 7; /* Sunday is 7 as well */
    return status;
}

/* The name becomes a path below the database, so only what names look like is let through. */
static gaia_status zone_open(const char *name, GTimeZone **zone, gaia_error *err)
{
    const size_t length = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                       "0123456789_+-/");
    *zone = NULL;
    if (name[0] == '\0') {
        *zone = g_time_zone_new_utc();
    } else if (name[length] == '\0' && isupper((unsigned char)name[0])) {
        *zone = g_time_zone_new_identifier(name);
    }
    return *zone != NULL ? GAIA_OK
                         : error_set(err, GAIA_USAGE, "zone: there is no time zone '%.60s'", name);
}

gaia_status cron_open(const char *expression, const char *zone, struct cron **opened,
                      gaia_error *err)
{
    struct cron *cron = calloc(1, sizeof *cron);
    if (cron == NULL) {
        return error_memory(err, sizeof *cron);
    }
    gaia_status status = expression_read(expression, cron, err);
    if (status == GAIA_OK) {
        status = zone_open(zone, &cron->zone, err);
    }
    if (status != GAIA_OK) {
        cron_close(cron);
        return status;
    }
    *opened = cron;
    return GAIA_OK;
}

void cron_close(struct cron *cron)
{
    if (cron != NULL) {
        if (cron->zone != NULL) {
            g_time_zone_unref(cron->zone);
        }
        free(cron);
    }
}

static bool is_in(const struct cron *cron, int field, unsigned value)
{
    return (cron->sets[field] >> value & 1) != 0;
}

/* Whether a day, counted from 1970, is allowed. */
static bool day_fits(const struct cron *cron, int64_t day)
{
    GDate date;
    g_date_clear(&date, 1);
    g_date_set_julian(&date, (guint32)(day + 719163)); /* GLib's first day is in the year 1 */
    const bool by_day = is_in(cron, DAY, g_date_get_day(&date));
    const bool by_weekday = is_in(cron, WEEKDAY, (unsigned)g_date_get_weekday(&date) % 7);
    const bool either = !cron->any_day && !cron->any_weekday;
    return is_in(cron, MONTH, (unsigned)g_date_get_month(&date)) &&
           (either ? by_day || by_weekday : by_day && by_weekday);
}

/* What the clocks of the zone show at a time, as seconds since 1970 there. */
static int64_t to_local(const struct cron *cron, int64_t time_s)
{
    const int interval = g_time_zone_find_interval(cron->zone, G_TIME_TYPE_UNIVERSAL, time_s);
    return time_s + g_time_zone_get_offset(cron->zone, interval);
}

static int64_t from_local(const struct cron *cron, int64_t local_s)
{
    gint64 adjusted = local_s;
    const int interval = g_time_zone_adjust_time(cron->zone, G_TIME_TYPE_DAYLIGHT, &adjusted);
    return adjusted - g_time_zone_get_offset(cron->zone, interval);
}

/* The first allowed time of this day later than after_s; -1 if there is none. */
static int64_t day_search(const struct cron *cron, int64_t day, int64_t after_s)
{
    for (unsigned hour = 0; hour < 24; hour++) {
        for (unsigned minute = 0; is_in(cron, HOUR, hour) && minute < 60; minute++) {
            if (is_in(cron, MINUTE, minute)) {
                const int64_t local_s = day * DAY_S + (int64_t)hour * HOUR_S + minute * MINUTE_S;
                const int64_t time_s = from_local(cron, local_s);
                if (time_s > after_s) {
                    return time_s;
                }
            }
        }
    }
    return -1;
}

static int64_t floor_divide(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

int64_t cron_next_ms(const struct cron *cron, int64_t after_ms)
{
    const int64_t after_s = floor_divide(after_ms, 1000);
    const int64_t today = floor_divide(to_local(cron, after_s), DAY_S);
    /* A change of the clocks at midnight may lead back to the day before. */
    for (int64_t day = today > 0 ? today - 1 : 0; day < today + DAYS_MAX; day++) {
        const int64_t time_s = day_fits(cron, day) ? day_search(cron, day, after_s) : -1;
        if (time_s >= 0) {
            return time_s * 1000;
        }
    }
    return CRON_NEVER;
}
