/* SPDX-License-Identifier: MIT
 *
 * Names, levels and what makes two fields the same.
 */
#include "grib_select.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gaia/time.h>

#include "axis.h"
#include "error.h"
#include "grib_header.h"
#include "text.h"

enum { LIST_BYTES = 512, HOUR_S = 3600, DAY_S = 86400 };

/* A name in its parts. */
struct wanted {
    char variable[GRIB_NAME];
    bool by_id;
    double param_id;
    char level_type[GRIB_NAME]; /* "": not said */
    bool has_level;
    double level; /* hPa of pressure levels */
};

/* Appends ", item" if it is not in the list and fits. */
static void list_add(char *list, size_t size, const char *item)
{
    const size_t used = strlen(list);
    const size_t length = strlen(item);
    for (const char *at = strstr(list, item); at != NULL; at = strstr(at + 1, item)) {
        if ((at == list || at[-1] == ' ') && (at[length] == ',' || at[length] == '\0')) {
            return;
        }
    }
    if (used + length + 8 < size) {
        (void)snprintf(list + used, size - used, "%s%s", used > 0 ? ", " : "", item);
    } else if (used < 3 || strcmp(list + used - 3, "...") != 0) {
        (void)snprintf(list + used, size - used, ", ...");
    }
}

/* Takes a name apart; false if it cannot be one. */
static bool name_parse(const char *name, struct wanted *wanted)
{
    const size_t length = strcspn(name, ":");
    *wanted = (struct wanted){.has_level = false};
    if (length == 0 || length >= sizeof wanted->variable) {
        return false;
    }
    memcpy(wanted->variable, name, length);
    wanted->by_id = strspn(wanted->variable, "0123456789") == length &&
                    number_parse(wanted->variable, &wanted->param_id);
    if (name[length] == '\0') {
        return true;
    }
    const char *type = name + length + 1;
    const size_t type_length = strcspn(type, ":");
    if (type_length == 0 || type_length >= sizeof wanted->level_type) {
        return false;
    }
    memcpy(wanted->level_type, type, type_length);
    wanted->has_level = type[type_length] == ':';
    if (wanted->has_level && !number_parse(type + type_length + 1, &wanted->level)) {
        return false;
    }
    if (strcmp(wanted->level_type, GRIB_LEVEL_PA) == 0) {
        (void)snprintf(wanted->level_type, sizeof wanted->level_type, "%s", GRIB_LEVEL_HPA);
        wanted->level = axis_level_hpa(wanted->level, 100.0);
    }
    return true;
}

static bool field_matches(const struct grib_field *field, const struct wanted *wanted)
{
    const bool named = wanted->by_id ? (double)field->param_id == wanted->param_id
                                     : strcmp(field->short_name, wanted->variable) == 0;
    return named &&
           (wanted->level_type[0] == '\0' || strcmp(field->level_type, wanted->level_type) == 0) &&
           (!wanted->has_level || field->level == wanted->level);
}

void grib_nameless(const struct grib_index *index, char *text, size_t bytes)
{
    char list[LIST_BYTES] = "";
    size_t n = 0;
    bool by_id = false;
    for (size_t i = 0; i < index->n_fields; i++) {
        if (index->fields[i].short_name[0] == '\0') {
            list_add(list, sizeof list, index->fields[i].parameter);
            by_id = by_id || index->fields[i].param_id != 0;
            n++;
        }
    }
    (void)snprintf(text, bytes, n > 0 ? "%zu field%s without a name that ecCodes knows: %s%s" : "",
                   n, n > 1 ? "s" : "", list,
                   by_id ? "; \"variables\" takes a paramId for a name" : "");
}

static gaia_status name_missing(const struct grib_index *index, const char *name, gaia_error *err)
{
    char list[LIST_BYTES] = "";
    for (size_t i = 0; i < index->n_fields; i++) {
        if (index->fields[i].short_name[0] != '\0') {
            list_add(list, sizeof list, index->fields[i].short_name);
        }
    }
    char nameless[LIST_BYTES + TEXT_NUMBER];
    grib_nameless(index, nameless, sizeof nameless);
    return error_set(err, GAIA_VARIABLE_MISSING, "no variable '%s'; there are: %s%s%s", name, list,
                     list[0] != '\0' && nameless[0] != '\0' ? ", and " : "",
                     nameless[0] != '\0' ? nameless
                     : list[0] == '\0'   ? "none"
                                         : "");
}

