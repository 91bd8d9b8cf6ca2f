/* SPDX-License-Identifier: MIT
 *
 * The CPU's sums of a tile: rows north to south, of each row its strips, of each strip the sums of
 * every forecast, and these into the regions while they are in the cache. Compiled once for each
 * instruction set (CPU_CODE names it).
 *
 * A forecast that is alone, and float32 like all that it is compared with, is summed where it lies
 * (cpu_plain.h). Else what forecasts share is decoded a row at a time, and one forecast after the
 * other is held against it (cpu_shared.h).
 *
 * A strip is summed as if nothing were missing; if then a sum of a forecast is not finite, that
 * forecast's strip is summed again with masks (cpu_masked.h).
 */
#include "cpu_tile.h"

#include <string.h>

#include "cpu_masked.h"
#include "cpu_plain.h"
#include "cpu_regions.h"
#include "cpu_segment.h"
#include "cpu_shared.h"

/* float64 rows of what forecasts share: truth, climatology, reference. */
enum shared_row { SHARED_O, SHARED_C, SHARED_R, SHARED_ROWS };

struct scratch {
    struct segment segment;
    struct masked_sums masked;
    struct truth_sums truth;
    struct forecast_sums forecasts[IN_STEP];
    _Alignas(64) double numbers[]; /* what struct group points to */
};

/* Some forecasts of a tile. */
struct group {
    const struct tile *tile;
    const struct gaia_field *forecasts;
    struct scratch *scratch;
    struct row_sums rows;
    double *truth_rows; /* [strips of the band][ROW_COUNT] */
    size_t stride;      /* of decoded rows */
    double *decoded;    /* [SHARED_ROWS][stride]: of the row that is summed */
    double *forecast;   /* [stride] */
};

/* A strip's points in the fields. */
struct span {
    size_t row;
    size_t column;
    size_t n;
    size_t strip;
    bool asks; /* for memory ahead: the row's whole strip does for all, where there is one */
};

/* ---- Rows of sums ---- */

/* The truth's part of a complete row: the same for every forecast. */
static void truth_merge(const struct tile *tile, const struct truth_sums *truth, size_t n,
                        double *row)
{
    double t[TRUTH_SUMS + VEC_LANES];
    if (tile->reference.data != NULL) {
        lanes_merge(truth->sum, TRUTH_SUMS, t);
    } else if (tile->climatology.data != NULL) {
        lanes_merge(truth->sum, TRUTH_RO, t);
    } else {
        lanes_merge(truth->sum, TRUTH_B, t);
    }
    memset(row, 0, ROW_COUNT * sizeof *row);
    row[ROW_ERROR_N] = (double)n;
    row[ROW_ERROR_O] = t[TRUTH_O];
    row[ROW_ERROR_O2] = t[TRUTH_O2];
    if (tile->climatology.data != NULL) {
        row[ROW_ANOMALY_N] = row[ROW_TRUTH_CLIMATOLOGY_N] = (double)n;
        row[ROW_ANOMALY_B] = row[ROW_TRUTH_CLIMATOLOGY_B] = t[TRUTH_B];
        row[ROW_ANOMALY_B2] = row[ROW_TRUTH_CLIMATOLOGY_B2] = t[TRUTH_B2];
    }
    if (tile->reference.data != NULL) {
        row[ROW_REFERENCE_N] = row[ROW_TRUTH_REFERENCE_N] = (double)n;
        row[ROW_TRUTH_REFERENCE_RO] = t[TRUTH_RO];
        row[ROW_TRUTH_REFERENCE_RO2] = row[ROW_REFERENCE_RO2] = t[TRUTH_RO2];
    }
}

/* Completes a row that holds the truth's sums by a forecast's. False if one of these is not finite:
 * then something may be missing. */
