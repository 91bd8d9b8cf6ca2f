/* SPDX-License-Identifier: MIT
 *
 * Maps become blocks, blocks become text.
 *
 * Invariant: a map takes the memory of its blocks' text from the end of report_maps_add on, however
 * large its grid was.
 */
#include "report_maps.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gaia/time.h>

#include "arena.h"
#include "error.h"
#include "report_coarse.h"
#include "report_head.h"

enum { ROWS_MAX = 181, COLUMNS_MAX = 360, FACTOR_MAX = 6, CODE_NONE = 65535, CODE_MAX = 65534 };

/* Each map's is looked for among those that there are. */
enum { GRIDS_MAX = 1000 };

/* A grid of blocks, and the grid that it was made of. */
struct page_grid {
    struct gaia_grid grid;
    struct report_blocks blocks;
};

struct page_map {
    char *forecast;
    char *variable;
    double level;
    int64_t lead_time_s;
    json_t *about; /* all members but the indices */
};

struct report_maps {
    size_t n_rows_max;
    size_t n_columns_max;
    size_t n_blocks;
    size_t n_left_out;
    size_t n_lacking;
    size_t n_grids;
    size_t n_maps;
    size_t capacity;
    struct page_grid *grids;
    struct page_map *maps;
    struct arena arena; /* of axes and names */
};

gaia_status report_maps_open(size_t n_maps, struct report_maps **maps, gaia_error *err)
{
    struct report_maps *opened = calloc(1, sizeof *opened);
    size_t factor = 1;
    if (opened == NULL) {
        return error_memory(err, sizeof *opened);
    }
    while (factor < FACTOR_MAX &&
           n_maps > REPORT_MAP_BLOCKS_MAX / ((ROWS_MAX / factor + 1) * (COLUMNS_MAX / factor))) {
        factor++;
    }
    opened->n_rows_max = (ROWS_MAX - 1) / factor + 1;
    opened->n_columns_max = COLUMNS_MAX / factor;
    arena_init(&opened->arena, SIZE_MAX);
    *maps = opened;
    return GAIA_OK;
}

void report_maps_close(struct report_maps *maps)
{
    if (maps != NULL) {
        for (size_t i = 0; i < maps->n_maps; i++) {
            json_decref(maps->maps[i].about);
        }
        free(maps->maps);
        free(maps->grids);
        arena_fini(&maps->arena);
        free(maps);
    }
}

/* ---- Grids ---- */

static const double *axis_copy(struct report_maps *maps, const double *axis, size_t n)
{
    double *copy = arena_alloc(&maps->arena, n, sizeof *copy);
    if (copy != NULL) {
        memcpy(copy, axis, n * sizeof *copy);
    }
    return copy;
}

/* The index of the grid, added if it is new; GRIDS_MAX: there is no room for it. */
static gaia_status grid_find(struct report_maps *maps, const struct gaia_grid *grid, size_t *at,
                             gaia_error *err)
{
    for (*at = 0; *at < maps->n_grids; (*at)++) {
        if (map_grid_same(&maps->grids[*at].grid, grid)) {
            return GAIA_OK;
        }
    }
    if (*at == GRIDS_MAX) {
        return GAIA_OK;
    }
    struct page_grid *grown = realloc(maps->grids, (maps->n_grids + 1) * sizeof *grown);
    if (grown == NULL) {
        return error_memory(err, (maps->n_grids + 1) * sizeof *grown);
    }
    maps->grids = grown;
    struct page_grid *added = &grown[maps->n_grids];
    *added = (struct page_grid){.grid = {grid->n_lat, grid->n_lon,
                                         axis_copy(maps, grid->lat, grid->n_lat),
                                         axis_copy(maps, grid->lon, grid->n_lon)}};
    if (added->grid.lat == NULL || added->grid.lon == NULL) {
        return error_memory(err, (grid->n_lat + grid->n_lon) * sizeof(double));
    }
    const gaia_status status = report_blocks_make(grid, maps->n_rows_max, maps->n_columns_max,
                                                  &maps->arena, &added->blocks, err);
    maps->n_grids += status == GAIA_OK;
    return status;
}

/* ---- Maps ---- */

/* Six digits are enough for an eye, and never "-0". */
static json_t *number_make(double value)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%.6g", value + 0.0);
    return isfinite(value) ? json_real(strtod(text, NULL)) : json_null();
}

static json_t *extreme_make(const struct report_extreme *extreme)
{
    return json_pack("[o, o, o]", number_make(extreme->value), number_make(extreme->lat),
                     number_make(extreme->lon));
}

