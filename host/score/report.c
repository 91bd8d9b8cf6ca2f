/* SPDX-License-Identifier: MIT
 *
 * Scores for people and programs: the CSV record, JSON rows, and a table that pivots metrics to
 * columns.
 *
 * The table is laid out once all rows are known (its columns are as wide as their widest cell); CSV
 * and JSON leave row by row.
 */
#include "report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <gaia/time.h>

#include "error.h"
#include "metric.h"

enum { LABEL_COLUMNS = 6, CELL_BYTES = 48, COLUMN_MAX = LABEL_COLUMNS + METRIC_COUNT };

struct table_row {
    char *label[LABEL_COLUMNS]; /* forecast, variable, level, lead, region, weighting */
    double value[METRIC_COUNT];
};

struct report {
    enum report_format format;
    struct text *out;
    bool any;
    uint64_t metrics; /* those seen */
    size_t columns;   /* of the window; 0: no bound */
    const char *heading_on;
    const char *heading_off;
    struct arena arena;
    struct table_row *rows;
    size_t n_rows;
    size_t capacity;
};

bool report_format_parse(const char *name, enum report_format *format)
{
    static const char *const names[] = {"table", "csv", "json"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i], name) == 0) {
            *format = (enum report_format)i;
            return true;
        }
    }
    return false;
}

gaia_status report_open(enum report_format format, struct text *out, struct report **report,
                        gaia_error *err)
{
    struct report *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        return error_memory(err, sizeof *opened);
    }
    opened->format = format;
    opened->out = out;
    opened->heading_on = "";
    opened->heading_off = "";
    arena_init(&opened->arena, SIZE_MAX);
    if (format == REPORT_CSV) {
        report_csv_header(out);
    } else if (format == REPORT_JSON) {
        text_append(out, "[");
    }
    *report = opened;
    return GAIA_OK;
}

void report_fit(struct report *report, size_t columns, const char *heading_on,
                const char *heading_off)
{
    report->columns = columns;
    report->heading_on = heading_on;
    report->heading_off = heading_off;
}

void report_close(struct report *report)
{
    if (report != NULL) {
        arena_fini(&report->arena);
        free(report->rows);
        free(report);
    }
}

static void json_text(struct text *out, const char *s)
{
    json_t *string = json_string(s);
    char *dumped = string != NULL ? json_dumps(string, JSON_ENCODE_ANY) : NULL;
    text_append(out, dumped != NULL ? dumped : "null");
    free(dumped);
    json_decref(string);
}

/* JSON has no NaN: no value is null. */
static void json_number(struct text *out, double value)
{
    char number[TEXT_NUMBER];
    number_format(value, number);
    text_append(out, isfinite(value) ? number : "null");
}

static void json_row(struct report *report, const struct gaia_score *score)
{
    struct text *out = report->out;
    char time[GAIA_TIME_TEXT];
    text_append(out, report->any ? ",\n {\"forecast\":" : "\n {\"forecast\":");
    json_text(out, score->forecast);
    text_append(out, ",\"variable\":");
    json_text(out, score->variable);
    text_append(out, ",\"level\":");
    json_number(out, score->level);
    text_append(out, ",\"lead_hours\":");
    json_number(out, (double)score->lead_time_s / 3600);
    gaia_calendar_format(score->calendar, score->init_time_s, time);
    text_printf(out, ",\"init_time\":\"%s\"", score->all_times ? "all" : time);
    gaia_calendar_format(score->calendar, score->valid_time_s, time);
    text_printf(out, ",\"valid_time\":\"%s\"", score->all_times ? "all" : time);
    text_append(out, ",\"region\":");
    json_text(out, score->region);
    text_append(out, ",\"weighting\":");
    json_text(out, score->weighting);
    text_append(out, ",\"metric\":");
    json_text(out, score->metric);
    text_append(out, ",\"value\":");
    json_number(out, score->value);
    text_append(out, "}");
}

static bool row_matches(const struct table_row *row, const char *const *label)
{
    for (int i = 0; i < LABEL_COLUMNS; i++) {
        if (strcmp(row->label[i], label[i]) != 0) {
            return false;
        }
    }
    return true;
}

/* Adds a row with copies of the labels; NULL when out of memory. */
static struct table_row *row_add(struct report *report, const char *const *label)
{
    if (report->n_rows == report->capacity) {
        const size_t capacity = report->capacity == 0 ? 64 : 2 * report->capacity;
        struct table_row *rows = realloc(report->rows, capacity * sizeof *rows);
        if (rows == NULL) {
            return NULL;
        }
        report->rows = rows;
        report->capacity = capacity;
    }
    struct table_row *row = &report->rows[report->n_rows];
    for (int i = 0; i < LABEL_COLUMNS; i++) {
        row->label[i] = arena_strdup(&report->arena, label[i]);
        if (row->label[i] == NULL) {
            return NULL;
        }
    }
    for (int i = 0; i < METRIC_COUNT; i++) {
        row->value[i] = (double)NAN;
    }
    report->n_rows++;
    return row;
}

