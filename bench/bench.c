/* SPDX-License-Identifier: MIT
 *
 * The flow of the benchmark, top to bottom.
 *
 * Every round times every limit and every case once, each round beginning at another case, so that
 * what else the machine does hits all alike; the best of the rounds is what the machine can do.
 */
#include "bench.h"

#include <math.h>
#include <stdlib.h>

#include "case.h"
#include "error.h"
#include "limit.h"
#include "peers.h"
#include "bench_report.h"
#include "rig.h"

/* Of one timing: long enough for its start not to count, short enough for many rounds. */
static const double SLOT_S_MAX = 0.15;
static const double SLOT_S_MIN = 0.002;
static const double PEER_TIMEOUT_S = 60.0;

static const size_t PASSES_MAX = (size_t)1 << 20;

struct run {
    struct rig rig;
    struct limits limits;
    struct peers peers;
    size_t n_cases;
    struct bench_case *cases; /* [CASES_MAX] */
    double slot_s;
};

static void limits_prepare(struct run *run)
{
    struct rig *rig = &run->rig;
    static const enum field_kind kinds[] = {FIELD_FORECAST, FIELD_TRUTH, FIELD_CLIMATOLOGY};
    struct limits *limits = &run->limits;
    limits->crew = rig->crew;
    limits->n_threads = rig->n_workers;
    limits->n_fields = SIZE_MAX;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        limits->pools[i] = rig_pool(rig, kinds[i], GAIA_FLOAT32, false);
        const size_t n = limits->pools[i] != NULL ? limits->pools[i]->n : 0;
        limits->n_fields = n < limits->n_fields ? n : limits->n_fields;
    }
    limits_open(limits, rig->ops->name, rig->ops->device(rig->backend), rig->options->i_device);
}

/* Times each case once to know how many passes make a slot. */
static gaia_status warm(struct run *run, gaia_error *err)
{
    const struct bench_options *options = run->rig.options;
    const double n = (double)(options->n_rounds * (run->n_cases + LIMIT_COUNT));
    run->slot_s = fmin(fmax(0.8 * options->seconds / n, SLOT_S_MIN), SLOT_S_MAX);
    gaia_status status = limits_round(&run->limits, run->slot_s, false, err);
    for (size_t i = 0; status == GAIA_OK && i < run->n_cases; i++) {
        struct bench_case *c = &run->cases[i];
        struct stages stages;
        double seconds = 0;
        status = case_time(&run->rig, c, &seconds, &stages, err);
        const double passes = ceil(run->slot_s / fmax(seconds, 1e-7));
        c->n_passes = (size_t)fmin(fmax(passes, 1.0), (double)PASSES_MAX);
    }
    return status;
}

static gaia_status round_do(struct run *run, size_t i_round, gaia_error *err)
{
    gaia_status status = limits_round(&run->limits, run->slot_s, true, err);
    for (size_t k = 0; status == GAIA_OK && k < run->n_cases; k++) {
        struct bench_case *c = &run->cases[(i_round + k) % run->n_cases];
        status = case_time(&run->rig, c, &c->seconds[c->n_rounds], &c->stages[c->n_rounds], err);
        c->n_rounds++;
    }
    if (status == GAIA_OK && run->rig.options->vs) {
        status = loop_time(&run->rig, &run->peers, err);
    }
    return status;
}

static gaia_status measure(struct run *run, struct report *report, gaia_error *err)
{
    const struct bench_options *options = run->rig.options;
    gaia_status status = rig_fill(&run->rig, run->cases, run->n_cases, err);
    if (status == GAIA_OK) {
        limits_prepare(run);
    }
    if (status == GAIA_OK && options->vs) {
        status = peers_open(&run->rig, &run->cases[0], &run->peers, err);
    }
    const double from = seconds_now();
    if (status == GAIA_OK) {
        status = warm(run, err);
    }
    for (size_t i = 0; status == GAIA_OK && i < options->n_rounds; i++) {
        if (i > 0 && seconds_now() - from > options->seconds) {
            break;
        }
        status = round_do(run, i, err);
        report->n_rounds++;
    }
    report->seconds = seconds_now() - from;
    if (status == GAIA_OK && options->vs) {
        status = scripts_run(&run->rig, &run->peers, PEER_TIMEOUT_S, err);
    }
    return status;
}

static void note_add(struct report *report, const char *note)
{
    if (note != NULL && note[0] != '\0' && report->n_notes < REPORT_NOTES) {
        (void)snprintf(report->notes[report->n_notes], REPORT_NOTE, "%s", note);
        report->n_notes++;
    }
}

/* A peer that comes to other sums has done other work, or one of the two is wrong. */
static gaia_status peers_agree(const struct peers *peers, gaia_error *err)
{
    for (int i = 0; i < PEER_COUNT; i++) {
        const struct peer *peer = &peers->peers[i];
        if (peer->available && !(peer->difference <= PEER_TOLERANCE)) {
            return error_set(err, GAIA_INTERNAL,
                             "--vs: the sums of %s differ from the backend's by %.3g of their "
                             "scale; at most %.0e is rounding",
                             peer->name, peer->difference, PEER_TOLERANCE);
        }
    }
    return GAIA_OK;
}

static gaia_status report_make(const struct run *run, struct report *report, struct text *out,
                               gaia_error *err)
{
    const struct bench_options *options = run->rig.options;
    report->options = options;
    report->rig = &run->rig;
    report->limits = &run->limits;
    report->cases = run->cases;
    report->n_cases = run->n_cases;
    report->peers = options->vs ? &run->peers : NULL;
    if (run->rig.note != NULL) {
        char note[REPORT_NOTE];
        (void)snprintf(note, sizeof note, "the CPU is measured, not a GPU: %.300s", run->rig.note);
        note_add(report, note);
    }
    note_add(report, run->limits.why_not);
    if (options->json) {
        report_json(report, out);
    } else {
        report_table(report, out);
    }
    return options->vs ? peers_agree(&run->peers, err) : GAIA_OK;
}

gaia_status bench_run(const struct bench_options *options, struct text *out, gaia_error *err)
{
    struct run *run = calloc(1, sizeof *run);
    struct report *report = calloc(1, sizeof *report);
    gaia_status status = GAIA_OK;
    if (run == NULL || report == NULL) {
        status = error_memory(err, sizeof *run + sizeof *report);
        goto done;
    }
    run->cases = calloc(CASES_MAX, sizeof *run->cases);
    if (run->cases == NULL) {
        status = error_memory(err, CASES_MAX * sizeof *run->cases);
        goto done;
    }
    status = rig_open(options, &run->rig, err);
    if (status == GAIA_OK) {
        status = cases_list(options, run->rig.on_gpu, run->cases, &run->n_cases, err);
    }
    if (status == GAIA_OK) {
        status = measure(run, report, err);
    }
    if (status == GAIA_OK) {
        status = report_make(run, report, out, err);
    }
done:
    if (run != NULL) {
        peers_close(&run->peers);
        limits_close(&run->limits);
        if (run->cases != NULL) {
            cases_free(&run->rig, run->cases, run->n_cases);
        }
        rig_close(&run->rig);
        free(run->cases);
    }
    free(report);
    free(run);
    return status;
}