static bool forecast_merge(const struct tile *tile, const struct forecast_sums *s, double *row)
{
    bool finite = true;
    lanes_merge(s->sum, ROW_FORECAST_SUMS, row);
    for (size_t i = 0; i < ROW_FORECAST_SUMS; i += VEC_LANES) {
        finite = finite && vec_all(vec_finite(vec_load(row + i)));
    }
    if (tile->reference.data != NULL) {
        row[ROW_REFERENCE_D] = row[ROW_ERROR_D];
        row[ROW_REFERENCE_D2] = row[ROW_ERROR_D2];
    }
    row[ROW_FORECAST_MIN] = s->least + 0.0;
    row[ROW_FORECAST_MAX] = s->most + 0.0;
    return finite;
}

static void masked_sum(const struct group *g, const struct span *span,
                       const struct gaia_field *plane, size_t j)
{
    struct segment *s = &g->scratch->segment;
    struct masked_sums *sums = &g->scratch->masked;
    const size_t first = span->row * g->rows.layout->n_lon + span->column;
    masked_init(sums);
    for (size_t done = 0; done < span->n; done += SEGMENT) {
        const size_t n = span->n - done < SEGMENT ? span->n - done : SEGMENT;
        segment_decode(g->tile, &g->forecasts[j], first + done, n, s);
        segment_weigh(plane, first + done, s);
        masked_error(s, sums);
        if (g->tile->climatology.data != NULL) {
            masked_anomaly(s, sums);
        }
        if (g->tile->reference.data != NULL) {
            masked_reference(s, sums);
        }
    }
    masked_merge(sums, row_at(&g->rows, span->strip, j));
}

/* ---- What is asked for ---- */

/* How far ahead: not beyond the strip that comes next, unless the same row goes on there. */
static size_t span_ahead(const struct span *span, size_t gap)
{
    const size_t bytes = span->n * sizeof(float);
    return !span->asks ? 0 : gap > 0 && bytes < AHEAD_BYTES ? bytes : AHEAD_BYTES;
}

/* From the end of the span in one plain field to its beginning in another, so many rows later:
 * added to an address it may wrap around. */
static size_t span_gap(const struct group *g, const struct span *span,
                       const struct gaia_field *from, const struct gaia_field *to, size_t n_rows)
{
    const size_t row_bytes = g->rows.layout->n_lon * sizeof(float);
    return (uintptr_t)to->data - (uintptr_t)from->data + n_rows * row_bytes -
           span->n * sizeof(float);
}

/* How many forecasts from j on are summed in step: 0 if j must be decoded. */
static size_t in_step(const struct group *g, size_t j)
{
    size_t n = 0;
    while (n < IN_STEP && j + n < g->rows.n_forecasts && field_is_plain(&g->forecasts[j + n])) {
        n++;
    }
    return n == IN_STEP || n == 0 ? n : 1;
}

/* While the forecasts [j, j + n) are summed, each asks for one of those that follow, in this row or
 * the next; where fewer follow in step, the others ask for those after these. The gap of forecast
 * j + k. */
static size_t forecast_gap(const struct group *g, const struct span *span, size_t j, size_t n,
                           size_t k)
{
    const size_t n_forecasts = g->rows.n_forecasts;
    const size_t n_follow = in_step(g, (j + n) % n_forecasts);
    const size_t turn = j + n + k + (k < n_follow ? 0 : n_follow);
    const struct gaia_field *own = &g->forecasts[j + k];
    const struct gaia_field *next = &g->forecasts[turn % n_forecasts];
    return span_gap(g, span, own, field_is_plain(next) ? next : own, turn / n_forecasts);
}

/* The forecasts [j, j + n)'s share of the next row of a field that all are held against. */
static struct share share_of(const struct group *g, const struct span *span,
                             const struct gaia_field *field, size_t j, size_t n)
{
    const size_t n_lon = g->rows.layout->n_lon;
    const size_t n_lines = (n_lon + LINE_LANES - 1) / LINE_LANES;
    const size_t first = n_lines * j / g->rows.n_forecasts;
    if (span->n < n_lon || field->data == NULL || !field_is_plain(field)) {
        return (struct share){0, 0};
    }
    return (struct share){(uintptr_t)field_floats(field, (span->row + 1) * n_lon) +
                              first * LINE_BYTES,
                          n_lines * (j + n) / g->rows.n_forecasts - first};
}

