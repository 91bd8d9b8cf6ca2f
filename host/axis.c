/* SPDX-License-Identifier: MIT
 *
 * The one table of coordinate names, and the rules of each kind of axis.
 */
#include "axis.h"

#include <float.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "calendar.h"
#include "cf_time.h"
#include "error.h"
#include "moments.h"

enum { AXIS_LENGTH_MAX = 1 << 22, DECIMALS_MAX = 15 };

/* Lead times before times: they decide on which scalar is the time. */
const enum axis_kind axis_scalar_kinds[AXIS_SCALARS] = {AXIS_LEVEL, AXIS_LEAD,        AXIS_TIME,
                                                        AXIS_HOUR,  AXIS_DAY_OF_YEAR, AXIS_MONTH};

static const struct {
    enum axis_kind kind;
    const char *standard_names[4];
    const char *names[16];
    const char *units[8];
} meanings[] = {
    {AXIS_LAT,
     {"latitude"},
     {"latitude", "lat", "latitudes", "lats"},
     {"degrees_north", "degree_north", "degrees_n", "degree_n", "degreesn", "degreen"}},
    {AXIS_LON,
     {"longitude"},
     {"longitude", "lon", "longitudes", "lons"},
     {"degrees_east", "degree_east", "degrees_e", "degree_e", "degreese", "degreee"}},
    {AXIS_LEAD,
     {"forecast_period"},
     {"step", "prediction_timedelta", "lead_time", "leadtime", "lead", "forecast_hour",
      "forecast_period", "fcst_hour", "fhour", "lead_hours", "forecast_lead_time"},
     {NULL}},
    {AXIS_TIME,
     {"forecast_reference_time", "time"},
     {"time", "init_time", "initial_time", "forecast_reference_time", "valid_time", "init",
      "reftime", "reference_time", "analysis_time", "initialization_time", "datetime"},
     {NULL}},
    {AXIS_LEVEL,
     {"air_pressure"},
     {"level", "levels", "lev", "plev", "pressure", "pressure_level", "pressure_levels",
      "isobaricInhPa", "isobaricInPa", "isobaric", "pressure_hPa", "level_hPa", "plev_hPa"},
     {NULL}},
    {AXIS_HOUR, {NULL}, {"hour"}, {NULL}},
    {AXIS_DAY_OF_YEAR, {NULL}, {"dayofyear", "day_of_year", "doy"}, {NULL}},
    {AXIS_MONTH, {NULL}, {"month", "month_of_year"}, {NULL}},
};

/* Whether axes of this kind count parts of the day or the year, in numbers that need no units. */
static bool kind_counts(enum axis_kind kind)
{
    return kind == AXIS_HOUR || kind == AXIS_DAY_OF_YEAR || kind == AXIS_MONTH;
}
/* Coordinates of a projection or of a rotated pole, whatever they are called and measured in. */
static const char *const projected[] = {"grid_latitude",
                                        "grid_longitude",
                                        "projection_x_coordinate",
                                        "projection_y_coordinate",
                                        "projection_x_angular_coordinate",
                                        "projection_y_angular_coordinate",
                                        NULL};

/* Units that the name of a coordinate says where it has no attribute that does. */
static const struct {
    const char *name;
    const char *units;
} named_units[] = {
    {"isobaricInhPa", "hPa"}, {"pressure_hPa", "hPa"}, {"level_hPa", "hPa"},
    {"plev_hPa", "hPa"},      {"isobaricInPa", "Pa"},  {"lead_hours", "hours"},
};

static bool among(const char *text, const char *const *list)
{
    for (; *list != NULL; list++) {
        if (strcasecmp(text, *list) == 0) {
            return true;
        }
    }
    return false;
}

enum axis_kind axis_classify(const char *name, const char *standard_name, const char *units)
{
    if (among(standard_name, projected)) {
        return AXIS_OTHER;
    }
    for (size_t i = 0; standard_name[0] != '\0' && i < sizeof meanings / sizeof *meanings; i++) {
        if (among(standard_name, meanings[i].standard_names)) {
            return meanings[i].kind;
        }
    }
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++) {
        if ((among(name, meanings[i].names) || among(units, meanings[i].units)) &&
            !(kind_counts(meanings[i].kind) && strstr(units, " since ") != NULL)) {
            return meanings[i].kind;
        }
    }
    return strstr(units, " since ") != NULL ? AXIS_TIME : AXIS_OTHER;
}

void axis_set_time_flags(const char *name, const char *standard_name, struct axis *axis)
{
    static const char *const init_names[] = {
        "init_time",      "initial_time",        "init", "forecast_reference_time", "reftime",
        "reference_time", "initialization_time", NULL};
    const bool says_init = strcasecmp(standard_name, "forecast_reference_time") == 0;
    axis->valid_time = !says_init && strcasecmp(name, "valid_time") == 0;
    axis->init_time = says_init || among(name, init_names);
}

