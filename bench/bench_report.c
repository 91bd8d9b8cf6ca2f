/* SPDX-License-Identifier: MIT
 *
 * From timings to figures, and the table.
 *
 * Invariant: shares are of limits of the same run; what was not measured is a dash, never a guess.
 */
#include "bench_report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double GIGA = 1e9;
static const double MEGA = 1e6;
static const double MILLI = 1e-3;

const char *dtype_name(enum gaia_dtype dtype)
{
    return dtype == GAIA_FLOAT32 ? "float32" : dtype == GAIA_FLOAT64 ? "float64" : "int16";
}

const char *build_commit(void)
{
#if defined(GAIA_COMMIT)
    return GAIA_COMMIT;
#else
    return NULL;
#endif
}

void processor_name(char *out, size_t out_bytes)
{
    FILE *file = fopen("/proc/cpuinfo", "r");
    char line[512];
    (void)snprintf(out, out_bytes, "unknown");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        const char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) == 0 && colon != NULL) {
            line[strcspn(line, "\n")] = '\0';
            (void)snprintf(out, out_bytes, "%s", colon + strspn(colon, ": \t"));
            (void)text_clean(out);
            break;
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
}

/* ---- Figures ---- */

/* The bandwidth that sets the case's floor: on a GPU the better of reading and copying; a limit
 * that was not measured is NaN. */
static double floor_bandwidth(const struct bench_case *c, double read, double copy, double upload)
{
    return c->from_host ? upload : fmax(read, copy);
}

/* The middle of the rounds' own shares of the floor: each round's limits against its timing, for
 * machines that are busy for longer than a round. */
static double share_median(const struct report *report, const struct bench_case *c)
{
    const struct limits *limits = report->limits;
    double shares[BENCH_ROUNDS_MAX];
    const size_t n = c->n_rounds < limits->n_rounds ? c->n_rounds : limits->n_rounds;
    for (size_t i = 0; i < n; i++) {
        const double bandwidth =
            floor_bandwidth(c, limits->rates[LIMIT_READ][i], limits->rates[LIMIT_COPY][i],
                            limits->rates[LIMIT_UPLOAD][i]);
        const double memory_s = c->bytes / bandwidth;
        const double arithmetic_s =
            c->points * operations_total(&c->operations) / limits->rates[LIMIT_FLOAT64][i];
        if (isnan(memory_s) || isnan(arithmetic_s)) {
            return (double)NAN;
        }
        shares[i] = fmax(memory_s, arithmetic_s) / c->seconds[i];
    }
    return timings_median(shares, n);
}

void outcome_make(const struct report *report, const struct bench_case *c, struct outcome *outcome)
{
    const struct limits *limits = report->limits;
    const double seconds = timings_best(c->seconds, c->n_rounds);
    const double read = limit_best(limits, LIMIT_READ);
    const double copy = limit_best(limits, LIMIT_COPY);
    const double upload = limit_best(limits, LIMIT_UPLOAD);
    const double bandwidth = c->from_host ? upload : report->rig->on_gpu ? copy : read;
    const double rate = limit_best(limits, LIMIT_FLOAT64);
    const double memory_s = c->bytes / floor_bandwidth(c, read, copy, upload);
    const double arithmetic_s = c->points * operations_total(&c->operations) / rate;
    const double floor_s =
        isnan(memory_s) || isnan(arithmetic_s) ? (double)NAN : fmax(memory_s, arithmetic_s);
    *outcome = (struct outcome){
        .seconds = seconds,
        .median_seconds = timings_median(c->seconds, c->n_rounds),
        .gb_per_s = c->bytes / seconds / GIGA,
        .points_per_s = c->points / seconds,
        .memory_s = memory_s,
        .arithmetic_s = arithmetic_s,
        .floor_seconds = floor_s,
        .share_of_floor = floor_s / seconds,
        .share_of_bandwidth = c->bytes / bandwidth / seconds,
        .share_of_floor_median = share_median(report, c),
    };
    for (size_t i = 0; i < c->n_rounds; i++) {
        if (c->seconds[i] <= seconds) {
            outcome->stages = c->stages[i];
        }
    }
}