/* ---- A forecast that is alone and plain ---- */

static bool all_plain(const struct group *g)
{
    const struct gaia_field *c = &g->tile->climatology;
    const struct gaia_field *r = &g->tile->reference;
    return g->rows.n_forecasts == 1 && field_is_plain(&g->forecasts[0]) &&
           field_is_plain(&g->tile->truth) && (c->data == NULL || field_is_plain(c)) &&
           (r->data == NULL || field_is_plain(r));
}

static void plain_sum(const struct group *g, const struct span *span)
{
    const struct tile *tile = g->tile;
    struct scratch *scratch = g->scratch;
    double *row = row_at(&g->rows, span->strip, 0);
    const size_t at = span->row * g->rows.layout->n_lon + span->column;
    const size_t gap = span_gap(g, span, &tile->truth, &tile->truth, 1);
    const struct plain_points p = {
        .f = field_floats(&g->forecasts[0], at),
        .o = field_floats(&tile->truth, at),
        .c = tile->climatology.data != NULL ? field_floats(&tile->climatology, at) : NULL,
        .r = tile->reference.data != NULL ? field_floats(&tile->reference, at) : NULL,
        .n = span->n,
        .ahead = span_ahead(span, gap),
        .gap = gap,
    };
    plain_points_add(&p, &scratch->forecasts[0], &scratch->truth);
    truth_merge(tile, &scratch->truth, span->n, row);
    if (!forecast_merge(tile, &scratch->forecasts[0], row)) {
        masked_sum(g, span, NULL, 0);
    }
}

/* ---- Forecasts against decoded rows ---- */

static struct shared_points shared_points(const struct group *g, const struct span *span)
{
    const bool has_c = g->tile->climatology.data != NULL;
    const bool has_r = g->tile->reference.data != NULL;
    const double *o = g->decoded + SHARED_O * g->stride + span->column;
    return (struct shared_points){
        .o = o,
        .c = has_c ? o + SHARED_C * g->stride : NULL,
        .r = has_r ? o + SHARED_R * g->stride : NULL,
        .n = span->n,
    };
}

static void row_decode(const struct group *g, size_t row)
{
    const struct tile *tile = g->tile;
    const size_t n_lon = g->rows.layout->n_lon;
    decode(&tile->truth, row * n_lon, n_lon, g->decoded + SHARED_O * g->stride);
    if (tile->climatology.data != NULL) {
        decode(&tile->climatology, row * n_lon, n_lon, g->decoded + SHARED_C * g->stride);
    }
    if (tile->reference.data != NULL) {
        decode(&tile->reference, row * n_lon, n_lon, g->decoded + SHARED_R * g->stride);
    }
}

/* The truth's sums of a strip, for every forecast. */
static void truth_sum(const struct group *g, const struct span *span)
{
    const struct shared_points p = shared_points(g, span);
    truth_add(&p, &g->scratch->truth);
    truth_merge(g->tile, &g->scratch->truth, span->n,
                g->truth_rows + (span->strip - g->rows.first_strip) * ROW_COUNT);
}

/* The forecasts from j on: n plain ones, or, if n is 0, one that is decoded. */
static void shared_sum(const struct group *g, const struct span *span, size_t j, size_t n)
{
    const struct shared_points p = shared_points(g, span);
    struct forecast_sums *sums = g->scratch->forecasts;
    struct forecast_points f = {.decoded = g->forecast + span->column};
    const size_t at = span->row * g->rows.layout->n_lon + span->column;
    for (size_t k = 0; k < n; k++) {
        f.plain[k] = field_floats(&g->forecasts[j + k], at);
        f.gap[k] = forecast_gap(g, span, j, n, k);
    }
    f.ahead = span_ahead(span, f.gap[0]);
    f.shares[0] = share_of(g, span, &g->tile->truth, j, n);
    f.shares[1] = share_of(g, span, &g->tile->climatology, j, n);
    f.shares[2] = share_of(g, span, &g->tile->reference, j, n);
    shared_points_add(n, &p, &f, sums);
    for (size_t k = 0; k < n || k == 0; k++) {
        double *row = row_at(&g->rows, span->strip, j + k);
        memcpy(row, g->truth_rows + (span->strip - g->rows.first_strip) * ROW_COUNT,
               ROW_COUNT * sizeof *row);
        if (!forecast_merge(g->tile, &sums[k], row)) {
            masked_sum(g, span, NULL, j + k);
        }
    }
}

