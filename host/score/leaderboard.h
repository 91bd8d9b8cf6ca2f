/* SPDX-License-Identifier: MIT
 *
 * What people read of composites: a short table of all forecasts, best first (leaderboard.c), and
 * why one of them got its score (explain.c). Both are made from documents alone (gaia.composite/1),
 * so that they say the same wherever those were made. Used by the command line.
 */
#ifndef SCORE_LEADERBOARD_H
#define SCORE_LEADERBOARD_H

#include <stddef.h>

#include <jansson.h>

#include <gaia/status.h>

#include "text.h"

/* Reads an array of documents, or one. *documents is the caller's reference to an array, in which
 * every entry has the schema, a forecast and times. `what` names the text. GAIA_JOB_INVALID. */
GAIA_MUST_USE gaia_status composites_read(const char *what, const char *bytes, size_t length,
                                          json_t **documents, gaia_error *err);

/* The same, but the times of every document are an empty array: enough for a leaderboard, in memory
 * that one document's parts bound, whatever their number. */
GAIA_MUST_USE gaia_status composites_heads_read(const char *what, const char *bytes, size_t length,
                                                json_t **documents, gaia_error *err);

/* Writes rank, forecast, composite, overall, pass and main reasons, a line each; nothing where
 * there are no documents. Equal scores keep their order. GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status leaderboard_write(const json_t *documents, struct text *out,
                                            gaia_error *err);

/* Writes why the forecast got its score, in sentences. forecast NULL: the only one. GAIA_NOT_FOUND
 * lists those there are; GAIA_JOB_INVALID where the document lacks something. */
GAIA_MUST_USE gaia_status explain_write(const json_t *documents, const char *forecast,
                                        struct text *out, gaia_error *err);

/* A member as a number: "-inf" and "inf" are read, anything else that is no number is NaN. */
double composite_number(const json_t *object, const char *key);

#endif
