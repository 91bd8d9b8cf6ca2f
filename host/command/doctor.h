/* SPDX-License-Identifier: MIT
 *
 * What `gaia doctor` finds: each finding is right, worth knowing, or a problem with what to do
 * about it. The checks are in doctor_machine.c and doctor_state.c.
 *
 * Invariant: looking changes nothing: no file is made, no lock is taken.
 */
#ifndef COMMAND_DOCTOR_H
#define COMMAND_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include <gaia/status.h>

#include "text.h"

enum verdict { VERDICT_OK, VERDICT_NOTE, VERDICT_PROBLEM };

struct doctor {
    json_t *findings; /* array of {"check", "verdict", "text"}, with "advice" unless it is ok */
    size_t n_problems;
    gaia_status first; /* of the problems; GAIA_OK if there are none */
    bool failed;       /* memory ran out */
};

/* GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status doctor_init(struct doctor *doctor, gaia_error *err);
void doctor_fini(struct doctor *doctor);

/* Adds a finding about `check`, a word or two. status is that of a problem (else GAIA_OK); advice,
 * what to do, is NULL where all is well. */
void doctor_tell(struct doctor *doctor, const char *check, enum verdict verdict, gaia_status status,
                 const char *advice, const char *format, ...) GAIA_PRINTF(6, 7);

/* Appends the findings, a line each, or as JSON (gaia.doctor/1). */
void doctor_append(const struct doctor *doctor, bool as_json, struct text *out);

/* Libraries and programs; instruction sets and devices; memory and limits. */
void doctor_programs(struct doctor *doctor);
void doctor_devices(struct doctor *doctor);
void doctor_limits(struct doctor *doctor);

/* The state directory and what in it is secret. False if there is no use in asking for a scheduler.
 */
bool doctor_state(struct doctor *doctor, const char *state);

/* The scheduler of a state directory and its executors. */
void doctor_scheduler(struct doctor *doctor, const char *state);

#endif