int axis_time_rank(const struct axis *axis, bool has_lead)
{
    return axis->valid_time ? 0 : axis->init_time == has_lead ? 2 : 1;
}

/* The units that hold: those said, else those that the name says; "" if neither does. */
static const char *units_of(const char *units, const struct axis *axis)
{
    for (size_t i = 0; units[0] == '\0' && i < sizeof named_units / sizeof *named_units; i++) {
        if (strcasecmp(axis->name, named_units[i].name) == 0) {
            return named_units[i].units;
        }
    }
    return units;
}

/* Whether these are units of something else than degrees. Others pass: degrees are spelled in many
 * ways. */
static bool not_degrees(const char *units)
{
    static const char *const other[] = {"radians",    "radian",    "rad",        "m",  "metre",
                                        "metres",     "meter",     "meters",     "km", "kilometre",
                                        "kilometres", "kilometer", "kilometers", NULL};
    return among(units, other);
}

gaia_status axis_check(const char *path, const char *units, const struct axis *axis,
                       gaia_error *err)
{
    if ((axis->kind == AXIS_LAT || axis->kind == AXIS_LON) && not_degrees(units)) {
        return error_set(err, GAIA_AXIS_INVALID, "%s: axis '%s': units '%s' are not degrees", path,
                         axis->name, units);
    }
    if (units_of(units, axis)[0] == '\0' && !kind_counts(axis->kind)) {
        return error_set(err, GAIA_AXIS_INVALID, "%s: axis '%s' has no units", path, axis->name);
    }
    if (axis->n > AXIS_LENGTH_MAX) {
        return error_set(err, GAIA_AXIS_INVALID, "%s: axis '%s' has %zu entries", path, axis->name,
                         axis->n);
    }
    return GAIA_OK;
}

/* As near as float32 comes. */
static double as_float32(double value)
{
    return fabs(value) <= (double)FLT_MAX ? (double)(float)value : value;
}

gaia_status axis_unpack(const char *path, const struct gaia_field *layout,
                        const struct missing_rule *missing, const struct axis *axis, double *value,
                        gaia_error *err)
{
    for (size_t i = 0; i < axis->n; i++) {
        for (size_t k = 0; k < missing->n_values; k++) {
            if (value[i] == missing->values[k]) {
                return error_set(err, GAIA_AXIS_INVALID, "%s: axis '%s': [%zu] = %.9g is missing",
                                 path, axis->name, i, value[i]);
            }
        }
        if (layout->packed) {
            value[i] = moments_unpack(value[i], layout->scale, layout->offset);
            value[i] = axis->kind == AXIS_LEVEL ? as_float32(value[i]) : value[i];
        }
    }
    return GAIA_OK;
}

/* Powers of ten are exact as far as they go here, so that of the decimal only the last division
 * rounds. */
double axis_level_hpa(double value, double per_hpa)
{
    const double whole_max = 0x1p53;
    const bool narrow = as_float32(value) == value;
    double power = 1.0;
    for (int i = 0; i <= DECIMALS_MAX && fabs(value) * power < whole_max; i++, power *= 10.0) {
        const double whole = round(value * power);
        const double decimal = whole / power;
        if ((narrow ? as_float32(decimal) : decimal) == value) {
            return whole / (power * per_hpa);
        }
    }
    return value / per_hpa;
}

/* Pressure in hPa from the units of a level axis; false if they are not of pressure. */
static bool level_factor(const char *units, double *factor)
{
    static const char *const hpa[] = {"hPa", "millibar",    "millibars",    "mbar",
                                      "mb",  "hectopascal", "hectopascals", NULL};
    static const char *const pa[] = {"Pa", "pascal", "pascals", NULL};
    *factor = among(units, pa) ? 100.0 : 1.0;
    return among(units, hpa) || among(units, pa);
}

static gaia_status levels_make(const char *path, const char *units, double *value,
                               const struct axis *axis, gaia_error *err)
{
    double factor = 1.0;
    if (!level_factor(units, &factor)) {
        return error_set(err, GAIA_AXIS_INVALID,
                         "%s: axis '%s': units '%s' are no pressure (hPa, millibars, Pa)", path,
                         axis->name, units);
    }
    for (size_t i = 0; i < axis->n; i++) {
        if (!isfinite(value[i])) {
            return error_set(err, GAIA_AXIS_INVALID, "%s: axis '%s': [%zu] = %g is no level", path,
                             axis->name, i, value[i]);
        }
        value[i] = axis_level_hpa(value[i], factor);
    }
    return GAIA_OK;
}