static void base64_append(struct text *out, const unsigned char *bytes, size_t n)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        const unsigned b = i + 1 < n ? bytes[i + 1] : 0;
        const unsigned c = i + 2 < n ? bytes[i + 2] : 0;
        const unsigned bits = (unsigned)bytes[i] << 16 | b << 8 | c;
        const char group[4] = {digits[bits >> 18 & 63], digits[bits >> 12 & 63],
                               i + 1 < n ? digits[bits >> 6 & 63] : '=',
                               i + 2 < n ? digits[bits & 63] : '='};
        text_append_n(out, group, sizeof group);
    }
}

/* The member of one measure; NULL when out of memory. */
static json_t *measure_make(const struct report_measured *measured, size_t n_blocks)
{
    double low = (double)INFINITY;
    double high = -(double)INFINITY;
    struct text data = {0};
    unsigned char *codes = malloc(2 * n_blocks);
    for (size_t i = 0; i < n_blocks; i++) {
        low = fmin(low, measured->values[i]); /* of NaN and a number the number */
        high = fmax(high, measured->values[i]);
    }
    const double width = high > low ? high - low : 1.0; /* a part of it may be too small a number */
    for (size_t i = 0; codes != NULL && i < n_blocks; i++) {
        const double value = measured->values[i];
        const unsigned code =
            isnan(value) ? CODE_NONE : (unsigned)lround((value - low) / width * CODE_MAX);
        codes[2 * i] = (unsigned char)(code & 255);
        codes[2 * i + 1] = (unsigned char)(code >> 8);
    }
    if (codes != NULL) {
        base64_append(&data, codes, 2 * n_blocks);
    }
    free(codes);
    json_t *made = data.length > 0 && !data.failed
                       ? json_pack("{s:o, s:o, s:o, s:o, s:o, s:s}", "low",
                                   isfinite(low) ? json_real(low) : json_null(), "high",
                                   isfinite(high) ? json_real(high) : json_null(), "mean",
                                   number_make(measured->mean), "min", extreme_make(&measured->low),
                                   "max", extreme_make(&measured->high), "data", data.s)
                       : NULL;
    text_fini(&data);
    return made;
}

/* What is told of a map besides where it lies on the page's axes; NULL when out of memory. */
static json_t *about_make(const struct map_head *head, size_t grid, size_t n_missing,
                          const struct report_measured *measured, size_t n_blocks)
{
    char first[GAIA_TIME_TEXT];
    char last[GAIA_TIME_TEXT];
    gaia_calendar_format(head->calendar, head->first_init_time_s, first);
    gaia_calendar_format(head->calendar, head->last_init_time_s, last);
    return json_pack("{s:s, s:I, s:s, s:s, s:[I, I], s:I, s:I, s:o, s:o}", "units", head->units,
                     "n_times", (json_int_t)head->n_times, "first", first, "last", last, "points",
                     (json_int_t)head->grid.n_lat, (json_int_t)head->grid.n_lon, "missing",
                     (json_int_t)n_missing, "grid", (json_int_t)grid, "mean_error",
                     measure_make(&measured[REPORT_MEAN_ERROR], n_blocks), "rmse",
                     measure_make(&measured[REPORT_RMSE], n_blocks));
}

static struct page_map *place_make(struct report_maps *maps)
{
    if (maps->n_maps == maps->capacity) {
        const size_t capacity = maps->capacity == 0 ? 16 : 2 * maps->capacity;
        struct page_map *grown = realloc(maps->maps, capacity * sizeof *grown);
        if (grown == NULL) {
            return NULL;
        }
        maps->maps = grown;
        maps->capacity = capacity;
    }
    return &maps->maps[maps->n_maps];
}

static gaia_status map_add(struct report_maps *maps, const struct map_head *head,
                           const double *planes, gaia_error *err)
{
    struct report_measured measured[REPORT_MEASURES];
    struct arena scratch;
    size_t grid = 0;
    size_t n_missing = 0;
    gaia_status status = grid_find(maps, &head->grid, &grid, err);
    if (status != GAIA_OK) {
        return status;
    }
    const struct report_blocks *blocks = grid < GRIDS_MAX ? &maps->grids[grid].blocks : NULL;
    const size_t n_blocks = blocks != NULL ? blocks->n_rows * blocks->n_columns : 0;
    if (blocks == NULL || maps->n_blocks + n_blocks > REPORT_MAP_BLOCKS_MAX) {
        maps->n_left_out++;
        return GAIA_OK;
    }
    arena_init(&scratch, SIZE_MAX);
    struct page_map *map = place_make(maps);
    status = report_blocks_fill(&head->grid, blocks, planes, &scratch, measured, &n_missing, err);
    if (status == GAIA_OK && map != NULL) {
        *map = (struct page_map){.forecast = arena_strdup(&maps->arena, head->forecast),
                                 .variable = arena_strdup(&maps->arena, head->variable),
                                 .level = head->level,
                                 .lead_time_s = head->lead_time_s,
                                 .about = about_make(head, grid, n_missing, measured, n_blocks)};
        maps->n_maps++;
        maps->n_blocks += n_blocks;
    }
    arena_fini(&scratch);
    if (status == GAIA_OK &&
        (map == NULL || map->forecast == NULL || map->variable == NULL || map->about == NULL)) {
        status = error_memory(err, n_blocks * sizeof(double));
    }
    return status;
}