/* ---- Tiles ---- */

/* What is done with the strips of a row. */
enum pass { PASS_PLAIN, PASS_TRUTH, PASS_SHARED };

static void strip_sum(const struct group *g, enum pass pass, const struct span *span, size_t j,
                      size_t n)
{
    switch (pass) {
    case PASS_PLAIN:
        plain_sum(g, span);
        break;
    case PASS_TRUTH:
        truth_sum(g, span);
        break;
    case PASS_SHARED:
        shared_sum(g, span, j, n);
        break;
    }
}

/* Whether one of the strips [first, end) is the whole row. */
static bool has_whole(const struct layout *layout, size_t first, size_t end)
{
    for (size_t k = first; k < end; k++) {
        const struct interval *in = &layout_intervals(layout)[layout_strips(layout)[k].interval];
        if (in->plane == LAYOUT_NO_PLANE && in->n_columns == layout->n_lon) {
            return true;
        }
    }
    return false;
}

/* One pass over the strips of a row; of PASS_SHARED for the forecasts from j on, n in step. */
static void row_sum(const struct group *g, enum pass pass, size_t i, size_t j, size_t n)
{
    const struct layout *layout = g->rows.layout;
    const size_t first = layout_row_strips(layout)[i];
    const size_t end = layout_row_strips(layout)[i + 1];
    const bool whole = has_whole(layout, first, end);
    for (size_t k = first; k < end; k++) {
        const struct interval *in = &layout_intervals(layout)[layout_strips(layout)[k].interval];
        const struct span span = {.row = i,
                                  .column = in->first_column,
                                  .n = in->n_columns,
                                  .strip = k,
                                  .asks = !whole || in->n_columns == layout->n_lon};
        if (in->plane == LAYOUT_NO_PLANE) {
            strip_sum(g, pass, &span, j, n);
            continue;
        }
        for (size_t l = j; pass != PASS_TRUTH && (l < j + n || l == j); l++) {
            masked_sum(g, &span, &layout_planes(layout)[in->plane], l);
        }
    }
}

/* A row of a forecast that is alone and plain. */
static void row_plain(const struct group *g, size_t i)
{
    row_sum(g, PASS_PLAIN, i, 0, 1);
    if (i + 1 == g->rows.end) {
        regions_add(&g->rows, 0, 1);
    }
}

/* A row: decodes what all forecasts share, then one forecast after the other. At the band's end
 * each is added to the regions in its turn: meanwhile what was asked for the next one comes. */
static void row_shared(const struct group *g, size_t i)
{
    const size_t n_lon = g->rows.layout->n_lon;
    size_t n_done = 0;
    row_decode(g, i);
    row_sum(g, PASS_TRUTH, i, 0, 0);
    for (size_t j = 0; j < g->rows.n_forecasts; j += n_done) {
        const size_t n = in_step(g, j);
        n_done = n > 0 ? n : 1;
        if (n == 0) {
            decode(&g->forecasts[j], i * n_lon, n_lon, g->forecast);
        }
        row_sum(g, PASS_SHARED, i, j, n);
        if (i + 1 == g->rows.end) {
            regions_add(&g->rows, j, j + n_done);
        }
    }
}

