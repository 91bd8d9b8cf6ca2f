/* SPDX-License-Identifier: MIT
 *
 * Reading GeoJSON: down from features to rings, and checking every position on the way.
 */
#include "geojson.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "error.h"
#include "json.h"

/* What is read, and where the reading is, for messages. */
struct reading {
    const char *what;
    struct geojson *out;
    size_t ring_capacity;
    size_t vertex_capacity;
    size_t i_feature;
    size_t i_polygon; /* of the geometry */
    size_t i_ring;    /* of the polygon */
    bool in_features;
};

void geojson_free(struct geojson *polygons)
{
    free(polygons->vertices);
    free(polygons->rings);
    *polygons = (struct geojson){0};
}

/* Room for one more of `size` bytes each; *items may move. */
static gaia_status room_make(void **items, size_t n, size_t *capacity, size_t size, gaia_error *err)
{
    if (n < *capacity) {
        return GAIA_OK;
    }
    const size_t grown = *capacity == 0 ? 256 : 2 * *capacity;
    void *moved = realloc(*items, grown * size);
    if (moved == NULL) {
        return error_memory(err, grown * size);
    }
    *items = moved;
    *capacity = grown;
    return GAIA_OK;
}

/* Fails with "what: features[3], polygon 0, ring 1: why". */
static gaia_status ring_wrong(const struct reading *r, const char *why, gaia_error *err)
{
    return r->in_features
               ? error_set(err, GAIA_FILE_DAMAGED, "%s: features[%zu], polygon %zu, ring %zu: %s",
                           r->what, r->i_feature, r->i_polygon, r->i_ring, why)
               : error_set(err, GAIA_FILE_DAMAGED, "%s: polygon %zu, ring %zu: %s", r->what,
                           r->i_polygon, r->i_ring, why);
}

/* The same of one position of the ring. */
static gaia_status position_wrong(const struct reading *r, size_t i, const char *why,
                                  gaia_error *err)
{
    char text[256];
    (void)snprintf(text, sizeof text, "position %zu: %s", i, why);
    return ring_wrong(r, text, err);
}

/* Coordinates next to nothing are nothing: products of such would not be exact. */
static double coordinate(const json_t *value)
{
    const double x = json_number_value(value);
    return fabs(x) < 1e-60 ? 0.0 : x;
}

static gaia_status position_read(const struct reading *r, const json_t *position, size_t i,
                                 struct geojson_vertex *vertex, gaia_error *err)
{
    char why[96];
    const json_t *lon = json_array_get(position, 0);
    const json_t *lat = json_array_get(position, 1);
    if (!json_is_array(position) || !json_is_number(lon) || !json_is_number(lat)) {
        return position_wrong(r, i, "an array of longitude and latitude is wanted", err);
    }
    *vertex = (struct geojson_vertex){coordinate(lon), coordinate(lat)};
    if (!(fabs(vertex->lon) <= GEOJSON_LON_MAX)) {
        (void)snprintf(why, sizeof why, "longitude %.9g is not within -%d .. %d", vertex->lon,
                       GEOJSON_LON_MAX, GEOJSON_LON_MAX);
        return position_wrong(r, i, why, err);
    }
    if (!(fabs(vertex->lat) <= 90.0)) {
        (void)snprintf(why, sizeof why, "latitude %.9g is not within -90 .. 90", vertex->lat);
        return position_wrong(r, i, why, err);
    }
    return GAIA_OK;
}

/* An edge of more than half a turn may have been meant the short way, across the date line. */
static gaia_status edge_check(const struct reading *r, const struct geojson_vertex *a, size_t i,
                              gaia_error *err)
{
    const double across = fabs(a[1].lon - a[0].lon);
    const bool along_pole = fabs(a[0].lat) >= 90.0 && a[0].lat == a[1].lat;
    char why[192];
    if (across <= 180.0 || across == 360.0 || along_pole) {
        return GAIA_OK;
    }
    (void)snprintf(why, sizeof why,
                   "the edge to it spans %.9g degrees of longitude; cut the ring at the date line, "
                   "go on past 180, or put a position between",
                   across);
    return position_wrong(r, i, why, err);
}

static gaia_status vertices_read(struct reading *r, const json_t *ring, gaia_error *err)
{
    struct geojson *out = r->out;
    const size_t n = json_array_size(ring);
    const size_t first = out->n_vertices;
    gaia_status status = GAIA_OK;
    for (size_t i = 0; status == GAIA_OK && i < n; i++) {
        if (out->n_vertices == GEOJSON_VERTICES_MAX) {
            return error_set(err, GAIA_FORMAT_UNSUPPORTED, "%s: more than %d positions", r->what,
                             GEOJSON_VERTICES_MAX);
        }
        void *items = out->vertices;
        status =
            room_make(&items, out->n_vertices, &r->vertex_capacity, sizeof *out->vertices, err);
        out->vertices = items;
        if (status == GAIA_OK) {
            status =
                position_read(r, json_array_get(ring, i), i, &out->vertices[out->n_vertices], err);
        }
        out->n_vertices += status == GAIA_OK;
        if (status == GAIA_OK && i > 0) {
            status = edge_check(r, &out->vertices[out->n_vertices - 2], i, err);
        }
    }
    if (status != GAIA_OK) {
        return status;
    }
    const struct geojson_vertex *a = &out->vertices[first];
    const struct geojson_vertex *b = &out->vertices[out->n_vertices - 1];
    if (a->lon != b->lon || a->lat != b->lat) {
        char why[160];
        (void)snprintf(why, sizeof why,
                       "it is not closed: it begins at [%.9g, %.9g] and ends at [%.9g, %.9g]",
                       a->lon, a->lat, b->lon, b->lat);
        return ring_wrong(r, why, err);
    }
    return GAIA_OK;
}