/* Keeps the pressure levels where there are any; else all must be on one level. */
static gaia_status levels_choose(const struct grib_index *index, const char *name,
                                 struct grib_selection *selection, gaia_error *err)
{
    size_t n_pressure = 0;
    bool several = false;
    const struct grib_field *first = &index->fields[selection->fields[0]];
    for (size_t i = 0; i < selection->n; i++) {
        const struct grib_field *field = &index->fields[selection->fields[i]];
        several = several || field->level_type != first->level_type || field->level != first->level;
        if (field->on_pressure) {
            selection->fields[n_pressure++] = selection->fields[i];
        }
    }
    if (n_pressure > 0) {
        selection->n = n_pressure;
        return GAIA_OK;
    }
    if (!several) {
        return GAIA_OK;
    }
    char list[LIST_BYTES] = "";
    for (size_t i = 0; i < selection->n; i++) {
        const struct grib_field *field = &index->fields[selection->fields[i]];
        char item[2 * GRIB_NAME];
        (void)snprintf(item, sizeof item, "%s:%.9g", field->level_type, field->level);
        list_add(list, sizeof list, item);
    }
    return error_set(err, GAIA_FORMAT_UNSUPPORTED,
                     "it is on several levels that are no pressure levels: %s; name one of them, "
                     "as in \"%s:%s:%.9g\"",
                     list, name, first->level_type, first->level);
}

/* One name must be one parameter: its fields share units. */
static gaia_status parameter_check(const struct grib_index *index,
                                   const struct grib_selection *selection, gaia_error *err)
{
    const struct grib_field *first = &index->fields[selection->fields[0]];
    for (size_t i = 1; i < selection->n; i++) {
        const struct grib_field *field = &index->fields[selection->fields[i]];
        if (field->param_id != first->param_id || field->units != first->units) {
            return error_set(err, GAIA_FORMAT_UNSUPPORTED,
                             "it is several parameters: %ld in '%s' (message %u) and %ld in '%s' "
                             "(message %u); name one by its number",
                             first->param_id, first->units, first->place.message, field->param_id,
                             field->units, field->place.message);
        }
    }
    return GAIA_OK;
}

static gaia_status problems_check(const struct grib_index *index,
                                  const struct grib_selection *selection, gaia_error *err)
{
    for (size_t i = 0; i < selection->n; i++) {
        const struct grib_field *field = &index->fields[selection->fields[i]];
        if (field->problem != GAIA_OK) {
            return error_set(err, field->problem, "message %u: %s", field->place.message,
                             field->problem_text);
        }
    }
    return GAIA_OK;
}

/* Orders fields by what the engine tells them apart by. */
static int field_compare(const void *a, const void *b)
{
    const struct grib_field *x = *(const struct grib_field *const *)a;
    const struct grib_field *y = *(const struct grib_field *const *)b;
    if (x->level != y->level) {
        return x->level < y->level ? -1 : 1;
    }
    if (x->init_time_s != y->init_time_s) {
        return x->init_time_s < y->init_time_s ? -1 : 1;
    }
    return (x->end_s > y->end_s) - (x->end_s < y->end_s);
}

static gaia_status members_refuse(const struct grib_index *index,
                                  const struct grib_selection *selection,
                                  const struct grib_field *a, const struct grib_field *b,
                                  gaia_error *err)
{
    char list[LIST_BYTES] = "";
    for (size_t i = 0; i < selection->n; i++) {
        const long member = index->fields[selection->fields[i]].member;
        char item[TEXT_NUMBER];
        (void)snprintf(item, sizeof item, "%ld", member);
        list_add(list, sizeof list, member == GRIB_NO_MEMBER ? "none" : item);
    }
    return error_set(err, GAIA_FORMAT_UNSUPPORTED,
                     "it has several ensemble members (number %s), for instance in messages %u and "
                     "%u; a forecast is one member: give each a file of its own",
                     list, a->place.message, b->place.message);
}

/* Two fields that the engine would take for the same. Those that are the same in all that is known
 * here are left to the source that they are in, which may choose by init time. */
