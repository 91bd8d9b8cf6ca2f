/* SPDX-License-Identifier: MIT
 *
 * Regular and Gaussian grids. An axis is spread between its first and its last point in whole
 * numbers, with one division at the end, so that a latitude of 49.7 is the float64 nearest to 49.7
 * and not the sum of 403 steps.
 */
#include "grib_grid.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "grib_guard.h"

enum {
    AXIS_MAX = 1 << 18,
    POINTS_MAX = 1 << 30,
    PARALLELS_MAX = 8192,
    ANGLE_UNITS_MAX = 2000000000, /* of any coordinate: 2^31 and a little less */
};

/* Gaussian latitudes are given in thousandths of a degree by edition 1. */
static const double GAUSSIAN_NEAR = 2e-3;

struct key {
    const char *name;
    long *value;
};

static int keys_read(codes_handle *handle, const struct key *keys, size_t n, const char **key)
{
    for (size_t i = 0; i < n; i++) {
        *key = keys[i].name;
        const int code = codes_get_long(handle, keys[i].name, keys[i].value);
        if (code != CODES_SUCCESS) {
            return code;
        }
    }
    return CODES_SUCCESS;
}

/* An increment that the message does not give, or gives as missing, is 0. */
static long step_read(codes_handle *handle, const char *given_key, const char *step_key)
{
    long given = 0;
    long step = 0;
    int code = 0;
    if (codes_get_long(handle, given_key, &given) != CODES_SUCCESS || given == 0 ||
        codes_is_missing(handle, step_key, &code) != 0 || code != CODES_SUCCESS ||
        codes_get_long(handle, step_key, &step) != CODES_SUCCESS) {
        return 0;
    }
    return step;
}

/* What ecCodes calls unknown is named by its number; that of spherical harmonics it knows by their
 * data only, which a header has none of. */
static void type_name(codes_handle *handle, struct grib_axes *axes)
{
    enum { SPHERICAL_HARMONICS = 50 };
    long number = 0;
    if (strcmp(axes->type, "unknown") == 0 &&
        (codes_get_long(handle, "gridDefinitionTemplateNumber", &number) == CODES_SUCCESS ||
         codes_get_long(handle, "dataRepresentationType", &number) == CODES_SUCCESS)) {
        memset(axes->type, 0, sizeof axes->type);
        if (number == SPHERICAL_HARMONICS) {
            memcpy(axes->type, "sh", sizeof "sh");
        } else {
            (void)snprintf(axes->type, sizeof axes->type, "number %ld", number);
        }
    }
}

int grib_axes_read(codes_handle *handle, struct grib_axes *axes, const char **key)
{
    long edition = 0;
    long scan[4] = {0};
    long multiplier = 1;
    long divisor = 1000;
    size_t length = sizeof axes->type;
    const struct key keys[] = {
        {"Ni", &axes->n_lon},
        {"Nj", &axes->n_lat},
        {"numberOfDataPoints", &axes->n_points},
        {"latitudeOfFirstGridPoint", &axes->first_lat},
        {"latitudeOfLastGridPoint", &axes->last_lat},
        {"longitudeOfFirstGridPoint", &axes->first_lon},
        {"longitudeOfLastGridPoint", &axes->last_lon},
        {"iScansNegatively", &scan[0]},
        {"jScansPositively", &scan[1]},
        {"jPointsAreConsecutive", &scan[2]},
        {"alternativeRowScanning", &scan[3]},
        {"editionNumber", &edition},
    };
    static const char gaussian_key[] = "N";
    memset(axes, 0, sizeof *axes); /* padding too: axes are compared as bytes */
    *key = "gridType";
    int code = codes_get_string(handle, "gridType", axes->type, &length);
    const bool gaussian = strcmp(axes->type, "regular_gg") == 0;
    if (code != CODES_SUCCESS || (!gaussian && strcmp(axes->type, "regular_ll") != 0)) {
        type_name(handle, axes);
        return code;
    }
    code = keys_read(handle, keys, sizeof keys / sizeof *keys, key);
    if (code == CODES_SUCCESS && gaussian) {
        *key = gaussian_key;
        code = codes_get_long(handle, gaussian_key, &axes->n_parallels);
    }
    if (code == CODES_SUCCESS && edition == 2) {
        const struct key angles[] = {{"angleMultiplier", &multiplier}, {"angleDivisor", &divisor}};
        code = keys_read(handle, angles, 2, key);
    }
    if (code != CODES_SUCCESS) {
        return code;
    }
    axes->per_degree = multiplier > 0 ? (double)divisor / (double)multiplier : 0.0;
    axes->lon_step = step_read(handle, "iDirectionIncrementGiven", "iDirectionIncrement");
    axes->lat_step =
        gaussian ? 0 : step_read(handle, "jDirectionIncrementGiven", "jDirectionIncrement");
    axes->lon_negative = scan[0] != 0;
    axes->lat_positive = scan[1] != 0;
    axes->columns = scan[2] != 0;
    axes->alternating = scan[3] != 0;
    return CODES_SUCCESS;
}

