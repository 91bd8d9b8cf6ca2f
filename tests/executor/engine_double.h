/* SPDX-License-Identifier: MIT
 *
 * Plays the engine where the executor is tested without files: its sums are known, and what it does
 * otherwise is set by the test. Thread-safe.
 */
#ifndef ENGINE_DOUBLE_H
#define ENGINE_DOUBLE_H

#include <stdbool.h>

#include <gaia/status.h>

/* Back to the beginning: no runs, nothing held, every run succeeds. */
void engine_double_reset(void);

/* While set, runs go on until they are cancelled. */
void engine_double_hold(bool hold);

/* What engine_sums returns from now on. Its detail is not UTF-8. */
void engine_double_fail(gaia_status status);

int engine_double_runs(void);
int engine_double_cancelled(void);

/* Tries of a request that the engine was last told to make; 0: nothing was said. */
unsigned engine_double_tries(void);

/* Each run costs the device 0.5 s and 1000 bytes uploaded, and after the first it holds 300 of 400
 * bytes, 200 of them truths; sums read 64 bytes of Zarr, find 2 fields kept and 1 not, and go
 * through 192 bytes. */

/* Sum k of row r of unit u of a batch. */
double engine_double_sum(size_t u, size_t r, size_t k);

#endif
