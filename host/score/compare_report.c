/* SPDX-License-Identifier: MIT
 *
 * Rows of a comparison as text. Every row is cells of text first: CSV and JSON write them at once,
 * the table keeps them until their widths are known.
 *
 * Invariant: numbers in CSV and JSON read back to the same float64; the table rounds.
 */
#include "compare_report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "arena.h"
#include "error.h"

enum { COLUMNS = 19, TABLE_COLUMNS = 14, HOUR_S = 3600, CELL_BYTES = 64 };

struct compare_report {
    enum report_format format;
    struct text *out;
    struct arena arena; /* of the table's cells */
    const char **cells; /* [n_rows][TABLE_COLUMNS] */
    size_t n_rows;
    size_t capacity;
    bool any;
};

static const char *const headings[COLUMNS] = {
    "forecast",      "against",   "variable",        "level",      "lead_hours",
    "region",        "weighting", "metric",          "n",          "n_lacking",
    "n_other_truth", "mean",      "mean_against",    "difference", "standard_error",
    "low_95",        "high_95",   "autocorrelation", "significant"};

gaia_status compare_report_open(enum report_format format, struct text *out,
                                struct compare_report **report, gaia_error *err)
{
    struct compare_report *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        return error_memory(err, sizeof *opened);
    }
    opened->format = format;
    opened->out = out;
    arena_init(&opened->arena, SIZE_MAX);
    if (format == REPORT_JSON) {
        text_append(out, "[");
    }
    for (int i = 0; format == REPORT_CSV && i < COLUMNS; i++) {
        text_printf(out, "%s%s", i > 0 ? "," : "", headings[i]);
    }
    text_append(out, format == REPORT_CSV ? "\n" : "");
    *report = opened;
    return GAIA_OK;
}

void compare_report_close(struct compare_report *report)
{
    if (report != NULL) {
        arena_fini(&report->arena);
        free(report->cells);
        free(report);
    }
}

/* The numbers of a row in the order of the headings; `significant` apart. */
static void row_numbers(const struct compare_row *row, double *number)
{
    const struct paired_stats *stats = &row->stats;
    const double numbers[] = {(double)stats->n,
                              (double)row->n_lacking,
                              (double)row->n_other_truth,
                              stats->mean_forecast,
                              stats->mean_against,
                              stats->difference,
                              stats->standard_error,
                              stats->low,
                              stats->high,
                              stats->autocorrelation};
    memcpy(number, numbers, sizeof numbers);
}

enum { NUMBERS = 10, FIRST_NUMBER = 8 };

static void csv_row(struct text *out, const struct compare_row *row)
{
    const char *const texts[] = {row->forecast, row->against, row->variable};
    const char *const names[] = {row->region, row->weighting, row->metric};
    double number[NUMBERS];
    char cell[TEXT_NUMBER];
    for (int i = 0; i < 3; i++) {
        text_csv(out, texts[i]);
        text_append(out, ",");
    }
    if (!isnan(row->level)) {
        number_format(row->level, cell);
        text_append(out, cell);
    }
    number_format((double)row->lead_time_s / HOUR_S, cell);
    text_printf(out, ",%s", cell);
    for (int i = 0; i < 3; i++) {
        text_append(out, ",");
        text_csv(out, names[i]);
    }
    row_numbers(row, number);
    for (int i = 0; i < NUMBERS; i++) {
        number_format(number[i], cell);
        text_printf(out, ",%s", cell);
    }
    text_append(out, row->stats.is_significant ? ",yes\n" : ",no\n");
}

/* JSON has no NaN: no value is null. */
static json_t *number_to_json(double value)
{
    return !isfinite(value)                              ? json_null()
           : value == floor(value) && fabs(value) < 1e15 ? json_integer((json_int_t)value)
                                                         : json_real(value);
}

static void json_row(struct compare_report *report, const struct compare_row *row)
{
    double number[NUMBERS];
    json_t *json = json_pack("{s:s, s:s, s:s, s:o, s:o, s:s, s:s, s:s}", headings[0], row->forecast,
                             headings[1], row->against, headings[2], row->variable, headings[3],
                             number_to_json(row->level), headings[4],
                             number_to_json((double)row->lead_time_s / HOUR_S), headings[5],
                             row->region, headings[6], row->weighting, headings[7], row->metric);
    row_numbers(row, number);
    bool good = json != NULL;
    for (int i = 0; good && i < NUMBERS; i++) {
        good =
            json_object_set_new(json, headings[FIRST_NUMBER + i], number_to_json(number[i])) == 0;
    }
    good = good && json_object_set_new(json, headings[COLUMNS - 1],
                                       json_boolean(row->stats.is_significant)) == 0;
    char *dumped = good ? json_dumps(json, JSON_COMPACT) : NULL;
    text_append(report->out, report->any ? ",\n " : "\n ");
    text_append(report->out, dumped != NULL ? dumped : "null");
    report->out->failed = report->out->failed || dumped == NULL;
    free(dumped);
    json_decref(json);
}

