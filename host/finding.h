/* SPDX-License-Identifier: MIT
 *
 * Findings of a verification: what is wrong, where, and how often, as JSON.
 *
 * Invariant: however much is wrong, the list is bounded: of each kind the first are listed, and all
 * are counted.
 */
#ifndef HOST_FINDING_H
#define HOST_FINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include <gaia/status.h>
#include <gaia/time.h>

/* X(code, name, severity, meaning). An error rejects the source, a warning does not. */
#define FINDING_MAP(X)                                                                             \
    X(UNREADABLE, "unreadable", ERROR, "the source cannot be opened or listed")                    \
    X(VARIABLE_MISSING, "variable_missing", ERROR, "a required variable is in no file")            \
    X(UNITS, "units", ERROR, "a variable has other units, or none")                                \
    X(GRID_SIZE, "grid_size", ERROR, "the grid has another number of rows or columns")             \
    X(GRID_IRREGULAR, "grid_irregular", ERROR, "rows or columns are not equally spaced")           \
    X(GRID_NOT_GLOBAL, "grid_not_global", ERROR, "the grid does not cover the globe")              \
    X(INIT_TIMES, "init_times", ERROR, "another number of init times")                             \
    X(LEAD_STEP, "lead_step", ERROR, "lead times do not follow each other by the step")            \
    X(LEVEL_MISSING, "level_missing", ERROR, "a variable has no field at a level")                 \
    X(LEAD_MISSING, "lead_missing", ERROR, "a variable lacks lead times at a level")               \
    X(FIELD_UNREADABLE, "field_unreadable", ERROR, "a field cannot be read")                       \
    X(MISSING_VALUES, "missing_values", ERROR, "too few points of a field have a value")           \
    X(SOME_MISSING, "some_missing", WARNING, "points without a value, as many as are allowed")     \
    X(BELOW_MINIMUM, "below_minimum", ERROR, "values below the bound")                             \
    X(ABOVE_MAXIMUM, "above_maximum", ERROR, "values above the bound")                             \
    X(BELOW_WITHIN_TOLERANCE, "below_within_tolerance", WARNING,                                   \
      "below, by the tolerance at most")                                                           \
    X(ABOVE_WITHIN_TOLERANCE, "above_within_tolerance", WARNING, "above, by the tolerance at most")

enum finding_kind {
#define X(code, name, severity, meaning) FINDING_##code,
    FINDING_MAP(X)
#undef X
        FINDING_COUNT
};

/* Where a finding is. What is not set is not told: NULL, or a flag that is false. */
struct finding_place {
    const char *file;
    const char *variable;
    bool has_level;
    double level; /* hPa; NaN: a field without one */
    bool has_lead;
    int64_t lead_time_s;
    bool has_init;
    int64_t init_time_s;
    enum gaia_calendar calendar; /* of the init time */
    bool has_index;
    size_t i_lat;
    size_t i_lon;
};

struct finding_list {
    json_t *array;   /* the listed ones */
    size_t kind_max; /* how many of a kind are listed */
    uint64_t n[FINDING_COUNT];
    bool failed; /* there was not enough memory */
};

GAIA_MUST_USE gaia_status finding_list_init(struct finding_list *list, size_t kind_max,
                                            gaia_error *err);
void finding_list_fini(struct finding_list *list);

/* Adds a finding; the text says what is wrong in a sentence without its place. */
void finding_add(struct finding_list *list, enum finding_kind kind,
                 const struct finding_place *place, const char *format, ...) GAIA_PRINTF(4, 5);

/* Whether a failure says something of the source itself, and not of the request, of this machine or
 * of the way there: only then may it count against whoever made the source. */
bool finding_is_of_source(gaia_status status);

/* How many of all kinds reject, or are warnings. */
uint64_t finding_errors(const struct finding_list *list);
uint64_t finding_warnings(const struct finding_list *list);

/* {"errors", "warnings", "unlisted", "by_kind": {name: count}}. NULL: not enough memory. */
json_t *finding_counts(const struct finding_list *list);

struct text;

/* Appends a listed finding as a line: "error: file: t, level 500, lead 24 h, [3][17]: what". */
void finding_append(struct text *text, const json_t *finding);

#endif
