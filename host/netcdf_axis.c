/* SPDX-License-Identifier: MIT
 *
 * Recognising and reading NetCDF coordinate variables.
 */
#include "netcdf_axis.h"

#include <stdio.h>
#include <string.h>

#include <netcdf.h>

#include "error.h"
#include "netcdf_layout.h"

enum { TEXT_BYTES_MAX = 65536, WHERE_BYTES = 512 };

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

/* Reads the numbers of coordinate variable varid, unpacked, into value [axis->n]. */
static gaia_status numbers_read(int ncid, const char *path, int varid, const struct axis *axis,
                                double *value, gaia_error *err)
{
    char where[WHERE_BYTES];
    nc_type type = NC_NAT;
    struct gaia_field layout;
    struct missing_rule missing;
    (void)snprintf(where, sizeof where, "%s: axis '%s'", path, axis->name);
    const gaia_status status =
        netcdf_layout_read(ncid, varid, where, true, &type, &layout, &missing, err);
    if (status != GAIA_OK) {
        return status;
    }
    const int code = nc_get_var_double(ncid, varid, value);
    if (code != NC_NOERR) {
        return error_set(err, GAIA_FILE_DAMAGED, "%s: %s", where, nc_strerror(code));
    }
    return axis_unpack(path, &layout, &missing, axis, value, err);
}

/* Reads coordinate variable varid of length n into axis, whose kind and name are set. */
static gaia_status values_read(struct arena *arena, int ncid, const char *path, int varid, size_t n,
                               struct axis *axis, gaia_error *err)
{
    const char *units = "";
    const char *calendar = "";
    gaia_status status = netcdf_text(arena, ncid, varid, "units", &units, err);
    if (status == GAIA_OK) {
        status = netcdf_text(arena, ncid, varid, "calendar", &calendar, err);
    }
    axis->n = n;
    if (status == GAIA_OK) {
        status = axis_check(path, units, axis, err);
    }
    double *value = status == GAIA_OK ? arena_alloc(arena, n, sizeof *value) : NULL;
    if (status != GAIA_OK || (value == NULL && n > 0)) {
        return status != GAIA_OK ? status : error_memory(err, n * sizeof *value);
    }
    status = numbers_read(ncid, path, varid, axis, value, err);
    return status == GAIA_OK ? axis_set_values(arena, path, units, calendar, value, axis, err)
                             : status;
}

/* Sets name, kind and what is said of times of what variable varid means as a coordinate. */
static gaia_status variable_classify(struct arena *arena, int ncid, int varid, struct axis *axis,
                                     gaia_error *err)
{
    char text[NC_MAX_NAME + 1] = "";
    const char *standard_name = "";
    const char *units = "";
    if (nc_inq_varname(ncid, varid, text) != NC_NOERR ||
        (axis->name = arena_strdup(arena, text)) == NULL) {
        return error_memory(err, sizeof text);
    }
    gaia_status status = netcdf_text(arena, ncid, varid, "standard_name", &standard_name, err);
    if (status == GAIA_OK) {
        status = netcdf_text(arena, ncid, varid, "units", &units, err);
    }
    axis->kind = axis_classify(text, standard_name, units);
    axis_set_time_flags(text, standard_name, axis);
    return status;
}

gaia_status netcdf_axis_read(struct arena *arena, int ncid, const char *path, int dimid,
                             struct axis *axis, gaia_error *err)
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
    *axis = (struct axis){.kind = AXIS_OTHER, .name = arena_strdup(arena, name), .n = n};
    if (axis->name == NULL) {
        return error_memory(err, sizeof name);
    }
    code = nc_inq_varid(ncid, name, &varid);
    if (code != NC_NOERR || nc_inq_varndims(ncid, varid, &rank) != NC_NOERR || rank != 1) {
        axis->bare = true;
        return GAIA_OK;
    }
    const char *bounds = "";
    gaia_status status = variable_classify(arena, ncid, varid, axis, err);
    if (status != GAIA_OK || axis->kind == AXIS_OTHER) {
        return status;
    }
    status = netcdf_text(arena, ncid, varid, "climatology", &bounds, err);
    axis->nominal = bounds[0] != '\0';
    return status == GAIA_OK ? values_read(arena, ncid, path, varid, n, axis, err) : status;
}

gaia_status netcdf_scalar_read(struct arena *arena, int ncid, const char *path, int varid,
                               enum axis_kind kind, bool has_lead, struct axis *axis,
                               gaia_error *err)
{
    int n_variables = 0;
    const char *coordinates = "";
    int best = -1;
    *axis = (struct axis){.kind = AXIS_OTHER, .name = "", .n = 1};
    gaia_status status = netcdf_text(arena, ncid, varid, "coordinates", &coordinates, err);
    (void)nc_inq_nvars(ncid, &n_variables);
    for (int i = 0; status == GAIA_OK && i < n_variables; i++) {
        int rank = -1;
        struct axis found = {.kind = AXIS_OTHER, .name = "", .n = 1};
        if (nc_inq_varndims(ncid, i, &rank) != NC_NOERR || rank != 0) {
            continue;
        }
        status = variable_classify(arena, ncid, i, &found, err);
        if (status == GAIA_OK && found.kind == kind &&
            axis_scalar_belongs(coordinates, found.name) &&
            (best < 0 || axis_time_rank(&found, has_lead) >= axis_time_rank(axis, has_lead))) {
            best = i;
            *axis = found;
        }
    }
    if (status != GAIA_OK || best < 0) {
        return status;
    }
    return values_read(arena, ncid, path, best, 1, axis, err);
}