static gaia_status ring_read(struct reading *r, const json_t *ring, gaia_error *err)
{
    struct geojson *out = r->out;
    const size_t first = out->n_vertices;
    if (!json_is_array(ring)) {
        return ring_wrong(r, "an array of positions is wanted", err);
    }
    if (json_array_size(ring) < 4) {
        return ring_wrong(r, "four positions at least are wanted, the last like the first", err);
    }
    gaia_status status = vertices_read(r, ring, err);
    if (status == GAIA_OK) {
        void *items = out->rings;
        status = room_make(&items, out->n_rings, &r->ring_capacity, sizeof *out->rings, err);
        out->rings = items;
    }
    if (status == GAIA_OK) {
        out->rings[out->n_rings++] =
            (struct geojson_ring){first, out->n_vertices - first, out->n_polygons};
    }
    return status;
}

static gaia_status polygon_read(struct reading *r, const json_t *rings, gaia_error *err)
{
    gaia_status status = GAIA_OK;
    r->i_ring = 0;
    if (!json_is_array(rings) || json_array_size(rings) == 0) {
        return ring_wrong(r, "a polygon is an array of rings", err);
    }
    for (size_t i = 0; status == GAIA_OK && i < json_array_size(rings); i++) {
        r->i_ring = i;
        status = ring_read(r, json_array_get(rings, i), err);
    }
    r->out->n_polygons += status == GAIA_OK;
    return status;
}

static gaia_status object_wrong(const struct reading *r, const char *why, gaia_error *err)
{
    return r->in_features ? error_set(err, GAIA_FILE_DAMAGED, "%s: features[%zu]: %s", r->what,
                                      r->i_feature, why)
                          : error_set(err, GAIA_FILE_DAMAGED, "%s: %s", r->what, why);
}

static const char *type_of(const json_t *object)
{
    const char *type = json_string_value(json_object_get(object, "type"));
    return type != NULL ? type : "";
}

static gaia_status geometry_read(struct reading *r, const json_t *geometry, gaia_error *err)
{
    const json_t *coordinates = json_object_get(geometry, "coordinates");
    const char *type = type_of(geometry);
    char why[128];
    gaia_status status = GAIA_OK;
    r->i_polygon = 0;
    if (strcmp(type, "Polygon") == 0) {
        return polygon_read(r, coordinates, err);
    }
    if (strcmp(type, "MultiPolygon") != 0) {
        (void)snprintf(why, sizeof why, "a Polygon or MultiPolygon is wanted, not %s%.40s",
                       type[0] != '\0' ? "a " : "what has no type", type);
        return object_wrong(r, why, err);
    }
    if (!json_is_array(coordinates)) {
        return object_wrong(r, "a MultiPolygon has an array of coordinates", err);
    }
    for (size_t i = 0; status == GAIA_OK && i < json_array_size(coordinates); i++) {
        r->i_polygon = i;
        status = polygon_read(r, json_array_get(coordinates, i), err);
    }
    return status;
}

static gaia_status root_read(struct reading *r, const json_t *root, gaia_error *err)
{
    const json_t *features = json_object_get(root, "features");
    gaia_status status = GAIA_OK;
    if (strcmp(type_of(root), "Feature") == 0) {
        return geometry_read(r, json_object_get(root, "geometry"), err);
    }
    if (strcmp(type_of(root), "FeatureCollection") != 0) {
        return geometry_read(r, root, err);
    }
    if (!json_is_array(features)) {
        return object_wrong(r, "a FeatureCollection has an array of features", err);
    }
    r->in_features = true;
    for (size_t i = 0; status == GAIA_OK && i < json_array_size(features); i++) {
        const json_t *feature = json_array_get(features, i);
        r->i_feature = i;
        status = strcmp(type_of(feature), "Feature") == 0
                     ? geometry_read(r, json_object_get(feature, "geometry"), err)
                     : object_wrong(r, "a Feature is wanted", err);
    }
    return status;
}

/* Every position opens a bracket: so many are refused before they become values, which take many
 * times their bytes. */
static gaia_status brackets_check(const char *what, const char *text, size_t length,
                                  gaia_error *err)
{
    size_t n = 0;
    size_t n_commas = 0;
    for (size_t i = 0; i < length; i++) {
        n += text[i] == '[' || text[i] == '{';
        n_commas += text[i] == ',';
    }
    return n <= GEOJSON_VERTICES_MAX + (GEOJSON_VERTICES_MAX >> 1) &&
                   n_commas <= 4 * (size_t)GEOJSON_VERTICES_MAX
               ? GAIA_OK
               : error_set(err, GAIA_FORMAT_UNSUPPORTED, "%s: more than %d positions", what,
                           GEOJSON_VERTICES_MAX);
}

gaia_status geojson_read(const char *what, const char *text, size_t length,
                         struct geojson *polygons, gaia_error *err)
{
    struct reading r = {.what = what, .out = polygons};
    json_t *root = NULL;
    *polygons = (struct geojson){0};
    gaia_status status = brackets_check(what, text, length, err);
    if (status == GAIA_OK && json_parse(what, text, length, &root, err) != GAIA_OK) {
        status = error_restate(err, GAIA_FILE_DAMAGED);
    }
    if (status == GAIA_OK && !json_is_object(root)) {
        status = error_set(err, GAIA_FILE_DAMAGED, "%s: an object is wanted, not %s", what,
                           json_type_text(root));
    }
    if (status == GAIA_OK) {
        status = root_read(&r, root, err);
    }
    json_decref(root);
    if (status != GAIA_OK) {
        geojson_free(polygons);
    }
    return status;
}
