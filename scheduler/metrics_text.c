/* SPDX-License-Identifier: MIT
 *
 * The text exposition of Prometheus (version 0.0.4) of what metrics.h counts. Called by a thread of
 * the HTTP API for each scrape; asks neither loop nor store.
 *
 * Invariant: the buckets of a histogram and its count are made from one reading of each number, so
 * that they agree with each other whatever is counted meanwhile.
 */
#include <inttypes.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "machine.h"
#include "metrics.h"

void metrics_escape(struct text *out, const char *s, bool is_label)
{
    for (; *s != '\0'; s++) {
        if (*s == '\\') {
            text_append(out, "\\\\");
        } else if (*s == '\n') {
            text_append(out, "\\n");
        } else if (*s == '"' && is_label) {
            text_append(out, "\\\"");
        } else {
            text_append_n(out, s, 1);
        }
    }
}

static void value_write(struct text *out, const struct metric_spec *spec, int64_t number)
{
    char digits[TEXT_NUMBER];
    if (spec->divisor <= 1) {
        text_printf(out, "%" PRId64, number);
        return;
    }
    number_format((double)number / (double)spec->divisor, digits);
    text_append(out, digits);
}

/* Appends the labels of a series: {a="b",le="c"}; le: NULL: there is none. */
static void labels_write(struct text *out, const struct metric_spec *spec, size_t i_series,
                         const char *le)
{
    const char *before = "{";
    size_t n_after = metric_n_series(spec);
    for (size_t i = 0; i < METRIC_LABELS && spec->labels[i].name != NULL; i++) {
        const struct metric_label *label = &spec->labels[i];
        n_after /= label->n_values;
        text_printf(out, "%s%s=\"", before, label->name);
        metrics_escape(out, label->values[i_series / n_after % label->n_values], true);
        text_append(out, "\"");
        before = ",";
    }
    if (le != NULL) {
        text_printf(out, "%sle=\"%s\"", before, le);
        before = ",";
    }
    text_append(out, *before == ',' ? "} " : " ");
}

static void histogram_write(struct text *out, const struct metric_spec *spec, size_t i_series,
                            const int64_t *numbers)
{
    int64_t count = 0;
    for (size_t i = 0; i <= spec->n_bounds; i++) {
        char bound[TEXT_NUMBER] = "+Inf";
        if (i < spec->n_bounds) {
            number_format((double)spec->bounds[i] / (double)spec->divisor, bound);
        }
        count += numbers[i];
        text_printf(out, "%s_bucket", spec->name);
        labels_write(out, spec, i_series, bound);
        text_printf(out, "%" PRId64 "\n", count);
    }
    text_printf(out, "%s_sum", spec->name);
    labels_write(out, spec, i_series, NULL);
    value_write(out, spec, numbers[spec->n_bounds + 1]);
    text_printf(out, "\n%s_count", spec->name);
    labels_write(out, spec, i_series, NULL);
    text_printf(out, "%" PRId64 "\n", count);
}

static void series_write(struct text *out, const struct metric_spec *spec, size_t i_series,
                         const int64_t *numbers)
{
    if (spec->type == METRIC_HISTOGRAM) {
        histogram_write(out, spec, i_series, numbers);
        return;
    }
    if (spec->is_optional && numbers[0] == METRIC_NONE) {
        return;
    }
    text_append(out, spec->name);
    labels_write(out, spec, i_series, NULL);
    value_write(out, spec, numbers[0]);
    text_append(out, "\n");
}

/* What is asked of the system at each scrape. */
static void process_measure(struct metrics *metrics)
{
    struct timespec used = {0};
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    metrics_set(metrics, METRIC_CPU, 0, (int64_t)used.tv_sec * 1000000 + used.tv_nsec / 1000);
    metrics_set(metrics, METRIC_RSS, 0, (int64_t)process_rss_bytes(getpid()));
}

/* Free is what is free to users; an unknown disk has no series. */
static void disk_measure(struct metrics *metrics)
{
    struct statvfs disk;
    const char *folder = metrics_disk(metrics);
    const bool is_known = folder != NULL && statvfs(folder, &disk) == 0;
    metrics_set(metrics, METRIC_DISK_FREE, 0,
                is_known ? (int64_t)(disk.f_bavail * disk.f_frsize) : METRIC_NONE);
    metrics_set(metrics, METRIC_DISK_SIZE, 0,
                is_known ? (int64_t)(disk.f_blocks * disk.f_frsize) : METRIC_NONE);
}

/* What the loop has set does not show what changes while it is at its turn: lag grows, and its
 * connection to the database is in use. */
static int64_t number_now(const struct metrics *metrics, enum metric metric, int64_t number,
                          int64_t busy_us, int64_t now_us)
{
    int64_t idle[METRIC_NUMBERS];
    if (busy_us == 0) {
        return number;
    }
    metrics_read(metrics, METRIC_DB_IDLE, 0, idle);
    return metric == METRIC_LAG && now_us - busy_us > number ? now_us - busy_us
           : metric == METRIC_DB_ACTIVE                      ? idle[0]
           : metric == METRIC_DB_IDLE                        ? 0
                                                             : number;
}

void metrics_write(struct metrics *metrics, int64_t now_us, struct text *out)
{
    int64_t numbers[METRIC_NUMBERS];
    const int64_t busy_us = metrics_busy_us(metrics);
    process_measure(metrics);
    disk_measure(metrics);
    for (size_t i = 0; i < METRIC_COUNT; i++) {
        const struct metric_spec *spec = &metric_specs()[i];
        text_printf(out, "# HELP %s ", spec->name);
        metrics_escape(out, spec->help, false);
        text_printf(out, "\n# TYPE %s %s\n", spec->name, metric_type_name(spec->type));
        for (size_t k = 0; k < metric_n_series(spec); k++) {
            metrics_read(metrics, (enum metric)i, k, numbers);
            numbers[0] = number_now(metrics, (enum metric)i, numbers[0], busy_us, now_us);
            series_write(out, spec, k, numbers);
        }
    }
}
