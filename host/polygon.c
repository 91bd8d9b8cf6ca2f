/* SPDX-License-Identifier: MIT
 *
 * Points in polygons, edge by edge: in each row that an edge crosses, the columns west of it change
 * sides. Which those are is searched by halves, for the columns of a row lie west to east.
 */
#include "polygon.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

/* Determinants beyond this share of their terms have the sign that float64 gives them (Shewchuk
 * 1997, Discrete Comput. Geom. 18, 305-363). */
static const double SURE = 3.3306690738754716e-16;

/* Steps that a file may cost, which is some seconds; one of an edge is dearer than one of a point.
 * They are counted before the first is done. */
static const uint64_t STEPS_MAX = UINT64_C(1) << 31;
enum { EDGE_STEPS = 16, TURNS = 2, EXPANSION_MAX = 12 };

/* Adds x to the n parts of an exact sum, which stays one of parts that do not overlap, least first;
 * the new number of parts. */
static size_t expansion_add(double *parts, size_t n, double x)
{
    for (size_t i = 0; i < n; i++) {
        const double sum = x + parts[i];
        const double virtual_part = sum - x;
        parts[i] = (x - (sum - virtual_part)) + (parts[i] - virtual_part);
        x = sum;
    }
    parts[n] = x;
    return n + 1;
}

static int orientation_exact(const struct geojson_vertex *a, const struct geojson_vertex *b,
                             const struct geojson_vertex *p)
{
    const double products[6][2] = {{b->lon, p->lat},  {-b->lon, a->lat}, {-a->lon, p->lat},
                                   {-b->lat, p->lon}, {b->lat, a->lon},  {a->lat, p->lon}};
    double parts[EXPANSION_MAX];
    size_t n = 0;
    for (size_t i = 0; i < 6; i++) {
        const double high = products[i][0] * products[i][1];
        n = expansion_add(parts, n, fma(products[i][0], products[i][1], -high));
        n = expansion_add(parts, n, high);
    }
    while (n > 0 && parts[n - 1] == 0.0) {
        n--;
    }
    return n == 0 ? 0 : parts[n - 1] > 0.0 ? 1 : -1;
}

int orientation(struct geojson_vertex a, struct geojson_vertex b, struct geojson_vertex p)
{
    const double left = (b.lon - a.lon) * (p.lat - a.lat);
    const double right = (b.lat - a.lat) * (p.lon - a.lon);
    const double determinant = left - right;
    const double sure = SURE * (fabs(left) + fabs(right));
    if (determinant > sure || -determinant > sure) {
        return determinant > 0.0 ? 1 : -1;
    }
    return orientation_exact(&a, &b, &p);
}

/* The rows [first, end). */
struct rows {
    size_t first;
    size_t end;
};

/* One marking. Columns are looked at west to east from 0; column k there is (k + start) % n_lon of
 * the grid. */
struct marking {
    const struct gaia_grid *grid;
    double *m;
    double *lon; /* [n_lon], ascending */
    size_t start;
    uint8_t *turned;     /* [n_lat][n_lon + 1]: the columns west of here change sides */
    struct rows reached; /* by the polygon at hand */
};

static double near_nothing(double x)
{
    return fabs(x) < 1e-60 ? 0.0 : x;
}

static void point_mark(const struct marking *k, size_t row, size_t column)
{
    const size_t n_lon = k->grid->n_lon;
    k->m[row * n_lon + (column + k->start) % n_lon] = 1.0;
}

/* How many columns of this latitude lie left of the edge, which goes north, or, with_edge, on it
 * too. */