static gaia_status times_make(struct arena *arena, const char *path, const char *units,
                              const char *calendar, const double *value, struct axis *axis,
                              gaia_error *err)
{
    struct cf_time time = {.unit_s = 0.0};
    int64_t *time_s = arena_alloc(arena, axis->n, sizeof *time_s);
    if (time_s == NULL && axis->n > 0) {
        return error_memory(err, axis->n * sizeof *time_s);
    }
    if (axis->kind == AXIS_LEAD && !cf_duration_parse(units, &time.unit_s)) {
        return error_set(
            err, GAIA_AXIS_INVALID,
            "%s: axis '%s': units '%s' are no duration (days, hours, minutes, seconds)", path,
            axis->name, units);
    }
    if (axis->kind == AXIS_TIME) {
        const gaia_status status =
            cf_time_parse(units, calendar[0] != '\0' ? calendar : "standard", &time, err);
        if (status != GAIA_OK) {
            return error_prefix(err, status, "%s: axis '%s'", path, axis->name);
        }
    }
    for (size_t i = 0; i < axis->n; i++) {
        if (!cf_time_value(&time, value[i], &time_s[i])) {
            return error_set(err, GAIA_AXIS_INVALID, "%s: axis '%s': [%zu] = %g is no time", path,
                             axis->name, i, value[i]);
        }
        if (i > 0 && (time_s[i] == time_s[i - 1] ||
                      (time_s[i] > time_s[i - 1]) != (time_s[1] > time_s[0]))) {
            return error_set(err, GAIA_AXIS_INVALID,
                             "%s: axis '%s' is not monotonic: [%zu] = %.9g after [%zu] = %.9g",
                             path, axis->name, i, value[i], i - 1, value[i - 1]);
        }
    }
    axis->time_s = time_s;
    axis->calendar = time.calendar;
    axis->is_mixed = time.is_mixed;
    return GAIA_OK;
}

gaia_status axis_set_values(struct arena *arena, const char *path, const char *units,
                            const char *calendar, double *value, struct axis *axis, gaia_error *err)
{
    axis->value = value;
    units = units_of(units, axis);
    if (axis->kind == AXIS_TIME || axis->kind == AXIS_LEAD) {
        return times_make(arena, path, units, calendar, value, axis, err);
    }
    return axis->kind == AXIS_LEVEL ? levels_make(path, units, value, axis, err) : GAIA_OK;
}