static const struct bench_case *case_find(const struct report *report, const char *name)
{
    for (size_t i = 0; i < report->n_cases; i++) {
        if (strcmp(report->cases[i].name, name) == 0) {
            return &report->cases[i];
        }
    }
    return NULL;
}

size_t comparisons_make(const struct report *report, char (*names)[COMPARISON_NAME],
                        struct comparison *comparisons)
{
    static const char *const pairs[][2] = {
        {"missing", "single"},   {"single", "global"}, {"bands", "global"},
        {"regions13", "global"}, {"error", "single"},  {"reference", "single"},
        {"plane", "single"},     {"int16", "single"},  {"float64", "single"}};
    size_t n = 0;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        const struct bench_case *a = case_find(report, pairs[i][0]);
        const struct bench_case *b = case_find(report, pairs[i][1]);
        if (a != NULL && b != NULL) {
            const double per_point_a = timings_best(a->seconds, a->n_rounds) / a->points;
            const double per_point_b = timings_best(b->seconds, b->n_rounds) / b->points;
            (void)snprintf(names[n], COMPARISON_NAME, "%s / %s", a->name, b->name);
            comparisons[n] = (struct comparison){names[n], "seconds", per_point_a / per_point_b};
            n++;
        }
    }
    const struct bench_case *single = case_find(report, "single");
    for (size_t i = 0; single != NULL && i < report->n_cases && n < COMPARISONS_MAX; i++) {
        const struct bench_case *c = &report->cases[i];
        if (strncmp(c->name, "forecasts", 9) == 0) {
            const double rate = c->points / timings_best(c->seconds, c->n_rounds);
            const double of_single =
                single->points / timings_best(single->seconds, single->n_rounds);
            (void)snprintf(names[n], COMPARISON_NAME, "%s / single", c->name);
            comparisons[n] = (struct comparison){names[n], "points_per_s", rate / of_single};
            n++;
        }
    }
    return n;
}

/* ---- The table ---- */

static void cell(struct text *out, int width, int digits, double value)
{
    if (isfinite(value)) {
        text_printf(out, " %*.*f", width, digits, value);
    } else {
        text_printf(out, " %*s", width, "-");
    }
}

static void head_print(const struct report *report, struct text *out)
{
    const struct bench_options *options = report->options;
    char processor[96];
    const char *commit = build_commit();
    processor_name(processor, sizeof processor);
    text_printf(out, "%s: %s, %u threads; %u x %u points; %u weightings; best of %zu rounds\n",
                report->rig->ops->name, report->rig->ops->device(report->rig->backend),
                options->n_threads, options->n_lat, options->n_lon, options->n_weights,
                report->n_rounds);
    text_printf(out, "%.60s; gaia %s%s%.20s; compiler %.40s\n", processor, gaia_version(),
                commit != NULL ? ", " : "", commit != NULL ? commit : "", __VERSION__);
    for (size_t i = 0; i < report->n_notes; i++) {
        text_printf(out, "note: %s\n", report->notes[i]);
    }
}

static void limits_print(const struct report *report, struct text *out)
{
    static const struct {
        enum limit limit;
        const char *name;
        const char *unit;
    } rows[] = {{LIMIT_READ, "read bandwidth", "GB/s"},
                {LIMIT_COPY, "copy bandwidth, read + written", "GB/s"},
                {LIMIT_UPLOAD, "upload from pinned memory", "GB/s"},
                {LIMIT_FLOAT64, "float64 additions and fma's", "1e9/s"}};
    text_printf(out, "\n%-32s %10s %10s\n", "limit", "best", "median");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const double best = limit_best(report->limits, rows[i].limit);
        if (isfinite(best)) {
            text_printf(out, "%-32s", rows[i].name);
            cell(out, 10, 1, best / GIGA);
            cell(out, 10, 1, limit_median(report->limits, rows[i].limit) / GIGA);
            text_printf(out, " %s\n", rows[i].unit);
        }
    }
}

