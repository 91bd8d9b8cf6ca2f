/* SPDX-License-Identifier: MIT
 *
 * Regions, weightings and layouts of the benchmark's grid.
 *
 * The boxes are those that the scorecards of weather centres and WeatherBench2 use. A region of a
 * layout is consecutive rows, so the extratropics, both sides of the tropics, are two: they cost
 * what one region of as many rows would.
 */
#include "domain.h"

#include <math.h>
#include <stdlib.h>

#include "error.h"

enum { LON_RANGES = 2, BOXES_MAX = 16, INTERVALS_MAX = LON_RANGES * BOXES_MAX + 1 };

static const double PI = 3.14159265358979323846;

/* Bounds are inclusive; n_lon 0: all longitudes. */
struct box {
    double lat_min;
    double lat_max;
    unsigned n_lon;
    double lon[LON_RANGES][2];
};

static const struct box jobs_boxes[] = {
    {-90.0, 90.0, 0, {{0}}},                        /* global */
    {20.0, 90.0, 0, {{0}}},                         /* northern hemisphere */
    {-20.0, 20.0, 0, {{0}}},                        /* tropics */
    {-90.0, -20.0, 0, {{0}}},                       /* southern hemisphere */
    {35.0, 75.0, 2, {{0.0, 42.5}, {347.5, 360.0}}}, /* Europe */
};

static const struct box wide_boxes[] = {
    {-90.0, 90.0, 0, {{0}}},                        /* global */
    {-20.0, 20.0, 0, {{0}}},                        /* tropics */
    {20.0, 90.0, 0, {{0}}},                         /* extratropics, north */
    {-90.0, -20.0, 0, {{0}}},                       /* extratropics, south */
    {20.0, 90.0, 0, {{0}}},                         /* northern hemisphere */
    {-90.0, -20.0, 0, {{0}}},                       /* southern hemisphere */
    {60.0, 90.0, 0, {{0}}},                         /* Arctic */
    {-90.0, -60.0, 0, {{0}}},                       /* Antarctic */
    {35.0, 75.0, 2, {{0.0, 42.5}, {347.5, 360.0}}}, /* Europe */
    {25.0, 60.0, 1, {{240.0, 285.0}, {0}}},         /* North America */
    {25.0, 65.0, 1, {{290.0, 340.0}, {0}}},         /* North Atlantic */
    {25.0, 60.0, 1, {{145.0, 230.0}, {0}}},         /* North Pacific */
    {25.0, 60.0, 1, {{102.5, 150.0}, {0}}},         /* East Asia */
    {-45.0, -12.5, 1, {{120.0, 175.0}, {0}}},       /* Australia and New Zealand */
};

/* What a layout is made of, before it is one. */
struct pieces {
    size_t n_intervals;
    struct interval intervals[INTERVALS_MAX];
    size_t n_regions;
    struct region_spec regions[BOXES_MAX + 1];
    uint32_t parts[BOXES_MAX + 1][LON_RANGES];
};

static const struct box *boxes_of(enum region_choice regions, size_t *n)
{
    const bool wide = regions == REGIONS_THIRTEEN;
    *n = wide                        ? sizeof wide_boxes / sizeof *wide_boxes
         : regions == REGIONS_GLOBAL ? 1
         : regions == REGIONS_BANDS  ? 4
                                     : sizeof jobs_boxes / sizeof *jobs_boxes;
    return wide ? wide_boxes : jobs_boxes;
}

size_t region_count(enum region_choice regions)
{
    size_t n = 0;
    (void)boxes_of(regions, &n);
    return regions == REGIONS_THIRTEEN ? 13 : n;
}

static void weights_fill(struct domain *domain)
{
    const uint32_t n = domain->n_lat;
    const double *lat = domain->lat;
    for (uint32_t i = 0; i < n; i++) {
        const double north = i > 0 ? (lat[i - 1] + lat[i]) / 2 : 90.0;
        const double south = i + 1 < n ? (lat[i] + lat[i + 1]) / 2 : -90.0;
        const double middle = lat[i] * PI / 180;
        const double half = n > 1 ? PI / 2 / (n - 1) : PI / 2;
        domain->weights[0][i] = fmax(cos(middle), 0.0);
        domain->weights[1][i] = sin(north * PI / 180) - sin(south * PI / 180);
        domain->weights[2][i] =
            sin(fmin(middle + half, PI / 2)) - sin(fmax(middle - half, -PI / 2));
        domain->weights[3][i] = 1.0;
    }
}

gaia_status domain_make(uint32_t n_lat, uint32_t n_lon, struct domain *domain, gaia_error *err)
{
    *domain = (struct domain){.n_lat = n_lat, .n_lon = n_lon};
    domain->lat = malloc(n_lat * sizeof *domain->lat);
    bool good = domain->lat != NULL;
    for (size_t w = 0; w < BENCH_WEIGHTS_MAX; w++) {
        domain->weights[w] = malloc(n_lat * sizeof *domain->weights[w]);
        good = good && domain->weights[w] != NULL;
    }
    if (!good) {
        domain_free(domain);
        return error_memory(err, (1 + BENCH_WEIGHTS_MAX) * n_lat * sizeof(double));
    }
    for (uint32_t i = 0; i < n_lat; i++) {
        domain->lat[i] = n_lat > 1 ? 90.0 - 180.0 * i / (n_lat - 1) : 0.0;
    }
    weights_fill(domain);
    return GAIA_OK;
}