static void table_row_take(struct report *report, const struct gaia_score *score)
{
    char level[TEXT_NUMBER] = "-";
    char lead[TEXT_NUMBER + 2];
    enum metric metric = METRIC_COUNT;
    if (!score->all_times || !metric_find(score->metric, &metric)) {
        return;
    }
    if (!isnan(score->level)) {
        number_format(score->level, level);
    }
    number_format((double)score->lead_time_s / 3600, lead);
    const char *const label[LABEL_COLUMNS] = {score->forecast, score->variable, level, lead,
                                              score->region,   score->weighting};
    struct table_row *row = report->n_rows > 0 ? &report->rows[report->n_rows - 1] : NULL;
    if (row == NULL || !row_matches(row, label)) {
        row = row_add(report, label);
    }
    if (row == NULL) {
        report->out->failed = true;
        return;
    }
    row->value[metric] = score->value;
    report->metrics |= UINT64_C(1) << metric;
}

void report_row(struct report *report, const struct gaia_score *score)
{
    switch (report->format) {
    case REPORT_CSV:
        report_csv_row(report->out, score);
        break;
    case REPORT_JSON:
        json_row(report, score);
        break;
    case REPORT_TABLE:
        table_row_take(report, score);
        break;
    }
    report->any = true;
}

/* The text of one cell: row NULL is the heading. */
static void cell_text(const struct table_row *row, size_t column, char *cell)
{
    static const char *const headings[LABEL_COLUMNS] = {"forecast", "variable", "level",
                                                        "lead h",   "region",   "weights"};
    if (column < LABEL_COLUMNS) {
        (void)snprintf(cell, CELL_BYTES, "%s", row != NULL ? row->label[column] : headings[column]);
        (void)text_clean(cell);
        return;
    }
    const enum metric metric = (enum metric)(column - LABEL_COLUMNS);
    if (row == NULL) {
        (void)snprintf(cell, CELL_BYTES, "%s", metric_describe(metric)->name);
    } else if (isnan(row->value[metric])) {
        (void)snprintf(cell, CELL_BYTES, "-");
    } else {
        (void)snprintf(cell, CELL_BYTES, "%.6g", row->value[metric]);
    }
}

static bool column_shown(const struct report *report, size_t column)
{
    return column < LABEL_COLUMNS || (report->metrics >> (column - LABEL_COLUMNS) & 1) != 0;
}

/* Columns [first, end) that are shown of the metrics, behind the labels. */
static void table_line(struct report *report, const struct table_row *row, const size_t *width,
                       size_t first, size_t end)
{
    char cell[CELL_BYTES];
    const char *gap = "";
    for (size_t column = 0; column < end; column++) {
        if (column < LABEL_COLUMNS || (column >= first && column_shown(report, column))) {
            cell_text(row, column, cell);
            const bool left = column < 2 || column == 4 || column == 5;
            text_printf(report->out, left ? "%s%-*s" : "%s%*s", gap, (int)width[column], cell);
            gap = "  ";
        }
    }
}

/* The labels with those metrics, a line each row. */
static void block_write(struct report *report, const size_t *width, size_t first, size_t end)
{
    text_append(report->out, report->heading_on);
    table_line(report, NULL, width, first, end);
    text_printf(report->out, "%s\n", report->heading_off);
    for (size_t i = 0; i < report->n_rows; i++) {
        table_line(report, &report->rows[i], width, first, end);
        text_append(report->out, "\n");
    }
}

/* How wide the widest cell of each column is. */
static void widths_measure(const struct report *report, size_t *width)
{
    char cell[CELL_BYTES];
    for (size_t column = 0; column < COLUMN_MAX; column++) {
        cell_text(NULL, column, cell);
        width[column] = strlen(cell);
        for (size_t i = 0; i < report->n_rows; i++) {
            cell_text(&report->rows[i], column, cell);
            width[column] = strlen(cell) > width[column] ? strlen(cell) : width[column];
        }
    }
}

/* As many metrics side by side as fit, at least one; the others below, behind the labels again. */
static void table_write(struct report *report)
{
    size_t width[COLUMN_MAX] = {0};
    size_t labels = 0;
    size_t used = 0;
    size_t first = LABEL_COLUMNS;
    widths_measure(report, width);
    for (size_t column = 0; column < LABEL_COLUMNS; column++) {
        labels += width[column] + (column > 0 ? 2 : 0);
    }
    used = labels;
    for (size_t column = LABEL_COLUMNS; column < COLUMN_MAX; column++) {
        if (!column_shown(report, column)) {
            continue;
        }
        used += 2 + width[column];
        if (report->columns > 0 && used > report->columns && used > labels + 2 + width[column]) {
            block_write(report, width, first, column);
            text_append(report->out, "\n");
            first = column;
            used = labels + 2 + width[column];
        }
    }
    block_write(report, width, first, COLUMN_MAX);
}

void report_end(struct report *report)
{
    if (report->format == REPORT_JSON) {
        text_append(report->out, report->any ? "\n]\n" : "]\n");
    } else if (report->format == REPORT_TABLE) {
        table_write(report);
    }
}
