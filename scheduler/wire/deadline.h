/* SPDX-License-Identifier: MIT
 *
 * Work that may never end, and a caller who will not wait for ever.
 */
#ifndef WIRE_DEADLINE_H
#define WIRE_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

/* Runs work(argument) on a thread of its own and waits for its end, at most limit_ms. False if it
 * has not ended by then: it goes on, and its thread stays. Where there is no thread to be had, runs
 * it here. */
bool deadline_run(void (*work)(uint32_t argument), uint32_t argument, int64_t limit_ms);

#endif