void domain_free(struct domain *domain)
{
    for (size_t w = 0; w < BENCH_WEIGHTS_MAX; w++) {
        free(domain->weights[w]);
    }
    free(domain->lat);
    *domain = (struct domain){0};
}

/* The interval of these columns, widened to the region's rows, or a new one. */
static uint32_t interval_use(struct pieces *p, uint32_t first_column, uint32_t n_columns,
                             const struct region_spec *region)
{
    uint32_t k = 0;
    while (k < p->n_intervals && (p->intervals[k].first_column != first_column ||
                                  p->intervals[k].n_columns != n_columns)) {
        k++;
    }
    struct interval *in = &p->intervals[k];
    if (k == p->n_intervals) {
        *in = (struct interval){first_column, n_columns, region->first_row, region->n_rows,
                                LAYOUT_NO_PLANE};
        p->n_intervals++;
        return k;
    }
    const uint32_t end = in->first_row + in->n_rows;
    const uint32_t region_end = region->first_row + region->n_rows;
    in->first_row = region->first_row < in->first_row ? region->first_row : in->first_row;
    in->n_rows = (region_end > end ? region_end : end) - in->first_row;
    return k;
}

static void box_add(const struct domain *domain, const struct box *box, struct pieces *p)
{
    static const double whole[2] = {0.0, 360.0};
    struct region_spec region = {.parts = p->parts[p->n_regions]};
    uint32_t *parts = p->parts[p->n_regions];
    for (uint32_t i = 0; i < domain->n_lat; i++) {
        if (domain->lat[i] >= box->lat_min && domain->lat[i] <= box->lat_max) {
            region.first_row = region.n_rows == 0 ? i : region.first_row;
            region.n_rows++;
        }
    }
    for (unsigned k = 0; region.n_rows > 0 && k < (box->n_lon > 0 ? box->n_lon : 1); k++) {
        const double *range = box->n_lon > 0 ? box->lon[k] : whole;
        uint32_t first = 0;
        uint32_t n = 0;
        for (uint32_t j = 0; j < domain->n_lon; j++) {
            const double lon = 360.0 * j / domain->n_lon;
            if (lon >= range[0] && lon <= range[1]) {
                first = n == 0 ? j : first;
                n++;
            }
        }
        if (n > 0) {
            parts[region.n_parts++] = interval_use(p, first, n, &region);
        }
    }
    if (region.n_parts > 0) {
        p->regions[p->n_regions++] = region;
    }
}

static void plane_add(const struct domain *domain, struct pieces *p)
{
    const uint32_t k = (uint32_t)p->n_intervals++;
    p->intervals[k] = (struct interval){0, domain->n_lon, 0, domain->n_lat, 0};
    p->parts[p->n_regions][0] = k;
    p->regions[p->n_regions] = (struct region_spec){0, domain->n_lat, 1, p->parts[p->n_regions]};
    p->n_regions++;
}

gaia_status domain_layout(const struct domain *domain, enum region_choice regions,
                          unsigned n_weights, const struct gaia_field *plane,
                          struct layout **layout, gaia_error *err)
{
    const double *weights[BENCH_WEIGHTS_MAX];
    struct pieces p = {0};
    size_t n_boxes = 0;
    size_t bytes = 0;
    const struct box *boxes = boxes_of(regions, &n_boxes);
    for (size_t i = 0; i < n_boxes; i++) {
        box_add(domain, &boxes[i], &p);
    }
    if (plane != NULL) {
        plane_add(domain, &p);
    }
    for (unsigned w = 0; w < n_weights; w++) {
        weights[w] = domain->weights[w];
    }
    const struct layout_spec spec = {
        .n_lat = domain->n_lat,
        .n_lon = domain->n_lon,
        .n_intervals = p.n_intervals,
        .intervals = p.intervals,
        .n_regions = p.n_regions,
        .regions = p.regions,
        .n_weights = n_weights,
        .weights = weights,
        .n_planes = plane != NULL ? 1 : 0,
        .planes = plane,
    };
    const gaia_status status = layout_measure(&spec, &bytes, err);
    if (status != GAIA_OK) {
        return status;
    }
    *layout = malloc(bytes);
    if (*layout == NULL) {
        return error_memory(err, bytes);
    }
    layout_make(&spec, *layout);
    return GAIA_OK;
}

double layout_share(const struct layout *layout, bool under_plane)
{
    double points = 0;
    for (uint32_t k = 0; k < layout->n_intervals; k++) {
        const struct interval *in = &layout_intervals(layout)[k];
        if ((in->plane != LAYOUT_NO_PLANE) == under_plane) {
            points += (double)in->n_columns * in->n_rows;
        }
    }
    return points / ((double)layout->n_lat * layout->n_lon);
}