static void cases_print(const struct report *report, struct text *out)
{
    text_printf(out, "\n%-28s %5s %-7s %4s %8s %9s %9s %9s %6s %6s\n", "case", "fcsts", "dtype",
                "regs", "GB/s", "Mpoint/s", "ms", "floor ms", "/floor", "/bandw");
    for (size_t i = 0; i < report->n_cases; i++) {
        const struct bench_case *c = &report->cases[i];
        struct outcome o;
        outcome_make(report, c, &o);
        text_printf(out, "%-28.28s %5zu %-7s %4u", c->name, c->n_forecasts, dtype_name(c->dtype),
                    c->layout->n_regions);
        cell(out, 8, 1, o.gb_per_s);
        cell(out, 9, 0, o.points_per_s / MEGA);
        cell(out, 9, 3, o.seconds / MILLI);
        cell(out, 9, 3, o.floor_seconds / MILLI);
        cell(out, 6, 2, o.share_of_floor);
        cell(out, 6, 2, o.share_of_bandwidth);
        text_append(out, "\n");
    }
}

/* A backend that has no such stage says 0. */
static double told(double seconds)
{
    return seconds > 0 ? seconds / MILLI : (double)NAN;
}

static void stages_print(const struct report *report, struct text *out)
{
    text_printf(out, "\n%-28s %9s %9s %9s %9s %9s %9s\n", "ms by stage, of a pass", "read",
                "decode", "upload", "kernel", "download", "reduce");
    for (size_t i = 0; i < report->n_cases; i++) {
        struct outcome o;
        outcome_make(report, &report->cases[i], &o);
        text_printf(out, "%-28.28s", report->cases[i].name);
        cell(out, 9, 3, 0.0);
        cell(out, 9, 3, 0.0);
        cell(out, 9, 3, told(o.stages.upload_s));
        cell(out, 9, 3, told(o.stages.kernel_s));
        cell(out, 9, 3, told(o.stages.download_s));
        cell(out, 9, 3, (double)NAN);
        text_append(out, "\n");
    }
    text_append(out, "reduce is part of the kernel; a dash is what the backend does not tell\n");
}

static void comparisons_print(const struct report *report, struct text *out)
{
    char names[COMPARISONS_MAX][COMPARISON_NAME];
    struct comparison comparisons[COMPARISONS_MAX];
    const size_t n = comparisons_make(report, names, comparisons);
    if (n > 0) {
        text_printf(out, "\n%-28s %9s\n", "a point's cost", "ratio");
    }
    for (size_t i = 0; i < n; i++) {
        text_printf(out, "%-28.28s", comparisons[i].name);
        cell(out, 9, 3, comparisons[i].ratio);
        text_printf(out, " of %s\n", comparisons[i].what);
    }
}

static void peers_print(const struct report *report, struct text *out)
{
    struct outcome single;
    if (report->peers == NULL) {
        return;
    }
    outcome_make(report, report->peers->c, &single);
    const double points = (double)report->options->n_lat * report->options->n_lon;
    text_printf(out, "\n%-8s %-24s %-6s %7s %9s %12s %11s\n", "peer", "version", "device",
                "threads", "Mpoint/s", "gaia/peer", "difference");
    for (int i = 0; i < PEER_COUNT; i++) {
        const struct peer *peer = &report->peers->peers[i];
        if (!peer->available) {
            text_printf(out, "%-8s absent: %.80s\n", peer->name, peer->why_not);
            continue;
        }
        const double rate =
            points * (double)peer->n_fields / timings_best(peer->seconds, peer->n_rounds);
        text_printf(out, "%-8s %-24.24s %-6.6s %7u", peer->name, peer->version, peer->device,
                    peer->n_threads);
        cell(out, 9, 0, rate / MEGA);
        cell(out, 12, 2, single.points_per_s / rate);
        text_printf(out, " %11.1e%s\n", peer->difference,
                    peer->difference <= PEER_TOLERANCE ? "" : "  DISAGREES");
    }
}

void report_table(const struct report *report, struct text *out)
{
    head_print(report, out);
    limits_print(report, out);
    cases_print(report, out);
    stages_print(report, out);
    comparisons_print(report, out);
    peers_print(report, out);
}
