/* SPDX-License-Identifier: MIT
 *
 * Timing the plain C loop on the crew's threads, and holding every peer to the backend's sums.
 */
#include "peers.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

enum { LOOP_FIELDS = 24 };

/* Where the sums that are compared lie among the backend's. */
static const enum row_sum compared[PEER_SUMS] = {
    ROW_ERROR_N,  ROW_ERROR_D,   ROW_ERROR_D2,   ROW_ERROR_ABS_D, ROW_ERROR_OD,  ROW_ERROR_O,
    ROW_ERROR_O2, ROW_ANOMALY_A, ROW_ANOMALY_A2, ROW_ANOMALY_AB,  ROW_ANOMALY_B, ROW_ANOMALY_B2};

static size_t sums_n(const struct layout *layout)
{
    return layout->n_regions * (1 + (size_t)layout->n_weights) * PEER_SUMS;
}

static gaia_status expected_make(struct rig *rig, struct peers *peers, gaia_error *err)
{
    const struct layout *layout = peers->c->layout;
    const size_t n_rows = layout->n_regions * (1 + (size_t)layout->n_weights);
    double *sums = NULL;
    gaia_status status = case_sums(rig, peers->c, &sums, err);
    if (status != GAIA_OK) {
        return status;
    }
    peers->expected = malloc(sums_n(layout) * sizeof *peers->expected);
    if (peers->expected == NULL) {
        free(sums);
        return error_memory(err, sums_n(layout) * sizeof *peers->expected);
    }
    for (size_t k = 0; k < n_rows; k++) {
        for (size_t i = 0; i < PEER_SUMS; i++) {
            peers->expected[k * PEER_SUMS + i] = sums[k * ROW_COUNT + compared[i]];
        }
    }
    free(sums);
    return GAIA_OK;
}

/* ---- The loop ---- */

struct loop_run {
    const struct peers *peers;
    size_t n_fields;
    atomic_size_t next;
    double *first; /* where the sums of field 0 go */
};

static gaia_status loop_job(void *context, unsigned index, gaia_error *err)
{
    struct loop_run *run = context;
    const struct layout *layout = run->peers->c->layout;
    const struct pool *pools = run->peers->pools;
    const size_t n = (size_t)layout->n_strips * PEER_SUMS + sums_n(layout);
    double *rows = malloc(n * sizeof *rows);
    (void)index;
    if (rows == NULL) {
        return error_memory(err, n * sizeof *rows);
    }
    double *sums = rows + (size_t)layout->n_strips * PEER_SUMS;
    for (;;) {
        const size_t i = atomic_fetch_add(&run->next, 1);
        if (i >= run->n_fields) {
            break;
        }
        plain_loop(layout, pool_field(&pools[0], i).data, pool_field(&pools[1], i).data,
                   pool_field(&pools[2], i).data, rows, sums);
        if (i == 0) {
            memcpy(run->first, sums, sums_n(layout) * sizeof *sums);
        }
    }
    free(rows);
    return GAIA_OK;
}

gaia_status loop_time(struct rig *rig, struct peers *peers, gaia_error *err)
{
    struct peer *loop = &peers->peers[PEER_LOOP];
    const struct layout *layout = peers->c->layout;
    struct loop_run run = {.peers = peers, .n_fields = loop->n_fields};
    double seconds = 0;
    atomic_init(&run.next, 0);
    if (loop->n_rounds == BENCH_ROUNDS_MAX) {
        return GAIA_OK;
    }
    run.first = malloc(sums_n(layout) * sizeof *run.first);
    if (run.first == NULL) {
        return error_memory(err, sums_n(layout) * sizeof *run.first);
    }
    const gaia_status status = crew_run(rig->crew, loop->n_threads, loop_job, &run, &seconds, err);
    if (status == GAIA_OK) {
        loop->difference = sums_difference(layout, peers->expected, run.first);
        loop->seconds[loop->n_rounds++] = seconds;
    }
    free(run.first);
    return status;
}

/* ---- All of them ---- */

static gaia_status loop_open(struct rig *rig, struct peers *peers, gaia_error *err)
{
    static const enum field_kind kinds[] = {FIELD_FORECAST, FIELD_TRUTH, FIELD_CLIMATOLOGY};
    const struct bench_options *options = rig->options;
    const struct backend_config config = {.instruction_set = "portable"};
    struct peer *loop = &peers->peers[PEER_LOOP];
    const size_t wanted = options->n_threads > LOOP_FIELDS ? options->n_threads : LOOP_FIELDS;
    loop->available = true;
    loop->n_threads = options->n_threads;
    loop->n_fields =
        options->n_fields > 0 && options->n_fields < wanted ? options->n_fields : wanted;
    (void)snprintf(loop->device, sizeof loop->device, "cpu");
    (void)snprintf(loop->version, sizeof loop->version, "%.63s", __VERSION__);
    gaia_status status = backend_cpu.open(&config, &peers->backend, err);
    for (size_t i = 0; status == GAIA_OK && i < sizeof kinds / sizeof *kinds; i++) {
        peers->pools[i] = (struct pool){.n = loop->n_fields,
                                        .make = {.n_lat = options->n_lat,
                                                 .n_lon = options->n_lon,
                                                 .kind = kinds[i],
                                                 .dtype = GAIA_FLOAT32}};
        status = pool_fill(&backend_cpu, peers->backend, rig->crew, options->n_threads,
                           &peers->pools[i], err);
    }
    return status;
}

gaia_status peers_open(struct rig *rig, const struct bench_case *c, struct peers *peers,
                       gaia_error *err)
{
    static const char *const names[PEER_COUNT] = {
        [PEER_LOOP] = "loop", [PEER_NUMPY] = "numpy", [PEER_TORCH] = "torch", [PEER_CUPY] = "cupy"};
    *peers = (struct peers){.c = c};
    for (int i = 0; i < PEER_COUNT; i++) {
        peers->peers[i].name = names[i];
    }
    const gaia_status status = expected_make(rig, peers, err);
    return status == GAIA_OK ? loop_open(rig, peers, err) : status;
}

void peers_close(struct peers *peers)
{
    for (size_t i = 0; peers->backend != NULL && i < sizeof peers->pools / sizeof *peers->pools;
         i++) {
        pool_free(&backend_cpu, peers->backend, &peers->pools[i]);
    }
    if (peers->backend != NULL) {
        backend_cpu.close(peers->backend);
    }
    free(peers->expected);
    *peers = (struct peers){0};
}