/* Spreads n points from first over span, both in units. A whole number below 2^53 is divided once.
 */
static void axis_spread(double *axis, size_t n, double first, double span, double per_degree)
{
    const double intervals = n > 1 ? (double)(n - 1) : 1.0;
    for (size_t i = 0; i < n; i++) {
        axis[i] = (first * intervals + span * (double)i) / (intervals * per_degree);
    }
}

/* Holds the step that the message gives against first and last point: encoders round each to a
 * unit. */
static gaia_status step_check(const char *what, double span, size_t n, long step, gaia_error *err)
{
    const double intervals = n > 1 ? (double)(n - 1) : 1.0;
    if (n > 1 && step > 0 && fabs(fabs(span) / intervals - (double)step) > 1.0) {
        return error_set(err, GAIA_AXIS_INVALID,
                         "%s goes %.0f units in %zu steps, but says that a step is %ld", what,
                         fabs(span), n - 1, step);
    }
    return GAIA_OK;
}

static gaia_status lon_make(const struct grib_axes *axes, double *lon, gaia_error *err)
{
    const double circle = 360.0 * axes->per_degree;
    const size_t n = (size_t)axes->n_lon;
    const double apart = (double)axes->last_lon - (double)axes->first_lon;
    double span = fmod(axes->lon_negative ? -apart : apart, circle);
    span = span < 0.0 ? span + circle : span;
    span = span == 0.0 && n > 1 ? circle : span;
    span = n > 1 ? span : 0.0;
    axis_spread(lon, n, (double)axes->first_lon, axes->lon_negative ? -span : span,
                axes->per_degree);
    return step_check("longitude", span, n, axes->lon_step, err);
}

static gaia_status lat_make(const struct grib_axes *axes, double *lat, gaia_error *err)
{
    const double span = (double)axes->last_lat - (double)axes->first_lat;
    const size_t n = (size_t)axes->n_lat;
    if (n > 1 && (span == 0.0 || (span > 0.0) != axes->lat_positive)) {
        return error_set(err, GAIA_AXIS_INVALID, "latitude runs from %.9g to %.9g, but scans %s",
                         (double)axes->first_lat / axes->per_degree,
                         (double)axes->last_lat / axes->per_degree,
                         axes->lat_positive ? "northward" : "southward");
    }
    axis_spread(lat, n, (double)axes->first_lat, span, axes->per_degree);
    return step_check("latitude", span, n, axes->lat_step, err);
}

struct gaussian {
    long n_parallels;
    double *all;
    int code;
};

static void gaussian_compute(void *context)
{
    struct gaussian *gaussian = context;
    gaussian->code = codes_get_gaussian_latitudes(gaussian->n_parallels, gaussian->all);
}

/* The latitudes of n_parallels that begin at the first point. */
static gaia_status gaussian_lat_make(const struct grib_axes *axes, double *lat, gaia_error *err)
{
    const size_t n_all = 2 * (size_t)axes->n_parallels;
    const size_t n = (size_t)axes->n_lat;
    const double first = (double)axes->first_lat / axes->per_degree;
    const double last = (double)axes->last_lat / axes->per_degree;
    struct gaussian gaussian = {.n_parallels = axes->n_parallels};
    struct grib_guard guard = {.bytes_max = (size_t)64 << 20};
    if (axes->n_parallels < 1 || axes->n_parallels > PARALLELS_MAX || n > n_all) {
        return error_set(err, GAIA_AXIS_INVALID, "%ld parallels make no Gaussian grid of %zu rows",
                         axes->n_parallels, n);
    }
    gaussian.all = calloc(n_all, sizeof *gaussian.all);
    if (gaussian.all == NULL) {
        return error_memory(err, n_all * sizeof *gaussian.all);
    }
    gaia_status status = GAIA_OK;
    if (!grib_guard_run(&guard, gaussian_compute, &gaussian) || gaussian.code != CODES_SUCCESS) {
        status =
            error_set(err, GAIA_FORMAT_UNSUPPORTED,
                      "ecCodes has no Gaussian latitudes for %ld parallels", axes->n_parallels);
    }
    size_t from = 0; /* counted in the direction of the scan */
    const size_t end = n_all - 1;
    while (status == GAIA_OK && from < end &&
           fabs(gaussian.all[axes->lat_positive ? end - from : from] - first) > GAUSSIAN_NEAR) {
        from++;
    }
    for (size_t i = 0; status == GAIA_OK && from + n <= n_all && i < n; i++) {
        lat[i] = gaussian.all[axes->lat_positive ? end - from - i : from + i];
    }
    if (status == GAIA_OK && (from + n > n_all || fabs(lat[0] - first) > GAUSSIAN_NEAR ||
                              fabs(lat[n - 1] - last) > GAUSSIAN_NEAR)) {
        status = error_set(err, GAIA_AXIS_INVALID,
                           "latitudes %.9g .. %.9g (%zu rows) are none of a Gaussian grid of %ld "
                           "parallels",
                           first, last, n, axes->n_parallels);
    }
    free(gaussian.all);
    return status;
}

