/* SPDX-License-Identifier: MIT
 *
 * Making planes from polygons and masks.
 */
#include "region_plane.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "file.h"
#include "geojson.h"
#include "mask.h"
#include "moments.h"
#include "polygon.h"

static gaia_status polygon_make(const struct gaia_area *area, const struct gaia_grid *grid,
                                double *m, gaia_error *err)
{
    const bool is_file = area->polygon_file != NULL;
    const char *text = area->polygon_json;
    size_t length = is_file ? 0 : strlen(text);
    char *bytes = NULL;
    struct geojson polygons = {0};
    gaia_error error = {0};
    gaia_status status = GAIA_OK;
    if (is_file) {
        status = file_read_regular(area->polygon_file, GEOJSON_BYTES_MAX, &bytes, &length, &error);
        /* Elsewhere it would be as large. */
        status = status == GAIA_LIMIT ? error_restate(&error, GAIA_FORMAT_UNSUPPORTED) : status;
        text = bytes;
    }
    if (status == GAIA_OK) {
        status = geojson_read(is_file ? area->polygon_file : "its polygon", text, length, &polygons,
                              &error);
    }
    if (status == GAIA_OK) {
        status =
            polygons_mark(&polygons, is_file ? area->polygon_file : "its polygon", grid, m, &error);
    }
    geojson_free(&polygons);
    free(bytes);
    return status == GAIA_OK ? GAIA_OK
                             : error_set(err, status, "region '%s': %s", area->name, error.detail);
}

gaia_status region_plane_make(const struct region_plane *plane, const struct gaia_grid *grid,
                              const char *grid_path, double *m, gaia_error *err)
{
    const size_t n_points = grid->n_lat * grid->n_lon;
    if (plane->mask == NULL) {
        return polygon_make(plane->polygon, grid, m, err);
    }
    gaia_status status =
        mask_read(plane->mask, plane->given, plane->is_inverted, grid, grid_path, m, err);
    if (status != GAIA_OK || plane->polygon == NULL) {
        return status;
    }
    double *inside = malloc(n_points * sizeof *inside);
    status = inside != NULL ? polygon_make(plane->polygon, grid, inside, err)
                            : error_memory(err, n_points * sizeof *inside);
    for (size_t i = 0; status == GAIA_OK && i < n_points; i++) {
        m[i] *= inside[i];
    }
    free(inside);
    return status;
}

void region_plane_count(const double *m, size_t n_lon, const struct interval *interval,
                        double *row_sums)
{
    for (size_t i = 0; i < interval->n_rows; i++) {
        const double *strip = m + (interval->first_row + i) * n_lon + interval->first_column;
        double lane[MOMENTS_LANES] = {0.0};
        for (size_t j = 0; j < interval->n_columns; j++) {
            lane[j % MOMENTS_LANES] += strip[j];
        }
        for (size_t half = MOMENTS_LANES / 2; half > 0; half /= 2) {
            for (size_t l = 0; l < half; l++) {
                lane[l] += lane[l + half];
            }
        }
        row_sums[i] += lane[0];
    }
}
