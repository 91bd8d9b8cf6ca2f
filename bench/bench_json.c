/* SPDX-License-Identifier: MIT
 *
 * The report as one JSON object, written without a library so that it builds where there is none.
 *
 * Invariant: strictly JSON: what is not a finite number is null, text is escaped.
 */
#include <math.h>
#include <stdbool.h>
#include <unistd.h>

#include <gaia/time.h>

#include "clock.h"
#include "bench_report.h"

#define GIGA 1e9

static void name_put(struct text *out, const char *name)
{
    const bool first = out->length > 0 && (out->s[out->length - 1] == '{');
    text_printf(out, "%s\"%s\": ", first ? "" : ", ", name);
}

static void number_put(struct text *out, const char *name, double value)
{
    char number[TEXT_NUMBER] = "null";
    if (isfinite(value)) {
        number_format(value, number);
    }
    name_put(out, name);
    text_append(out, number);
}

static void count_put(struct text *out, const char *name, size_t value)
{
    name_put(out, name);
    text_printf(out, "%zu", value);
}

static void flag_put(struct text *out, const char *name, bool value)
{
    name_put(out, name);
    text_append(out, value ? "true" : "false");
}

static void quoted_append(struct text *out, const char *s)
{
    text_append(out, "\"");
    for (; *s != '\0'; s++) {
        if (*s == '"' || *s == '\\') {
            text_printf(out, "\\%c", *s);
        } else if ((unsigned char)*s < ' ') {
            text_printf(out, "\\u%04x", (unsigned)(unsigned char)*s);
        } else {
            text_append_n(out, s, 1);
        }
    }
    text_append(out, "\"");
}

static void text_put(struct text *out, const char *name, const char *value)
{
    name_put(out, name);
    if (value == NULL) {
        text_append(out, "null");
    } else {
        quoted_append(out, value);
    }
}

static void machine_put(const struct report *report, struct text *out)
{
    const struct rig *rig = report->rig;
    char processor[128];
    char now[GAIA_TIME_TEXT];
    processor_name(processor, sizeof processor);
    gaia_time_format(clock_realtime_ms() / 1000, now);
    name_put(out, "machine");
    text_append(out, "{");
    text_put(out, "cpu", processor);
    count_put(out, "cores", (size_t)sysconf(_SC_NPROCESSORS_ONLN));
    text_put(out, "backend", rig->ops->name);
    text_put(out, "device", rig->on_gpu ? rig->ops->device(rig->backend) : processor);
    text_put(out, "instruction_set", rig->on_gpu ? NULL : rig->ops->device(rig->backend));
    text_put(out, "compiler", __VERSION__);
    text_put(out, "version", gaia_version());
    text_put(out, "commit", build_commit());
    text_put(out, "date", now);
    if (report->limits->device_ops != NULL) {
        int driver = 0;
        int runtime = 0;
        report->limits->device_ops->versions(&driver, &runtime);
        number_put(out, "cuda_driver", driver);
        number_put(out, "cuda_runtime", runtime);
    }
    text_append(out, "}");
}

static void settings_put(const struct report *report, struct text *out)
{
    const struct bench_options *options = report->options;
    name_put(out, "settings");
    text_append(out, "{");
    count_put(out, "n_lat", options->n_lat);
    count_put(out, "n_lon", options->n_lon);
    count_put(out, "threads", options->n_threads);
    count_put(out, "weightings", options->n_weights);
    number_put(out, "missing", options->missing);
    count_put(out, "rounds", report->n_rounds);
    number_put(out, "seconds", report->seconds);
    text_append(out, "}");
}

static void limits_put(const struct report *report, struct text *out)
{
    static const struct {
        enum limit limit;
        double unit;
        const char *best;
        const char *median;
    } rows[] = {
        {LIMIT_READ, GIGA, "read_gb_per_s", "read_gb_per_s_median"},
        {LIMIT_COPY, GIGA, "copy_gb_per_s", "copy_gb_per_s_median"},
        {LIMIT_UPLOAD, GIGA, "upload_gb_per_s", "upload_gb_per_s_median"},
        {LIMIT_FLOAT64, 1, "float64_per_s", "float64_per_s_median"},
    };
    name_put(out, "limits");
    text_append(out, "{");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        number_put(out, rows[i].best, limit_best(report->limits, rows[i].limit) / rows[i].unit);
        number_put(out, rows[i].median, limit_median(report->limits, rows[i].limit) / rows[i].unit);
    }
    text_append(out, "}");
}

static void operations_put(const struct bench_case *c, struct text *out)
{
    name_put(out, "operations_per_point");
    text_append(out, "{");
    number_put(out, "subtractions", c->operations.subtractions);
    number_put(out, "additions", c->operations.additions);
    number_put(out, "multiplications", c->operations.multiplications);
    number_put(out, "fmas", c->operations.fmas);
    number_put(out, "in_floor", operations_total(&c->operations));
    number_put(out, "conversions_not_in_floor", c->operations.conversions);
    text_append(out, "}");
}

