/* SPDX-License-Identifier: MIT
 *
 * Recognising and reading NetCDF coordinate variables.
 */
#include "netcdf_axis.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <netcdf.h>

#include "cf_time.h"
#include "error.h"

enum { TEXT_BYTES_MAX = 65536, AXIS_LENGTH_MAX = 1 << 22 };

gaia_status netcdf_text(struct arena *arena, int ncid, int varid, const char *name,
                        const char **text, gaia_error *err)
{
    nc_type type = NC_NAT;
    size_t length = 0;
    *text = "";
    if (nc_inq_att(ncid, varid, name, &type, &length) != NC_NOERR || length > TEXT_BYTES_MAX) {
        return GAIA_OK;
    }
    if (type == NC_STRING && length == 1) {
        char *string = NULL;
        if (nc_get_att_string(ncid, varid, name, &string) == NC_NOERR && string != NULL) {
            const char *copy = arena_strdup(arena, string);
            *text = copy != NULL ? copy : "";
            (void)nc_free_string(1, &string);
        }
        return GAIA_OK;
    }
    if (type != NC_CHAR) {
        return GAIA_OK;
    }
    char *copy = arena_alloc(arena, length + 1, 1);
    if (copy == NULL) {
        return error_memory(err, length + 1);
    }
    if (nc_get_att_text(ncid, varid, name, copy) == NC_NOERR) {
        while (length > 0 && (copy[length - 1] == ' ' || copy[length - 1] == '\0')) {
            copy[--length] = '\0'; /* some writers count a NUL or pad with blanks */
        }
        *text = copy;
    }
    return GAIA_OK;
}

static bool among(const char *text, const char *const *list)
{
    for (; *list != NULL; list++) {
        if (strcasecmp(text, *list) == 0) {
            return true;
        }
    }
    return false;
}

static const struct {
    enum axis_kind kind;
    const char *standard_names[4];
    const char *names[10];
    const char *units[8];
} meanings[] = {
    {AXIS_LAT,
     {"latitude"},
     {"latitude", "lat"},
     {"degrees_north", "degree_north", "degrees_n", "degree_n", "degreesn", "degreen"}},
    {AXIS_LON,
     {"longitude"},
     {"longitude", "lon"},
     {"degrees_east", "degree_east", "degrees_e", "degree_e", "degreese", "degreee"}},
    {AXIS_LEAD,
     {"forecast_period"},
     {"step", "prediction_timedelta", "lead_time", "leadtime", "lead", "forecast_hour"},
     {NULL}},
    {AXIS_TIME,
     {"forecast_reference_time", "time"},
     {"time", "init_time", "initial_time", "forecast_reference_time", "valid_time"},
     {NULL}},
    {AXIS_LEVEL,
     {"air_pressure"},
     {"level", "levels", "lev", "plev", "pressure", "pressure_level", "isobaricInhPa", "isobaric"},
     {NULL}},
    {AXIS_HOUR, {NULL}, {"hour"}, {NULL}},
};

static enum axis_kind axis_classify(const char *name, const char *standard_name, const char *units)
{
    for (size_t i = 0; standard_name[0] != '\0' && i < sizeof meanings / sizeof *meanings; i++) {
        if (among(standard_name, meanings[i].standard_names)) {
            return meanings[i].kind;
        }
    }
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++) {
        if (among(name, meanings[i].names) || among(units, meanings[i].units)) {
            return meanings[i].kind;
        }
    }
    return strstr(units, " since ") != NULL ? AXIS_TIME : AXIS_OTHER;
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

static gaia_status times_make(struct arena *arena, const char *path, const char *units,
                              const char *calendar, const double *value, struct netcdf_axis *axis,
                              gaia_error *err)
{
    struct cf_time time = {.unit_s = 0.0, .epoch_s = 0};
    int64_t *time_s = arena_alloc(arena, axis->n, sizeof *time_s);
    if (time_s == NULL && axis->n > 0) {
        return error_memory(err, axis->n * sizeof *time_s);
    }
    if (axis->kind == AXIS_LEAD && !cf_duration_parse(units, &time.unit_s)) {
        return error_set(err, GAIA_AXIS_INVALID, "%s: axis '%s': units '%s' are no duration", path,
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
    return GAIA_OK;
}

static gaia_status levels_make(const char *path, const char *units, double *value,
                               const struct netcdf_axis *axis, gaia_error *err)
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
        value[i] /= factor;
    }
    return GAIA_OK;
}

