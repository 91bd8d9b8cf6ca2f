/* SPDX-License-Identifier: MIT
 *
 * What was measured, as a table for people and as JSON for programs.
 */
#ifndef BENCH_BENCH_REPORT_H
#define BENCH_BENCH_REPORT_H

#include <stddef.h>

#include "case.h"
#include "limit.h"
#include "peers.h"
#include "rig.h"
#include "text.h"

enum { REPORT_NOTES = 4, REPORT_NOTE = 400 };

/* All that a report is made of; borrowed. */
struct report {
    const struct bench_options *options;
    const struct rig *rig;
    const struct limits *limits;
    const struct bench_case *cases;
    size_t n_cases;
    const struct peers *peers; /* NULL without --vs */
    size_t n_rounds;
    double seconds; /* of all rounds */
    size_t n_notes;
    char notes[REPORT_NOTES][REPORT_NOTE];
};

/* What a case came to. NaN where the limit that it needs was not measured. */
struct outcome {
    double seconds; /* of a pass, the best round's */
    double median_seconds;
    double gb_per_s;
    double points_per_s;
    double memory_s;      /* bytes over the best bandwidth */
    double arithmetic_s;  /* operations over their rate */
    double floor_seconds; /* the larger of the two */
    double share_of_floor;
    double share_of_bandwidth;    /* of copies on a GPU, of reads on a CPU, of uploads */
    double share_of_floor_median; /* of the rounds, each against its own limits */
    struct stages stages;         /* of the best round */
};

void outcome_make(const struct report *report, const struct bench_case *c, struct outcome *outcome);

/* What a point of one case costs, or how fast it is, against another. */
struct comparison {
    const char *name; /* "missing / single" */
    const char *what; /* seconds, or points_per_s */
    double ratio;
};

enum { COMPARISONS_MAX = 16 + BENCH_LIST_MAX, COMPARISON_NAME = 2 * CASE_NAME + 8 };

/* Fills names and ratios with those of the known pairs that were timed; returns how many. */
size_t comparisons_make(const struct report *report, char (*names)[COMPARISON_NAME],
                        struct comparison *comparisons);

/* The name of this machine's processor, as it calls itself. */
void processor_name(char *out, size_t out_bytes);

/* The version control's name of what was built; NULL if the build does not know. */
const char *build_commit(void);

const char *dtype_name(enum gaia_dtype dtype);

void report_table(const struct report *report, struct text *out);
void report_json(const struct report *report, struct text *out);

#endif