bool axis_scalar_belongs(const char *coordinates, const char *name)
{
    const size_t length = strlen(name);
    if (coordinates[0] == '\0') {
        return true;
    }
    for (const char *at = strstr(coordinates, name); at != NULL; at = strstr(at + 1, name)) {
        if ((at == coordinates || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0')) {
            return true;
        }
    }
    return false;
}

bool axis_set_has(const struct axis_set *axes, enum axis_kind kind)
{
    for (int i = 0; i < axes->n_leading; i++) {
        if (axes->leading[i].kind == kind) {
            return true;
        }
    }
    return false;
}

/* The first axis of this kind among dimensions and scalars, or NULL. */
static const struct axis *axis_find(const struct axis_set *axes, enum axis_kind kind)
{
    for (int i = 0; i < axes->n_leading + AXIS_SCALARS; i++) {
        const struct axis *axis =
            i < axes->n_leading ? &axes->leading[i] : &axes->scalar[i - axes->n_leading];
        if (axis->kind == kind) {
            return axis;
        }
    }
    return NULL;
}

bool axis_set_has_lead(const struct axis_set *axes)
{
    return axis_find(axes, AXIS_LEAD) != NULL;
}

bool axis_set_lacks_init(const struct axis_set *axes)
{
    const struct axis *time = axis_find(axes, AXIS_TIME);
    return time != NULL && !time->init_time && !axis_set_has_lead(axes);
}

void axis_set_take_init(struct axis_set *axes, const struct axis *found)
{
    const struct axis *time = axis_find(axes, AXIS_TIME);
    if (found->kind == AXIS_TIME && found->init_time && found->calendar == time->calendar) {
        axes->init = *found;
    }
}

bool axis_set_plane(struct axis_set *axes, const struct axis *last_but_one, const struct axis *last)
{
    axes->lon_first = last_but_one->kind == AXIS_LON;
    axes->lat = axes->lon_first ? *last : *last_but_one;
    axes->lon = axes->lon_first ? *last_but_one : *last;
    return axes->lat.kind == AXIS_LAT && axes->lon.kind == AXIS_LON;
}

gaia_status axis_set_check(const struct axis_set *axes, const char *where, gaia_error *err)
{
    for (int i = 0; i < axes->n_leading; i++) {
        const struct axis *axis = &axes->leading[i];
        if (axis->n == 0) {
            return error_set(err, GAIA_VARIABLE_MISSING,
                             "%s has no fields: its dimension '%s' has length 0", where,
                             axis->name);
        }
        if (axis->kind == AXIS_OTHER && axis->n > 1) {
            return error_set(err, GAIA_FORMAT_UNSUPPORTED,
                             axis->bare
                                 ? "%s: dimension '%s' (%zu) has no coordinate variable that says "
                                   "which of time, step, level, hour, dayofyear, month it is"
                                 : "%s: dimension '%s' (%zu) is none of time, step, level, hour, "
                                   "dayofyear, month",
                             where, axis->name, axis->n);
        }
        for (int k = 0; axis->kind != AXIS_OTHER && k < i; k++) {
            if (axes->leading[k].kind == axis->kind) {
                return error_set(err, GAIA_FORMAT_UNSUPPORTED,
                                 "%s: dimensions '%s' and '%s' mean the same", where,
                                 axes->leading[k].name, axis->name);
            }
        }
    }
    return GAIA_OK;
}

/* A whole number from low to high, -1 for anything else. */
static int count_of(double value, int low, int high)
{
    return value >= low && value <= high && value == floor(value) ? (int)value : -1;
}

/* What an entry of a nominal time axis is of. */
static void nominal_coordinate(struct reader_field *field, const struct axis *axis, size_t i)
{
    enum { MONTHS = 12, DAYS = 365, LEAP_DAYS = 366 };
    const struct civil_time civil = field->is_julian
                                        ? civil_from_julian(axis->time_s[i])
                                        : civil_from_time(axis->calendar, axis->time_s[i]);
    if (axis->n == MONTHS) {
        field->has_month = true;
        field->month = civil.month;
    } else if (axis->n == DAYS || axis->n == LEAP_DAYS) {
        field->has_day = true;
        field->day_of_year = civil.day_of_year;
    }
}

static void field_coordinate(struct reader_field *field, const struct axis *axis, size_t i)
{
    switch (axis->kind) {
    case AXIS_LEVEL:
        field->level = axis->value[i];
        break;
    case AXIS_TIME:
        field->has_time = true;
        field->time_s = axis->time_s[i];
        field->calendar = axis->calendar;
        field->is_julian = axis->is_mixed && cf_time_before_reform(axis->time_s[i]);
        if (axis->nominal) {
            nominal_coordinate(field, axis, i);
        }
        break;
    case AXIS_LEAD:
        field->has_lead = true;
        field->lead_time_s = axis->time_s[i];
        break;
    case AXIS_HOUR:
        field->has_hour = true;
        field->hour = count_of(axis->value[i], 0, 23);
        break;
    case AXIS_DAY_OF_YEAR:
        field->has_day = true;
        field->day_of_year = count_of(axis->value[i], 1, 366);
        break;
    case AXIS_MONTH:
        field->has_month = true;
        field->month = count_of(axis->value[i], 1, 12);
        break;
    case AXIS_OTHER:
    case AXIS_LAT:
    case AXIS_LON:
        break;
    }
}

gaia_status axis_set_grid(const struct axis_set *axes, const char *where, struct arena *arena,
                          struct reader_variable *variable, gaia_error *err)
{
    const gaia_status status = grid_make(arena, axes->lat.value, axes->lat.n, axes->lon.value,
                                         axes->lon.n, &variable->grid, &variable->placement, err);
    variable->placement.lon_first = axes->lon_first;
    return status == GAIA_OK ? GAIA_OK : error_prefix(err, status, "%s", where);
}

gaia_status axis_set_report(const struct axis_set *axes, size_t i_variable, reader_found *found,
                            void *context, gaia_error *err)
{
    const struct axis *time = axis_find(axes, AXIS_TIME);
    const bool valid = axis_set_has_lead(axes) && time != NULL && time->valid_time;
    size_t n = 1;
    for (int i = 0; i < axes->n_leading; i++) {
        n = axes->leading[i].n > 0 && n > SIZE_MAX / axes->leading[i].n ? SIZE_MAX
                                                                        : n * axes->leading[i].n;
    }
    for (size_t offset = 0; offset < n; offset++) {
        struct reader_field field = {
            .variable = i_variable, .level = (double)NAN, .offset = offset};
        size_t rest = offset;
        for (int i = axes->n_leading - 1; i >= 0; i--) {
            field_coordinate(&field, &axes->leading[i], rest % axes->leading[i].n);
            rest /= axes->leading[i].n;
        }
        for (size_t i = 0; i < AXIS_SCALARS; i++) {
            field_coordinate(&field, &axes->scalar[i], 0);
        }
        field.time_s -= valid ? field.lead_time_s : 0;
        field.has_init = axes->init.kind == AXIS_TIME;
        field.init_s = field.has_init ? axes->init.time_s[0] : 0;
        const gaia_status status = found(context, &field, err);
        if (status != GAIA_OK) {
            return status;
        }
    }
    return GAIA_OK;
}
