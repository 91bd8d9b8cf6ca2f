/* SPDX-License-Identifier: MIT
 *
 * Axes by sorting. Invariant: NaN, which is no level, is one value like any other.
 */
#include "netcdf_ticks.h"

#include <math.h>
#include <stdlib.h>

#include "error.h"

enum { HOUR_S = 3600 };

int netcdf_tick_compare(double a, double b)
{
    return isnan(a) || isnan(b) ? isnan(a) - isnan(b) : (a > b) - (a < b);
}

static int value_compare(const void *a, const void *b)
{
    return netcdf_tick_compare(*(const double *)a, *(const double *)b);
}

void netcdf_ticks_sort(struct netcdf_ticks *ticks)
{
    size_t n = 0;
    qsort(ticks->value, ticks->n, sizeof *ticks->value, value_compare);
    for (size_t i = 0; i < ticks->n; i++) {
        if (n == 0 || netcdf_tick_compare(ticks->value[n - 1], ticks->value[i]) != 0) {
            ticks->value[n++] = ticks->value[i];
        }
    }
    ticks->n = n;
}

size_t netcdf_ticks_find(const struct netcdf_ticks *ticks, double value)
{
    const double *found = bsearch(&value, ticks->value, ticks->n, sizeof value, value_compare);
    return found != NULL ? (size_t)(found - ticks->value) : 0;
}

gaia_status netcdf_ticks_level(struct netcdf_writer *writer, const struct netcdf_ticks *level,
                               int *dimension, gaia_error *err)
{
    const bool has_nan = isnan(level->value[level->n - 1]);
    const struct netcdf_attribute attributes[] = {
        {"standard_name", "air_pressure"},
        {"units", "hPa"},
        {"comment", has_nan ? "NaN: fields without level" : ""}};
    const struct netcdf_axis_spec axis = {"level", NETCDF_DOUBLE, level->n, level->value,
                                          3,       attributes};
    return netcdf_writer_axis(writer, &axis, dimension, err);
}

gaia_status netcdf_ticks_lead(struct netcdf_writer *writer, const struct netcdf_ticks *lead_s,
                              int *dimension, gaia_error *err)
{
    const struct netcdf_attribute attributes[] = {{"standard_name", "forecast_period"},
                                                  {"units", "hours"}};
    double *hours = malloc(lead_s->n * sizeof *hours);
    if (hours == NULL) {
        return error_memory(err, lead_s->n * sizeof *hours);
    }
    for (size_t i = 0; i < lead_s->n; i++) {
        hours[i] = lead_s->value[i] / HOUR_S;
    }
    const struct netcdf_axis_spec axis = {"lead_time", NETCDF_DOUBLE, lead_s->n, hours,
                                          2,           attributes};
    const gaia_status status = netcdf_writer_axis(writer, &axis, dimension, err);
    free(hours);
    return status;
}

gaia_status netcdf_grid_axes(struct netcdf_writer *writer, const struct gaia_grid *grid,
                             int *latitude, int *longitude, gaia_error *err)
{
    static const struct netcdf_attribute north[] = {
        {"standard_name", "latitude"}, {"units", "degrees_north"}, {"axis", "Y"}};
    static const struct netcdf_attribute east[] = {
        {"standard_name", "longitude"}, {"units", "degrees_east"}, {"axis", "X"}};
    const struct netcdf_axis_spec lat = {"latitude", NETCDF_DOUBLE, grid->n_lat, grid->lat,
                                         3,          north};
    const struct netcdf_axis_spec lon = {"longitude", NETCDF_DOUBLE, grid->n_lon, grid->lon,
                                         3,           east};
    const gaia_status status = netcdf_writer_axis(writer, &lat, latitude, err);
    return status == GAIA_OK ? netcdf_writer_axis(writer, &lon, longitude, err) : status;
}