/* What can be said before anything is allocated. */
static gaia_status axes_check(const struct grib_axes *axes, gaia_error *err)
{
    const long angles[4] = {axes->first_lat, axes->last_lat, axes->first_lon, axes->last_lon};
    if (strcmp(axes->type, "regular_ll") != 0 && strcmp(axes->type, "regular_gg") != 0) {
        return error_set(err, GAIA_FORMAT_UNSUPPORTED,
                         "grids of type '%s' are not supported; there are: regular_ll, regular_gg",
                         axes->type);
    }
    if (axes->alternating) {
        return error_set(err, GAIA_FORMAT_UNSUPPORTED,
                         "rows that run forward and backward in turn are not supported");
    }
    if (axes->n_lon < 1 || axes->n_lat < 1 || axes->n_lon > AXIS_MAX || axes->n_lat > AXIS_MAX ||
        axes->n_lon * axes->n_lat > POINTS_MAX) {
        return error_set(err, GAIA_LIMIT, "a grid of %ld x %ld points is not supported",
                         axes->n_lat, axes->n_lon);
    }
    if (axes->n_lon * axes->n_lat != axes->n_points) {
        return error_set(err, GAIA_FILE_DAMAGED, "%ld x %ld points are declared as %ld",
                         axes->n_lat, axes->n_lon, axes->n_points);
    }
    bool angles_good = axes->per_degree >= 1.0 && axes->per_degree <= (double)ANGLE_UNITS_MAX;
    for (size_t i = 0; i < 4; i++) {
        angles_good = angles_good && labs(angles[i]) <= ANGLE_UNITS_MAX;
    }
    return angles_good ? GAIA_OK
                       : error_set(err, GAIA_AXIS_INVALID,
                                   "latitudes %ld .. %ld and longitudes %ld .. %ld in units of "
                                   "1/%.9g degree are none",
                                   angles[0], angles[1], angles[2], angles[3], axes->per_degree);
}

gaia_status grib_grid_make(struct arena *arena, const struct grib_axes *axes,
                           struct grib_grid *grid, gaia_error *err)
{
    gaia_error problem = {.status = GAIA_OK};
    double *lat = NULL;
    double *lon = NULL;
    *grid = (struct grib_grid){.problem = GAIA_OK};
    gaia_status status = axes_check(axes, &problem);
    if (status == GAIA_OK) {
        lat = calloc((size_t)axes->n_lat, sizeof *lat);
        lon = calloc((size_t)axes->n_lon, sizeof *lon);
        status = lat != NULL && lon != NULL
                     ? GAIA_OK
                     : error_memory(&problem, (size_t)(axes->n_lat + axes->n_lon) * sizeof *lat);
    }
    if (status == GAIA_OK) {
        status = axes->n_parallels > 0 ? gaussian_lat_make(axes, lat, &problem)
                                       : lat_make(axes, lat, &problem);
    }
    if (status == GAIA_OK) {
        status = lon_make(axes, lon, &problem);
    }
    if (status == GAIA_OK) {
        status = grid_make(arena, lat, (size_t)axes->n_lat, lon, (size_t)axes->n_lon, &grid->grid,
                           &grid->placement, &problem);
        grid->placement.lon_first = axes->columns;
    }
    free(lat);
    free(lon);
    if (status != GAIA_OK) {
        grid->problem = status;
        grid->problem_text = arena_strdup(arena, problem.detail);
    }
    return status == GAIA_OUT_OF_MEMORY || (status != GAIA_OK && grid->problem_text == NULL)
               ? error_memory(err, sizeof problem.detail)
               : GAIA_OK;
}