static void number_cell(double value, char *cell)
{
    (void)snprintf(cell, CELL_BYTES, isnan(value) ? "-" : "%.6g", value);
}

static void table_cells(struct compare_report *report, const char *const *cells)
{
    if (report->n_rows == report->capacity) {
        const size_t capacity = report->capacity == 0 ? 64 : 2 * report->capacity;
        const char **grown =
            realloc(report->cells, capacity * TABLE_COLUMNS * sizeof *report->cells);
        if (grown == NULL) {
            report->out->failed = true;
            return;
        }
        report->cells = grown;
        report->capacity = capacity;
    }
    for (int i = 0; i < TABLE_COLUMNS; i++) {
        char *copy = arena_strdup(&report->arena, cells[i]);
        if (copy != NULL) {
            (void)text_clean(copy);
        }
        report->out->failed = report->out->failed || copy == NULL;
        report->cells[report->n_rows * TABLE_COLUMNS + (size_t)i] = copy != NULL ? copy : "";
    }
    report->n_rows++;
}

static void table_row(struct compare_report *report, const struct compare_row *row)
{
    const struct paired_stats *stats = &row->stats;
    const double numbers[] = {row->level,          (double)row->lead_time_s / HOUR_S,
                              (double)stats->n,    stats->mean_forecast,
                              stats->mean_against, stats->difference,
                              stats->low,          stats->high};
    char cell[sizeof numbers / sizeof *numbers][CELL_BYTES];
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        number_cell(numbers[i], cell[i]);
    }
    const char *const cells[TABLE_COLUMNS] = {
        row->forecast, row->against, row->variable, cell[0], cell[1], row->region, row->weighting,
        row->metric,   cell[2],      cell[3],       cell[4], cell[5], cell[6],     cell[7]};
    const char *starred[TABLE_COLUMNS];
    char last[CELL_BYTES + 2];
    memcpy(starred, cells, sizeof cells);
    (void)snprintf(last, sizeof last, "%s%s", cell[7], stats->is_significant ? " *" : "  ");
    starred[TABLE_COLUMNS - 1] = last;
    table_cells(report, starred);
}

void compare_report_row(struct compare_report *report, const struct compare_row *row)
{
    switch (report->format) {
    case REPORT_CSV:
        csv_row(report->out, row);
        break;
    case REPORT_JSON:
        json_row(report, row);
        break;
    case REPORT_TABLE:
        table_row(report, row);
        break;
    }
    report->any = true;
}

static void table_line(struct text *out, const char *const *cells, const size_t *width)
{
    for (int i = 0; i < TABLE_COLUMNS; i++) {
        const bool left = i < 3 || (i >= 5 && i <= 7);
        text_printf(out, left ? "%s%-*s" : "%s%*s", i > 0 ? "  " : "", (int)width[i], cells[i]);
    }
    while (out->length > 0 && out->s[out->length - 1] == ' ') {
        out->length--;
    }
    text_append(out, "\n");
}

static void table_write(struct compare_report *report)
{
    static const char *const heads[TABLE_COLUMNS] = {
        "forecast", "against", "variable", "level",        "lead h",     "region",  "weights",
        "metric",   "n",       "mean",     "mean against", "difference", "low 95%", "high 95%  "};
    size_t width[TABLE_COLUMNS];
    for (size_t i = 0; i < TABLE_COLUMNS; i++) {
        width[i] = strlen(heads[i]);
        for (size_t row = 0; row < report->n_rows; row++) {
            const size_t length = strlen(report->cells[row * TABLE_COLUMNS + i]);
            width[i] = length > width[i] ? length : width[i];
        }
    }
    table_line(report->out, heads, width);
    for (size_t row = 0; row < report->n_rows; row++) {
        table_line(report->out, &report->cells[row * TABLE_COLUMNS], width);
    }
}

void compare_report_end(struct compare_report *report)
{
    if (report->format == REPORT_JSON) {
        text_append(report->out, report->any ? "\n]\n" : "]\n");
    } else if (report->format == REPORT_TABLE) {
        table_write(report);
    }
}