/* Reads coordinate variable varid of length n into axis, whose kind and name are set. */
static gaia_status values_read(struct arena *arena, int ncid, const char *path, int varid, size_t n,
                               struct netcdf_axis *axis, gaia_error *err)
{
    const char *units = "";
    const char *calendar = "";
    gaia_status status = netcdf_text(arena, ncid, varid, "units", &units, err);
    if (status == GAIA_OK) {
        status = netcdf_text(arena, ncid, varid, "calendar", &calendar, err);
    }
    if (status == GAIA_OK && units[0] == '\0' && axis->kind != AXIS_HOUR) {
        status = error_set(err, GAIA_AXIS_INVALID, "%s: axis '%s' has no units", path, axis->name);
    }
    if (status == GAIA_OK && n > AXIS_LENGTH_MAX) {
        status =
            error_set(err, GAIA_AXIS_INVALID, "%s: axis '%s' has %zu entries", path, axis->name, n);
    }
    double *value = status == GAIA_OK ? arena_alloc(arena, n, sizeof *value) : NULL;
    if (status != GAIA_OK || (value == NULL && n > 0)) {
        return status != GAIA_OK ? status : error_memory(err, n * sizeof *value);
    }
    const int code = nc_get_var_double(ncid, varid, value);
    if (code != NC_NOERR) {
        return error_set(err, GAIA_FILE_DAMAGED, "%s: axis '%s': %s", path, axis->name,
                         nc_strerror(code));
    }
    axis->n = n;
    axis->value = value;
    if (axis->kind == AXIS_TIME || axis->kind == AXIS_LEAD) {
        return times_make(arena, path, units, calendar, value, axis, err);
    }
    return axis->kind == AXIS_LEVEL ? levels_make(path, units, value, axis, err) : GAIA_OK;
}

/* What variable varid means as a coordinate. */
static gaia_status variable_classify(struct arena *arena, int ncid, int varid, const char **name,
                                     enum axis_kind *kind, gaia_error *err)
{
    char text[NC_MAX_NAME + 1] = "";
    const char *standard_name = "";
    const char *units = "";
    if (nc_inq_varname(ncid, varid, text) != NC_NOERR ||
        (*name = arena_strdup(arena, text)) == NULL) {
        return error_memory(err, sizeof text);
    }
    gaia_status status = netcdf_text(arena, ncid, varid, "standard_name", &standard_name, err);
    if (status == GAIA_OK) {
        status = netcdf_text(arena, ncid, varid, "units", &units, err);
    }
    *kind = axis_classify(text, standard_name, units);
    return status;
}

gaia_status netcdf_axis_read(struct arena *arena, int ncid, const char *path, int dimid,
                             struct netcdf_axis *axis, gaia_error *err)
{
    char name[NC_MAX_NAME + 1] = "";
    size_t n = 0;
    int varid = -1;
    int rank = 0;
    int code = nc_inq_dim(ncid, dimid, name, &n);
    if (code != NC_NOERR) {
        return error_set(err, GAIA_FILE_DAMAGED, "%s: dimension %d: %s", path, dimid,
                         nc_strerror(code));
    }
    *axis = (struct netcdf_axis){.kind = AXIS_OTHER, .name = arena_strdup(arena, name), .n = n};
    if (axis->name == NULL) {
        return error_memory(err, sizeof name);
    }
    code = nc_inq_varid(ncid, name, &varid);
    if (code != NC_NOERR || nc_inq_varndims(ncid, varid, &rank) != NC_NOERR || rank != 1) {
        return GAIA_OK;
    }
    const gaia_status status = variable_classify(arena, ncid, varid, &axis->name, &axis->kind, err);
    if (status != GAIA_OK || axis->kind == AXIS_OTHER) {
        return status;
    }
    return values_read(arena, ncid, path, varid, n, axis, err);
}

/* A variable with a CF "coordinates" attribute names the scalar coordinates that belong to it. */
static bool scalar_belongs(const char *coordinates, const char *name)
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

gaia_status netcdf_scalar_read(struct arena *arena, int ncid, const char *path, int varid,
                               enum axis_kind kind, struct netcdf_axis *axis, gaia_error *err)
{
    int n_variables = 0;
    const char *coordinates = "";
    int best = -1;
    *axis = (struct netcdf_axis){.kind = AXIS_OTHER, .name = "", .n = 1};
    gaia_status status = netcdf_text(arena, ncid, varid, "coordinates", &coordinates, err);
    (void)nc_inq_nvars(ncid, &n_variables);
    for (int i = 0; status == GAIA_OK && i < n_variables; i++) {
        int rank = -1;
        const char *name = "";
        enum axis_kind found = AXIS_OTHER;
        if (nc_inq_varndims(ncid, i, &rank) != NC_NOERR || rank != 0) {
            continue;
        }
        status = variable_classify(arena, ncid, i, &name, &found, err);
        /* Beside an init time there may be a valid time too; the init time is the coordinate. */
        if (status == GAIA_OK && found == kind && scalar_belongs(coordinates, name) &&
            (best < 0 || strcmp(name, "valid_time") != 0)) {
            best = i;
            axis->name = name;
        }
    }
    if (status != GAIA_OK || best < 0) {
        return status;
    }
    axis->kind = kind;
    return values_read(arena, ncid, path, best, 1, axis, err);
}
