/* SPDX-License-Identifier: MIT
 *
 * The same work by plain alternatives: a straightforward C loop in this process, and what peers.py
 * does with numpy, torch and cupy in a process of its own.
 */
#ifndef BENCH_PEERS_H
#define BENCH_PEERS_H

#include <stdbool.h>
#include <stddef.h>

#include <gaia/status.h>

#include "rig.h"

enum { PEER_LOOP, PEER_NUMPY, PEER_TORCH, PEER_CUPY, PEER_COUNT };

/* The sums that are compared, of each region plain and under each weighting: those of the error and
 * anomaly groups. */
enum { PEER_SUMS = 12 };

/* Sums further apart than this, relative to their scale, are not the same work. */
#define PEER_TOLERANCE 1e-6

struct peer {
    const char *name;
    bool available;
    char why_not[256]; /* a sentence without its end */
    char version[64];
    char device[64];
    unsigned n_threads;
    size_t n_fields;   /* of a pass */
    double difference; /* the largest to the backend's sums, relative to their scale */
    size_t n_rounds;
    double seconds[BENCH_ROUNDS_MAX]; /* of a pass */
};

struct peers {
    struct peer peers[PEER_COUNT];
    const struct bench_case *c; /* whose work they do: one forecast, one truth, a climatology */
    struct backend *backend;    /* of the CPU: where the loop's fields lie */
    struct pool pools[3];       /* forecasts, truths, climatologies */
    double *expected; /* [n_regions][1 + n_weights][PEER_SUMS] of field 0, the backend's */
};

/* Makes the loop's fields, and the sums that all peers must come to from the case's. */
GAIA_MUST_USE gaia_status peers_open(struct rig *rig, const struct bench_case *c,
                                     struct peers *peers, gaia_error *err);
void peers_close(struct peers *peers);

/* Times the loop once. */
GAIA_MUST_USE gaia_status loop_time(struct rig *rig, struct peers *peers, gaia_error *err);

/* Runs peers.py once for each of the others, each for at most timeout_s seconds. */
GAIA_MUST_USE gaia_status scripts_run(struct rig *rig, struct peers *peers, double timeout_s,
                                      gaia_error *err);

/* The sums of one field as a careful programmer would write them first: one pass, float64, missing
 * points skipped. rows: room for [layout->n_strips][PEER_SUMS]. */
void plain_loop(const struct layout *layout, const float *f, const float *o, const float *c,
                double *rows, double *sums);

/* The largest difference of two [n_regions][1 + n_weights][PEER_SUMS], each sum relative to the
 * scale that its terms give it: near 0 a sum of signed terms is rounding alone. */
double sums_difference(const struct layout *layout, const double *a, const double *b);

#endif
