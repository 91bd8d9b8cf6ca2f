/* SPDX-License-Identifier: MIT
 *
 * Where time and randomness enter the programs. Nothing below a main loop calls these: both are
 * arguments there, so that tests never sleep.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

/* Milliseconds that never go back (for intervals), and milliseconds since 1970 UTC (for the
 * record). */
int64_t clock_monotonic_ms(void);
int64_t clock_realtime_ms(void);

/* clock_monotonic_ms in microseconds. */
int64_t clock_monotonic_us(void);

/* Waits, resuming after signals. */
void clock_sleep_ms(int64_t ms);

/* Writes 2 * n_bytes lower-case hexadecimal digits and a NUL from the system's random source. */
void random_hex(char *out, size_t n_bytes);

/* A small deterministic generator (splitmix64) for jitter; the state is the caller's. */
uint64_t random_next(uint64_t *state);

#endif