static gaia_status twins_check(const struct grib_index *index,
                               const struct grib_selection *selection, const struct grib_field *a,
                               const struct grib_field *b, gaia_error *err)
{
    if (a->member != b->member) {
        return members_refuse(index, selection, a, b, err);
    }
    if (a->start_s != b->start_s || a->step_type != b->step_type) {
        return error_set(
            err, GAIA_FORMAT_UNSUPPORTED,
            "messages %u and %u both end at step %.9g h: one is '%s' from %.9g h, the other '%s' "
            "from %.9g h; give each a file of its own",
            a->place.message, b->place.message, (double)a->end_s / HOUR_S, a->step_type,
            (double)a->start_s / HOUR_S, b->step_type, (double)b->start_s / HOUR_S);
    }
    return GAIA_OK;
}

static gaia_status duplicates_check(const struct grib_index *index,
                                    const struct grib_selection *selection, gaia_error *err)
{
    const struct grib_field **sorted = malloc(selection->n * sizeof *sorted);
    gaia_status status = GAIA_OK;
    if (sorted == NULL) {
        return error_memory(err, selection->n * sizeof *sorted);
    }
    for (size_t i = 0; i < selection->n; i++) {
        sorted[i] = &index->fields[selection->fields[i]];
    }
    qsort(sorted, selection->n, sizeof *sorted, field_compare);
    for (size_t i = 1; status == GAIA_OK && i < selection->n; i++) {
        if (field_compare(&sorted[i - 1], &sorted[i]) == 0) {
            status = twins_check(index, selection, sorted[i - 1], sorted[i], err);
        }
    }
    free(sorted);
    return status;
}

int grib_valid_hour(const struct grib_field *field)
{
    const int64_t valid_s = field->init_time_s + field->end_s;
    const int64_t second = (valid_s % DAY_S + DAY_S) % DAY_S;
    return second % HOUR_S == 0 ? (int)(second / HOUR_S) : -1;
}

static void coordinates_note(const struct grib_index *index, struct grib_selection *selection)
{
    const int hour = grib_valid_hour(&index->fields[selection->fields[0]]);
    bool whole = true;
    selection->has_lead = false;
    selection->has_hour = false;
    for (size_t i = 0; i < selection->n; i++) {
        const struct grib_field *field = &index->fields[selection->fields[i]];
        selection->has_lead = selection->has_lead || !field->analysis || field->end_s != 0;
        selection->has_hour = selection->has_hour || grib_valid_hour(field) != hour;
        whole = whole && grib_valid_hour(field) >= 0;
    }
    selection->has_hour = selection->has_hour && whole;
}

static gaia_status selection_check(const struct grib_index *index, const char *name,
                                   struct grib_selection *selection, gaia_error *err)
{
    gaia_status status = levels_choose(index, name, selection, err);
    if (status == GAIA_OK) {
        status = parameter_check(index, selection, err);
    }
    if (status == GAIA_OK) {
        status = problems_check(index, selection, err);
    }
    if (status == GAIA_OK) {
        status = duplicates_check(index, selection, err);
    }
    if (status == GAIA_OK) {
        coordinates_note(index, selection);
    }
    return status == GAIA_OK ? status : error_prefix(err, status, "variable '%s'", name);
}

gaia_status grib_select(const struct grib_index *index, const char *name,
                        struct grib_selection *selection, gaia_error *err)
{
    struct wanted wanted;
    *selection = (struct grib_selection){.n = 0};
    if (!name_parse(name, &wanted)) {
        return name_missing(index, name, err);
    }
    for (size_t i = 0; i < index->n_fields; i++) {
        selection->n += field_matches(&index->fields[i], &wanted);
    }
    if (selection->n == 0) {
        return name_missing(index, name, err);
    }
    selection->fields = malloc(selection->n * sizeof *selection->fields);
    if (selection->fields == NULL) {
        return error_memory(err, selection->n * sizeof *selection->fields);
    }
    selection->n = 0;
    for (size_t i = 0; i < index->n_fields; i++) {
        if (field_matches(&index->fields[i], &wanted)) {
            selection->fields[selection->n++] = i;
        }
    }
    const gaia_status status = selection_check(index, name, selection, err);
    if (status != GAIA_OK) {
        grib_selection_fini(selection);
    }
    return status;
}

void grib_selection_fini(struct grib_selection *selection)
{
    free(selection->fields);
    *selection = (struct grib_selection){.n = 0};
}