static void group_sum(struct group *g)
{
    struct row_sums *rows = &g->rows;
    const size_t n_lat = rows->layout->n_lat;
    const bool plain = all_plain(g);
    const size_t n_rows = band_rows(rows->n_forecasts);
    sums_init(rows);
    for (rows->first = 0; rows->first < n_lat; rows->first = rows->end) {
        const size_t left = n_lat - rows->first;
        rows->end = rows->first + (left < n_rows ? left : n_rows);
        rows->first_strip = layout_row_strips(rows->layout)[rows->first];
        for (size_t i = rows->first; i < rows->end; i++) {
            if (plain) {
                row_plain(g, i);
            } else {
                row_shared(g, i);
            }
        }
    }
    sums_finish(rows);
}

/* The most strips of BAND_UNIT rows, which begin at a multiple of them. */
static size_t unit_strips(const struct layout *layout)
{
    const uint32_t *row_strips = layout_row_strips(layout);
    size_t most = 0;
    for (size_t first = 0; first < layout->n_lat; first += BAND_UNIT) {
        const size_t left = layout->n_lat - first;
        const size_t end = first + (left < BAND_UNIT ? left : BAND_UNIT);
        const size_t n = row_strips[end] - row_strips[first];
        most = n > most ? n : most;
    }
    return most;
}

/* The sums of a band: of its strips so many for each forecast and for the truth. */
static size_t band_sums(const struct layout *layout, size_t n_forecasts)
{
    return unit_strips(layout) * (band_rows(n_forecasts) / BAND_UNIT) * n_forecasts * ROW_COUNT;
}

/* Most of them: with few forecasts the truth's are as many as theirs. */
static size_t band_sums_most(const struct layout *layout)
{
    size_t most = 0;
    for (size_t n = 1; n <= TOGETHER; n++) {
        const size_t sums = band_sums(layout, n) + band_sums(layout, n) / n;
        most = sums > most ? sums : most;
    }
    return most;
}

/* The length of a decoded row: whole lines of memory, and one more, so that fields do not all begin
 * at the same place of a cache. */
static size_t decoded_stride(const struct layout *layout)
{
    enum { LINE = LINE_BYTES / sizeof(double) };
    return (layout->n_lon + LINE - 1) / LINE * LINE + LINE;
}

static size_t scratch_bytes(const struct layout *layout)
{
    const size_t n = (SHARED_ROWS + 1) * decoded_stride(layout) + band_sums_most(layout);
    return sizeof(struct scratch) + n * sizeof(double);
}

static void tile_sum(const struct layout *layout, const struct tile *tile, void *memory,
                     double *sums)
{
    struct scratch *scratch = memory;
    const size_t stride = decoded_stride(layout);
    double *forecast = scratch->numbers + SHARED_ROWS * stride;
    double *rows = forecast + stride;
    memset(&scratch->truth, 0, sizeof scratch->truth);
    memset(scratch->forecasts, 0, sizeof scratch->forecasts);
    for (size_t j = 0; j < tile->n_forecasts; j += TOGETHER) {
        const size_t left = tile->n_forecasts - j;
        const size_t n = left < TOGETHER ? left : TOGETHER;
        struct group group = {
            .tile = tile,
            .forecasts = tile->forecasts + j,
            .scratch = scratch,
            .rows = {.layout = layout,
                     .n_forecasts = n,
                     .n_used = tile->reference.data != NULL ? ROW_COUNT : ROW_REFERENCE_D,
                     .rows = rows,
                     .sums = sums + j * layout_n_sums(layout)},
            .truth_rows = rows + band_sums(layout, n),
            .stride = stride,
            .decoded = scratch->numbers,
            .forecast = forecast,
        };
        group_sum(&group);
    }
}

#define CPU_TEXT_OF(x) #x
#define CPU_TEXT(x) CPU_TEXT_OF(x)
#define CPU_JOIN_OF(a, b) a##b
#define CPU_JOIN(a, b) CPU_JOIN_OF(a, b)

const struct cpu_code CPU_JOIN(cpu_code_, CPU_CODE) = {
    .instruction_set = CPU_TEXT(CPU_CODE),
    .scratch_bytes = scratch_bytes,
    .tile = tile_sum,
};
