/* SPDX-License-Identifier: MIT
 *
 * The CUDA backend without a GPU: the same sources, built as C++ over cuda_emulation.h, and what a
 * test can do to the machine that it believes to run on.
 *
 * Invariant: whatever the seed, a correct kernel gives the same bits; emulation_faults stays 0.
 */
#ifndef TESTS_KERNELS_EMULATED_BACKEND_H
#define TESTS_KERNELS_EMULATED_BACKEND_H

#include <cstddef>
#include <cstdint>

#include "backend.h"

/* Calls of the CUDA runtime that can be made to fail. */
enum emulation_call {
    EMULATION_ANY,
    EMULATION_MALLOC,      /* of device memory */
    EMULATION_HOST_MALLOC, /* of pinned memory */
    EMULATION_COPY,        /* either way, and setting memory */
    EMULATION_LAUNCH,
    EMULATION_WAIT, /* for a stream or an event */
    EMULATION_CALLS
};

/* What it fails with; anything but no memory stays until emulation_reset: the device is lost. */
enum emulation_error { EMULATION_NO_MEMORY, EMULATION_LOST };

extern "C" const struct backend_ops *emulated_backend(void);

/* Seed of the order in which warps, and the lanes of each, take their turns from now on. */
void emulation_shuffle(uint64_t seed);

/* The nth call of this kind from now on (1: the next one) fails. */
void emulation_fail(emulation_call kind, unsigned nth, emulation_error error);

/* Calls of this kind since the last reset. */
unsigned emulation_calls(emulation_call kind);

/* How many devices there are (1 after a reset). */
void emulation_devices(int n);

/* Forgets faults, failures to come and counts; the device is well again. */
void emulation_reset(void);

/* Pieces of device and pinned memory, streams and events that are not freed yet. */
size_t emulation_live(void);

/* Collectives at which lanes were missing or met others; what was wrong is on standard error. */
unsigned emulation_faults(void);

#endif
