/* SPDX-License-Identifier: MIT
 *
 * The CPU's sums of a tile: one source (cpu_tile.c and the headers that it is made of) compiled
 * once for each instruction set. Internal to the CPU backend.
 */
#ifndef KERNELS_CPU_TILE_H
#define KERNELS_CPU_TILE_H

#include "backend.h"

/* Bytes of scratch memory, aligned to 64 bytes, that cpu_tile needs for this layout. */
typedef size_t cpu_scratch_bytes(const struct layout *layout);

/* Sums the tile into sums [n_forecasts][n_regions][1 + n_weights][ROW_COUNT]. */
typedef void cpu_tile(const struct layout *layout, const struct tile *tile, void *scratch,
                      double *sums);

struct cpu_code {
    const char *instruction_set;
    cpu_scratch_bytes *scratch_bytes;
    cpu_tile *tile;
};

extern const struct cpu_code cpu_code_portable;
#if defined(__x86_64__)
extern const struct cpu_code cpu_code_v3;
extern const struct cpu_code cpu_code_v4;
#endif

#endif