gaia_status report_maps_add(struct report_maps *maps, const struct map_file *file, gaia_error *err)
{
    gaia_status status = GAIA_OK;
    for (size_t i = 0; status == GAIA_OK && i < map_file_count(file); i++) {
        const struct map_head *head = map_file_head(file, i);
        const size_t bytes = MAP_PLANES * head->grid.n_lat * head->grid.n_lon * sizeof(double);
        double *planes = malloc(bytes);
        status = planes != NULL ? map_file_read(file, i, planes, err) : error_memory(err, bytes);
        if (status == GAIA_OK) {
            status = map_add(maps, head, planes, err);
        }
        free(planes);
    }
    return status;
}

void report_maps_lack(struct report_maps *maps)
{
    maps->n_lacking++;
}

/* ---- The member ---- */

static json_t *edges_make(const double *edges, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        (void)json_array_append_new(list, number_make(edges[i]));
    }
    return list;
}

/* Where the map lies on the page; false: nowhere. */
static bool map_place(const struct report_axes *axes, const struct page_map *map, size_t *forecast,
                      struct report_place *place)
{
    const struct plan *plan = axes->plan;
    for (*forecast = 0; *forecast < plan->n_forecasts; (*forecast)++) {
        if (strcmp(plan->forecasts[*forecast].id, map->forecast) == 0) {
            return report_axes_find(axes, map->variable, map->level, map->lead_time_s,
                                    plan->regions[0], plan->weights[0], place);
        }
    }
    return false;
}

static void list_write(const struct report_maps *maps, const struct report_axes *axes,
                       struct text *out)
{
    const char *before = "";
    for (size_t i = 0; i < maps->n_maps; i++) {
        struct report_place place;
        size_t forecast = 0;
        if (map_place(axes, &maps->maps[i], &forecast, &place)) {
            char *about = json_dumps(maps->maps[i].about, JSON_COMPACT | JSON_REAL_PRECISION(12));
            text_printf(out, "%s\n{\"forecast\":%zu,\"variable\":%zu,\"level\":%zu,\"lead\":%zu,%s",
                        before, forecast, place.variable, place.level, place.lead,
                        about != NULL ? about + 1 : "}");
            out->failed = out->failed || about == NULL;
            free(about);
            before = ",";
        }
    }
}

static void warning_put(json_t *warnings, size_t n, const char *what)
{
    char text[128];
    if (n > 0) {
        (void)snprintf(text, sizeof text, "%zu error maps are %s.", n, what);
        (void)json_array_append_new(warnings, json_string(text));
    }
}

static json_t *grids_make(const struct report_maps *maps)
{
    json_t *grids = json_array();
    for (size_t i = 0; i < maps->n_grids; i++) {
        const struct report_blocks *blocks = &maps->grids[i].blocks;
        (void)json_array_append_new(
            grids, json_pack("{s:o, s:o}", "lat", edges_make(blocks->lat, blocks->n_rows + 1),
                             "lon", edges_make(blocks->lon, blocks->n_columns + 1)));
    }
    return grids;
}

void report_maps_write(const struct report_maps *maps, const struct report_axes *axes,
                       json_t *warnings, struct text *out)
{
    if (maps == NULL) {
        return;
    }
    if (maps->n_maps > 0) {
        json_t *grids = grids_make(maps);
        char *dumped = json_dumps(grids, JSON_COMPACT | JSON_REAL_PRECISION(8));
        text_printf(out, ",\n\"maps\":{\"grids\":%s,\"list\":[", dumped != NULL ? dumped : "");
        out->failed = out->failed || dumped == NULL;
        list_write(maps, axes, out);
        text_append(out, "]}");
        free(dumped);
        json_decref(grids);
    }
    warning_put(warnings, maps->n_left_out, "left out: the page would be too large");
    warning_put(warnings, maps->n_lacking, "lacking: their files are not there, or damaged");
}