static void stages_put(const struct stages *stages, struct text *out)
{
    name_put(out, "stages");
    text_append(out, "{");
    number_put(out, "read", 0.0);
    number_put(out, "decode", 0.0);
    number_put(out, "upload", stages->upload_s > 0 ? stages->upload_s : (double)NAN);
    number_put(out, "kernel", stages->kernel_s > 0 ? stages->kernel_s : (double)NAN);
    number_put(out, "download", stages->download_s > 0 ? stages->download_s : (double)NAN);
    number_put(out, "reduce", (double)NAN);
    text_append(out, "}");
}

static void case_put(const struct report *report, const struct bench_case *c, struct text *out)
{
    struct outcome o;
    outcome_make(report, c, &o);
    text_append(out, "{");
    text_put(out, "name", c->name);
    count_put(out, "forecasts", c->n_forecasts);
    text_put(out, "dtype", dtype_name(c->dtype));
    count_put(out, "regions", region_count(c->regions));
    count_put(out, "layout_regions", c->layout->n_regions);
    flag_put(out, "climatology", c->climatology);
    flag_put(out, "reference", c->reference);
    flag_put(out, "plane", c->plane);
    number_put(out, "missing_rows", c->missing ? report->options->missing : 0.0);
    flag_put(out, "from_host_memory", c->from_host);
    count_put(out, "tiles", c->n_tiles);
    count_put(out, "tiles_per_call", c->tiles_per_call);
    number_put(out, "bytes", c->bytes);
    number_put(out, "points", c->points);
    number_put(out, "gb_per_s", o.gb_per_s);
    number_put(out, "points_per_s", o.points_per_s);
    number_put(out, "seconds", o.seconds);
    number_put(out, "seconds_median", o.median_seconds);
    number_put(out, "floor_seconds", o.floor_seconds);
    number_put(out, "floor_memory_seconds", o.memory_s);
    number_put(out, "floor_arithmetic_seconds", o.arithmetic_s);
    number_put(out, "share_of_floor", o.share_of_floor);
    number_put(out, "share_of_floor_median", o.share_of_floor_median);
    number_put(out, "share_of_bandwidth", o.share_of_bandwidth);
    operations_put(c, out);
    stages_put(&o.stages, out);
    text_append(out, "}");
}

static void comparisons_put(const struct report *report, struct text *out)
{
    char names[COMPARISONS_MAX][COMPARISON_NAME];
    struct comparison comparisons[COMPARISONS_MAX];
    const size_t n = comparisons_make(report, names, comparisons);
    name_put(out, "comparisons");
    text_append(out, "[");
    for (size_t i = 0; i < n; i++) {
        text_append(out, i > 0 ? ", {" : "{");
        text_put(out, "name", comparisons[i].name);
        text_put(out, "of", comparisons[i].what);
        number_put(out, "ratio", comparisons[i].ratio);
        text_append(out, "}");
    }
    text_append(out, "]");
}

static void peer_put(const struct report *report, const struct peer *peer, double of_gaia,
                     struct text *out)
{
    const double points = (double)report->options->n_lat * report->options->n_lon;
    text_append(out, "{");
    text_put(out, "name", peer->name);
    flag_put(out, "available", peer->available);
    if (peer->available) {
        const double seconds = timings_best(peer->seconds, peer->n_rounds);
        const double rate = points * (double)peer->n_fields / seconds;
        text_put(out, "version", peer->version);
        text_put(out, "device", peer->device);
        count_put(out, "threads", peer->n_threads);
        count_put(out, "fields", peer->n_fields);
        number_put(out, "seconds", seconds);
        number_put(out, "points_per_s", rate);
        number_put(out, "ratio", of_gaia / rate);
        number_put(out, "difference", peer->difference);
        flag_put(out, "agrees", peer->difference <= PEER_TOLERANCE);
    } else {
        text_put(out, "reason", peer->why_not);
    }
    text_append(out, "}");
}

static void peers_put(const struct report *report, struct text *out)
{
    struct outcome single;
    if (report->peers == NULL) {
        return;
    }
    outcome_make(report, report->peers->c, &single);
    name_put(out, "peers");
    text_append(out, "[");
    for (int i = 0; i < PEER_COUNT; i++) {
        text_append(out, i > 0 ? ", " : "");
        peer_put(report, &report->peers->peers[i], single.points_per_s, out);
    }
    text_append(out, "]");
}

void report_json(const struct report *report, struct text *out)
{
    text_append(out, "{");
    text_put(out, "schema", "gaia.bench/1");
    machine_put(report, out);
    settings_put(report, out);
    limits_put(report, out);
    name_put(out, "cases");
    text_append(out, "[");
    for (size_t i = 0; i < report->n_cases; i++) {
        text_append(out, i > 0 ? ",\n" : "\n");
        case_put(report, &report->cases[i], out);
    }
    text_append(out, "]");
    comparisons_put(report, out);
    peers_put(report, out);
    name_put(out, "notes");
    text_append(out, "[");
    for (size_t i = 0; i < report->n_notes; i++) {
        text_append(out, i > 0 ? ", " : "");
        quoted_append(out, report->notes[i]);
    }
    text_append(out, "]}\n");
}
