/* SPDX-License-Identifier: MIT
 *
 * Listing and counting findings, and writing them as lines.
 */
#include "finding.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <gaia/time.h>

#include "error.h"
#include "text.h"

enum { WHAT_TEXT = 1280, HOUR_S = 3600 };

enum severity { SEVERITY_ERROR, SEVERITY_WARNING };

static const struct {
    const char *name;
    enum severity severity;
} kinds[FINDING_COUNT] = {
#define X(code, name, severity, meaning) {name, SEVERITY_##severity},
    FINDING_MAP(X)
#undef X
};

gaia_status finding_list_init(struct finding_list *list, size_t kind_max, gaia_error *err)
{
    *list = (struct finding_list){.array = json_array(), .kind_max = kind_max};
    return list->array != NULL ? GAIA_OK : error_memory(err, sizeof *list);
}

void finding_list_fini(struct finding_list *list)
{
    json_decref(list->array);
    list->array = NULL;
}

/* A text of a file or a user, made UTF-8. */
static json_t *clean_string(const char *s)
{
    char copy[WHAT_TEXT];
    (void)snprintf(copy, sizeof copy, "%s", s);
    (void)text_clean(copy);
    return json_string(copy);
}

bool finding_is_of_source(gaia_status status)
{
    return gaia_status_class(status) == GAIA_CLASS_INVALID && status != GAIA_CANCELLED &&
           status != GAIA_JOB_INVALID && status != GAIA_USAGE && status != GAIA_FILE_MISSING &&
           status != GAIA_FILE_UNREADABLE && status != GAIA_DENIED && status != GAIA_PROTOCOL;
}

static json_t *place_describe(const struct finding_place *place)
{
    char time[GAIA_TIME_TEXT];
    json_t *made = json_object();
    if (place->file != NULL) {
        (void)json_object_set_new(made, "file", clean_string(place->file));
    }
    if (place->variable != NULL) {
        (void)json_object_set_new(made, "variable", clean_string(place->variable));
    }
    if (place->has_level) {
        (void)json_object_set_new(made, "level",
                                  isnan(place->level) ? json_null() : json_real(place->level));
    }
    if (place->has_lead) {
        (void)json_object_set_new(made, "lead_hours",
                                  json_real((double)place->lead_time_s / HOUR_S));
    }
    if (place->has_init) {
        gaia_calendar_format(place->calendar, place->init_time_s, time);
        (void)json_object_set_new(made, "init_time", json_string(time));
    }
    if (place->has_index) {
        (void)json_object_set_new(made, "i_lat", json_integer((json_int_t)place->i_lat));
        (void)json_object_set_new(made, "i_lon", json_integer((json_int_t)place->i_lon));
    }
    return made;
}

void finding_add(struct finding_list *list, enum finding_kind kind,
                 const struct finding_place *place, const char *format, ...)
{
    char what[WHAT_TEXT];
    va_list args;
    if (++list->n[kind] > list->kind_max) {
        return;
    }
    va_start(args, format);
    (void)vsnprintf(what, sizeof what, format, args);
    va_end(args);
    json_t *made = json_pack("{s:s, s:s}", "severity",
                             kinds[kind].severity == SEVERITY_ERROR ? "error" : "warning", "kind",
                             kinds[kind].name);
    json_t *where = place_describe(place);
    if (made == NULL || where == NULL || json_object_update(made, where) != 0 ||
        json_object_set_new(made, "what", clean_string(what)) != 0 ||
        json_array_append(list->array, made) != 0) {
        list->failed = true;
    }
    json_decref(where);
    json_decref(made);
}

static uint64_t severity_count(const struct finding_list *list, enum severity severity)
{
    uint64_t n = 0;
    for (size_t i = 0; i < FINDING_COUNT; i++) {
        n += kinds[i].severity == severity ? list->n[i] : 0;
    }
    return n;
}

uint64_t finding_errors(const struct finding_list *list)
{
    return severity_count(list, SEVERITY_ERROR);
}

uint64_t finding_warnings(const struct finding_list *list)
{
    return severity_count(list, SEVERITY_WARNING);
}

json_t *finding_counts(const struct finding_list *list)
{
    const uint64_t errors = finding_errors(list);
    const uint64_t warnings = finding_warnings(list);
    json_t *by_kind = json_object();
    for (size_t i = 0; i < FINDING_COUNT; i++) {
        if (list->n[i] > 0) {
            (void)json_object_set_new(by_kind, kinds[i].name, json_integer((json_int_t)list->n[i]));
        }
    }
    return json_pack("{s:I, s:I, s:I, s:o}", "errors", (json_int_t)errors, "warnings",
                     (json_int_t)warnings, "unlisted",
                     (json_int_t)(errors + warnings) - (json_int_t)json_array_size(list->array),
                     "by_kind", by_kind);
}

void finding_append(struct text *text, const json_t *finding)
{
    char number[TEXT_NUMBER];
    const char *severity = json_string_value(json_object_get(finding, "severity"));
    const char *file = json_string_value(json_object_get(finding, "file"));
    const char *variable = json_string_value(json_object_get(finding, "variable"));
    const char *init = json_string_value(json_object_get(finding, "init_time"));
    const char *what = json_string_value(json_object_get(finding, "what"));
    const json_t *level = json_object_get(finding, "level");
    const json_t *lead = json_object_get(finding, "lead_hours");
    const json_t *i_lat = json_object_get(finding, "i_lat");
    text_append(text, severity != NULL ? severity : "");
    if (file != NULL) {
        text_printf(text, ": %s", file);
    }
    if (variable != NULL) {
        text_printf(text, ": %s", variable);
    }
    if (json_is_real(level)) {
        number_format(json_real_value(level), number);
        text_printf(text, ", level %s", number);
    }
    if (init != NULL) {
        text_printf(text, ", init %s", init);
    }
    if (lead != NULL) {
        number_format(json_real_value(lead), number);
        text_printf(text, ", lead %s h", number);
    }
    if (i_lat != NULL) {
        text_printf(text, ", [%lld][%lld]", json_integer_value(i_lat),
                    json_integer_value(json_object_get(finding, "i_lon")));
    }
    text_printf(text, ": %s\n", what != NULL ? what : "");
}
