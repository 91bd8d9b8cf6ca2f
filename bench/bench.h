/* SPDX-License-Identifier: MIT
 *
 * `gaia bench`: how fast a device sums, against what it can deliver in the same run.
 *
 * The flow: options -> cases -> fields in the device's memory -> rounds, in each of which every
 * limit and every case is timed once -> report. Only what lies between a start and its end is
 * timed; sizes, fields and works are made before.
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gaia/field.h>
#include <gaia/status.h>

#include "options.h"
#include "text.h"

enum {
    BENCH_LIST_MAX = 16,    /* values of one option that takes a list */
    BENCH_ROUNDS_MAX = 100, /* timings kept of each case and limit */
    BENCH_THREADS_MAX = 1024,
    BENCH_FORECASTS_MAX = 256,
    BENCH_WEIGHTS_MAX = 4
};

/* The sets of regions: `global` alone; with the three bands; with Europe too, the five that jobs
 * know; those of WeatherBench2. */
enum region_choice { REGIONS_GLOBAL, REGIONS_BANDS, REGIONS_FIVE, REGIONS_THIRTEEN };

/* What can be asked for by --cases; a mask of these. */
enum case_choice {
    CASE_SINGLE = 1 << 0,
    CASE_MISSING = 1 << 1,
    CASE_GLOBAL = 1 << 2,
    CASE_BANDS = 1 << 3,
    CASE_THIRTEEN = 1 << 4,
    CASE_MANY = 1 << 5,
    CASE_DTYPES = 1 << 6,
    CASE_REFERENCE = 1 << 7,
    CASE_PLANE = 1 << 8,
    CASE_ERROR = 1 << 9,
    CASE_HOST = 1 << 10,
    CASE_LIMITS = (1 << 11) - 1, /* all of the above */
    CASE_MATRIX = 1 << 11
};

struct bench_options {
    const char *device;
    const char *instruction_set; /* NULL: the best */
    unsigned n_threads;
    uint32_t n_lat;
    uint32_t n_lon;
    size_t n_fields; /* 0: as many as no cache holds */
    size_t n_forecasts_list;
    size_t forecasts[BENCH_LIST_MAX];
    size_t n_dtypes;
    enum gaia_dtype dtypes[BENCH_LIST_MAX];
    size_t n_regions_list;
    enum region_choice regions[BENCH_LIST_MAX];
    bool regions_set; /* by the user */
    unsigned cases;
    double missing;
    unsigned n_weights;
    size_t n_rounds;
    double seconds;
    bool json;
    bool vs;
    uint64_t memory_bytes;
    unsigned i_device;
};

enum { BENCH_OPTIONS = 18 };

/* The options, --help first. */
extern const struct option_spec bench_specs[BENCH_OPTIONS];

extern const char bench_usage[];
extern const char bench_summary[];

/* values: [BENCH_OPTIONS] as options_parse left them. GAIA_USAGE names the option, what was given
 * and what is allowed. */
GAIA_MUST_USE gaia_status bench_options_read(const struct option_value *values,
                                             struct bench_options *options, gaia_error *err);

/* Measures and appends the table, or the JSON, to out. GAIA_DEVICE, GAIA_OUT_OF_MEMORY,
 * GAIA_USAGE; GAIA_INTERNAL if a peer of --vs comes to other sums, with the report in out all the
 * same. */
GAIA_MUST_USE gaia_status bench_run(const struct bench_options *options, struct text *out,
                                    gaia_error *err);

#endif