static size_t columns_left(const struct marking *k, const struct geojson_vertex *south,
                           const struct geojson_vertex *north, double lat, bool with_edge)
{
    size_t low = 0;
    size_t high = k->grid->n_lon;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int side = orientation(*south, *north, (struct geojson_vertex){k->lon[middle], lat});
        if (side > 0 || (with_edge && side == 0)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* The first row that is not north of lat, or, south_only, is south of it; n_lat: none. */
static size_t row_find(const struct gaia_grid *grid, double lat, bool south_only)
{
    size_t low = 0;
    size_t high = grid->n_lat;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const double at = near_nothing(grid->lat[middle]);
        if (at > lat || (south_only && at == lat)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Those from the one end of the edge to the other. */
static struct rows edge_rows(const struct gaia_grid *grid, const struct geojson_vertex *a,
                             const struct geojson_vertex *b)
{
    const double south = a->lat < b->lat ? a->lat : b->lat;
    const double north = a->lat < b->lat ? b->lat : a->lat;
    return (struct rows){row_find(grid, north, false), row_find(grid, south, true)};
}

/* Those in which it changes sides: a vertex counts once, to the south, and an edge along a parallel
 * turns nothing. */
static struct rows rows_turned(const struct gaia_grid *grid, struct rows rows,
                               const struct geojson_vertex *a, const struct geojson_vertex *b)
{
    const double north = a->lat < b->lat ? b->lat : a->lat;
    if (rows.first < rows.end && near_nothing(grid->lat[rows.first]) == north) {
        rows.first++;
    }
    return a->lat == b->lat ? (struct rows){0, 0} : rows;
}

static struct rows rows_joined(struct rows a, struct rows b)
{
    if (a.first >= a.end || b.first >= b.end) {
        return a.first < a.end ? a : b;
    }
    return (struct rows){a.first < b.first ? a.first : b.first, a.end > b.end ? a.end : b.end};
}

/* The turns [*first, *end) around the globe after which some of the ring lies in 0 .. 360. */
static void ring_turns(const struct geojson_vertex *vertices, size_t n, int *first, int *end)
{
    double west = (double)INFINITY;
    double east = -(double)INFINITY;
    for (size_t i = 0; i < n; i++) {
        west = vertices[i].lon < west ? vertices[i].lon : west;
        east = vertices[i].lon > east ? vertices[i].lon : east;
    }
    *first = -TURNS;
    *end = TURNS + 1;
    while (*first < *end && east + 360.0 * *first < 0.0) {
        (*first)++;
    }
    while (*first < *end && west + 360.0 * (*end - 1) > 360.0) {
        (*end)--;
    }
}

/* ---- Counting the steps ---- */

/* Those of marking this ring, whose rows are joined to those that its polygon reaches. */
static uint64_t ring_steps(const struct gaia_grid *grid, const struct geojson_vertex *vertices,
                           size_t n, struct rows *reached)
{
    uint64_t steps = 0;
    int first = 0;
    int end = 0;
    ring_turns(vertices, n, &first, &end);
    for (size_t i = 1; i < n; i++) {
        const struct rows rows = edge_rows(grid, &vertices[i - 1], &vertices[i]);
        const bool is_level = vertices[i - 1].lat == vertices[i].lat;
        steps += EDGE_STEPS + (rows.end - rows.first) * (is_level ? grid->n_lon : EDGE_STEPS);
        *reached = rows_joined(*reached, rows_turned(grid, rows, &vertices[i - 1], &vertices[i]));
    }
    return steps * (uint64_t)(end - first);
}

static bool is_ring_last(const struct geojson *polygons, size_t i)
{
    return i + 1 == polygons->n_rings ||
           polygons->rings[i + 1].polygon != polygons->rings[i].polygon;
}

/* Whether marking them takes too long. */
static bool cost_too_much(const struct geojson *polygons, const struct gaia_grid *grid)
{
    uint64_t steps = 0;
    struct rows reached = {0, 0};
    for (size_t i = 0; i < polygons->n_rings && steps <= STEPS_MAX; i++) {
        const struct geojson_ring *ring = &polygons->rings[i];
        steps += ring_steps(grid, polygons->vertices + ring->first, ring->n, &reached);
        if (is_ring_last(polygons, i)) {
            steps += (reached.end - reached.first) * grid->n_lon;
            reached = (struct rows){0, 0};
        }
    }
    return steps > STEPS_MAX;
}

/* ---- Marking ---- */

/* An edge along a parallel turns nothing, but the points on it are in. */
static void level_edge_mark(const struct marking *k, const struct rows *rows,
                            struct geojson_vertex a, struct geojson_vertex b)
{
    const double west = a.lon < b.lon ? a.lon : b.lon;
    const double east = a.lon < b.lon ? b.lon : a.lon;
    for (size_t j = 0; rows->first < rows->end && j < k->grid->n_lon; j++) {
        if (k->lon[j] >= west && k->lon[j] <= east) {
            point_mark(k, rows->first, j);
        }
    }
}

static void edge_mark(struct marking *k, struct geojson_vertex a, struct geojson_vertex b)
{
    const struct gaia_grid *grid = k->grid;
    const struct geojson_vertex *south = a.lat < b.lat ? &a : &b;
    const struct geojson_vertex *north = a.lat < b.lat ? &b : &a;
    const struct rows rows = edge_rows(grid, &a, &b);
    if (a.lat == b.lat) {
        level_edge_mark(k, &rows, a, b);
        return;
    }
    for (size_t row = rows.first; row < rows.end; row++) {
        const double lat = near_nothing(grid->lat[row]);
        const size_t left = columns_left(k, south, north, lat, false);
        const size_t end = columns_left(k, south, north, lat, true);
        for (size_t j = left; j < end; j++) {
            point_mark(k, row, j);
        }
        if (lat < north->lat) { /* half open, so that a vertex counts once */
            k->turned[row * (grid->n_lon + 1) + left] ^= 1;
        }
    }
    k->reached = rows_joined(k->reached, rows_turned(grid, rows, &a, &b));
}

/* Marks a ring wherever it lies in 0 .. 360 after some turns. */
static void ring_mark(struct marking *k, const struct geojson_vertex *vertices, size_t n)
{
    int first = 0;
    int end = 0;
    ring_turns(vertices, n, &first, &end);
    for (int turn = first; turn < end; turn++) {
        const double shift = 360.0 * turn;
        for (size_t i = 1; i < n; i++) {
            const struct geojson_vertex a = {vertices[i - 1].lon + shift, vertices[i - 1].lat};
            const struct geojson_vertex b = {vertices[i].lon + shift, vertices[i].lat};
            edge_mark(k, a, b);
        }
    }
}

/* The rings of one polygon are in: now who is on which side of all of them. */
static void polygon_end(struct marking *k)
{
    const size_t n_lon = k->grid->n_lon;
    for (size_t row = k->reached.first; row < k->reached.end; row++) {
        uint8_t *turned = k->turned + row * (n_lon + 1);
        uint8_t inside = 0;
        for (size_t j = n_lon; j > 0; j--) {
            inside ^= turned[j];
            if (inside != 0) {
                point_mark(k, row, j - 1);
            }
        }
        memset(turned, 0, n_lon + 1);
    }
    k->reached = (struct rows){0, 0};
}

/* Finds where the columns begin again from 0, and lists their longitudes. */
static void columns_order(struct marking *k)
{
    const struct gaia_grid *grid = k->grid;
    for (size_t j = 1; j < grid->n_lon; j++) {
        k->start = grid->lon[j] < grid->lon[j - 1] ? j : k->start;
    }
    for (size_t j = 0; j < grid->n_lon; j++) {
        k->lon[j] = near_nothing(grid->lon[(j + k->start) % grid->n_lon]);
    }
}

gaia_status polygons_mark(const struct geojson *polygons, const char *what,
                          const struct gaia_grid *grid, double *m, gaia_error *err)
{
    struct marking k = {.grid = grid, .m = m};
    gaia_status status = GAIA_OK;
    if (cost_too_much(polygons, grid)) {
        return error_set(err, GAIA_FORMAT_UNSUPPORTED,
                         "%s: its rings cross too many rows of the grid of %zu x %zu points", what,
                         grid->n_lat, grid->n_lon);
    }
    k.lon = malloc(grid->n_lon * sizeof *k.lon);
    k.turned = calloc(grid->n_lat, grid->n_lon + 1);
    if (k.lon == NULL || k.turned == NULL) {
        status = error_memory(err, grid->n_lat * (grid->n_lon + 1));
        goto done;
    }
    columns_order(&k);
    memset(m, 0, grid->n_lat * grid->n_lon * sizeof *m);
    for (size_t i = 0; i < polygons->n_rings; i++) {
        const struct geojson_ring *ring = &polygons->rings[i];
        ring_mark(&k, polygons->vertices + ring->first, ring->n);
        if (is_ring_last(polygons, i)) {
            polygon_end(&k);
        }
    }
done:
    free(k.turned);
    free(k.lon);
    return status;
}
